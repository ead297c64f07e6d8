"""What C calls the types of objects, which is how PyTorch's messages call them."""

from __future__ import annotations

from typing import Any

OWN = {"dtype": "torch.dtype", "Size": "torch.Size", "device": "torch.device", "Generator": "torch._C.Generator",
       "layout": "torch.layout", "memory_format": "torch.memory_format"}  # fmt: skip


def type_name(value: Any) -> str:
    kind = type(value)
    module = (kind.__module__ or "").partition(".")[0]
    if module in ("refgrad", "torch") and kind.__name__ in OWN:
        return OWN[kind.__name__]
    return f"numpy.{kind.__name__}" if module == "numpy" else kind.__name__
