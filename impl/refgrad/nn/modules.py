"""`torch.nn.Module` and the few modules that programs about gradients use.

A module keeps parameters, buffers and submodules by name and calls `forward`; hooks run before and after it.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from refgrad.creation import empty
from refgrad.hooks import RemovableHandle
from refgrad.modes import no_grad
from refgrad.nn import functional
from refgrad.nn.parameter import Parameter
from refgrad.tensor import Tensor

Hook = Callable[..., Any]


class Module:
    """A function with parameters."""

    training: bool
    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]

    def __init__(self) -> None:
        for name in ("_parameters", "_buffers", "_modules", "_forward_pre_hooks", "_forward_hooks"):
            object.__setattr__(self, name, OrderedDict())
        object.__setattr__(self, "training", True)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._parameters[name] = value
        elif isinstance(value, Module):
            self._modules[name] = value
        elif name in self._parameters:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type_name(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self._parameters[name] = None
        elif name in self._buffers:
            self._buffers[name] = value
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        for place in ("_parameters", "_buffers", "_modules"):
            found = self.__dict__.get(place, {})
            if name in found:
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def register_parameter(self, name: str, param: Any) -> None:
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        self._buffers[name] = tensor

    def add_module(self, name: str, module: Any) -> None:
        self._modules[name] = module

    register_module = add_module

    def forward(self, *inputs: Any) -> Any:
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        for hook in list(self._forward_pre_hooks.values()):
            made = hook(self, inputs)
            if made is not None:
                inputs = made if isinstance(made, tuple) else (made,)
        result = self.forward(*inputs, **named)
        for hook in list(self._forward_hooks.values()):
            made = hook(self, inputs, result)
            result = result if made is None else made
        return result

    def register_forward_pre_hook(self, hook: Hook) -> RemovableHandle:
        return registered(self._forward_pre_hooks, hook)

    def register_forward_hook(self, hook: Hook) -> RemovableHandle:
        return registered(self._forward_hooks, hook)

    def children(self) -> Iterator[Module]:
        return iter([each for each in self._modules.values() if each is not None])

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        yield prefix, self
        for name, each in self._modules.items():
            if each is not None:
                yield from each.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator[Module]:
        return (each for _, each in self.named_modules())

    def _named(self, place: str, recurse: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for prefix, module in self.named_modules() if recurse else [("", self)]:
            for name, each in getattr(module, place).items():
                if each is not None and id(each) not in seen:
                    seen.add(id(each))
                    yield (f"{prefix}.{name}" if prefix else name), each

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Any]]:
        return self._named("_parameters", recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        return (each for _, each in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Any]]:
        return self._named("_buffers", recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        return (each for _, each in self.named_buffers(recurse=recurse))

    def state_dict(self) -> dict[str, Any]:
        found = [*self.named_parameters(), *self.named_buffers()]
        return OrderedDict((name, each.detach()) for name, each in found)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        with no_grad():
            for name, each in [*self.named_parameters(), *self.named_buffers()]:
                each.copy_(state_dict[name])

    def train(self, mode: bool = True) -> Module:
        for each in self.modules():
            object.__setattr__(each, "training", mode)
        return self

    def eval(self) -> Module:
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        for each in self.parameters():
            each.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        clear_gradients(self.parameters(), set_to_none)

    def apply(self, function: Callable[[Module], None]) -> Module:
        for each in self.children():
            each.apply(function)
        function(self)
        return self

    def _converted(self, convert: Callable[[Any], Any]) -> Module:
        for each in [*self.parameters(), *self.buffers()]:
            if each.is_floating_point():
                each.data = convert(each.data)
        return self

    def double(self) -> Module:
        return self._converted(lambda each: each.double())

    def float(self) -> Module:
        return self._converted(lambda each: each.float())

    def to(self, *target: Any, **named: Any) -> Module:
        return self._converted(lambda each: each.to(*target, **named))


def type_name(value: Any) -> str:
    return f"torch.{type(value).__name__}" if isinstance(value, Tensor) else type(value).__name__


def registered(hooks: Any, hook: Hook) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


def clear_gradients(parameters: Any, set_to_none: bool) -> None:
    for each in parameters:
        if each.grad is None:
            continue
        if set_to_none:
            each.grad = None
        else:
            each.grad = each.grad.detach()
            each.grad.zero_()


class Linear(Module):
    """`x W^T + b`."""

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        bound = 1 / math.sqrt(in_features) if in_features else 0.0
        self.weight = Parameter(empty(out_features, in_features, dtype=dtype))
        self.bias = Parameter(empty(out_features, dtype=dtype)) if bias else None
        with no_grad():
            for each in self.parameters():
                each.uniform_(-bound, bound)

    def forward(self, *inputs: Any) -> Any:
        return functional.linear(inputs[0], self.weight, self.bias)


class Sequential(Module):
    """Modules, one after the other."""

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        named = modules[0].items() if len(modules) == 1 and isinstance(modules[0], dict) else enumerate(modules)
        for name, each in named:
            self.add_module(str(name), each)

    def forward(self, *inputs: Any) -> Any:
        result = inputs[0]
        for each in self._modules.values():
            result = each(result)
        return result

    def __getitem__(self, index: int) -> Any:
        return list(self._modules.values())[index]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())


def of_function(title: str, name: str, *parameters: str) -> type[Module]:
    """A module without parameters that calls a function of `torch.nn.functional`."""

    def __init__(self: Any, *given: Any, **named: Any) -> None:
        Module.__init__(self)
        self.options = dict(zip(parameters, given, strict=False)) | named

    def forward(self: Any, *inputs: Any) -> Any:
        return getattr(functional, name)(*inputs, **self.options)

    return type(title, (Module,), {"__init__": __init__, "forward": forward, "__module__": __name__})


MODULES = {
    title: of_function(title, name, *parameters)
    for title, name, *parameters in (
        ("ReLU", "relu", "inplace"), ("ReLU6", "relu6", "inplace"), ("LeakyReLU", "leaky_relu", "negative_slope"),
        ("ELU", "elu", "alpha"), ("GELU", "gelu"), ("SiLU", "silu"), ("Mish", "mish"), ("Softplus", "softplus", "beta"),
        ("Sigmoid", "sigmoid"), ("Tanh", "tanh"), ("Softmax", "softmax", "dim"), ("LogSoftmax", "log_softmax", "dim"),
        ("MSELoss", "mse_loss"), ("L1Loss", "l1_loss"), ("SmoothL1Loss", "smooth_l1_loss"), ("HuberLoss", "huber_loss"),
        ("CrossEntropyLoss", "cross_entropy", "weight"), ("NLLLoss", "nll_loss", "weight"), ("KLDivLoss", "kl_div"),
        ("BCELoss", "binary_cross_entropy", "weight"),
        ("BCEWithLogitsLoss", "binary_cross_entropy_with_logits", "weight"),
        ("MaxPool2d", "max_pool2d", "kernel_size", "stride", "padding"),
        ("AvgPool2d", "avg_pool2d", "kernel_size", "stride", "padding"),
    )
}  # fmt: skip


class Identity(Module):
    """What comes in."""

    def forward(self, *inputs: Any) -> Any:
        return inputs[0]


class Dropout(Module):
    """Elements set to 0 with probability `p`, while training."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        self.p, self.inplace = p, inplace

    def forward(self, *inputs: Any) -> Any:
        return functional.dropout(inputs[0], self.p, self.training, self.inplace)


class Flatten(Module):
    """All dimensions but the first as one."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, *inputs: Any) -> Any:
        return inputs[0].flatten(self.start_dim, self.end_dim)
