"""What the parser makes of arguments that it takes: plain numbers, whatever stood for them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from refgrad.signatures.matching import Arguments, Given, Options, Taken
from refgrad.signatures.texts import LEAST, MOST
from refgrad.tensor import Tensor

PLAIN = (bool, int, float, complex, str, type(None))


def number(value: Any) -> Any:
    return value.item() if isinstance(value, Tensor) else value


def check_bits(number: int) -> None:
    """Raise OverflowError for an integer of more than 64 bits, where it would be taken; the parser then tells of it."""
    if not LEAST <= number <= MOST:
        raise OverflowError


def integer(value: Any) -> Any:
    """An integer; a tensor of one element is one, and so is what has an index."""
    return int(number(value)) if isinstance(value, Tensor) else operator.index(value)


def several(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return value if all(type(each) is int for each in value) else [integer(each) for each in value]
    return integer(value)


def spelled(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def several_floats(value: Any) -> Any:
    return [number(each) for each in value] if isinstance(value, (list, tuple)) else value


CONVERTED: dict[str, Callable[[Any], Any]] = {
    "Number": number, "int": integer, "float": number, "tuple of ints": several, "tuple of floats": several_floats,
    "str": spelled,
}  # fmt: skip


def is_plain(given: Given) -> bool:
    """Whether every value of these types is taken as it is."""
    kind, value = given.parameter.kind, given.value
    if kind == "Tensor" or kind == "tuple of Tensors":
        return True
    if isinstance(value, (list, tuple)):
        return all(type(each) is int or (type(each) is float and kind == "tuple of floats") for each in value)
    return type(value) in PLAIN or (not isinstance(value, Tensor) and kind not in CONVERTED)


def converted_value(given: Given) -> Any:
    convert = CONVERTED.get(given.parameter.kind)
    return given.value if convert is None or given.value is None else convert(given.value)


def converted(taken: Taken, arguments: Arguments, options: Options) -> tuple[Arguments, Options]:
    """The arguments with plain numbers for everything that stands for one."""
    made, named = list(arguments), dict(options)
    for parameter, place, value, spread in taken:
        convert = CONVERTED.get(parameter.kind)
        if convert is None or value is None:
            continue
        if spread:
            made = several(value)
        elif isinstance(place, int):
            made[place] = convert(value)
        else:
            named[place] = convert(value)
    return made, named
