"""Images of bytes in another size: whole weights, rounded after every dimension, bit for bit as PyTorch's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

MODES = ("nearest", "nearest-exact", "bilinear", "bicubic", "lanczos")
PROGRAM = """
numbers = [(17 * i * i + 91 * i + i // 7) % 256 for i in range(2 * 6 * 7)]
image = torch.tensor(numbers, dtype=torch.uint8).view(1, 2, 6, 7)
resize = torch.nn.functional.interpolate
for options in ({{"size": 3}}, {{"size": (9, 4)}}, {{"scale_factor": 1.7}}, {{"scale_factor": (0.6, 2.0)}}):
    for antialias in (False, True):
        for align in (None, False, True):
            print(attempt(lambda: resize(image, mode="{mode}", antialias=antialias, align_corners=align, **options)))
"""


@pytest.mark.parametrize("mode", MODES)
def test_sizes(mode: str, same: Callable[..., None]) -> None:
    same(PROGRAM.format(mode=mode))
