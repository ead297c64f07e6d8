"""`torch.optim.Muon`: steps of matrices that are made nearly orthogonal, in short numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from refgrad.operators.names import FUNCTIONS
from refgrad.optim.optimizer import ByFormula
from refgrad.optim.options import check_one_rate

RATES = (None, "original", "match_rms_adamw")


def rate_of(kind: str | None, rows: int, columns: int) -> float:
    """What the rate is multiplied by, for the size of a matrix."""
    if kind == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))


def nearly_orthogonal(update: Any, coefficients: tuple[float, float, float], steps: int, eps: float) -> Any:
    """All singular values brought near 1 by a polynomial that is applied some times (Newton and Schulz)."""
    a, b, c = coefficients
    addmm = FUNCTIONS["addmm"]
    made = update.bfloat16()
    tall = update.size(0) > update.size(1)
    made = made.T if tall else made
    made = made.div(made.norm().clamp(min=eps))
    for _ in range(steps):
        square = made @ made.T
        made = addmm(made, addmm(square, square, square, beta=b, alpha=c), made, beta=a)
    return made.T if tall else made


class Muon(ByFormula):
    """Momentum, made nearly orthogonal."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, weight_decay: float = 0.1, momentum: float = 0.95,
        nesterov: bool = True, ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7, ns_steps: int = 5, adjust_lr_fn: str | None = None,
    ) -> None:  # fmt: skip
        check_one_rate(lr)
        for name, value in (("Learning rate", lr), ("momentum", momentum), ("weight decay", weight_decay)):
            if not 0.0 <= value <= math.inf:
                raise ValueError(f"{name} should be >= 0 but is: {value}")
        if adjust_lr_fn not in RATES:
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        options = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov}
        own = {"ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn}
        super().__init__(params, {**options, **own})
        for group in self.param_groups:
            for each in group["params"]:
                if each.ndim != 2:
                    raise ValueError(
                        f"Muon only supports 2D parameters whereas we found a parameter with size: {each.size()}"
                    )

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state["momentum_buffer"] = grad.new_zeros(grad.shape)
        held = state["momentum_buffer"].lerp_(grad, 1 - group["momentum"])
        update = grad.lerp(held, group["momentum"]) if group["nesterov"] else held
        step = nearly_orthogonal(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.add_(step, alpha=-group["lr"] * rate_of(group["adjust_lr_fn"], *parameter.shape))
