"""Jacobians for `gradcheck`: numerical, by central differences; analytical, row by row or column by column.

A Jacobian is a matrix with a row for each element of the input and a column for each element of the output. In fast
mode only one combination of its rows is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import refgrad.autograd as autograd
from refgrad.autograd import forward_ad
from refgrad.autograd import gradcheck_texts as texts
from refgrad.autograd.sparse_inputs import along_values, content, entries_of, whole
from refgrad.creation import zeros_like
from refgrad.tensor import Tensor

Function = Callable[..., Any]


class GradcheckError(RuntimeError):
    """Gradients that do not fit: raised by `gradcheck` and `gradgradcheck`."""

    __module__ = "torch.autograd.gradcheck"


def as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def is_continuous(value: Any) -> bool:
    return isinstance(value, Tensor) and (value.is_floating_point() or value.is_complex())


def wants_grad(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def tensors_with_grad(value: Any) -> Iterator[Any]:
    """The tensors in nested containers that require grad."""
    if isinstance(value, Tensor):
        if value.requires_grad:
            yield value
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for each in value:
            yield from tensors_with_grad(each)


def places(shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return product(*(range(size) for size in shape))


# ---- numerical ----------------------------------------------------------------------------------------------------


def central_difference(function: Function, entry: Any, step: Any, norm: float, where: Any, eps: Any) -> tuple[Any, ...]:
    """`entry`, a view of an input, is changed by `step` one way and the other.

    Raises AssertionError if the outputs then differ in shape or type.
    """
    before = entry.clone()
    entry.copy_(before - step)
    low = function()
    entry.copy_(before + step)
    high = function()
    entry.copy_(before)
    found = []
    for a, b in zip(low, high, strict=False):
        if a.shape != b.shape:
            raise AssertionError(texts.output_changed("shape", where, eps, a.shape, b.shape))
        if a.dtype is not b.dtype:
            raise AssertionError(texts.output_changed("dtype", where, eps, a.dtype, b.dtype))
        found.append(((b - a) / (2 * norm)).detach().reshape(-1))
    return tuple(found)


def directional(jvp: Callable[[Any], tuple[Any, ...]], step: Any, is_complex: bool) -> list[Any]:
    """Derivatives along a step; for complex inputs along its real and imaginary part, as one complex number."""
    real, imaginary = step if isinstance(step, tuple) else (step, step)
    along = jvp(real)
    if not is_complex:
        return list(along)
    across = jvp(imaginary * 1j)
    return [x + y * 1j for x, y in zip(along, across, strict=True)]


def runner(func: Function, inputs: Any) -> Callable[[], tuple[Any, ...]]:
    def run() -> tuple[Any, ...]:
        return tuple(each.clone() for each in as_tuple(func(*as_tuple(inputs))))

    return run


def get_numerical_jacobian_wrt_specific_input(
    fn: Function, input_idx: int, inputs: Any, outputs: Any, eps: float, input: Any = None, is_forward_ad: bool = False
) -> tuple[Any, ...]:
    """For each output the Jacobian with respect to one input."""
    tensor = inputs[input_idx] if input is None else input
    if not tensor.requires_grad:
        raise AssertionError("Expected input to have requires_grad=True")
    function = runner(fn, inputs)
    kind = tensor.dtype if tensor.dtype.is_complex else None
    made = tuple(each.new_zeros((tensor.numel(), each.numel()), dtype=kind) for each in outputs if is_continuous(each))
    for entry, where, row in entries_of(tensor):

        def jvp(step: Any, entry: Any = entry, where: Any = where) -> tuple[Any, ...]:
            return central_difference(function, entry, step, eps, where, eps)

        for jacobian, derivative in zip(made, directional(jvp, eps, tensor.is_complex()), strict=False):
            jacobian[row] = derivative
    return made


def numerical_jacobian(
    fn: Function, inputs: Any, outputs: Any = None, target: Any = None, eps: float = 1e-3, forward: bool = False
) -> list[tuple[Any, ...]]:
    """For each input that requires grad, and each output, the numerical Jacobian."""
    if outputs is None:
        outputs = as_tuple(fn(*as_tuple(inputs)))
    if not forward and any(each.is_complex() for each in outputs):
        raise ValueError(texts.COMPLEX_OUTPUT)
    if target is None:
        target = inputs
    indices = [i for i, each in enumerate(target) if wants_grad(each)]
    return [
        get_numerical_jacobian_wrt_specific_input(fn, i, inputs, outputs, eps, tensor, forward)
        for tensor, i in zip(tensors_with_grad(target), indices, strict=False)
    ]


def numerical_along(fn: Function, place: int, inputs: Any, direction: Any, eps: float) -> list[Any]:
    """The numerical derivative of each output along a direction of one input."""
    tensor = inputs[place]
    data = content(tensor).data
    function = runner(fn, inputs)

    def jvp(step: Any) -> tuple[Any, ...]:
        return central_difference(function, data, step, eps, None, eps)

    if isinstance(direction, tuple):
        step: Any = tuple(eps * along_values(tensor, each) for each in direction)
    else:
        step = eps * along_values(tensor, direction)
    return directional(jvp, step, tensor.is_complex())


# ---- analytical, reverse mode -------------------------------------------------------------------------------------


def vjp_of(output: Any, inputs: Any) -> Callable[[Any], tuple[Any, ...]]:
    wanted = list(tensors_with_grad(inputs))

    def pull_back(grad: Any) -> tuple[Any, ...]:
        found: tuple[Any, ...] = autograd.grad(output, wanted, grad, retain_graph=True, allow_unused=True)
        return found

    return pull_back


def gradient_rows(pull_back: Callable[[Any], tuple[Any, ...]], output: Any) -> list[list[Any]]:
    """For each input the gradients of all elements of the output."""
    grad = zeros_like(output).contiguous()
    flat = grad.view(-1)
    rows: list[list[Any]] = []
    for j in range(flat.numel()):
        flat.zero_()
        flat[j] = 1.0
        for i, each in enumerate(pull_back(grad)):
            if j == 0:
                rows.append([])
            rows[i].append(None if each is None else each.clone())
    return rows


def stacked(rows: list[list[Any]], inputs: Any, columns: int) -> tuple[tuple[Any, ...], bool, bool]:
    """The Jacobians, and whether all gradients had the size and the type of their input."""
    wanted = list(tensors_with_grad(inputs))
    made = tuple(
        whole(each.detach()).new_zeros((each.numel(), columns))
        for each in as_tuple(inputs)
        if is_continuous(each) and each.requires_grad
    )
    sizes = types = True
    for tensor, jacobian, gradients in zip(wanted, made, rows, strict=False):
        for j, grad in enumerate(gradients):
            if grad is None:
                continue
            if grad.shape != tensor.shape:
                sizes = False
            elif grad.dtype is not tensor.dtype:
                types = False
            jacobian[:, j] = whole(grad).reshape(-1)
    return made, sizes, types


def analytical_jacobian(
    inputs: Any, output: Any, tolerance: float, check_types: bool, vector: Any = None
) -> tuple[Any, ...]:
    """For each input the Jacobian of one output, computed twice; with `vector`, one combination of its columns.

    Raises GradcheckError where gradients have a wrong size or type, or differ between the two runs.
    """
    pull_back = vjp_of(output, inputs)

    def rows() -> list[list[Any]]:
        if vector is None:
            return gradient_rows(pull_back, output.clone())
        found = pull_back(vector.reshape(output.shape))
        return [[None if each is None else each.clone()] for each in found]

    columns = output.numel() if vector is None else 1
    first, sizes, types = stacked(rows(), inputs, columns)
    second, _, _ = stacked(rows(), inputs, columns)
    # As in PyTorch, where the two facts are taken for each other.
    if not sizes and check_types:
        raise GradcheckError(texts.DTYPE_MISMATCH)
    if not types:
        raise GradcheckError(texts.SIZE_MISMATCH)
    if not all_close(first, second, tolerance):
        raise GradcheckError(texts.not_reentrant(tolerance))
    return first


def all_close(one: Sequence[Any], other: Sequence[Any], tolerance: float) -> bool:
    return not any(a.numel() != 0 and bool((a - b).abs().max() > tolerance) for a, b in zip(one, other, strict=True))


# ---- analytical, forward mode -------------------------------------------------------------------------------------


def forward_jacobian(
    fn: Function, inputs: Sequence[Any], outputs: Sequence[Any], check_types: bool, directions: Any = None
) -> tuple[tuple[Any, ...], ...]:
    """For each input that requires grad, and each output, the Jacobian by forward mode; or along `directions`."""
    wanted = [each for each in inputs if wants_grad(each)]
    made = tuple(
        tuple(out.new_zeros((1 if directions else each.numel(), out.numel())) for out in outputs if is_continuous(out))
        for each in wanted
    )
    with forward_ad.dual_level():
        tangents: list[Any] = []
        duals: list[Any] = []
        for each in inputs:
            dual = each
            if wants_grad(each):
                dual = forward_ad.make_dual(each.detach(), zeros_like(each))
                tangents.append(forward_ad.unpack_dual(dual).tangent)
            duals.append(dual)
        for i, tangent in enumerate(tangents):
            if directions:
                tangent.copy_(directions[i].view_as(tangent))
                put(made[i], 0, fn, duals, check_types)
                tangent.zero_()
                continue
            for row, where in enumerate(places(tangent.shape)):
                tangent[where] = 1.0
                put(made[i], row, fn, duals, check_types)
                tangent[where] = 0.0
    if directions:
        return tuple(tuple(each.squeeze(0) for each in jacobians) for jacobians in made)
    return made


def put(jacobians: Sequence[Any], row: int, fn: Function, duals: Sequence[Any], check_types: bool) -> None:
    """Run the function on dual numbers and write the tangents of its outputs into a row."""
    outputs = [each for each in as_tuple(fn(*duals)) if is_continuous(each)]
    for jacobian, out in zip(jacobians, outputs, strict=False):
        primal, tangent = forward_ad.unpack_dual(out)
        if tangent is None:
            jacobian[row].zero_()
            continue
        if check_types and primal.is_complex() != tangent.is_complex():
            raise GradcheckError(texts.FORWARD_DTYPE_MISMATCH)
        jacobian[row].copy_(tangent.reshape(-1))
