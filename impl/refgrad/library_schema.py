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


DEFAULTS = (int, float, bool, str, type(None), dtype, Device)


class Argument(NamedTuple):
    name: str
    kind: str
    default: Any
    keyword_only: bool
    written: bool

    @property
    def bare_kind(self) -> str:
        """The type without a word on what is written."""
        return re.sub(r"\(.*\)", "", self.kind)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" if self.default is OWED else f"{self.kind} {self.name}={self.default_shown()}"

    def default_shown(self) -> str:
        return f'"{self.default}"' if isinstance(self.default, str) else str(self.default)


class Schema(NamedTuple):
    arguments: tuple[Argument, ...]
    result: str

    def __str__(self) -> str:
        return self.text([str(each) for each in self.arguments])

    def text(self, parts: list[str]) -> str:
        first_named = next((i for i, each in enumerate(self.arguments) if each.keyword_only), None)
        if first_named is not None:
            parts.insert(first_named, "*")
        return f"({', '.join(parts)}) -> {self.result}"

    def as_registered(self) -> str:
        """As C++ writes it, which has another way with floating numbers."""
        return self.text([str(each._replace(default=shown_in_cpp(each.default))) for each in self.arguments])

    @property
    def is_mutable(self) -> bool:
        """Whether an argument is written."""
        return any(each.written for each in self.arguments)

    @property
    def has_lists(self) -> bool:
        """Whether there are lists of tensors, given or made."""
        kinds = (*(each.kind for each in self.arguments), self.result)
        return any("Tensor" in each and "[]" in each for each in kinds)

    def bound(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with defaults: those that may be positional, and those that may not.

        Raises RuntimeError where they do not fit.
        """
        declaration = f"{name}{self.as_registered()}"
        free = [each for each in self.arguments if not each.keyword_only]
        if len(args) > len(free):
            refusal = texts.too_many if len(free) == len(self.arguments) else texts.too_many_positional
            raise RuntimeError(refusal(name, len(free), len(args), declaration))
        values = dict(zip((each.name for each in free), args, strict=False))
        for place, each in enumerate(self.arguments):
            if each.name in values and each.name in kwargs:
                twice = texts.given_twice(each.name, declaration)
                raise RuntimeError(twice if each.default is OWED else texts.DEFAULT_GIVEN_TWICE)
            if each.name in kwargs:
                values[each.name] = kwargs[each.name]
            elif each.name not in values and each.default is OWED:
                raise RuntimeError(texts.missing(name, each.name, declaration))
            value = values.setdefault(each.name, each.default)
            try:
                values[each.name] = cast(each.bare_kind, value)
            except TypeError as error:
                text = texts.no_cast(name, each.name, shown_kind(each.kind), place, value, declaration, str(error))
                raise RuntimeError(text) from None
        for key in kwargs:
            if all(each.name != key for each in self.arguments):
                raise RuntimeError(texts.unknown_keyword(name, key, declaration))
        return tuple(values[each.name] for each in free), {
            each.name: values[each.name] for each in self.arguments if each.keyword_only
        }


def shown_in_cpp(value: Any) -> Any:
    return Raw(f"{value:.17g}".removesuffix(".0") + ".") if type(value) is float and value == int(value) else value


class Raw:
    """A text that stands for itself."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


SHOWN = {"SymInt": "int", "Scalar": "number", "ScalarType": "int"}


def shown_kind(kind: str) -> str:
    """A type as errors write it."""
    if kind.endswith("?"):
        return f"Optional[{shown_kind(kind[:-1])}]"
    if kind.endswith("[]"):
        return f"List[{shown_kind(kind[:-2])}]"
    bare = re.sub(r"\(.*\)", "", kind)
    return SHOWN.get(bare, bare)


def cast(kind: str, value: Any) -> Any:
    """`value` as an argument of a type. Raises TypeError with the details."""
    if kind.endswith("?"):
        return None if value is None else cast(kind[:-1], value)
    if kind.endswith("[]"):
        return cast_list(kind[:-2], value)
    number = isinstance(value, (int, float)) or (isinstance(value, Tensor) and value.dim() == 0)
    if kind == "Tensor":
        if not (value is None or isinstance(value, Tensor)):
            raise TypeError(texts.no_tensor(value))
    elif kind == "SymInt":
        if isinstance(value, float) or not number:
            raise TypeError(texts.no_instance(value))
        return int(value)
    elif kind == "float":
        if not number:
            raise TypeError(texts.no_instance(value))
        return float(value)
    elif kind == "bool":
        if not (value is None or number):
            raise TypeError(texts.no_instance(value))
        return bool(value)
    elif kind == "str":
        if not isinstance(value, str):
            raise TypeError(texts.no_instance(value))
    elif kind == "Scalar" and not (number or isinstance(value, complex)):
        raise TypeError(texts.no_number(value))
    return value


def cast_list(kind: str, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        if kind == "Tensor":
            if not all(each is None or isinstance(each, Tensor) for each in value):
                raise TypeError(texts.no_instance(value))
            return list(value)
        return [cast(kind, each) for each in value]
    raise TypeError(
        texts.no_instance(value) if isinstance(value, Tensor) or kind == "Tensor" else texts.no_items(value)
    )


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
    if isinstance(mutates_args, str) and mutates_args != "unknown":
        raise ValueError(texts.MUTATES_NO_SEQUENCE)

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
        if name in mutates_args and mutates_args != "unknown" and not kind.startswith("Tensor"):
            refuse(texts.mutable_no_tensor(name))
        if not (parameter.default is OWED or isinstance(parameter.default, DEFAULTS)):
            refuse(texts.unsupported_default(name, type(parameter.default)))
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
