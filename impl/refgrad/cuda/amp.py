"""`torch.cuda.amp`: the older names of what `torch.amp` has; each use has a FutureWarning."""

from __future__ import annotations

from refgrad import dtypes
from refgrad.amp import GradScaler as of_any_device
from refgrad.amp import autocast as on_any_device
from refgrad.amp import custom_bwd as with_device_type
from refgrad.amp import custom_fwd as with_device_type_and_casts
from refgrad.amp.by_device import block, scaler, with_keyword

GradScaler = scaler(of_any_device, "cuda")
autocast = block(on_any_device, "cuda", dtypes.float16)
custom_fwd = with_keyword(with_device_type_and_casts)
custom_bwd = with_keyword(with_device_type)


def amp_definitely_not_available() -> bool:
    return True
