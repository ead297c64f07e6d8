"""Forward mode: the tangent of an operator's result, from the formulas that its row has for reverse mode.

A derivative is written down once, as a gradient formula. Three ways lead from it to the tangent:

- *Elementwise* operators have a diagonal Jacobian, which is its own transpose: the formula itself, applied to the
  tangent of each operand, and their sum.
- *Linear* operators are their own derivative: the operator, applied to the tangents.
- Everything else: a gradient formula is linear in the gradient it is given, `u -> J^T u`, and the gradient of *that*
  with respect to u, in the direction of the tangent, is `J` times the tangent.

Complex operands always go the third way, where the transposition takes care of conjugation.
Which operators PyTorch calls elementwise and linear: `derivatives.yaml` (`auto_element_wise`, `auto_linear`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import forward_texts
from refgrad.levels import is_batched, levels, wrapper_of
from refgrad.modes import enable_grad, modes
from refgrad.operators.declare import Save
from refgrad.tensor import Tensor, wrapped_number

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator

ELEMENTWISE = frozenset(
    "abs acos acosh addcdiv addcmul asin asinh atan atan2 atanh bernoulli ceil celu clamp clamp_max clamp_min"
    " copysign cos cosh deg2rad digamma div elu erf erfc erfinv exp exp2 expm1 fmax fmin floor fmod frac gelu"
    " hardshrink hardsigmoid hardswish hardtanh hypot i0 ldexp leaky_relu lerp lgamma log log10 log1p log2"
    " logaddexp logaddexp2 logit log_sigmoid_forward maximum minimum mish nan_to_num neg pow rad2deg reciprocal"
    " relu remainder round rsqrt sgn sigmoid sign silu sin sinc sinh softplus softshrink sqrt tan tanh threshold"
    " trunc xlogy".split()
)
"""Operators whose result has an element for each element of the (broadcast) operands, and depends only on that."""

LINEAR = frozenset(
    "add sub rsub masked_fill where as_strided as_strided_scatter_add block_diag cat clone cumsum"
    " diag_embed diagonal diagonal_backward diagonal_copy expand flip gather index index_select mean movedim"
    " permute repeat _reshape_alias roll rot90 select select_backward slice slice_backward split split_with_sizes"
    " squeeze stack sum t take trace transpose tril triu unbind unfold unfold_backward unsafe_split"
    " unsafe_split_with_sizes _unsafe_view unsqueeze view _to_copy view_as_complex view_as_real _conj"
    " masked_select embedding select_scatter slice_scatter diagonal_scatter scatter scatter_add index_add"
    " as_strided_scatter index_copy index_put _index_put_impl copy put zero fill index_fill _fw_primal"
    " _fft_c2c _fft_r2c _fft_c2r max_unpool2d max_unpool3d".split()
)
"""Operators that are linear in all differentiable operands together."""

MULTILINEAR = frozenset(("mul", "mm", "bmm", "mv", "dot", "vdot"))
"""Operators that are linear in each operand."""

SHIFTED_BY_NUMBER = frozenset(("add", "sub", "rsub"))
"""With a Python number as an attribute these are not linear: the number moves the result."""

WITHOUT = frozenset(
    (
        "index_reduce",
        "rrelu_with_noise_",
        "grid_sampler_2d",
        "grid_sampler_3d",
        "multi_margin_loss",
        "_scaled_dot_product_flash_attention_for_cpu",
        "cholesky",
        "_cdist_forward",
        "_to_sparse",
        "_ctc_loss",
        "_euclidean_dist",
        "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams",
        "fake_quantize_per_channel_affine_cachemask",
        "fake_quantize_per_tensor_affine_cachemask",
        "multilabel_margin_loss_forward",
        "rrelu_with_noise_",
        "segment_reduce",
        "special_zeta",
    )
)
"""Operators that have a gradient in PyTorch and no forward mode."""

NOT_HOLOMORPHIC = frozenset(("abs",))
"""Elementwise operators whose complex derivative has two parts."""

CONSTANT_ATTRIBUTES = {
    ("fill", "Scalar"): "value", ("masked_fill", "Scalar"): "value", ("index_fill", "int_Scalar"): "value",
    ("scatter", "value"): "value",
}  # fmt: skip
"""Numbers that linear operators write, whose derivative is 0."""


def check_forward_mode(row: Operator) -> None:
    """Raise NotImplementedError for an operator that has no forward mode."""
    if row.name in WITHOUT:
        raise NotImplementedError(forward_texts.forward_mode_unsupported(row.name))


def result_tangents(
    row: Operator,
    primals: Sequence[Any],
    tangents: Sequence[Tensor | None],
    attributes: tuple[Any, ...],
    results: Sequence[Tensor],
) -> Sequence[Tensor | None]:
    """The tangents of `results`, which `row` made of `primals`; these and the results carry no tangents here."""
    if all(each._array.dtype.kind not in "fcV" for each in results):
        return [None] * len(results)
    check_forward_mode(row)
    if row.name == "alias":
        return [tangents[0]]  # not an alias of it
    own = OWN_RULES.get((row.name, row.overload))
    # After `copy_` from another type: PyTorch takes over the tangent of what is copied as it is.
    odd = any(
        tangent is not None and isinstance(primal, Tensor) and tangent.dtype is not primal.dtype
        for primal, tangent in zip(primals, tangents, strict=False)
    )
    shifted = row.overload == "Scalar" and row.name in SHIFTED_BY_NUMBER
    try:
        if own is not None and len(results) > 1:
            found = own(primals, tangents, results, *attributes)
            return [fitting(each, result, odd) for each, result in zip(found, results, strict=True)]
        if own is not None:
            tangent = own(primals, tangents, results[0], *attributes)
            return [None if tangent is None else fitting(tangent, results[0], odd)]
        if row.name in LINEAR and not shifted:
            found = linear(row, primals, tangents, attributes, results)
            if row.view is not None:
                return found
        elif row.name in MULTILINEAR:
            found = multilinear(row, primals, tangents, attributes)
        elif shifted or (row.name in ELEMENTWISE and (row.name not in NOT_HOLOMORPHIC or all_real(primals))):
            found = elementwise(row, primals, tangents, attributes, results)
        else:
            found = transposed_twice(row, primals, tangents, attributes, results)
    except NotImplementedError as error:
        raise NotImplementedError(forward_texts.forward_mode_unsupported(row.name)) from error
    return [fitting(tangent, result, odd) for tangent, result in zip(found, results, strict=True)]


def fitting(tangent: Any, result: Tensor, odd: bool = False) -> Any:
    """`tangent` in the shape and type of the result; `odd`: types of tangents are no longer those of their tensors."""
    if result._array.dtype.kind not in "fcV":
        return None
    if tangent is None:
        return result.new_zeros(result._array.shape)
    if tangent._array.shape != result._array.shape:
        tangent = tangent.expand(result._array.shape)
    return tangent if odd or tangent.dtype is result.dtype else tangent.to(result.dtype)


def linear(
    row: Operator, primals: Sequence[Any], tangents: Sequence[Any], attributes: tuple[Any, ...], results: Sequence[Any]
) -> Sequence[Any]:
    """The operator, applied to the tangents."""
    moved = [
        primal if i in constant_places(row) else zero_tangent(primal) if tangent is None else tangent
        for i, (primal, tangent) in enumerate(zip(primals, tangents, strict=True))
    ]
    constant = CONSTANT_ATTRIBUTES.get((row.name, row.overload))
    if constant is not None:
        place = row.attribute_names.index(constant)
        attributes = (*attributes[:place], 0, *attributes[place + 1 :])
    made = row(moved, *attributes) if row.list_input else row(*moved, *attributes)
    if row.name in ("add", "sub") and None in tangents and len(tangents) == 2:
        self_t, other_t = tangents
        if other_t is None:
            alone(made, self_t)
        else:
            alone(made, other_t, attributes[0] if row.name == "add" else -attributes[0])
    return made if isinstance(made, (tuple, list)) else [made]


def alone(total: Any, term: Any, factor: Any = 1) -> None:
    """Make a sum of `term` and of a 0 that stands for no tangent the term itself: -0 stays -0, as in PyTorch."""
    hidden, target = examples(total)
    own, source = examples(term)
    for place, level in enumerate(hidden):
        if level not in own:
            source = np.expand_dims(source, place)
    front = len(hidden)
    source = source.reshape(source.shape[:front] + (1,) * (target.ndim - source.ndim) + source.shape[front:])
    target[...] = source if type(factor) is int and factor == 1 else source * factor


def examples(tensor: Any) -> tuple[list[Any], Any]:
    """The levels that hide a dimension of `tensor`, and its memory with those dimensions in front."""
    wrapper = wrapper_of(tensor)
    if wrapper is None:
        return [], tensor._array
    hidden, array = examples(wrapper.inner)
    if wrapper.dim is None:
        return hidden, array
    return [*hidden, wrapper.level], np.moveaxis(array, len(hidden) + wrapper.dim, len(hidden))


def multilinear(
    row: Operator, primals: Sequence[Any], tangents: Sequence[Any], attributes: tuple[Any, ...]
) -> list[Any]:
    """The sum, over the operands, of the operator with the operand's tangent in its place.

    As in PyTorch the sum has both terms, even if one is 0; that of a product the second one first, and a 0 that stands
    for no tangent is nothing to a product: it leaves the sign of the other term's zeros alone.
    """
    if row.overload == "Scalar":
        return [row(tangents[0], *attributes)]
    terms: list[Any] = []
    for i, tangent in enumerate(tangents):
        moved = list(primals)
        moved[i] = zero_tangent(primals[i]) if tangent is None else tangent
        if row.name == "mul" and i == 1:
            moved.reverse()
        product = row(*moved, *attributes)
        if tangent is None and not np.isfinite(product._array).all():
            product = product.new_zeros(product._array.shape)  # a zero tangent stays zero, whatever it multiplies
        terms.append(product)
    if row.name != "mul":
        return [terms[0] + terms[1]]
    total = terms[1] + terms[0]
    if None in tangents:
        alone(total, terms[1 if tangents[0] is None else 0])
    return [total]


def constant_places(row: Operator) -> frozenset[int]:
    """Operands that are no variables of the linear function: indices and masks."""
    if row.list_input:
        return frozenset()
    return frozenset(range(len(row.tensor_names))) - frozenset(row.differentiable)


def zero_tangent(primal: Any) -> Any:
    if not isinstance(primal, Tensor):
        return None if primal is None else 0
    if primal._array.dtype.kind not in "fcV":
        return primal.new_zeros(primal._array.shape)
    return primal.new_zeros(primal._array.shape)


def values_of(
    row: Operator, primals: Sequence[Any], attributes: tuple[Any, ...], results: Sequence[Tensor]
) -> list[Any]:
    """What the formulas ask for, slot by slot."""
    values: list[Any] = []
    for slot in row.saved:
        kind = slot.kind
        if kind is Save.TENSORS:
            values.append(tuple(primals))
        elif kind is Save.OUTPUT:
            values.append(results[slot.index])
        elif kind in (Save.ATTRIBUTE, Save.INDICES):
            values.append(attributes[slot.index])
        elif kind is Save.FACT and row.list_input:
            assert slot.fact is not None
            values.append(tuple(slot.fact(each) for each in primals))
        else:
            primal = primals[slot.index]
            if primal is not None and not isinstance(primal, Tensor):
                primal = wrapped_number(primal)
            values.append(primal if slot.fact is None else slot.fact(primal))
    return values


def gradients_of(row: Operator, grad: Any, values: list[Any], needed: tuple[bool, ...]) -> list[Any]:
    """What the formulas of the row make of `grad`, for the edges that are `needed`."""
    found: list[Any] = [None] * len(needed)
    for formula in row.formulas:
        given = [values[i] if i >= 0 else needed for i in formula.arguments]
        if row.list_input:
            found = list(formula.function(grad, *given))
        elif formula.several:
            if any(needed[edge] for edge in formula.edges):
                for edge, each in zip(formula.edges, formula.function(grad, *given), strict=True):
                    found[edge] = each
        elif needed[formula.edges[0]]:
            found[formula.edges[0]] = formula.function(grad, *given)
    return [each if wanted else None for each, wanted in zip(found, needed, strict=True)]


def edge_operands(row: Operator, operands: Sequence[Any]) -> list[Any]:
    return list(operands) if row.list_input else [operands[i] for i in row.differentiable]


def all_real(tensors: Sequence[Any]) -> bool:
    return all(each._array.dtype.kind != "c" for each in tensors if isinstance(each, Tensor))


# ---- what PyTorch writes down for forward mode --------------------------------------------------------------------


def larger(primals: Sequence[Any], tangents: Sequence[Any], result: Any) -> Any:
    """Of two equal operands each counts half."""
    first, second = primals
    return chosen_of_two(first == second, first > second, primals, tangents, result)


def smaller(primals: Sequence[Any], tangents: Sequence[Any], result: Any) -> Any:
    first, second = primals
    return chosen_of_two(first == second, first < second, primals, tangents, result)


def chosen_of_two(equal: Any, first: Any, primals: Sequence[Any], tangents: Sequence[Any], result: Any) -> Any:
    share = first.to(result.dtype).masked_fill(equal, 0.5)
    one, other = (
        zero_tangent(primal) if tangent is None else tangent for primal, tangent in zip(primals, tangents, strict=True)
    )
    difference = one - other
    if tangents[1] is None:
        alone(difference, one)
    elif tangents[0] is None:
        alone(difference, other, -1)
    chosen = share * difference
    total = other + chosen
    if tangents[1] is None:
        alone(total, chosen)
    return total


def larger_number(primals: Sequence[Any], tangents: Sequence[Any], result: Any) -> Any:
    """Of two equal numbers the second one counts."""
    first, second = primals
    return either((first > second) | second.isnan(), primals, tangents)


def smaller_number(primals: Sequence[Any], tangents: Sequence[Any], result: Any) -> Any:
    """Of two equal numbers the first one counts."""
    first, second = primals
    return either((first <= second) | second.isnan(), primals, tangents)


def either(first: Any, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    one, other = (
        zero_tangent(primal) if tangent is None else tangent for primal, tangent in zip(primals, tangents, strict=True)
    )
    return one.where(first, other)


def clamped(primals: Sequence[Any], tangents: Sequence[Any], result: Any) -> Any:
    """On a bound: the tensor between two bounds, the bound if there is one."""
    tensor, low, high = primals
    own, of_low, of_high = (
        zero_tangent(primal) if tangent is None else tangent for primal, tangent in zip(primals, tangents, strict=True)
    )
    if high is None:
        return own.where(tensor > low, of_low)
    if low is None:
        return own.where(tensor < high, of_high)
    inside = of_low.where(tensor < low, of_high.where(tensor > high, own))
    return of_high.where(low > high, inside)


def angle_of_two(primals: Sequence[Any], tangents: Sequence[Any], result: Any) -> Any:
    """Undefined at the origin, where the gradient of reverse mode is 0."""
    y, x = primals
    dy, dx = (
        zero_tangent(primal) if tangent is None else tangent for primal, tangent in zip(primals, tangents, strict=True)
    )
    return (x * dy - y * dx) / (y * y + x * x)


def argument(primals: Sequence[Any], tangents: Sequence[Any], result: Any) -> Any:
    """Of real numbers it does not move."""
    if not primals[0].is_complex():
        return tangents[0] * 0
    x, y, dx, dy = primals[0].real, primals[0].imag, tangents[0].real, tangents[0].imag
    return ((x * dy - y * dx) / (x * x + y * y)).masked_fill((x == 0) & (y == 0), 0)


def copied_sign(primals: Sequence[Any], tangents: Sequence[Any], result: Any) -> Any:
    """Only what gets the sign moves the result."""
    if tangents[0] is None:
        return None
    return tangents[0] * (result / primals[0]).masked_fill(primals[0] == 0, 0)


def shared_evenly(primals: Sequence[Any], tangents: Sequence[Any], result: Any) -> Any:
    """The mean over all places of the largest (smallest, middle) value."""
    mask = primals[0] == result
    return (tangents[0] * mask).sum() / mask.sum()


def quotient(primals: Sequence[Any], tangents: Sequence[Any], result: Any) -> Any:
    """Through the result, as PyTorch has it."""
    above = zero_tangent(primals[0]) if tangents[0] is None else tangents[0]
    below = tangents[1]
    if below is None:
        nothing = zero_tangent(primals[1])
        difference = above - (result.new_zeros(result._array.shape) if is_batched(above) else nothing * result)
        alone(difference, above)
    else:
        moved = below * result
        difference = above - moved
        if tangents[0] is None:
            alone(difference, moved, -1)
    return difference / primals[1]


def leaky(primals: Sequence[Any], tangents: Sequence[Any], result: Any) -> Any:
    """At 0 the slope counts as 1, in reverse mode as the weight."""
    tensor, weight = primals
    moving = zero_tangent(tensor) if tangents[0] is None else tangents[0]
    below = weight * moving
    if tangents[1] is not None:
        below = below + tangents[1] * tensor
    return moving.where(tensor >= 0, below)


def shares_of_exponentials(primals: Sequence[Any], tangents: Sequence[Any], result: Any, dim: int) -> Any:
    """What is above the mean, which is weighted by the shares."""
    return result * (tangents[0] - (result * tangents[0]).sum(dim, True))


def shared_along(primals: Sequence[Any], tangents: Sequence[Any], result: Any, dim: Any, keepdim: bool) -> Any:
    """The mean over all places of the extreme, of each row."""
    if not primals[0].dim() or not dim:
        return shared_evenly(primals, tangents, result).reshape(result.shape)
    from refgrad.operators.reductions import restored

    mask = primals[0] == restored(result, dim, primals[0].dim(), keepdim=keepdim)
    return (tangents[0] * mask).sum(dim, keepdim) / mask.sum(dim, keepdim)


def product_along(
    primals: Sequence[Any], tangents: Sequence[Any], result: Any, dim: int, keepdim: bool, dtype: Any
) -> Any:
    from refgrad.operators.reductions import prod_dim_gradient

    slopes = prod_dim_gradient(result.new_ones(result._array.shape), primals[0], result, dim, keepdim)
    return (slopes.conj() * tangents[0]).sum(dim, keepdim)


def product(primals: Sequence[Any], tangents: Sequence[Any], result: Any, dtype: Any) -> Any:
    """A sum of what each factor changes, which starts from 0."""
    from refgrad.operators.reductions import prod_gradient

    return (prod_gradient(result.new_ones(()), primals[0], result).conj() * tangents[0]).sum()


def running_sum_of_exponentials(primals: Sequence[Any], tangents: Sequence[Any], result: Any, dim: int) -> Any:
    """The mean of the tangents so far, weighted by the exponentials."""
    if not result.dim():
        return tangents[0]
    weights = (primals[0] - primals[0].real.max(dim, True)[0]).exp()
    return (tangents[0] * weights).cumsum(dim) / weights.cumsum(dim)


def deviation(
    primals: Sequence[Any], tangents: Sequence[Any], result: Any, dim: Any, correction: Any, keepdim: bool
) -> Any:
    """Half the tangent of the variance over the deviation, and nothing where that is 0."""
    from refgrad.operators.statistics import var_gradient

    through = var_gradient(tangents[0].conj(), primals[0], dim, correction, True).real
    total = through.sum() if not dim or not primals[0].dim() else through.sum(dim, keepdim)
    return (total / (result * 2)).masked_fill(result == 0, 0)


def above_threshold(primals: Sequence[Any], tangents: Sequence[Any], result: Any, threshold: Any) -> Any:
    """Zeros for the operand that decides, and the gradient's tangent where it passes."""
    from refgrad.operators.activations import THRESHOLD_BACKWARD

    grad = zero_tangent(primals[0]) if tangents[0] is None else tangents[0]
    return primals[1].new_zeros(primals[1].shape) + THRESHOLD_BACKWARD(grad, primals[1], threshold)


def deviation_and_mean(
    primals: Sequence[Any], tangents: Sequence[Any], result: Any, dim: Any, correction: Any, keepdim: bool
) -> Any:
    """That of the deviation, and the mean of the tangent."""
    mean = tangents[0].mean() if not dim or not primals[0].dim() else tangents[0].mean(dim, keepdim)
    return deviation(primals, tangents, result[0], dim, correction, keepdim), mean


OWN_RULES: dict[tuple[str, str], Callable[..., Any]] = {
    ("_softmax", ""): shares_of_exponentials,
    ("prod", ""): product,
    ("prod", "dim_int"): product_along,
    ("amax", ""): shared_along,
    ("amin", ""): shared_along,
    ("logcumsumexp", ""): running_sum_of_exponentials,
    ("maximum", ""): larger,
    ("minimum", ""): smaller,
    ("atan2", ""): angle_of_two,
    ("fmax", ""): larger_number,
    ("fmin", ""): smaller_number,
    ("clamp", "Tensor"): clamped,
    ("angle", ""): argument,
    ("div", "Tensor"): quotient,
    ("_prelu_kernel", ""): leaky,
    ("copysign", "Tensor"): copied_sign,
    ("max", ""): shared_evenly,
    ("min", ""): shared_evenly,
    ("median", ""): shared_evenly,
    ("std", "correction"): deviation,
    ("threshold_backward", ""): above_threshold,
    ("std_mean", "correction"): deviation_and_mean,
}
"""Where PyTorch's formula for forward mode gives other values than the gradient formula, at ties and singular points,
or is seen to be made of other steps."""


def elementwise(
    row: Operator, primals: Sequence[Any], tangents: Sequence[Any], attributes: tuple[Any, ...], results: Sequence[Any]
) -> list[Any]:
    """The sum, over the operands, of the formula applied to the operand's tangent."""
    values = values_of(row, primals, attributes, results)
    moving = edge_operands(row, tangents)
    shape = results[0]._array.shape
    is_complex = results[0]._array.dtype.kind == "c" and row.name != "sgn"  # sgn is its own adjoint
    total: Any = None
    for edge, tangent in enumerate(moving):
        if tangent is None:
            continue
        given = tangent if tangent._array.shape == shape else tangent.expand(shape)
        if is_complex:
            given = given.conj()
        found = gradients_of(row, given, values, tuple(i == edge for i in range(len(moving))))[edge]
        if found is not None:
            total = found if total is None else total + found
    if is_complex and total is not None:
        total = total.conj()
    return [total] + [None] * (len(results) - 1)


def transposed_twice(
    row: Operator, primals: Sequence[Any], tangents: Sequence[Any], attributes: tuple[Any, ...], results: Sequence[Any]
) -> list[Any]:
    """The gradient of the gradient formulas with respect to the gradient they are given."""
    from refgrad.autograd import run
    from refgrad.backward import fitted

    # On a level the levels below record too; elsewhere a graph that ends at the probes is nothing to be seen.
    create_graph = modes.grad and (
        bool(levels.stack) or any(isinstance(each, Tensor) and each.requires_grad for each in (*primals, *tangents))
    )
    values = values_of(row, primals, attributes, results)
    moving = edge_operands(row, tangents)
    with enable_grad():
        probes: list[Any] = []
        for each in results:
            probe = each.new_zeros(each._array.shape) if each._array.dtype.kind in "fcV" else None
            if probe is not None:
                probe._requires_grad = True
            probes.append(probe)
        found = gradients_of(
            row, tuple(probes) if row.several_results else probes[0], values, tuple(each is not None for each in moving)
        )
        outputs, directions = [], []
        for edge, (gradient, tangent) in enumerate(zip(found, moving, strict=True)):
            if gradient is not None and gradient.requires_grad:
                primal = edge_operands(row, primals)[edge]
                expected = (primal._array.shape, primal._array.dtype)
                outputs.append(fitted(gradient, expected, None, edge))
                directions.append(fitting(tangent, primal))
    wanted = [each for each in probes if each is not None]
    answers: Any = [None] * len(wanted)
    if outputs:
        answers = run(outputs, directions, True, create_graph, wanted, True, False)
    at = iter(answers)
    return [None if each is None else next(at) for each in probes]
