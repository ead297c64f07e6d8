"""refgrad: a reference autograd on NumPy that behaves as PyTorch 2.13.0 does. `import refgrad as torch`.

Reading order: tensor.py (the handle), node.py (the graph), saved.py (what nodes keep), operators/declare.py (how an
operator is declared) and operators/call.py (how it runs), backward.py (the engine), accumulate.py (where gradients
end), hooks.py, views.py and inplace.py, modes.py. What they say stands in `*_texts.py` beside them.
"""

from __future__ import annotations

import math
from inspect import unwrap as _unwrap
from types import FunctionType as _FunctionType
from typing import Any

from refgrad import _C as _C
from refgrad import __future__ as __future__
from refgrad import autograd as autograd
from refgrad import binding_texts, creation, dtypes, tensor_texts
from refgrad import fft as fft
from refgrad import linalg as linalg
from refgrad import nn as nn
from refgrad import operators as _operators  # noqa: F401
from refgrad import ops as ops
from refgrad import optim as optim
from refgrad import overrides as overrides
from refgrad import profiler as profiler
from refgrad import random as random
from refgrad import serialization as serialization
from refgrad import signal as signal
from refgrad import sparse as sparse
from refgrad import special as special
from refgrad import subclassing as _subclassing
from refgrad import testing as testing
from refgrad import utils as utils
from refgrad.anomaly import is_anomaly_check_nan_enabled, is_anomaly_enabled, set_anomaly_enabled
from refgrad.asking import looking_first as _looking_first
from refgrad.device import SPARSE_COO as sparse_coo
from refgrad.device import STRIDED as strided
from refgrad.device import Device as device
from refgrad.device import Layout as layout
from refgrad.device import get_default_device as get_default_device
from refgrad.device import set_default_device as set_default_device
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
from refgrad.generator import Generator
from refgrad.legacy_types import TYPES as _legacy_types
from refgrad.legacy_types import set_default_tensor_type
from refgrad.limits import finfo, iinfo
from refgrad.memory import CONTIGUOUS as _CONTIGUOUS
from refgrad.memory import MemoryFormat as memory_format
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
from refgrad.operators import on_lists as _on_lists
from refgrad.operators import return_types as return_types
from refgrad.operators.factories import on_levels as _on_levels
from refgrad.operators.out_forms import NAMES as _with_out_forms
from refgrad.operators.out_forms import add_out_forms as _add_out_forms
from refgrad.platform import (
    _is_device_backend_autoload_enabled,
    are_deterministic_algorithms_enabled,
    backends,
    compile,
    compiler,
    get_deterministic_debug_mode,
    get_float32_matmul_precision,
    get_num_threads,
    is_deterministic_algorithms_warn_only_enabled,
    set_deterministic_debug_mode,
    set_float32_matmul_precision,
    set_flush_denormal,
    set_num_threads,
    use_deterministic_algorithms,
    version,
)
from refgrad.printing import set_printoptions
from refgrad.random import default_generator, get_rng_state, initial_seed, seed, set_rng_state
from refgrad.serialization import load, save
from refgrad.signatures.attaching import public as _public
from refgrad.size import Size
from refgrad.storages import TypedStorage, UntypedStorage
from refgrad.streams import Event, Stream
from refgrad.tensor import ReadOnly, Tensor
from refgrad.type_names import type_name as _type_name

__version__ = "0.1.0"

bool = bool_
preserve_format = memory_format("preserve")
contiguous_format = _CONTIGUOUS
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")
inf, nan, pi, e = math.inf, math.nan, math.pi, math.e
newaxis = None
globals().update(_legacy_types)


def typename(obj: Any) -> Any:
    """The name of a tensor's type, of a class or function, or of any other object's class."""
    if isinstance(obj, Tensor):
        return obj.type()
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(named, "__module__", None) or "builtins"
    return named.__qualname__ if module == "builtins" else f"{module}.{named.__qualname__}"


_OWED = object()
"""Stands for an argument that was not given."""


def is_storage(obj: object) -> Any:
    return isinstance(obj, (UntypedStorage, TypedStorage))


def is_tensor(obj: object) -> Any:
    return isinstance(obj, Tensor)


def is_inference(input: Any = _OWED) -> Any:
    """Whether a tensor was made in inference mode.

    Raises TypeError for anything but a tensor.
    """
    if input is _OWED:
        raise TypeError(binding_texts.argument_owed("is_inference", "input"))
    if not isinstance(input, Tensor):
        raise TypeError(tensor_texts.is_inference_of(_type_name(input)))
    return input.is_inference()


_IN_PYTHON = (
    "align_to istft lu norm refine_names resize resize_as split stft unflatten unique unique_consecutive".split()
)
_PARSED = {"is_contiguous", "numpy", "requires_grad_", "size", "stride", *_names.METHODS}.difference(_IN_PYTHON)
"""Methods whose arguments PyTorch's own parser takes apart, which leaves the class out of its messages."""


def _named_anew(function: Any, name: str) -> Any:
    """A copy of a function, under another name in Python's messages."""
    made = _FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    made.__qualname__ = name
    return made


def _attach() -> None:
    for made in creation.FACTORIES:
        globals()[made.__name__] = _on_levels(made)
    _add_out_forms(globals(), _with_out_forms)
    for method in creation.METHODS:
        setattr(Tensor, method.__name__, _public(_on_levels(method), method.__name__, "torch.Tensor"))
    _on_lists.attach()
    for name, function in _names.FUNCTIONS.items():
        globals().setdefault(name, function)
    for name, value in list(globals().items()):
        if isinstance(value, _FunctionType) and not name.startswith("_"):
            globals()[name] = made = _public(value, name)
            if made is value and name in _names.FUNCTIONS:
                globals()[name] = _looking_first(value, name, "torch")
    for name, function in (_names.METHODS | _dunders.methods()).items():
        if name in _IN_PYTHON:
            function = _named_anew(_unwrap(function), f"Tensor.{name}")
        public = isinstance(function, _FunctionType) and not name.startswith("_")
        setattr(Tensor, name, _public(function, name, "torch.Tensor") if public else function)
    for name, attribute in overrides.members_of_tensors().items():
        if isinstance(attribute, _FunctionType):  # Python's messages say the name
            attribute.__qualname__ = name if name in _PARSED else f"Tensor.{name}"
        if type(attribute) is property and attribute.fset is None and attribute.fget is not None:
            setattr(Tensor, name, ReadOnly(attribute.fget, name))


from_dlpack = utils.dlpack.from_dlpack
from_file = serialization.from_file
to_dlpack = utils.dlpack.to_dlpack
_attach()
if dtypes.bfloat16 is not None:
    globals()["bfloat16"] = dtypes.bfloat16
_subclassing.attach()

from refgrad import amp as amp  # noqa: E402
from refgrad import cpu as cpu  # noqa: E402
from refgrad import cuda as cuda  # noqa: E402
from refgrad import func as func  # noqa: E402  # it needs the functions that were attached
from refgrad import library as library  # noqa: E402
from refgrad.amp import (  # noqa: E402
    GradScaler,
    autocast,
    clear_autocast_cache,
    get_autocast_dtype,
    is_autocast_cache_enabled,
    is_autocast_enabled,
    set_autocast_dtype,
)
from refgrad.autograd import forward_ad as _forward_ad  # noqa: E402
from refgrad.autograd import functional as _functional  # noqa: E402, F401
from refgrad.autograd.gradcheck import gradcheck as _gradcheck  # noqa: E402
from refgrad.autograd.gradcheck import gradgradcheck as _gradgradcheck  # noqa: E402
from refgrad.func import vmap as vmap  # noqa: E402

_make_dual, _unpack_dual = _forward_ad._make_dual, _forward_ad._unpack_dual
setattr(autograd, "gradcheck", _gradcheck)  # noqa: B010  # over the module of that name, as in PyTorch
setattr(autograd, "gradgradcheck", _gradgradcheck)  # noqa: B010

__all__ = [
    "Event",
    "Generator",
    "GradScaler",
    "Size",
    "Stream",
    "Tensor",
    "_is_device_backend_autoload_enabled",
    "are_deterministic_algorithms_enabled",
    "autocast",
    "autograd",
    "backends",
    "bool",
    "bool_",
    "cdouble",
    "cfloat",
    "channels_last",
    "channels_last_3d",
    "clear_autocast_cache",
    "compile",
    "compiler",
    "complex64",
    "complex128",
    "contiguous_format",
    "cuda",
    "default_generator",
    "device",
    "double",
    "dtype",
    "dtypes",
    "e",
    "enable_grad",
    "finfo",
    "float",
    "float16",
    "float32",
    "float64",
    "get_autocast_dtype",
    "get_default_dtype",
    "get_deterministic_debug_mode",
    "get_float32_matmul_precision",
    "get_num_threads",
    "get_rng_state",
    "half",
    "iinfo",
    "inf",
    "inference_mode",
    "initial_seed",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_autocast_cache_enabled",
    "is_autocast_enabled",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_grad_enabled",
    "is_inference",
    "is_inference_mode_enabled",
    "is_tensor",
    "is_warn_always_enabled",
    "layout",
    "load",
    "long",
    "memory_format",
    "nan",
    "newaxis",
    "no_grad",
    "overrides",
    "pi",
    "preserve_format",
    "promote_types",
    "random",
    "return_types",
    "save",
    "seed",
    "set_anomaly_enabled",
    "set_autocast_dtype",
    "set_default_dtype",
    "set_default_tensor_type",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_grad_enabled",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "set_warn_always",
    "short",
    "sparse_coo",
    "strided",
    "testing",
    "uint8",
    "use_deterministic_algorithms",
    "version",
]  # fmt: skip
