"""Whether arguments fit a signature, and what PyTorch says if they do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from refgrad import dtypes
from refgrad.dtypes import dtype
from refgrad.signatures import texts
from refgrad.signatures.reading import Parameter, Signature
from refgrad.storages import TypedStorage, UntypedStorage
from refgrad.tensor import Tensor
from refgrad.type_names import type_name

Arguments = Sequence[Any]
Options = Mapping[str, Any]


class Given(NamedTuple):
    parameter: Parameter
    place: int | str
    """The number of the argument, or its keyword."""
    value: Any
    spread: bool = False
    """Whether all arguments together are the value."""


Taken = Sequence[Given]

NUMBERS_FOR_TENSORS = frozenset(
    ("add", "copy", "div", "divide", "floor_divide", "mul", "multiply", "sub", "subtract", "to", "true_divide")
)
"""Functions, and their in-place forms, that take a number wherever they take a tensor."""
NUMPY_NAMES = {"dim": ("axis",), "keepdim": ("keepdims",), "input": ("x", "a", "x1"), "other": ("x2",)}


class Refused(Exception):  # no error of its own: its text becomes that of a TypeError
    """The arguments do not fit; the text is PyTorch's."""


class RefusedAtOnce(Refused):
    """No other signature is tried."""


def is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(type(value), "__torch_function__")


def is_scalar(value: Any, least: int = dtypes.BOOL, most: int = dtypes.COMPLEX) -> bool:
    """Whether it is a tensor without dimensions that requires no grad, of a type from one category to another."""
    plain = isinstance(value, Tensor) and value.dim() == 0 and not value.requires_grad
    return plain and least <= value.dtype.category <= most


def is_integer(value: Any) -> bool:
    if isinstance(value, (bool, np.bool_)):
        return False
    return isinstance(value, (int, np.integer)) or is_scalar(value, dtypes.INTEGER, dtypes.INTEGER)


def is_index(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, Tensor):
        return value.numel() == 1 and value.dtype.category == dtypes.INTEGER
    return hasattr(type(value), "__index__") and not (isinstance(value, np.ndarray) and value.ndim)


def is_single(value: Any) -> bool:
    """Whether it counts as one number where several integers are wanted."""
    if isinstance(value, Tensor):
        return value.numel() == 1 and value.dtype.category <= dtypes.INTEGER
    return is_integer(value)


def is_number(value: Any) -> bool:
    return isinstance(value, (float, int, complex, np.number, np.bool_)) or is_scalar(value)


def is_float(value: Any) -> bool:
    return (is_number(value) and not isinstance(value, complex)) or isinstance(value, np.number)


def is_plain_number(value: Any) -> bool:
    return isinstance(value, (float, int, complex, np.number, np.bool_))


def is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def is_device(value: Any) -> bool:
    known = isinstance(value, (str, bytes, int, np.integer)) and not isinstance(value, bool)
    return known or type(value).__name__ == "device"


def begins_with(test: Any) -> Any:
    """A list or tuple whose first element passes; an empty one does."""
    return lambda value: isinstance(value, (list, tuple)) and (not value or test(value[0]))


TESTS: dict[str, Any] = {
    "Number": is_number,
    "int": is_integer,
    "float": is_float,
    "bool": is_bool,
    "str": lambda value: isinstance(value, (str, bytes)),
    "torch.dtype": lambda value: isinstance(value, dtype),
    "torch.device": is_device,
    "torch.Storage": lambda value: isinstance(value, (TypedStorage, UntypedStorage)),
    "torch.layout": lambda value: type(value).__name__ == "layout",
    "torch.memory_format": lambda value: type(value).__name__ == "memory_format",
    "torch.Generator": lambda value: type(value).__name__ == "Generator",
    "tuple of ints": begins_with(is_index),
    "tuple of floats": begins_with(is_plain_number),
    "tuple of bools": begins_with(is_bool),
    "tuple of Scalars": lambda value: isinstance(value, (list, tuple)) and all(map(is_number, value)),
}
"""Kinds that are not here let everything pass."""
SINGLE = {"tuple of ints": is_single, "tuple of floats": is_float, "tuple of bools": is_bool}
"""What counts as one number where several are wanted."""


def fits(name: str, parameter: Parameter, value: Any, place: int) -> bool:
    """Whether a value is of the parameter's kind.

    Raises RefusedAtOnce for a list of tensors with something else in it.
    """
    kind = parameter.kind
    if kind == "Tensor":
        return is_tensor(value) or (name.rstrip("_") in NUMBERS_FOR_TENSORS and is_number(value))
    if kind == "tuple of Tensors":
        return is_tensor_list(parameter, value, place)
    test = TESTS.get(kind)
    return test is None or test(value) or (parameter.size > 0 and kind in SINGLE and SINGLE[kind](value))


def is_tensor_list(parameter: Parameter, value: Any, place: int) -> bool:
    if not isinstance(value, (list, tuple)):
        return False
    for at, each in enumerate(value):
        if not is_tensor(each) and not (each is None and parameter.takes_none):
            if parameter.name == "out":
                return False
            raise RefusedAtOnce(texts.no_tensor_in_list(at, place, type_name(each)))
    return True


def none_fits(parameter: Parameter) -> bool:
    """Of a list of tensors None is an element, and no list."""
    return parameter.takes_none and (parameter.kind != "tuple of Tensors" or parameter.optional)


def option(parameter: Parameter, options: Options) -> str | None:
    """The keyword under which the parameter is given."""
    return next((each for each in (parameter.name, *NUMPY_NAMES.get(parameter.name, ())) if each in options), None)


def match(name: str, signature: Signature, arguments: Arguments, options: Options) -> Taken:
    """The arguments with their parameters.

    Raises Refused with what PyTorch says if the arguments do not fit.
    """
    parameters = signature.parameters
    count = len(arguments)
    spread = signature.positional == 1 and parameters[0].kind == "tuple of ints"
    if count > signature.positional and not spread:
        raise Refused(texts.too_many(name, signature.required, signature.positional, count))
    at, used = 0, 0
    taken: list[Given] = []
    for place, parameter in enumerate(parameters):
        keyword = None
        if at < count:
            if parameter.keyword_only:
                raise Refused(texts.too_many(name, signature.required, signature.positional, count))
            value, given = arguments[at], True
        else:
            keyword = option(parameter, options)
            given = keyword is not None
            value = None if keyword is None else options[keyword]
        if not given and not parameter.optional:
            lacking = [each.name for each in parameters[place:] if not each.optional]
            raise Refused(texts.missing(name, lacking))
        if not given or (value is None and none_fits(parameter)) or fits(name, parameter, value, place):
            pass
        elif keyword is not None:
            raise Refused(texts.wrong_keyword(name, parameter.name, parameter.kind, type_name(value)))
        elif spread and at == 0 and TESTS["tuple of ints"](arguments):
            taken.append(Given(parameter, 0, tuple(arguments), True))
            at = count
            continue
        elif spread and at == 0 and count > 1:
            raise Refused(texts.too_many(name, signature.required, signature.positional, count))
        else:
            raise Refused(wrong_value(name, parameter, value, at))
        if given:
            taken.append(Given(parameter, at if keyword is None else keyword, value))
        used += keyword is not None
        at += given and keyword is None
    if at < count:
        raise Refused(texts.too_many(name, signature.required, signature.positional, count))
    if used < len(options):
        raise Refused(surplus(name, parameters, options, count))
    return taken


def wrong_value(name: str, parameter: Parameter, value: Any, at: int) -> str:
    """What is said of a positional argument; of a list, its first element is to blame."""
    if parameter.kind == "tuple of ints" and isinstance(value, (list, tuple)) and value:
        kind = type_name(value[0])
        return texts.wrong_element(name, parameter.name, at + 1, parameter.kind, kind, 0)
    return texts.wrong_position(name, parameter.name, at + 1, parameter.kind, type_name(value))


def wrong_element(name: str, taken: Taken) -> str | None:
    """What is said of a list of numbers that has something else behind the first, which has been looked at."""
    for parameter, _, value, _ in taken:
        if isinstance(value, (list, tuple)) and parameter.kind in ELEMENTS:
            test, told = ELEMENTS[parameter.kind]
            for at, each in enumerate(value):
                if not test(each):
                    return told(name, parameter.name, parameter.kind, type_name(each), at + 1)
    return None


def is_integral(value: Any) -> bool:
    return isinstance(value, bool) or is_index(value) or is_single(value)


ELEMENTS: dict[str, tuple[Callable[[Any], bool], Callable[..., str]]] = {
    "tuple of ints": (is_integral, texts.not_unpacked),
    "tuple of floats": (is_float, texts.wrong_float),
}
"""Of lists: what elements have to be, and what is said of others."""


def surplus(name: str, parameters: Sequence[Parameter], options: Options, count: int) -> str:
    """What is said of a keyword that no parameter has taken."""
    names = [each.name for each in parameters]
    for keyword in options:
        if keyword not in names:
            return texts.unexpected(name, keyword)
        if names.index(keyword) < count:
            return texts.given_twice(name, keyword)
    return texts.unexpected(name, next(iter(options)))
