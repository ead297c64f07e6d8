"""Reads `operator_calls.txt`: calls of differentiable operators, and the inputs that they may use."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

INPUTS, UNDERIVABLE = "inputs", "underivable"


@cache
def sections() -> dict[str, tuple[str, ...]]:
    """The lines of the file by the `[name]` above them; comments and blank lines left out."""
    text = files("gradconform.catalogue").joinpath("operator_calls.txt").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            lines = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return {name: tuple(inside) for name, inside in found.items()}


def inputs() -> dict[str, str]:
    """For each input the line that makes it."""
    return {line.partition(" = ")[0]: line for line in sections()[INPUTS]}


def calls() -> dict[str, tuple[str, ...]]:
    """The calls of each group."""
    return {name: lines for name, lines in sections().items() if name not in (INPUTS, UNDERIVABLE)}


def derivable(call: str) -> bool:
    """Whether PyTorch can differentiate a call once."""
    return call not in sections()[UNDERIVABLE]
