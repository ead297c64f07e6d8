"""Which numbers that an operator is given have to fit a type: PyTorch refuses those that are too large.

Most are converted to the type of the elements, some to the type that its kernel computes in: float32 for the short
types. (Many rows are given float32 arrays for float16 here, whose own bound is then not looked at.) Observed on PyTorch
2.13.0, on the CPU.
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
    "addr": SCALES,
    "baddbmm": SCALES_COMPUTED,
    "celu": {"alpha": COMPUTED},
    "clamp": {"min": PROMOTED, "max": PROMOTED},
    "constant_pad_nd": {"value": ELEMENT},
    "elu": {"alpha": COMPUTED, "scale": COMPUTED, "input_scale": COMPUTED},
    "hardshrink": {"lambd": ELEMENT},
    "hardtanh": {"min_val": ELEMENT, "max_val": ELEMENT},
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

FLOATS_ONLY = frozenset(("addcdiv", "celu", "elu", "hardshrink", "leaky_relu", "lerp", "softplus"))
"""Those that refuse integers themselves, in other words."""


def bounded(
    name: str, tensors: tuple[str, ...], attributes: tuple[str, ...], forward: Callable[..., Any]
) -> Callable[..., Any]:
    """`forward`, which raises RuntimeError for numbers that are too large first."""
    known = BOUNDED.get(name) or BOUNDED.get(name.removesuffix("_"), {})
    places = [(len(tensors) + place, known[each]) for place, each in enumerate(attributes) if each in known]
    if not places:
        return forward
    largest, floats_only = dtypes.FITS_ALL, name.removesuffix("_") in FLOATS_ONLY

    def fitting(*given: Any) -> Any:
        for place, how in places:
            number = given[place]
            unknown = type(number) is complex or (type(number) in (int, float) and not -largest <= number <= largest)
            if unknown and not (floats_only and given[0].dtype.kind in "biu"):
                dtypes.element(number, type_of(given[0].dtype, number, how))
        return forward(*given)

    return fitting


def type_of(kind: np.dtype[Any], number: float, how: str) -> dtypes.dtype:
    """The type that a number has to fit."""
    if how == PROMOTED and isinstance(number, float) and kind.kind in "biu":
        return dtypes.get_default_dtype()
    if how == COMPUTED and kind.kind in "fV" and kind.itemsize == 2:
        return dtypes.float32
    return dtypes.FROM_NUMPY[kind]
