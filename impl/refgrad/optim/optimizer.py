"""`torch.optim.optimizer`: what all optimizers have: groups, states, hooks, and how a step begins and ends."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from copy import deepcopy
from typing import Any, ClassVar

from refgrad.creation import tensor
from refgrad.hooks import RemovableHandle
from refgrad.modes import enable_grad, set_grad_enabled
from refgrad.nn.module import clear_gradients
from refgrad.optim import texts
from refgrad.optim.options import check_options
from refgrad.tensor import Tensor

Hook = Callable[..., Any]

before_all: OrderedDict[int, Hook] = OrderedDict()
"""Hooks before the steps of all optimizers."""
after_all: OrderedDict[int, Hook] = OrderedDict()


def added(hooks: Any, hook: Hook) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before every step of every optimizer."""
    return added(before_all, hook)


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after every step of every optimizer."""
    return added(after_all, hook)


def hooked(step: Callable[..., Any]) -> Callable[..., Any]:
    """A `step` with the hooks before and after it."""

    @functools.wraps(step)
    def run(*args: Any, **kwargs: Any) -> Any:
        self = args[0]
        self._opt_called = True
        for hook in [*before_all.values(), *self._optimizer_step_pre_hooks.values()]:
            given = hook(self, args, kwargs)
            if given is not None:
                if not (isinstance(given, tuple) and len(given) == 2):
                    raise RuntimeError(texts.bad_pre_hook(step, given))
                args, kwargs = given
        result = step(*args, **kwargs)
        for hook in [*self._optimizer_step_post_hooks.values(), *after_all.values()]:
            hook(self, args, kwargs)
        return result

    run.hooked = True  # type: ignore[attr-defined]
    return run


class Optimizer:
    """Groups of parameters with options, and a state for each parameter."""

    __module__ = "torch.optim.optimizer"

    defaults: dict[str, Any]
    looked_at: ClassVar[tuple[str, ...]] = ()
    """Options that have to be in range, in the order in which they are looked at."""
    below: ClassVar[bool] = False
    """Whether they are asked if they are negative, not if they are positive."""

    def __init_subclass__(cls) -> None:
        if "step" in vars(cls):
            cls.step = hooked(cls.step)  # type: ignore[method-assign]

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        check_options(defaults, self.looked_at, below=self.below)
        if isinstance(params, Tensor):
            raise TypeError(texts.one_tensor(params.type()))
        self.defaults = defaults
        self.state: Any = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._optimizer_step_pre_hooks: Any = OrderedDict()
        self._optimizer_step_post_hooks: Any = OrderedDict()
        self._optimizer_state_dict_pre_hooks: Any = OrderedDict()
        self._optimizer_state_dict_post_hooks: Any = OrderedDict()
        self._optimizer_load_state_dict_pre_hooks: Any = OrderedDict()
        self._optimizer_load_state_dict_post_hooks: Any = OrderedDict()
        groups = list(params)
        if not groups:
            raise ValueError(texts.EMPTY)
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
            raise TypeError(texts.SETS)
        listed = [given] if isinstance(given, Tensor) else list(given)
        names = [each[0] for each in listed if isinstance(each, tuple)]
        tensors = [each[1] if isinstance(each, tuple) else each for each in listed]
        if names and len(names) != len(tensors):
            raise ValueError(texts.NAMES_MISSING)
        for each in tensors:
            if not isinstance(each, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(each).__name__}")
            if not (self.defaults.get("differentiable") or each.is_leaf or each.retains_grad):
                raise ValueError(texts.NON_LEAF)
        known = {id(each) for group in self.param_groups for each in group["params"]}
        if any(id(each) in known for each in tensors):
            raise ValueError(texts.TWICE)
        made = {**param_group, "params": tensors}
        if names:
            made["param_names"] = names
        for name, value in self.defaults.items():
            made.setdefault(name, value)
        if len(tensors) != len({id(each) for each in tensors}):
            warnings.warn(texts.DUPLICATES, stacklevel=3)
        self.param_groups.append(made)

    def zero_grad(self, set_to_none: bool = True) -> None:
        clear_gradients([each for group in self.param_groups for each in group["params"]], set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        raise NotImplementedError

    # ---- hooks --------------------------------------------------------------------------------------------------

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before a step; a pair that it returns replaces the two."""
        return added(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        return added(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        return self.put(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)`; what it returns replaces the dictionary."""
        return self.put(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        return self.put(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        return self.put(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    @staticmethod
    def put(hooks: Any, hook: Hook, prepend: bool) -> RemovableHandle:
        handle = added(hooks, hook)
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        return handle

    # ---- states -------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """States by the number of their parameter, and the options of the groups."""
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        parameters = [each for group in self.param_groups for each in group["params"]]
        number = {id(each): i for i, each in reversed(list(enumerate(parameters)))}
        groups = [
            {
                **{name: value for name, value in group.items() if name != "params"},
                "params": [number[id(each)] for each in group["params"]],
            }
            for group in self.param_groups
        ]
        states = {number[id(each)] if isinstance(each, Tensor) else each: kept for each, kept in self.state.items()}
        made = {"state": states, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            given = hook(self, made)
            made = made if given is None else given
        return made

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take states and options over. Raises ValueError if groups or their sizes are others."""
        state_dict = dict(state_dict)
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            given = hook(self, state_dict)
            state_dict = state_dict if given is None else given
        saved = deepcopy(state_dict["param_groups"])
        if len(self.param_groups) != len(saved):
            raise ValueError(texts.OTHER_GROUPS)
        sizes = zip(self.param_groups, saved, strict=True)
        if any(len(group["params"]) != len(given["params"]) for group, given in sizes):
            raise ValueError(texts.OTHER_SIZES)
        numbers = [number for given in saved for number in given["params"]]
        parameters = [each for group in self.param_groups for each in group["params"]]
        of_number = dict(zip(numbers, parameters, strict=True))
        self.state = defaultdict(dict)
        for number, kept in state_dict["state"].items():
            if number in of_number:
                self.state[of_number[number]] = cast_like(of_number[number], kept)
            else:
                self.state[number] = kept
        self.param_groups = [
            {**given, "params": group["params"], **{k: group[k] for k in ("param_names",) if k in group}}
            for group, given in zip(self.param_groups, saved, strict=True)
        ]
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for place, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {place}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def cast_like(parameter: Any, value: Any, key: str | None = None) -> Any:
    """A loaded state, its tensors of the type of their parameter; counts of steps keep theirs."""
    if isinstance(value, Tensor):
        return value.to(parameter.dtype) if key != "step" and parameter.is_floating_point() else value
    if isinstance(value, dict):
        return {name: cast_like(parameter, each, name) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(cast_like(parameter, each) for each in value)
    return value


class ByFormula(Optimizer):
    """Moves one parameter after the other; subclasses say how. Steps are recorded if `differentiable` is set."""

    __module__ = "torch.optim.optimizer"

    counted_as: ClassVar[str] = texts.STATE_STEPS
    """What has to lie on a device that can capture steps, in messages."""
    takes_sparse: ClassVar[bool] = False

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; the value of `closure`, which is called first."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        before = set_grad_enabled(bool(self.defaults.get("differentiable")))
        try:
            for group in self.param_groups:
                given = [each for each in group["params"] if each.grad is not None]
                self.refuse(group, given)
                for each in given:
                    grad = -each.grad if group.get("maximize") else each.grad
                    self.move(each, grad, group, self.state[each] if self.keeps(group) else {})
        finally:
            set_grad_enabled(before.prev)
        return loss

    def keeps(self, group: dict[str, Any]) -> bool:
        """Whether there is a state."""
        return True

    def refuse(self, group: dict[str, Any], parameters: list[Any]) -> None:
        """Raise RuntimeError for sparse gradients, AssertionError for options that do not go together."""
        if not self.takes_sparse and any(each.grad.is_sparse for each in parameters):
            raise RuntimeError(texts.no_sparse(type(self).__name__))
        if group.get("capturable") and parameters:
            raise AssertionError(texts.not_capturable(self.counted_as, xla=type(self).__name__ != "Adadelta"))
        if group.get("foreach") and group.get("differentiable") and type(self).__name__ != "SGD":
            raise AssertionError(texts.FOREACH_DIFFERENTIABLE)

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        raise NotImplementedError


def flags_of(optimizer: Optimizer, names: str, given: dict[str, Any]) -> dict[str, Any]:
    """The flags of these names, in their order. Raises TypeError for another one, RuntimeError for two at odds."""
    wanted = names.split()
    for name in given:
        if name not in wanted:
            raise TypeError(texts.unexpected(type(optimizer).__name__, name))
    made = {name: given.get(name, None if name in ("foreach", "fused") else False) for name in wanted}
    check_fused(made)
    return made


def check_fused(flags: dict[str, Any]) -> None:
    if flags.get("fused"):
        if flags.get("differentiable"):
            raise RuntimeError(texts.FUSED_DIFFERENTIABLE)
        if flags.get("foreach"):
            raise RuntimeError(texts.FUSED_FOREACH)


def start_count(value: float = 0.0) -> Tensor:
    """A number of a state, which PyTorch keeps in a tensor."""
    return tensor(value)


def counted(state: dict[str, Any]) -> int:
    """The number of this step."""
    state["step"] += 1
    return int(state["step"].item())


def kept_apart(value: Any, group: dict[str, Any]) -> Any:
    """The value, apart from a state that later steps change, where backward will still want it."""
    return value.clone() if group.get("differentiable") else value


def plus(value: Any, number: float, group: dict[str, Any]) -> Any:
    """The sum, in place where backward will not want what it was."""
    return value.add(number) if group.get("differentiable") else value.add_(number)
