"""What PyTorch says when the arguments of a histogram are wrong."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed, plain_number

RANK = "torch.histogramdd: input tensor should have at least 2 dimensions"
SIZE = "histogramdd: The size of bins must be equal to the innermost dimension of the input."


def sequences(width: int, given: int) -> str:
    wanted = f"{width} sequences of bin edges for a {width}-dimensional histogram"
    return f"torch.histogramdd: expected {wanted} but got {given}"


def count(given: int, dim: int) -> str:
    return f"torch.histogram(): bins must be > 0, but got {given} for dimension {dim}"


def edge_type(points: str, dim: int, edges: str) -> str:
    return (
        "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype "
        f"{points} and bins for dimension {dim} with dtype {edges}"
    )


def edge_rank(given: int, dim: int) -> str:
    return (
        f"torch.histogramdd: bins tensor should have one dimension, but got {given} dimensions in the bins tensor for "
        f"dimension {dim}"
    )


def edge_count(given: int, dim: int) -> str:
    return (
        f"torch.histogramdd: bins tensor should have at least 1 element, but got {given} elements in the bins tensor "
        f"for dimension {dim}"
    )


def weight_type(points: str, weights: str) -> str:
    return (
        "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same dtype, "
        f"but got input({points}), and weight({weights})"
    )


def weight_shape(points: Sequence[int], weights: Sequence[int]) -> str:
    return (
        "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor excluding "
        f"its innermost dimension, but got input with shape {listed(points)} and weight with shape {listed(weights)}"
    )


def range_length(width: int, given: int) -> str:
    wanted = f"for a {width}-dimensional histogram range should have {2 * width} elements"
    return f"torch.histogramdd: {wanted}, but got {given}"


def infinite(dim: int, low: float, high: float) -> str:
    return f"torch.histogramdd: dimension {dim}'s range [{plain_number(low)}, {plain_number(high)}] is not finite"


def exceeding(low: float, high: float, dim: int) -> str:
    return (
        f"torch.histogramdd: min should not exceed max, but got min {plain_number(low)} max {plain_number(high)} for "
        f"dimension {dim}"
    )


def hist_type(points: str, hist: str) -> str:
    return (
        f"torch.histogram: input tensor and hist tensor should have the same dtype, but got input {points} and hist "
        f"{hist}"
    )


def out_edge_type(points: str, edges: str) -> str:
    return (
        f"torch.histogram: input tensor and bin_edges tensor should have the same dtype, but got input {points} and "
        f"bin_edges {edges} for dimension 0"
    )


HISTC_ORDER = "torch.histc: max must be larger than min"


def histc_infinite(low: float, high: float) -> str:
    return f"torch.histc: range of [{plain_number(low)}, {plain_number(high)}] is not finite"
