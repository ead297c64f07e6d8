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
    "leaky_relu": {"negative_slope": COMPUTED},
    "lerp": {"weight": COMPUTED},
    "logit": {"eps": PROMOTED},
    "softplus": {"beta": COMPUTED, "threshold": COMPUTED},
    "threshold": {"threshold": COMPUTED, "value": ELEMENT},
}
"""By operator and attribute."""

OF_SHORT_TYPES: Mapping[str, Mapping[str, str]] = {
    "addr": SCALES, "clamp": {"min": ELEMENT, "max": ELEMENT}, "clamp_max": {"max": ELEMENT},
    "clamp_min": {"min": ELEMENT}, "hardtanh": {"min_val": ELEMENT, "max_val": ELEMENT}, "pow": {"exponent": ELEMENT},
    "scatter": {"value": ELEMENT},
}  # fmt: skip
"""The same where it is looked at here for float16 and bfloat16 alone."""

FLOATS_ONLY = frozenset(("addcdiv", "celu", "elu", "hardshrink", "leaky_relu", "lerp", "softplus"))
"""Those that refuse integers themselves, in other words."""


TAKING_COMPLEX = frozenset(("clamp", "clamp_max", "clamp_min", "pow"))
"""Those that make complex numbers of it then, or refuse it themselves."""


Check = Callable[..., list[Any] | None]


def bounds_of(name: str, tensors: tuple[str, ...], attributes: tuple[str, ...]) -> Check | None:
    """What raises RuntimeError for numbers that are too large for the first operand, if anything looks at that.

    It returns the operands where a number becomes another one in that type, and otherwise nothing.
    """
    bare = name.removesuffix("_")
    known = BOUNDED.get(name) or BOUNDED.get(bare) or OF_SHORT_TYPES.get(bare, {})
    places = [(len(tensors) + place, known[each]) for place, each in enumerate(attributes) if each in known]
    if not places:
        return None
    largest, floats_only = dtypes.FITS_ALL, bare in FLOATS_ONLY

    def check(*given: Any) -> list[Any] | None:
        made = None
        for place, how in places:
            number, kind = given[place], given[0].dtype
            if type(number) is complex:
                unknown = bare not in TAKING_COMPLEX
            else:
                unknown = type(number) in (int, float) and (kind.itemsize == 1 or not -largest <= number <= largest)
            if unknown and not (floats_only and kind.kind in "biu"):
                fitted = dtypes.element(number, type_of(kind, number, how))
                if how != PROMOTED and fitted != number:
                    made = made or list(given)
                    made[place] = fitted
        return made

    return check


def bounded(name: str, check: Check | None, forward: Callable[..., Any]) -> Callable[..., Any]:
    """`forward`, which checks first."""
    if check is None or name in OF_SHORT_TYPES:
        return forward

    def fitting(*given: Any) -> Any:
        try:
            fitted = check(*given)
        except RuntimeError:
            if complex in map(type, given):  # what else is wrong comes first
                forward(*(1 if type(each) is complex else each for each in given))
            raise
        return forward(*(fitted or given))

    return fitting


def type_of(kind: np.dtype[Any], number: float, how: str) -> dtypes.dtype:
    """The type that a number has to fit."""
    if how == PROMOTED and isinstance(number, float) and kind.kind in "biu":
        return dtypes.get_default_dtype()
    if how == COMPUTED and kind.kind in "fV" and kind.itemsize == 2:
        return dtypes.float32
    return dtypes.FROM_NUMPY[kind]
