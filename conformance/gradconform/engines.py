"""Finds an engine by the name a user gives it."""

from __future__ import annotations

import difflib
import importlib.util
import re
from dataclasses import dataclass
from importlib.metadata import entry_points

GROUP = "gradconform.engines"
"""The entry point group under which a package offers its engine: name = "package.module:factory"."""

_BUILT_IN: dict[str, str] = {
    "refgrad": "gradconform.adapters.refgrad:engine",
    "torch": "gradoracle.torch_engine:cpu",
    "torch:cpu": "gradoracle.torch_engine:cpu",
    "torch:cuda": "gradoracle.torch_engine:cuda",
}
ORACLES: tuple[str, ...] = ("torch:cpu", "torch:cuda")
"""The oracles there are; which of them this machine has is found by starting them."""

_FACTORY = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


class UnknownEngine(ValueError):
    """No engine or oracle has this name."""


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """A name as the user wrote it and the `module:factory` that makes the engine."""

    name: str
    factory: str


def engine_spec(name: str) -> EngineSpec:
    """The engine of a name: built in, offered by an installed package, or written out as `package.module:factory`.

    Raises `UnknownEngine` for any other name, and for a module that is not there.
    """
    offered = {point.name: point.value for point in entry_points(group=GROUP)}
    known = {**offered, **_BUILT_IN}
    if name in known:
        return EngineSpec(name, known[name])
    if _FACTORY.fullmatch(name):
        module = name.partition(":")[0]
        try:
            found = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            found = None
        if found is None:
            raise UnknownEngine(f"no module {module!r} for engine {name!r}: is it installed, or on PYTHONPATH?")
        return EngineSpec(name, name)
    raise UnknownEngine(_unknown("engine", name, sorted(known)))


def oracle_spec(name: str) -> EngineSpec:
    """The oracle of a name. Raises `UnknownEngine` for anything but `ORACLES`."""
    if name == "torch":
        name = "torch:cpu"
    if name not in ORACLES:
        raise UnknownEngine(_unknown("oracle", name, list(ORACLES)))
    return EngineSpec(name, _BUILT_IN[name])


def _unknown(what: str, name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
    more = ", or write package.module:factory" if what == "engine" else ""
    return f"unknown {what} {name!r}: {hint}{more}"
