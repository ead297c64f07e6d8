"""`torch.save` and `torch.load`, as a pickle: files are refgrad's own, PyTorch cannot read them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any


def save(obj: Any, f: Any, pickle_module: Any = pickle, pickle_protocol: int = 2) -> None:
    """Write `obj` to a file, given by name or open."""
    if isinstance(f, (str, Path)):
        with Path(f).open("wb") as opened:
            pickle_module.dump(obj, opened, pickle_protocol)
    else:
        pickle_module.dump(obj, f, pickle_protocol)


def load(f: Any, map_location: Any = None, pickle_module: Any = pickle, *, weights_only: bool = True) -> Any:
    """Read what `save` wrote. As with every pickle: only from those you trust."""
    if isinstance(f, (str, Path)):
        with Path(f).open("rb") as opened:
            return pickle_module.load(opened)
    return pickle_module.load(f)
