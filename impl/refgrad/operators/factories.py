"""Factories inside transforms: what they make belongs to the level they were called on.

Only so can it be written in place there. Under `vmap`, what is made like a batched tensor is batched, and random
numbers are the same for all examples, different, or forbidden, as `vmap` was told.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from refgrad import creation_texts
from refgrad import forward_texts as texts
from refgrad.device import STRIDED, check_available
from refgrad.levels import BatchLevel, Lowered, hidden_on, levels, lowered, wrapped
from refgrad.operators.dispatching import is_anybody_asked, made_by_asking
from refgrad.tensor import Tensor

RANDOM = frozenset(("rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like", "normal"))
MAKES_NOTHING = frozenset(("manual_seed", "as_tensor", "asarray"))
TELLS_ITSELF = frozenset(("from_numpy", "frombuffer", "new_tensor"))
"""Those that PyTorch has no operator for: what they are made of is told."""
LOOKS_ITSELF = frozenset(("tensor",))
"""Called so often that another call around it would be felt."""


DECIDES_NOTHING = frozenset(("layout", "pin_memory", "requires_grad"))
"""Options that leave all as it is: where memory is there is no choice, and None is no."""


def deciding(options: dict[str, Any]) -> dict[str, Any]:
    """The options without those that leave all as it is.

    Raises RuntimeError for memory that this machine has not got.
    """
    if options.get("pin_memory"):
        raise RuntimeError(creation_texts.NO_PINNED_MEMORY)
    return {
        name: value
        for name, value in options.items()
        if name not in DECIDES_NOTHING or (value and value is not STRIDED)
    }


def on_levels(factory: Callable[..., Any]) -> Callable[..., Any]:
    """The factory, aware of transforms."""
    if factory.__name__ in MAKES_NOTHING or factory.__name__ in LOOKS_ITSELF:
        return factory

    tells_itself = factory.__name__ in TELLS_ITSELF
    takes_sizes = bool(factory.__code__.co_flags & inspect.CO_VARARGS)

    @functools.wraps(factory)
    def make(*arguments: Any, **options: Any) -> Any:
        if options:
            if options.get("device") is not None:
                check_available(options["device"])
            if "size" in options and takes_sizes:
                arguments = (*arguments, options.pop("size"))
            if not tells_itself and not DECIDES_NOTHING.isdisjoint(options):
                options = deciding(options)
        if not levels.stack:
            if levels.active and not tells_itself and is_anybody_asked(arguments):
                return made_by_asking(factory, arguments, options)
            return factory(*arguments, **options)
        return made_on(len(levels.stack), factory, arguments, options)

    return make


def made_on(depth: int, factory: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The tensor of level `depth`; 0 is below all levels.

    Raises RuntimeError for random numbers where `vmap` forbids them.
    """
    if depth == 0:
        if levels.active and is_anybody_asked(arguments):
            return made_by_asking(factory, arguments, options)
        return factory(*arguments, **options)
    level = levels.stack[depth - 1]
    name = factory.__name__
    if not isinstance(level, BatchLevel):
        with Lowered(level):
            arguments = tuple([lowered(level, each) if isinstance(each, Tensor) else each for each in arguments])
            inner = made_on(depth - 1, factory, arguments, {**options, "requires_grad": False} if options else options)
        made = wrapped(level, inner)
        made._requires_grad = bool(options.get("requires_grad", False))
        return made
    if name in RANDOM and level.randomness == "error":
        raise RuntimeError(texts.RANDOM_IN_LEGACY if level.legacy else texts.RANDOM_IN_ERROR_MODE)
    source = arguments[0] if arguments and isinstance(arguments[0], Tensor) else None
    like = source is not None and hidden_on(level, source) and name not in ("tensor", "from_numpy")
    with Lowered(level):
        if name in RANDOM:
            if level.randomness == "same":
                return made_on(depth - 1, factory, arguments, options)
            drawn = [made_on(depth - 1, factory, arguments, options) for _ in range(level.size)]
            return wrapped(level, stacked(drawn), 0)
        if not like:
            return made_on(depth - 1, factory, arguments, options)
        if name == "new_empty_strided":
            size, stride, *rest = arguments[1:]
            reach = 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) if 0 not in size else 1
            given = (source, (level.size, *size), (reach, *stride), *rest)
            return wrapped(level, made_on(depth - 1, factory, given, options), 0)
        one = made_on(depth - 1, factory, arguments, options)
        return wrapped(level, one.unsqueeze(0).expand(level.size, *one._array.shape).clone(), 0)


def stacked(parts: list[Any]) -> Any:
    from refgrad.operators.names import FUNCTIONS

    return FUNCTIONS["stack"](parts)


__all__ = ["on_levels"]
