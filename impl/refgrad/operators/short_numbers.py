"""Numbers: tensors of float64 without dimensions, on which the short road computes with Python's floats.

They are the same numbers, and one product costs 10 ns where NumPy takes 100 and makes an object of its own. What Python
refuses and NumPy does not (a quotient by zero) goes the ordinary way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator


@dataclass(frozen=True)
class OnFloats:
    """A row on floats: expressions for its result and for those gradients that are not handed on.

    `when` says for which attributes they hold.
    """

    result: str
    gradients: Mapping[str, str] = field(default_factory=dict)
    when: str = ""


ON_FLOATS = {
    "add.Tensor": OnFloats("self + other", when="alpha == 1"),
    "sub.Tensor": OnFloats("self - other", {"other": "-grad"}, when="alpha == 1"),
    "mul.Tensor": OnFloats("self * other", {"self": "grad * other", "other": "grad * self"}),
    "div.Tensor": OnFloats("self / other"),
    "neg": OnFloats("-self", {"self": "-grad"}),
}


def on_floats(row: Operator) -> OnFloats | None:
    """What is written down for `row`."""
    return ON_FLOATS.get(f"{row.name}.{row.overload}" if row.overload else row.name)


def filled_in(expression: str, texts: Mapping[str, str]) -> str:
    """The expression with a text for each name."""
    return re.sub(r"\w+", lambda found: texts.get(found[0], found[0]), expression)
