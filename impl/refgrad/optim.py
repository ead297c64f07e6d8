"""`torch.optim`: plain gradient descent, which is all that a reference of gradients needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from refgrad.modes import no_grad
from refgrad.nn.modules import clear_gradients

NO_PARAMETERS = "optimizer got an empty parameter list"


class SGD:
    """Parameters minus their gradients times a rate, with momentum and decay if asked for."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        self.params = list(params)
        if not self.params:
            raise ValueError(NO_PARAMETERS)
        self.lr, self.momentum, self.dampening = lr, momentum, dampening
        self.weight_decay, self.nesterov, self.maximize = weight_decay, nesterov, maximize
        self.velocity: dict[int, Any] = {}

    def zero_grad(self, set_to_none: bool = True) -> None:
        clear_gradients(self.params, set_to_none)

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        with no_grad():
            for each in self.params:
                if each.grad is not None:
                    each.add_(self.direction(each), alpha=-self.lr)

    def direction(self, parameter: Any) -> Any:
        grad = -parameter.grad if self.maximize else parameter.grad
        if self.weight_decay:
            grad = grad.add(parameter, alpha=self.weight_decay)
        if not self.momentum:
            return grad
        known = self.velocity.get(id(parameter))
        fresh = grad.clone() if known is None else known.mul_(self.momentum).add_(grad, alpha=1 - self.dampening)
        self.velocity[id(parameter)] = fresh
        return grad.add(fresh, alpha=self.momentum) if self.nesterov else fresh
