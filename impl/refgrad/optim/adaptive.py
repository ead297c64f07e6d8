"""More of `torch.optim`: optimizers that adapt their steps, one formula each."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from refgrad.optim.optimizer import ByFormula, Optimizer, counted, flags_of, kept_apart, plus, start_count


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


class Adamax(ByFormula):
    """`Adam` with the largest gradient so far in the place of the mean of squares."""

    looked_at = ("lr", "eps", "betas", "weight_decay")

    def __init__(
        self, params: Iterable[Any], lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, **flags: Any,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**options, **flags_of(self, "foreach maximize differentiable capturable", flags)})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state.update(step=start_count(), exp_avg=parameter.new_zeros(parameter.shape))
            state["exp_inf"] = parameter.new_zeros(parameter.shape)
        step = counted(state)
        first, second = group["betas"]
        grad = decayed(parameter, grad, group)
        mean = state["exp_avg"].lerp_(grad, 1 - first)
        largest = state["exp_inf"] = state["exp_inf"].mul_(second).maximum(grad.abs().add_(group["eps"]))
        parameter.addcdiv_(mean, largest, value=-group["lr"] / (1 - first**step))


class NAdam(ByFormula):
    """`Adam` with Nesterov's momentum."""

    looked_at = ("lr", "eps", "betas", "weight_decay", "momentum_decay")

    counted_as = "params, mu_products and state_steps"

    def __init__(
        self, params: Iterable[Any], lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, **flags: Any,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        own = {"momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay}
        given = flags_of(self, "maximize foreach capturable differentiable", flags)
        super().__init__(params, {**options, **own, **given})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state.update(step=start_count(), mu_product=start_count(1.0), exp_avg=parameter.new_zeros(parameter.shape))
            state["exp_avg_sq"] = parameter.new_zeros(parameter.shape)
        step, decay = counted(state), group["momentum_decay"]
        first, second = group["betas"]
        grad = decayed(parameter, grad, group)
        now = first * (1.0 - 0.5 * 0.96 ** (step * decay))
        then = first * (1.0 - 0.5 * 0.96 ** ((step + 1) * decay))
        product = single(state["mu_product"].item() * single(now))
        state["mu_product"].fill_(product)
        mean = state["exp_avg"].lerp_(grad, 1 - first)
        square = state["exp_avg_sq"].mul_(second).addcmul_(grad, grad, value=1 - second)
        size = plus(square.div(1 - second**step).sqrt(), group["eps"], group)
        parameter.addcdiv_(grad, size, value=-group["lr"] * (1.0 - now) / (1.0 - product))
        parameter.addcdiv_(kept_apart(mean, group), size, value=-group["lr"] * then / (1.0 - product * then))


class RAdam(ByFormula):
    """`Adam` that trusts the mean of squares only once it has seen enough of them."""

    looked_at = ("lr", "eps", "betas", "weight_decay")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, decoupled_weight_decay: bool = False, **flags: Any,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        given = flags_of(self, "maximize foreach capturable differentiable", flags)
        derivable = {"differentiable": given.pop("differentiable")}
        super().__init__(params, {**options, **given, "decoupled_weight_decay": decoupled_weight_decay, **derivable})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state.update(step=start_count(), exp_avg=parameter.new_zeros(parameter.shape))
            state["exp_avg_sq"] = parameter.new_zeros(parameter.shape)
        step = counted(state)
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


class ASGD(ByFormula):
    """Against the gradient, with the mean of where it has been."""

    looked_at = ("lr", "weight_decay")

    counted_as = "params, mus, etas, and state_steps"

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
        weight_decay: float = 0, **flags: Any,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay}
        super().__init__(params, {**options, **flags_of(self, "foreach maximize differentiable capturable", flags)})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state.update(
                step=start_count(),
                eta=start_count(group["lr"]),
                mu=start_count(1.0),
                ax=parameter.new_zeros(parameter.shape),
            )
        step, lambd, eta = counted(state), group["lambd"], state["eta"].item()
        grad = decayed(parameter, grad, group)
        parameter.mul_(1 - lambd * eta).add_(grad, alpha=-eta)
        if state["mu"].item() != 1:
            state["ax"].add_(parameter.sub(state["ax"]).mul_(state["mu"].item()))
        else:
            state["ax"].copy_(parameter)
        state["eta"].fill_(group["lr"] / (1 + lambd * group["lr"] * step) ** group["alpha"])
        state["mu"].fill_(1 / max(1, step - group["t0"]))


class Rprop(ByFormula):
    """By the sign of the gradient alone, in steps that grow while it stays the same."""

    looked_at = ("lr", "etas")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50), **flags: Any,
    ) -> None:  # fmt: skip
        given = flags_of(self, "foreach maximize differentiable capturable", flags)
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, **given})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state.update(step=start_count(), prev=parameter.new_zeros(parameter.shape))
            state["step_size"] = parameter.new_full(parameter.shape, group["lr"])
        counted(state)
        less, more = group["etas"]
        turned = grad.mul(kept_apart(state["prev"], group)).sign()
        factor = turned.masked_fill(turned > 0, more).masked_fill(turned < 0, less).masked_fill(turned == 0, 1)
        state["step_size"].mul_(factor).clamp_(*group["step_sizes"])
        grad = grad.masked_fill(turned < 0, 0)
        parameter.addcmul_(grad.sign(), state["step_size"], value=-1)
        state["prev"].copy_(grad)


FOUND = ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")
"""What LBFGS remembers from step to step, in PyTorch's order."""


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

    def newton(self, grad: Any, found: dict[str, Any], state: dict[str, Any], size: int) -> Any:
        """The direction: the gradient, bent by what the last steps told of the curvature."""
        change, walked = grad.sub(found["prev_flat_grad"]), found["d"].mul(found["t"])
        curvature = change.dot(walked)
        pairs = found["old_dirs"], found["old_stps"], found["ro"]
        if curvature > 1e-10:
            if len(pairs[0]) == size:
                for each in pairs:
                    each.pop(0)
            for each, value in zip(pairs, (change, walked, 1.0 / curvature), strict=True):
                each.append(value)
            found["H_diag"] = curvature / change.dot(change)
        weights = state.setdefault("al", [None] * size)
        q = grad.neg()
        known = list(enumerate(zip(*pairs, strict=True)))
        for i, (y, s, ro) in reversed(known):
            weights[i] = s.dot(q) * ro
            q.add_(y, alpha=-weights[i].item())
        bent = q.mul(found["H_diag"])
        for i, (y, s, ro) in known:
            bent.add_(s, alpha=(weights[i] - y.dot(bent) * ro).item())
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
        found: dict[str, Any] = {name: state.get(name) for name in FOUND}
        for count in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                found.update(d=grad.neg(), old_dirs=[], old_stps=[], ro=[], H_diag=1)
                length = min(1.0, 1.0 / grad.abs().sum().item()) * group["lr"]
            else:
                found["d"] = self.newton(grad, found, state, group["history_size"])
                length = group["lr"]
            before = loss
            found.update(prev_flat_grad=grad.clone(), prev_loss=loss, t=length)
            if grad.dot(found["d"]) > -group["tolerance_change"]:
                break
            self.walk(length, found["d"])
            flat = False
            if count != group["max_iter"]:
                loss = float(closure())
                grad = self.gathered()
                flat = bool(grad.abs().max() <= group["tolerance_grad"])
                evaluations += 1
                state["func_evals"] += 1
            small = found["d"].mul(length).abs().max() <= group["tolerance_change"]
            if count == group["max_iter"] or evaluations >= group["max_eval"] or flat or small:
                break
            if abs(loss - before) < group["tolerance_change"]:
                break
        state.update(found)
        return first


__all__ = ["ASGD", "LBFGS", "Adamax", "NAdam", "RAdam", "Rprop"]
