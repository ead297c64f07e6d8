"""`norm`, `frobenius_norm` and `nuclear_norm`: older names of the norms of `torch.linalg`, and the distance `dist`."""

from __future__ import annotations

from typing import Any

from refgrad import dtypes
from refgrad.once import warn_once
from refgrad.operators import linalg_texts as texts
from refgrad.operators.arithmetic import check_sub
from refgrad.operators.call import call_out
from refgrad.operators.declare import FUNCTION, METHOD, function
from refgrad.operators.linalg_names import LINALG
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.reductions import DIST, VECTOR_NORM, dims_of
from refgrad.operators.units import NORM
from refgrad.signatures.converting import check_bits
from refgrad.signatures.texts import no_attribute
from refgrad.tensor import Tensor
from refgrad.type_names import type_name

PLAIN_ORDERS = (int, float)


def norm_of(self: Any, p: Any, dim: Any, keepdim: Any, dtype: Any, out: Any = None) -> Any:
    """That of `torch.linalg` which is meant: of vectors, or by name of matrices."""
    named = isinstance(p, str)
    usual = (dim is None or type(dim) is int) and type(keepdim) is bool and dtype is None and out is None
    if usual and (type(p) in PLAIN_ORDERS or (named and p == "fro")):
        return VECTOR_NORM(self, 2 if named else p, dims_of(dim), keepdim, None)
    from refgrad import linalg  # whose functions look at what they are given

    options = {"dtype": dtype} if out is None else {"dtype": dtype, "out": out}
    dims = [dim] if isinstance(dim, int) else dim
    if named and not (p == "fro" and (dims is None or len(dims) <= 2)):
        return linalg.matrix_norm(self, p, list(range(self.dim())) if dims is None else dims, keepdim, **options)
    return linalg.vector_norm(self, 2 if named else 2.0 if p is None else p, dims, keepdim, **options)


@function("norm", public=METHOD)
def norm_of_tensor(self: Any, p: Any = "fro", dim: Any = None, keepdim: Any = False, dtype: Any = None) -> Any:
    """The p-norm, of all elements or along dimensions."""
    return norm_of(self, p, dim, keepdim, dtype)


def norm(input: Any, p: Any = "fro", dim: Any = None, keepdim: Any = False, out: Any = None, dtype: Any = None) -> Any:
    """The same. Raises AttributeError for what is no tensor."""
    if not isinstance(input, Tensor):
        raise AttributeError(no_attribute(type_name(input), "layout"))  # noqa: TRY004  # it is asked for that first
    return norm_of(input, p, dim, keepdim, dtype, out)


FUNCTIONS["norm"] = norm  # written in Python, where NumPy's names of parameters are not known


@function("frobenius_norm", public=FUNCTION)
def frobenius_norm(self: Any, dim: Any, keepdim: bool = False, *, out: Any = None) -> Any:
    """The root of the sum of squares, over two dimensions at most. It is deprecated and says so, once."""
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    for each in dims:
        check_bits(each)
    warn_once(texts.FROBENIUS_DEPRECATED, "frobenius_norm")
    if len(dims) > 2:
        raise RuntimeError(texts.at_most_two(len(dims)))
    if self.dtype.category < dtypes.FLOATING:
        raise RuntimeError(texts.norm_of_integers(self.dtype.scalar_name))
    return NORM(self, 2.0, dims, keepdim) if out is None else call_out(NORM, (self,), (2.0, dims, keepdim), out)


@function("nuclear_norm", public=FUNCTION)
def nuclear_norm(self: Any, dim: Any = (-2, -1), keepdim: bool = False, *, out: Any = None) -> Any:
    """The sum of the singular values. It is deprecated and says so, once."""
    warn_once(texts.NUCLEAR_DEPRECATED, "nuclear_norm")
    if isinstance(dim, bool):  # of the last two dimensions, in the other signature
        dim, keepdim = (-2, -1), dim
    dims = (dim, dim) if isinstance(dim, int) else dim
    return LINALG["matrix_norm"](self, "nuc", dims, keepdim, **({} if out is None else {"out": out}))


@function("dist")
def dist(self: Any, other: Any, p: Any = 2) -> Any:
    """The norm of the difference. Raises RuntimeError for bools."""
    check_sub(self, other, 1)
    if isinstance(p, complex):
        raise RuntimeError(texts.complex_order("linalg.vector_norm"))  # noqa: TRY004  # as in PyTorch
    return DIST(self, other, p)
