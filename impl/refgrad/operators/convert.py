"""Types, layouts and complex parts: `to` and its shorthands, `contiguous`, `conj`, `real`."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import binding_texts, dtypes, lazy, memory
from refgrad.device import STRIDED, Device, check_available
from refgrad.half import on_the_way
from refgrad.levels import levels, settled
from refgrad.once import warn_once
from refgrad.operators import complex_texts
from refgrad.operators.declare import FUNCTION, KEEP, METHOD, VIEW, function, operator
from refgrad.operators.examples import CLONE
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.underivable import underivable
from refgrad.signatures.texts import too_many
from refgrad.silence import silent
from refgrad.tensor import Tensor
from refgrad.views import mark_view


def to_copy_gradient(grad: Any, self_options: Any) -> Any:
    """Back to the input's type; to a real type only the real part."""
    if grad.is_complex() and not self_options.is_complex:
        grad = grad.real
    if levels.asks(grad) and grad.dtype is not self_options:
        return TO_COPY_OPTIONS(grad, self_options, STRIDED, Device("cpu"))
    return grad.to(self_options)


def to_copy_forward(a: Any, dtype: Any) -> Any:
    if memory.unusual.seen:
        a = memory.allocated(a)
    made = memory.empty_like(a, dtype.numpy)
    copy_cast(made, a)
    return made


def copy_cast(target: Any, source: Any) -> None:
    """Write an array into another and cast it; of complex numbers only bools keep the imaginary part in mind."""
    if source.dtype.kind == "c" and target.dtype.kind not in "cb":
        warn_once(complex_texts.IMAGINARY_DISCARDED, "imaginary")
        source = source.real
    cast_into(target, on_the_way(source, target.dtype))


cast_into = silent(lambda target, source: np.copyto(target, source, casting="unsafe"))


TO_COPY = operator(
    "_to_copy(Tensor self, *, dtype dtype)",
    to_copy_forward,
    node="ToCopyBackward0",
    gradients={"self": to_copy_gradient},
    dtype=KEEP,
    public=False,
    kernels={},
)

TO_COPY_FORMAT = operator(
    "_to_copy.format(Tensor self, *, dtype dtype, MemoryFormat memory_format)",
    lambda a, dtype, memory_format: memory.formatted(to_copy_forward(a, dtype), memory_format),
    node="ToCopyBackward0",
    gradients={"self": to_copy_gradient},
    dtype=KEEP,
    public=False,
)

TO_COPY_OPTIONS = operator(
    "_to_copy.options(Tensor self, *, dtype dtype, layout layout, Device device)",
    lambda a, dtype, layout, device: to_copy_forward(a, dtype),
    node="ToCopyBackward0",
    gradients={"self": to_copy_gradient},
    dtype=KEEP,
    public=False,
)
"""As the gradient of one of them says it, where somebody is asked."""

TO_COPY_WHOLE = operator("_to_copy.whole(Tensor self, *, dtype dtype)", to_copy_forward, dtype=KEEP, public=False)
"""To a type that has no gradients: nothing is recorded."""


def converted(self: Tensor, kind: dtypes.dtype) -> Any:
    return (TO_COPY if kind.category >= dtypes.FLOATING else TO_COPY_WHOLE)(self, kind)


@function("to", public=METHOD)
def to(
    self: Tensor, *target: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False, copy: bool = False,
    memory_format: Any = None,
) -> Any:  # fmt: skip
    """The tensor in another type; itself if it has that type already, unless `copy`."""
    if target and is_number(target[0], target[1:]):
        dtype, target = dtypes.of_number(target[0]), target[1:]
        dtype = dtypes.float64 if dtype.category == dtypes.FLOATING else dtype
    for each in target:
        if isinstance(each, dtypes.dtype):
            dtype = each
        elif isinstance(each, Tensor):
            dtype = each.dtype
        elif isinstance(each, (str, bytes, int, Device)) and not isinstance(each, bool):
            device = each
        elif each is not None and not isinstance(each, (bool, float)):
            raise TypeError("to")
    if sum(isinstance(each, (dtypes.dtype, Tensor)) for each in target) > 1:
        raise TypeError("to")
    if device is not None:
        check_available(device)
    wanted = dtype or self.dtype
    if memory_format in memory.CHANNELS_LAST and (
        self._array.flags.c_contiguous or not memory.in_format(self._array, memory_format)
    ):
        return TO_COPY_FORMAT(self, wanted, memory_format)
    if memory_format == "contiguous" and (
        copy or wanted is not self.dtype or any(lies_in(self._array, each) for each in memory.CHANNELS_LAST)
    ):
        return TO_COPY_FORMAT(self, wanted, memory_format)
    return converted(self, wanted) if copy or wanted is not self.dtype else self


def is_number(first: Any, rest: tuple[Any, ...]) -> bool:
    """Whether a number stands where a tensor may, whose type is meant; alone, a whole one is a device."""
    whole = isinstance(first, int) and not isinstance(first, bool)
    return isinstance(first, (bool, int, float, complex)) and (not whole or isinstance(next(iter(rest), None), bool))


def lies_in(array: Any, memory_format: str) -> bool:
    """Whether an array is in a memory format, and not in the usual one too."""
    return not array.flags.c_contiguous and memory.in_format(array, memory_format)


def shorthand(name: str, kind: dtypes.dtype) -> Any:
    def convert(self: Tensor, *more: Any, memory_format: Any = None) -> Any:
        if more:
            raise TypeError(too_many(name, 0, 0, len(more)))
        if memory_format in memory.CHANNELS_LAST:
            return to(self, kind, memory_format=memory_format)
        return self if self.dtype is kind else converted(self, kind)

    return convert


for _name, _kind in {
    "double": dtypes.float64, "float": dtypes.float32, "half": dtypes.float16, "long": dtypes.int64, "int":
    dtypes.int32,
    "short": dtypes.int16, "bool": dtypes.bool_, "cfloat": dtypes.complex64, "cdouble": dtypes.complex128,
}.items():  # fmt: skip
    function(_name, public=METHOD)(shorthand(_name, _kind))
if dtypes.bfloat16 is not None:
    function("bfloat16", public=METHOD)(shorthand("bfloat16", dtypes.bfloat16))


@function("contiguous", public=METHOD)
def contiguous(self: Tensor, memory_format: Any = None) -> Any:
    """The tensor itself if it is contiguous, else a contiguous copy."""
    wanted = memory_format if memory_format in memory.CHANNELS_LAST else "contiguous"
    return self if memory.in_format(self._array, wanted) else CLONE(self, wanted)


@function("type_as", public=METHOD)
def type_as(self: Tensor, other: Tensor) -> Any:
    return self.to(other.dtype)


CONJ = operator(
    "_conj(Tensor self)",
    lambda a: lazy.beside_of(a, np.conj),
    node="ConjBackward0",
    gradients={"self": lambda grad: grad.conj()},
    dtype=KEEP,
    public=False,
)


@function("conj")
def conj(self: Tensor) -> Any:
    """The complex conjugate, by PyTorch's account a view that is not computed yet; a real tensor itself.

    Here it is computed, and kept up to date (`lazy.py`). The conjugate of a lazy conjugate is the memory itself.
    """
    if self._array.dtype.kind != "c":
        return self
    if levels.active:
        self = settled(self)
    made: Any = CONJ(self)
    again = lazy.reads(self, np.conj)
    if again:
        made._array = lazy.memory_of(self).view()
    mark_view(made, self, None, conj)
    return lazy.settled(made) if again else lazy.lazy(made, self._array, np.conj)


NEG_VIEW = operator(
    "_neg_view(Tensor self)",
    lambda a: lazy.beside_of(a, np.negative),
    node="NegViewBackward0",
    gradients={"self": lambda grad: grad.neg()},
    dtype=KEEP,
    public=False,
)


def real_forward(a: Any) -> Any:
    if a.dtype.kind != "c":
        raise RuntimeError(complex_texts.NOT_COMPLEX)
    if not a.size:
        return memory.laid_empty((*a.shape, 2), [*(2 * step for step in memory.strides(a)), 1], a.real.dtype)
    return a[..., None].view(a.real.dtype)


def complex_forward(a: Any) -> Any:
    """Raises RuntimeError unless the last dimension has pairs of floating numbers side by side."""
    if a.dtype not in COMPLEX_OF:
        raise RuntimeError(complex_texts.not_viewed_as_complex(dtypes.of_array(a).scalar_name))
    if a.ndim == 0:
        raise RuntimeError(complex_texts.NO_DIMENSIONS)
    if a.shape[-1] != 2:
        raise RuntimeError(complex_texts.NOT_PAIRS)
    *steps, last = memory.strides(a)
    if last != 1:
        raise RuntimeError(complex_texts.PAIRS_APART)
    if any(step % 2 for step, n in zip(steps, a.shape, strict=False) if n != 1):
        raise RuntimeError(complex_texts.ODD_STRIDES)
    if memory.offset(a) % 2:
        raise RuntimeError(complex_texts.ODD_OFFSET)
    kind = COMPLEX_OF[a.dtype]
    if not a.size:
        return memory.laid_empty(a.shape[:-1], [step // 2 for step in steps], np.dtype(kind))
    return a.view(kind)[..., 0]


COMPLEX_OF = {np.dtype(np.float32): np.complex64, np.dtype(np.float64): np.complex128}


def opposite(self: Tensor) -> Any:
    """The opposite of a real tensor, lazy as `conj` is."""
    made = NEG_VIEW(self)
    mark_view(made, self, None, opposite)
    return lazy.lazy(made, self._array, np.negative)


VIEW_AS_REAL = operator(
    "view_as_real(Tensor self)",
    real_forward,
    node="ViewAsRealBackward0",
    gradients={"self": lambda grad: grad.contiguous().view_as_complex()},
    dtype=KEEP,
    view=VIEW,
    public=False,
)

VIEW_AS_COMPLEX = operator(
    "view_as_complex(Tensor self)",
    complex_forward,
    node="ViewAsComplexBackward0",
    gradients={"self": lambda grad: grad.contiguous().resolve_conj().view_as_real()},
    dtype=KEEP,
    view=VIEW,
)


@function("view_as_real")
def view_as_real(self: Tensor) -> Any:
    """Pairs of the parts, a view. Raises RuntimeError for real tensors and for lazy conjugates."""
    if self._array.dtype.kind == "c" and lazy.reads(self, np.conj):
        raise RuntimeError(complex_texts.CONJUGATED)
    return VIEW_AS_REAL(self)


def real(self: Tensor) -> Any:
    """The real part, a view; a real tensor itself."""
    if self._array.dtype.kind != "c":
        return self
    return VIEW_AS_REAL(conj(self) if lazy.reads(self, np.conj) else self).select(self._array.ndim, 0)


def imag(self: Tensor) -> Any:
    """The imaginary part, a view.

    Raises RuntimeError for a real tensor.
    """
    if self._array.dtype.kind != "c":
        raise RuntimeError(complex_texts.IMAG_OF_REAL)
    if lazy.reads(self, np.conj):
        return opposite(VIEW_AS_REAL(conj(self))).select(self._array.ndim, 1)
    return VIEW_AS_REAL(self).select(self._array.ndim, 1)


FUNCTIONS.update({"real": real, "imag": imag})


@function("detach", public=FUNCTION)
def detach(self: Tensor) -> Any:
    """`Tensor.detach` as a function."""
    if not isinstance(self, Tensor):
        raise TypeError(binding_texts.wrong_argument("detach", "input", 1, "Tensor", type(self).__name__))
    return self.detach()


@function("detach_", public=FUNCTION)
def detach_(self: Tensor) -> Any:
    return self.detach_()


@function("detach_copy", public=FUNCTION)
def detach_copy(self: Tensor) -> Any:
    """A copy. As PyTorch's, it requires grad if its source does, and backward through it is an error."""
    if not isinstance(self, Tensor):
        raise TypeError(binding_texts.wrong_argument("detach_copy", "input", 1, "Tensor", type(self).__name__))
    return underivable("aten::detach_copy", CLONE(self.detach(), None), (self,))
