"""What pooling refuses, in the order in which PyTorch looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from refgrad import dtypes
from refgrad.operators import pooling_texts as texts
from refgrad.operators.sliding import several
from refgrad.operators.texts import not_implemented_for
from refgrad.signatures.texts import MOST, OVERFLOW

KERNELS: dict[str, tuple[str, bool, tuple[str, ...]]] = {
    "max_pool1d": ("max_pool1d_impl", False, ()),
    "max_pool2d": ("max_pool2d", True, ()),
    "max_pool3d": ("max_pool3d", True, ()),
    "avg_pool2d": ("avg_pool2d", False, ("int64",)),
    "avg_pool3d": ("avg_pool3d_out_frame", False, ("int64",)),
    "adaptive_avg_pool2d": ("adaptive_avg_pool2d", False, ()),
    "adaptive_avg_pool3d": ("adaptive_avg_pool3d_cpu", False, ()),
    "adaptive_max_pool2d": ("adaptive_max_pool2d", False, ()),
    "adaptive_max_pool3d": ("adaptive_max_pool3d_cpu", False, ()),
}
"""What each kernel calls itself, whether it has been made for integers, and single types besides the floating ones."""
NOT_MADE = {("avg_pool3d", "float16"), ("avg_pool3d", "bfloat16")}


def check_type(name: str, kind: Any) -> None:
    kernel, integers, others = KERNELS[name]
    made = kind.is_floating_point or kind.name in others or (integers and kind.category == dtypes.INTEGER)
    if not made or (name, kind.name) in NOT_MADE:
        raise NotImplementedError(not_implemented_for(kernel, kind.scalar_name))


def numbers(value: Any, count: int = 1) -> tuple[int, ...]:
    if isinstance(value, int):
        if value > MOST:
            raise ValueError(OVERFLOW)
        return (value,) * count
    return tuple(value)


def one_each(name: str, given: dict[str, Any]) -> list[tuple[int, ...]]:
    """The numbers of a single dimension; a missing stride is `()`.

    Raises RuntimeError where there are several.
    """
    made = []
    for argument, value in given.items():
        found = () if value is None else numbers(value)
        if len(found) != 1 and not (argument == "stride" and not found):
            raise RuntimeError(texts.one_int(name, argument, len(found)))
        made.append(found)
    return made


def each_dimension(name: str, rank: int, given: dict[str, Any]) -> list[tuple[int, ...]]:
    """The numbers of every dimension; a missing stride is `()`.

    Raises RuntimeError where there are neither one nor `rank`.
    """
    made = []
    for argument, value in given.items():
        found = () if value is None else numbers(value)
        if len(found) not in (1, rank) and not (argument == "stride" and not found):
            raise RuntimeError(texts.several_ints(name, argument, rank))
        made.append(several(found, rank) if found else ())
    return made


def check_maximum_of_one(shape: Sequence[int], given: dict[str, Any]) -> tuple[int, int, int, int]:
    """What `max_pool1d` looks at itself, before it hands over to two dimensions: its four numbers."""
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(texts.shape_of_one(shape))
    found = {argument: () if value is None else numbers(value) for argument, value in given.items()}
    for argument, values in found.items():
        if len(values) != 1 and not (argument == "stride" and not values):
            raise RuntimeError(texts.one_number(argument, len(values)))
    (kernel,), (padding,), (dilation,) = found["kernel_size"], found["padding"], found["dilation"]
    (stride,) = found["stride"] or (kernel,)
    for argument, value in (("kernel_size", kernel), ("stride", stride)):
        if value <= 0:
            raise RuntimeError(texts.not_positive(argument, value))
    if padding < 0:
        raise RuntimeError(texts.padding_negative_of_one(padding))
    if padding > kernel // 2:
        raise RuntimeError(texts.padding_wide_of_one(padding, kernel))
    if dilation <= 0:
        raise RuntimeError(texts.not_positive("dilation", dilation))
    return kernel, stride, padding, dilation


def check_rank_of_one(name: str, shape: Sequence[int]) -> None:
    if len(shape) not in (2, 3):
        raise RuntimeError(texts.ranks_of_one(name, len(shape)))


def check_rank(shape: Sequence[int], rank: int) -> None:
    if len(shape) not in (rank + 1, rank + 2):
        raise RuntimeError(texts.ranks(rank))


def check_padding(kernel: Any, stride: Any, padding: Any, dilation: Any) -> None:
    """What is looked at while the size of the result is computed."""
    for k, s, p, d in zip(kernel, stride, padding, dilation, strict=True):
        if s == 0:
            raise RuntimeError(texts.ZERO_STRIDE)
        if p < 0:
            raise RuntimeError(texts.padding_negative(p))
        if p > int(((k - 1) * d + 1) / 2):  # rounded towards zero, as in C++
            raise RuntimeError(texts.padding_wide(p, k, d))


def check_windows(
    name: str, shape: Sequence[int], kernel: Any, stride: Any, padding: Any, dilation: Any, output: Sequence[int]
) -> None:
    """Raise RuntimeError for windows that cannot be, or a result without elements."""
    rank = len(kernel)
    for values, text in ((kernel, texts.kernel_size), (stride, texts.stride), (dilation, texts.dilation)):
        if min(values) <= 0:
            raise RuntimeError(text(values))
    inside = shape[1:] if len(shape) == rank + 2 else shape
    if rank == 2 and (len(shape) not in (3, 4) or 0 in inside):
        raise RuntimeError(texts.shape(shape))
    if rank == 3 and 0 in inside:
        raise RuntimeError(texts.empty_dimension(name, shape))
    sizes = shape[-rank:]
    if name == "avg_pool3d" and any(n < k for n, k in zip(sizes, kernel, strict=True)):
        raise RuntimeError(texts.smaller_than_kernel(sizes, kernel))
    if any(k // 2 < p for k, p in zip(kernel, padding, strict=True)):
        raise RuntimeError(texts.padding_over_half(kernel, padding))
    if min(output) < 1:
        raise RuntimeError(texts.output_size(shape[-rank - 1], sizes, output))


def check_adaptive_average(name: str, shape: Sequence[int], sizes: Sequence[int]) -> None:
    rank = int(name[-2])
    if len(sizes) != rank:
        raise RuntimeError(texts.adaptive_length(name, rank))
    if min(sizes) < 0:
        raise RuntimeError(texts.adaptive_negative(name, sizes))
    if all(n == 1 for n in sizes):
        return  # a mean, which looks for itself
    if len(shape) not in (rank + 1, rank + 2):
        raise RuntimeError(texts.adaptive_ranks(name, rank, shape))
    first = len(shape) - 2 if rank == 2 else 1
    check_adaptive_empty(name, shape, first)


def check_adaptive_empty(name: str, shape: Sequence[int], first: int) -> None:
    for dim in range(first, len(shape)):
        if shape[dim] == 0:
            raise RuntimeError(texts.adaptive_empty(name, shape, dim))


def check_adaptive_maximum(name: str, shape: Sequence[int], sizes: Sequence[int]) -> None:
    rank = int(name[-2])
    if len(shape) not in (rank + 1, rank + 2):
        raise RuntimeError(texts.adaptive_ranks(name, rank, shape))
    check_adaptive_empty(name, shape, 1)
    if len(sizes) != rank:
        raise RuntimeError(texts.adaptive_length(name, rank))
    if min(sizes) < 0:
        made = (*shape[: len(shape) - rank], *sizes)
        raise RuntimeError(texts.negative_dimension(next(n for n in sizes if n < 0), made))


def with_defaults(output_size: Any, shape: Sequence[int]) -> Any:
    """The sizes that are asked for; None keeps the size of a dimension.

    Raises ValueError where more are named than there are dimensions besides the channels.
    """
    if isinstance(output_size, int):
        return output_size
    if len(shape) <= len(output_size):
        raise ValueError(texts.FEW_DIMENSIONS.format(len(output_size) + 1))
    kept = shape[-len(output_size) :]
    return [old if new is None else new for new, old in zip(output_size, kept, strict=False)]
