"""Custom Functions under `vmap`: by the user's `vmap` static method, or by a rule made of `forward` and `backward`.

The rule that is made runs below the level. It is a Function of its own, on the tensors with the batch dimension, whose
`forward` and `backward` enter a level again and call the user's on single examples. A gradient for an argument that was
the same for all examples is summed over them.
Behaviour: "Extending torch.func with autograd.Function"
(https://docs.pytorch.org/docs/2.13/notes/extending.func.html), details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from refgrad.autograd import custom_function_texts as texts
from refgrad.func.trees import broadcast, flatten, unflatten
from refgrad.levels import BatchLevel, Lowered, batch_dim, entered, lowered, wrapped
from refgrad.shapes import checked_dim
from refgrad.tensor import Tensor

Dims = tuple[int | None, ...]


class VmapInfo(NamedTuple):
    """What a `vmap` static method is told."""

    batch_size: int
    randomness: str


def apply_batched(cls: Any, inputs: tuple[Any, ...], level: BatchLevel) -> Any:
    """`cls.apply` on a level of `vmap`.

    Raises RuntimeError if the Function has no rule, or two.
    """
    from refgrad.autograd.function import Function

    own_rule = cls.vmap is not Function.vmap
    if cls.generate_vmap_rule and own_rule:
        raise RuntimeError(texts.two_vmap_rules(cls.__name__))
    if not cls.generate_vmap_rule and not own_rule:
        raise RuntimeError(texts.no_vmap_rule(cls.__name__))
    dims = tuple([batch_dim(level, each) if isinstance(each, Tensor) else None for each in inputs])
    below = [lowered(level, each) if isinstance(each, Tensor) else each for each in inputs]
    with Lowered(level):
        if all(dim is None for dim in dims):
            return cls.apply(*below)
        if own_rule:
            output, out_dims = two_returns(cls.vmap(VmapInfo(level.size, level.randomness), dims, *below))
        else:
            made = over_examples(cls, dims, level.size, level.randomness)
            output = made.apply(*below)
            out_dims = made.out_dims if isinstance(output, tuple) else made.out_dims[0]
    leaves, spec = flatten(output)
    spread = broadcast(out_dims, spec)
    if spread is None:
        raise RuntimeError(texts.vmap_out_dims(out_dims, flatten(out_dims)[1], spec))
    known = {id(each): given for each, given in zip(below, inputs, strict=True) if isinstance(each, Tensor)}

    def wrap(each: Any, dim: int | None) -> Any:
        if not isinstance(each, Tensor):
            return each
        if id(each) in known:
            return known[id(each)]
        return wrapped(level, each, None if dim is None else checked_dim(dim, each.dim()))

    return unflatten([wrap(each, dim) for each, dim in zip(leaves, spread, strict=True)], spec)


def two_returns(result: Any) -> tuple[Any, Any]:
    if not isinstance(result, tuple):
        raise RuntimeError(texts.vmap_returned_no_tuple(type(result)))  # noqa: TRY004  # PyTorch's
    if len(result) != 2:
        raise RuntimeError(texts.vmap_returned(len(result)))
    return result


def under_vmap(
    function: Callable[..., Any], arguments: Sequence[Any], dims: Dims, size: int, randomness: str
) -> tuple[tuple[Any, ...], Dims, bool]:
    """Call `function` for all examples: its results with their batch dimensions, and whether it returned just one."""
    with entered(lambda number: BatchLevel(number, size, randomness)) as level:
        made = function(
            *[
                wrapped(level, each, dim) if isinstance(each, Tensor) and dim is not None else each
                for each, dim in zip(arguments, dims, strict=True)
            ]
        )
        results = made if isinstance(made, tuple) else (made,)
        out_dims = tuple([batch_dim(level, each) if isinstance(each, Tensor) else None for each in results])
        below = tuple([lowered(level, each) if isinstance(each, Tensor) else each for each in results])
    return below, out_dims, not isinstance(made, tuple)


class Context:
    """The `ctx` of one example: what is saved goes to the real one without the level, everything else as it is."""

    __slots__ = ("_inner", "_level", "_saved")

    def __init__(self, inner: Any, level: Any = None, saved: tuple[Any, ...] | None = None) -> None:
        object.__setattr__(self, "_inner", inner)
        object.__setattr__(self, "_level", level)
        object.__setattr__(self, "_saved", saved)

    def __getattr__(self, name: str) -> Any:
        if name == "saved_tensors" and self._saved is not None:
            return self._saved
        return getattr(self._inner, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._inner, name, value)

    def _below(self, tensors: tuple[Any, ...]) -> tuple[Any, ...]:
        self._inner._example_dims = tuple([None if each is None else batch_dim(self._level, each) for each in tensors])
        return tuple([None if each is None else lowered(self._level, each) for each in tensors])

    def save_for_backward(self, *tensors: Any) -> None:
        self._inner.save_for_backward(*self._below(tensors))

    def save_for_forward(self, *tensors: Any) -> None:
        self._inner.save_for_forward(*self._below(tensors))


def over_examples(cls: Any, in_dims: Dims, size: int, randomness: str) -> Any:
    """The Function that does for all examples at once what `cls` does for one."""
    from refgrad.autograd.function import Function
    from refgrad.levels import levels

    def forward(*inputs: Any) -> Any:
        results, made.out_dims, single = under_vmap(cls.forward, inputs, in_dims, size, randomness)
        return results[0] if single else results

    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        several = isinstance(output, tuple)

        def inner(*values: Any) -> None:
            given, returned = values[: len(inputs)], values[len(inputs) :]
            ctx._example_shapes = tuple([tuple(each.shape) if isinstance(each, Tensor) else None for each in given])
            cls.setup_context(Context(ctx, levels.stack[-1]), given, returned if several else returned[0])

        outputs = output if several else (output,)
        under_vmap(inner, (*inputs, *outputs), (*in_dims, *made.out_dims), size, randomness)

    def run(function: Callable[..., Any], ctx: Any, values: Sequence[Any], dims: Dims) -> tuple[Any, Dims]:
        saved = ctx.saved_tensors
        saved_dims = getattr(ctx, "_example_dims", ()) if saved else ()

        def inner(*all_values: Any) -> Any:
            return function(Context(ctx, saved=all_values[: len(saved)]), *all_values[len(saved) :])

        results, out_dims, _ = under_vmap(inner, (*saved, *values), (*saved_dims, *dims), size, randomness)
        return results, out_dims

    def dims_of(values: Sequence[Any], dims: Dims) -> Dims:
        return tuple([None if each is None else dim for each, dim in zip(values, dims, strict=True)])

    def backward(ctx: Any, *grads: Any) -> Any:
        results, dims = run(cls.backward, ctx, grads, dims_of(grads, made.out_dims))
        wanted = zip(results, dims, in_dims, ctx._example_shapes, strict=False)
        return tuple([fitted(each, dim, target, size, shape) for each, dim, target, shape in wanted])

    def jvp(ctx: Any, *tangents: Any) -> Any:
        results, dims = run(cls.jvp, ctx, tangents, dims_of(tangents, in_dims))
        fitting = [fitted(*each, size, None) for each in zip(results, dims, made.out_dims, strict=False)]
        return tuple(fitting)

    namespace = {each.__name__: staticmethod(each) for each in (forward, setup_context, backward, jvp)}
    made: Any = type(f"Vmapped{cls.__name__}", (Function,), {**namespace, "generate_vmap_rule": True})
    return made


def fitted(value: Any, dim: int | None, wanted: int | None, size: int, shape: tuple[int, ...] | None) -> Any:
    """A gradient or tangent with its batch dimension where it is wanted; summed over it where none is.

    `shape`: of one example, to which a gradient that was broadcast is summed.
    """
    from refgrad.operators.examples import sum_to

    if value is None or (dim is None and wanted is None):
        return value
    if wanted is None:
        return value.sum(dim)
    if dim is None:
        value, dim = value.expand(size, *value.shape), 0
    if shape is not None:
        summed, dims, _ = under_vmap(lambda each: sum_to(each, shape), (value,), (dim,), size, "error")
        value, dim = summed[0], dims[0]
    return value if dim == wanted else value.movedim(dim, wanted)
