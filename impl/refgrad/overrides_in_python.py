"""Functions that PyTorch has written in Python, and what they hand on to `__torch_function__`.

Most of `torch.nn.functional` is, and hands on what follows the tensors by keyword; the others stand here.
"""

from __future__ import annotations

from typing import Any

IN_CPP = frozenset(
    "linear bilinear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d avg_pool1d avg_pool2d"
    " avg_pool3d pixel_shuffle pixel_unshuffle pairwise_distance pdist cosine_similarity one_hot softplus softshrink"
    " hardshrink logsigmoid gelu prelu scaled_dot_product_attention".split()
)
"""The functions of `torch.nn.functional` that are not in Python."""

UNIQUE = {"return_inverse": False, "return_counts": False, "dim": None}
BACKWARD = {"retain_graph": None, "create_graph": False, "inputs": None}

BY_KEYWORD: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {
    ("torch", "cdist"): (2, {"p": 2.0, "compute_mode": "use_mm_for_euclid_dist_if_necessary"}),
    ("torch", "norm"): (1, {"p": "fro", "dim": None, "keepdim": False, "out": None, "dtype": None}),
    ("torch", "split"): (2, {"dim": 0}),
    ("torch", "tensordot"): (2, {"dims": 2, "out": None}),
    ("torch", "unique"): (1, {"sorted": True, **UNIQUE}),
    ("torch", "unique_consecutive"): (1, UNIQUE),
    ("torch.Tensor", "__array__"): (1, {"dtype": None}),
    ("torch.Tensor", "__repr__"): (1, {"tensor_contents": None}),
    ("torch.Tensor", "backward"): (1, {"gradient": None, **BACKWARD}),
    ("torch.Tensor", "norm"): (1, {"p": "fro", "dim": None, "keepdim": False, "dtype": None}),
    ("torch.Tensor", "split"): (2, {"dim": 0}),
    ("torch.Tensor", "unique"): (1, {"sorted": True, **UNIQUE}),
    ("torch.Tensor", "unique_consecutive"): (1, UNIQUE),
    ("torch.autograd", "backward"): (1, {"grad_tensors": None, **BACKWARD}),
    ("torch.autograd", "grad"): (
        2,
        {
            "grad_outputs": None, "retain_graph": None, "create_graph": False, "only_inputs": True,
            "allow_unused": False, "is_grads_batched": False, "materialize_grads": False,
        },
    ),
}  # fmt: skip
"""How many arguments are handed on as they were given; the others are by keyword, with their defaults."""

AS_GIVEN = {
    "torch": "einsum atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors cartesian_prod chain_matmul"
    " meshgrid",
    "torch.Tensor": "register_hook register_post_accumulate_grad_hook unflatten is_shared storage __len__ __contains__"
    " __reversed__ __format__ __pow__ __ipow__ __floordiv__ __rsub__ __rdiv__ __rpow__ __rmod__ __rmatmul__"
    " __rfloordiv__ __rlshift__ __rrshift__ __dir__",
}
"""Functions whose arguments are handed on as they were given."""

PLACES = {"torch": "torch.functional", "torch.Tensor": "torch._tensor"}
"""Where they are defined, as messages say it."""


def keywords(where: str, name: str) -> tuple[int | None, dict[str, Any]] | None:
    """How many arguments go as they are (`None`: all of them), and the defaults of the rest; `None` if in C++."""
    if (where, name) in BY_KEYWORD:
        return BY_KEYWORD[where, name]
    return (None, {}) if name in AS_GIVEN.get(where, "").split() else None
