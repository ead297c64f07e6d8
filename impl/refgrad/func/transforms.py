"""`torch.func.grad`, `grad_and_value`, `vjp`, `jvp`, `linearize`: derivatives of functions.

Each runs the function on a level of its own (`refgrad/levels.py`), so transforms nest without mixing up their
derivatives. Behaviour: https://docs.pytorch.org/docs/2.13/func.api.html, details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

import refgrad.autograd as autograd
from refgrad import levels as level_module
from refgrad.autograd import forward_ad, graph
from refgrad.creation import zeros_like
from refgrad.forward_texts import NESTED_LEVEL, no_tensor_argument, no_view_fallback, not_floating
from refgrad.func import texts
from refgrad.func.trees import flatten, mapped, shown, unflatten
from refgrad.levels import BatchLevel, Level, batch_dim, entered, levels, lifted, lowered, require_grad_on_level
from refgrad.modes import enable_grad, inference_mode, is_grad_enabled, modes, no_grad
from refgrad.nn.parameter import Parameter
from refgrad.tensor import Tensor

Argnums = int | tuple[int, ...]


# ---- arguments ----------------------------------------------------------------------------------------------------


def checked_argnums(argnums: Any, count: int) -> Argnums:
    """Raises RuntimeError for a wrong type, a number out of range, none or one twice."""
    if not isinstance(argnums, (int, tuple)):
        raise RuntimeError(texts.argnums_type(type(argnums)))  # noqa: TRY004
    if isinstance(argnums, int):
        return checked_argnum(argnums, count)
    found = tuple(checked_argnum(each, count) for each in argnums)
    if not found:
        raise RuntimeError(texts.ARGNUMS_EMPTY)
    if len(set(found)) != len(found):
        raise RuntimeError(texts.argnums_twice(found))
    return found


def checked_argnum(argnum: Any, count: int) -> int:
    if not isinstance(argnum, int):
        raise RuntimeError(texts.argnum_type(type(argnum)))  # noqa: TRY004
    if not -count <= argnum < count:
        raise RuntimeError(texts.argnum_range(argnum, count))
    return argnum % count


def chosen(args: tuple[Any, ...], argnums: Any) -> Any:
    """The arguments to differentiate: one, or a tuple."""
    places = checked_argnums(argnums, len(args))
    return args[places] if isinstance(places, int) else tuple(args[i] for i in places)


def replaced(args: tuple[Any, ...], new: Sequence[Any], argnums: Any) -> tuple[Any, ...]:
    # As in PyTorch a negative number is no place here: nothing moves, and the derivative is zero.
    by_place = dict(zip((argnums,) if isinstance(argnums, int) else argnums, new, strict=True))
    return tuple(by_place.get(i, each) for i, each in enumerate(args))


def on_level(level: Level, tree: Any) -> Any:
    return mapped(lambda each: lifted(level, each) if isinstance(each, Tensor) else each, tree)


def off_level(level: Level, tree: Any) -> Any:
    """What the results stand on.

    Raises RuntimeError for anything that is no tensor.
    """

    def inner(each: Any) -> Any:
        if not isinstance(each, Tensor):
            raise RuntimeError(texts.unsupported_type(type(each)))  # noqa: TRY004
        return lowered(level, each)

    return mapped(inner, tree)


def differentiable(tree: Any) -> None:
    """Have every leaf require grad on its level.

    Raises ValueError for anything that is no tensor.
    """
    for each in flatten(tree)[0]:
        if not isinstance(each, Tensor):
            raise ValueError(texts.no_tensor_given(type(each)))  # noqa: TRY004
        require_grad_on_level(each)


def with_aux(result: Any, name: str) -> tuple[Any, Any]:
    if not (isinstance(result, tuple) and len(result) == 2):
        raise RuntimeError(texts.no_aux(name))
    return result[0], result[1]


def gradients(
    outputs: Sequence[Any], inputs: Sequence[Any], given: Sequence[Any] | None, retain_graph: bool, create_graph: bool
) -> list[Any]:
    """Gradients of those outputs that require grad; zeros for inputs they do not depend on."""
    kept = [i for i, each in enumerate(outputs) if each.requires_grad]
    if not kept:
        return [zeros(each) for each in inputs]
    found = autograd.grad(
        [outputs[i] for i in kept],
        list(inputs),
        None if given is None else [given[i] for i in kept],
        retain_graph=retain_graph,
        create_graph=create_graph,
        allow_unused=True,
    )
    return [zeros(each) if grad is None else grad for grad, each in zip(found, inputs, strict=True)]


def zeros(tensor: Any) -> Any:
    return zeros_like(tensor)


def recording_mode() -> AbstractContextManager[Any]:
    """Transforms differentiate inside inference mode too."""
    return inference_mode(False) if modes.inference else nullcontext()


@contextmanager
def reverse_level() -> Iterator[Level]:
    """The level of a transform that runs backward; hooks of saved tensors are an error there."""
    recorded_outside, inference = modes.grad, modes.inference  # which forbids both outside, though not inside
    with (
        graph.disable_saved_tensors_hooks(texts.SAVED_HOOKS),
        recording_mode(),
        entered(lambda number: Level(number, "grad")) as level,
    ):
        level.grad_outside = recorded_outside
        level.forward_outside = not inference
        yield level


# ---- reverse mode -------------------------------------------------------------------------------------------------


def grad_and_value(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """A function that computes the gradient of `func` with respect to the arguments `argnums`, and its value."""

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        with reverse_level() as level:
            aux: Any = None
            with enable_grad():
                given = on_level(level, args)
                named = on_level(level, kwargs)
                wanted = chosen(given, argnums)
                differentiable(wanted)
                result = func(*given, **named)
                if has_aux:
                    result, aux = with_aux(result, texts.GRAD)
                if not isinstance(result, Tensor):
                    raise RuntimeError(texts.result_is_no_tensor(type(result)))  # noqa: TRY004
                if result.dim() != 0:
                    raise RuntimeError(texts.result_is_no_scalar(result.dim()))
                leaves, spec = flatten(wanted)
                found = gradients([result], leaves, None, False, True)
                grads = off_level(level, unflatten(found, spec))
                value = off_level(level, result)
                if has_aux:
                    aux = off_level(level, aux)
        return (grads, (value, aux)) if has_aux else (grads, value)

    return wrapper


def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that computes the gradient of the scalar `func` with respect to the arguments `argnums`."""
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return wrapper


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The result of `func(*primals)` and a function from cotangents of it to those of the primals."""
    return _vjp_with_argnums(func, primals, None, has_aux)


def _vjp_with_argnums(
    func: Callable[..., Any], primals: tuple[Any, ...], argnums: Argnums | None, has_aux: bool
) -> Any:
    with reverse_level() as level, enable_grad():
        given = on_level(level, primals)
        wanted = given if argnums is None else chosen(given, argnums)
        differentiable(wanted)
        result = func(*given)
        aux: Any = None
        if has_aux:
            result, aux = with_aux(result, texts.VJP)
            aux = off_level(level, aux)
        outputs, output_spec = flatten(result)
        check_outputs(outputs, texts.VJP)
        inputs, input_spec = flatten(wanted)
        shown_result = off_level(level, result)
        for each in outputs:
            if not (each.is_floating_point() or each.is_complex()):
                raise RuntimeError(texts.result_type(each.dtype))

    def wrapper(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        if create_graph is None:
            create_graph = is_grad_enabled()
        leaves, spec = flatten(cotangents)
        if spec != output_spec:
            raise RuntimeError(texts.cotangent_structure(shown(spec), shown(output_spec)))
        # The graph holds tensors of the level that has ended: operators have to look through them.
        forward = forward_ad._set_fwd_grad_enabled(forward_ad._is_fwd_grad_enabled())
        with forward, recording_mode(), level_module.ended_levels():
            return unflatten(gradients(outputs, inputs, leaves, retain_graph, create_graph), input_spec)

    return (shown_result, wrapper, aux) if has_aux else (shown_result, wrapper)


def check_outputs(outputs: list[Any], name: str) -> None:
    """Raise RuntimeError if there are none, or others than tensors."""
    if not outputs or (len(outputs) == 1 and outputs[0] is None):
        raise RuntimeError(texts.empty_result(name, outputs))
    for each in outputs:
        if not isinstance(each, Tensor):
            raise RuntimeError(texts.results_no_tensors(name, type(each)))  # noqa: TRY004


# ---- forward mode -------------------------------------------------------------------------------------------------

running_jvps = 0


def jvp(func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """The result of `func(*primals)` and its derivative in the direction of `tangents`."""
    return jvp_with_argnums(func, primals, tangents, None, strict, has_aux)


def jvp_with_argnums(
    func: Callable[..., Any], primals: Any, tangents: Any, argnums: Argnums | None, strict: bool, has_aux: bool
) -> Any:
    global running_jvps  # noqa: PLW0603  # one dual level serves all of them
    if not isinstance(primals, tuple):
        raise RuntimeError(texts.PRIMALS_NO_TUPLE)  # noqa: TRY004
    moving = primals if argnums is None else chosen(primals, argnums)
    if isinstance(argnums, int):
        moving = (moving,)
    leaves, spec = flatten(moving)
    directions, direction_spec = flatten(tangents)
    if spec != direction_spec:
        raise RuntimeError(texts.tangent_structure(spec, direction_spec))
    check_tensors(leaves, "primals")
    check_tensors(directions, "tangents")
    running_jvps += 1
    try:
        with ExitStack() as stack:
            recorded_outside = modes.grad  # which inference mode forbids, here as outside
            stack.enter_context(recording_mode())
            level = stack.enter_context(entered(lambda number: Level(number, "jvp")))
            level.grad_outside = recorded_outside
            if modes.grad is not recorded_outside:
                stack.enter_context(no_grad())
            stack.enter_context(forward_ad._set_fwd_grad_enabled(True))
            if running_jvps == 1:
                stack.enter_context(forward_ad.dual_level())
            duals = [forward_ad.make_dual(p, t) for p, t in zip(leaves, directions, strict=True)]
            given = unflatten(duals, spec)
            if argnums is not None:
                given = replaced(on_level(level, primals), given, argnums)
            result = func(*given)
            aux: Any = None
            if has_aux:
                result, aux = with_aux(result, texts.JVP)
                aux = off_level(level, aux)
            outputs, output_spec = flatten(result)
            check_outputs(outputs, texts.JVP)
            pairs = [unpacked(each, strict) for each in outputs]
            values = unflatten([off_level(level, each) for each, _ in pairs], output_spec)
            derivatives = unflatten([off_level(level, each) for _, each in pairs], output_spec)
    finally:
        running_jvps -= 1
    return (values, derivatives, aux) if has_aux else (values, derivatives)


def check_tensors(leaves: list[Any], what: str) -> None:
    if not leaves:
        raise RuntimeError(texts.no_tensors_given(what))
    for each in leaves:
        if not isinstance(each, Tensor):
            raise RuntimeError(texts.other_than_tensors(what, type(each)))  # noqa: TRY004


def unpacked(dual: Any, strict: bool) -> tuple[Any, Any]:
    primal, tangent = forward_ad.unpack_dual(dual)
    if tangent is None:
        if strict:
            raise RuntimeError(texts.INDEPENDENT)
        return primal, zeros(primal)
    return primal, tangent


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The result of `func(*primals)` and its derivative there, as a function of the tangents.

    `func` runs twice, whatever number of tangents follows.
    """
    result = func(*primals)
    if levels.dual is not None:
        raise RuntimeError(NESTED_LEVEL)
    outputs, output_spec = flatten(result)
    leaves, spec = flatten(primals)
    for _ in leaves:  # what PyTorch's tracer says of each, although nothing is wrong
        warnings.warn(texts.TRACED_CONSTANT, UserWarning, stacklevel=2)
    check_traceable(leaves)
    moving: list[int] = []

    def of_moving(*given: Any) -> Any:
        """The outputs that depend on the primals; the primals themselves if none does."""
        found = flatten(func(*given))[0]
        moving[:] = [i for i, each in enumerate(found) if isinstance(each, Tensor) and each.requires_grad]
        return [found[i] for i in moving] or list(given)

    values, pull_back = vjp(of_moving, *primals)
    _, push_forward = vjp(pull_back, mapped(zeros, values))

    def jvp_fn(*tangents: Any) -> Any:
        directions, direction_spec = flatten(tangents)
        if direction_spec != spec:
            raise RuntimeError(texts.linear_structure(direction_spec, spec))
        for i, (direction, primal) in enumerate(zip(directions, leaves, strict=True)):
            if direction.shape != primal.shape:
                raise RuntimeError(texts.linear_tangent(i, "shape", direction.shape, primal.shape))
            if direction.dtype is not primal.dtype:
                raise RuntimeError(texts.linear_tangent(i, "dtype", direction.dtype, primal.dtype))
        found = flatten(push_forward(tangents)[0])[0] if moving else []
        by_place = dict(zip(moving, found, strict=True))
        derivatives = [by_place[i].detach() if i in by_place else constant(each) for i, each in enumerate(outputs)]
        return unflatten(derivatives, output_spec)

    return result, jvp_fn


def check_traceable(leaves: Sequence[Any]) -> None:
    """Raise ValueError for primals without derivative, RuntimeError for those that `vmap` hides a dimension of."""
    level = levels.stack[-1] if levels.stack else None
    for each in leaves:
        if isinstance(each, Tensor) and isinstance(level, BatchLevel) and batch_dim(level, each) is not None:
            raise RuntimeError(no_view_fallback("_make_dual"))
        if isinstance(each, Tensor) and not (each.is_floating_point() or each.is_complex()):
            raise ValueError(not_floating("primal", each.dtype))


def constant(output: Any) -> Any:
    """The derivative of an output that depends on nothing: zeros, which PyTorch's tracer keeps as a parameter."""
    return Parameter(zeros(output), requires_grad=False) if isinstance(output, Tensor) else output


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """`func` on a level of its own: writes and views that nobody outside can see need no removing where nothing traces.

    Raises RuntimeError for something else to remove.
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(texts.unknown_removal(remove))

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with entered(lambda number: Level(number, "functionalize")) as level:
            found = func(*on_level(level, args), **on_level(level, kwargs))
            return mapped(lambda each: lowered(level, each) if isinstance(each, Tensor) else each, found)

    return wrapper


def debug_unwrap(tensor: Any, *, recurse: bool = True) -> Any:
    """What a tensor inside a transform stands on, for looking at it. Raises TypeError for anything else."""
    if not isinstance(tensor, Tensor):
        raise TypeError(no_tensor_argument("is_functorch_wrapped_tensor", tensor, "bool"))
    while True:
        wrapper = level_module.wrapper_of(tensor)
        if wrapper is None:
            return tensor
        tensor = wrapper.inner
        if not recurse:
            return tensor


__all__ = ["debug_unwrap", "functionalize", "grad", "grad_and_value", "jvp", "linearize", "vjp"]
