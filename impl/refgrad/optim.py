"""`torch.optim`: the optimizers that programs about gradients use, one formula each.

Behaviour: https://docs.pytorch.org/docs/2.13/optim.html, details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import math
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from refgrad.hooks import RemovableHandle
from refgrad.modes import enable_grad, no_grad
from refgrad.nn.module import clear_gradients
from refgrad.optim_options import check_both_betas, check_options, check_tensors
from refgrad.tensor import Tensor

EMPTY = "optimizer got an empty parameter list"
NON_LEAF = "can't optimize a non-leaf Tensor"
TWICE = "some parameters appear in more than one parameter group"
NESTEROV = "Nesterov momentum requires a momentum and zero dampening"
DUPLICATES = (
    "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; see "
    "github.com/pytorch/pytorch/issues/40967 for more information"
)
SETS = (
    "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will change "
    "between runs. Please use a list instead."
)


class Optimizer:
    """Groups of parameters with options, and a state for each parameter. Subclasses say how one parameter moves."""

    defaults: dict[str, Any]
    looked_at: ClassVar[tuple[str, ...]] = ()
    """Options that have to be in range, in the order in which they are looked at."""
    below = False
    """Whether they are asked if they are negative, not if they are positive."""

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        check_options(defaults, self.looked_at, below=self.below)
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + params.type()
            )
        self.defaults = defaults
        self.state: Any = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._before: Any = OrderedDict()
        self._after: Any = OrderedDict()
        groups = list(params)
        if not groups:
            raise ValueError(EMPTY)
        for each in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(each)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with options of their own.

        Raises TypeError for something else than leaves that are tensors, ValueError for non-leaves and repetitions.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError(SETS)
        tensors = (
            [given] if isinstance(given, Tensor) else [each[1] if isinstance(each, tuple) else each for each in given]
        )
        for each in tensors:
            if not isinstance(each, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(each).__name__}")
            if not (self.defaults.get("differentiable") or each.is_leaf or each.retains_grad):
                raise ValueError(NON_LEAF)
        known = {id(each) for group in self.param_groups for each in group["params"]}
        if any(id(each) in known for each in tensors):
            raise ValueError(TWICE)
        made = {**param_group, "params": tensors}
        for name, value in self.defaults.items():
            made.setdefault(name, value)
        if len(tensors) != len({id(each) for each in tensors}):
            warnings.warn(DUPLICATES, stacklevel=3)
        self.param_groups.append(made)

    def zero_grad(self, set_to_none: bool = True) -> None:
        clear_gradients([each for group in self.param_groups for each in group["params"]], set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; the value of `closure`, which is called first."""
        self._opt_called = True
        for hook in list(self._before.values()):
            hook(self, (closure,) if closure else (), {})
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self.param_groups:
                for each in group["params"]:
                    if each.grad is not None:
                        grad = -each.grad if group.get("maximize") else each.grad
                        self.move(each, grad, group, self.state[each])
        for hook in list(self._after.values()):
            hook(self, (closure,) if closure else (), {})
        return loss

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        raise NotImplementedError

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        return added(self._before, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        return added(self._after, hook)

    def state_dict(self) -> dict[str, Any]:
        """States by the number of their parameter, and the options of the groups."""
        parameters = [each for group in self.param_groups for each in group["params"]]
        number = {id(each): i for i, each in enumerate(parameters)}
        groups = [
            {
                **{name: value for name, value in group.items() if name != "params"},
                "params": [number[id(each)] for each in group["params"]],
            }
            for group in self.param_groups
        ]
        return {"state": {number[id(each)]: kept for each, kept in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        parameters = [each for group in self.param_groups for each in group["params"]]
        for group, given in zip(self.param_groups, state_dict["param_groups"], strict=True):
            group.update({name: value for name, value in given.items() if name != "params"})
        self.state = defaultdict(dict, {parameters[i]: dict(kept) for i, kept in state_dict["state"].items()})

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for place, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {place}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def added(hooks: Any, hook: Callable[..., Any]) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


class SGD(Optimizer):
    """Against the gradient, with momentum and decay if asked for."""

    looked_at = ("lr", "momentum", "weight_decay")
    below = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        flags = {"maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused}
        check_options(options, self.looked_at, below=True)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(NESTEROV)
        super().__init__(params, {**options, "nesterov": nesterov, **flags})

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


class Adam(Optimizer):
    """Mean of the gradients over the root of the mean of their squares."""

    looked_at = ("lr", "eps", "betas", "weight_decay")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:  # fmt: skip
        check_tensors(lr, foreach, capturable)
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        check_options(options, self.looked_at)
        check_both_betas(betas, foreach, capturable)
        flags = {"maximize": maximize, "foreach": foreach, "capturable": capturable, "differentiable": differentiable}
        own = {"fused": fused, "decoupled_weight_decay": decoupled_weight_decay}
        super().__init__(params, {**options, **flags, **own})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        first, second = group["betas"]
        if not state:
            kept = ["exp_avg", "exp_avg_sq"] + (["max_exp_avg_sq"] if group["amsgrad"] else [])
            state.update({"step": 0, **{name: parameter.new_zeros(parameter.shape) for name in kept}})
        state["step"] += 1
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
        size = (square.sqrt() / math.sqrt(1 - second ** state["step"])).add_(group["eps"])
        parameter.addcdiv_(mean, size, value=-group["lr"] / (1 - first ** state["step"]))


class AdamW(Adam):
    """`Adam` whose decay does not pass through the means."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize, capturable=capturable,
            differentiable=differentiable, fused=fused, decoupled_weight_decay=True,
        )  # fmt: skip


class RMSprop(Optimizer):
    """The gradient over the root of the mean of its squares."""

    looked_at = ("lr", "eps", "momentum", "weight_decay", "alpha")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
        momentum: float = 0, centered: bool = False, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered}
        flags = {"capturable": capturable, "foreach": foreach, "maximize": maximize, "differentiable": differentiable}
        super().__init__(params, {**options, "weight_decay": weight_decay, **flags})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, square_avg=parameter.new_zeros(parameter.shape))
            if group["momentum"]:
                state["momentum_buffer"] = parameter.new_zeros(parameter.shape)
            if group["centered"]:
                state["grad_avg"] = parameter.new_zeros(parameter.shape)
        state["step"] += 1
        if group["weight_decay"]:
            grad = grad.add(parameter, alpha=group["weight_decay"])
        square = state["square_avg"]
        square.mul_(group["alpha"]).addcmul_(grad, grad, value=1 - group["alpha"])
        if group["centered"]:
            mean = state["grad_avg"].lerp_(grad, 1 - group["alpha"])
            square = square.addcmul(mean, mean, value=-1)
        size = square.sqrt().add_(group["eps"])
        if group["momentum"]:
            known = state["momentum_buffer"].mul_(group["momentum"]).addcdiv_(grad, size)
            parameter.add_(known, alpha=-group["lr"])
        else:
            parameter.addcdiv_(grad, size, value=-group["lr"])


class Adagrad(Optimizer):
    """The gradient over the root of the sum of its squares."""

    looked_at = ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None, *,
        maximize: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay}
        flags = {"foreach": foreach, "maximize": maximize, "differentiable": differentiable, "fused": fused}
        super().__init__(params, {**options, "initial_accumulator_value": initial_accumulator_value, **flags})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            start = parameter.new_full(parameter.shape, group["initial_accumulator_value"])
            state.update(step=0, sum=start)
        state["step"] += 1
        if group["weight_decay"]:
            grad = grad.add(parameter, alpha=group["weight_decay"])
        rate = group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"])
        state["sum"].addcmul_(grad, grad, value=1)
        parameter.addcdiv_(grad, state["sum"].sqrt().add_(group["eps"]), value=-rate)


class Adadelta(Optimizer):
    """The gradient scaled by the mean of past steps over that of past gradients."""

    looked_at = ("lr", "rho", "eps", "weight_decay")

    def __init__(
        self, params: Iterable[Any], lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0,
        foreach: bool | None = None, *, capturable: bool = False, maximize: bool = False,
        differentiable: bool = False,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay}
        flags = {"maximize": maximize, "capturable": capturable, "foreach": foreach, "differentiable": differentiable}
        super().__init__(params, {**options, **flags})

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            zeros = parameter.new_zeros(parameter.shape)
            state.update(step=0, square_avg=zeros, acc_delta=zeros.clone())
        state["step"] += 1
        if group["weight_decay"]:
            grad = grad.add(parameter, alpha=group["weight_decay"])
        rho, eps = group["rho"], group["eps"]
        square = state["square_avg"].mul_(rho).addcmul_(grad, grad, value=1 - rho)
        delta = state["acc_delta"].add(eps).sqrt_().div_(square.add(eps).sqrt_()).mul_(grad)
        state["acc_delta"].mul_(rho).addcmul_(delta, delta, value=1 - rho)
        parameter.add_(delta, alpha=-group["lr"])


from refgrad import lr_schedulers as lr_scheduler  # noqa: E402  # they stand on the above
from refgrad.optim_adaptive import ASGD, LBFGS, Adamax, NAdam, RAdam, Rprop  # noqa: E402
from refgrad.optim_muon import Muon  # noqa: E402

__all__ = [
    "ASGD", "LBFGS", "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Muon", "NAdam", "Optimizer", "RAdam",
    "RMSprop", "Rprop", "lr_scheduler",
]  # fmt: skip
