"""`torch.nn.utils.parametrize`: parameters that are computed, each time they are read, from others.

A parametrized module becomes an instance of a class of its own, on which the parameter is a property; what it is
computed from stands in `module.parametrizations`, one list for each parameter.
Behaviour: https://docs.pytorch.org/docs/2.13/generated/torch.nn.utils.parametrize.register_parametrization.html,
details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from refgrad.modes import no_grad
from refgrad.nn.containers import ModuleDict, ModuleList
from refgrad.nn.module import Module
from refgrad.nn.parameter import Parameter
from refgrad.nn.utils import parametrize_texts as texts
from refgrad.tensor import Tensor


class Kept:
    """What was computed in a block of `cached`."""

    def __init__(self) -> None:
        self.depth = 0
        self.values: dict[tuple[int, str], Any] = {}


kept = Kept()


@contextmanager
def cached() -> Iterator[None]:
    """A block in which each parametrized tensor is computed only once."""
    kept.depth += 1
    try:
        yield
    finally:
        kept.depth -= 1
        if not kept.depth:
            kept.values.clear()


class ParametrizationList(ModuleList):
    """The steps from the original tensor, or tensors, to the parametrized one.

    Raises ValueError and TypeError where the steps do not keep the tensor's shape and type, unless `unsafe`.
    """

    __module__ = "torch.nn.utils.parametrize"

    def __init__(self, modules: Sequence[Module], original: Any, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError(texts.NO_STEPS)
        super().__init__(modules)
        self.unsafe = unsafe
        first = original_of(self, original)
        self.is_tensor = isinstance(first, Tensor)
        if self.is_tensor and first.dtype is not original.dtype:
            raise ValueError(texts.inverse_type(original.dtype, first.dtype))
        kind, shape = original.dtype, original.shape
        self.ntensors = 1 if self.is_tensor else len(first)
        parts = [first] if self.is_tensor else list(first)
        for number, (name, each) in enumerate(zip(self.names(), parts, strict=True)):
            if not isinstance(each, Tensor):
                raise ValueError(texts.no_tensor(number, type(each)))  # noqa: TRY004  # PyTorch's
            if isinstance(original, Parameter):
                self.register_parameter(name, self.taken(original, each))
            else:
                self.register_buffer(name, each)
        if not unsafe:
            self.check(kind, shape)

    def names(self) -> list[str]:
        return ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]

    def taken(self, original: Any, value: Any) -> Any:
        """The original parameter itself where it is the same tensor; else a new one."""
        if self.is_tensor:
            with no_grad():
                original.set_(value)
            return original
        return Parameter(value, original.requires_grad)

    def check(self, kind: Any, shape: Any) -> None:
        made = self()
        if not isinstance(made, Tensor):
            raise ValueError(texts.no_tensor_made(type(made)))  # noqa: TRY004  # PyTorch's
        if made.dtype is not kind:
            raise ValueError(texts.other_type(kind, made.dtype))
        if made.shape != shape:
            raise ValueError(texts.other_shape(shape, made.shape))

    def right_inverse(self, value: Any) -> None:
        """Set the originals so that they give `value`."""
        with no_grad():
            for step in reversed(list(self)):
                if not hasattr(step, "right_inverse"):
                    raise RuntimeError(texts.no_inverse(type(step).__name__))
                value = step.right_inverse(value)
            parts = [value] if self.is_tensor else list(value)
            for name, each in zip(self.names(), parts, strict=True):
                own = getattr(self, name)
                if own.dtype is not each.dtype:
                    raise ValueError(texts.assigned_type(each.dtype, own.dtype, name))
                own.set_(each)

    def forward(self) -> Any:
        if not len(self):
            raise RuntimeError(texts.NO_STEPS)
        steps = list(self)
        made = steps[0](*[getattr(self, name) for name in self.names()])
        for step in steps[1:]:
            made = step(made)
        return made


def original_of(steps: ParametrizationList, tensor: Any) -> Any:
    """What the steps make `tensor` of: through their right inverses, as far as they have any."""
    value = tensor
    with no_grad():
        for step in reversed(list(steps)):
            if hasattr(step, "right_inverse"):
                with suppress(NotImplementedError):
                    value = step.right_inverse(value)
    if not isinstance(value, (Tensor, Sequence)):
        raise ValueError(texts.no_inverse_made(type(value)))  # noqa: TRY004  # PyTorch's
    return value


def own_class(module: Module) -> None:
    """Make the module an instance of a class of its own."""
    before = module.__class__

    def __getstate__(self: Any) -> Any:
        raise RuntimeError(texts.NOT_SERIALIZABLE)

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        known = memo.get(id(self))
        if known is not None:
            return known
        twin = self.__new__(self.__class__)
        memo[id(self)] = twin
        twin.__dict__ = copy.deepcopy(self.__dict__, memo)
        return twin

    module.__class__ = type(
        f"Parametrized{before.__name__}",
        (before,),
        {"__getstate__": __getstate__, "__deepcopy__": __deepcopy__, "__module__": "torch.nn.utils.parametrize"},
    )


def own_property(module: Module, name: str) -> None:
    """Let the class of the module compute a tensor whenever it is read."""

    def read(self: Any) -> Any:
        steps = self.parametrizations[name]
        if not kept.depth:
            return steps()
        key = (id(self), name)
        if key not in kept.values:
            kept.values[key] = steps()
        return kept.values[key]

    def write(self: Any, value: Any) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(module.__class__, name, property(read, write))


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Compute a parameter or buffer with `parametrization` from now on.

    Raises ValueError if the module has no such tensor, or if the result is not like it.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        steps: Any = parametrizations_of(module)[tensor_name]
        if not unsafe:
            before = getattr(module, tensor_name)
            after = parametrization(before)
            check_step(tensor_name, before, after, parametrization)
        steps.append(parametrization)
        steps.unsafe |= unsafe
    elif tensor_name in module._parameters or tensor_name in module._buffers:
        original = getattr(module, tensor_name)
        steps = ParametrizationList([parametrization], original, unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            own_class(module)
            module.parametrizations = ModuleDict()
        own_property(module, tensor_name)
        parametrizations_of(module)[tensor_name] = steps
    else:
        raise ValueError(texts.no_such_tensor(module, tensor_name))
    return module


def check_step(name: str, before: Any, after: Any, step: Module) -> None:
    """A later step has to keep shape and type, and its right inverse too."""
    if not isinstance(after, Tensor):
        raise ValueError(texts.no_tensor_made(type(after)))  # noqa: TRY004  # PyTorch's
    check_kept(texts.step_changes, name, before, after)
    if hasattr(step, "right_inverse"):
        with no_grad():
            inverse: Any = step.right_inverse(after)
        if not isinstance(inverse, Tensor):
            raise ValueError(texts.inverse_no_tensor(type(inverse)))  # PyTorch's
        check_kept(texts.inverse_changes, name, before, inverse)


def check_kept(text: Callable[[str, str, Any, Any], str], name: str, before: Any, after: Any) -> None:
    for what in ("dtype", "shape"):
        was, now = getattr(before, what), getattr(after, what)
        if was != now:
            raise ValueError(text(what, name, was, now))


def parametrizations_of(module: Module) -> Any:
    return module.parametrizations


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the module computes some tensor, or this one."""
    found: Any = getattr(module, "parametrizations", None)
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make the tensor an ordinary one again: as it was computed last, or as the original is.

    Raises ValueError if it is none, or if it cannot be left unparametrized.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(texts.not_parametrized(module, tensor_name))
    steps = parametrizations_of(module)[tensor_name]
    if not steps.is_tensor and not leave_parametrized:
        raise ValueError(texts.SEVERAL_ORIGINALS)
    original = steps.original if steps.is_tensor else None
    if leave_parametrized:
        with no_grad():
            made = getattr(module, tensor_name)
            if original is None:
                first = steps.original0
                original = Parameter(made) if first.requires_grad else made
            else:
                original.set_(made)
    delattr(module.__class__, tensor_name)
    del parametrizations_of(module)[tensor_name]
    if isinstance(original, Parameter):
        module.register_parameter(tensor_name, original)
    else:
        module.register_buffer(tensor_name, original)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = module.__class__.__bases__[0]
    return module


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Compute in one module what another computes, from the same originals."""
    if not is_parametrized(from_module):
        return to_module
    source: Any = parametrizations_of(from_module)
    names = list(source) if tensor_name is None else [tensor_name]
    for name in names:
        steps = source[name]
        for step in steps:
            register_parametrization(to_module, name, step)
        to_steps: Any = parametrizations_of(to_module)[name]
        for each in steps.names():
            setattr(to_steps, each, getattr(steps, each))
    return to_module


def type_before_parametrizations(module: Module) -> type[Module]:
    """The class of the module, or what it was before it was parametrized."""
    return module.__class__.__bases__[0] if is_parametrized(module) else type(module)


__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]  # fmt: skip
