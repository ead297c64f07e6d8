"""What convolutions refuse, in the order in which PyTorch looks."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from refgrad import dtypes
from refgrad.cpp_spelling import stored_type
from refgrad.inplace_texts import cannot_cast_result
from refgrad.operators import convolution_texts as texts
from refgrad.operators.sliding import several
from refgrad.operators.texts import not_implemented_for
from refgrad.signatures.texts import MOST, OVERFLOW

Numbers = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""Stride, padding, dilation and output padding."""


def check_bias_type(input: Any, bias: Any) -> None:
    if bias is not None and bias.dtype is not input.dtype:
        raise RuntimeError(texts.bias_type(stored_type(input.dtype), stored_type(bias.dtype)))


def check_bias_added(input: Any, bias: Any) -> None:
    """Of transposed convolutions: those of planes add the bias in place."""
    if input.dim() == 5:
        raise RuntimeError(texts.scalar_type(input.dtype.scalar_name, bias.dtype.scalar_name))
    kind = dtypes.promote_types(input.dtype, bias.dtype)
    if not dtypes.can_cast(kind, input.dtype):
        raise RuntimeError(cannot_cast_result(kind.scalar_name, input.dtype.scalar_name))


def check_rank(rank: int, name: str, shape: Sequence[int]) -> bool:
    """Whether the input is a single sample.

    Raises RuntimeError where it is neither that nor a batch.
    """
    if len(shape) not in (rank + 1, rank + 2):
        raise RuntimeError(texts.rank(rank, name, shape))
    return len(shape) == rank + 1


def check_padding_name(padding: str) -> None:
    if padding not in ("valid", "same"):
        raise RuntimeError(texts.padding_name(padding))


def check_same(shape: Sequence[int], weight: Sequence[int], stride: Any, dilation: Any, groups: int) -> tuple[int, ...]:
    """The dilation in each dimension, where the padding is to keep the size."""
    count = check_groups(weight, groups)
    if len(shape) != len(weight):
        raise RuntimeError(texts.weight_rank(weight, shape, same=True))
    stride, dilation = several(stride, count), several(dilation, count)
    for argument, values in (("stride", stride), ("dilation", dilation)):
        if len(values) != count:
            raise RuntimeError(texts.broadcast(argument, count))
    if any(step != 1 for step in stride):
        raise RuntimeError(texts.STRIDE_OF_SAME)
    gaps: tuple[int, ...] = dilation
    return gaps


def warn_of_copy() -> None:
    warnings.warn(texts.EVEN_KERNEL, stacklevel=4)


def check_groups(weight: Sequence[int], groups: int) -> int:
    """How many dimensions the kernel has."""
    if len(weight) < 3:
        raise RuntimeError(texts.WEIGHT_RANK)
    if groups <= 0:
        raise RuntimeError(texts.GROUPS)
    return len(weight) - 2


def each_dimension(rank: int, given: dict[str, Any], weight: Sequence[int], groups: int) -> Numbers:
    """The numbers in each dimension of the kernel."""
    count = check_groups(weight, groups)
    made = []
    for argument, value in given.items():
        listed = (value,) * rank if isinstance(value, int) else tuple(value)
        if listed[:1] > (MOST,):
            raise ValueError(OVERFLOW)
        if len(listed) not in (1, count):
            raise RuntimeError(texts.values(argument, count, listed))
        made.append(several(listed, count))
    stride, padding, dilation, extra = made
    return stride, padding, dilation, extra


def check_shapes(
    shape: Sequence[int], weight: Sequence[int], bias: Sequence[int] | None, numbers: Numbers, groups: int,
    transposed: bool,
) -> None:  # fmt: skip
    stride, padding, dilation, extra = numbers
    for wrong, text in (
        (min(padding) < 0, texts.PADDING), (min(extra) < 0, texts.OUTPUT_PADDING), (min(stride) <= 0, texts.STRIDE),
        (min(dilation) < 0, texts.DILATION),
    ):  # fmt: skip
        if wrong:
            raise RuntimeError(text)
    if len(shape) != len(weight):
        raise RuntimeError(texts.weight_rank(weight, shape))
    if weight[0] < groups:
        raise RuntimeError(texts.few_weights(groups, weight))
    if weight[0] % groups:
        raise RuntimeError(texts.uneven_weights(groups, weight))
    if transposed and shape[1] != weight[0]:
        raise RuntimeError(texts.transposed_channels(weight, shape))
    if not transposed and shape[1] != weight[1] * groups:
        raise RuntimeError(texts.channels(groups, weight, shape, weight[1] * groups))
    wanted = weight[1] * groups if transposed else weight[0]
    if bias is not None and tuple(bias) != (wanted,):
        raise RuntimeError(texts.bias_shape(weight, wanted, bias, transposed=transposed))
    if not transposed:
        whole = [n + 2 * p for n, p in zip(shape[2:], padding, strict=True)]
        kernel = [d * (k - 1) + 1 for k, d in zip(weight[2:], dilation, strict=True)]
        if any(n < k for n, k in zip(whole, kernel, strict=True)):
            raise RuntimeError(texts.kernel_too_large(whole, kernel))


# ---- what the kernels refuse --------------------------------------------------------------------------------------


def with_height(shape: Sequence[int]) -> tuple[int, ...]:
    """One dimension is computed as two."""
    return (*shape[:2], 1, *shape[2:]) if len(shape) == 3 else tuple(shape)


def check_kernels(input: Any, weight: Any, numbers: Numbers, groups: int, transposed: bool) -> None:
    """What is seen only after the kernel has been chosen: types, and numbers that are zero."""
    stride, _, dilation, _ = numbers
    if len(stride) == 1:
        stride, dilation = (1, *stride), (1, *dilation)
    shape = with_height(input.shape)
    kernel = with_height(weight.shape)[2:]
    check_types(input, weight, kernel, groups)
    if groups > 1 and 0 in dilation:
        raise RuntimeError(texts.DILATION_OF_GROUPS)
    if 0 in shape[2:]:
        raise RuntimeError(texts.only_empty(shape))
    if transposed:
        check_transposed(shape, weight.shape, kernel, numbers)
    elif min(dilation) == 0:
        raise RuntimeError(texts.dilation_listed(dilation))
    elif 0 in kernel:
        text = texts.kernel_size if max(dilation) == 1 else texts.kernel_size_listed
        raise RuntimeError(text(kernel))
    check_made(input, len(kernel), transposed, dilated=max(dilation) > 1)
    if input.dtype is not weight.dtype:
        raise RuntimeError(texts.scalar_type(input.dtype.scalar_name, weight.dtype.scalar_name))


def check_transposed(shape: Sequence[int], weight: Sequence[int], kernel: Sequence[int], numbers: Numbers) -> None:
    stride, padding, dilation, extra = numbers
    if len(stride) == 1:
        stride, padding, dilation, extra = (1, *stride), (0, *padding), (1, *dilation), (0, *extra)
    if 0 in kernel:
        raise RuntimeError(texts.kernel_size(kernel))
    if 0 in dilation:
        raise RuntimeError(texts.dilation_named(dilation))
    if any(e >= s and e >= d for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise RuntimeError(texts.output_padding(extra, stride, dilation))
    if 0 in weight:
        raise RuntimeError(texts.empty_weight(with_height(weight)))
    output = [
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(shape[2:], stride, padding, dilation, kernel, extra, strict=True)
    ]
    if min(output) < 1:
        raise RuntimeError(texts.output_too_small(shape[2:], output))


def check_types(input: Any, weight: Any, kernel: Sequence[int], groups: int) -> None:
    """What the fast kernels, and those of complex numbers, say of unlike types."""
    if input.dtype is weight.dtype:
        return
    large = input.shape[0] >= 16 or groups > 1 or min(kernel[-2:], default=0) > 3
    fast = input.dtype.name == "bfloat16" or (input.dtype is dtypes.float32 and large)
    if fast or input.dtype.is_complex:
        raise RuntimeError(texts.weight_type(type_name(input.dtype), type_name(weight.dtype), fast=fast))


def type_name(kind: Any) -> str:
    if kind.is_complex or kind.name == "bfloat16":
        return f"CPU{kind.scalar_name}Type"
    return f"torch.{kind.legacy_name}"


def check_made(input: Any, rank: int, transposed: bool, *, dilated: bool) -> None:
    """Raise NotImplementedError for the types that the kernels have not been made for."""
    kind = input.dtype
    made = kind.category >= dtypes.FLOATING or kind.name == "int64"
    if transposed:
        kernel = f"slow_conv_transpose{rank}d_out_cpu"
    elif dilated:
        kernel = "slow_conv_dilated<>"
    else:
        kernel, made = "compute_columns3d" if rank == 3 else "slow_conv2d_cpu", kind.name != "bool"
    if not made:
        raise NotImplementedError(not_implemented_for(kernel, kind.scalar_name))
