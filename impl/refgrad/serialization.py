"""`torch.save` and `torch.load`, as a pickle: files are refgrad's own, PyTorch cannot read them."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from refgrad import binding_texts
from refgrad.dtypes import get_default_dtype
from refgrad.storages import TypedStorage, typed
from refgrad.tensor import Tensor


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


def from_file(
    filename: str, shared: bool | None = None, size: int = 0, *, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """A tensor on a file's memory; a change reaches the file if it is `shared`.

    Raises RuntimeError for no file, and for one that is too small.
    """
    kind = (dtype or get_default_dtype()).numpy
    path = Path(filename)
    if not path.exists():
        raise RuntimeError(binding_texts.no_such_file(filename))
    wanted = size * kind.itemsize
    if path.stat().st_size < wanted:
        raise RuntimeError(binding_texts.file_too_small(filename, path.stat().st_size, wanted))
    mapped = np.memmap(path, kind, "r+" if shared else "c", shape=(size,)) if size else np.empty(0, kind)
    return Tensor._of(np.asarray(mapped)).requires_grad_(requires_grad)


def load(
    f: Any, map_location: Any = None, pickle_module: Any = pickle, *, weights_only: bool = True,
    mmap: bool | None = None, **pickle_load_args: Any,
) -> Any:  # fmt: skip
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
