"""What PyTorch looks at before it reflects or repeats what lies at the edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from refgrad import creation_texts, dtypes, memory_texts
from refgrad.operators import pad_texts as texts
from refgrad.operators.texts import not_implemented_for


def check_repeated(mode: str, rank: int, a: Any, padding: Sequence[int]) -> None:
    """Raise RuntimeError for an empty image, for a reflection of more than there is, and if nothing would be left.

    Raises NotImplementedError for bools.
    """
    shape = a.shape
    if 0 in shape[max(a.ndim - rank - 1, 0) :]:
        raise RuntimeError(texts.empty(rank, shape))
    if mode == "reflection":
        for i in range(rank):
            axis, pair = a.ndim - 1 - i, padding[2 * i : 2 * i + 2]
            if max(pair) >= shape[axis]:
                raise RuntimeError(texts.too_wide(4 + 2 * i, pair, axis, shape))
    wanted = [shape[a.ndim - 1 - i] + padding[2 * i] + padding[2 * i + 1] for i in range(rank)][::-1]
    if max(wanted) < 1:
        raise RuntimeError(texts.too_small(mode, shape[-rank:], wanted))
    if min(wanted) < 0:
        whole = (*shape[:-rank], *wanted)
        if mode == "reflection" and rank == 2:
            raise RuntimeError(memory_texts.NUMEL_OVERFLOW)
        raise RuntimeError(creation_texts.negative_dimension(whole))
    if a.dtype.kind == "b":
        raise NotImplementedError(not_implemented_for(f"{mode}_pad{rank}d", dtypes.of_array(a).scalar_name))
