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
from refgrad.signatures.converting import PLAIN
from refgrad.signatures.matching import fits, wrong_value
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

    def check(self, value: Any) -> None:
        """Raise AttributeError or TypeError for a value that PyTorch does not pass on."""
        if value is None and self.parameter.takes_none:
            return
        if self.attribute:
            if not hasattr(value, self.attribute):
                raise AttributeError(texts.no_attribute(type_name(value), self.attribute))
        elif not fits(self.function, self.parameter, value, self.place):
            if self.place == BY_NAME:
                kind = type_name(value)
                raise TypeError(texts.wrong_keyword(self.function, self.parameter.name, self.parameter.kind, kind))
            raise TypeError(wrong_value(self.function, self.parameter, value, self.place - 1))


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
    parameters = list(inspect.signature(made).parameters)
    types: set[Any] = set()
    shown = name.rpartition(".")[2]

    @functools.wraps(made)
    def run(*arguments: Any, **options: Any) -> Any:
        key = (*map(type, arguments), *options, *map(type, options.values())) if options else (*map(type, arguments),)
        if key not in types and key_of(arguments, options) not in types:
            strange = has_strangers(arguments, options)
            asked = others(arguments, options) if strange else []
            if asked:
                return answer_of(asked, where, shown, arguments, options)
            given = dict(zip(parameters, arguments, strict=False)) | options
            values = [(each, given[each.name]) for each in rows if each.name in given]
            for each, value in values:
                each.check(value)
            plain = all(each.parameter.kind in ("", "Tensor") or type(value) in PLAIN for each, value in values)
            if plain and not strange:
                types.add(key_of(arguments, options))
        return made(*arguments, **options)

    asks(run)
    return run
