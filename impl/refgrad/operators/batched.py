"""Operators inside `vmap`: one call that stands for as many as the hidden dimension counts.

Elementwise operators run once, on operands whose hidden dimension stands first. Views are made by strides, so that they
stay views. Some others know how their dimensions move. Everything else runs example by example, and the results are
stacked: what PyTorch does where it has no batching rule.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import creation, forward_texts, memory
from refgrad import inplace_texts as texts
from refgrad.levels import BatchLevel, Lowered, batch_dim, levels, settled, wrapped
from refgrad.levels import lowered as lowered_one
from refgrad.operators import call as ordinary
from refgrad.operators import matrix_texts
from refgrad.operators.batching_decomposed import (
    ADDED_PRODUCTS,
    LOSSES,
    added_product,
    indexed,
    logits_loss,
    loss,
    padded,
    picked_loss,
    selected,
)
from refgrad.operators.batching_rules import by_dimension, ruled
from refgrad.operators.batching_several import SEVERAL, of_several
from refgrad.operators.declare import Rule, View
from refgrad.operators.factories import on_levels
from refgrad.operators.tangents import ELEMENTWISE
from refgrad.tensor import Tensor

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator

POINTWISE = ELEMENTWISE | frozenset(
    "add sub rsub mul masked_fill where eq ne lt le gt ge logical_and logical_or logical_xor logical_not"
    " bitwise_and bitwise_or bitwise_xor bitwise_not isnan isinf isfinite isneginf isposinf signbit"
    " sigmoid_backward tanh_backward threshold_backward elu_backward gelu_backward leaky_relu_backward"
    " softplus_backward hardtanh_backward hardshrink_backward softshrink_backward hardswish_backward"
    " log_sigmoid_backward _prelu_kernel _prelu_kernel_backward polygamma complex isclose clone _to_copy _conj zero"
    " nextafter".split()
)
DYNAMIC = {"nonzero": "nonzero", "_unique2": "_unique2", "unique_consecutive": "unique_consecutive"}
SLOW = frozenset(
    "_scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_flash_attention_for_cpu_backward histc isclose"
    " renorm put take multi_margin_loss index_reduce masked_scatter soft_margin_loss addr fill.Tensor addbmm_"
    " addcdiv_ addcmul_ addmm_ addmv_ addr_ baddbmm_ clamp_ clamp_.Tensor cumprod_ cumsum_ eq_.Scalar eq_.Tensor"
    " fill.Scalar floor_divide_.Tensor fmod_.Scalar fmod_.Tensor ge_.Scalar ge_.Tensor gelu_ gt_.Scalar gt_.Tensor"
    " heaviside_ hypot_ igamma_ igammac_ index_copy_ ldexp_ le_.Scalar le_.Tensor lerp_.Scalar lerp_.Tensor"
    " lt_.Scalar lt_.Tensor masked_fill_.Tensor masked_scatter_ ne_.Scalar ne_.Tensor nextafter_"
    " polygamma_ pow_.Tensor put_ remainder_.Scalar remainder_.Tensor renorm_ scatter_.src scatter_.value tril_"
    " triu_ xlogy_.Tensor xlogy_.Scalar_Other scatter_.reduce index_reduce_ pdist embedding_bag.padding_idx linalg_lu"
    " multilabel_margin_loss affine_grid_generator".split()
)
"""Operators that PyTorch runs example by example as well, and says so."""

TOLD_AS = {
    "ldexp_.Tensor": "ldexp_",
    "pow_.Tensor_Tensor": "pow_.Tensor",
    "floor_divide_": "floor_divide_.Tensor",
    "_pdist_forward": "pdist",
    "_embedding_bag": "embedding_bag.padding_idx",
    "multilabel_margin_loss_forward": "multilabel_margin_loss",
}
"""Rows that have another name where it is told."""

ARITHMETIC_WRITES = frozenset(
    "clamp_max clamp_min copy div logical_and logical_or logical_xor masked_fill mul sub".split()
)
"""Writes that PyTorch sums up as arithmetic where it refuses them."""

SHAPED_WRITES = frozenset(
    "add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor copysign gcd lcm".split()
)
"""Writes that it refuses for the shape that they would have needed."""

RANDOM = frozenset(
    "normal uniform random exponential bernoulli geometric cauchy log_normal poisson multinomial binomial".split()
)
"""Operators that draw random numbers."""

WRITES = {
    each: f"{each}_" for each in ("fill", "index_add", "index_fill", "index_put", "scatter_add", "scatter_reduce")
}
WRITES["_index_put_impl"] = "index_put_"
"""What it calls other writes; the rest it calls by their full names."""

Tensors = tuple[Any, ...]


def call_batched(level: BatchLevel, row: Operator, tensors: Tensors, attributes: Tensors) -> Any:
    """Run `row` on `level`.

    Raises RuntimeError for what has no fixed shape, and for tensors that left their `vmap`.
    """
    dims = [batch_dim(level, each) if isinstance(each, Tensor) else None for each in tensors]
    inner = tuple(lower(level, each) for each in tensors)
    if row.name in RANDOM:
        return drawn(level, row, inner, dims, attributes)
    listed = row.index_lists
    hidden = any(
        batch_dim(level, each) is not None for i in listed for each in attributes[i] if isinstance(each, Tensor)
    )
    if all(dim is None for dim in dims) and not hidden:
        with Lowered(level):
            return redispatch(row, inner, bare_attributes(level, row, attributes))
    if not level.legacy:
        warn_of_slow(row, "")
        refuse_dynamic(level, row, tensors, attributes, listed)
        if row.name in ADDED_PRODUCTS:
            return added_product(row, tensors, attributes)
        if row.name == "nll_loss_forward" and tensors[0]._array.ndim in (1, 2):
            return picked_loss(row, tensors, attributes)
        if row.name == "binary_cross_entropy_with_logits":
            return logits_loss(tensors, attributes)
    with Lowered(level):
        made: Any = None
        if not hidden and (level.size or row.name in POINTWISE):
            if row.name in POINTWISE:
                made = pointwise(level, row, tensors, inner, dims, attributes)
            elif row.view is not None:
                made = strided(level, row, inner[0], dims[0], attributes)
            elif row.name in PRODUCTS:
                made = product(row, tensors, inner, dims, legacy=level.legacy)
            elif row.name in JOINED:
                made = joined(level, row, inner, dims, tensors[0]._array.ndim, attributes)
            elif row.name in LOSSES and not level.legacy:
                made = loss(row, tensors, inner, dims, attributes)
            elif row.name == "index" and not level.legacy:
                made = indexed(row, front(inner[0], dims[0]), bare_attributes(level, row, attributes))
            elif row.name == "index_select" and not level.legacy and dims[1] is None:
                made = selected(front(inner[0], dims[0]), tensors[0]._array.ndim, inner[1], attributes[0])
            elif row.name == "native_layer_norm" and dims[1:] == [None, None]:
                made = redispatch(row, (front(inner[0], dims[0]), *inner[1:]), attributes)
            elif row.name in SEVERAL and not level.legacy:
                made = of_several(row, tensors, inner, dims, attributes, level.size)
            elif len(tensors) == 1:
                made = ruled(row, front(inner[0], dims[0]), tensors[0]._array.ndim, attributes)
        if made is None:
            made = one_by_one(level, row, tensors, attributes, listed)
    if isinstance(made, (tuple, list)):
        return row.made_of([wrapped(level, each, 0) for each in made])
    return wrapped(level, made, 0)


def lower(level: BatchLevel, each: Any) -> Any:
    if not isinstance(each, Tensor):
        return each
    return lowered_one(level, settled(each))


def bare_attributes(level: BatchLevel, row: Operator, attributes: Tensors) -> Tensors:
    """The attributes, index tensors among them as they are below `level`."""
    return tuple(
        tuple(lower(level, one) for one in each) if i in row.index_lists else each for i, each in enumerate(attributes)
    )


def redispatch(row: Operator, tensors: Sequence[Any], attributes: Tensors) -> Any:
    return ordinary.call(row, (tuple(tensors),), attributes) if row.list_input else row(*tensors, *attributes)


def refuse_dynamic(
    level: BatchLevel, row: Operator, tensors: Tensors, attributes: Tensors, listed: frozenset[int]
) -> None:
    if row.name in DYNAMIC:
        raise RuntimeError(forward_texts.dynamic_shape(DYNAMIC[row.name]))
    if row.name == "masked_select" and batch_dim(level, tensors[1]) is not None:
        raise RuntimeError(forward_texts.MASKED_SELECT)
    for i in listed:
        for each in attributes[i]:
            if isinstance(each, Tensor) and each._array.dtype.kind == "b" and batch_dim(level, each) is not None:
                raise RuntimeError(forward_texts.BOOLEAN_MASK)


def front(tensor: Any, dim: int | None) -> Any:
    """The hidden dimension first."""
    return tensor if not dim else tensor.movedim(dim, 0)


def pointwise(
    level: BatchLevel, row: Operator, tensors: Tensors, inner: Tensors, dims: list[int | None], attributes: Tensors
) -> Any:
    """Operands aligned: the hidden dimension first, then as many as the operand of highest rank shows.

    `None` where types would win by the hidden dimension.
    """
    shown = [each for each in tensors if isinstance(each, Tensor)]
    rank = max(each._array.ndim for each in shown)
    wanted: Any = None
    kinds = shown[1:] if row.name == "where" else shown
    if len({each._array.dtype for each in kinds}) > 1 and any(each._array.ndim == 0 for each in shown):
        if row.rule is Rule.KEEP:
            return None
        wanted = ordinary.result_type(row.name, tensors)
    if wanted is not None:  # types win by the dimensions shown
        inner = tuple(each.to(wanted) if isinstance(each, Tensor) else each for each in inner)
    return redispatch(row, aligned(tensors, inner, dims, rank, legacy=level.legacy), attributes)


def aligned(
    tensors: Tensors, inner: Tensors, dims: Sequence[int | None], rank: int, *, legacy: bool = False
) -> Tensors:
    """The operands with the hidden dimension first, if they have it, and `rank` more.

    The older `vmap` gives the dimension to all that are no numbers.
    """
    found = []
    for shown_one, each, dim in zip(tensors, inner, dims, strict=True):
        ndim = shown_one._array.ndim if isinstance(shown_one, Tensor) else 0
        if dim is not None:
            found.append(padded(front(each, dim), ndim, rank, hidden=True))
        elif legacy and ndim:
            found.append(padded(each, ndim, rank + 1, hidden=False))
        else:
            found.append(each)
    return tuple(found)


def strided(level: BatchLevel, row: Operator, inner: Any, dim: int | None, attributes: Tensors) -> Any:
    """The views that the first example gives, with the hidden dimension put before them."""
    from refgrad.levels import first_example
    from refgrad.operators.strided import AS_STRIDED

    assert dim is not None
    ndim = inner._array.ndim - 1
    # A batched backward squeezes one dimension as one, `vmap` as several: the nodes differ.
    rule = by_dimension if level.legacy and ndim and row.name == "squeeze" and row.overload == "dim" else ruled
    made = rule(row, front(inner, dim), ndim, attributes)
    if made is not None:
        return made
    example = first_example(inner._array, dim)
    made = row.forward(example, *attributes)
    parts = made if isinstance(made, tuple) else (made,)
    if any(part.dtype != example.dtype for part in parts):
        return None
    step, count = inner.stride(dim), inner._array.shape[dim]
    views = [
        AS_STRIDED(inner, (count, *part.shape), (step, *memory.strides(part)), memory.offset(part)) for part in parts
    ]
    return views if row.view is View.MULTI else views[0]


def product(row: Operator, tensors: Tensors, inner: Tensors, dims: list[int | None], *, legacy: bool) -> Any:
    """All products of matrices in one; `None` for operands that the product refuses.

    Raises RuntimeError for others ranks than it takes, where `vmap` is not the older one.
    """
    ranks = [each._array.ndim for each in tensors]
    kinds = {each._array.dtype for each in tensors}
    if ranks != PRODUCTS[row.name] and not legacy:
        raise RuntimeError(matrix_texts.ranks_under_vmap(row.name, ranks, PRODUCTS[row.name]))
    if ranks != PRODUCTS[row.name] or len(kinds) > 1 or tensors[0]._array.dtype.kind == "b":
        return None
    if tensors[0]._array.shape[-1] != tensors[1]._array.shape[-2 if ranks[1] > 1 else 0]:
        return None
    if row.name == "bmm" and tensors[0]._array.shape[0] != tensors[1]._array.shape[0]:
        return None
    first, second = (front(each, dim) for each, dim in zip(inner, dims, strict=True))
    if ranks[1] > 1:
        return first.matmul(second)
    if None not in dims:
        if row.name == "dot":
            return first.unsqueeze(-2).matmul(second.unsqueeze(-1)).squeeze(-1).squeeze(-1)
        return first.permute(0, 1, 2).matmul(second.unsqueeze(-1)).squeeze(-1)
    if row.name == "dot":
        return first.mv(second.t()) if dims[1] is None else second.mv(first.t())
    return first.matmul(second) if dims[1] is None else first.mm(second.permute(1, 0)).permute(1, 0)


PRODUCTS = {"mm": [2, 2], "bmm": [3, 3], "mv": [2, 1], "dot": [1, 1]}
"""Products, and the ranks of their operands."""

JOINED = frozenset(("cat", "stack", "gather"))


def joined(
    level: BatchLevel, row: Operator, inner: Tensors, dims: list[int | None], ndim: int, attributes: Tensors
) -> Any:
    """Several operands along one dimension; `None` if they differ in rank."""
    from refgrad.shapes import checked_dim

    stacked = row.name == "stack" and not level.legacy  # which leaves other nodes
    parts = []
    for each, dim in zip(inner, dims, strict=True):
        if dim is None:
            parts.append((each.unsqueeze(0) if stacked else each).expand(level.size, *each._array.shape))
        elif stacked and not dim:
            parts.append(each.permute(*range(each._array.ndim)))
        else:
            parts.append(front(each, dim))
    if any(each._array.ndim != ndim + 1 for each in parts) or not (ndim or row.name == "stack"):
        return None
    dim = checked_dim(attributes[0], ndim + (row.name == "stack")) + 1
    return redispatch(row, parts, (dim, *attributes[1:]))


def one_by_one(level: BatchLevel, row: Operator, tensors: Tensors, attributes: Tensors, listed: frozenset[int]) -> Any:
    """Every example on its own; the results stacked."""
    from refgrad.operators.names import FUNCTIONS

    slow = not level.legacy and slow_name(row, "") in SLOW  # which PyTorch's fallback runs, with nodes of its own
    if slow:
        tensors = tuple(permuted_to_front(level, each) for each in tensors)
    rows = [
        redispatch(
            row,
            [example(level, each, i) for each in tensors],
            tuple(
                tuple(example(level, one, i) for one in each) if place in listed else each
                for place, each in enumerate(attributes)
            ),
        )
        for i in range(level.size or 1)
    ]
    stack: Any = FUNCTIONS["stack"]
    if isinstance(rows[0], (tuple, list)):
        made = [stack(list(column)) for column in zip(*rows, strict=True)]
        if slow and level.size:
            return [each.view(each._array.shape) for each in made]
        return made if level.size else [each[:0] for each in made]
    made = stack(rows)
    if slow and level.size:
        return made.view(made._array.shape)
    return made if level.size else made[:0]


def permuted_to_front(level: BatchLevel, each: Any) -> Any:
    if not isinstance(each, Tensor) or batch_dim(level, each) is None:
        return each
    inner, dim = lower(level, each), batch_dim(level, each)
    return wrapped(level, inner.permute(*range(inner._array.ndim)) if not dim else inner.movedim(dim, 0), 0)


def drawn(level: BatchLevel, row: Operator, inner: Tensors, dims: Sequence[Any], attributes: Tensors) -> Any:
    """Random numbers: the same for all examples, or different.

    Raises RuntimeError where `vmap` forbids them.
    """
    from refgrad.operators.names import FUNCTIONS

    refuse_random(level)
    batched = any(dim is not None for dim in dims)
    with Lowered(level):
        if level.randomness == "same":
            if batched:
                raise RuntimeError(forward_texts.SAME_OF_BATCHED)
            return redispatch(row, inner, attributes)
        rows = [
            redispatch(
                row,
                [each if dim is None else each.select(dim, i) for each, dim in zip(inner, dims, strict=True)],
                attributes,
            )
            for i in range(level.size)
        ]
        return wrapped(level, FUNCTIONS["stack"](rows), 0)


def by_example(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A function on arrays, which `vmap` runs for one example after the other, and says so."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            level = levels.stack[-1] if levels.stack else None
            given = [*args, *kwargs.values()]
            if not isinstance(level, BatchLevel) or not any(
                isinstance(each, Tensor) and batch_dim(level, each) is not None for each in given
            ):
                return function(*args, **kwargs)
            warnings.warn(forward_texts.no_batching_rule(name), UserWarning, stacklevel=2)
            from refgrad.operators.names import FUNCTIONS

            with Lowered(level):
                rows = [
                    run(
                        *[example(level, each, i) for each in args],
                        **{key: example(level, each, i) for key, each in kwargs.items()},
                    )
                    for i in range(level.size)
                ]
                return wrapped(level, FUNCTIONS["stack"](rows), 0)

        return run

    return decorate


def slow_name(row: Operator, suffix: str) -> str:
    bare = row.name.removesuffix(suffix) + suffix
    name = f"{bare}.{row.overload}" if row.overload else bare
    return TOLD_AS.get(name, name)


def warn_of_slow(row: Operator, suffix: str) -> None:
    name = slow_name(row, suffix)
    if name in SLOW:
        warnings.warn(forward_texts.no_batching_rule(name), UserWarning, stacklevel=2)


def refuse_random(level: BatchLevel) -> None:
    if level.legacy or level.randomness == "error":
        raise RuntimeError(forward_texts.RANDOM_IN_LEGACY if level.legacy else forward_texts.RANDOM_IN_ERROR_MODE)


def example(level: BatchLevel, each: Any, i: int) -> Any:
    """What example number `i` sees of an operand."""
    if not isinstance(each, Tensor):
        return each
    inner, dim = lower(level, each), batch_dim(level, each)
    if dim is None:
        return inner
    return inner.select(dim, i) if level.size else inner.new_zeros(each._array.shape)


# ---- in place -----------------------------------------------------------------------------------------------------


def inplace_batched(
    level: BatchLevel,
    row: Operator,
    tensors: Tensors,
    attributes: Tensors,
    write: Callable[..., Any] | None,
) -> Any:
    """Write all examples at once where the operator allows it, else one after the other.

    Raises RuntimeError for a target without the hidden dimension and an operand with it.
    """
    target = tensors[0]
    lists = row.index_lists
    hidden = any(
        isinstance(each, Tensor) and batch_dim(level, each) is not None
        for each in (*tensors[1:], *(one for i in lists for one in attributes[i]))
    )
    random = row.name in RANDOM
    if random:
        refuse_random(level)
        if hidden and not level.legacy:  # the probabilities of `bernoulli_`
            if level.randomness == "same":
                raise RuntimeError(forward_texts.SAME_OF_BATCHED)
            if batch_dim(level, target) is None:
                raise RuntimeError(forward_texts.unbatched_written(f"inplace {row.name}"))
    if batch_dim(level, target) is None:
        if random and level.randomness == "different":
            raise RuntimeError(forward_texts.DIFFERENT_IN_PLACE)
        if hidden:
            if not level.legacy:
                warn_of_slow(row, "_")
            raise RuntimeError(unbatched_target(level, row, tensors, attributes))
        inner = tuple(lower(level, each) for each in tensors)
        with Lowered(level):
            write_below(row, inner, attributes, write)
        return target
    if not level.legacy:
        warn_of_slow(row, "_")
        refuse_dynamic(level, row, tensors, attributes, lists)
    if row.name in POINTWISE and row.rule is not Rule.KEEP:
        check_broadcast(level, tensors)
    inner = tuple(lower(level, each) for each in tensors)
    if write is None and level.size and at_once(level, row, tensors):
        dims = [batch_dim(level, each) if isinstance(each, Tensor) else None for each in tensors]
        with Lowered(level):
            write_below(row, aligned(tensors, inner, dims, target._array.ndim), attributes, None)
        target.bump_version()
        return target
    version = inner[0]._version
    with Lowered(level):
        once = drawn_once(row, target, inner, attributes, write) if random and level.randomness == "same" else None
        for i in range(level.size):
            if once is not None:
                example(level, target, i).copy_(once)
                continue
            write_below(
                row,
                tuple(example(level, each, i) for each in tensors),
                tuple(
                    tuple(example(level, one, i) for one in each) if place in lists else each
                    for place, each in enumerate(attributes)
                ),
                write,
            )
    if level.size and not inner[0].is_inference():
        inner[0].shared_versions().value = version + 1
    target.bump_version()
    return target


def drawn_once(
    row: Operator, target: Tensor, inner: Tensors, attributes: Tensors, write: Callable[..., Any] | None
) -> Any:
    """Random numbers for all examples: in memory of their own, which levels further out may refuse to fill."""
    made = on_levels(creation.empty)(target._array.shape, dtype=target.dtype)
    write_below(row, (made, *inner[1:]), attributes, write)
    return made


def at_once(level: BatchLevel, row: Operator, tensors: Tensors) -> bool:
    """Whether an operator may write all examples together."""
    if row.name in RANDOM:
        return len(tensors) == 1 and level.randomness == "different"
    if row.name == "fill":
        return row.overload == "Scalar"
    kinds = {each._array.dtype for each in tensors if isinstance(each, Tensor)}
    return row.name in POINTWISE and (len(tensors) == 1 or (row.rule is not Rule.KEEP and len(kinds) == 1))


def check_broadcast(level: BatchLevel, tensors: Tensors) -> None:
    """Raise RuntimeError if the result would have more elements than the target; all with the hidden dimension."""
    own = tensors[0]._array.shape
    try:
        needed = np.broadcast_shapes(*(each._array.shape for each in tensors if isinstance(each, Tensor)))
    except ValueError:
        return
    if needed != own:
        short = (1,) * (len(needed) - len(own))
        raise RuntimeError(texts.output_shape_mismatch((level.size, *short, *own), (level.size, *needed)))


def write_below(row: Operator, tensors: Tensors, attributes: Tensors, write: Callable[..., Any] | None) -> None:
    from refgrad.operators.transformed import inplace_transformed

    if levels.active:
        inplace_transformed(row, tensors, attributes, write)
    elif write is None:
        ordinary.call_inplace(row, tensors, attributes)
    else:
        write(tensors, attributes)


def unbatched_target(level: BatchLevel, row: Operator, tensors: Tensors, attributes: Tensors) -> str:
    """What is wrong; some report the shape they would have needed."""
    name = row.name.removesuffix("_")
    if level.legacy:
        return forward_texts.unbatched_written(f"aten::{name}_", level.number)
    if name in SHAPED_WRITES:
        needed = call_batched(level, row, tensors, attributes)
        return texts.output_shape_mismatch(tensors[0]._array.shape, (level.size, *needed._array.shape))
    if name in ARITHMETIC_WRITES and (name, row.overload) != ("masked_fill", "Tensor"):
        return forward_texts.unbatched_written("inplace arithmetic")
    if name in WRITES:
        return forward_texts.unbatched_written(WRITES[name])
    return forward_texts.unbatched_written(f"aten::{name}_", level.number)


__all__ = ["by_example", "call_batched", "inplace_batched"]
