"""What PyTorch's operators say when their arguments are wrong."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed, plain_number, stored_type
from refgrad.dtypes import dtype

# ---- elementwise operators ----------------------------------------------------------------------------------------

SUBTRACT_BOOLS = (
    "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator "
    "instead."
)
SUBTRACT_BOOL = (
    "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the "
    "`~` or `logical_not()` operator instead."
)
NEGATE_BOOL = (
    "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or "
    "`logical_not()` operator instead."
)
INVERT_FLOAT = "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
ALPHA_FLOAT = "For integral input tensors, argument alpha must not be a floating point number."
ALPHA_COMPLEX = "For non-complex input tensors, argument alpha must not be a complex number."
ALPHA_BOOL = "Boolean alpha only supported for Boolean results."
ZERO_DIVISION = "ZeroDivisionError"
NEGATIVE_INTEGER_POWER = "Integers to negative integer powers are not allowed."
CLAMP_WITHOUT_BOUNDS = "torch.clamp: At least one of 'min' or 'max' must not be None"
HEAVISIDE_COMPLEX = "heaviside is not yet implemented for complex tensors."
HEAVISIDE_TYPES = "heaviside is not yet implemented for tensors with different dtypes."
RELU_BOOL = "Boolean inputs not supported for relu"
ADDCDIV_INTEGERS = (
    "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true "
    "division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * "
    "torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for "
    "float inputs. The future addcdiv behavior is just the latter implementation: (input + value * tensor1 / tensor2), "
    "for all dtypes."
)


def not_implemented_for(kernel: str, kind: str) -> str:
    return f"\"{kernel}\" not implemented for '{kind}'"


def inplace_derivative_not_implemented(name: str) -> str:
    return f"the derivative for '{name}' is not implemented."


def rounding_mode(mode: object) -> str:
    return f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{mode}'"


def expected_dtype(argument: str, wanted: str, got: str) -> str:
    return f"expected dtype {wanted} for `{argument}` but got dtype {got}"


WHERE_BYTES = (
    "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future version of "
    "PyTorch. Use a boolean condition instead."
)


def where_condition(kind: str) -> str:
    return f"where expected condition to be a boolean tensor, but got a tensor with dtype {kind}"


def argument_must_be_tensor(function: str, argument: str, position: int, kind: str) -> str:
    return f"{function}(): argument '{argument}' (position {position}) must be Tensor, not {kind}"


def clamp_arguments(function: str, low: str, high: str) -> str:
    low, high = (f"!{each}!" for each in (low, high))
    wrong = f"      didn't match because some of the arguments have invalid types: ({low}, {high})\n"
    return (
        f"{function}() received an invalid combination of arguments - got ({low.strip('!')}, {high.strip('!')}), but "
        f"expected one of:\n * (Tensor min = None, Tensor max = None)\n{wrong} * (Number min = None, Number max = None)"
        f"\n{wrong}"
    )


def no_promotion(first: str, second: str) -> str:
    return f"Promotion for uint16, uint32, uint64 types is not supported, attempted to promote {first} and {second}"


POSITIVE_BOOL = "The `+` operator, on a bool tensor is not supported."


def did_not_match(first: str, second: str) -> str:
    return f"{first} did not match {second}"


def negative_tolerance(name: str, value: float) -> str:
    return f"{name} must be greater than or equal to zero, but got {value:g}"


def out_type(wanted: str, got: str) -> str:
    return f"Expected out tensor to have dtype {wanted}, but got {got} instead"


def joined_types(kind: str) -> str:
    return f"torch.cat(): input types can't be cast to the desired output type {kind}"


def out_kind(wanted: str, got: str) -> str:
    return f"Expected out type to be {wanted} but got {got}"


def out_count(name: str, wanted: int, given: int) -> str:
    return f"{name} expected an out= argument of size {wanted}, got size {given}"


def no_complex_outputs(name: str) -> str:
    return f"{name} does not support automatic differentiation for outputs with complex dtype."


ABS_COMPLEX = "In-place abs is not supported for complex tensors."


def ldexp_type(kind: str) -> str:
    return f"ldexp can't be cast to the desired output type {kind}"


def mvlgamma_type(kind: str, wanted: str = "Float") -> str:
    return f"mvlgamma: result type {kind} can't be cast to the desired output type {wanted}"


def float_power_type(kind: str, wanted: str, given: str = "base given to float_power_") -> str:
    return f"the {given} has dtype {kind} but the operation's result requires dtype {wanted}"


# ---- reductions ---------------------------------------------------------------------------------------------------

AMINMAX_EMPTY = "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
NANSUM_COMPLEX = "nansum on CPU does not support complex inputs"
STD_TYPE = "std and var only support floating point and complex dtypes"


def empty_dimension(name: str, dim: int) -> str:
    return f"{name}(): Expected reduction dim {dim} to have non-zero size."


def dimension_wanted(name: str) -> str:
    return (
        f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
        "Specify the reduction dim with the 'dim' argument."
    )


def scalar_dimension(name: str, dim: int) -> str:
    return f"{name}(): Expected reduction dim -1 or 0 for scalar but got {dim}"


def mean_type(which: str, kind: str, name: str = "mean") -> str:
    return (
        f"{name}(): could not infer output dtype. {which} dtype must be either a floating point or complex dtype. "
        f"Got: {kind}"
    )


def in_place_type(own: dtype, wanted: dtype) -> str:
    return (
        f"Bad in-place call: input tensor dtype {stored_type(own)} and output tensor dtype {stored_type(wanted)} "
        "should match"
    )


def bools_not_supported(name: str) -> str:
    return f"{name}(): does not support bool input"


def norm_type(kind: str) -> str:
    return f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {kind}"


def std_mean_type(name: str) -> str:
    return f"{name} only support floating point and complex dtypes"


def degrees_of_freedom(name: str) -> str:
    return (
        f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
        "(input numel divided by output numel)."
    )


def quantile_range(q: object) -> str:
    return f"quantile() q must be in the range [0, 1] but got {q}"


QUANTILE_EMPTY = "quantile() input tensor must be non-empty"
QUANTILE_INPUT_TYPE = "quantile() input tensor must be either float or double dtype"
QUANTILE_RANK = "quantile() q must be a scalar or 1D tensor"
QUANTILE_TYPE = "quantile() q tensor must be same dtype as the input tensor"
QUANTILES_RANGE = "quantile() q values must be in the range [0, 1]"


def quantile_interpolation(mode: str) -> str:
    return f"quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {mode}"


def no_gradient_type(kind: str) -> str:
    return f"Autograd not support dtype: {kind}"


def nanmean_type(kind: str) -> str:
    return f"nanmean(): expected input to have floating point or complex dtype but got {kind}"


def dist_type(kind: str) -> str:
    return f"norm(): input dtype should be either floating point or complex. Got {kind} instead."


def norm_of_nothing(order: float) -> str:
    return (
        f"linalg.vector_norm cannot compute the {plain_number(order)} norm on an empty tensor because the operation "
        "does not have an identity"
    )


def norm_of_empty_dimension(order: float, dim: int) -> str:
    return (
        f"linalg.vector_norm cannot compute the {plain_number(order)} norm on the dimension {dim}because this "
        "dimension is empty and the operation does not have an identity"
    )


# ---- activations --------------------------------------------------------------------------------------------------

CELU_ALPHA = "ZeroDivisionError: alpha cannot be 0 for CELU"
GELU_APPROXIMATE = "approximate argument must be either none or tanh."
HARDTANH_BOUNDS = "min_val cannot be greater than max_val"
HARDTANH_BOOL = "Bool inputs not supported for hardtanh"
HARDTANH_UNSIGNED = "cannot do hardtanh on an unsigned type with negative limits"
UNDEFINED_SELF = "Expected a proper Tensor but got None (or an undefined Tensor in C++) for argument #0 'self'"


def softshrink_range(largest: float, kind: str, lambd: float) -> str:
    return f"lambda must be in range [0, {largest:g}] for input dtype {kind}, but found {lambd:g}"


# ---- losses -------------------------------------------------------------------------------------------------------

BCE_TARGET_RANGE = "all elements of target should be between 0 and 1"
BCE_RANGE = "all elements of input should be between 0 and 1"


def not_differentiable(function: str, argument: str) -> str:
    return (
        f"The function '{function}' is not differentiable with respect to argument '{argument}'. "
        "This input cannot have requires_grad True."
    )


def reduction_value(reduction: object) -> str:
    return f"{reduction} is not a valid value for reduction"


def bce_sizes(target: object, input: object) -> str:
    return (
        f"Using a target size ({target}) that is different to the input size ({input}) is deprecated. Please ensure "
        "they have the same size."
    )


def logits_sizes(target: object, input: object) -> str:
    return f"Target size ({target}) must be the same as input size ({input})"


def target_out_of_bounds(target: int) -> str:
    return f"Target {target} is out of bounds."


# ---- special functions --------------------------------------------------------------------------------------------

POLYGAMMA_NEGATIVE = "polygamma(n, x) does not support negative n."
MVLGAMMA_BOOL = "The input tensor may not be a boolean tensor."
MVLGAMMA_ORDER = "p has to be greater than or equal to 1"
FREXP_TYPE = "torch.frexp() only supports floating-point dtypes"


# ---- losses of margins --------------------------------------------------------------------------------------------


def ranking_ranks(first: object, second: object, target: object) -> str:
    return (
        "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
        f"input1: {first}, input2: {second}, target: {target} "
    )


def bilinear_sizes(name: str, given: int, wanted: int) -> str:
    return f"bilinear(): {name} size does not match weight size: got {given} but expected {wanted}"


def bilinear_batches(dim: int, first: int, second: int) -> str:
    return f"bilinear(): input batch dimensions do not match at dim {dim}: got {first} and {second}"


def bilinear_ranks(first: int, second: int) -> str:
    return f"bilinear(): input dimensions do not match: got {first} and {second}"


WHERE_OVERLOADS: list[list[str]] = [
    ["Tensor", "Number", "Tensor"],
    ["Tensor", "Tensor", "Number"],
    ["Tensor", "Number", "Number"],
]


def where_operands(given: list[str]) -> str:
    """What `where` says of operands of other types; a type is marked where an overload spells another one."""
    told = [f"where() received an invalid combination of arguments - got ({', '.join(given)}), but expected one of:"]
    told += [" * (Tensor condition)", " * (Tensor condition, Tensor input, Tensor other, *, Tensor out = None)"]
    for kinds in WHERE_OVERLOADS:
        names = ("condition", "input" if kinds[1] == "Tensor" else "self", "other")
        told.append(f" * ({', '.join(f'{kind} {name}' for kind, name in zip(kinds, names, strict=True))})")
        if len(given) == len(kinds):
            marked = [one if one == kind else f"!{one}!" for one, kind in zip(given, kinds, strict=True)]
            told.append(f"      didn't match because some of the arguments have invalid types: ({', '.join(marked)})")
    return "\n".join((*told, ""))


NEGATIVE_VARIANCE = "var has negative entry/entries"
VARIANCE_SIZE = "var is of incorrect size"


def not_valid(reduction: str) -> str:
    return f"{reduction} is not valid"


MARGIN_POWER = "only p == 1 and p == 2 supported"
MARGIN_WEIGHT = "weight must be one-dimensional"


def margin_rank(shape: Sequence[int]) -> str:
    return f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {listed(shape)}"


def margin_target(count: int, target: Sequence[int], shape: Sequence[int]) -> str:
    return (
        "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). "
        f"Expected target size [{count}], but got {listed(target)}. Input has shape {listed(shape)}."
    )


def margin_kind(kind: str) -> str:
    return f"expected scalar type Long but found {kind}"


def margin_weight(classes: int, shape: Sequence[int]) -> str:
    return f"inconsistent weight size, expected {classes} but got {listed(shape)}"
