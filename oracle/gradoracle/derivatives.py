"""PyTorch's own table of derivatives, `derivatives.yaml`, as the installed wheel ships it; PyTorch is not imported."""

from __future__ import annotations

import importlib.util
from collections import Counter
from functools import cache
from pathlib import Path

import yaml


class NoDerivatives(RuntimeError):
    """The table is not to be had: PyTorch is not installed, or its wheel does not carry it."""


@cache
def backward_nodes() -> tuple[str, ...]:
    """The node of every entry in the order of the table: `AbsBackward0`, ..., `SumBackward0`, `SumBackward1`, ...

    Entries of one operator are numbered in the order of the table, as PyTorch's code generator does.
    Raises `NoDerivatives`.
    """
    spec = importlib.util.find_spec("torchgen")
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    path = Path(folders[0], "packaged", "autograd", "derivatives.yaml") if folders else None
    if path is None or not path.exists():
        raise NoDerivatives("PyTorch's derivatives.yaml is not installed here")
    numbers: Counter[str] = Counter()
    nodes: list[str] = []
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
        base = entry["name"].partition("(")[0].partition(".")[0]
        if base.endswith("_") and not base.endswith("__"):
            base = base[:-1]
        name = "".join(part.title() for part in base.split("_")) + "Backward"
        nodes.append(f"{name}{numbers[name]}")
        numbers[name] += 1
    return tuple(nodes)
