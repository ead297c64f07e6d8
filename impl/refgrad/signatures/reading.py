"""The table of signatures: which parameters each function and method has, of which kinds."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_name("table.txt")
LINE = re.compile(r"(?P<method>\.?)(?P<name>\w+)(?:=(?P<shown>\w+))?\((?P<parameters>.*)\)(?P<hidden> hidden)?")
PARAMETER = re.compile(r"(?P<kind>.+?)(?:\[(?P<size>\d*)\])?(?P<none>\??) (?P<name>\w+)(?P<default> = .*)?")
FIRST = ("input", "self", "x")
"""How functions call what is the tensor itself in a method."""


class Parameter(NamedTuple):
    kind: str
    size: int
    """How often a single number counts, in place of several, or how many tensors there have to be; 0: not at all."""
    takes_none: bool
    name: str
    default: str
    keyword_only: bool

    @property
    def optional(self) -> bool:
        return bool(self.default)

    @property
    def shown(self) -> str:
        return f"{self.kind} {self.name}{self.default}"


class Signature(NamedTuple):
    parameters: tuple[Parameter, ...]

    @property
    def positional(self) -> int:
        return sum(not each.keyword_only for each in self.parameters)

    @property
    def required(self) -> int:
        return sum(not each.optional for each in self.parameters)

    @property
    def shown(self) -> str:
        """As PyTorch prints it."""
        parts = []
        for each in self.parameters:
            if each.keyword_only and "*" not in parts:
                parts.append("*")
            parts.append(each.shown)
        return f"({', '.join(parts)})"


class Overloads(NamedTuple):
    """All that a function takes."""

    name: str
    """How PyTorch's messages call it."""
    signatures: tuple[Signature, ...]
    hidden: bool
    """Whether it takes an old form besides."""


def read_parameters(text: str) -> tuple[Parameter, ...]:
    found: list[Parameter] = []
    keyword_only = False
    for part in re.split(r", (?![^\[(]*[\])])", text) if text else ():
        if part == "*":
            keyword_only = True
            continue
        declared = PARAMETER.fullmatch(part)
        if declared is None:
            raise ValueError(f"not a parameter: {part!r}")
        found.append(
            Parameter(
                declared["kind"], int(declared["size"] or 0),
                bool(declared["none"]) or declared["default"] in (" = None", " = []"),  # the default alone allows it
                declared["name"], declared["default"] or "", keyword_only,
            )
        )  # fmt: skip
    return tuple(found)


@functools.cache
def table() -> dict[str, Overloads]:
    """Functions by name, and the methods that have a line of their own by their name after a dot."""
    made: dict[str, Overloads] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        found = LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"not a signature: {line!r}")
        key = found["method"] + found["name"]
        old = made.get(key)
        signatures = (*(old.signatures if old else ()), Signature(read_parameters(found["parameters"])))
        made[key] = Overloads(found["shown"] or found["name"], signatures, bool(found["hidden"]))
    return made


@functools.cache
def known_names() -> frozenset[str]:
    """The names that have a line, without reading what stands in it."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return frozenset(line.partition("(")[0].partition("=")[0] for line in lines if line and line[0] != "#")


def of_function(name: str) -> Overloads | None:
    return table().get(name)


@functools.cache
def of_method(name: str) -> Overloads | None:
    """A line of its own, or that of the function, or that of the method it is the in-place form of."""
    own = table().get("." + name)
    if own is not None:
        return own
    function = table().get(name)
    if function is not None:
        return as_method(function)
    plain = of_method(name[:-1]) if name.endswith("_") else None
    return None if plain is None else plain._replace(name=plain.name + "_")


def as_method(function: Overloads) -> Overloads | None:
    """Without the first parameter, which is the tensor itself, and without `out`."""
    made = [
        Signature(tuple(rest for rest in each.parameters[1:] if rest.name != "out"))
        for each in function.signatures
        if each.parameters and each.parameters[0].kind == "Tensor" and each.parameters[0].name in FIRST
    ]
    return function._replace(signatures=tuple(dict.fromkeys(made))) if made else None
