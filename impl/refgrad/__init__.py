"""refgrad: a reference autograd on NumPy that behaves as PyTorch 2.13.0 does. `import refgrad as torch`.

Reading order: tensor.py (the handle), node.py (the graph), saved.py (what nodes keep), operators/declare.py (how an
operator is declared) and operators/call.py (how it runs), backward.py (the engine), accumulate.py (where gradients
end), hooks.py,
views.py and inplace.py, modes.py. All texts stand in texts.py.
"""

from __future__ import annotations

from typing import Any

from refgrad import _C as _C
from refgrad import autograd as autograd
from refgrad import creation, dtypes, texts
from refgrad import linalg as linalg
from refgrad import nn as nn
from refgrad import operators as _operators  # noqa: F401
from refgrad import ops as ops
from refgrad import optim as optim
from refgrad import special as special
from refgrad import utils as utils
from refgrad.anomaly import is_anomaly_check_nan_enabled, is_anomaly_enabled, set_anomaly_enabled
from refgrad.dtypes import (
    bool_,
    cdouble,
    cfloat,
    complex64,
    complex128,
    double,
    dtype,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    set_default_dtype,
    short,
    uint8,
)
from refgrad.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from refgrad.once import is_warn_always_enabled, set_warn_always
from refgrad.operators import dunders as _dunders
from refgrad.operators import names as _names
from refgrad.operators.factories import on_levels as _on_levels
from refgrad.size import Size
from refgrad.tensor import STRIDED as strided
from refgrad.tensor import ReadOnly, Tensor

__version__ = "0.1.0"

bool = bool_
preserve_format = "preserve"
contiguous_format = "contiguous"
channels_last = "channels_last"
channels_last_3d = "channels_last_3d"


def device(type: Any = "cpu", index: Any = None) -> Any:
    """The one device there is."""
    from refgrad.tensor import CPU

    return CPU


def is_tensor(obj: object) -> Any:
    return isinstance(obj, Tensor)


def is_inference(input: Tensor) -> Any:
    """Whether a tensor was made in inference mode.

    Raises TypeError for anything but a tensor.
    """
    if not isinstance(input, Tensor):
        raise TypeError(texts.is_inference_of(type(input).__name__))
    return input.is_inference()


def _attach() -> None:
    for made in creation.FACTORIES:
        globals()[made.__name__] = _on_levels(made)
    for method in creation.METHODS:
        setattr(Tensor, method.__name__, _on_levels(method))
    for name, function in _names.FUNCTIONS.items():
        globals().setdefault(name, function)
    for name, function in (_names.METHODS | _dunders.methods()).items():
        setattr(Tensor, name, function)
    for name, attribute in list(vars(Tensor).items()):
        if type(attribute) is property and attribute.fset is None and attribute.fget is not None:
            setattr(Tensor, name, ReadOnly(attribute.fget, name))


_attach()

from refgrad import func as func  # noqa: E402  # it needs the functions that were attached
from refgrad.autograd import forward_ad as _forward_ad  # noqa: E402, F401
from refgrad.autograd import functional as _functional  # noqa: E402, F401
from refgrad.autograd.gradcheck import gradcheck as _gradcheck  # noqa: E402
from refgrad.autograd.gradcheck import gradgradcheck as _gradgradcheck  # noqa: E402
from refgrad.func import vmap as vmap  # noqa: E402

setattr(autograd, "gradcheck", _gradcheck)  # noqa: B010  # over the module of that name, as in PyTorch
setattr(autograd, "gradgradcheck", _gradgradcheck)  # noqa: B010

__all__ = [
    "Size", "Tensor", "autograd", "bool", "bool_", "cdouble", "cfloat", "complex64", "complex128",
    "contiguous_format", "device", "double", "dtype", "dtypes", "enable_grad", "float", "float16", "float32",
    "float64", "get_default_dtype", "half", "inference_mode", "int", "int8", "int16", "int32", "int64",
    "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "is_grad_enabled", "is_inference",
    "is_inference_mode_enabled", "is_tensor", "is_warn_always_enabled", "long", "no_grad", "preserve_format",
    "promote_types", "set_anomaly_enabled", "set_default_dtype", "set_grad_enabled", "set_warn_always", "short",
    "strided", "uint8",
]  # fmt: skip
