"""The tangents of a custom Function's results: what its `jvp` returns, held against what `forward` did.

A result that is an input modified in place must have its tangent modified in place, and a view of an input a view of
that input's tangent. Otherwise later writes would reach one and not the other.
Behaviour: "Forward mode AD" of https://docs.pytorch.org/docs/2.13/notes/extending.html, details observed on PyTorch
2.13.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from refgrad.autograd import custom_function_texts as texts
from refgrad.creation import zeros_like
from refgrad.levels import Lowered, batch_dim, in_transform, levels, lowered
from refgrad.operators.transformed import set_tangent, tangent_of
from refgrad.tensor import Tensor
from refgrad.type_names import type_name


def hang_tangents(
    node: Any, inputs: Sequence[Any], raw: Sequence[Any], results: Sequence[Any], dirty: set[int], cut: set[int]
) -> None:
    """Run the `jvp` of `node` if an input has a tangent, and give the results theirs.

    `raw` is what `forward` returned, `dirty` and `cut` which tensors it marked as modified and as not differentiable.
    Raises RuntimeError for tangents that do not fit.
    """
    tangents = [tangent_here(each) for each in inputs]
    if all(each is None for each in tangents):
        return
    versions = [None if each is None else each._version for each in tangents]
    bases = {id(base_of(each)): tangent for each, tangent in zip(inputs, tangents, strict=True) if tangent is not None}
    levels.forward = False
    try:
        returned = node.apply_jvp(*materialized(node, inputs, tangents))
    finally:
        levels.forward = True
    found = returned if isinstance(returned, tuple) else (returned,)
    for i, each in enumerate(found):
        if each is not None and not isinstance(each, Tensor):
            raise RuntimeError(texts.tangent_is_no_tensor(type_name(each), i))
    if len(found) != len(raw):
        raise RuntimeError(texts.wrong_number_of_tangents(len(raw), len(found)))
    places = {id(each): i for i, each in enumerate(inputs)}
    for i, (given, result, tangent) in enumerate(zip(raw, results, found, strict=True)):
        if not isinstance(given, Tensor):
            continue
        if id(given) in cut or given._array.dtype.kind not in "fcV":
            if tangent is not None:
                raise RuntimeError(texts.tangent_of_no_differentiable(i))
            continue
        place = places.get(id(given))
        if tangent is None and (id(given) not in dirty or place is None or tangents[place] is None):
            raise RuntimeError(texts.TANGENT_NOT_FLOATING)
        if id(given) in dirty:
            if place is None:
                raise RuntimeError(texts.DIRTY_NO_INPUT)
            if tangents[place] is None:
                set_tangent(result, tangent, True)
            elif tangent is None or tangent._version == versions[place]:
                raise RuntimeError(texts.TANGENT_NOT_MODIFIED)
            elif tangent is not tangents[place]:
                raise RuntimeError(texts.TANGENT_NOT_RETURNED)
            continue
        source = None if result._view is None else bases.get(id(result._view.base))
        if source is not None:
            if tangent._view is None:
                raise RuntimeError(texts.TANGENT_NO_VIEW)
            if tangent._view.base is not base_of(source):
                raise RuntimeError(texts.TANGENT_OTHER_VIEW)
        give_tangent(result, tangent)


def tangent_here(tensor: Any) -> Any:
    """The tangent of an input; in a batched check the one of what it stands on."""
    from refgrad.autograd.forward_ad import unpacked

    return unpacked(tensor).tangent if levels.stack and not in_transform() else tangent_of(tensor)


def give_tangent(result: Any, tangent: Any) -> None:
    """Raises RuntimeError for a tangent of integers."""
    if tangent._array.dtype.kind not in "fcV":
        raise RuntimeError(texts.TANGENT_NOT_FLOATING)
    level = levels.stack[-1] if levels.stack else None
    if level is None or in_transform() or batch_dim(level, result) is None:
        set_tangent(result, tangent, False)
        return
    inner = lowered(level, result)
    with Lowered(level):
        below = lowered(level, tangent)
        set_tangent(inner, below if batch_dim(level, tangent) is not None else below.expand(inner.shape), False)


def base_of(tensor: Tensor) -> Tensor:
    return tensor if tensor._view is None else tensor._view.base


def materialized(node: Any, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
    """A tangent for every argument: None for what is no tensor, zeros where one is missing and wanted."""
    found = iter(zip(inputs, tangents, strict=True))
    given: list[Any] = []
    for is_tensor in node.argument_is_tensor:
        if not is_tensor:
            given.append(None)
            continue
        each, tangent = next(found)
        wanted = tangent is None and node.flags["materialize_grads"] and each._array.dtype.kind in "fcV"
        given.append(zeros_like(each) if wanted else tangent)
    return given
