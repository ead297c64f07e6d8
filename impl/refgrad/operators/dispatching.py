"""Modes that are asked in the place of every operator, below autograd (`torch.utils._python_dispatch`).

Autograd has then done its part: what a mode is given and returns has no history yet, and what it calls is not recorded.
The operators of backward are seen too. Where no mode is entered nothing of this is reached: a mode switches the longer
road on (`levels.active`).
Behaviour: observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from refgrad.device import Device
from refgrad.levels import levels
from refgrad.modes import modes
from refgrad.tensor import Tensor

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator

SIZED = frozenset("empty ones rand randn zeros".split())
"""Factories that take the size, as several numbers or as one sequence; modes are told a list."""

COMPARED = frozenset("eq ne lt le gt ge".split())
OTHER_NAMES = {
    ("add", "Scalar"): "add.Tensor", ("sub", "Scalar"): "sub.Tensor", ("mul", "Scalar"): "mul.Tensor",
    ("div", "Scalar"): "div.Tensor", ("transpose", ""): "transpose.int", ("bernoulli", ""): "bernoulli.float",
    ("_index_put_impl", ""): "index_put.default",
}  # fmt: skip
"""Rows that PyTorch's Python functions reach under another name."""


def overload_of(row: Operator, tensors: tuple[Any, ...], suffix: str = "") -> Any:
    name, overload = row.name, row.overload or "default"
    if name in COMPARED:
        overload = "Tensor" if isinstance(tensors[1], Tensor) else "Scalar"
    elif (row.name, row.overload) in OTHER_NAMES:
        name, overload = OTHER_NAMES[row.name, row.overload].split(".")
    return named(name + suffix, overload)


def named(name: str, overload: str = "default") -> Any:
    from refgrad import ops

    return ops.aten.packet(name).overload(overload)


def ask(overload: Any, args: tuple[Any, ...], kwargs: dict[str, Any], run: Callable[..., Any]) -> Any:
    """What the innermost mode makes of an operator; `run` is the operator for those further out."""
    before = levels.dispatch, levels.forward, modes.grad
    mode = before[0][-1]
    levels.dispatch = before[0][:-1]
    levels.forward = modes.grad = False
    levels.update()
    overload.running.append(run)
    try:
        return mode.__torch_dispatch__(overload, (), args, kwargs)
    finally:
        overload.running.pop()
        levels.dispatch, levels.forward, modes.grad = before
        levels.update()


def dispatched(row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...]) -> Any:
    """The bare result of an operator, as a mode gives it; several in a list."""
    operands: tuple[Any, ...] = (list(tensors),) if row.list_input else tensors
    count = len(operands)

    def run(*args: Any) -> Any:
        given = args[:count]
        return call(row, given, (*map(as_tuple, args[count:]), *attributes[len(args) - count :]))

    made = ask(overload_of(row, tensors), (*operands, *told(row, attributes)), {}, run)
    if isinstance(made, (tuple, list)):
        return [own(each, tensors) for each in made]
    return own(made, tensors)


def own(made: Any, tensors: tuple[Any, ...]) -> Any:
    """A result that nobody else's history hangs on."""
    return made.alias() if made._node is not None or any(made is each for each in tensors) else made


def told(row: Operator, attributes: tuple[Any, ...]) -> tuple[Any, ...]:
    """The attributes up to the last one that says something: the rest is left out."""
    names = row.attribute_names
    last = len(attributes)
    while last and (attributes[last - 1] is None or attributes[last - 1] == row.defaults.get(names[last - 1], ())):
        last -= 1
    return tuple(list(each) if type(each) is tuple else each for each in attributes[:last])


def as_tuple(each: Any) -> Any:
    """An attribute as rows have it, from what modes are told."""
    return tuple(each) if type(each) is list else each


def pass_on(overload: Any, args: tuple[Any, ...], kwargs: dict[str, Any], last: Callable[..., Any]) -> Any:
    """Ask one mode after the other; `last` is what the operator does when all have let it pass."""
    if not levels.dispatch:
        return last(*args, **kwargs)
    return ask(overload, args, kwargs, functools.partial(passed, overload, last))


def passed(overload: Any, last: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return pass_on(overload, args, kwargs, last)


def dispatched_in_place(
    row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...], write: Callable[[tuple[Any, ...]], Any]
) -> None:
    """The same for an operator that writes its first operand; `write` does so, and records it."""
    grad, forward, count = modes.grad, levels.forward, len(tensors)

    def last(*args: Any) -> Any:
        modes.grad, levels.forward = grad, forward
        write(args[:count])
        return args[0]

    pass_on(overload_of(row, tensors, "_"), (*tensors, *told(row, attributes)), {}, last)


def made_by_mode(factory: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A new tensor, as a mode gives it."""
    if factory.__name__ in SIZED:
        size = args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args
        args = (list(size),)
        kwargs = {"device": Device("cpu"), **kwargs, "pin_memory": False}
        if "dtype" in kwargs:
            kwargs = {"dtype": kwargs.pop("dtype"), **kwargs}

    def last(*args: Any, pin_memory: bool = False, **kwargs: Any) -> Any:
        return factory(*args, **kwargs)

    return pass_on(named(factory.__name__), args, kwargs, last)


def detached_by_mode(tensor: Tensor, detach: Callable[[Tensor], Tensor]) -> Any:
    made = pass_on(named("detach"), (tensor,), {}, detach)
    return made.alias() if made is tensor else made


from refgrad.operators.call import call  # noqa: E402  # it needs the functions above
