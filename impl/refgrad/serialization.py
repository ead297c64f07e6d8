"""`torch.save` and `torch.load`, as a pickle: files are refgrad's own, PyTorch cannot read them."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

from refgrad import binding_texts
from refgrad.storages import TypedStorage, typed


def save(obj: Any, f: Any, pickle_module: Any = pickle, pickle_protocol: int = 2) -> None:
    """Write `obj` to a file, given by name or open; tensors that share memory will share it when they are read.

    Raises AttributeError for something else than a file.
    """
    if isinstance(f, (str, Path)):
        with Path(f).open("wb") as opened:
            pickler(pickle_module, opened, pickle_protocol).dump(obj)
        return
    if not hasattr(f, "write"):
        raise AttributeError(binding_texts.NO_FILE_TO_WRITE)
    pickler(pickle_module, f, pickle_protocol).dump(obj)


def pickler(module: Any, file: Any, protocol: int) -> Any:
    base: Any = module.Pickler

    class Sharing(base):  # type: ignore[misc]
        """Pickles memory once, as the object that all its tensors have."""

        def reducer_override(self, obj: Any) -> Any:
            if type(obj) is TypedStorage:
                return typed, (obj.untyped(), obj.dtype.numpy)
            return NotImplemented

    return Sharing(file, protocol)


def load(f: Any, map_location: Any = None, pickle_module: Any = pickle, *, weights_only: bool = True) -> Any:
    """Read what `save` wrote. As with every pickle: only from those you trust.

    Raises EOFError for an empty file.
    """
    if isinstance(f, (str, Path)):
        with Path(f).open("rb") as opened:
            return load(io.BytesIO(opened.read()), map_location, pickle_module)
    try:
        return pickle_module.load(f)
    except EOFError:
        raise EOFError from None
