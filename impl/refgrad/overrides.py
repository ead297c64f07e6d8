"""`torch.overrides`: subclasses of tensors that see, or change, what is called on them.

A class may define `__torch_function__(cls, func, types, args, kwargs)`. It is called in the place of every public
function and method that meets an instance of the class. The one that `Tensor` has runs the function and makes the
results instances of the class. All of this costs nothing until it is needed: only when the first subclass of `Tensor`
is defined are the public names exchanged for functions that look out for such instances.

Behaviour: https://docs.pytorch.org/docs/2.13/notes/extending.html#extending-torch-python-api, details observed on
PyTorch 2.13.0.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import threading
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import FunctionType, TracebackType
from typing import Any

from refgrad import override_texts as texts
from refgrad.modes import modes as grad_modes
from refgrad.modes import set_grad
from refgrad.overrides_in_python import IN_CPP, PLACES, keywords
from refgrad.tensor import ReadOnly, Tensor

MODULES = (
    "refgrad", "refgrad.nn.functional", "refgrad.linalg", "refgrad.special", "refgrad.fft", "refgrad.autograd",
)  # fmt: skip
"""Whose public functions look out for subclasses."""

NEVER = {
    "as_subclass", "_make_subclass", "is_tensor", "__new__", "__init__", "__init_subclass__", "__torch_function__",
    "_of", "alias", "own_extra", "edge", "shared_versions", "bump_version", "_is_number", "__getattr__", "__dir__",
    "_set_requires_grad", "_number", "__reduce_ex__", "__hash__", "is_inference", "set_default_dtype",
    "get_default_dtype", "__iter__", "is_grad_enabled", "manual_seed", "typename", "vmap",
}  # fmt: skip
"""Names that stay as they are: the core's own, and those of which subclasses are not told."""

MODES_ALONE = frozenset(("torch.tensor", "torch.as_tensor", "torch.asarray"))
"""Functions of which modes are told, and classes are not."""

UNWRAPPED = {"grad", "_grad", "_base"}
"""Attributes whose values do not become instances of the class."""


class State(threading.local):
    """What holds in the current thread."""

    disabled = False
    skipping = False
    """Whether the next function that asks is told that nobody wants to be called."""
    modes: tuple[TorchFunctionMode, ...] = ()


state = State()
installed: list[bool] = []


NOT_AS_METHOD = frozenset(
    "__rsub__ __floordiv__ __pow__ __ipow__ __eq__ __and__ __or__ __xor__ __lshift__ __rshift__ __iand__ __ior__"
    " __ixor__ __ilshift__ __irshift__".split()
)
"""Operators of Python that have functions of their own."""

SHOWN_AS = {"__pow__": "pow", "__ipow__": "pow_"}
"""The names of some of them."""

METHODS_ALONE = frozenset(("detach", "numel", "new", "new_tensor"))
"""Methods that tell a mode of the tensor's class although it is a plain one."""


class DisableTorchFunctionSubclass:
    """A block in which functions do not look out for subclasses."""

    def __enter__(self) -> None:
        self.before = state.disabled
        state.disabled = True

    def __exit__(self, *_: object) -> None:
        state.disabled = self.before


class DisableTorchFunction(DisableTorchFunctionSubclass):
    """A block in which there are no modes either."""

    def __enter__(self) -> None:
        super().__enter__()
        self.modes = state.modes
        state.modes = ()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        state.modes = self.modes


class TorchFunctionMode:
    """A block in which `self.__torch_function__` is called in the place of every public function."""

    __module__ = "torch.overrides"

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise NotImplementedError

    def __enter__(self) -> TorchFunctionMode:
        _push_mode(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _pop_mode()


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that changes nothing."""

    __module__ = "torch.overrides"

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


def disabled_torch_function(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """For classes whose instances are treated, and turn into, plain tensors."""
    with DisableTorchFunctionSubclass():
        return func(*args, **(kwargs or {}))


def looks_out(value: Any, plain: bool = False) -> bool:
    """Whether the class of `value` wants to be called; `plain`: `Tensor` itself is one of them."""
    kind = type(value)
    if isinstance(value, type) or (kind is Tensor and not plain):
        return False
    found = getattr(kind, "__torch_function__", None)
    return found is not None and found is not disabled_torch_function


def overloaded(values: Iterable[Any], plain: bool = False) -> list[Any]:
    """One instance of every class that wants to be called: subclasses first, else from left to right."""
    found: list[Any] = []
    for each in flat(values):
        if looks_out(each, plain) and all(type(each) is not type(known) for known in found):
            place = next((i for i, known in enumerate(found) if isinstance(each, type(known))), len(found))
            found.insert(place, each)
    return found


def flat(values: Iterable[Any]) -> Iterator[Any]:
    """The values, and those in lists and tuples among them."""
    for value in values:
        if type(value) in (list, tuple):
            yield from value
        else:
            yield value


def handle_torch_function(public_api: Any, relevant_args: Iterable[Any], *args: Any, **kwargs: Any) -> Any:
    """Ask the innermost mode, and the classes of the arguments one after the other.

    Raises TypeError if all of them decline.
    """
    found = overloaded(relevant_args, plain=True)
    result = answer(public_api, found, tuple(type(each) for each in found), (args, kwargs))
    if result is NotImplemented:
        types = [type(each) for each in found]
        raise TypeError(texts.no_implementation(f"{public_api.__module__}.{public_api.__name__}", types))
    return result


def answer(public_api: Any, found: Sequence[Any], types: tuple[type, ...], given: tuple[Any, ...]) -> Any:
    """What the mode or the first class that does not decline says; `NotImplemented` if all of them decline."""
    if state.modes:
        mode = state.modes[-1]
        before, state.modes = state.modes, state.modes[:-1]
        try:
            result = mode.__torch_function__(public_api, types, *given)
        finally:
            state.modes = before
        if result is not NotImplemented:
            return result
    for each in found:
        asked = each.__torch_function__
        if getattr(asked, "__self__", None) is each and asked is not disabled_torch_function:
            warnings.warn(texts.PLAIN_TORCH_FUNCTION, UserWarning, stacklevel=4)
        result = asked(public_api, types, *given)
        if result is not NotImplemented:
            return result
    return NotImplemented


class Asking:
    """How classes are asked in the place of one function.

    PyTorch's own functions are of two kinds. Those in C++ hand on the arguments as they were given, and no keyword
    arguments if there are none. Those in Python hand on what follows the tensors by keyword, defaults too.
    """

    def __init__(self, public: Callable[..., Any], shown: str, where: str) -> None:
        self.where = where
        self.in_python = keywords(where, shown)
        if self.in_python is None and where == "torch.nn.functional" and shown not in IN_CPP:
            parameters = inspect.signature(public).parameters.values()
            defaults = {each.name: each.default for each in parameters if each.default is not each.empty}
            self.in_python = len(parameters) - len(defaults), defaults
        of_tensors = where == "torch.Tensor" and (self.in_python is not None or shown in METHODS_ALONE)
        self.always = shown in ("__get__", "__set__") or of_tensors or (where == "torch.Tensor" and takes_none(public))

    def ask(self, run: Any, found: Sequence[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the mode or the classes of `found` say in the place of `run`.

        Raises TypeError if all of them decline.
        """
        if self.in_python is not None:
            return asked_in_python(run, self.in_python, PLACES.get(self.where, self.where), args, kwargs)
        types = tuple(type(each) for each in found)
        if not types and self.always and args:
            types = (type(args[0]),)
        result = answer(run, found, types, (args, kwargs) if kwargs else (args,))
        if result is NotImplemented:
            raise TypeError(texts.dispatch_failed(full_name(run, self.where), state.modes[-1:], types))
        return result


def takes_none(method: Callable[..., Any]) -> bool:
    """Whether a method has no argument: of these PyTorch tells a mode the class even of a plain tensor."""
    try:
        return len(inspect.signature(method).parameters.keys() - {"out", "more", "others"}) == 1
    except ValueError:
        return False


def dispatching(
    public: Callable[..., Any],
    name: str = "",
    where: str = "torch",
    *,
    operator: bool = False,
    method: bool = False,
) -> Any:
    """`public`, asking the classes of its arguments first.

    `operator`: a method of two operands that Python itself calls. What is handed on is the method of that name that
    users call; so it is with `method`, of one operand.
    """
    shown = name or getattr(public, "__name__", "")
    asking = Asking(public, shown, where)
    modes_alone = f"{where}.{shown}" in MODES_ALONE

    @functools.wraps(public)
    def run(*args: Any, **kwargs: Any) -> Any:
        relevant = () if modes_alone else (*args, *kwargs.values())
        found = [] if state.disabled else overloaded(relevant)
        if not (found or state.modes):
            return public(*args, **kwargs)
        told = shown
        if shown == "__eq__" and any(not isinstance(each, Tensor) for each in found):
            told = "eq"
        return asking.ask(vars(Tensor)[told] if operator or method else run, found, args, kwargs)

    if name:
        run.__name__ = name
    run.__dict__["dispatches"] = where
    return for_python(run) if operator else run


def asked_in_python(
    run: Any, handed_on: tuple[int | None, dict[str, Any]], where: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """What the classes say of a function that PyTorch has in Python, where a plain tensor is asked as well.

    Raises TypeError if all of them decline.
    """
    leading, defaults = handed_on
    named = dict(defaults)
    if leading is not None:
        named.update(zip(defaults, args[leading:], strict=False))
        args = args[:leading]
    if where == "torch.autograd":
        args = tuple([tuple(each) if type(each) in (list, tuple) else (each,) for each in args])
    found = [] if state.disabled else overloaded((*args, *kwargs.values()), plain=True)
    types = tuple(type(each) for each in found)
    result = answer(run, found, types, (args, {**named, **kwargs}))
    if result is NotImplemented:
        raise TypeError(texts.no_implementation(f"{where}.{run.__name__}", list(types), state.modes[-1:]))
    return result


def for_python(run: Callable[..., Any]) -> Any:
    """A special method: where the classes refuse with a TypeError, Python asks the other operand."""

    @functools.wraps(run)
    def method(self: Any, *given: Any, **options: Any) -> Any:
        try:
            return run(self, *given, **options)
        except TypeError:
            if not isinstance(self, Tensor):  # called by its name on something else
                raise
            return NotImplemented

    return method


def full_name(run: Any, where: str) -> str:
    """The name of a function in messages."""
    name = run.__dict__.get("attribute")
    if name is not None:
        return f"torch.Tensor.{name}.{run.__name__}"
    return f"{'torch.nn' if where == 'torch.nn.functional' else where}.{run.__name__}"


def install() -> None:
    """Let all public names look out for subclasses, from now on."""
    if installed:
        return
    from refgrad.operators.dunders import SAME, SWAPPED, UNARY

    installed.append(True)
    for module in MODULES:
        place = vars(sys.modules[module]) if module in sys.modules else {}
        for name, each in list(place.items()):
            own = isinstance(each, FunctionType) and (each.__module__ or "refgrad").startswith(("refgrad", "torch"))
            if own and name not in NEVER and not (module == "refgrad.autograd" and name not in ("grad", "backward")):
                place[name] = dispatching(each, where=module.replace("refgrad", "torch"))
    for name, each in members_of_tensors().items():
        if name in NEVER or (name.startswith("_") and not name.startswith("__")):
            continue
        if isinstance(each, FunctionType):
            shown = name if name in NOT_AS_METHOD else {**SAME, **UNARY}.get(name, name)
            shown = "__rdiv__" if name == "__rtruediv__" else shown
            made = dispatching(
                each, shown, "torch.Tensor", operator=name in SAME or name in SWAPPED, method=name in UNARY
            )
            made.__name__ = SHOWN_AS.get(name, made.__name__)
            setattr(Tensor, name, made)
        elif isinstance(each, ReadOnly) and each.fget is not None:
            setattr(Tensor, name, ReadOnly(attribute(each.fget, name), name))
        elif isinstance(each, property) and each.fget is not None:
            write = each.fset and attribute(each.fset, name, "__set__")
            setattr(Tensor, name, property(attribute(each.fget, name), write, each.fdel, each.__doc__))


def members_of_tensors() -> dict[str, Any]:
    """Methods and attributes of `Tensor`, those of its bases included."""
    found: dict[str, Any] = {}
    for base in reversed(Tensor.__mro__[:-1]):
        found.update(vars(base))
    return found


def attribute(access: Callable[..., Any], name: str, way: str = "__get__") -> Any:
    """The reader or the writer of an attribute, asking the tensor's class first."""
    made = dispatching(access, way, "torch.Tensor")
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
    if state.skipping:
        state.skipping = False
        return False
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


def _get_current_function_mode() -> TorchFunctionMode | None:
    """The innermost mode."""
    return state.modes[-1] if state.modes else None


def _get_current_function_mode_stack() -> list[TorchFunctionMode]:
    """The modes, the innermost last."""
    return list(state.modes)


def _len_torch_function_stack() -> int:
    return len(state.modes)


def _push_mode(mode: TorchFunctionMode) -> None:
    install()
    state.modes = (*state.modes, mode)
    grad_modes.heard = tell_grad_mode


def tell_grad_mode(enabled: bool) -> None:
    """Grad mode is switched by a function too, of which modes hear."""
    from refgrad._C import _set_grad_enabled

    if not state.modes or answer(_set_grad_enabled, (), (), ((enabled,),)) is NotImplemented:
        set_grad(enabled)


def _pop_mode() -> TorchFunctionMode:
    mode = state.modes[-1]
    state.modes = state.modes[:-1]
    if not state.modes:
        grad_modes.heard = None
    return mode


@contextlib.contextmanager
def _pop_mode_temporarily() -> Iterator[TorchFunctionMode]:
    """A block without the innermost mode."""
    mode = _pop_mode()
    try:
        yield mode
    finally:
        _push_mode(mode)


def get_overridable_functions() -> dict[Any, list[Any]]:
    """For each module, and for `Tensor`, the functions that look out for subclasses and modes."""
    install()
    found: dict[Any, list[Any]] = defaultdict(list)
    for name in MODULES:
        module = sys.modules.get(name)
        if module is not None:
            found[module] += [each for each in vars(module).values() if hasattr(each, "dispatches")]
    found[Tensor] += [each for each in members_of_tensors().values() if hasattr(each, "dispatches")]
    return found


def get_ignored_functions() -> set[Any]:
    """The public functions and methods that look out for nobody."""
    import refgrad

    install()
    names = [getattr(refgrad, name, None) for name in dir(refgrad) if not name.startswith("_")]
    ignored = {each for each in names if isinstance(each, FunctionType) and not hasattr(each, "dispatches")}
    ignored |= {getattr(refgrad, name.rpartition(".")[2]) for name in MODES_ALONE}
    return ignored | {each for each in members_of_tensors().values() if isinstance(each, FunctionType)} - {
        each for each in members_of_tensors().values() if hasattr(each, "dispatches")
    }


def resolve_name(f: Any) -> str | None:
    """The full name of an overridable function, or of an attribute's reader; `None` for anything else."""
    install()
    if type(f).__name__ in ("OpOverload", "OpOverloadPacket"):
        return str(f)
    reader = f.__self__ if getattr(f, "__name__", "") == "__get__" and hasattr(f, "__self__") else None
    for name, each in members_of_tensors().items():
        if f is each or f is getattr(each, "__wrapped__", each):
            return f"torch.Tensor.{'__rtruediv__' if name == '__rdiv__' else name}"
        if reader is not None and each is reader:
            return f"torch.Tensor.{name}.__get__"
    where = getattr(f, "dispatches", None)
    if where == "torch.Tensor":
        name = f.__dict__.get("attribute")
        return f"torch.Tensor.{f.__name__}" if name is None else f"torch.Tensor.{name}.{f.__name__}"
    for module in MODULES:
        if module == "refgrad.autograd":
            continue
        for name, each in vars(sys.modules[module]).items() if module in sys.modules else ():
            if f in (each, getattr(each, "__wrapped__", each)):
                place = module.replace("refgrad", "torch")
                return f"{PLACES[place] if place == 'torch' and keywords(place, name) else place}.{name}"
    return None


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


def get_testing_overrides() -> dict[Any, Callable[..., int]]:
    """For each overridable function one that takes the same arguments and returns -1."""

    def standing_in(function: Any) -> Callable[..., int]:
        def stand_in(*args: Any, **kwargs: Any) -> int:
            return -1

        with contextlib.suppress(TypeError, ValueError):
            stand_in.__dict__["__signature__"] = inspect.signature(function)
        return stand_in

    functions = [each for found in get_overridable_functions().values() for each in found]
    functions += [getattr(each, "__wrapped__", each) for each in functions]  # as they were before they were exchanged
    return {each: standing_in(each) for each in functions}


def get_default_nowrap_functions() -> set[Any]:
    """The readers of attributes whose values do not become instances of the class."""
    return {getattr(Tensor, name).__get__ for name in UNWRAPPED}


def redispatch_function(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """Run a function without asking the classes of its arguments; what it calls itself asks them."""
    if hasattr(func, "dispatches"):
        return func.__wrapped__(*args, **(kwargs or {}))
    state.skipping = True
    try:
        return func(*args, **(kwargs or {}))
    finally:
        state.skipping = False


@contextlib.contextmanager
def enable_reentrant_dispatch() -> Iterator[None]:
    """Have autograd record inside of a `__torch_dispatch__`."""
    from refgrad.operators.dispatching import Above

    with Above():
        yield


__all__ = [
    "enable_reentrant_dispatch", "get_ignored_functions", "get_overridable_functions", "get_testing_overrides",
    "handle_torch_function", "has_torch_function", "is_tensor_like", "is_tensor_method_or_property",
    "redispatch_function", "resolve_name", "wrap_torch_function",
]  # fmt: skip
