"""`torch.nn.Module`: a function with parameters, buffers and submodules by name, and hooks around its calls.

Behaviour: https://docs.pytorch.org/docs/2.13/generated/torch.nn.Module.html, details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from refgrad import __future__ as future
from refgrad import dtypes
from refgrad.creation import empty
from refgrad.hooks import RemovableHandle
from refgrad.levels import levels
from refgrad.modes import no_grad
from refgrad.nn import texts
from refgrad.nn.backward_hooks import BackwardHook, attach_non_full
from refgrad.nn.global_hooks import *  # noqa: F403  # they are found in this module
from refgrad.nn.global_hooks import common, replaced
from refgrad.nn.parameter import Buffer, Parameter
from refgrad.nn.state import Hook, IncompatibleKeys, Stateful
from refgrad.operators.random import empty_like
from refgrad.tensor import Tensor

_IncompatibleKeys = IncompatibleKeys  # PyTorch's name

HOOKS = (
    "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_forward_hooks", "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called", "_backward_pre_hooks", "_backward_hooks", "_state_dict_hooks",
    "_state_dict_pre_hooks", "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks",
)  # fmt: skip
"""The dictionaries of a module in which hooks stand, or flags of hooks by their number."""

PLACES = ("_parameters", "_buffers", "_modules")


class HookedCall:
    """One call of a module with the hooks around it."""

    def __init__(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.module = module
        self.args = args
        self.kwargs = kwargs
        self.result: Any = None
        self.called: set[int] = set()

    def run(self) -> Any:
        module = self.module
        full, older = self.backward_hooks()
        before = [*common.backward_pre.values(), *module._backward_pre_hooks.values()]
        self.run_pre_hooks()
        watch = BackwardHook(module, full, before) if full or before else None
        if watch is not None:
            self.args = watch.setup_input_hook(self.args)
        self.result = module.forward(*self.args, **self.kwargs)
        for number, hook, with_kwargs in self.forward_hooks():
            self.called.add(number)
            made = self.call(hook, with_kwargs)
            self.result = self.result if made is None else made
        if watch is not None:
            if not isinstance(self.result, (Tensor, tuple)):
                warnings.warn(texts.full_hook_output(type(self.result)), stacklevel=3)
            self.result = watch.setup_output_hook(self.result)
        if older:
            attach_non_full(module, older, self.args, self.result)
        return self.result

    def backward_hooks(self) -> tuple[list[Hook], list[Hook]]:
        """Full ones and those of the older kind."""
        found: tuple[list[Hook], list[Hook]] = ([], [])
        for full, hooks in (
            (common.full, common.backward),
            (self.module._is_full_backward_hook, self.module._backward_hooks),
        ):
            if full is not None:
                found[not full].extend(hooks.values())
        return found

    def run_pre_hooks(self) -> None:
        module = self.module
        for number, hook in [*common.forward_pre.items(), *module._forward_pre_hooks.items()]:
            if number in module._forward_pre_hooks_with_kwargs:
                made = hook(module, self.args, self.kwargs)
                if made is not None:
                    if not isinstance(made, tuple) or len(made) != 2:
                        raise RuntimeError(texts.pre_hook_with_kwargs(made))
                    self.args, self.kwargs = made
            else:
                made = hook(module, self.args)
                if made is not None:
                    self.args = made if isinstance(made, tuple) else (made,)

    def forward_hooks(self) -> list[tuple[int, Hook, bool]]:
        module = self.module
        flags = {*module._forward_hooks_with_kwargs, *common.forward_with_kwargs}
        found = [*common.forward.items(), *module._forward_hooks.items()]
        return [(number, hook, number in flags) for number, hook in found]

    def call(self, hook: Hook, with_kwargs: bool) -> Any:
        return hook(self.module, self.args, *([self.kwargs] if with_kwargs else []), self.result)

    def run_what_is_always_called(self) -> None:
        """After an error: the hooks that asked for it and have not run yet; their own errors are told as warnings."""
        module = self.module
        for number, hook, with_kwargs in self.forward_hooks():
            own = number in module._forward_hooks
            always = module._forward_hooks_always_called if own else common.forward_always_called
            if number not in always or number in self.called:
                continue
            try:
                made = self.call(hook, with_kwargs and own)
                self.result = self.result if made is None else made
            except Exception as error:
                warnings.warn(texts.silenced("module" if own else "global module", error), stacklevel=3)


class Module(Stateful):
    """A function with parameters. Subclasses define `forward` and call `super().__init__()` before all else."""

    training: bool
    dump_patches = False
    call_super_init = False
    _is_full_backward_hook: bool | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if self.call_super_init is False and kwargs:
            raise TypeError(texts.unexpected_keyword(type(self).__name__, next(iter(kwargs))))
        if self.call_super_init is False and args:
            raise TypeError(texts.too_many_positional(type(self).__name__, len(args) + 1))
        put = super().__setattr__
        put("training", True)
        for name in ("_parameters", "_buffers"):
            put(name, {})
        put("_non_persistent_buffers_set", set())
        put("_is_full_backward_hook", None)
        for name in HOOKS:
            put(name, OrderedDict())
        put("_modules", {})
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *input: Any) -> Any:
        raise NotImplementedError(texts.no_forward(type(self).__name__))

    def __reduce_ex__(self, protocol: Any) -> Any:
        name = type(self).__name__
        if type(self).__module__.startswith("torch.nn.modules."):  # where Python would not find it
            return blank, (type(self).__module__.rpartition(".")[2], name), self.__getstate__()
        return super().__reduce_ex__(protocol)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """State from before there were some kinds of hooks is filled up."""
        self.__dict__.update(state)
        for name in HOOKS:
            self.__dict__.setdefault(name, OrderedDict())
        self.__dict__.setdefault("_non_persistent_buffers_set", set())
        self.__dict__.setdefault("_is_full_backward_hook", None)

    # ---- attributes ----------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        kept = self.__dict__
        if isinstance(value, Parameter):
            if "_parameters" not in kept:
                raise AttributeError(texts.before_init("parameters"))
            self._forget(name, "_parameters")
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            if "_modules" not in kept:
                raise AttributeError(texts.before_init("module"))
            self._forget(name, "_modules")
            self._modules[name] = replaced(common.modules, self, name, value)
        elif name in kept.get("_parameters", ()):
            if value is not None:
                raise TypeError(texts.cannot_assign(full_name(value), "parameter", name, "torch.nn.Parameter"))
            self.register_parameter(name, value)
        elif name in kept.get("_modules", ()):
            if value is not None:
                raise TypeError(texts.cannot_assign(full_name(value), "child module", name, "torch.nn.Module"))
            self._modules[name] = replaced(common.modules, self, name, value)
        elif name in kept.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(texts.cannot_assign(full_name(value), "buffer", name, "torch.nn.Buffer, torch.Tensor"))
            persistent = getattr(value, "persistent", name not in self._non_persistent_buffers_set)
            self.register_buffer(name, value, persistent)
        elif isinstance(value, Buffer):
            if "_buffers" not in kept:
                raise AttributeError(texts.before_init("buffer"))
            self.register_buffer(name, value, value.persistent)  # type: ignore[arg-type,attr-defined]
        else:
            super().__setattr__(name, value)

    def _forget(self, name: str, new_place: str) -> None:
        """Take a name away from all but `new_place`, where it keeps its turn."""
        self.__dict__.pop(name, None)
        for place in PLACES:
            if place != new_place:
                self.__dict__[place].pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __getattr__(self, name: str) -> Any:
        for place in PLACES:
            found = self.__dict__.get(place, {})
            if name in found:
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for place in PLACES:
            if name in self.__dict__[place]:
                del self.__dict__[place][name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        names = [*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers]
        return sorted(name for name in names if not name[0].isdigit())

    def _check_name(self, kind: str, name: Any) -> None:
        """Raise TypeError or KeyError for a name that a parameter, buffer or module cannot have."""
        if not isinstance(name, str):
            raise TypeError(texts.name_no_string(kind, full_name(name)))
        place = {"parameter": "_parameters", "buffer": "_buffers", "module": "_modules"}[kind]
        if kind == "module":
            if hasattr(self, name) and name not in self._modules:
                raise KeyError(texts.name_taken(name))
            if "." in name:
                raise KeyError(f'module name can\'t contain ".", got: {name}')
            if name == "":
                raise KeyError('module name can\'t be empty string ""')
            return
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[place]:
            raise KeyError(texts.name_taken(name))

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter.

        Raises KeyError for a name that is taken, TypeError for something else than a parameter, ValueError for a
        tensor with a history.
        """
        if "_parameters" not in self.__dict__:
            raise AttributeError(texts.before_init("parameter"))
        self._check_name("parameter", name)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(texts.cannot_assign_object(full_name(param), "parameter", name, "torch.nn.Parameter"))
        if param is not None and param.grad_fn:
            raise ValueError(texts.parameter_with_history(name))
        self._parameters[name] = param if param is None else replaced(common.parameters, self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the state and is no parameter."""
        if "_buffers" not in self.__dict__:
            raise AttributeError(texts.before_init("buffer"))
        self._check_name("buffer", name)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(texts.cannot_assign_object(full_name(tensor), "buffer", name, "torch Tensor"))
        self._buffers[name] = replaced(common.buffers, self, name, tensor)
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a submodule.

        Raises TypeError for something else than a module, KeyError for a name that it cannot have.
        """
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{full_name(module)} is not a Module subclass")
        self._check_name("module", name)
        self._modules[name] = replaced(common.modules, self, name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        self.add_module(name, module)

    # ---- finding what there is -----------------------------------------------------------------------------

    def get_submodule(self, target: str) -> Module:
        """The module of a dotted name.

        Raises AttributeError where there is none.
        """
        module: Any = self
        for part in target.split(".") if target != "" else ():
            if not hasattr(module, part):
                raise AttributeError(f"{type(module).__name__} has no attribute `{part}`")
            module = getattr(module, part)
            if not isinstance(module, Module):
                raise AttributeError(f"`{part}` is not an nn.Module")  # noqa: TRY004  # PyTorch's
        found: Module = module
        return found

    def _get(self, target: str, place: str, kind: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        if name not in getattr(module, place):
            raise AttributeError(f"`{name}` is not {kind}")
        return getattr(module, name)

    def set_submodule(self, target: str, module: Any, strict: bool = False) -> None:
        """Put a module where a dotted name says, in the place of another if `strict`.

        Raises ValueError for no name or no module, AttributeError where there is no such place.
        """
        if target == "":
            raise ValueError(texts.NO_TARGET)
        if not isinstance(module, Module):
            raise ValueError(texts.no_module(type(module)))  # noqa: TRY004  # PyTorch's
        path, _, name = target.rpartition(".")
        above: Any = self.get_submodule(path) if "." in target else self
        if strict and not hasattr(above, name):
            raise AttributeError(f"{above._get_name()} has no attribute `{name}`")
        if hasattr(above, name) and not isinstance(getattr(above, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(above, name, module)

    def get_parameter(self, target: str) -> Any:
        found = self._get(target, "_parameters", "an nn.Parameter")
        if found is None:
            raise AttributeError(f"`{target.rpartition('.')[2]}` is not an nn.Parameter")
        return found

    def get_buffer(self, target: str) -> Any:
        return self._get(target, "_buffers", "a buffer")

    def named_children(self) -> Iterator[tuple[str, Module]]:
        seen: set[Module] = set()
        for name, each in self._modules.items():
            if each is not None and each not in seen:
                seen.add(each)
                yield name, each

    def children(self) -> Iterator[Module]:
        for _, each in self.named_children():
            yield each

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, each in self._modules.items():
            if each is not None:
                yield from each.named_modules(memo, prefix + ("." if prefix else "") + name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        for _, each in self.named_modules(remove_duplicate=remove_duplicate):
            yield each

    def _named_members(
        self, members: Callable[[Module], Any], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[Any] = set()
        found = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in found:
            for name, each in members(module):
                if each is None or each in seen:
                    continue
                if remove_duplicate:
                    seen.add(each)
                yield path + ("." if path else "") + name, each

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        yield from self._named_members(lambda each: each._parameters.items(), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        for _, each in self.named_parameters(recurse=recurse):
            yield each

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        yield from self._named_members(lambda each: each._buffers.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        for _, each in self.named_buffers(recurse=recurse):
            yield each

    # ---- calling, with hooks -------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not (
            self._backward_hooks
            or self._backward_pre_hooks
            or self._forward_hooks
            or self._forward_pre_hooks
            or common.any_around_calls()
        ):
            return self.forward(*args, **kwargs)
        call = HookedCall(self, args, kwargs)
        try:
            return call.run()
        except Exception:
            call.run_what_is_always_called()
            raise

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before `forward`; what it returns replaces the arguments."""
        flags = [self._forward_pre_hooks_with_kwargs] if with_kwargs else []
        return registered(self._forward_pre_hooks, hook, flags, prepend)

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after `forward`; what it returns replaces the output."""
        flags = [self._forward_hooks_with_kwargs] if with_kwargs else []
        flags += [self._forward_hooks_always_called] if always_call else []
        return registered(self._forward_hooks, hook, flags, prepend)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` when the gradients of the outputs are known."""
        return registered(self._backward_pre_hooks, hook, [], prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the gradients of the inputs are known.

        Raises RuntimeError if the module has hooks of the older kind.
        """
        if self._is_full_backward_hook is False:
            raise RuntimeError(texts.MIXED_BACKWARD_HOOKS)
        self._is_full_backward_hook = True
        return registered(self._backward_hooks, hook, [], prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """The older kind, which sees the gradients of the last operator alone.

        Raises RuntimeError if the module has full hooks.
        """
        if self._is_full_backward_hook is True:
            raise RuntimeError(texts.MIXED_BACKWARD_HOOKS)
        self._is_full_backward_hook = False
        return registered(self._backward_hooks, hook, [], False)

    # ---- changing all of it --------------------------------------------------------------------------------

    def apply(self, fn: Callable[[Module], None]) -> Any:
        for each in self.children():
            each.apply(fn)
        fn(self)
        return self

    def _apply(self, fn: Callable[[Any], Any], recurse: bool = True) -> Any:
        for module in self.children() if recurse else ():
            module._apply(fn)
        for name, each in self._parameters.items():
            if each is not None:
                with no_grad():
                    self._replace(name, each, fn)
        for name, each in self._buffers.items():
            if each is not None:
                self._buffers[name] = fn(each)
        return self

    def _replace(self, name: str, own: Any, fn: Callable[[Any], Any]) -> None:
        """Let a parameter and its gradient be what `fn` makes of them; new ones, if a switch says so."""
        made, grad = fn(own), own.grad
        if not future.get_overwrite_module_params_on_conversion():
            own.data = made
            if id(made) in levels.without_memory:  # PyTorch swaps the two
                vars(own).update(vars(made))
            if grad is not None:
                grad.data = fn(grad)
            return
        self._parameters[name] = new = Parameter(made, own.requires_grad)
        if grad is not None:
            new.grad = fn(grad).requires_grad_(grad.requires_grad)

    def type(self, dst_type: Any) -> Any:
        return self._apply(lambda each: each.type(dst_type))

    def float(self) -> Any:
        return self._floating(dtypes.float32)

    def double(self) -> Any:
        return self._floating(dtypes.float64)

    def half(self) -> Any:
        return self._floating(dtypes.float16)

    def _floating(self, kind: Any) -> Any:
        return self._apply(lambda each: each.to(kind) if each.is_floating_point() else each)

    def bfloat16(self) -> Any:
        return self._floating(dtypes.bfloat16)

    def cuda(self, device: Any = None) -> Any:
        return self._apply(lambda each: each.cuda(device))

    def ipu(self, device: Any = None) -> Any:
        raise RuntimeError("PyTorch is not linked with support for ipu devices")

    def xpu(self, device: Any = None) -> Any:
        raise AssertionError("Torch not compiled with XPU enabled")

    def mtia(self, device: Any = None) -> Any:
        raise AssertionError(texts.NO_MTIA)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Any:
        """Parameters and buffers anew, with whatever stands in memory."""
        return self._apply(lambda each: empty_like(each, device=device), recurse=recurse)

    def cpu(self) -> Any:
        return self._apply(lambda each: each.cpu())

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Convert floating and complex parameters and buffers.

        Raises TypeError for a type that is neither.
        """
        given = {name: each for name, each in kwargs.items() if name != "memory_format"}
        empty(0).to(*args, **given)  # which says what is wrong with the arguments
        kinds = [each for each in (*args, *kwargs.values()) if isinstance(each, (dtypes.dtype, Tensor))]
        kind: Any = (kinds[0].dtype if isinstance(kinds[0], Tensor) else kinds[0]) if kinds else None
        memory_format: Any = kwargs.get("memory_format")
        if kind is not None and not (kind.is_floating_point or kind.is_complex):
            raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={kind}")
        if kind is not None and kind.is_complex:
            warnings.warn(texts.COMPLEX_MODULES, stacklevel=2)

        def converted(each: Any) -> Any:
            wanted = kind if each.is_floating_point() or each.is_complex() else None
            fitting = memory_format if each.dim() in (4, 5) else None
            return each if wanted is fitting is None else each.to(wanted or each.dtype, memory_format=fitting)

        return self if kind is memory_format is None else self._apply(converted)

    def train(self, mode: bool = True) -> Any:
        """Set training mode.

        Raises ValueError if `mode` is no bool.
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")  # noqa: TRY004  # PyTorch's
        self.training = mode
        for each in self.children():
            each.train(mode)
        return self

    def eval(self) -> Any:
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        for each in self.parameters():
            each.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        clear_gradients(self.parameters(), set_to_none)

    def share_memory(self) -> Any:
        return self._apply(lambda each: each.share_memory_())

    # ---- printing ------------------------------------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        below = [f"({name}): " + repr(each).replace("\n", "\n  ") for name, each in self._modules.items()]
        if not below and len(lines) == 1:
            return f"{self._get_name()}({lines[0]})"
        inside = "\n  ".join([*lines, *below])
        return f"{self._get_name()}(" + (f"\n  {inside}\n" if inside else "") + ")"


def blank(place: str, name: str) -> Any:
    """An instance of one of PyTorch's modules without anything in it, as copies and pickles begin."""
    from refgrad.nn import modules

    kind: Any = getattr(getattr(modules, place), name)
    return kind.__new__(kind)


def full_name(value: Any) -> str:
    """How PyTorch names a value's type in messages."""
    kind = type(value)
    if kind is Tensor:
        return "torch.FloatTensor" if value.dtype is dtypes.float32 else value.type()
    if isinstance(value, Tensor):
        return str(value.type())
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def registered(hooks: Any, hook: Hook, flags: list[Any], prepend: bool) -> RemovableHandle:
    handle = RemovableHandle(hooks, extra_dict=flags)
    hooks[handle.id] = hook
    for each in flags:
        each[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def clear_gradients(parameters: Iterable[Any], set_to_none: bool) -> None:
    for each in parameters:
        if each.grad is None:
            continue
        if set_to_none:
            each.grad = None
        elif each.grad.grad_fn is not None:
            each.grad.detach_()
            each.grad.zero_()
        else:
            each.grad.requires_grad_(False)
            each.grad.zero_()
