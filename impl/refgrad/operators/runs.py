"""`unique_consecutive`: every value once for each run of it.

The function of torch is written in Python, and takes its positional flags for each other when it chooses what to give
back; the method does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import dtypes, shapes
from refgrad.operators import index_texts as texts
from refgrad.operators.declare import FUNCTION, KEEP, METHOD, function, not_implemented, operator
from refgrad.operators.tensors_only import check_tensor
from refgrad.operators.texts import not_implemented_for
from refgrad.signatures.matching import is_integer
from refgrad.signatures.texts import wrong_keyword
from refgrad.tensor import Tensor
from refgrad.type_names import type_name


def consecutive(a: Any, return_inverse: bool, return_counts: bool, dim: Any) -> Any:
    """Values, the number of the run that each element is in, and the lengths of runs, as far as they are asked for."""
    nothing = np.zeros(0, np.int64)
    at = 0 if dim is None else shapes.own_dim(dim, a.ndim)
    if a.dtype.kind == "c":
        raise NotImplementedError(not_implemented_for("unique", dtypes.of_array(a).scalar_name))
    if a.size == 0:
        if dim is not None and (a.shape[at] or a.shape.count(0) > 1):
            raise RuntimeError(texts.UNIQUE_EMPTY)
        return a.reshape(-1) if dim is None else a.copy(), nothing, nothing.copy()
    flat = a.reshape(-1) if dim is None else np.moveaxis(a, at, 0)
    rows = flat.reshape(flat.shape[0], -1)
    fresh = np.ones(len(rows), bool)
    fresh[1:] = (rows[1:] != rows[:-1]).any(-1)
    starts = np.flatnonzero(fresh)
    inverse = (np.cumsum(fresh) - 1).reshape(a.shape if dim is None else -1)
    counts = np.diff(np.append(starts, len(rows)))
    kept = np.ascontiguousarray(flat[starts])
    values = kept if dim is None else np.moveaxis(kept, 0, at)
    return values, inverse if return_inverse else nothing, counts if return_counts else nothing.copy()


UNIQUE_CONSECUTIVE = operator(
    "unique_consecutive(Tensor self, bool return_inverse, bool return_counts, int? dim)",
    consecutive,
    node="UniqueConsecutiveBackward0",
    gradients={"self": not_implemented("unique_consecutive")},
    dtype=KEEP,
    public=False,
)


def all_results(input: Any, return_inverse: Any, return_counts: Any, dim: Any) -> Any:
    """Raises TypeError for what the built-in function does not take."""
    check_tensor("unique_consecutive", "input", 1, input)
    for name, value in (("return_inverse", return_inverse), ("return_counts", return_counts)):
        if not isinstance(value, bool):
            raise TypeError(wrong_keyword("unique_consecutive", name, "bool", type_name(value)))
    if dim is not None and not is_integer(dim):
        raise TypeError(wrong_keyword("unique_consecutive", "dim", "int", type_name(dim)))
    return UNIQUE_CONSECUTIVE(input, return_inverse, return_counts, None if dim is None else int(dim))


def giving(name: str, *, inverse: bool, counts: bool) -> Callable[..., Any]:
    """The function under the name that messages say, which gives back some of the results."""

    def chosen(input: Any, return_inverse: Any = False, return_counts: Any = False, dim: Any = None) -> Any:
        made = all_results(input, return_inverse, return_counts, dim)
        found = (made[0], *((made[1],) if inverse else ()), *((made[2],) if counts else ()))
        return found if len(found) > 1 else made[0]

    chosen.__name__ = chosen.__qualname__ = name
    return chosen


FORMS = {
    (False, False): giving("_consecutive_return_output", inverse=False, counts=False),
    (True, False): giving("_consecutive_return_inverse", inverse=True, counts=False),
    (False, True): giving("_consecutive_return_counts", inverse=False, counts=True),
    (True, True): giving("_consecutive_return_inverse_and_counts", inverse=True, counts=True),
}


@function("unique_consecutive", public=FUNCTION)
def unique_consecutive(*args: Any, **kwargs: Any) -> Any:
    """Every value once for each run of it."""
    counts = args[1] if len(args) > 1 else kwargs.get("return_counts", False)
    inverse = args[2] if len(args) > 2 else kwargs.get("return_inverse", False)
    return FORMS[bool(inverse), bool(counts)](*args, **kwargs)


@function("unique_consecutive", public=METHOD)
def unique_consecutive_method(
    self: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The same."""
    options = {"return_inverse": return_inverse, "return_counts": return_counts, "dim": dim}
    return FORMS[bool(return_inverse), bool(return_counts)](self, **options)
