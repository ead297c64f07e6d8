"""Losses under their names of `torch`: a number says how they are reduced, by default not at all."""

from __future__ import annotations

from typing import Any

from refgrad.operators.activations import FUNCTIONAL
from refgrad.operators.declare import FUNCTION, function

REDUCTIONS = ("none", "mean", "sum")


def publish(name: str, *parameters: str) -> None:
    """`torch.<name>`, which hands over to the function of `torch.nn.functional`."""
    source = ", ".join(parameters)
    named = ", ".join(f"{each}={each}" for each in (part.partition("=")[0] for part in parameters))
    scope: dict[str, Any] = {"chosen": FUNCTIONAL[name], "REDUCTIONS": REDUCTIONS}
    text = f"def {name}({source}, reduction=0):\n    return chosen({named}, reduction=REDUCTIONS[reduction])\n"
    exec(compile(text, f"<refgrad {name}>", "exec"), scope)  # noqa: S102  # the table below
    function(name, public=FUNCTION)(scope[name])


publish("hinge_embedding_loss", "input", "target", "margin=1.0")
publish("cosine_embedding_loss", "input1", "input2", "target", "margin=0.0")
publish("margin_ranking_loss", "input1", "input2", "target", "margin=0.0")
publish("triplet_margin_loss", "anchor", "positive", "negative", "margin=1.0", "p=2.0", "eps=1e-06", "swap=False")
publish("binary_cross_entropy_with_logits", "input", "target", "weight=None", "pos_weight=None")


@function("kl_div", public=FUNCTION)
def kl_div(input: Any, target: Any, reduction: int = 0, *, log_target: bool = False) -> Any:
    """The divergence of two distributions."""
    return FUNCTIONAL["kl_div"](input, target, reduction=REDUCTIONS[reduction], log_target=log_target)


@function("poisson_nll_loss", public=FUNCTION)
def poisson_nll_loss(input: Any, target: Any, log_input: bool, full: bool, eps: float, reduction: int) -> Any:
    """The negative log likelihood of counts."""
    chosen = FUNCTIONAL["poisson_nll_loss"]
    return chosen(input, target, log_input=log_input, full=full, eps=eps, reduction=REDUCTIONS[reduction])
