"""What PyTorch says of normalizations whose operands do not fit."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed

NO_NORMALIZED_SHAPE = (
    "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
    "normalized_shape = []"
)
NO_STATISTICS = "Expected running_mean and running_var to be defined when use_input_stats is false"
ONE_STATISTIC = "running_mean and running_var must either both be None or neither be None"
NO_GROUPS = "integer division or modulo by zero"
GROUP_ELEMENTS = (
    "Expected X.numel() == N * C * HxW to be true, but got false.  (Could this error message be improved?  If so, "
    "please report an enhancement request to PyTorch.)"
)
NO_DIMENSIONS = (
    "SmallVector unable to grow. Requested capacity (18446744073709551615) is larger than maximum value for size type "
    "(4294967295)"
)


def no_fused_kernel(kind: str, weight: str) -> str:
    return (
        f"Mismatch dtype between input and weight: input dtype = {kind}, weight dtype = {weight}, Cannot dispatch to "
        "fused implementation."
    )


def one_value_per_channel(shape: object) -> str:
    return f"Expected more than 1 value per channel when training, got input size {shape}"


def one_spatial_element(shape: object) -> str:
    return f"Expected more than 1 spatial element when training, got input size {shape}"


def normalized_shape(shape: Sequence[int], size: Sequence[int], *, of_root: bool) -> str:
    """Of the mean square the text lacks a comma."""
    wanted = ", ".join(map(str, shape))
    return (
        f"Given normalized_shape={listed(shape)}, expected input with shape [*{'' if of_root else ', '}{wanted}], but "
        f"got input of size{listed(size)}"
    )


def few_dimensions(wanted: int, ndim: int) -> str:
    return f"Input tensor must have at least {wanted} dimensions, but got {ndim}"


def shape_of(name: str, got: Sequence[int], shape: Sequence[int]) -> str:
    return (
        f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape {listed(got)} and "
        f"normalized_shape = {listed(shape)}"
    )


PARAMETER_TYPE = "mixed dtype (CPU): expect parameter to have scalar type of Float"
ONE_TYPE = "mixed dtype (CPU): all inputs must share same datatype."


def scalar_type(wanted: str, found: str) -> str:
    return f"expected scalar type {wanted} but found {found}"


def accessed_rank(wanted: int, ndim: int) -> str:
    return f"TensorAccessor expected {wanted} dims but tensor has {ndim}"


def no_element(shape: Sequence[int]) -> str:
    return f"input tensor must have at least one element, but got input_sizes = {listed(shape)}"


def positive_eps(eps: float) -> str:
    return f"batch_norm eps must be positive during training, but got {eps}"


def group_rank(ndim: int) -> str:
    return f"Expected at least 2 dimensions for input tensor but received {ndim}"


def group_count(groups: int) -> str:
    return f"Expected num groups to be greater than 0, got {groups}"


def group_channels(shape: Sequence[int], groups: int) -> str:
    return (
        "Expected number of channels in input to be divisible by num_groups, but got input of shape "
        f"{listed(shape)} and num_groups={groups}"
    )


def vector_of_channels(name: str, got: Sequence[int], shape: Sequence[int]) -> str:
    """Of a bias PyTorch prints the shape of the weight."""
    return (
        f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of shape "
        f"{listed(got)} and input of shape {listed(shape)}"
    )


def elements(name: str, wanted: int, got: int) -> str:
    return f"{name} should contain {wanted} elements not {got}"


def undefined(name: str) -> str:
    return f"{name} must be defined in evaluation mode"


def no_gradient_of(name: str) -> str:
    return (
        f"The function 'native_batch_norm' is not differentiable with respect to argument '{name}'. This input cannot "
        "have requires_grad True."
    )
