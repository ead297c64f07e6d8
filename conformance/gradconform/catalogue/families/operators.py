"""Operators one by one: value, node, gradient, what is saved, and the gradient of the gradient.

The calls stand in `operator_calls.txt`; each makes one program of the first order and one of the second.
"""

from __future__ import annotations

import re

from gradconform.catalogue.behaviour import Behaviour, Level, Observed
from gradconform.catalogue.operator_calls import calls, derivable, inputs

FAMILY = "operators"

_INPUTS = inputs()
_LEAVES = tuple(name for name, line in _INPUTS.items() if "requires_grad" in line)
_ABOUT = {
    "arithmetic": "arithmetic on tensors and numbers",
    "functions": "element-wise functions",
    "activations": "activations of `torch.nn.functional`",
    "losses": "losses of `torch.nn.functional`",
    "reductions": "reductions, running reductions and statistics",
    "shapes": "views, copies and changes of shape",
    "indexing": "indexing, gathering, scattering and sorting",
    "matrices": "products of matrices and linear algebra",
    "layers": "normalisations, convolutions and pooling",
}


def first_order(call: str) -> str:
    """A program that runs a call forward, backward, and backward again."""
    used = _used(call)
    leaves = ", ".join(name for name in used if name in _LEAVES)
    return "\n".join(
        [
            *(_INPUTS[name] for name in used),
            f"result = {call}",
            "observe(result)",
            "total = result.sum()",
            "total.backward()",
            f"observe({leaves})",
            "total.backward()",
            f"observe({leaves})",
            "",
        ]
    )


def second_order(call: str) -> str:
    """A program that differentiates the gradient of a call."""
    used = _used(call)
    leaves = ", ".join(name for name in used if name in _LEAVES)
    return "\n".join(
        [
            *(_INPUTS[name] for name in used),
            f"result = {call}",
            f"inputs = [{leaves}]",
            "total = (result * result).sum()",
            "grads = torch.autograd.grad(total, inputs, create_graph=True, materialize_grads=True)",
            "first = grads[0]",
            "observe(first)",
            "first.sum().backward()",
            f"observe({leaves})",
            "",
        ]
    )


def _used(call: str) -> tuple[str, ...]:
    words = set(re.findall(r"(?<![\w.'])[a-z]+\b(?!\s*=[^=])", call))
    return tuple(name for name in _INPUTS if name in words)


BEHAVIOURS: tuple[Behaviour, ...] = tuple(
    behaviour
    for group, lines in calls().items()
    for behaviour in (
        Behaviour(
            id=f"operators.{group}",
            family=FAMILY,
            statement=f"Of {_ABOUT[group]}: the result, its node, the gradients, and whether backward can run again.",
            expectation="Result, graph and gradients are PyTorch's; the second backward fails where PyTorch's does.",
            level=Level.RECOMMENDED,
            clause=Observed("2.13.0"),
            examples=tuple(map(first_order, lines)),
            needs=("backward",),
        ),
        Behaviour(
            id=f"operators.{group}-twice",
            family=FAMILY,
            statement=f"Of {_ABOUT[group]}: the gradient of the gradient, and the graph that it comes from.",
            expectation="The gradient has PyTorch's graph, and so do the gradients that backward through it gives.",
            level=Level.OPTIONAL,
            clause=Observed("2.13.0"),
            examples=tuple(map(second_order, filter(derivable, lines))),
            needs=("backward", "double-backward"),
            depends=(f"operators.{group}",),
        ),
    )
)
