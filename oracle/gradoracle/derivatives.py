"""PyTorch's own table of derivatives, `derivatives.yaml`, as the installed wheel ships it; PyTorch is not imported."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_NO_FORMULA = frozenset({"name", "result", "output_differentiability", "dispatch"})
"""What stands in an entry beside the formulas of its inputs."""


class NoDerivatives(RuntimeError):
    """The table is not to be had: PyTorch is not installed, or its wheel does not carry it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One operator of the table, and the node that PyTorch records for it; None where it has no formula."""

    operator: str
    node: str | None

    @property
    def label(self) -> str:
        return self.node or self.operator


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry in the order of the table: `AbsBackward0`, ..., `SumBackward0`, `SumBackward1`, ...

    Entries of one operator that have a formula are numbered in the order of the table, and `_forward` at the end of a
    name is left out, as PyTorch's code generator does. Raises `NoDerivatives`.
    """
    numbers: Counter[str] = Counter()
    found: list[Entry] = []
    for row in _table():
        operator = row["name"].partition("(")[0]
        node = None
        if _has_formula(row):
            base = operator.partition(".")[0]
            if base.endswith("_") and not base.endswith("__"):
                base = base[:-1]
            name = "".join(part.title() for part in base.removesuffix("_forward").split("_")) + "Backward"
            node = f"{name}{numbers[name]}"
            numbers[name] += 1
        found.append(Entry(operator, node))
    return tuple(found)


def _table() -> list[dict[str, Any]]:
    spec = importlib.util.find_spec("torchgen")
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    path = Path(folders[0], "packaged", "autograd", "derivatives.yaml") if folders else None
    if path is None or not path.exists():
        raise NoDerivatives("PyTorch's derivatives.yaml is not installed here")
    rows: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return rows


def _has_formula(row: Mapping[str, Any]) -> bool:
    """Whether an input has a formula that serves every layout; some have one for nested tensors alone."""
    formulas: Mapping[str, Any] = row["dispatch"].get("Default", {}) if "dispatch" in row else row
    return any(name not in _NO_FORMULA and text != "non_differentiable" for name, text in formulas.items())
