"""`torch.optim.Adafactor`: the mean of squares of a matrix is kept as one of its rows and one of its columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from refgrad.optim.optimizer import ByFormula, counted, start_count


class Adafactor(ByFormula):
    """Steps whose size is that of the parameter, whatever that of the gradient."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3), d: float = 1.0, weight_decay: float = 0.0, *,
        foreach: bool | None = None, maximize: bool = False,
    ) -> None:  # fmt: skip
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        options = {"lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay}
        super().__init__(params, {**options, "foreach": foreach, "maximize": maximize})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state["step"] = start_count()
            if grad.dim() > 1:
                state["row_var"] = grad.new_zeros((*grad.shape[:-1], 1))
                state["col_var"] = grad.new_zeros((*grad.shape[:-2], 1, grad.shape[-1]))
            else:
                state["variance"] = grad.new_zeros(grad.shape)
        step = counted(state)
        least, smallest = group["eps"]
        if least is None:
            least = float(np.finfo(parameter._array.dtype).eps)
        share = step ** group["beta2_decay"]
        length = max(smallest, parameter.norm(2).item() / parameter.numel() ** 0.5) * min(group["lr"], 1 / step**0.5)
        if group["weight_decay"]:
            parameter.mul_(1 - group["lr"] * group["weight_decay"])
        if grad.dim() > 1:
            for name, dim in (("row_var", -1), ("col_var", -2)):
                state[name].lerp_(grad.norm(2, dim, True).square_().div_(grad.shape[dim]), share)
            square = state["row_var"] @ state["col_var"]
            square = square.div_(state["row_var"].mean(-2, True).clamp_(min=least))
        else:
            square = state["variance"].lerp_(grad.square(), share).clone()
        update = square.clamp_(min=least * least).rsqrt_().mul_(grad)
        size = max(1.0, update.norm(2).item() / (update.numel() ** 0.5 * group["d"]))
        parameter.add_(update, alpha=-length / size)
