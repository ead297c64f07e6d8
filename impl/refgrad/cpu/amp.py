"""`torch.cpu.amp`: the older names of what `torch.amp` has; each use has a FutureWarning."""

from __future__ import annotations

from refgrad import dtypes
from refgrad.amp import GradScaler as of_any_device
from refgrad.amp import autocast as on_any_device
from refgrad.amp.by_device import block, scaler

GradScaler = scaler(of_any_device, "cpu")
autocast = block(on_any_device, "cpu", dtypes.bfloat16)
