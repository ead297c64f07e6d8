"""`torch.optim`: the optimizers that programs about gradients use, one formula each.

Behaviour: https://docs.pytorch.org/docs/2.13/optim.html, details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from refgrad.optim import texts
from refgrad.optim.optimizer import ByFormula, check_fused, counted, flags_of, kept_apart, plus, start_count
from refgrad.optim.optimizer import Optimizer as Optimizer
from refgrad.optim.options import check_both_betas, check_options, check_rate


class SGD(ByFormula):
    """Against the gradient, with momentum and decay if asked for."""

    looked_at = ("lr", "momentum", "weight_decay")
    below = True
    takes_sparse = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        flags = {"maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused}
        check_options(options, self.looked_at, below=True)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(texts.NESTEROV)
        check_fused(flags)
        super().__init__(params, {**options, "nesterov": nesterov, **flags})

    def keeps(self, group: dict[str, Any]) -> bool:
        return bool(group["momentum"])

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if group["weight_decay"]:
            grad = grad.add(parameter, alpha=group["weight_decay"])
        if group["momentum"]:
            known = state.get("momentum_buffer")
            if known is None:
                known = state["momentum_buffer"] = grad.clone().detach()
            else:
                known.mul_(group["momentum"]).add_(grad, alpha=1 - group["dampening"])
            grad = grad.add(known, alpha=group["momentum"]) if group["nesterov"] else known
        parameter.add_(grad, alpha=-group["lr"])


class Adam(ByFormula):
    """Mean of the gradients over the root of the mean of their squares."""

    looked_at = ("lr", "eps", "betas", "weight_decay")

    decoupled = False

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, **flags: Any,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        decoupled = self.decoupled or flags.pop("decoupled_weight_decay", False)
        given = flags_of(self, "maximize foreach capturable differentiable fused", flags)
        check_rate(lr, given["foreach"], given["capturable"])
        check_options(options, self.looked_at)
        check_both_betas(betas, given["foreach"], given["capturable"])
        super().__init__(params, {**options, "amsgrad": amsgrad, **given, "decoupled_weight_decay": decoupled})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        first, second = group["betas"]
        if not state:
            kept = ["exp_avg", "exp_avg_sq"] + (["max_exp_avg_sq"] if group["amsgrad"] else [])
            state.update({"step": start_count(), **{name: parameter.new_zeros(parameter.shape) for name in kept}})
        step = counted(state)
        if group["weight_decay"]:
            if group["decoupled_weight_decay"]:
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
            else:
                grad = grad.add(parameter, alpha=group["weight_decay"])
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mean.lerp_(grad, 1 - first)
        square.mul_(second).addcmul_(grad, grad.conj(), value=1 - second)
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = square = state["max_exp_avg_sq"].maximum(square)
        size = (square.sqrt() / math.sqrt(1 - second**step)).add_(group["eps"])
        parameter.addcdiv_(kept_apart(mean, group), size, value=-group["lr"] / (1 - first**step))


class AdamW(Adam):
    """`Adam` whose decay does not pass through the means."""

    decoupled = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, **flags: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, **flags)


class RMSprop(ByFormula):
    """The gradient over the root of the mean of its squares."""

    looked_at = ("lr", "eps", "momentum", "weight_decay", "alpha")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
        momentum: float = 0, centered: bool = False, **flags: Any,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered}
        given = flags_of(self, "capturable foreach maximize differentiable", flags)
        super().__init__(params, {**options, "weight_decay": weight_decay, **given})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state.update(step=start_count(), square_avg=parameter.new_zeros(parameter.shape))
            if group["momentum"]:
                state["momentum_buffer"] = parameter.new_zeros(parameter.shape)
            if group["centered"]:
                state["grad_avg"] = parameter.new_zeros(parameter.shape)
        counted(state)
        if group["weight_decay"]:
            grad = grad.add(parameter, alpha=group["weight_decay"])
        square = state["square_avg"]
        square.mul_(group["alpha"]).addcmul_(grad, grad, value=1 - group["alpha"])
        if group["centered"]:
            mean = state["grad_avg"].lerp_(grad, 1 - group["alpha"])
            square = square.addcmul(mean, mean, value=-1)
        size = plus(square.sqrt(), group["eps"], group)
        if group["momentum"]:
            known = state["momentum_buffer"].mul_(group["momentum"]).addcdiv_(grad, size)
            parameter.add_(known, alpha=-group["lr"])
        else:
            parameter.addcdiv_(grad, size, value=-group["lr"])


class Adagrad(ByFormula):
    """The gradient over the root of the sum of its squares."""

    looked_at = ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    takes_sparse = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, **flags: Any,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay}
        given = flags_of(self, "foreach maximize differentiable fused", flags)
        super().__init__(params, {**options, "initial_accumulator_value": initial_accumulator_value, **given})
        for group in self.param_groups:
            for each in group["params"]:
                start = each.detach().new_full(each.shape, initial_accumulator_value)
                self.state[each].update(step=start_count(), sum=start)

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        step = counted(state)
        if group["weight_decay"]:
            grad = grad.add(parameter, alpha=group["weight_decay"])
        rate = group["lr"] / (1 + (step - 1) * group["lr_decay"])
        state["sum"].addcmul_(grad, grad, value=1)
        parameter.addcdiv_(grad, plus(state["sum"].sqrt(), group["eps"], group), value=-rate)


class Adadelta(ByFormula):
    """The gradient scaled by the mean of past steps over that of past gradients."""

    looked_at = ("lr", "rho", "eps", "weight_decay")

    def __init__(
        self, params: Iterable[Any], lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0,
        **flags: Any,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**options, **flags_of(self, "maximize capturable foreach differentiable", flags)})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            zeros = parameter.new_zeros(parameter.shape)
            state.update(step=start_count(), square_avg=zeros, acc_delta=zeros.clone())
        counted(state)
        if group["weight_decay"]:
            grad = grad.add(parameter, alpha=group["weight_decay"])
        rho, eps = group["rho"], group["eps"]
        square = state["square_avg"].mul_(rho).addcmul_(grad, grad, value=1 - rho)
        size = square.add(eps).sqrt_()
        delta = kept_apart(state["acc_delta"].add(eps).sqrt_(), group).div_(size).mul_(grad)
        state["acc_delta"].mul_(rho).addcmul_(delta, delta, value=1 - rho)
        parameter.add_(delta, alpha=-group["lr"])


from refgrad.optim import lr_scheduler as lr_scheduler  # noqa: E402  # they stand on the above
from refgrad.optim import optimizer as optimizer  # noqa: E402
from refgrad.optim.adafactor import Adafactor  # noqa: E402
from refgrad.optim.adaptive import ASGD, LBFGS, Adamax, NAdam, RAdam, Rprop  # noqa: E402
from refgrad.optim.muon import Muon  # noqa: E402
from refgrad.optim.sparse_adam import SparseAdam  # noqa: E402

__all__ = [
    "ASGD", "LBFGS", "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Muon", "NAdam", "Optimizer",
    "RAdam", "RMSprop", "Rprop", "SparseAdam", "lr_scheduler",
]  # fmt: skip
