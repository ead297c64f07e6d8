"""Rules of forward mode for products of matrices, convolutions, and layers that normalize."""

from __future__ import annotations

import math
from typing import Any

from refgrad.operators.names import ROWS
from refgrad.operators.tangent_rules import Given, Rule, scaled


def plus_matrix_product(product: str) -> Rule:
    """A matrix plus a product: three terms, even if only one of them moves."""

    def rule(primals: Given, tangents: Given, result: Any, beta: Any, alpha: Any) -> Any:
        _, first, second = primals
        total = scaled(tangents[0], beta) + scaled(getattr(tangents[1], product)(second), alpha)
        return total + scaled(getattr(first, product)(tangents[2]), alpha)

    return rule


def plus_summed_products(primals: Given, tangents: Given, result: Any, beta: Any, alpha: Any) -> Any:
    _, first, second = primals
    total = scaled(tangents[0], beta) + scaled(tangents[1].bmm(second).sum(0), alpha)
    return total + scaled(first.bmm(tangents[2]).sum(0), alpha)


def convolution(primals: Given, tangents: Given, result: Any, *attributes: Any) -> Any:
    """It is linear in the input, and in the weights together with the bias."""
    row = ROWS["convolution", ""]
    return row(tangents[0], primals[1], None, *attributes) + row(primals[0], tangents[1], tangents[2], *attributes)


# ---- normalization ------------------------------------------------------------------------------------------------


def normalized(tensor: Any, moving: Any, mean: Any, inverse: Any, dims: Any, count: int) -> Any:
    """What is normalized by its own mean and deviation."""
    centred = moving if moving._is_zerotensor() else moving - moving.mean(dims, True)
    return centred * inverse + (tensor - mean) * spread_moved(tensor, centred, mean, inverse, dims, count)


def spread_moved(tensor: Any, centred: Any, mean: Any, inverse: Any, dims: Any, count: int) -> Any:
    """The tangent of the inverse deviation."""
    slope = -(inverse.pow(3))
    still = centred._is_zerotensor()  # PyTorch takes the factors in another order then
    along = slope * centred * (tensor - mean) if still else centred * (tensor - mean) * slope
    return ROWS["div", "Scalar"](along.sum(dims, True), count)


def weighted(moved: Any, tensor: Any, mean: Any, inverse: Any, shape: Any, primals: Given, tangents: Given) -> Any:
    """With the weight and the bias, as far as there are any."""
    _, weight, bias = primals[:3]
    if weight is not None:
        moved = moved * weight.view(shape) + (tensor - mean) * inverse * tangents[1].view(shape)
    return moved if bias is None else moved + tangents[2].view(shape)


def batch_norm(primals: Given, tangents: Given, results: Any, training: bool, momentum: float, eps: float) -> Any:
    tensor, _, _, running_mean, running_var = primals
    shape = [1, -1, *[1] * (tensor.dim() - 2)]
    if training:
        mean, inverse = results[1].view(shape), results[2].view(shape)
        dims = (0, *range(2, tensor.dim()))
        moved = normalized(tensor, tangents[0], mean, inverse, dims, tensor.numel() // max(tensor.shape[1], 1))
    else:
        mean, inverse = running_mean.view(shape), (running_var + eps).rsqrt().view(shape)
        moved = tangents[0] * inverse
    return weighted(moved, tensor, mean, inverse, shape, primals, tangents), None, None


def layer_norm(primals: Given, tangents: Given, results: Any, normalized_shape: Any, eps: float) -> Any:
    tensor = primals[0]
    start = tensor.dim() - len(normalized_shape)
    dims = tuple(range(start, tensor.dim()))
    shape = [*[1] * start, *normalized_shape]
    mean, inverse = results[1], results[2]
    moved = normalized(tensor, tangents[0], mean, inverse, dims, math.prod(normalized_shape))
    return weighted(moved, tensor, mean, inverse, shape, primals, tangents), None, None


def group_norm(primals: Given, tangents: Given, results: Any, N: int, C: int, HxW: int, group: int, eps: float) -> Any:
    tensor = primals[0]
    grouped = [1, N * group, -1 if N else 1]
    mean, inverse = results[1].view((1, N * group, 1)), results[2].view((1, N * group, 1))
    of_groups, moving = tensor.reshape(grouped), tangents[0].reshape(grouped)
    count = of_groups.shape[2]
    moved = normalized(of_groups, moving, mean, inverse, (2,), count).view(tensor.shape)
    shape = [1, -1, *[1] * (tensor.dim() - 2)]
    if primals[1] is not None:
        plain = ((of_groups - mean) * inverse).view(tensor.shape)
        moved = moved * primals[1].view(shape) + plain * tangents[1].view(shape)
    if primals[2] is not None:
        moved = moved + tangents[2].view(shape)
    mean_moved = moving.mean((2,), True)
    spread = spread_moved(of_groups, moving - mean_moved, mean, inverse, (2,), count)
    return moved, mean_moved.view((N, group)), spread.view((N, group))


RULES: dict[tuple[str, str], Rule] = {
    ("addmm", ""): plus_matrix_product("mm"),
    ("addmv", ""): plus_matrix_product("mv"),
    ("addr", ""): plus_matrix_product("outer"),
    ("baddbmm", ""): plus_matrix_product("bmm"),
    ("addbmm", ""): plus_summed_products,
    ("convolution", ""): convolution,
    ("native_batch_norm", ""): batch_norm,
    ("native_layer_norm", ""): layer_norm,
    ("native_group_norm", ""): group_norm,
}
