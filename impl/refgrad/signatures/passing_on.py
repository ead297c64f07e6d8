"""Functions that PyTorch writes in Python: what is said where they pass a wrong argument on.

`python_table.txt` has a line for each parameter that goes to a built-in function as it is, or of which an attribute is
asked for first. What is wrong with the call itself, Python says.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from refgrad.asking import answer_of, asks, others
from refgrad.signatures import texts
from refgrad.signatures.converting import PLAIN, converted_value, is_plain
from refgrad.signatures.matching import Given, fits, wrong_element, wrong_value
from refgrad.signatures.reading import Parameter
from refgrad.signatures.seen_types import has_strangers, key_of
from refgrad.type_names import type_name

TABLE = Path(__file__).with_name("python_table.txt")


BY_NAME = 0
"""The place of an argument that is passed on by its name."""


class Passed(NamedTuple):
    """What becomes of an argument."""

    name: str
    attribute: str
    function: str
    place: int
    parameter: Parameter

    def passed(self, value: Any) -> Any:
        """The value as the built-in function gets it.

        Raises AttributeError or TypeError for one that PyTorch does not pass on, ValueError for too large a number.
        """
        if value is None and self.parameter.takes_none:
            return value
        if self.attribute:
            if not hasattr(value, self.attribute):
                raise AttributeError(texts.no_attribute(type_name(value), self.attribute))
            found = getattr(type(value), self.attribute)
            if not callable(found):  # of arrays of NumPy
                raise TypeError(texts.not_callable(type_name(getattr(value, self.attribute))))
            return value
        if not fits(self.function, self.parameter, value, self.place):
            if self.place == BY_NAME:
                kind = type_name(value)
                raise TypeError(texts.wrong_keyword(self.function, self.parameter.name, self.parameter.kind, kind))
            raise TypeError(wrong_value(self.function, self.parameter, value, self.place - 1))
        given = Given(self.parameter, self.place - 1, value)
        told = wrong_element(self.function, (given,))
        if told is not None:
            raise TypeError(told)
        return value if is_plain(given) else converted_value(given)

    def is_kept(self, value: Any) -> bool:
        """Whether every value of the type is passed on as it is."""
        return self.parameter.kind in ("", "Tensor") or type(value) in PLAIN

    def refuse_large(self, value: Any) -> None:
        """Raise ValueError for an integer that is too large."""
        if type(value) is int and not texts.LEAST <= value <= texts.MOST and self.parameter.kind in INTEGERS:
            raise ValueError(texts.OVERFLOW)


INTEGERS = ("int", "tuple of ints")


@functools.cache
def table() -> dict[str, tuple[Passed, ...]]:
    made: dict[str, tuple[Passed, ...]] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line[:1] not in ("", "#"):
            left, right = line.split(" | ")
            function, name = left.split()
            first, second, *rest = right.rstrip("?").split()
            if first == "has":
                parameter = Parameter("", 0, right[-1] == "?", name, "", keyword_only=False)
                passed = Passed(name, second, "", 0, parameter)
            else:
                kind, _, size = " ".join(rest[1:]).rstrip("]").partition("[")
                parameter = Parameter(kind, int(size or 0), right[-1] == "?", second, "", keyword_only=False)
                passed = Passed(name, "", first, int(rest[0]), parameter)
            made[function] = (*made.get(function, ()), passed)
    return made


def passing_on(made: Callable[..., Any], name: str, where: str) -> Callable[..., Any]:
    """`made`, which looks at its arguments as the built-in functions behind it do, once for each types of them.

    `name`: that of the table, `where`: the module of torch. Classes that want to be asked come first.
    """
    rows = table().get(name)
    if rows is None:
        return made
    signature = inspect.signature(made)
    types: set[Any] = set()
    shown = name.rpartition(".")[2]

    def looked_at(arguments: Any, options: Any, *, remember: bool) -> tuple[Any, Any]:
        """The arguments as they are passed on."""
        try:
            bound = signature.bind(*arguments, **options)
        except TypeError:
            return arguments, options  # Python says what is wrong
        given = bound.arguments
        there = [each for each in rows if each.name in given]
        for each in there:
            value = given[each.name]
            given[each.name] = each.passed(value)
            remember = remember and each.is_kept(value)
        if remember:
            types.add(key_of(arguments, options))
        return bound.args, bound.kwargs

    @functools.wraps(made)
    def run(*arguments: Any, **options: Any) -> Any:
        key = (*map(type, arguments), *options, *map(type, options.values())) if options else (*map(type, arguments),)
        if key not in types and key_of(arguments, options) not in types:
            strange = has_strangers(arguments, options)
            asked = others(arguments, options) if strange else []
            if asked:
                return answer_of(asked, where, shown, arguments, options)
            arguments, options = looked_at(arguments, options, remember=not strange)
        try:
            return made(*arguments, **options)
        except Exception:
            refuse_large(arguments, options)
            raise

    def refuse_large(arguments: Any, options: Any) -> None:
        given = dict(zip(signature.parameters, arguments, strict=False)) | options
        for each in rows:
            each.refuse_large(given.get(each.name))

    asks(run)
    return run
