"""What PyTorch says of weights with a norm of their own."""

from __future__ import annotations

from typing import Any

WEIGHT_NORM_DEPRECATED = (
    "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`."
)
COMPLEX_HOUSEHOLDER = "The householder parametrization does not support complex tensors."
NOT_ASSIGNABLE = (
    "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
    "use_trivialization=False."
)
EVAL_ONLY = "Fusion only for eval!"
NO_STATISTICS = "bn.running_mean and bn.running_var must not be None"


def twice(words: str, name: str) -> str:
    return f"Cannot register two {words} hooks on the same parameter {name}"


def not_found(words: str, name: str, module: Any) -> str:
    return f"{words} of '{name}' not found in {module}"


def iterations(count: int) -> str:
    return f"Expected n_power_iterations to be positive, but got n_power_iterations={count}"


def no_parameter(name: str) -> str:
    return f"`SpectralNorm` cannot be applied as parameter `{name}` is None"


def version_twice(key: str) -> str:
    return f"Unexpected key in metadata['spectral_norm']: {key}"


def no_tensor(module: Any, name: str) -> str:
    return f"Module '{module}' has no parameter or buffer with name '{name}'"


def no_matrix(rank: int) -> str:
    return f"Expected a matrix or batch of matrices. Got a tensor of {rank} dimensions."


def no_map(name: Any) -> str:
    return f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {name}'


def other_matrix(wanted: Any, given: Any) -> str:
    return f"Expected a matrix or batch of matrices of shape {wanted}. Got a tensor of shape {given}."


def dim_range(rank: int, dim: int) -> str:
    return f"Dimension out of range (expected to be in range of [-{rank}, {rank - 1}] but got {dim})"


def features(linear: int, norm: int) -> str:
    return (
        "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
        f"linear.out_features={linear} and bn.num_features={norm}"
    )
