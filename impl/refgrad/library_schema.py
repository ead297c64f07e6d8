"""The signature of an operator that a user writes: read off a function or a text, and given arguments fitted to it."""

from __future__ import annotations

import ast
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from refgrad import library_texts as texts
from refgrad.device import Device
from refgrad.dtypes import dtype
from refgrad.tensor import Tensor

OWED = inspect.Parameter.empty
NAMES: dict[Any, str] = {
    Tensor: "Tensor", int: "SymInt", float: "float", bool: "bool", str: "str", dtype: "ScalarType", Device: "Device",
    int | float | bool: "Scalar", typing.Union[int, float, bool]: "Scalar",  # noqa: UP007  # another object
}  # fmt: skip


class Argument(NamedTuple):
    name: str
    kind: str
    default: Any
    keyword_only: bool
    written: bool

    def __str__(self) -> str:
        text = f"{self.kind} {self.name}"
        shown = f'"{self.default}"' if isinstance(self.default, str) else self.default
        return text if self.default is OWED else f"{text}={shown}"


class Schema(NamedTuple):
    arguments: tuple[Argument, ...]
    result: str

    def __str__(self) -> str:
        first_named = next((i for i, each in enumerate(self.arguments) if each.keyword_only), None)
        parts = [str(each) for each in self.arguments]
        if first_named is not None:
            parts.insert(first_named, "*")
        return f"({', '.join(parts)}) -> {self.result}"

    def bound(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with defaults: those that may be positional, and those that may not.

        Raises RuntimeError where they do not fit.
        """
        declaration = f"{name}{self}"
        free = [each for each in self.arguments if not each.keyword_only]
        if len(args) > len(free):
            raise RuntimeError(texts.too_many(name, len(free), len(args), declaration))
        values = dict(zip((each.name for each in free), args, strict=False))
        for key, value in kwargs.items():
            if all(each.name != key for each in self.arguments):
                raise RuntimeError(texts.unknown_keyword(name, key, declaration))
            values[key] = value
        for place, each in enumerate(self.arguments):
            if each.name not in values and each.default is OWED:
                raise RuntimeError(texts.missing(name, each.name, declaration))
            value = values.setdefault(each.name, each.default)
            if each.kind.startswith("Tensor") and each.kind[-1] not in "]?" and not isinstance(value, Tensor):
                raise RuntimeError(texts.no_tensor(name, each.name, place, value, declaration))
        return tuple(values[each.name] for each in free), {
            each.name: values[each.name] for each in self.arguments if each.keyword_only
        }


def kind_of(annotation: Any) -> str | None:
    """The name of a type in a schema; `None` if there is none."""
    with_none = typing.get_args(annotation)
    if type(None) in with_none:
        rest = tuple(each for each in with_none if each is not type(None))
        inner = kind_of(rest[0] if len(rest) == 1 else typing.Union[rest])  # noqa: UP007
        return inner and f"{inner}?"
    if typing.get_origin(annotation) in (list, Sequence):
        inner = kind_of(with_none[0])
        return inner and f"{inner}[]"
    return NAMES.get(annotation) if isinstance(annotation, (type, types.UnionType)) or annotation in NAMES else None


def result_of(annotation: Any) -> str | None:
    if annotation is None or annotation is type(None):
        return "()"
    if typing.get_origin(annotation) is tuple:
        parts = [kind_of(each) for each in typing.get_args(annotation)]
        return None if None in parts else f"({', '.join(map(str, parts))})"
    return kind_of(annotation)


def schema_of(function: Callable[..., Any], mutates_args: str | Iterable[str]) -> Schema:
    """The schema that the annotations of a function say. Raises ValueError where they do not."""
    found = inspect.signature(function)

    def refuse(what: str) -> typing.NoReturn:
        raise ValueError(texts.signature(what, found))

    hints = typing.get_type_hints(function)
    arguments = []
    for place, (name, parameter) in enumerate(found.parameters.items()):
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            refuse(texts.VARIADIC)
        if parameter.annotation is OWED:
            refuse(texts.unannotated(name))
        kind = kind_of(hints[name])
        if kind is None:
            refuse(texts.unsupported(name, hints[name]))
        written = kind.startswith("Tensor") and (mutates_args == "unknown" or name in mutates_args)
        if written:
            kind = kind.replace("Tensor", f"Tensor(a{place}!)", 1)
        arguments.append(Argument(name, kind, parameter.default, parameter.kind is parameter.KEYWORD_ONLY, written))
    unknown = set() if mutates_args == "unknown" else set(mutates_args) - set(found.parameters)
    if unknown:
        refuse(texts.mutated_unknown(unknown))
    if found.return_annotation is OWED:
        refuse(texts.NO_RETURN)
    result = result_of(hints.get("return"))
    if result is None:
        refuse(f"Return has unsupported type {hints['return']}.")
    return Schema(tuple(arguments), result)


def parsed(text: str) -> Schema:
    """A schema written as `(Tensor x, int n=2, *, bool flag) -> Tensor`. Raises ValueError for anything else."""
    found = re.fullmatch(r"\s*\w*(\(.*\))\s*->\s*(.+?)\s*", text)
    if not found:
        raise ValueError(text)
    arguments, named = [], False
    for part in re.split(r",\s*(?![^\[(]*[\])])", found[1][1:-1]):
        if part.strip() == "*":
            named = True
        elif part.strip():
            kind, name, default = re.fullmatch(r"\s*(\S+)\s+(\w+)(?:=(.*))?\s*", part).groups()  # type: ignore[union-attr]
            value = OWED if default is None else ast.literal_eval(default.replace("true", "True"))
            arguments.append(Argument(name, kind, value, named, "!" in kind))
    return Schema(tuple(arguments), found[2])
