"""Reads `out_of_reach.txt`: the nodes of PyTorch's table of derivatives that no program of ours can record, and why."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def out_of_reach() -> Mapping[str, tuple[str, ...]]:
    """The nodes by reason; a reason is a word for the kind, a colon, and the rest of a sentence."""
    text = files("gradconform.catalogue").joinpath("out_of_reach.txt").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    nodes: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            nodes = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            nodes.extend(line.split())
    return {reason: tuple(inside) for reason, inside in found.items()}
