"""More of `torch.optim`: optimizers that adapt their steps, one formula each."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from refgrad.optim import Optimizer


def decayed(parameter: Any, grad: Any, group: dict[str, Any]) -> Any:
    """The gradient with the weight decay in it, unless that is applied by itself."""
    if not group["weight_decay"]:
        return grad
    if group.get("decoupled_weight_decay"):
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        return grad
    return grad.add(parameter, alpha=group["weight_decay"])


def single(value: float) -> float:
    """A number that PyTorch keeps in a tensor, and so in single precision."""
    return float(np.float32(value))


class Adamax(Optimizer):
    """`Adam` with the largest gradient so far in the place of the mean of squares."""

    looked_at = ("lr", "eps", "betas", "weight_decay")

    def __init__(
        self, params: Iterable[Any], lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, foreach: bool | None = None, *, maximize: bool = False,
        differentiable: bool = False, capturable: bool = False,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        flags = {"foreach": foreach, "maximize": maximize, "differentiable": differentiable, "capturable": capturable}
        super().__init__(params, {**options, **flags})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, exp_avg=parameter.new_zeros(parameter.shape))
            state["exp_inf"] = parameter.new_zeros(parameter.shape)
        state["step"] += 1
        first, second = group["betas"]
        grad = decayed(parameter, grad, group)
        mean = state["exp_avg"].lerp_(grad, 1 - first)
        largest = state["exp_inf"] = state["exp_inf"].mul_(second).maximum(grad.abs().add_(group["eps"]))
        parameter.addcdiv_(mean, largest, value=-group["lr"] / (1 - first ** state["step"]))


class NAdam(Optimizer):
    """`Adam` with Nesterov's momentum."""

    looked_at = ("lr", "eps", "betas", "weight_decay", "momentum_decay")

    def __init__(
        self, params: Iterable[Any], lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        own = {"momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay}
        flags = {"maximize": maximize, "foreach": foreach, "capturable": capturable, "differentiable": differentiable}
        super().__init__(params, {**options, **own, **flags})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, mu_product=1.0, exp_avg=parameter.new_zeros(parameter.shape))
            state["exp_avg_sq"] = parameter.new_zeros(parameter.shape)
        state["step"] += 1
        first, second = group["betas"]
        step, decay = state["step"], group["momentum_decay"]
        grad = decayed(parameter, grad, group)
        now = first * (1.0 - 0.5 * 0.96 ** (step * decay))
        then = first * (1.0 - 0.5 * 0.96 ** ((step + 1) * decay))
        product = state["mu_product"] = single(state["mu_product"] * single(now))
        mean = state["exp_avg"].lerp_(grad, 1 - first)
        square = state["exp_avg_sq"].mul_(second).addcmul_(grad, grad, value=1 - second)
        size = square.div(1 - second**step).sqrt().add_(group["eps"])
        parameter.addcdiv_(grad, size, value=-group["lr"] * (1.0 - now) / (1.0 - product))
        parameter.addcdiv_(mean, size, value=-group["lr"] * then / (1.0 - product * then))


class RAdam(Optimizer):
    """`Adam` that trusts the mean of squares only once it has seen enough of them."""

    looked_at = ("lr", "eps", "betas", "weight_decay")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, decoupled_weight_decay: bool = False, *, foreach: bool | None = None,
        maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        flags = {"maximize": maximize, "foreach": foreach, "capturable": capturable}
        own = {"decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable}
        super().__init__(params, {**options, **flags, **own})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, exp_avg=parameter.new_zeros(parameter.shape))
            state["exp_avg_sq"] = parameter.new_zeros(parameter.shape)
        state["step"] += 1
        step = state["step"]
        first, second = group["betas"]
        grad = decayed(parameter, grad, group)
        mean = state["exp_avg"].lerp_(grad, 1 - first) / (1 - first**step)
        square = state["exp_avg_sq"].mul_(second).addcmul_(grad, grad, value=1 - second)
        rest = 1 - second**step
        limit = 2 / (1 - second) - 1
        seen = limit - 2 * step * second**step / rest
        move = mean * group["lr"]
        if seen > 5.0:
            trust = math.sqrt((seen - 4) * (seen - 2) * limit / ((limit - 4) * (limit - 2) * seen))
            move = move * (rest**0.5 / square.sqrt().add_(group["eps"])) * trust
        parameter.add_(move, alpha=-1.0)


class ASGD(Optimizer):
    """Against the gradient, with the mean of where it has been."""

    looked_at = ("lr", "weight_decay")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
        weight_decay: float = 0, foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay}
        flags = {"foreach": foreach, "maximize": maximize, "differentiable": differentiable, "capturable": capturable}
        super().__init__(params, {**options, **flags})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, eta=single(group["lr"]), mu=1.0, ax=parameter.new_zeros(parameter.shape))
        state["step"] += 1
        step, lambd, eta = state["step"], group["lambd"], state["eta"]
        grad = decayed(parameter, grad, group)
        parameter.mul_(1 - lambd * eta).add_(grad, alpha=-eta)
        if state["mu"] != 1:
            state["ax"].add_(parameter.sub(state["ax"]).mul_(state["mu"]))
        else:
            state["ax"].copy_(parameter)
        state["eta"] = single(group["lr"] / (1 + lambd * group["lr"] * step) ** group["alpha"])
        state["mu"] = single(1 / max(1, step - group["t0"]))


class Rprop(Optimizer):
    """By the sign of the gradient alone, in steps that grow while it stays the same."""

    looked_at = ("lr", "etas")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50), *, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "etas": etas, "step_sizes": step_sizes}
        flags = {"foreach": foreach, "maximize": maximize, "differentiable": differentiable, "capturable": capturable}
        super().__init__(params, {**options, **flags})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, prev=parameter.new_zeros(parameter.shape))
            state["step_size"] = parameter.new_full(parameter.shape, group["lr"])
        state["step"] += 1
        less, more = group["etas"]
        turned = grad.mul(state["prev"]).sign()
        factor = turned.masked_fill(turned > 0, more).masked_fill(turned < 0, less).masked_fill(turned == 0, 1)
        state["step_size"].mul_(factor).clamp_(*group["step_sizes"])
        grad = grad.masked_fill(turned < 0, 0)
        parameter.addcmul_(grad.sign(), state["step_size"], value=-1)
        state["prev"].copy_(grad)


class LBFGS(Optimizer):
    """A quasi-Newton method, which calls the closure several times a step.

    Raises ValueError for several groups, NotImplementedError for a line search.
    """

    looked_at = ("lr",)

    def __init__(
        self, params: Iterable[Any], lr: float = 1, max_iter: int = 20, max_eval: int | None = None,
        tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:  # fmt: skip
        if line_search_fn is not None:
            raise NotImplementedError("refgrad has no line search")
        limits = {"max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval}
        tolerances = {"tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change}
        given = {"history_size": history_size, "line_search_fn": line_search_fn}
        super().__init__(params, {"lr": lr, **limits, **tolerances, **given})
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._params = self.param_groups[0]["params"]

    def gathered(self) -> Any:
        """All gradients as one vector."""
        from refgrad.operators.names import FUNCTIONS

        parts = [
            (each.new_zeros(each.numel()) if each.grad is None else each.grad.reshape(-1)) for each in self._params
        ]
        return FUNCTIONS["cat"](parts, 0)

    def walk(self, length: float, direction: Any) -> None:
        start = 0
        for each in self._params:
            part = direction[start : start + each.numel()]
            each.add_(part.view_as(each), alpha=length)
            start += each.numel()

    def newton(self, grad: Any, state: dict[str, Any], size: int) -> Any:
        """The direction: the gradient, bent by what the last steps told of the curvature."""
        change, walked = grad.sub(state["prev_flat_grad"]), state["d"].mul(state["t"])
        curvature = change.dot(walked)
        pairs = state["pairs"]
        if curvature > 1e-10:
            if len(pairs) == size:
                pairs.pop(0)
            pairs.append((change, walked, 1.0 / curvature))
            state["H_diag"] = curvature / change.dot(change)
        q = grad.neg()
        weights = []
        for y, s, ro in reversed(pairs):
            weight = s.dot(q) * ro
            q.add_(y, alpha=-weight.item())
            weights.append(weight)
        bent = q.mul(state["H_diag"])
        for (y, s, ro), weight in zip(pairs, reversed(weights), strict=True):
            bent.add_(s, alpha=(weight - y.dot(bent) * ro).item())
        return bent

    def step(self, closure: Any = None) -> Any:
        """Up to `max_iter` moves; what the closure returned first."""
        from refgrad.modes import enable_grad, no_grad

        asked = enable_grad()(closure)
        with no_grad():
            return self.moves(asked, self.param_groups[0], self.state[self._params[0]])

    def moves(self, closure: Any, group: dict[str, Any], state: dict[str, Any]) -> Any:
        if not state:
            state.update(func_evals=0, n_iter=0)
        first = closure()
        loss, evaluations = float(first), 1
        state["func_evals"] += 1
        grad = self.gathered()
        if grad.abs().max() <= group["tolerance_grad"]:
            return first
        for count in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                state.update(d=grad.neg(), pairs=[], H_diag=1)
                length = min(1.0, 1.0 / grad.abs().sum().item()) * group["lr"]
            else:
                state["d"] = self.newton(grad, state, group["history_size"])
                length = group["lr"]
            before = loss
            state.update(prev_flat_grad=grad.clone(), prev_loss=loss, t=length)
            if grad.dot(state["d"]) > -group["tolerance_change"]:
                break
            self.walk(length, state["d"])
            flat = False
            if count != group["max_iter"]:
                loss = float(closure())
                grad = self.gathered()
                flat = bool(grad.abs().max() <= group["tolerance_grad"])
                evaluations += 1
                state["func_evals"] += 1
            small = state["d"].mul(length).abs().max() <= group["tolerance_change"]
            if count == group["max_iter"] or evaluations >= group["max_eval"] or flat or small:
                break
            if abs(loss - before) < group["tolerance_change"]:
                break
        return first


__all__ = ["ASGD", "LBFGS", "Adamax", "NAdam", "RAdam", "Rprop"]
