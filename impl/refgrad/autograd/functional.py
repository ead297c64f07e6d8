"""`torch.autograd.functional`: `vjp`, `jvp`, `jacobian`, `hessian`, `vhp`, `hvp` of functions of tensors.

Behaviour: https://docs.pytorch.org/docs/2.13/autograd.html#functional-higher-level-api, details observed on PyTorch
2.13.0. `jvp` and `hvp` differentiate the gradient with respect to the vector it was computed with, which is linear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import refgrad.autograd as autograd
from refgrad.autograd import forward_ad
from refgrad.autograd import functional_texts as texts
from refgrad.creation import zeros_like
from refgrad.levels import Level, entered, lowered
from refgrad.modes import enable_grad, is_grad_enabled, set_grad_enabled
from refgrad.operators.names import FUNCTIONS
from refgrad.tensor import Tensor

Function = Callable[..., Any]
Tensors = tuple[Any, ...]


# ---- arguments and results ----------------------------------------------------------------------------------------


def as_tuple(given: Any, what: str, name: str) -> tuple[bool, Tensors]:
    """Whether a tuple was given, and the tensors.

    Raises TypeError for anything but tensors.
    """
    is_tuple = isinstance(given, tuple)
    tensors = given if is_tuple else (given,)
    for i, each in enumerate(tensors):
        if not isinstance(each, Tensor):
            raise TypeError(texts.not_a_tensor(what, name, type(each), i if is_tuple else None))
    return is_tuple, tensors


def outputs_of(result: Any, name: str, strict: bool) -> tuple[bool, Tensors]:
    is_tuple, outputs = as_tuple(result, "outputs of the user-provided function", name)
    need_grad(outputs, "outputs", strict)
    return is_tuple, outputs


def prepared(tensors: Tensors, create_graph: bool, need_graph: bool) -> Tensors:
    """The tensors to compute with: detached, unless their history is to be kept."""
    return tuple(
        each.view_as(each) if create_graph and each.requires_grad else each.detach().requires_grad_(need_graph)
        for each in tensors
    )


def finished(tensors: Any, create_graph: bool) -> Any:
    """What is returned. Raises IndexError where there is nothing."""
    if not tensors:
        raise IndexError(texts.NOTHING)
    if create_graph:
        return tensors
    return tuple(each.detach() if isinstance(each, Tensor) else finished(each, False) for each in tensors)


def single(tensors: Any, is_tuple: bool) -> Any:
    return tensors if is_tuple else tensors[0]


def vector(v: Any, like: Tensors, is_tuple: bool, name: str, create_graph: bool) -> Tensors:
    """Raises RuntimeError where `v` does not fit `like` in number or size."""
    _, given = as_tuple(v, "v", name)
    given = prepared(given, create_graph, False)
    if len(like) != len(given):
        raise RuntimeError(texts.v_length(len(like), len(given)) if is_tuple else texts.V_SINGLE)
    for i, (each, other) in enumerate(zip(given, like, strict=True)):
        if each.shape != other.shape:
            raise RuntimeError(texts.v_size(other.shape, each.shape, i if is_tuple else None))
    return given


def need_grad(tensors: Sequence[Any], what: str, strict: bool) -> None:
    """Raise RuntimeError in strict mode if one does not depend on the inputs."""
    if strict:
        for i, each in enumerate(tensors):
            if each is None:
                raise RuntimeError(texts.output_independent_of(i))
            if not each.requires_grad:
                raise RuntimeError(texts.NEEDS_GRAD[what](i))


def gradients(
    outputs: Sequence[Any],
    inputs: Tensors,
    given: Sequence[Any] | None = None,
    *,
    create_graph: bool = False,
    retain_graph: bool | None = None,
    batched: bool = False,
) -> Tensors:
    """Gradients of the outputs that require grad; `None` for inputs they do not depend on."""
    vectors = (None,) * len(outputs) if given is None else given
    kept = [(out, v) for out, v in zip(outputs, vectors, strict=True) if out is not None and out.requires_grad]
    if not kept:
        return (None,) * len(inputs)
    found: Tensors = autograd.grad(
        tuple(out for out, _ in kept),
        inputs,
        tuple(v for _, v in kept),
        allow_unused=True,
        create_graph=create_graph,
        retain_graph=retain_graph,
        is_grads_batched=batched,
    )
    return found


def filled(found: Tensors, like: Tensors, strict: bool, create_graph: bool, stage: str) -> Tensors:
    """Zeros for what is missing.

    Raises RuntimeError in strict mode.
    """
    made = []
    for i, (each, other) in enumerate(zip(found, like, strict=False)):
        if each is None:
            if strict:
                raise RuntimeError(texts.MISSING[stage](i))
            made.append(zeros_like(other))
            continue
        if strict and create_graph and not each.requires_grad:
            raise RuntimeError(texts.no_graph_created("hessian" if "double" in stage else "jacobian", i))
        made.append(each)
    return tuple(made)


def wanted_mode(create_graph: bool) -> Any:
    return set_grad_enabled(True if create_graph else is_grad_enabled())


# ---- products -----------------------------------------------------------------------------------------------------


def vjp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The outputs of `func`, and the vector `v` times its Jacobian."""
    with enable_grad():
        is_tuple, given = as_tuple(inputs, "inputs", "vjp")
        given = prepared(given, create_graph, True)
        outputs_tuple, outputs = outputs_of(func(*given), "vjp", strict)
        if v is not None:
            v = vector(v, outputs, outputs_tuple, "vjp", create_graph)
        elif len(outputs) != 1 or outputs[0].numel() != 1:
            raise RuntimeError(texts.V_MISSING_OUTPUT)
    with wanted_mode(create_graph):
        found = gradients(outputs, given, v, create_graph=create_graph)
        product = filled(found, given, strict, create_graph, "back")
    return (
        single(finished(outputs, create_graph), outputs_tuple),
        single(finished(product, create_graph), is_tuple),
    )


def jvp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The outputs of `func`, and its Jacobian times the vector `v`."""
    with enable_grad():
        is_tuple, given = as_tuple(inputs, "inputs", "jvp")
        given = prepared(given, create_graph, True)
        v = input_vector(v, given, is_tuple, "jvp", create_graph)
        outputs_tuple, outputs = outputs_of(func(*given), "jvp", strict)
        probes = tuple(zeros_like(each, requires_grad=True) for each in outputs)
        pulled = gradients(outputs, given, probes, create_graph=True)
        need_grad(pulled, "grad_inputs", strict)
    with wanted_mode(create_graph):
        found = gradients(pulled, probes, v, create_graph=create_graph)
        product = filled(found, outputs, strict, create_graph, "back_trick")
    return (
        single(finished(outputs, create_graph), outputs_tuple),
        single(finished(product, create_graph), outputs_tuple),
    )


def input_vector(v: Any, given: Tensors, is_tuple: bool, name: str, create_graph: bool) -> Any:
    if v is not None:
        return vector(v, given, is_tuple, name, create_graph)
    if len(given) != 1 or given[0].numel() != 1:
        raise RuntimeError(texts.V_MISSING_INPUT)
    return None


def scalar_jacobian(func: Function, given: Tensors, name: str, strict: bool) -> tuple[Tensors, Tensors]:
    """The output of a scalar function, and its gradient, recorded."""
    outputs_tuple, outputs = outputs_of(func(*given), name, strict)
    if outputs_tuple:
        raise RuntimeError(texts.single_tensor(name))
    if outputs[0].numel() != 1:
        raise RuntimeError(texts.single_element(name))
    found = gradients(outputs, given, create_graph=True)
    need_grad(found, "jacobian", strict)
    return outputs, found


def vhp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The output of a scalar function, and the vector `v` times its Hessian."""
    with enable_grad():
        is_tuple, given = as_tuple(inputs, "inputs", "vhp")
        given = prepared(given, create_graph, True)
        v = input_vector(v, given, is_tuple, "vhp", create_graph)
        outputs, first = scalar_jacobian(func, given, "vhp", strict)
    with wanted_mode(create_graph):
        found = gradients(first, given, v, create_graph=create_graph)
        product = filled(found, given, strict, create_graph, "double_back")
    return finished(outputs, create_graph)[0], single(finished(product, create_graph), is_tuple)


def hvp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The output of a scalar function, and its Hessian times the vector `v`."""
    with enable_grad():
        is_tuple, given = as_tuple(inputs, "inputs", "hvp")
        given = prepared(given, create_graph, True)
        v = input_vector(v, given, is_tuple, "hvp", create_graph)
        outputs, first = scalar_jacobian(func, given, "hvp", strict)
        probes = tuple(zeros_like(each, requires_grad=True) for each in given)
        second = gradients(first, given, probes, create_graph=True)
        need_grad(first, "hessian", strict)
    with wanted_mode(create_graph):
        found = gradients(second, probes, v, create_graph=create_graph)
        product = filled(found, given, strict, create_graph, "double_back_trick")
    return finished(outputs, create_graph)[0], single(finished(product, create_graph), is_tuple)


# ---- whole Jacobians ----------------------------------------------------------------------------------------------


def jacobian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian of `func`: for each output and input a tensor of the output's shape and the input's.

    Raises as documented for https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.jacobian.html.
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(texts.STRATEGY)
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(texts.FORWARD_CREATE_GRAPH)
        return jacobian_forward(func, inputs, strict, vectorize)
    with enable_grad():
        is_tuple, given = as_tuple(inputs, "inputs", "jacobian")
        given = prepared(given, create_graph, True)
        outputs_tuple, outputs = outputs_of(func(*given), "jacobian", strict)
        if vectorize:
            if strict:
                raise RuntimeError(texts.VECTORIZED_STRICT)
            if not outputs:
                raise AssertionError(texts.NO_OUTPUT)
            rows = batched_rows(outputs, given, create_graph)
        else:
            rows = tuple(row_by_row(i, out, given, create_graph, strict) for i, out in enumerate(outputs))
        return shaped_like(finished(rows, create_graph), outputs_tuple, is_tuple)


def shaped_like(rows: Any, outputs_tuple: bool, inputs_tuple: bool) -> Any:
    return single(tuple(single(row, inputs_tuple) for row in rows) if not inputs_tuple else rows, outputs_tuple)


def row_by_row(number: int, out: Any, inputs: Tensors, create_graph: bool, strict: bool) -> Tensors:
    """The part of the Jacobian that belongs to one output."""
    columns: list[list[Any]] = [[] for _ in inputs]
    for j in range(out.numel()):
        found = gradients((out.reshape(-1)[j],), inputs, retain_graph=True, create_graph=create_graph)
        for place, (column, each, tensor) in enumerate(zip(columns, found, inputs, strict=True)):
            if each is None:
                if strict:
                    raise RuntimeError(texts.output_of_input(number, place))
                column.append(zeros_like(tensor))
                continue
            if strict and create_graph and not each.requires_grad:
                raise RuntimeError(texts.no_graph_created("jacobian", number))
            column.append(each)
    stack: Any = FUNCTIONS["stack"]
    return tuple(
        stack(column).view(tuple(out.shape) + tuple(each.shape)) for column, each in zip(columns, inputs, strict=True)
    )


def batched_rows(outputs: Tensors, inputs: Tensors, create_graph: bool) -> Tensors:
    """All rows in one batched run."""
    sizes = [each.numel() for each in outputs]
    flat = tuple(each.reshape(-1) for each in outputs)
    found = gradients(flat, inputs, basis(outputs, sizes), create_graph=create_graph, batched=True)
    by_input = []
    for each, tensor in zip(found, inputs, strict=True):
        whole = zeros_like(tensor).expand((sum(sizes), *tensor.shape)) if each is None else each
        by_input.append(
            [
                block.view(tuple(out.shape) + tuple(tensor.shape))
                for block, out in zip(whole.split(sizes, 0), outputs, strict=True)
            ]
        )
    return tuple(zip(*by_input, strict=True))


def basis(tensors: Tensors, sizes: Sequence[int]) -> Tensors:
    """The unit vectors of the space that all elements of `tensors` span, one a row."""
    made = []
    start = 0
    for each, size in zip(tensors, sizes, strict=True):
        part = each.new_zeros((sum(sizes), size))
        part.diagonal(start).fill_(1)
        made.append(part)
        start -= size
    return tuple(made)


def jacobian_forward(func: Function, inputs: Any, strict: bool, vectorize: bool) -> Any:
    """The Jacobian by forward mode, all columns at once."""
    from refgrad.func.vmap import vmap

    if strict:
        raise RuntimeError(texts.FORWARD_STRICT)
    is_tuple, given = as_tuple(inputs, "inputs", "jacobian")
    if not vectorize:
        raise NotImplementedError(texts.FORWARD_UNVECTORIZED)
    if not given:
        raise AssertionError(texts.NO_TENSOR)
    sizes = [each.numel() for each in given]
    seen: list[Any] = []

    def push_forward(tangents: Tensors) -> Tensors:
        # A level of its own, so that `func` may compute gradients of what it is given. Its tensors can be read, for
        # all examples of what `func` is given are the same.
        with forward_ad.dual_level(), entered(lambda number: Level(number, "jacobian")) as level:
            duals = [
                forward_ad.make_dual(each, tangent.view_as(each)) for each, tangent in zip(given, tangents, strict=True)
            ]
            outputs_tuple, results = as_tuple(func(*duals), "outputs", "None")
            pairs = [forward_ad.unpack_dual(each) for each in results]
            seen[:] = [outputs_tuple, [primal.shape for primal, _ in pairs]]
            moved = [zeros_like(primal) if tangent is None else tangent for primal, tangent in pairs]
            return tuple(lowered(level, each) for each in moved)

    columns = vmap(push_forward)(basis(given, sizes))
    outputs_tuple, shapes = seen
    rows = [
        [
            part.movedim(0, -1).reshape(tuple(shape) + tuple(each.shape))
            for part, each in zip(column.split(sizes, 0), given, strict=True)
        ]
        for column, shape in zip(columns, shapes, strict=True)
    ]
    return shaped_like(rows, outputs_tuple, is_tuple)


def hessian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The Hessian of a scalar function: the Jacobian of its Jacobian.

    Raises as documented for https://docs.pytorch.org/docs/2.13/generated/torch.autograd.functional.hessian.html.
    """
    is_tuple, given = as_tuple(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(texts.OUTER_STRATEGY)

    def scalar(*tensors: Any) -> Any:
        outputs_tuple, outputs = outputs_of(func(*tensors), "hessian", strict)
        if outputs_tuple:
            raise RuntimeError(texts.single_tensor("hessian"))
        if outputs[0].numel() != 1:
            raise RuntimeError(texts.single_element("hessian"))
        return outputs[0].squeeze()

    def first(*tensors: Any) -> Any:
        if outer_jacobian_strategy == "forward-mode":
            from refgrad.levels import require_grad_on_level

            for each in tensors:
                if not each.requires_grad:
                    require_grad_on_level(each)
        made = jacobian(scalar, tensors, create_graph=True)
        need_grad(made, "jacobian", strict)
        return made

    made = jacobian(
        first,
        given,
        create_graph=create_graph,
        strict=strict,
        vectorize=vectorize,
        strategy=outer_jacobian_strategy,
    )
    return shaped_like(made, is_tuple, is_tuple)


__all__ = ["vjp", "jvp", "jacobian", "hessian", "hvp", "vhp"]  # noqa: RUF022  # in PyTorch's order
