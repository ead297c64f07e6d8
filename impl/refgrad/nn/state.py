"""What a module keeps between programs: its state by name, written and read module by module, with hooks around it."""

from __future__ import annotations

import functools
import warnings
import weakref
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from refgrad.hooks import RemovableHandle
from refgrad.modes import no_grad
from refgrad.nn import texts
from refgrad.nn.parameter import Parameter
from refgrad.nn.uninitialized import is_lazy
from refgrad.tensor import Tensor

Hook = Callable[..., Any]

EXTRA = "_extra_state"
"""Under which name `get_extra_state` is kept."""


class IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict` found no place for, or no value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return super().__repr__() if self.missing_keys or self.unexpected_keys else "<All keys matched successfully>"

    __str__ = __repr__


IncompatibleKeys.__name__ = IncompatibleKeys.__qualname__ = "_IncompatibleKeys"


class LoadHook:
    """A hook before loading, which may be given its module, but does not keep it alive."""

    def __init__(self, hook: Hook, module: Any = None) -> None:
        self.hook = hook
        functools.update_wrapper(self, hook)
        self.with_module = module is not None
        self.module: Any = (lambda: None) if module is None else weakref.ref(module)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.with_module:
            return self.hook(*args, **kwargs)
        module = self.module()
        if module is None:
            raise RuntimeError(texts.DEAD_MODULE)
        return self.hook(module, *args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        return {"hook": self.hook, "module": self.module() if self.with_module else None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        LoadHook.__init__(self, state["hook"], state["module"])


class Stateful:
    """The part of a module that writes and reads its state. Subclasses may have an extra state of their own."""

    _version: int = 1
    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]
    _state_dict_hooks: dict[int, Hook]
    _state_dict_pre_hooks: dict[int, Hook]
    _load_state_dict_pre_hooks: dict[int, Hook]
    _load_state_dict_post_hooks: dict[int, Hook]

    # ---- writing -------------------------------------------------------------------------------------------

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """Parameters and persistent buffers by dotted name, without their history unless `keep_vars`."""
        if args:
            warnings.warn(texts.POSITIONAL_STATE, FutureWarning, stacklevel=2)
            given: list[Any] = [*args[:3], *(destination, prefix, keep_vars)[len(args) :]]
            destination, prefix, keep_vars = given
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._state_dict_hooks.values():
            made = hook(self, destination, prefix, metadata)
            if made is None:
                continue
            if getattr(hook, "_from_public_api", False):
                raise RuntimeError(texts.STATE_HOOK_RETURNS)
            destination = made
        return destination

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        for name, each in self._own_state().items():
            destination[prefix + name] = each if keep_vars or is_lazy(each) else each.detach()
        if type(self).get_extra_state is not Stateful.get_extra_state:
            destination[prefix + EXTRA] = self.get_extra_state()

    def _own_state(self) -> dict[str, Any]:
        kept = {name: each for name, each in self._buffers.items() if name not in self._non_persistent_buffers_set}
        return {name: each for name, each in [*self._parameters.items(), *kept.items()] if each is not None}

    def get_extra_state(self) -> Any:
        raise RuntimeError(texts.extra_state("get"))

    def set_extra_state(self, state: Any) -> None:
        raise RuntimeError(texts.extra_state("set"))

    # ---- reading -------------------------------------------------------------------------------------------

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Copy values into parameters and buffers.

        Raises TypeError for something else than a mapping, RuntimeError for shapes that differ and, if `strict`, for
        names that do not fit.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        missing: list[str] = []
        unexpected: list[str] = []
        errors: list[str] = []
        metadata = getattr(state_dict, "_metadata", None)

        def load(module: Any, given: Any, prefix: str) -> None:
            local: dict[str, Any] = {} if metadata is None else metadata.get(prefix[:-1], {})
            if assign:
                local["assign_to_params_buffers"] = assign
            module._load_from_state_dict(given, prefix, local, True, missing, unexpected, errors)
            for name, child in module._modules.items():
                if child is not None:
                    below = f"{prefix}{name}."
                    load(child, {key: value for key, value in given.items() if key.startswith(below)}, below)
            for hook in module._load_state_dict_post_hooks.values():
                if hook(module, IncompatibleKeys(missing, unexpected)) is not None:
                    raise AssertionError(texts.LOAD_HOOK_RETURNS)

        whole: Any = OrderedDict(state_dict)
        if metadata is not None:
            whole._metadata = metadata
        load(self, whole, "")
        if strict:
            if unexpected:
                errors.insert(0, texts.keys_in_state_dict("Unexpected", unexpected))
            if missing:
                errors.insert(0, texts.keys_in_state_dict("Missing", missing))
        if errors:
            raise RuntimeError(texts.state_dict_errors(type(self).__name__, errors))
        return IncompatibleKeys(missing, unexpected)

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: dict[str, Any], strict: bool, missing_keys: list[str],
        unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        own, assign = self._own_state(), local_metadata.get("assign_to_params_buffers", False)
        for name, each in own.items():
            key = prefix + name
            if key in state_dict:
                self._load(name, key, each, state_dict[key], assign, error_msgs)
            elif strict:
                missing_keys.append(key)
        extra = prefix + EXTRA
        if type(self).set_extra_state is not Stateful.set_extra_state:
            if extra in state_dict:
                self.set_extra_state(state_dict[extra])
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        if not strict:
            return
        for key in state_dict:
            if key.startswith(prefix) and key != extra:
                first, dot, _ = key.removeprefix(prefix).partition(".")
                if first not in (self._modules if dot else own):
                    unexpected_keys.append(key)

    def _load(self, name: str, key: str, own: Any, given: Any, assign: bool, errors: list[str]) -> None:
        if not isinstance(given, Tensor):
            errors.append(texts.state_no_tensor(key, type(given)))
            return
        lazy = is_lazy(own)
        if not lazy and not own.shape and tuple(given.shape) == (1,):
            given = given.squeeze(0)  # as old versions kept it
        if not lazy and given.shape != own.shape:
            errors.append(texts.state_size_mismatch(key, given.shape, own.shape))
            return
        try:
            with no_grad():
                if not assign:
                    own.copy_(given)
                    return
                if isinstance(own, Parameter):
                    if isinstance(given, Parameter):
                        given.requires_grad_(own.requires_grad)
                    else:
                        given = Parameter(given, own.requires_grad)
                setattr(self, name, given)
        except Exception as error:
            errors.append(texts.state_not_copied(key, own.size(), given.size(), error.args))

    # ---- hooks ---------------------------------------------------------------------------------------------

    def register_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before the state is written."""
        return kept(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after the state was written; it returns nothing."""
        hook._from_public_api = True
        return kept(self._state_dict_hooks, hook)

    def _register_state_dict_hook(self, hook: Hook) -> RemovableHandle:
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(texts.STATE_HOOK_TWICE)
        return kept(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, ...)` before the module's part of a state is read."""
        return kept(self._load_state_dict_pre_hooks, LoadHook(hook, self))

    def _register_load_state_dict_pre_hook(self, hook: Hook, with_module: bool = False) -> RemovableHandle:
        return kept(self._load_state_dict_pre_hooks, LoadHook(hook, self if with_module else None))

    def register_load_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` after the state of the module and of those below it was read."""
        return kept(self._load_state_dict_post_hooks, hook)


for _name, _method in vars(Stateful).items():
    if isinstance(_method, FunctionType):
        _method.__qualname__ = f"Module.{_name}"  # whose methods they are in PyTorch


def kept(hooks: Any, hook: Hook) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle
