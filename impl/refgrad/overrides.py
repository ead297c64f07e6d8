"""`torch.overrides`: subclasses of tensors that see, or change, what is called on them.

A class may define `__torch_function__(cls, func, types, args, kwargs)`. It is called in the place of every public
function and method that meets an instance of the class. The one that `Tensor` has runs the function and makes the
results instances of the class. All of this costs nothing until it is needed: only when the first subclass of `Tensor`
is defined are the public names exchanged for functions that look out for such instances.

Behaviour: https://docs.pytorch.org/docs/2.13/notes/extending.html#extending-torch-python-api, details observed on
PyTorch 2.13.0.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from types import FunctionType, TracebackType
from typing import Any

from refgrad.tensor import ReadOnly, Tensor

MODULES = (
    "refgrad", "refgrad.nn.functional", "refgrad.linalg", "refgrad.special", "refgrad.fft", "refgrad.autograd",
)  # fmt: skip
"""Whose public functions look out for subclasses."""

NEVER = {
    "as_subclass", "_make_subclass", "is_tensor", "__new__", "__init__", "__init_subclass__", "__torch_function__",
    "_of", "alias", "own_extra", "edge", "shared_versions", "bump_version", "_is_number", "__getattr__", "__dir__",
    "_set_requires_grad", "_number", "__reduce_ex__", "__hash__", "is_inference", "set_default_dtype", "tensor",
    "get_default_dtype", "promote_types", "is_grad_enabled", "manual_seed", "typename",
}  # fmt: skip
"""Names that stay as they are: the core's own, and those of which subclasses are not told."""

UNWRAPPED = {"grad", "_grad", "_base"}
"""Attributes whose values do not become instances of the class."""


class State(threading.local):
    """What holds in the current thread."""

    disabled = False
    modes: tuple[TorchFunctionMode, ...] = ()


state = State()
installed: list[bool] = []


class DisableTorchFunctionSubclass:
    """A block in which functions do not look out for subclasses."""

    def __enter__(self) -> None:
        self.before = state.disabled
        state.disabled = True

    def __exit__(self, *_: object) -> None:
        state.disabled = self.before


class TorchFunctionMode:
    """A block in which `self.__torch_function__` is called in the place of every public function."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise NotImplementedError

    def __enter__(self) -> TorchFunctionMode:
        install()
        state.modes = (*state.modes, self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        state.modes = state.modes[:-1]


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that changes nothing."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


def disabled_torch_function(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """For classes whose instances are treated, and turn into, plain tensors."""
    with DisableTorchFunctionSubclass():
        return func(*args, **(kwargs or {}))


def looks_out(value: Any) -> bool:
    """Whether the class of `value` wants to be called."""
    kind = type(value)
    if kind is Tensor or isinstance(value, type):
        return False
    found = getattr(kind, "__torch_function__", None)
    return found is not None and found is not disabled_torch_function


def overloaded(values: Iterable[Any]) -> list[Any]:
    """One instance of every class that wants to be called: subclasses first, else from left to right."""
    found: list[Any] = []
    for value in values:
        for each in value if type(value) in (list, tuple) else (value,):
            if looks_out(each) and all(type(each) is not type(known) for known in found):
                place = next((i for i, known in enumerate(found) if isinstance(each, type(known))), len(found))
                found.insert(place, each)
    return found


def handle_torch_function(public_api: Any, relevant_args: Iterable[Any], *args: Any, **kwargs: Any) -> Any:
    """Ask the classes of the arguments one after the other.

    Raises TypeError if all of them decline.
    """
    found = overloaded(relevant_args)
    types = tuple(type(each) for each in found)
    if state.modes:
        mode = state.modes[-1]
        before, state.modes = state.modes, state.modes[:-1]
        try:
            result = mode.__torch_function__(public_api, types, args, kwargs)
        finally:
            state.modes = before
        if result is not NotImplemented:
            return result
    for each in found:
        result = each.__torch_function__(public_api, types, args, kwargs)
        if result is not NotImplemented:
            return result
    name = f"{public_api.__module__}.{public_api.__name__}"
    raise TypeError(f"no implementation found for '{name}' on types that implement __torch_function__: {list(types)}")


def dispatching(public: Callable[..., Any], name: str = "") -> Any:
    """`public`, asking the classes of its arguments first."""

    @functools.wraps(public)
    def run(*args: Any, **kwargs: Any) -> Any:
        if state.disabled:
            return public(*args, **kwargs)
        relevant = (*args, *kwargs.values())
        if state.modes or overloaded(relevant):
            return handle_torch_function(run, relevant, *args, **kwargs)
        return public(*args, **kwargs)

    if name:
        run.__name__ = name
    run.__dict__["dispatches"] = True
    return run


def install() -> None:
    """Let all public names look out for subclasses, from now on."""
    if installed:
        return
    from refgrad.operators.dunders import SAME, UNARY

    installed.append(True)
    for module in MODULES:
        place = vars(sys.modules[module]) if module in sys.modules else {}
        for name, each in list(place.items()):
            own = isinstance(each, FunctionType) and (each.__module__ or "refgrad").startswith(("refgrad", "torch"))
            if own and name not in NEVER and not (module == "refgrad.autograd" and name not in ("grad", "backward")):
                place[name] = dispatching(each)
    for name, each in members_of_tensors().items():
        if name in NEVER or (name.startswith("_") and not name.startswith("__")):
            continue
        if isinstance(each, FunctionType):
            setattr(Tensor, name, dispatching(each, {**SAME, **UNARY}.get(name, name)))
        elif isinstance(each, ReadOnly) and each.fget is not None:
            setattr(Tensor, name, ReadOnly(attribute(each.fget, name), name))
        elif isinstance(each, property) and each.fget is not None:
            setattr(Tensor, name, property(attribute(each.fget, name), each.fset, each.fdel, each.__doc__))


def members_of_tensors() -> dict[str, Any]:
    """Methods and attributes of `Tensor`, those of its bases included."""
    found: dict[str, Any] = {}
    for base in reversed(Tensor.__mro__[:-1]):
        found.update(vars(base))
    return found


def attribute(read: Callable[..., Any], name: str) -> Any:
    """The reader of an attribute, asking the tensor's class first."""
    made = dispatching(read, "__get__")
    made.__dict__["attribute"] = name
    return made


def torch_function_of_tensors(cls: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """What subclasses do unless they say otherwise: run the function, and make the results instances of the class."""
    if not all(issubclass(cls, each) for each in types):
        return NotImplemented
    with DisableTorchFunctionSubclass():
        result = func(*args, **(kwargs or {}))
        return result if getattr(func, "attribute", "") in UNWRAPPED else converted(result, cls)


def converted(result: Any, cls: type) -> Any:
    if cls is Tensor:
        return result
    if isinstance(result, Tensor):
        return result if isinstance(result, cls) else result.as_subclass(cls)
    if isinstance(result, (tuple, list)):
        made = [converted(each, cls) for each in result]
        return type(result)(*made) if hasattr(result, "_fields") else type(result)(made)
    return result


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether one of the values has a class that wants to be called."""
    return not state.disabled and (bool(state.modes) or any(looks_out(each) for each in relevant_args))


def has_torch_function_unary(value: Any) -> bool:
    return has_torch_function((value,))


def has_torch_function_variadic(*values: Any) -> bool:
    return has_torch_function(values)


def is_tensor_like(inp: Any) -> bool:
    """Whether a value is a tensor, or its class wants to be treated as one."""
    return isinstance(inp, Tensor) or hasattr(type(inp), "__torch_function__")


def is_tensor_method_or_property(func: Any) -> bool:
    return func in members_of_tensors().values() or getattr(func, "__name__", "") == "__get__"


def wrap_torch_function(dispatcher: Callable[..., Sequence[Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a function of one's own ask the classes of the arguments that `dispatcher` names."""

    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(func)
        def run(*args: Any, **kwargs: Any) -> Any:
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(run, relevant, *args, **kwargs)
            return func(*args, **kwargs)

        return run

    return decorate


__all__ = [
    "BaseTorchFunctionMode", "TorchFunctionMode", "handle_torch_function", "has_torch_function", "is_tensor_like",
    "is_tensor_method_or_property", "wrap_torch_function",
]  # fmt: skip
