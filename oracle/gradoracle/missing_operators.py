"""Tells an operator that an engine's tensors do not have from one that refuses its operands.

Operators are Python's own: where a class has no method for one, Python raises a TypeError, and no adapter is asked.
"""

from __future__ import annotations

import re
from typing import Any

from gradoracle.engine import Engine, Unsupported

_METHODS = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul",
    "&": "and", "|": "or", "^": "xor", "<<": "lshift", ">>": "rshift",
}  # fmt: skip
_UNARY = {"-": "neg", "+": "pos", "~": "invert"}
_ORDER = {"<": ("lt", "gt"), ">": ("gt", "lt"), "<=": ("le", "ge"), ">=": ("ge", "le")}

_SAID = re.compile(
    r"unsupported operand type\(s\) for (?P<binary>[^ =:]+)=?(?: or \S+)?: '(?P<left>\w+)' and '(?P<right>\w+)'"
    r"|bad operand type for unary (?P<unary>\S): '(?P<only>\w+)'"
    r"|'(?P<order>[<>]=?)' not supported between instances of '(?P<one>\w+)' and '(?P<other>\w+)'"
    r"|'(?P<read>\w+)' object is not subscriptable"
    r"|'(?P<written>\w+)' object does not support item assignment"
)


def refuse_missing(error: TypeError, engine: Engine, values: list[Any]) -> None:
    """Raise `Unsupported` if an error says that tensors like those among `values` have no such operator."""
    said = _SAID.match(str(error))
    if said is None:
        return
    tensors = {type(value).__name__: type(value) for value in values if engine.is_tensor(value)}
    wanted = [(tensors[name], method) for name, method in _asked(said) if name in tensors]
    if wanted and not any(_has(kind, method) for kind, method in wanted):
        raise Unsupported(f"torch.Tensor.{wanted[0][1]}") from error


def _asked(said: re.Match[str]) -> list[tuple[str, str]]:
    """The classes that were asked for a method, by their names, and the method."""
    if said["binary"]:
        method = _METHODS.get(said["binary"], "")
        return [(said["left"], f"__{method}__"), (said["right"], f"__r{method}__")] if method else []
    if said["unary"]:
        return [(said["only"], f"__{_UNARY[said['unary']]}__")]
    if said["order"]:
        method, mirrored = _ORDER[said["order"]]
        return [(said["one"], f"__{method}__"), (said["other"], f"__{mirrored}__")]
    return [(said["read"], "__getitem__") if said["read"] else (said["written"], "__setitem__")]


def _has(kind: type, method: str) -> bool:
    return getattr(kind, method, None) is not getattr(object, method, None)
