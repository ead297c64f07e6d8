"""Which numbers that an operator is given have to fit a type: PyTorch refuses those that are too large.

Most are converted to the type of the elements, some to the type that its kernel computes in: float32 for the short
types. Observed on PyTorch 2.13.0, on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from refgrad import dtypes

ELEMENT = "type of the elements"
COMPUTED = "type of the computation"
PROMOTED = "type of the elements, or the default type where the number alone is floating"
WIDE = "type of the elements, and of integers int64 before"

SCALES = {"beta": ELEMENT, "alpha": ELEMENT}
SCALES_COMPUTED = {"beta": COMPUTED, "alpha": COMPUTED}

BOUNDED: Mapping[str, Mapping[str, str]] = {
    "addbmm": SCALES_COMPUTED,
    "addcdiv": {"value": COMPUTED},
    "addcmul": {"value": COMPUTED},
    "addmm": SCALES_COMPUTED,
    "addmv": SCALES,
    "baddbmm": SCALES_COMPUTED,
    "celu": {"alpha": COMPUTED},
    "constant_pad_nd": {"value": ELEMENT},
    "elu": {"alpha": COMPUTED, "scale": COMPUTED, "input_scale": COMPUTED},
    "hardshrink": {"lambd": ELEMENT},
    "hardtanh": {"min_val": WIDE, "max_val": WIDE},
    "index_add": {"alpha": ELEMENT},
    "index_fill": {"value": ELEMENT},
    "leaky_relu": {"negative_slope": COMPUTED},
    "lerp": {"weight": COMPUTED},
    "logit": {"eps": PROMOTED},
    "scatter": {"value": ELEMENT},
    "softplus": {"beta": COMPUTED, "threshold": COMPUTED},
    "threshold": {"threshold": COMPUTED, "value": ELEMENT},
}
"""By operator and attribute."""

OF_SHORT_TYPES: Mapping[str, Mapping[str, str]] = {"addr": SCALES, "pow": {"exponent": ELEMENT}}
"""The same where it is looked at for float16 and bfloat16 alone."""

FLOATS_ONLY = frozenset(("addcdiv", "celu", "elu", "hardshrink", "leaky_relu", "lerp", "softplus"))
"""Those that refuse integers themselves, in other words."""


Check = Callable[..., None]


def bounds_of(name: str, tensors: tuple[str, ...], attributes: tuple[str, ...]) -> Check | None:
    """What raises RuntimeError for numbers that are too large for the first operand, if anything looks at that."""
    bare = name.removesuffix("_")
    known = BOUNDED.get(name) or BOUNDED.get(bare) or OF_SHORT_TYPES.get(bare, {})
    places = [(len(tensors) + place, known[each]) for place, each in enumerate(attributes) if each in known]
    if not places:
        return None
    largest, floats_only = dtypes.FITS_ALL, bare in FLOATS_ONLY

    def check(*given: Any) -> None:
        for place, how in places:
            number = given[place]
            unknown = type(number) is complex or (type(number) in (int, float) and not -largest <= number <= largest)
            if unknown and not (floats_only and given[0].dtype.kind in "biu"):
                check_number(given[0].dtype, number, how)

    return check


def bounded(name: str, check: Check | None, forward: Callable[..., Any]) -> Callable[..., Any]:
    """`forward`, which checks first."""
    if check is None or name in OF_SHORT_TYPES:
        return forward

    def fitting(*given: Any) -> Any:
        check(*given)
        return forward(*given)

    return fitting


def check_number(kind: np.dtype[Any], number: Any, how: str) -> None:
    if how == WIDE and kind.kind in "iu":
        dtypes.element(number, dtypes.int64)
    dtypes.element(number, type_of(kind, number, how))


def type_of(kind: np.dtype[Any], number: float, how: str) -> dtypes.dtype:
    """The type that a number has to fit."""
    if how == PROMOTED and isinstance(number, float) and kind.kind in "biu":
        return dtypes.get_default_dtype()
    if how == COMPUTED and kind.kind in "fV" and kind.itemsize == 2:
        return dtypes.float32
    return dtypes.FROM_NUMPY[kind]
