"""Operators that a user registered, on the levels of `torch.func`: example by example, or by the user's rule."""

from __future__ import annotations

from typing import Any

from refgrad import forward_texts
from refgrad.autograd import custom_function_texts
from refgrad.autograd.batched_function import VmapInfo, two_returns
from refgrad.func.trees import broadcast, flatten, mapped, unflatten
from refgrad.levels import BatchLevel, Level, Lowered, batch_dim, lifted, lowered, wrapped
from refgrad.modes import is_grad_enabled
from refgrad.operators.names import FUNCTIONS
from refgrad.tensor import Tensor


def run_on_level(definition: Any, free: tuple[Any, ...], named: dict[str, Any], level: Level) -> Any:
    """Run an operator on the innermost level.

    Raises RuntimeError where it would be recorded there, and for one that writes its arguments under `vmap`.
    """
    if isinstance(level, BatchLevel):
        return run_batched(definition, free, named, level)
    leaves, spec = flatten((free, named))
    leaves = [lifted(level, each) if isinstance(each, Tensor) else each for each in leaves]
    if is_grad_enabled() and any(isinstance(each, Tensor) and each.requires_grad for each in leaves):
        raise RuntimeError(custom_function_texts.FUNCTORCH_NEEDS_SETUP_CONTEXT)
    below = unflatten([lowered(level, each) if isinstance(each, Tensor) else each for each in leaves], spec)
    with Lowered(level):
        made = definition.run(*below)
    return mapped(lambda each: wrapped(level, each) if isinstance(each, Tensor) else each, made)


def run_batched(definition: Any, free: tuple[Any, ...], named: dict[str, Any], level: BatchLevel) -> Any:
    leaves, spec = flatten((free, named))
    dims = [batch_dim(level, each) if isinstance(each, Tensor) else None for each in leaves]
    below = [lowered(level, each) if isinstance(each, Tensor) else each for each in leaves]
    if all(dim is None for dim in dims):
        with Lowered(level):
            return definition.run(*unflatten(below, spec))
    if definition._rule is not None:
        args, kwargs = unflatten(below, spec)
        with Lowered(level):
            info = VmapInfo(level.size, level.randomness)
            made, out_dims = two_returns(definition._rule(info, unflatten(dims, spec)[0], *args, **kwargs))
        found, found_spec = flatten(made)
        spread = broadcast(out_dims, found_spec)
        if spread is None:
            text = custom_function_texts.vmap_out_dims(out_dims, flatten(out_dims)[1], found_spec)
            raise RuntimeError(text)
    else:
        if any(each.written for each in definition.schema.arguments):
            raise RuntimeError(forward_texts.no_view_fallback(definition._name, definition._namespace))
        with Lowered(level):
            found, found_spec = one_by_one(definition, below, dims, spec, level.size)
        spread = [0] * len(found)
    wrap = [
        wrapped(level, each, dim) if isinstance(each, Tensor) else each for each, dim in zip(found, spread, strict=True)
    ]
    return unflatten(wrap, found_spec)


def one_by_one(
    definition: Any, below: list[Any], dims: list[int | None], spec: Any, size: int
) -> tuple[list[Any], Any]:
    """Run an operator for every example, and stack what it gives."""
    rows = []
    found_spec: Any = None
    for i in range(size):
        given = [each if dim is None else each.select(dim, i) for each, dim in zip(below, dims, strict=True)]
        row, found_spec = flatten(definition.run(*unflatten(given, spec)))
        rows.append(row)
    stack: Any = FUNCTIONS["stack"]
    return [stack(list(column)) for column in zip(*rows, strict=True)], found_spec
