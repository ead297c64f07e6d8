"""`torch.sparse`."""

from __future__ import annotations

from refgrad.operators import coordinates

addmm, mm, sum = coordinates.addmm, coordinates.mm, coordinates.sum_all  # as PyTorch calls it
