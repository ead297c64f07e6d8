"""The `autograd.Function` of an operator that a user registered.

It is told the arguments and, last, one that it keeps for itself: users see it in `ctx.needs_input_grad` and in errors.
Lists of tensors are taken apart for it, which makes one more such argument, and what users are told and give is put
together as the arguments are.
"""

from __future__ import annotations

from typing import Any

from refgrad import library_texts as texts
from refgrad.autograd.function import Function
from refgrad.func.trees import flatten, unflatten
from refgrad.tensor import Tensor


class Metadata:
    """The argument that an operator's Function keeps for itself."""

    __slots__ = ()


METADATA = Metadata()


def is_whole(value: Any) -> bool:
    """Whether a list is one argument of the Function: it is unless all in it are tensors, or no gradients of any."""
    return isinstance(value, list) and not all(isinstance(each, Tensor) for each in value)


def is_whole_gradient(value: Any) -> bool:
    return isinstance(value, list) and not all(each is None or isinstance(each, Tensor) for each in value)


def applied(definition: Any, given: tuple[Any, ...], rest: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Run an operator with its history; `rest`: what the last arguments are by default."""
    if not definition.schema.has_lists:
        return function_of(definition, rest, named).apply(*given, METADATA)
    leaves, spec = flatten((*given, METADATA), is_whole)
    made = listed_function_of(definition, rest, named, spec)
    results = made.apply(*leaves, METADATA)
    found = unflatten(list(results), made.output_spec)
    return found if made.gave_tuple else found[0]


def function_of(definition: Any, rest: tuple[Any, ...], named: dict[str, Any]) -> Any:
    def forward(ctx: Any, *given: Any) -> Any:
        return computed(definition, ctx, (*given[:-1], *rest), named)

    def backward(ctx: Any, *grads: Any) -> Any:
        needed = ctx.needs_input_grad
        ctx.needs_input_grad = needed[:-1]
        try:
            found = gradients(definition, ctx, grads)
        finally:
            ctx.needs_input_grad = needed
        return (*found, None) if isinstance(found, tuple) else (found, None)

    return named_function(definition, forward, backward)


def listed_function_of(definition: Any, rest: tuple[Any, ...], named: dict[str, Any], spec: Any) -> Any:
    def forward(ctx: Any, *leaves: Any) -> Any:
        given = unflatten(list(leaves[:-1]), spec)
        result = computed(definition, ctx, (*given[:-1], *rest), named)
        made.gave_tuple = isinstance(result, tuple)
        found, made.output_spec = flatten(result if made.gave_tuple else (result,), is_whole)
        return tuple(found)

    def backward(ctx: Any, *grads: Any) -> Any:
        needed = ctx.needs_input_grad
        ctx.needs_input_grad = unflatten(list(needed[:-1]), spec)[:-1]
        try:
            found = gradients(definition, ctx, unflatten(list(grads), made.output_spec))
        finally:
            ctx.needs_input_grad = needed
        told = (*found, None) if isinstance(found, tuple) else (found, None)
        leaves, found_spec = flatten(told, is_whole_gradient)
        if found_spec != spec:
            raise RuntimeError(texts.other_structure(found_spec, spec))
        return (*leaves, None)

    made = named_function(definition, forward, backward)
    return made


def computed(definition: Any, ctx: Any, whole: tuple[Any, ...], named: dict[str, Any]) -> Any:
    result = definition.computed(whole, named)
    if definition._setup_context is not None:
        extra = {"keyword_only_inputs": named} if named else {}
        definition._setup_context(ctx=ctx, inputs=whole, output=result, **extra)
    return result


def gradients(definition: Any, ctx: Any, grads: tuple[Any, ...]) -> Any:
    if definition._backward is None:
        raise RuntimeError(texts.no_formula(str(definition._opoverload)))
    return definition._backward(ctx, *grads)


def named_function(definition: Any, forward: Any, backward: Any) -> Any:
    title = f"GeneratedBackwardFor_{definition._namespace}_{definition._name}_default"
    return type(title, (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})
