"""`torch.autograd.gradcheck` and `gradgradcheck`: gradients held against differences.

Behaviour: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.gradcheck.gradcheck.html, details observed on
PyTorch 2.13.0.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import refgrad.autograd as autograd
from refgrad.autograd import forward_ad
from refgrad.autograd import gradcheck_texts as texts
from refgrad.autograd.errors import UndefinedGrad
from refgrad.autograd.jacobians import (
    Function,
    GradcheckError,
    analytical_jacobian,
    as_tuple,
    forward_jacobian,
    get_numerical_jacobian_wrt_specific_input,
    gradient_rows,
    is_continuous,
    numerical_along,
    numerical_jacobian,
    stacked,
    tensors_with_grad,
    vjp_of,
    wants_grad,
)
from refgrad.autograd.sparse_inputs import content, is_sparse, spread, whole, with_every_place
from refgrad.creation import rand, randn_like, zeros, zeros_like
from refgrad.dtypes import complex64, complex128, float32, float64, promote_types
from refgrad.generator import Generator
from refgrad.operators.names import FUNCTIONS
from refgrad.tensor import Tensor

allclose: Callable[..., bool] = FUNCTIONS["allclose"]
stack: Callable[..., Any] = FUNCTIONS["stack"]


@dataclass(frozen=True)
class Options:
    """What a check is told: tolerances and what to look at."""

    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    check_undefined_grad: bool
    check_grad_dtypes: bool
    check_batched_grad: bool
    check_batched_forward_grad: bool
    check_forward_ad: bool
    check_backward_ad: bool
    fast_mode: bool
    masked: bool


@dataclass(frozen=True)
class View:
    """Which part of complex numbers a comparison looks at, and in which mode."""

    forward: bool = False
    complex_places: tuple[int, ...] = ()
    imaginary: bool = False

    def prefix(self, output: int, place: int) -> str:
        concerned = place if self.forward else output
        return texts.part_considered(self.imaginary, self.forward) if concerned in self.complex_places else ""


def gradcheck(
    func: Function,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether the gradients of `func` at `inputs` are those that small differences give.

    Raises GradcheckError if they are not, unless `raise_exception` is False.
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError(texts.NO_MODE)
    if check_batched_grad and not check_backward_ad:
        raise AssertionError(texts.BATCHED_NEEDS_BACKWARD)
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError(texts.BATCHED_NEEDS_FORWARD)
    options = Options(
        eps, atol, rtol, nondet_tol, check_undefined_grad, check_grad_dtypes, check_batched_grad,
        check_batched_forward_grad, check_forward_ad, check_backward_ad, fast_mode, bool(masked),
    )  # fmt: skip
    try:
        return check(func, as_tuple(inputs), options)
    except GradcheckError:
        if raise_exception:
            raise
        return False


def check(func: Function, inputs: tuple[Any, ...], options: Options) -> bool:
    check_inputs(inputs)
    result = func(*inputs)
    outputs = differentiable(result)
    if any(each.is_sparse for each in outputs):
        raise ValueError(texts.SPARSE_OUTPUT)
    check_parts(func, result, inputs, outputs, options)
    if options.check_batched_forward_grad:
        check_batched_forward(func, inputs)
    if not options.check_backward_ad:
        return True
    for i, each in enumerate(outputs):
        if options.check_batched_grad:
            check_batched(inputs, each, i)
    check_multiplied(outputs, inputs, options.masked)
    if options.check_undefined_grad:
        check_undefined(func, outputs, inputs)
    return True


def check_inputs(inputs: tuple[Any, ...]) -> None:
    """Warn of single precision; raise RuntimeError for overlapping memory, ValueError if nothing requires grad."""
    found = False
    for i, each in enumerate(inputs):
        if wants_grad(each):
            if each.dtype not in (float64, complex128):
                warnings.warn(texts.single_precision(i), UserWarning, stacklevel=4)
            varied = content(each)
            if not all(step > 0 or size <= 1 for step, size in zip(varied.stride(), varied.shape, strict=True)):
                raise RuntimeError(texts.overlapping(i))
            found = True
    if not found:
        raise ValueError(texts.NO_INPUT)


def differentiable(result: Any) -> tuple[Any, ...]:
    return tuple(each for each in as_tuple(result) if each.requires_grad)


# ---- complex numbers by parts -------------------------------------------------------------------------------------


def check_parts(
    func: Function, result: Any, inputs: tuple[Any, ...], outputs: tuple[Any, ...], options: Options
) -> None:
    """Reverse mode looks at real and imaginary parts of outputs one by one, forward mode at those of inputs."""
    compare = compare_fast if options.fast_mode else compare_slow
    if options.check_backward_ad:
        if any(each.is_complex() for each in as_tuple(result)):
            where = tuple(i for i, each in enumerate(outputs) if each.is_complex())
            for imaginary in (True, False):
                part = part_of_outputs(func, imaginary)
                found = part(*inputs)
                compare(part, found, inputs, differentiable(found), options, View(False, where, imaginary))
        else:
            compare(func, result, inputs, outputs, options, View())
    if options.check_forward_ad:
        places = tuple(i for i, each in enumerate(inputs) if isinstance(each, Tensor) and each.is_complex())
        if not places:
            compare(func, result, inputs, outputs, options, View(forward=True))
            if options.check_undefined_grad:
                check_undefined_forward(func, inputs)
            return
        parts = []
        for imaginary in (True, False):
            given = tuple(
                (each.imag if imaginary else each.real) if i in places else each for i, each in enumerate(inputs)
            )
            part = part_of_inputs(func, places, inputs, imaginary)
            found = part(*given)
            compare(part, found, given, differentiable(found), options, View(True, places, imaginary))
            parts.append((part, given))
        if options.check_undefined_grad:
            for part, given in parts:
                check_undefined_forward(part, given)


def part_of_outputs(func: Function, imaginary: bool) -> Function:
    def part(*inputs: Any) -> tuple[Any, ...]:
        return tuple(
            (each.imag if imaginary else each.real) if each.is_complex() else each for each in as_tuple(func(*inputs))
        )

    return part


def part_of_inputs(func: Function, places: Sequence[int], originals: Sequence[Any], imaginary: bool) -> Function:
    def part(*inputs: Any) -> tuple[Any, ...]:
        given = list(inputs)
        for i in places:
            rest = originals[i]
            given[i] = rest.real + given[i] * 1j if imaginary else given[i] + rest.imag * 1j
        return as_tuple(func(*given))

    return part


# ---- comparing Jacobians ------------------------------------------------------------------------------------------


def compare_slow(
    func: Function, result: Any, inputs: tuple[Any, ...], outputs: tuple[Any, ...], options: Options, view: View
) -> None:
    """Whole Jacobians.

    Raises GradcheckError for the first that differ.
    """
    results = as_tuple(result)
    varied = inputs if options.masked or not outputs else tuple(map(with_every_place, inputs))
    numerical = numerical_jacobian(func, varied, results, eps=options.eps, forward=view.forward)
    if not outputs:
        if any(bool((each != 0).sum() > 0) for of_input in numerical for each in of_input):
            raise GradcheckError(texts.NOT_ZERO)
        return
    by_output = [each for out, each in zip(results, zip(*numerical, strict=True), strict=False) if out.requires_grad]
    forward = forward_jacobian(func, inputs, results, options.check_grad_dtypes) if view.forward else ()
    for i, of_output in enumerate(by_output):
        if view.forward:
            analytical: Sequence[Any] = [of_input[i] for of_input in forward]
        else:
            analytical = analytical_jacobian(inputs, outputs[i], options.nondet_tol, options.check_grad_dtypes)
        for j, (found, expected) in enumerate(zip(analytical, of_output, strict=False)):
            if not close(found, expected, options.rtol, options.atol):
                raise GradcheckError(texts.mismatch(found, expected, i, j, view.prefix(i, j), view.forward))


def close(one: Any, other: Any, rtol: float, atol: float) -> bool:
    kind = promote_types(one.dtype, other.dtype)
    return allclose(one.to(dtype=kind), other.to(dtype=kind), rtol, atol)


def random_direction(like: Any, generator: Generator, *, real: bool) -> Any:
    kind = {complex128: float64, complex64: float32}.get(like.dtype, like.dtype) if real else like.dtype
    made: Any = rand(content(like).numel(), generator=generator).to(kind)
    made = made / made.norm()
    return spread(like, made) if is_sparse(like) else made


def compare_fast(
    func: Function, result: Any, inputs: tuple[Any, ...], outputs: tuple[Any, ...], options: Options, view: View
) -> None:
    """One random combination of each Jacobian's entries.

    Raises GradcheckError, with the whole Jacobians, for the first that differs.
    """
    drawn = Generator()  # not the user's: whose state stays
    places = [i for i, each in enumerate(inputs) if wants_grad(each)]
    along: list[Any] = [
        (random_direction(inputs[i], drawn, real=True), random_direction(inputs[i], drawn, real=True))
        if inputs[i].is_complex()
        else random_direction(inputs[i], drawn, real=True)
        for i in places
    ]
    varied = inputs if options.masked else tuple(map(with_every_place, inputs))
    across = [] if view.forward else [random_direction(each, drawn, real=False) for each in outputs]
    numerical: list[list[Any]] = []
    for place, direction in zip(places, along, strict=True):
        derivatives = numerical_along(func, place, varied, direction, options.eps)
        kept = [each for each, out in zip(derivatives, as_tuple(result), strict=True) if is_continuous(out)]
        numerical.append(kept if view.forward else [(v * each).sum() for v, each in zip(across, kept, strict=False)])
    if not view.forward and not outputs:
        check_zero_along(func, inputs, places, along, options)
    analytical = (
        forward_jacobian(func, inputs, as_tuple(result), options.check_grad_dtypes, along)
        if view.forward
        else combined(inputs, outputs, across, along, options)
    )
    for i, of_input in enumerate(numerical):
        for j, expected in enumerate(of_input):
            found = analytical[i][j]
            total = 1.0 if view.forward else across[j].sum()
            weight = along[i][0].sum() + along[i][1].sum() if isinstance(along[i], tuple) else along[i].sum()
            atol = options.atol * abs_or_float(weight) * abs_or_float(total)
            if not close(found, expected, options.rtol, atol):
                text = texts.mismatch(found, expected, j, i, view.prefix(j, i), view.forward)
                raise GradcheckError(text + slow_report(func, inputs, outputs, i, j, options, view.forward))


def abs_or_float(value: Any) -> float:
    number = value.item() if isinstance(value, Tensor) else value
    return float(number.real)


def check_zero_along(
    func: Function, inputs: tuple[Any, ...], places: Sequence[int], along: Sequence[Any], options: Options
) -> None:
    for place, direction in zip(places, along, strict=True):
        for each in numerical_along(func, place, inputs, direction, options.eps):
            if each.numel() and bool(each.abs().max() > options.nondet_tol):
                raise GradcheckError(texts.NOT_ZERO)


def combined(
    inputs: tuple[Any, ...], outputs: Sequence[Any], across: Sequence[Any], along: Sequence[Any], options: Options
) -> list[list[Any]]:
    """For each input, and each output, the analytical counterpart of what the numerical side computed."""
    made: list[list[Any]] = [[] for _ in along]
    for output, vector in zip(outputs, across, strict=True):
        found = analytical_jacobian(inputs, output, options.nondet_tol, options.check_grad_dtypes, vector)
        for place, (each, direction) in enumerate(zip(found, along, strict=True)):
            row = each.reshape(-1)
            if row.is_complex():
                made[place].append(row.real.dot(direction[0]) + 1j * row.imag.dot(direction[1]))
            else:
                made[place].append(row.dot(direction))
    return made


def slow_report(
    func: Function, inputs: tuple[Any, ...], outputs: tuple[Any, ...], place: int, output: int, options: Options,
    forward: bool,
) -> str:  # fmt: skip
    numerical = numerical_jacobian(func, inputs, outputs, eps=options.eps, forward=forward)[place][output]
    if forward:

        def one(tensor: Any) -> Any:
            given = list(inputs)
            given[place] = tensor
            return as_tuple(func(*given))[output]

        analytical = forward_jacobian(one, (inputs[place],), (outputs[output],), False)[0][0]
    else:
        analytical = analytical_jacobian(inputs, outputs[output], float("inf"), False)[place]
    text = texts.slow_mode(numerical, analytical, (numerical - analytical).abs().max())
    if allclose(analytical, numerical, options.rtol, options.atol):
        text += texts.SLOW_MODE_PASSES
    return text


# ---- further checks -----------------------------------------------------------------------------------------------


def expanded_zero(like: Any) -> Any:
    zero: Any = zeros([], dtype=like.dtype)
    return zero.expand(like.shape)


def compare_batched(function: Function, vectors: list[Any], output: int, forward: bool) -> None:
    """`vmap` of a function against one call for each vector.

    Raises GradcheckError where they differ or `vmap` fails.
    """
    from refgrad.func.vmap import older_vmap

    expected = [stack(list(parts)) for parts in zip(*[function(each) for each in vectors], strict=True)]
    try:
        found = older_vmap(function, stack(vectors))
    except RuntimeError as error:
        raise GradcheckError(texts.batched_error(error, forward)) from error
    for i, (each, wanted) in enumerate(zip(found, expected, strict=True)):
        if not allclose(each, wanted):
            raise GradcheckError(texts.batched_mismatch(i if forward else output, i, each, wanted, forward))


def check_batched(inputs: tuple[Any, ...], output: Any, number: int) -> None:
    wanted = list(tensors_with_grad(inputs))
    pull_back = vjp_of(output, inputs)

    def vjp(vector: Any) -> tuple[Any, ...]:
        found = pull_back(vector)
        return tuple(expanded_zero(like) if each is None else each for each, like in zip(found, wanted, strict=True))

    compare_batched(vjp, [randn_like(output) for _ in range(2)], number, False)


def check_batched_forward(func: Function, inputs: tuple[Any, ...]) -> None:
    for i, current in enumerate(inputs):
        if not (wants_grad(current) and is_continuous(current)):
            continue

        def jvp(tangent: Any, i: int = i, current: Any = current) -> tuple[Any, ...]:
            with forward_ad.dual_level():
                dual = forward_ad.make_dual(current.detach(), tangent)
                given = [
                    dual if j == i else each.detach() if isinstance(each, Tensor) else each
                    for j, each in enumerate(inputs)
                ]
                pairs = [forward_ad.unpack_dual(each) for each in as_tuple(func(*given)) if each is not None]
                return tuple(expanded_zero(primal) if part is None else part for primal, part in pairs)

        compare_batched(jvp, [randn_like(current) for _ in range(2)], i, True)


def check_multiplied(outputs: tuple[Any, ...], inputs: tuple[Any, ...], masked: bool) -> None:
    """The gradient of a zero gradient is zero, of the input's type and size."""
    wanted = list(tensors_with_grad(inputs))
    if not wanted:
        raise GradcheckError(texts.NO_TENSORS)
    found = autograd.grad(outputs, wanted, [zeros_like(each) for each in outputs], allow_unused=True)
    for grad, tensor in zip(found, wanted, strict=True):
        if grad is None:
            continue
        if is_sparse(grad):
            if not is_sparse(tensor):
                raise GradcheckError(texts.wrong_layout(grad.layout, tensor.layout))
            for dimensions in ("sparse_dim", "dense_dim"):
                made, wanted_here = getattr(grad, dimensions)(), getattr(tensor, dimensions)()
                if made != wanted_here:
                    raise GradcheckError(texts.wrong_dimensions(dimensions, made, wanted_here))
            grad = whole(grad)
        zero = allclose(grad, zeros_like(grad)) if masked else bool((grad == 0).all())
        if not zero:
            raise GradcheckError(texts.NOT_MULTIPLIED)
        if grad.dtype is not tensor.dtype:
            raise GradcheckError(texts.WRONG_TYPE)
        if grad.shape != tensor.shape:
            raise GradcheckError(texts.WRONG_SIZE)


def check_undefined(func: Function, outputs: tuple[Any, ...], inputs: tuple[Any, ...]) -> None:
    """Undefined gradients of the outputs, of all and of each, give undefined or zero gradients of the inputs."""
    wanted = list(tensors_with_grad(inputs))
    undefined: Any = UndefinedGrad()
    cases = [[undefined(each) for each in differentiable(func(*inputs))]]
    if len(cases[0]) > 1:
        cases += [
            [undefined(each) if j == i else each for j, each in enumerate(differentiable(func(*inputs)))]
            for i in range(len(outputs))
        ]
    for case in cases:
        given = [zeros_like(each) for each in case]
        try:
            found = autograd.grad(case, wanted, given, allow_unused=True)
        except RuntimeError as error:
            warnings.warn(texts.UNDEFINED_WARNING, UserWarning, stacklevel=4)
            raise GradcheckError(texts.UNDEFINED_RAISES) from error
        if any(each is not None and not bool((whole(each) == 0).all()) for each in found):
            warnings.warn(texts.UNDEFINED_WARNING, UserWarning, stacklevel=4)
            raise GradcheckError(texts.UNDEFINED_NOT_ZERO)


def check_undefined_forward(func: Function, inputs: tuple[Any, ...]) -> None:
    """An input without tangent does what one with a tangent of zeros does."""
    drawn = Generator()
    with forward_ad.dual_level():
        duals: list[Any] = list(inputs)
        moving = [i for i, each in enumerate(inputs) if wants_grad(each)]
        for i in moving:
            tangent = random_direction(inputs[i], drawn, real=True).view_as(inputs[i])
            duals[i] = forward_ad.make_dual(inputs[i].detach(), tangent)
        for i in moving:
            kept = duals[i]
            found = []
            for each in (forward_ad.make_dual(inputs[i].detach(), zeros_like(inputs[i])), inputs[i].detach()):
                duals[i] = each
                found.append(
                    [forward_ad.unpack_dual(out).tangent for out in as_tuple(func(*duals)) if is_continuous(out)]
                )
            duals[i] = kept
            for number, (one, other) in enumerate(zip(*found, strict=False)):
                if one is not None and other is not None and not allclose(one, other):
                    raise GradcheckError(
                        "Mismatch in tangent values for output with index: ", number, " when input: ", inputs[i],
                        " has an undefined tangent value. ", " Got: ", one, " but expected: ", other,
                    )  # fmt: skip


# ---- second derivatives -------------------------------------------------------------------------------------------


def gradgradcheck(
    func: Function,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """`gradcheck` of the gradients of `func`, as functions of its inputs and of `grad_outputs` (random by default)."""
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError(texts.NO_SECOND_MODE)
    if check_undefined_grad and not check_rev_over_rev:
        raise AssertionError(texts.UNDEFINED_NEEDS_REVERSE)
    if check_batched_grad and not check_rev_over_rev:
        raise AssertionError(texts.BATCHED_NEEDS_REVERSE)
    given = as_tuple(inputs)
    if grad_outputs is None:
        outputs = differentiable(func(*given))
        grads = tuple(random_gradient(each, strided=gen_non_contig_grad_outputs) for each in outputs)
    else:
        grads = as_tuple(grad_outputs)
    inputs_wanted = {i for i, each in enumerate(given) if wants_grad(each)}
    grads_wanted = {i for i, each in enumerate(grads) if each.requires_grad}

    def first(*args: Any) -> tuple[Any, ...]:
        arguments = [
            each.requires_grad_() if i in inputs_wanted else each for i, each in enumerate(args[: -len(grads)])
        ]
        outputs = differentiable(func(*arguments))
        vectors = [each.requires_grad_() if i in grads_wanted else each for i, each in enumerate(args[-len(grads) :])]
        wanted = [each for i, each in enumerate(arguments) if i in inputs_wanted]
        found = autograd.grad(outputs, wanted, vectors, create_graph=True, allow_unused=True)
        return tuple(each for each in found if each is not None)

    return gradcheck(
        first,
        given + grads,
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        fast_mode=fast_mode,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        masked=masked,
    )


def random_gradient(like: Any, *, strided: bool) -> Any:
    shape = (*like.shape, 2) if strided and like.numel() > 1 else tuple(like.shape)
    kind = like.dtype
    drawn: Any = rand(*shape)
    made = (drawn * 2 - 1).to(kind)
    if kind.is_complex:
        drawn = rand(*shape)
        made = made + (drawn * 2 - 1).to(kind) * 1j
    if shape != tuple(like.shape):
        made = made[..., 0]
    return made.requires_grad_()


# ---- old names ----------------------------------------------------------------------------------------------------


def get_numerical_jacobian(
    fn: Function, inputs: Any, target: Any = None, eps: float = 1e-3, grad_out: float = 1.0
) -> tuple[Any, ...]:
    """Deprecated: the numerical Jacobians of the first output of a function that takes its inputs as one tuple."""
    warnings.warn(texts.old_name("get_numerical_jacobian"), FutureWarning, stacklevel=2)
    if grad_out != 1.0:
        raise ValueError(texts.grad_out("get_numerical_jacobian"))
    found = numerical_jacobian(lambda *given: fn(given), inputs, None, target, eps)
    return tuple(each[0] for each in found)


def get_analytical_jacobian(
    inputs: Any, output: Any, nondet_tol: float = 0.0, grad_out: float = 1.0
) -> tuple[Any, bool, bool, bool]:
    """Deprecated: the Jacobians of one output, and whether they are reentrant, of the right sizes and types."""
    warnings.warn(texts.old_name("get_analytical_jacobian"), FutureWarning, stacklevel=2)
    if grad_out != 1.0:
        raise ValueError(texts.grad_out("get_analytical_jacobian"))
    if output.is_complex():
        raise ValueError(texts.COMPLEX_OUTPUT_ANALYTICAL)
    from refgrad.autograd.jacobians import all_close

    pull_back = vjp_of(output, inputs)
    first, sizes, types = stacked(gradient_rows(pull_back, output.clone()), inputs, output.numel())
    second, _, _ = stacked(gradient_rows(pull_back, output.clone()), inputs, output.numel())
    return first, all_close(first, second, nondet_tol), types, sizes


__all__ = [
    "GradcheckError", "get_analytical_jacobian", "get_numerical_jacobian", "get_numerical_jacobian_wrt_specific_input",
    "gradcheck", "gradgradcheck",
]  # fmt: skip
