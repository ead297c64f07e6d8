"""Numbers at even distances, rounded as PyTorch rounds them."""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad.fused import fused
from refgrad.half import element, on_the_way

LANES = {np.dtype(np.float32): 8, np.dtype(np.float64): 4}
"""So many elements PyTorch makes at once, twice in each turn."""


def by_step(start: Any, step: Any, count: int, kind: Any) -> Any:
    """`start + step * i`: in double precision, but from the first of each handful on."""
    at = np.arange(count)
    whole = fused(np.float64(step), at.astype(np.float64), np.float64(start))
    lanes = LANES.get(kind)
    if lanes is None:
        return on_the_way(whole, kind).astype(kind)
    full = count // (2 * lanes) * 2 * lanes
    first, rest = whole[:full:lanes].astype(kind).astype(np.float64), np.arange(lanes, dtype=np.float64)
    made = whole.astype(kind)
    made[:full] = fused(np.float64(step), rest, first[:, None]).reshape(-1)
    return made


def between(start: Any, end: Any, count: int, kind: Any) -> Any:
    """Both ends included; the second half is counted back from the end."""
    if count == 1:
        return np.full(1, start, kind)
    at = np.arange(count)
    early = at < count // 2
    steps = np.where(early, at, at - (count - 1))
    if kind.kind in "iub":
        first, last = int(start), int(end)
        return (np.where(early, first, last) + (last - first) / (count - 1 or 1) * steps).astype(kind)
    exact = kind.type
    first, last = element(kind, start), element(kind, end)
    width = (last - first) / exact(count - 1) if count else exact(0)
    origin = np.where(early, first, last)
    if kind.kind == "f" and kind.itemsize > 2:
        return fused(width, steps.astype(kind), origin)
    return (origin + width * steps.astype(kind)).astype(kind)
