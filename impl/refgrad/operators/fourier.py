"""Fourier transforms (`torch.fft`): three rows, and the public functions that choose among them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import creation_texts, dtypes, shapes
from refgrad.creation import finished, not_negative, refuse_large
from refgrad.operators import fourier_texts as texts
from refgrad.operators.call import call_out
from refgrad.operators.complex_parts import conj_physical
from refgrad.operators.convert import converted
from refgrad.operators.creation_out import made_into
from refgrad.operators.declare import KEEP, inplace_of, operator
from refgrad.operators.factories import with_options
from refgrad.operators.formula_arithmetic import MUL_NUMBER
from refgrad.operators.names import FUNCTIONS, with_numpy_names
from refgrad.operators.texts import not_implemented_for
from refgrad.operators.windows import CONSTANT_PAD
from refgrad.silence import silent

FOURIER: dict[str, Callable[..., Any]] = {}
"""What `torch.fft` gets from here."""

NONE, BY_ROOT, BY_COUNT = range(3)
"""What a result is divided by: nothing, the root of the number of points, that number."""


def scale(a: Any, shape: Any, dims: Any, normalization: int) -> Any:
    """`a` divided as `normalization` says for a signal of this shape."""
    count = math.prod(shape[dim] for dim in dims)
    if normalization == NONE or count == 0:
        return a
    factor = a.real.dtype.type(1 / math.sqrt(count) if normalization == BY_ROOT else 1 / count)
    if a.dtype.kind != "c":
        return a * factor
    made = np.empty_like(a)
    np.multiply(a.real, factor, made.real)  # by parts, or zeros would lose their signs
    np.multiply(a.imag, factor, made.imag)
    return made


def laid_out(a: Any, source: Any, dims: Any) -> Any:
    """The same array with the transformed dimensions innermost in memory, the others as in that of `source`."""
    others = sorted((i for i in range(a.ndim) if i not in dims), key=lambda i: -source.strides[i])
    order = others + sorted(dims)
    made = np.empty([a.shape[i] for i in order], a.dtype).transpose(np.argsort(order))
    made[...] = a
    return made


def c2c_forward(a: Any, dim: Any, normalization: int, forward: bool) -> Any:
    if not dim or a.size == 0:
        return a.copy()
    made = np.fft.fftn(a, axes=dim) if forward else np.fft.ifftn(a, axes=dim, norm="forward")
    return laid_out(scale(made.astype(a.dtype), a.shape, dim, normalization), a, dim)


C2C: Any = operator(
    "_fft_c2c(Tensor self, int[] dim, int normalization, bool forward)",
    c2c_forward,
    node="FftC2CBackward0",
    gradients={"self": lambda grad, dim, normalization, forward: C2C(grad, dim, normalization, not forward)},
    dtype=KEEP,
    public=False,
)


def with_mirrored(half: Any, size: int, dims: Any) -> Any:
    """The whole transform of a real signal: the other half is the mirrored conjugate of this one."""
    last = dims[-1]
    places = [np.arange(size - half.shape[last], 0, -1) if dim == last else -np.arange(half.shape[dim]) for dim in dims]
    rest = half
    for dim, at in zip(dims, places, strict=True):
        rest = np.take(rest, at, dim, mode="wrap")
    return np.concatenate([half, np.conj(rest)], last)


def r2c_forward(a: Any, dim: Any, normalization: int, onesided: bool) -> Any:
    made = np.fft.rfftn(a, axes=dim)
    if not onesided:
        made = with_mirrored(made, a.shape[dim[-1]], dim)
    kind = np.result_type(a.dtype, np.complex64)
    return laid_out(scale(made.astype(kind), a.shape, dim, normalization), a, dim)


def r2c_gradient(grad: Any, self: Any, dim: Any, normalization: int, onesided: bool) -> Any:
    """The real part of the inverse transform; of half the points, the others count as 0."""
    if onesided:
        last, half = dim[-1], grad
        if self.shape[last] != half.shape[last]:
            grad = half.new_zeros(self.shape)
            grad.narrow(last, 0, half.shape[last]).copy_(half)
    return C2C(grad, dim, normalization, False).real


R2C: Any = operator(
    "_fft_r2c(Tensor self, int[] dim, int normalization, bool onesided)",
    r2c_forward,
    node="FftR2CBackward0",
    gradients={"self": r2c_gradient},
    dtype=KEEP,
    public=False,
)


def c2r_forward(a: Any, dim: Any, normalization: int, last_dim_size: int) -> Any:
    shape = list(a.shape)
    shape[dim[-1]] = last_dim_size
    made = np.fft.irfftn(a, [shape[each] for each in dim], axes=dim, norm="forward")
    return laid_out(scale(made.astype(a.real.dtype), shape, dim, normalization), a, dim)


double = inplace_of(MUL_NUMBER)


def c2r_gradient(grad: Any, dim: Any, normalization: int) -> Any:
    """The transform; the points that stand for two count twice."""
    made = R2C(grad, dim, normalization, True)
    last = dim[-1]
    twice = grad.shape[last] - made.shape[last]
    if twice > 0:
        double(made.narrow(last, 1, twice), 2)
    return made


C2R: Any = operator(
    "_fft_c2r(Tensor self, int[] dim, int normalization, int last_dim_size)",
    c2r_forward,
    node="FftC2RBackward0",
    gradients={"self": c2r_gradient},
    dtype=KEEP,
    public=False,
)

# ---- arguments ----------------------------------------------------------------------------------------------------


def normalization_of(norm: str | None, *, forward: bool) -> int:
    """Raises RuntimeError for an unknown name."""
    if norm in (None, "backward"):
        return NONE if forward else BY_COUNT
    if norm == "ortho":
        return BY_ROOT
    if norm == "forward":
        return BY_COUNT if forward else NONE
    raise RuntimeError(texts.normalization(norm))


def as_floating(x: Any, *, complex_: bool = False) -> Any:
    """`x` in a type that is transformed. Raises RuntimeError for the short types."""
    kind = x.dtype
    if kind.category < dtypes.FLOATING:
        kind = dtypes.get_default_dtype()
    if kind in (dtypes.float16, dtypes.bfloat16):
        raise RuntimeError(texts.unsupported(kind.scalar_name))
    if complex_:
        kind = kind.to_complex()
    return x if x.dtype is kind else converted(x, kind)


def resized(x: Any, dims: Any, sizes: Any) -> Any:
    """Cut or padded with zeros to `sizes` along `dims`; -1 keeps a size."""
    pad = [0] * (2 * x.dim())
    for dim, size in zip(dims, sizes, strict=True):
        if size == -1:
            continue
        known = x.shape[dim]
        if known < size:
            pad[2 * (x.dim() - 1 - dim) + 1] = size - known
        elif known > size:
            x = x.narrow(dim, 0, size)
    return CONSTANT_PAD(x, pad, 0) if any(pad) else x


def one_dim(x: Any, dim: int) -> int:
    if x.dim() == 0:
        raise IndexError(texts.no_dimensions(dim))
    return shapes.checked_dim(dim, x.dim())


def points(count: Any) -> int:
    """Raises RuntimeError for a signal without points."""
    if count < 1:
        raise RuntimeError(texts.points(count))
    return int(count)


def into(row: Any, out: Any, x: Any, *attributes: Any) -> Any:
    """What `row` gives, written to `out` if there is one."""
    return row(x, *attributes) if out is None else call_out(row, (x,), attributes, out)


def conjugate_into(out: Any, x: Any) -> Any:
    """`x` conjugated: as it is read, or as it is written."""
    return x.conj() if out is None else conj_physical(x, out=out)


def check_complex(name: str, out: Any) -> None:
    if out is not None and not out.is_complex():
        raise RuntimeError(texts.complex_output(name, out.dtype.scalar_name))


def check_floating(name: str, out: Any) -> None:
    if out is not None and not out.is_floating_point():
        raise RuntimeError(texts.floating_output(name, out.dtype.scalar_name))


def to_complex(name: str, x: Any, n: Any, dim: int, norm: Any, out: Any, *, forward: bool, onesided: bool) -> Any:
    """The transform of a real signal, backward its conjugate."""
    if x.is_complex():
        raise RuntimeError(texts.real_expected(name, x.dtype.scalar_name))
    check_complex(name, out)
    x = as_floating(x)
    at = one_dim(x, dim)
    size = points(x.shape[at] if n is None else n)
    x, divided = resized(x, (at,), (size,)), normalization_of(norm, forward=forward)
    if forward:
        return into(R2C, out, x, (at,), divided, onesided)
    return conjugate_into(out, R2C(x, (at,), divided, onesided))


def complex_to_complex(name: str, x: Any, n: Any, dim: int, norm: Any, out: Any, *, forward: bool) -> Any:
    check_complex(name, out)
    at = one_dim(x, dim)
    size = points(x.shape[at] if n is None else n)
    x, divided = resized(x, (at,), (size,)), normalization_of(norm, forward=forward)
    return into(C2C, out, x, (at,), divided, forward)


def to_real(name: str, x: Any, n: Any, dim: int, norm: Any, out: Any, *, forward: bool) -> Any:
    """The real signal whose transform this half is."""
    check_floating(name, out)
    x = as_floating(x, complex_=True)
    at = one_dim(x, dim)
    size = points(2 * (x.shape[at] - 1) if n is None else n)
    x = resized(x, (at,), (size // 2 + 1,))
    return into(C2R, out, x.conj() if forward else x, (at,), normalization_of(norm, forward=forward), size)


def fourier(made: Callable[..., Any]) -> Callable[..., Any]:
    public = with_numpy_names(made)
    FOURIER[made.__name__] = public
    FUNCTIONS["fft_" + made.__name__] = public
    return made


# ---- one dimension ------------------------------------------------------------------------------------------------


@fourier
def fft(input: Any, n: Any = None, dim: int = -1, norm: Any = None, *, out: Any = None) -> Any:
    """The discrete Fourier transform along one dimension."""
    if input.is_complex():
        return complex_to_complex("fft", input, n, dim, norm, out, forward=True)
    return to_complex("fft", input, n, dim, norm, out, forward=True, onesided=False)


@fourier
def ifft(input: Any, n: Any = None, dim: int = -1, norm: Any = None, *, out: Any = None) -> Any:
    """Its inverse."""
    if input.is_complex():
        return complex_to_complex("ifft", input, n, dim, norm, out, forward=False)
    return to_complex("ifft", input, n, dim, norm, out, forward=False, onesided=False)


@fourier
def rfft(input: Any, n: Any = None, dim: int = -1, norm: Any = None, *, out: Any = None) -> Any:
    """The half of the transform of a real signal that says all."""
    return to_complex("rfft", input, n, dim, norm, out, forward=True, onesided=True)


@fourier
def irfft(input: Any, n: Any = None, dim: int = -1, norm: Any = None, *, out: Any = None) -> Any:
    """The inverse of `rfft`."""
    return to_real("irfft", input, n, dim, norm, out, forward=False)


@fourier
def hfft(input: Any, n: Any = None, dim: int = -1, norm: Any = None, *, out: Any = None) -> Any:
    """The real transform of a signal that is its own mirrored conjugate."""
    return to_real("hfft", input, n, dim, norm, out, forward=True)


@fourier
def ihfft(input: Any, n: Any = None, dim: int = -1, norm: Any = None, *, out: Any = None) -> Any:
    """The inverse of `hfft`."""
    return to_complex("ihfft", input, n, dim, norm, out, forward=False, onesided=True)


# ---- several dimensions -------------------------------------------------------------------------------------------


def dims_and_sizes(x: Any, s: Any, dim: Any) -> tuple[tuple[int, ...], list[int]]:
    """Which dimensions are transformed, and to which sizes. Raises RuntimeError where these do not fit."""
    if isinstance(dim, int):
        dim = (dim,)
    if isinstance(s, int):
        s = (s,)
    if dim is not None:
        dims = tuple(one_dim(x, each) for each in dim)
        if len(set(dims)) < len(dims):
            raise RuntimeError(texts.UNIQUE)
        if s is not None and len(s) != len(dims):
            raise RuntimeError(texts.LENGTHS)
    elif s is not None:
        if len(s) > x.dim():
            raise RuntimeError(texts.too_many(len(s), x.dim()))
        dims = tuple(range(x.dim() - len(s), x.dim()))
    else:
        dims = tuple(range(x.dim()))
    sizes = [x.shape[each] for each in dims] if s is None else list(s)
    sizes = [x.shape[each] if size == -1 else size for each, size in zip(dims, sizes, strict=True)]
    return dims, [points(size) for size in sizes]


def axis_needed(name: str, dims: Any) -> None:
    if not dims:
        raise RuntimeError(texts.axis_needed(name))


def transformed(x: Any, s: Any, dim: Any, norm: Any, out: Any, *, forward: bool) -> Any:
    dims, sizes = dims_and_sizes(x, s, dim)
    x = as_floating(x, complex_=True)
    check_complex("fftn", out)
    return into(C2C, out, resized(x, dims, sizes), dims, normalization_of(norm, forward=forward), forward)


def half_sizes(name: str, x: Any, s: Any, dim: Any) -> tuple[Any, list[int], int]:
    """Dimensions and sizes of half a transform, and the size of the whole last dimension."""
    given = s if s is None or isinstance(s, int) else s[-1] if len(s) else None
    dims, sizes = dims_and_sizes(x, s, dim)
    axis_needed(name, dims)
    last = points(2 * (x.shape[dims[-1]] - 1)) if given in (None, -1) else sizes[-1]
    return dims, [*sizes[:-1], last // 2 + 1], last


@fourier
def fftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None, *, out: Any = None) -> Any:
    return transformed(input, s, dim, norm, out, forward=True)


@fourier
def ifftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None, *, out: Any = None) -> Any:
    return transformed(input, s, dim, norm, out, forward=False)


@fourier
def rfftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None, *, out: Any = None) -> Any:
    if input.is_complex():
        raise RuntimeError(texts.real_valued_expected("rfftn", input.dtype.scalar_name))
    dims, sizes = dims_and_sizes(input, s, dim)
    axis_needed("rfftn", dims)
    x = as_floating(input)
    check_complex("rfftn", out)
    return into(R2C, out, resized(x, dims, sizes), dims, normalization_of(norm, forward=True), True)


@fourier
def irfftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None, *, out: Any = None) -> Any:
    dims, sizes, last = half_sizes("irfftn", input, s, dim)
    x = as_floating(input, complex_=True)
    check_floating("irfftn", out)
    return into(C2R, out, resized(x, dims, sizes), dims, normalization_of(norm, forward=False), last)


@fourier
def hfftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None, *, out: Any = None) -> Any:
    dims, sizes, last = half_sizes("hfftn", input, s, dim)
    x = as_floating(input, complex_=True)
    check_floating("hfftn", out)
    x, divided = resized(x, dims, sizes), normalization_of(norm, forward=True)
    if len(dims) > 1:
        x = C2C(x, dims[:-1], divided, True)
    return into(C2R, out, x.conj(), dims[-1:], divided, last)


@fourier
def ihfftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None, *, out: Any = None) -> Any:
    dims, sizes = dims_and_sizes(input, s, dim)
    axis_needed("ihfftn", dims)
    if input.is_complex():
        raise RuntimeError(texts.floating_only(input.dtype.scalar_name))
    x = as_floating(input)
    if len(dims) > 1:
        check_complex("ihfftn", out)
    x, divided = resized(x, dims, sizes), normalization_of(norm, forward=False)
    half = R2C(x, dims[-1:], divided, True)
    if len(dims) == 1:
        if out is None:
            return half.conj()
        return conj_physical(out.detach(), out=half.conj())  # the wrong way round in PyTorch, which spares `out`
    return into(C2C, out, half.conj_physical(), dims[:-1], divided, False)


def of_two(name: str) -> None:
    whole = FOURIER[name + "n"]

    def made(input: Any, s: Any = None, dim: Any = (-2, -1), norm: Any = None, *, out: Any = None) -> Any:
        return whole(input, s, dim, norm, out=out)

    made.__name__ = made.__qualname__ = name + "2"
    fourier(made)


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    of_two(_name)

# ---- frequencies --------------------------------------------------------------------------------------------------


def shifted(x: Any, dim: Any, *, back: bool) -> Any:
    dims = tuple(range(x.dim())) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    sizes = [x.shape[one_dim(x, each)] for each in dims]
    return x.roll([(size + 1) // 2 if back else size // 2 for size in sizes], dims)


@fourier
def fftshift(input: Any, dim: Any = None) -> Any:
    """The zero frequency in the middle."""
    return shifted(input, dim, back=False)


@fourier
def ifftshift(input: Any, dim: Any = None) -> Any:
    return shifted(input, dim, back=True)


inverse = silent(lambda count, step: 1 / (np.float64(count) * np.float64(step)))
scaled = silent(np.multiply)


def frequencies(name: str, places: Any, step: Any, dtype: Any, requires_grad: bool) -> Any:
    """Raises RuntimeError for whole numbers, NotImplementedError for complex ones."""
    kind = dtypes.get_default_dtype() if dtype is None else dtype
    if kind.category < dtypes.FLOATING:
        raise RuntimeError(texts.frequencies(name))
    if kind.category == dtypes.COMPLEX:
        raise NotImplementedError(not_implemented_for("arange_cpu", kind.scalar_name))
    return finished(scaled(places.astype(kind.numpy), kind.numpy.type(step)), requires_grad, name)


def count_of(n: int) -> int:
    """Raises ValueError for a number that is too large, RuntimeError for a negative one."""
    refuse_large(n)
    return int(not_negative((n,))[0])


@fourier
@with_options
def fftfreq(n: int, d: float = 1.0, *, dtype: Any = None, requires_grad: bool = False, out: Any = None) -> Any:
    """The frequencies of a transform of `n` points."""
    if out is not None:
        refuse_large(n)
        if n < 0:
            raise RuntimeError(creation_texts.STEP_SIGN)
        options = {"dtype": dtype, "requires_grad": requires_grad}
        return made_into(fftfreq, "fft_fftfreq", out, (n, d), options)
    places = np.arange(count_of(n))
    places[(n + 1) // 2 :] -= n
    return frequencies("fftfreq", places, inverse(n, d), dtype, requires_grad)


@fourier
@with_options
def rfftfreq(n: int, d: float = 1.0, *, dtype: Any = None, requires_grad: bool = False, out: Any = None) -> Any:
    """Those of half a transform."""
    if out is not None:
        refuse_large(n)
        if n < -3:
            raise RuntimeError(creation_texts.STEP_SIGN)
        options = {"dtype": dtype, "requires_grad": requires_grad}
        return made_into(rfftfreq, "fft_rfftfreq", out, (n, d), options)
    refuse_large(n)
    count = count_of(int(n / 2) + 1)
    return frequencies("rfftfreq", np.arange(count), inverse(n, d), dtype, requires_grad)
