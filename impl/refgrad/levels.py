"""What stands between a tensor and its memory while transforms run: tangents and levels.

Two things make operators take a longer road than `call`. A *dual level* (`torch.autograd.forward_ad`) gives tensors
tangents. A *level* of `torch.func` (grad, vjp, jvp, vmap) wraps them: inside `grad(f)` the argument of f is another
tensor on the same memory, with a history of its own, that stands on the tensor given. Nested transforms nest such
wrappers, and an operator is run by the innermost level first, which hands what stands inside to the next one. So no
level sees the history or the tangents of another.

`levels.active` is the one flag the ordinary road tests.
Behaviour: https://docs.pytorch.org/docs/2.13/func.ux_limitations.html, details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from refgrad import memory
from refgrad import tensor_texts as texts
from refgrad.modes import modes

if TYPE_CHECKING:
    from refgrad.dtypes import Array
    from refgrad.tensor import Tensor


class Level:
    """One running transform of `torch.func`."""

    __slots__ = ("alive", "forward_outside", "grad_outside", "made", "number", "transform")

    def __init__(self, number: int, transform: str) -> None:
        self.number = number
        self.transform = transform
        self.alive = True
        self.grad_outside = modes.grad
        """Whether the levels below may record; what `no_grad` inside the transform says counts too."""
        self.made: list[weakref.ref[Tensor]] = []
        """The tensors of this level: if one outlives it, operators have to look out for it."""
        self.forward_outside = True
        """Whether operators hand tangents on below."""


class BatchLevel(Level):
    """One running `vmap`."""

    __slots__ = ("legacy", "randomness", "size")

    def __init__(self, number: int, size: int, randomness: str, *, legacy: bool = False) -> None:
        super().__init__(number, "vmap")
        self.grad_outside = True
        self.size = size
        self.randomness = randomness
        self.legacy = legacy
        """Of a batched backward: PyTorch's older `vmap`, which says other things and knows no transforms."""


class Wrapper:
    """What a tensor of a level stands on; `dim`: the dimension of `inner` that vmap hides, `None` for others."""

    __slots__ = ("dim", "inner", "level")

    def __init__(self, level: Level, inner: Tensor, dim: int | None) -> None:
        self.level = level
        self.inner = inner
        self.dim = dim


class DualLevel:
    """The level of forward-mode AD; it knows who holds a tangent, to take it away in the end."""

    __slots__ = ("holders",)

    def __init__(self) -> None:
        self.holders: list[weakref.ref[Tensor]] = []

    def clear(self) -> None:
        for reference in self.holders:
            tensor = reference()
            if tensor is not None and tensor._extra is not None:
                tensor._extra.tangent = None


class Own:
    """What one thread has of `Levels`."""

    __slots__ = ("__weakref__", "values")

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def needed(self) -> bool:
        """Whether something but a dual level asks for the longer road."""
        return any(self.values.get(name) for name in ("stack", "ended", "escaped", "dispatch", "replaying"))


class Levels(threading.local):
    """The levels of the current thread, the innermost last; the dual level is that of all threads."""

    of_threads: ClassVar[weakref.WeakValueDictionary[int, Own]] = weakref.WeakValueDictionary()
    """What each thread has of its own."""
    dual: DualLevel | None = None
    active: bool = False
    stack: tuple[Level, ...] = ()
    dispatch: tuple[Any, ...] = ()
    """The modes that see every operator below autograd, the innermost last."""
    escaped: tuple[weakref.ref[Tensor], ...] = ()
    """Tensors of transforms that have ended."""
    living: ClassVar[dict[int, weakref.ref[Any]]] = {}
    """The tensors, of all threads, whose class has a `__torch_dispatch__`."""
    without_memory: ClassVar[set[int]] = set()
    """Those of them that have no elements of their own."""
    seen_by_classes: bool = True
    """Whether operators ask the classes of their tensors."""
    ended: int = 0
    """How many blocks run in which operators meet tensors of levels that have ended."""
    forward: bool = True
    """Whether operators hand tangents on."""
    replaying: bool = False
    """Whether views remember the operators that made them, to be taken by these once more."""

    def __init__(self) -> None:
        self.own = Own(self.__dict__)
        self.of_threads[id(self.own)] = self.own
        self.active = self.dual is not None or bool(self.living)

    def update(self) -> None:
        if self.escaped and not self.stack:
            self.escaped = alive(self.escaped)
        self.active = self.own.needed() or self.dual is not None or modes.below or bool(self.living)

    def asks(self, tensor: Any) -> bool:
        """Whether a mode, or the class of `tensor`, is asked what operators do."""
        return bool(self.dispatch) or (id(tensor) in self.living and self.seen_by_classes)

    def hide(self, *tensors: Tensor) -> bool:
        """Whether formulas may not look into one of the tensors: somebody is asked of it, or it is of a transform."""
        if not self.active:
            return False
        return any(self.asks(each) or is_of_transform(each) for each in tensors)

    def memory_given(self, tensor: Tensor, other: Tensor) -> Array:
        """The memory of `other`, which `tensor` is given. Raises RuntimeError inside of a transform."""
        from refgrad.forward_texts import DATA_IN_VMAP, SET_DATA_OF_WRAPPER

        for level in reversed(self.stack):
            if isinstance(level, BatchLevel):
                if not level.legacy and any(hidden_on(level, each) for each in (tensor, other)):
                    raise RuntimeError(DATA_IN_VMAP)
            elif level.transform != "jacobian":
                raise RuntimeError(SET_DATA_OF_WRAPPER)
        return other._array

    def enter_dual(self, level: DualLevel | None) -> None:
        """Begin the dual level of all threads, or end it."""
        Levels.dual = level
        self.update_all()

    def update_all(self) -> None:
        wanted = Levels.dual is not None or bool(self.living)
        for own in list(self.of_threads.values()):
            own.values["active"] = own.needed() or wanted
        if modes.below:
            self.active = True

    def look_out_for(self, tensor: Tensor) -> None:
        """Have operators take the longer road while `tensor` lives, whose class is asked."""

        def gone(_: object) -> None:
            self.without_memory.discard(key)
            if self.living.pop(key, None) is not None and not self.living:
                self.update_all()

        key = id(tensor)
        first = not self.living
        self.living[key] = weakref.ref(tensor, gone)
        if first:
            self.update_all()


def alive(references: Iterable[weakref.ref[Tensor]]) -> tuple[weakref.ref[Tensor], ...]:
    return tuple([each for each in references if each() is not None])


levels = Levels()


@contextmanager
def entered(make: Callable[[int], Level]) -> Iterator[Any]:
    """Run the block on one level more."""
    before = levels.stack
    level = make(len(before) + 1)
    levels.stack = (*before, level)
    levels.active = True
    try:
        yield level
    finally:
        level.alive = False
        levels.stack = before
        levels.escaped += alive(level.made)
        levels.update()


@contextmanager
def ended_levels() -> Iterator[None]:
    """A block in which operators look through tensors of levels that have ended."""
    levels.ended += 1
    levels.active = True
    try:
        yield
    finally:
        levels.ended -= 1
        levels.update()


class Lowered:
    """A block that runs below `level`."""

    __slots__ = ("before", "forward", "grad", "level")

    def __init__(self, level: Level) -> None:
        self.level = level

    def __enter__(self) -> None:
        self.before, self.forward, self.grad = levels.stack, levels.forward, modes.grad
        levels.stack = self.before[: self.level.number - 1]
        levels.update()
        if not self.level.grad_outside:
            modes.grad = False
        if not self.level.forward_outside:
            levels.forward = False

    def __exit__(self, *_: object) -> None:
        levels.stack, levels.forward, modes.grad = self.before, self.forward, self.grad
        levels.active = True


class Untransformed:
    """A block in which operators take the ordinary road."""

    __slots__ = ("before", "outermost")

    def __enter__(self) -> None:
        self.before, self.outermost = levels.stack, "dual" not in levels.__dict__
        levels.stack, levels.dual, levels.active = (), None, False

    def __exit__(self, *_: object) -> None:
        levels.stack = self.before
        if self.outermost:
            del levels.dual  # what the thread had of its own: that of all threads is seen again
        levels.update()


def wrapper_of(tensor: Tensor) -> Wrapper | None:
    """What `tensor` stands on; `None` for one of no level, or of one that has ended (see `settled`)."""
    extra = tensor._extra
    return None if extra is None else extra.wrapper


def settled(tensor: Any) -> Any:
    """`tensor`, or what it stands on if its level has ended."""
    while True:
        wrapper = wrapper_of(tensor)
        if wrapper is None or wrapper.level.alive or wrapper.dim is not None:
            return tensor
        tensor = wrapper.inner


def wrapped(level: Level, inner: Tensor, dim: int | None = None) -> Any:
    """A tensor of `level` on `inner`. Hiding a dimension, it shows the shape and the memory of the first example."""
    from refgrad.tensor import Tensor

    made = Tensor._of(inner._array if dim is None else first_example(inner._array, dim))
    extra = made.own_extra()
    extra.wrapper = Wrapper(level, inner, dim)
    level.made.append(weakref.ref(made))
    extra.wrapped = inner._is_number()
    return made


def require_grad_on_level(tensor: Tensor) -> None:
    """Have an argument of a transform require grad.

    Raises RuntimeError for types other than floating and complex.
    """
    if tensor._array.dtype.kind not in "fcV":
        raise RuntimeError(texts.DTYPE_CANNOT_REQUIRE_GRAD_METHOD)
    tensor._requires_grad = True


def first_example(array: Array, dim: int) -> Array:
    moved = np.moveaxis(array, dim, 0) if dim else array
    first: Array = moved[0, ...] if len(moved) else np.empty(moved.shape[1:], array.dtype)
    return first


def stands_on(wrapper: Wrapper, level: Level) -> bool:
    """Whether a wrapper is one of `level`: one that left its `vmap` counts for a later `vmap` of the same number."""
    of = wrapper.level
    return of is level or (
        wrapper.dim is not None and not of.alive and of.number == level.number and type(of) is type(level)
    )


def lifted(level: Level, tensor: Any) -> Any:
    """`tensor` as one of `level`."""
    wrapper = wrapper_of(tensor)
    if wrapper is not None:
        if stands_on(wrapper, level):
            return tensor
        if not wrapper.level.alive:
            return lifted(level, settled(tensor)) if wrapper.dim is None else tensor
    return wrapped(level, tensor)


def lowered(level: Level, tensor: Any) -> Any:
    """What `tensor` stands on below `level`."""
    wrapper = wrapper_of(tensor)
    return wrapper.inner if wrapper is not None and stands_on(wrapper, level) else settled(tensor)


def batch_dim(level: Level, tensor: Any) -> int | None:
    wrapper = wrapper_of(tensor)
    return wrapper.dim if wrapper is not None and stands_on(wrapper, level) else None


def is_batched(tensor: Tensor) -> bool:
    """Whether some level hides a dimension of `tensor`."""
    return hiding_level(tensor) is not None


def hiding_level(tensor: Tensor) -> Level | None:
    """The innermost level that hides a dimension of `tensor`."""
    wrapper = wrapper_of(tensor)
    while wrapper is not None:
        if wrapper.dim is not None:
            return wrapper.level
        wrapper = wrapper_of(wrapper.inner)
    return None


def is_of_transform(tensor: Tensor) -> bool:
    """Whether `tensor` is of a running level of `torch.func`, not of a batched backward or a `jacobian`."""
    wrapper = wrapper_of(tensor)
    level = None if wrapper is None else wrapper.level
    return level is not None and level.transform != "jacobian" and not getattr(level, "legacy", False)


def in_transform() -> bool:
    """Whether the innermost level is one of `torch.func`, not a batched backward."""
    return bool(levels.stack) and not getattr(levels.stack[-1], "legacy", False)


def physical(tensor: Any) -> Array:
    """All elements that stand behind `tensor`, those that levels hide included."""
    wrapper = wrapper_of(tensor)
    while wrapper is not None:
        tensor = wrapper.inner
        wrapper = wrapper_of(tensor)
    array: Array = tensor._array
    return array


def refuse_reading(tensor: Tensor, text: str, operator: str = "") -> None:
    """Raise RuntimeError for a tensor whose elements `vmap` hides; the older one names the operator."""
    level = hiding_level(tensor)
    if level is None:
        return
    from refgrad.forward_texts import READ_BELOW, escaped, no_fallback

    if operator == "detach":
        text = text if levels.stack else escaped(operator)
    elif operator and getattr(level, "legacy", False):
        text = no_fallback(operator)
    elif operator in ("item", "is_nonzero") and levels.stack and not isinstance(levels.stack[-1], BatchLevel):
        text = READ_BELOW  # another transform inside of vmap has it read as a number
    raise RuntimeError(text)


def hidden_on(level: BatchLevel, tensor: Tensor) -> bool:
    """Whether `level` hides a dimension of `tensor`, perhaps below levels further in."""
    wrapper = wrapper_of(tensor)
    while wrapper is not None:
        if wrapper.level is level and wrapper.dim is not None:
            return True
        wrapper = wrapper_of(wrapper.inner)
    return False


def hold_tangent(tensor: Tensor, tangent: Any) -> None:
    """Give a tensor a tangent for as long as the dual level lasts."""
    if levels.dual is not None:
        tensor.own_extra().tangent = tangent
        levels.dual.holders.append(weakref.ref(tensor))


def shallow_copy(source: Tensor, made: Tensor) -> None:
    """Give an alias what its source stands on, and its tangent."""
    extra = source._extra
    if extra is not None and (extra.wrapper is not None or extra.tangent is not None):
        own = made.own_extra()
        own.wrapper, own.tangent = extra.wrapper, extra.tangent
        if own.tangent is not None and levels.dual is not None:
            levels.dual.holders.append(weakref.ref(made))


def is_asked(value: Any) -> bool:
    """Whether the class of `value` is asked what operators do, see `operators/dispatching.py`."""
    return id(value) in levels.living and levels.seen_by_classes


def address(tensor: Tensor) -> int:
    """The address of the first element; 0 for a wrapper. Raises RuntimeError inside of a transform."""
    if wrapper_of(tensor) is not None:
        from refgrad.forward_texts import NO_STORAGE

        raise RuntimeError(NO_STORAGE)
    return 0 if id(tensor) in levels.without_memory else memory.address(tensor._array)


def seen_alias(tensor: Tensor, *, shared: bool = True) -> Any:
    """An alias without history that autograd makes for itself: modes and classes see it as a `detach`.

    `shared`: with the version counter of the tensor.
    """
    if levels.asks(tensor):
        from refgrad.operators.dispatching import detached_by_asking

        return detached_by_asking(tensor, shared)
    return tensor.alias()


def detached(source: Tensor, *, outlived: bool = False) -> Any:
    """An alias without history on any level, and without a tangent; `outlived`: on levels that have ended too."""
    made = source.alias() if outlived else settled(source).alias()
    extra = made._extra
    if extra is not None:
        extra.tangent = None
        if extra.wrapper is not None:
            wrapper = extra.wrapper
            extra.wrapper = Wrapper(wrapper.level, detached(wrapper.inner), wrapper.dim)
    return made
