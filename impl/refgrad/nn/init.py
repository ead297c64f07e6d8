"""`torch.nn.init`: parameters filled in place, without recording."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from refgrad.creation import randperm
from refgrad.modes import no_grad
from refgrad.operators.linalg_names import LINALG

Generator = Any

ZERO_ELEMENTS = "Initializing zero-element tensors is a no-op"
FAR_FROM_BOUNDS = (
    "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect."
)
OFTEN_ENOUGH = 0.3
FAN_OF_VECTOR = "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
GAINS = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}
LINEAR = (
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid",
)  # fmt: skip


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """The factor that keeps the variance through a function.

    Raises ValueError for an unknown function.
    """
    if nonlinearity in LINEAR:
        return 1
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return GAINS[nonlinearity]


@no_grad()
def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Generator = None) -> Any:
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Generator = None) -> Any:
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def constant_(tensor: Any, val: float) -> Any:
    return tensor.fill_(val)


@no_grad()
def ones_(tensor: Any) -> Any:
    return tensor.fill_(1.0)


@no_grad()
def zeros_(tensor: Any) -> Any:
    return tensor.zero_()


@no_grad()
def eye_(tensor: Any) -> Any:
    """Ones on the diagonal.

    Raises ValueError for anything but a matrix.
    """
    if tensor.ndimension() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return tensor.zero_().fill_diagonal_(1)


def _calculate_fan_in_and_fan_out(tensor: Any) -> tuple[int, int]:
    if tensor.dim() < 2:
        raise ValueError(FAN_OF_VECTOR)
    field = math.prod(tensor.shape[2:])
    return tensor.size(1) * field, tensor.size(0) * field


def _fan(tensor: Any, mode: str) -> int:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return fan_in if mode == "fan_in" else fan_out


@no_grad()
def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Generator = None) -> Any:
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor))))
    return tensor.uniform_(-bound, bound, generator=generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Generator = None) -> Any:
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor)))), generator)


def _kaiming(tensor: Any, a: float, mode: str, nonlinearity: str) -> float | None:
    if 0 in tensor.shape:
        warnings.warn(ZERO_ELEMENTS, stacklevel=3)
        return None
    return calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))


@no_grad()
def kaiming_uniform_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Generator = None
) -> Any:
    std = _kaiming(tensor, a, mode, nonlinearity)
    if std is None:
        return tensor
    bound = math.sqrt(3.0) * std
    return tensor.uniform_(-bound, bound, generator=generator)


@no_grad()
def kaiming_normal_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Generator = None
) -> Any:
    std = _kaiming(tensor, a, mode, nonlinearity)
    return tensor if std is None else tensor.normal_(0, std, generator=generator)


@no_grad()
def orthogonal_(tensor: Any, gain: float = 1, generator: Generator = None) -> Any:
    """Orthogonal rows or columns.

    Raises ValueError for fewer than two dimensions.
    """
    if tensor.ndimension() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.size(0)
    flat = tensor.new_empty((rows, tensor.numel() // rows)).normal_(0, 1, generator=generator)
    wide = flat.size(1) > rows
    q, r = LINALG["qr"](flat.t() if wide else flat)
    q = q * r.diagonal().sign()
    return tensor.copy_((q.t() if wide else q).reshape(tensor.shape)).mul_(gain)


@no_grad()
def trunc_normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Generator = None
) -> Any:
    """Normal numbers, without those outside of `a` and `b`."""
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(FAR_FROM_BOUNDS, stacklevel=2)
    within = _share_below((b - mean) / std) - _share_below((a - mean) / std)
    draw = _from_bell if within > OFTEN_ENOUGH else _from_box
    return draw(tensor, mean, std, a, b, generator)


def _share_below(x: float) -> float:
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _from_bell(tensor: Any, mean: float, std: float, a: float, b: float, generator: Generator) -> Any:
    """Where most normal numbers lie within the bounds: draw them all again until none is outside."""
    low, high = (tensor.new_tensor(each).item() for each in (a, b))
    made = tensor.normal_(mean, std, generator=generator).clone()
    while (outside := made.lt(low).logical_or(made.gt(high))).any():
        again = made.clone().normal_(mean, std, generator=generator)
        made = again.where(outside, made)
    return tensor.copy_(made)


def _from_box(tensor: Any, mean: float, std: float, a: float, b: float, generator: Generator) -> Any:
    """Where few do: uniform numbers, each taken with its density in relation to the largest."""
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    made, waiting = tensor, None
    while waiting is None or waiting.any():
        drawn = made.clone().uniform_(a, b, generator=generator)
        made = drawn if waiting is None else drawn.where(waiting, made)
        density = drawn.clone().sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(peak)
        refused = made.clone().uniform_(generator=generator).log_().gt(density)
        waiting = refused if waiting is None else waiting.logical_and(refused)
    return tensor.copy_(made)


@no_grad()
def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Generator = None) -> Any:
    """Normal numbers, and zeros in a part of every column. Raises ValueError for anything but a matrix."""
    if tensor.ndimension() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        places: Any = randperm(rows)
        tensor[places[:zeros], column] = 0
    return tensor


@no_grad()
def dirac_(tensor: Any, groups: int = 1) -> Any:
    """The weight of a convolution that changes nothing. Raises ValueError for other numbers of dimensions."""
    if tensor.ndimension() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    out, into, *kernel = tensor.shape
    if out % groups:
        raise ValueError("dim 0 must be divisible by groups")
    tensor.zero_()
    for group in range(groups):
        for channel in range(min(out // groups, into)):
            tensor[(group * (out // groups) + channel, channel, *(size // 2 for size in kernel))] = 1
    return tensor


def renamed(name: str) -> Callable[..., Any]:
    """A function under its name of long ago, which warns (FutureWarning)."""
    now = globals()[f"{name}_"]

    def before(*args: Any, **kwargs: Any) -> Any:
        said = f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`."
        warnings.warn(said, FutureWarning, stacklevel=2)
        return now(*args, **kwargs)

    before.__name__ = name
    return before


OLD_NAMES = (
    "uniform", "normal", "constant", "eye", "dirac", "xavier_uniform", "xavier_normal", "kaiming_uniform",
    "kaiming_normal", "orthogonal", "sparse",
)  # fmt: skip
globals().update({name: renamed(name) for name in OLD_NAMES})
