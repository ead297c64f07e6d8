"""Operators on all examples of a `vmap` at once, with the hidden dimension in front: what becomes of their dimensions.

A rule is given the row, the operand with the hidden dimension first, how many dimensions an example has, and the
attributes. It returns the result, hidden dimension first, or `None` where the examples are better taken one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from refgrad import memory
from refgrad.operators import call as ordinary
from refgrad.operators.batching_decomposed import of_numbers, padded, view_problem
from refgrad.operators.examples import VIEW_
from refgrad.shapes import checked_dim, checked_dims, inferred_shape

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator

Rule = Callable[["Operator", Any, int, tuple[Any, ...]], Any]

DIMENSIONS = frozenset("dim dims dim0 dim1 dim2 dimension".split())
"""What attributes are called that number dimensions."""

BY_DIMENSION = frozenset(
    "_softmax _log_softmax cumsum cumprod logcumsumexp sort topk amax amin flip logsumexp var std var_mean"
    " linalg_vector_norm norm mode glu rot90 kthvalue cummax cummin transpose slice diagonal unbind split"
    " split_with_sizes unfold _fft_c2c _fft_c2r _fft_r2c".split()
)
"""Operators of one tensor for which it is enough that dimensions count one more."""

AT_THE_END = frozenset(
    "tril triu _linalg_det linalg_inv_ex constant_pad_nd linalg_cholesky_ex _linalg_slogdet _linalg_eigh _linalg_svd"
    " linalg_qr linalg_lu_factor_ex linalg_pinv linalg_matrix_exp cholesky_inverse linalg_eig".split()
)
"""Operators on the last dimensions, whatever stands before them."""


def redispatch(row: Operator, first: Any, attributes: tuple[Any, ...]) -> Any:
    return ordinary.call(row, (first,), attributes)


def by_dimension(row: Operator, first: Any, ndim: int, attributes: tuple[Any, ...]) -> Any:
    moved = list(attributes)
    for place, name in enumerate(row.attribute_names):
        if name in DIMENSIONS:
            value = moved[place]
            if isinstance(value, int):
                moved[place] = checked_dim(value, ndim) + 1
            elif row.name == "flip" and not value:
                moved[place] = ()
            else:
                moved[place] = tuple(each + 1 for each in (checked_dims(value, ndim) if value else range(ndim)))
    return redispatch(row, first, tuple(moved))


def reduced(row: Operator, first: Any, ndim: int, attributes: tuple[Any, ...]) -> Any:
    """Sums and means, over the dimensions shown."""
    if row.overload in ("dim_IntList", "dim") and "keepdim" in row.attribute_names:
        dims = attributes[0]
        given = checked_dims(dims, ndim) if dims else range(ndim)
        return redispatch(row, first, (tuple(each + 1 for each in given), *attributes[1:]))
    if row.name == "nansum":
        given = checked_dims(attributes[0], ndim) if attributes[0] else range(ndim)
        return redispatch(row, first, (tuple(each + 1 for each in given), *attributes[1:]))
    total = getattr(first, row.name)
    return total(tuple(range(1, ndim + 1)), dtype=attributes[0])


def fully_reduced(row: Operator, first: Any, ndim: int, attributes: tuple[Any, ...]) -> Any:
    if row.overload in ("dim", "dim_int"):
        return by_dimension(row, first, ndim, attributes)
    if row.overload or not first._array[0].size:
        return None
    made = getattr(first.flatten(1), row.name)(1)
    return made[0] if isinstance(made, tuple) else made


def turned(row: Operator, first: Any, ndim: int, attributes: tuple[Any, ...]) -> Any:
    return first.transpose(1, 2) if ndim == 2 else None


def permuted(row: Operator, first: Any, ndim: int, attributes: tuple[Any, ...]) -> Any:
    return redispatch(row, first, ((0, *(checked_dim(each, ndim) + 1 for each in attributes[0])),))


def resized(row: Operator, first: Any, ndim: int, attributes: tuple[Any, ...]) -> Any:
    """Views and expansions: the hidden dimension stays."""
    size = tuple(attributes[0])
    if row.name == "expand":
        first = padded(first, ndim, len(size), hidden=True)
    if row.name in ("view", "squeeze", "_unsafe_view"):
        count = first._array.shape[0]
        problem = view_problem(size, count, first._array.size)
        if problem is not None:
            raise RuntimeError(problem)
        size = inferred_shape(size, first._array.size // count)
        if memory.reshaped_view(first._array, (count, *size)) is None:
            return None
    return redispatch(VIEW_ if row.name == "squeeze" else row, first, ((first._array.shape[0], *size), *attributes[1:]))


def rolled(row: Operator, first: Any, ndim: int, attributes: tuple[Any, ...]) -> Any:
    if attributes[1]:
        return by_dimension(row, first, ndim, attributes)
    return redispatch(row, first.flatten(1), (attributes[0], (1,))).view(first._array.shape)


def repeated(row: Operator, first: Any, ndim: int, attributes: tuple[Any, ...]) -> Any:
    for _ in range(len(attributes[0]) - ndim):
        first = first.unsqueeze(1)
    return redispatch(row, first, ((1, *attributes[0]),))


def squeezed(row: Operator, first: Any, ndim: int, attributes: tuple[Any, ...]) -> Any:
    if row.overload:
        given = attributes[0] if isinstance(attributes[0], (tuple, list)) else (attributes[0],)
        return first.squeeze(tuple(each + 1 for each in checked_dims(given, ndim)))
    count, *shape = first._array.shape
    return resized(row, first, ndim, ([n for n in shape if n != 1],)) if count else None


def embedded(row: Operator, first: Any, ndim: int, attributes: tuple[Any, ...]) -> Any:
    offset, *dims = attributes
    return redispatch(row, first, (offset, *(checked_dim(each, ndim + 1) + 1 for each in dims)))


def least_and_largest(row: Operator, first: Any, ndim: int, attributes: tuple[Any, ...]) -> Any:
    if attributes[0] is not None:
        return by_dimension(row, first, ndim, attributes)
    return None if attributes[1] or not first._array[0].size else redispatch(row, first.flatten(1), (1, False))


def traced(row: Operator, first: Any, ndim: int, attributes: tuple[Any, ...]) -> Any:
    return first.diagonal(0, 1, 2).sum(-1) if ndim == 2 else None


RULES: dict[str, Rule] = {
    **dict.fromkeys(BY_DIMENSION, by_dimension),
    **dict.fromkeys(AT_THE_END, lambda row, first, ndim, attributes: redispatch(row, first, attributes)),
    **dict.fromkeys(("max", "min", "prod", "median", "nanmedian"), fully_reduced),
    "diag_embed": embedded, "aminmax": least_and_largest,
    **dict.fromkeys(("sum", "mean", "nansum"), reduced),
    "t": turned, "permute": permuted, "view": resized, "_unsafe_view": resized, "expand": resized,
    "roll": rolled, "repeat": repeated,
    "select": by_dimension, "squeeze": squeezed, "trace": traced,
}  # fmt: skip
"""The rules by names of operators."""


def ruled(row: Operator, first: Any, ndim: int, attributes: tuple[Any, ...]) -> Any:
    """The result by the operator's rule, or `None`."""
    rule = RULES.get(row.name)
    if row.name == "unsqueeze":
        return redispatch(row, first, (checked_dim(attributes[0], ndim + 1) + 1,))
    if not ndim and len(row.tensor_names) == 1 and row.name != "expand":
        return of_numbers(row, first, attributes, by_dimension)
    if rule is None or not (ndim or row.name == "expand") or len(row.tensor_names) != 1 or row.list_input:
        return None
    return rule(row, first, ndim, attributes)


__all__ = ["by_dimension", "ruled"]
