"""What PyTorch says when the arguments of the units, windows and normalizations of `torch.nn.functional` are wrong."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed

GLU_SCALAR = "glu does not support scalars because halving size must be even"
RRELU_BOUNDS = "Lower bound should be less than or equal to the upper bound"
GUMBEL_EPS = "`eps` parameter is deprecated and has no effect."
PRELU_SCALAR = "Not allow zero-dim input tensor."


def glu_odd(dim: int, size: int) -> str:
    return f"Halving dimension must be even, but dimension {dim} is size {size}"


def prelu_channels(parameters: int, channels: int) -> str:
    return (
        "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
        f"{parameters} and channel size = {channels}."
    )


def rrelu_bound(name: str, bound: float) -> str:
    return f"rrelu: {name} bound must be finite, got {bound:g}"


def prelu_weight(ndim: int) -> str:
    return f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {ndim}"


def prelu_types(kind: str, other: str) -> str:
    return f"prelu: Type promoting not supported. Got {kind} and {other}"


DROPOUT_CHANNELS = "Feature dropout requires at least 2 dimensions in the input"


def dropout_probability(p: object) -> str:
    return f"dropout probability has to be between 0 and 1, but got {p}"


PAD_ODD = "Length of pad must be even but instead it equals 1"


def pad_long(count: int, ndim: int) -> str:
    return (
        "Length of pad should be no more than twice the number of dimensions of the input. Pad length is "
        f"{count}while the input has {ndim}dimensions."
    )


def pad_reflection(before: int, after: int, dim: int, shape: Sequence[int]) -> str:
    return (
        f"Argument #{2 + 2 * (len(shape) - dim)}: Padding size should be less than the corresponding input dimension, "
        f"but got: padding ({before}, {after}) at dimension {dim} of input {listed(shape)}"
    )


def pad_ranks(rank: int, shape: Sequence[int]) -> str:
    return (
        f"Expected {rank + 1}D or {rank + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero "
        f"dimensions for input, but got: {listed(shape)}"
    )


def pad_small(mode: str, size: Sequence[int], output: Sequence[int]) -> str:
    """Each rank puts its commas and blanks elsewhere."""
    made = " ".join(f"{letter}: {n}" for letter, n in zip("DHW"[-len(size) :], output, strict=True))
    given = {
        1: "W: {}",
        2: "H: {}, W: {}" + (" " if mode == "replication" else ""),
        3: "D: {} H: {}, W: {}",
    }[len(size)].format(*size)
    return f"input ({given}) is too small. Calculated output {made}"


PAD_EMPTY = "Negative padding value is resulting in an empty dimension"


def pad_mode(mode: str) -> str:
    return f"Unrecognised padding mode {mode}"


DROPOUT2D_SIGNALS = (
    "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - input "
    "is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a future release to "
    "interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise "
    "dropout behavior, please switch to using dropout1d instead."
)


def dropout_rank(ndim: int) -> str:
    return (
        f"dropout1d: Expected 2D or 3D input, but received a {ndim}D input. Note that dropout1d exists to provide "
        "channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch dimension "
        "(i.e. 2D or 3D inputs)."
    )


def dropout2d_rank(ndim: int) -> str:
    return (
        f"dropout2d: Received a {ndim}-D input to dropout2d, which is deprecated and will result in an error in a "
        "future release. To retain the behavior and silence this warning, please use dropout instead. Note that "
        "dropout2d exists to provide channel-wise dropout on inputs with 2 spatial dimensions, a channel dimension, "
        "and an optional batch dimension (i.e. 3D or 4D inputs)."
    )


def dropout3d_rank(ndim: int) -> str:
    return (
        f"dropout3d: Received a {ndim}-D input to dropout3d, which is deprecated and will result in an error in a "
        "future release. To retain the behavior and silence this warning, please use dropout instead. Note that "
        "dropout3d exists to provide channel-wise dropout on inputs with 3 spatial dimensions, a channel dimension, "
        "and an optional batch dimension (i.e. 4D or 5D inputs)."
    )


def pad_rank(count: int, rank: int) -> str:
    return (
        f"Padding size {count} is not supported for {rank}D input tensor.\nSupported combinations for non-constant "
        "padding:\n  - 2D or 3D input: padding size = 2 (pads last dimension)\n  - 3D or 4D input: padding size = 4 "
        "(pads last 2 dimensions)\n  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
    )


def columns_rank(shape: Sequence[int]) -> str:
    return (
        "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but "
        f"got: {list(shape)}"
    )


def common_floating(kind: str) -> str:
    return f"expected common dtype to be floating point, yet common dtype is {kind}"


def eps_negative(eps: float) -> str:
    return f"eps must be non-negative, got: {eps:g}"
