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

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from refgrad import forward_texts, memory
from refgrad.levels import levels
from refgrad.modes import modes, quietly
from refgrad.operators import tangent_rules, tangent_rules_linalg, tangent_rules_matrix, tangent_rules_reducing
from refgrad.operators.declare import Save
from refgrad.operators.tangent_rules import LEADING, filled
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
    "masked_fill where as_strided block_diag cat clone cumsum"
    " diag_embed diagonal diagonal_backward diagonal_copy expand flip gather index index_select mean movedim"
    " permute repeat _reshape_alias roll rot90 select select_backward slice slice_backward split split_with_sizes"
    " squeeze stack sum t take trace transpose tril triu unbind unfold unfold_backward unsafe_split"
    " unsafe_split_with_sizes _unsafe_view unsqueeze view _to_copy view_as_complex view_as_real _conj"
    " masked_select embedding select_scatter slice_scatter diagonal_scatter scatter scatter_add index_add"
    " as_strided_scatter index_copy index_put _index_put_impl copy put zero fill index_fill _fw_primal"
    " _fft_c2c _fft_r2c _fft_c2r max_unpool2d max_unpool3d masked_scatter complex narrow_copy".split()
)
"""Operators that are linear in all differentiable operands together."""

MULTILINEAR = frozenset(("mul", "mm", "bmm", "mv", "dot", "vdot", "linalg_cross"))
"""Operators that are linear in each operand."""

SHIFTED_BY_NUMBER = frozenset(("add", "sub", "rsub"))
"""With a Python number as an attribute these are not linear: the number moves the result."""

WITHOUT = frozenset(
    (
        "igamma",
        "igammac",
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
        "ormqr",
        "_weight_norm_interface",
    )
)
"""Operators that have a gradient in PyTorch and no forward mode."""

RULES: dict[tuple[str, str], tangent_rules.Rule] = {
    **tangent_rules.RULES,
    **tangent_rules_reducing.RULES,
    **tangent_rules_matrix.RULES,
    **tangent_rules_linalg.RULES,
}
"""Where PyTorch's formula is seen to be made of other steps, or gives other values at ties and singular points."""

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
    before = memory.unusual.seen
    try:
        found = by_rule(row, primals, tangents, attributes, results)
    except NotImplementedError as error:
        raise NotImplementedError(forward_texts.forward_mode_unsupported(row.name)) from error
    kept = any(each is not None and (each.requires_grad or each._is_zerotensor()) for each in found)
    memory.unusual.seen = before or kept  # the zeros that stood for missing tangents may be gone
    return found


def by_rule(
    row: Operator,
    primals: Sequence[Any],
    tangents: Sequence[Tensor | None],
    attributes: tuple[Any, ...],
    results: Sequence[Tensor],
) -> Sequence[Tensor | None]:
    """The tangents in the shapes and types of the results.

    Raises NotImplementedError where a formula does.
    """
    leading = LEADING.get((row.name, row.overload))
    if leading is not None and all(tangents[i] is None for i in leading):
        return [None] * len(results)
    own = RULES.get((row.name, row.overload))
    # After `copy_` from another type: PyTorch takes over the tangent of what is copied as it is.
    odd = any(
        tangent is not None and isinstance(primal, Tensor) and tangent.dtype is not primal.dtype
        for primal, tangent in zip(primals, tangents, strict=False)
    )
    shifted = row.overload == "Scalar" and row.name in SHIFTED_BY_NUMBER
    if own is not None:
        several = len(results) > 1
        given = filled(primals, tangents, results[0])
        found: Any = own(primals, given, results if several else results[0], *attributes)
        if found is None:
            return [None] * len(results)
        if found is not NotImplemented:
            return [
                None if tangent is None else fitting(tangent, result, odd)
                for tangent, result in zip(found if several else [found], results, strict=True)
            ]
    if row.name in LINEAR and not shifted:
        found = linear(row, primals, tangents, attributes, results)
        if row.view is not None:
            return list(found)
    elif row.name in MULTILINEAR:
        found = multilinear(row, primals, tangents, attributes, results[0])
    elif shifted or (row.name in ELEMENTWISE and (row.name not in NOT_HOLOMORPHIC or all_real(primals))):
        found = elementwise(row, primals, tangents, attributes, results)
    else:
        found = transposed_twice(row, primals, tangents, attributes, results)
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
    constant = CONSTANT_ATTRIBUTES.get((row.name, row.overload))
    if constant is not None:
        place = row.attribute_names.index(constant)
        attributes = (*attributes[:place], 0, *attributes[place + 1 :])
    moved = [
        primal if i in constant_places(row) else tangent
        for i, (primal, tangent) in enumerate(zip(primals, filled(primals, tangents, results[0]), strict=True))
    ]
    made = row(moved, *attributes) if row.list_input else row(*moved, *attributes)
    return made if isinstance(made, (tuple, list)) else [made]


def multilinear(
    row: Operator, primals: Sequence[Any], tangents: Sequence[Any], attributes: tuple[Any, ...], result: Any
) -> list[Any]:
    """The sum, over the operands, of the operator with the operand's tangent in its place.

    As in PyTorch the sum has both terms, even if one is 0; that of a product the second one first.
    """
    if row.overload == "Scalar":
        return [row(tangents[0], *attributes)]
    first, second = filled(primals, tangents, result)
    if row.name == "mul":
        return [second * primals[0] + first * primals[1]]
    return [row(first, primals[1], *attributes) + row(primals[0], second, *attributes)]


def constant_places(row: Operator) -> frozenset[int]:
    """Operands that are no variables of the linear function: indices and masks."""
    if row.list_input:
        return frozenset()
    return frozenset(range(len(row.tensor_names))) - frozenset(row.differentiable)


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


def elementwise(
    row: Operator, primals: Sequence[Any], tangents: Sequence[Any], attributes: tuple[Any, ...], results: Sequence[Any]
) -> list[Any]:
    """The sum, over the operands, of the formula applied to the operand's tangent."""
    values = values_of(row, primals, attributes, results)
    moving = edge_operands(row, filled(primals, tangents, results[0]))
    is_complex = results[0]._array.dtype.kind == "c" and row.name != "sgn"  # sgn is its own adjoint
    total: Any = None
    for edge, tangent in enumerate(moving):
        if tangent is None:
            continue
        given = tangent.conj() if is_complex else tangent
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
    with quietly(True):
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
