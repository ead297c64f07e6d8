"""`torch.nn.init`: parameters filled in place, without recording."""

from __future__ import annotations

import math
import warnings
from typing import Any

from refgrad.modes import no_grad
from refgrad.operators.linalg import LINALG

Generator = Any

ZERO_ELEMENTS = "Initializing zero-element tensors is a no-op"
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
    return tensor.uniform_(a, b)


@no_grad()
def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Generator = None) -> Any:
    return tensor.normal_(mean, std)


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
    return tensor.uniform_(-bound, bound)


@no_grad()
def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Generator = None) -> Any:
    return tensor.normal_(0.0, gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor)))))


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
    return tensor.uniform_(-bound, bound)


@no_grad()
def kaiming_normal_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Generator = None
) -> Any:
    std = _kaiming(tensor, a, mode, nonlinearity)
    return tensor if std is None else tensor.normal_(0, std)


@no_grad()
def orthogonal_(tensor: Any, gain: float = 1, generator: Generator = None) -> Any:
    """Orthogonal rows or columns.

    Raises ValueError for fewer than two dimensions.
    """
    if tensor.ndimension() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    rows = tensor.size(0)
    flat = tensor.new_empty((rows, tensor.numel() // rows)).normal_(0, 1)
    wide = flat.size(1) > rows
    q, r = LINALG["qr"](flat.t() if wide else flat)
    q = q * r.diagonal().sign()
    return tensor.copy_((q.t() if wide else q).reshape(tensor.shape)).mul_(gain)
