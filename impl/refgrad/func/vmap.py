"""`torch.func.vmap`: a function of one example, run on all examples at once.

Behaviour: https://docs.pytorch.org/docs/2.13/generated/torch.func.vmap.html, details observed on PyTorch 2.13.0. What
operators do with the hidden dimension stands in `refgrad/operators/batched.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from refgrad import creation
from refgrad.binding_texts import wrong_argument
from refgrad.func import texts
from refgrad.func.trees import TreeSpec, broadcast, flatten, unflatten
from refgrad.levels import BatchLevel, batch_dim, entered, is_batched, lowered, wrapped
from refgrad.operators.names import FUNCTIONS
from refgrad.tensor import Tensor


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function that maps `func` over the dimensions `in_dims` of its arguments and stacks results at `out_dims`.

    `randomness`: what random numbers are inside: an "error", "different" or the "same" for all examples. `chunk_size`:
    how many examples to run at once.
    Raises RuntimeError or ValueError for wrong options; the function it returns ValueError for arguments and results
    that do not fit them.
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(texts.randomness(randomness))
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError(texts.chunk_size(chunk_size))

    @functools.wraps(func)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        name = name_of(func)
        check_out_dims(out_dims, name)
        size, dims, leaves, spec = batched_inputs(in_dims, args, name)
        if chunk_size is None:
            return run(func, size, dims, leaves, spec, out_dims, randomness, kwargs)
        return run_in_chunks(func, size, dims, leaves, spec, out_dims, randomness, kwargs, chunk_size)

    return mapped


def name_of(func: Any) -> str:
    if hasattr(func, "__name__"):
        return str(func.__name__)
    if isinstance(func, functools.partial):
        return f"functools.partial({name_of(func.func)}, ...)"
    return repr(func)


def check_out_dims(out_dims: Any, name: str) -> None:
    for each in flatten(out_dims)[0]:
        if not (isinstance(each, int) or each is None):
            raise ValueError(texts.out_dims_kind(name, out_dims))


def batched_inputs(in_dims: Any, args: tuple[Any, ...], name: str) -> tuple[int, list[Any], list[Any], TreeSpec]:
    """How many examples there are, and for each leaf of the arguments the dimension they are counted along."""
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(texts.in_dims_kind(name, in_dims))  # noqa: TRY004
    if not args:
        raise ValueError(texts.no_inputs(name))
    leaves, spec = flatten(args)
    dims = broadcast(in_dims, spec)
    if dims is None:
        raise ValueError(texts.in_dims_structure(name, in_dims, flatten(in_dims)[1], spec))
    for i, (leaf, dim) in enumerate(zip(leaves, dims, strict=True)):
        if dim is None:
            continue
        if not isinstance(dim, int):
            raise ValueError(texts.in_dim_kind(name, in_dims, dim))  # noqa: TRY004
        if not isinstance(leaf, Tensor):
            raise ValueError(texts.in_dim_no_tensor(name, in_dims, dim, type(leaf)))  # noqa: TRY004
        if not -leaf.dim() <= dim < leaf.dim():
            raise ValueError(texts.in_dim_range(name, in_dims, dim, leaf.dim()))
        if dim < 0:
            dims[i] = dim % leaf.dim()
    return batch_size(dims, leaves), dims, leaves, spec


def batch_size(dims: Sequence[Any], leaves: Sequence[Any]) -> int:
    sizes = [leaf.size(dim) for leaf, dim in zip(leaves, dims, strict=True) if dim is not None]
    if not sizes:
        raise ValueError(texts.NOTHING_TO_MAP)
    if any(size != sizes[0] for size in sizes):
        raise ValueError(texts.sizes_differ(sizes))
    return int(sizes[0])


def run(
    func: Callable[..., Any],
    size: int,
    dims: Sequence[Any],
    leaves: Sequence[Any],
    spec: TreeSpec,
    out_dims: Any,
    randomness: str,
    kwargs: dict[str, Any],
) -> Any:
    name = name_of(func)
    with entered(lambda number: BatchLevel(number, size, randomness)) as level:
        given = [leaf if dim is None else wrapped(level, leaf, dim) for leaf, dim in zip(leaves, dims, strict=True)]
        results = func(*unflatten(given, spec), **kwargs)
        found, result_spec = flatten(results)
        places = result_dims(out_dims, results, result_spec, name)
    made = [unbatched(level, each, dim, name) for each, dim in zip(found, places, strict=True)]
    return unflatten(made, result_spec)


def older_vmap(func: Callable[..., tuple[Any, ...]], examples: Tensor) -> tuple[Any, ...]:
    """The results of `func` for each example, on the level that batched gradients have (`BatchLevel.legacy`)."""
    with entered(lambda number: BatchLevel(number, len(examples), "error", legacy=True)) as level:
        results = func(wrapped(level, examples, 0))
    return tuple(unbatched(level, each, 0, name_of(func)) for each in results)


def result_dims(out_dims: Any, results: Any, spec: TreeSpec, name: str) -> list[Any]:
    """For each leaf of the results where the dimension appears; a tuple of one will do for a single tensor."""
    if isinstance(results, Tensor):
        if isinstance(out_dims, tuple) and len(out_dims) == 1:
            return list(out_dims)
        places = [out_dims] if isinstance(out_dims, int) or out_dims is None else None
    else:
        places = broadcast(out_dims, spec)
    if places is None:
        raise ValueError(texts.out_dims_structure(name, out_dims, flatten(out_dims)[1], spec))
    return places


def unbatched(level: BatchLevel, result: Any, place: int | None, name: str) -> Any:
    """A result with the dimension that `level` hid at `place`."""
    if place is None:
        if isinstance(result, Tensor) and is_batched(result):
            raise ValueError(texts.batched_result(name))
        return result
    if not isinstance(result, Tensor):
        raise ValueError(texts.mapped_result_no_tensor(name, type(result)))  # noqa: TRY004
    dim = batch_dim(level, result)
    inner = lowered(level, result)
    if dim is None:
        if 0 <= place <= inner.dim():
            # As in PyTorch the new dimension is not brought to its place: only the sizes have it there.
            return inner.expand((*inner.shape[:place], level.size, *inner.shape[place:]))
        inner = inner.unsqueeze(0).expand(level.size, *inner.shape)
        dim = 0
    return inner if dim == place else inner.movedim(dim, place)


def run_in_chunks(
    func: Callable[..., Any],
    size: int,
    dims: Sequence[Any],
    leaves: Sequence[Any],
    spec: TreeSpec,
    out_dims: Any,
    randomness: str,
    kwargs: dict[str, Any],
    chunk_size: int,
) -> Any:
    """A run for each chunk of the examples, the results joined where the dimension appears."""
    state = creation.random_state.state_bytes()
    parts = []
    for start, stop in chunks(size, chunk_size):
        if randomness == "same":
            creation.random_state.restore(state)
        given = [
            leaf if dim is None else leaf.narrow(dim, start, stop - start)
            for leaf, dim in zip(leaves, dims, strict=True)
        ]
        parts.append(run(func, stop - start, dims, given, spec, out_dims, randomness, kwargs))
    if not parts:
        raise AssertionError(texts.NO_CHUNKS)
    flat = [flatten(each)[0] for each in parts]
    result_spec = flatten(parts[0])[1]
    places = broadcast(out_dims, result_spec) or []
    if None in places:
        raise TypeError(wrong_argument("cat", "dim", None, "int", "NoneType"))
    cat: Any = FUNCTIONS["cat"]
    joined = [cat(list(column), dim) for column, dim in zip(zip(*flat, strict=True), places, strict=True)]
    return unflatten(joined, result_spec)


def chunks(size: int, chunk_size: int) -> Iterator[tuple[int, int]]:
    sizes = [chunk_size] * (size // chunk_size)
    if size % chunk_size:
        sizes.append(size % chunk_size)
    return ((stop - each, stop) for each, stop in zip(sizes, accumulate(sizes), strict=True))
