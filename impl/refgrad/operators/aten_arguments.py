"""How PyTorch orders the arguments of an operator, which is how modes and classes are told of them.

A row has its tensors first (see `declare.py`). PyTorch mixes them with the rest, and has some by keyword only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad.tensor import Tensor

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator

MISSING = object()

ORDERS = {
    name: tuple(parameters.split())
    for name, _, parameters in (
        line.partition(" ")
        for line in """
pow.Scalar self exponent
xlogy.Scalar_Self self other
elu_backward grad_output alpha scale input_scale is_result self_or_result
_softmax_backward_data grad_output output dim input_dtype=dtype
_softmax self dim half_to_float=False
_log_softmax_backward_data grad_output output dim input_dtype=dtype
_log_softmax self dim half_to_float=False
view.whole self
_to_copy self * dtype
_to_copy.whole self * dtype
_to_copy.options self * dtype layout device
_to_copy.format self * dtype memory_format
clone self * memory_format
index_put self indices values accumulate
_index_put_impl self indices values accumulate
gather self dim index * sparse_grad
scatter.src self dim index src
scatter.value self dim index value
scatter_add self dim index src
scatter.reduce self dim index src * reduce
scatter.value_reduce self dim index value * reduce
index_select self dim index
index_add self dim index source * alpha
index_copy self dim index source
index_fill.int_Scalar self dim index value
index_fill.int_Tensor self dim index value
_scaled_dot_product_flash_attention_for_cpu query key value dropout_p is_causal * attn_mask scale
im2col self kernel_size dilation padding stride
convolution input weight bias stride padding dilation transposed output_padding groups
max_pool2d_with_indices_backward grad_output self kernel_size stride padding dilation ceil_mode indices
max_pool3d_with_indices_backward grad_output self kernel_size stride padding dilation ceil_mode indices
fractional_max_pool2d_backward grad_output self kernel_size output_size indices
fractional_max_pool2d self kernel_size output_size random_samples
fractional_max_pool3d_backward grad_output self kernel_size output_size indices
fractional_max_pool3d self kernel_size output_size random_samples
sort.stable self * stable dim descending
any self
all self
nll_loss_backward grad_output self target weight reduction ignore_index total_weight
nll_loss2d_backward grad_output self target weight reduction ignore_index total_weight
linalg_lu_factor_ex A * pivot
multilabel_margin_loss_backward grad_output self target reduction is_target
multi_margin_loss_backward grad_output self target p margin weight reduction
multi_margin_loss self target p margin weight reduction
_cdist_backward grad x1 x2 p cdist
_pdist_backward grad self p pdist
native_layer_norm_backward grad_out input normalized_shape mean rstd weight bias output_mask
native_layer_norm input normalized_shape weight bias eps
scatter_reduce.two self dim index src reduce * include_self
index_reduce self dim index source reduce * include_self
_segment_reduce_backward grad output data reduce * lengths offsets axis initial
segment_reduce data reduce * lengths indices offsets axis unsafe initial
polygamma n self
upsample_nearest1d_backward grad_output output_size input_size scales
upsample_nearest1d self output_size scales
_upsample_nearest_exact1d_backward grad_output output_size input_size scales
_upsample_nearest_exact1d self output_size scales
upsample_linear1d_backward grad_output output_size input_size align_corners scales
upsample_linear1d self output_size align_corners scales
_embedding_bag weight indices offsets scale_grad_by_freq mode sparse per_sample_weights include_last_offset padding_idx
""".strip().splitlines()
    )
}
"""Rows whose parameters PyTorch has in another order, behind a `*` by keyword; `name=value`: one that no row has."""

POOLED = {"ceil_mode": False, "count_include_pad": True, "stride": ()}
OVER_TWO = {**POOLED, "padding": (0, 0), "dilation": (1, 1)}
OVER_THREE = {**POOLED, "padding": (0, 0, 0), "dilation": (1, 1, 1)}
DEFAULTS: dict[str, dict[str, Any]] = {
    "uniform": {"from_": 0, "to": 1},
    "normal": {"mean": 0, "std": 1},
    "bernoulli": {"p": 0.5},
    "exponential": {"lambd": 1.0},
    "cauchy": {"median": 0.0, "sigma": 1.0},
    "log_normal": {"mean": 1.0, "std": 2.0},
    "multinomial": {"replacement": False},
    "isclose": {"rtol": 1e-05, "atol": 1e-08, "equal_nan": False},
    "_unique2": {"sorted": True, "return_inverse": False, "return_counts": False},
    "unique_dim": {"sorted": True, "return_inverse": False, "return_counts": False},
    "unique_consecutive": {"return_inverse": False, "return_counts": False},
    "max_pool2d_with_indices": OVER_TWO,
    "max_pool3d_with_indices": OVER_THREE,
    "avg_pool2d": OVER_TWO,
    "avg_pool3d": OVER_THREE,
    "binary_cross_entropy_backward": {"reduction": 1},
    "multi_margin_loss_backward": {"reduction": 1},
    "_pdist_forward": {"p": 2.0},
    "multi_margin_loss": {"p": 1, "margin": 1, "reduction": 1},
    "smooth_l1_loss": {"reduction": 1, "beta": 1.0},
    "huber_loss": {"reduction": 1, "delta": 1.0},
    "_scaled_dot_product_flash_attention_for_cpu": {"dropout_p": 0.0, "is_causal": False},
    "mse_loss": {"reduction": 1},
    "binary_cross_entropy": {"reduction": 1},
    "binary_cross_entropy_with_logits": {"reduction": 1},
    "soft_margin_loss": {"reduction": 1},
}
"""Of rows that do not say it themselves: what is left out where it is as usual."""


WITH_NONE = frozenset((
    "binary_cross_entropy_backward", "multi_margin_loss_backward", "avg_pool2d_backward", "avg_pool3d_backward",
    "_cdist_forward", "sum.dim_IntList",
))  # fmt: skip
"""Rows whose `None` at the end is told."""


class Parameter:
    """One parameter as PyTorch has it; `own`: the row's name of it."""

    __slots__ = ("by_keyword", "default", "given", "own")

    def __init__(self, own: str, by_keyword: bool, default: Any, given: str) -> None:
        self.own = own
        self.by_keyword = by_keyword
        self.default = default
        self.given = given


def parameters_of(row: Operator) -> list[Parameter]:
    order = ORDERS.get(f"{row.name}.{row.overload}" if row.overload else row.name)
    defaults = DEFAULTS.get(row.name, row.defaults)
    if order is None:
        names = row.tensor_names + row.attribute_names
        return [Parameter(name, name in row.keyword_only, defaults.get(name, MISSING), "") for name in names]
    star = order.index("*") if "*" in order else len(order)
    found = []
    for place, text in enumerate(order):
        if text != "*":
            own, _, given = text.partition("=")
            found.append(Parameter(own, place > star, defaults.get(own, MISSING), given))
    return found


def told(
    row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments as modes and classes are told them: without what is left at its default, from the end on."""
    operands: tuple[Any, ...] = (list(tensors),) if row.list_input else tensors
    values = dict(zip(row.tensor_names + row.attribute_names, (*operands, *attributes), strict=True))
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    needed = 0
    with_none = (f"{row.name}.{row.overload}" if row.overload else row.name) in WITH_NONE
    for each in parameters_of(row):
        value = values[each.own] if not each.given else tensors[0].dtype if each.given == "dtype" else False
        plain = each.default is MISSING or each.by_keyword
        left_out = (value is None and (plain or each.default is None)) or is_default(value, each.default)
        if not each.by_keyword:
            args.append(as_told(value))
            needed = needed if left_out and not (value is None and with_none) else len(args)
        elif not left_out:
            kwargs[each.own] = as_told(value, each.own)
    return tuple(args[:needed]), kwargs


def is_default(value: Any, default: Any) -> bool:
    if default is MISSING or isinstance(value, Tensor):
        return False
    return type(value) is type(default) and bool(value == default)


def as_told(value: Any, name: str = "") -> Any:
    """Lists where rows have tuples, numbers where they were made tensors, formats as objects."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Tensor):
        return value._array.item() if value._is_number() else value
    if isinstance(value, np.generic):
        return value.item()
    if name == "memory_format" and type(value) is str:
        from refgrad.memory import MemoryFormat

        return MemoryFormat(value)
    return value


def given_to_row(
    row: Operator, args: tuple[Any, ...], kwargs: dict[str, Any], before: tuple[Any, ...]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Tensors and attributes of the row, from arguments as PyTorch has them; `before`: those that were told of.

    What is left out is at its default, or, where a row has none, what it was.
    """
    names = row.tensor_names + row.attribute_names
    values = {name: row.defaults.get(name, known) for name, known in zip(names, before, strict=True)}
    parameters = parameters_of(row)
    values |= {each.own: as_row_has(value) for each, value in zip(parameters, args, strict=False) if not each.given}
    values |= {name: as_row_has(value) for name, value in kwargs.items() if name in values}
    count = len(row.tensor_names)
    given = [values[name] for name in names]
    return tuple(given[:count]), tuple(given[count:])


def as_row_has(value: Any) -> Any:
    return tuple(value) if type(value) is list else value
