"""Modules with parameters: linear, convolution, normalization, embedding."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from typing import Any

from refgrad import creation
from refgrad.dtypes import int64
from refgrad.modes import no_grad
from refgrad.nn import functional, init, texts
from refgrad.nn.module import Module
from refgrad.nn.parameter import Parameter
from refgrad.operators.factories import on_levels
from refgrad.signatures.attaching import public

empty, ones, zeros = (
    public(on_levels(each), each.__name__) for each in (creation.empty, creation.ones, creation.zeros)
)


class Linear(Module):
    """`x W^T + b`."""

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        place = {"device": device, "dtype": dtype}
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(empty((out_features, in_features), **place))
        self.register_parameter("bias", Parameter(empty(out_features, **place)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        reset(self.weight, self.bias)

    def forward(self, input: Any) -> Any:
        return functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        features = f"in_features={self.in_features}, out_features={self.out_features}"
        return f"{features}, bias={self.bias is not None}"


class Bilinear(Module):
    """`x1 A x2 + b`."""

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        place = {"device": device, "dtype": dtype}
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight = Parameter(empty((out_features, in1_features, in2_features), **place))
        self.register_parameter("bias", Parameter(empty(out_features, **place)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        if self.in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got (in1_features={self.in1_features})")
        bound = 1 / math.sqrt(self.in1_features)
        for each in self.parameters():
            init.uniform_(each, -bound, bound)

    def forward(self, input1: Any, input2: Any) -> Any:
        return functional.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        features = f"in1_features={self.in1_features}, in2_features={self.in2_features}"
        return f"{features}, out_features={self.out_features}, bias={self.bias is not None}"


def reset(weight: Any, bias: Any) -> None:
    """Uniform numbers whose bound shrinks with the number of inputs."""
    init.kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None:
        fan_in = math.prod(weight.shape[1:])
        bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
        init.uniform_(bias, -bound, bound)


def reset_affine(module: Any) -> None:
    """What multiplies nothing, and adds nothing."""
    if module.weight is not None:
        init.ones_(module.weight)
    if getattr(module, "bias", None) is not None:
        init.zeros_(module.bias)


class Convolution(Module):
    """A convolution in one, two or three dimensions, or the transpose of one."""

    rank = 1
    transposed = False

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        place = {"device": device, "dtype": dtype}
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str) and not self.transposed:
            if padding not in texts.PADDINGS:
                raise ValueError(texts.padding_string(padding))
            if padding == "same" and any(step != 1 for step in self.times(stride)):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in texts.PADDING_MODES:
            raise ValueError(texts.padding_mode(padding_mode))
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride = self.times(kernel_size), self.times(stride)
        self.padding = padding if isinstance(padding, str) and not self.transposed else self.times(padding)
        self.dilation, self.padding_mode = self.times(dilation), padding_mode
        self.transposed, self.output_padding = type(self).transposed, (0,) * self.rank
        self._reversed_padding_repeated_twice = self.padding_around()
        channels = (in_channels, out_channels // groups) if self.transposed else (out_channels, in_channels // groups)
        self.weight = Parameter(empty((*channels, *self.kernel_size), **place))
        self.register_parameter("bias", Parameter(empty(out_channels, **place)) if bias else None)
        self.reset_parameters()

    def padding_around(self) -> Any:
        """The padding before and after each dimension, the last one first."""
        if not isinstance(self.padding, str):
            return tuple(each for size in reversed(self.padding) for each in (size, size))
        made = [0, 0] * len(self.kernel_size)
        if self.padding == "same":
            for i, (gap, size) in enumerate(zip(self.dilation, self.kernel_size, strict=False), 1):
                total = gap * (size - 1)
                made[-2 * i] = total // 2
                made[1 - 2 * i] = total - total // 2
        return made

    def reset_parameters(self) -> None:
        reset(self.weight, self.bias)

    def times(self, value: Any) -> tuple[Any, ...]:
        return tuple(value) if isinstance(value, Iterable) else (value,) * self.rank

    def forward(self, input: Any) -> Any:
        compute = getattr(functional, f"conv{self.rank}d")
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            around = self._reversed_padding_repeated_twice
            input, padding = functional.pad(input, around, mode=self.padding_mode), 0
        return compute(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if self.padding != (0,) * self.rank:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self.rank:
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * self.rank:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        text += "" if self.bias is not None else ", bias=False"
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"


class TransposedConvolution(Convolution):
    """The transpose of a convolution."""

    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        given = (stride, padding, dilation, groups, bias, padding_mode, device, dtype)
        super().__init__(in_channels, out_channels, kernel_size, *given)
        self.output_padding = self.times(output_padding)

    def padding_for(self, input: Any, output_size: Any) -> Any:
        """What to add at the end, so that the result has the size `output_size`. Raises ValueError if nothing does."""
        if output_size is None:
            return self.output_padding
        others = 2 if input.dim() == self.rank + 2 else 1
        wanted = output_size[others:] if len(output_size) == others + self.rank else output_size
        if len(wanted) != self.rank:
            raise ValueError(texts.output_size_length(self.rank, input.dim(), others, len(wanted)))
        smallest = [
            (size - 1) * step - 2 * around + gap * (kernel - 1) + 1
            for size, step, around, gap, kernel in zip(
                input.shape[others:], self.stride, self.padding, self.dilation, self.kernel_size, strict=True
            )
        ]
        largest = [size + step - 1 for size, step in zip(smallest, self.stride, strict=True)]
        if any(not low <= size <= high for low, size, high in zip(smallest, wanted, largest, strict=True)):
            raise ValueError(texts.output_size_range(wanted, smallest, largest, input.shape[2:]))
        return tuple(size - low for size, low in zip(wanted, smallest, strict=True))

    def forward(self, input: Any, output_size: Any = None) -> Any:
        compute = getattr(functional, f"conv_transpose{self.rank}d")
        rest = (self.stride, self.padding, self.padding_for(input, output_size), self.groups, self.dilation)
        return compute(input, self.weight, self.bias, *rest)


class Normalization(Module):
    """What may keep statistics of the batches; `ranks` are the numbers of dimensions that an input may have."""

    ranks: tuple[int, ...] = (2, 3)
    _version = 2

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        place = {"device": device, "dtype": dtype}
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.register_parameter("weight", Parameter(empty(num_features, **place)) if affine else None)
        self.register_parameter("bias", Parameter(empty(num_features, **place)) if affine and bias else None)
        kept = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, **place) if kept else None)
        self.register_buffer("running_var", ones(num_features, **place) if kept else None)
        self.register_buffer("num_batches_tracked", zeros((), device=device, dtype=int64) if kept else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        self.reset_running_stats()
        if self.affine:
            reset_affine(self)

    def reset_running_stats(self) -> None:
        """Forget what was collected."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: dict[str, Any], *rest: Any, **options: Any
    ) -> None:
        version, counted = local_metadata.get("version"), prefix + "num_batches_tracked"
        if (version is None or version < 2) and self.track_running_stats and counted not in state_dict:
            count = self.num_batches_tracked
            state_dict[counted] = zeros((), dtype=int64) if count is None else count
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest, **options)

    def check(self, input: Any) -> None:
        """Raise ValueError for an input of a wrong number of dimensions."""
        if input.dim() not in self.ranks:
            ranks = " or ".join(f"{each}D" for each in self.ranks)
            raise ValueError(f"expected {ranks} input (got {input.dim()}D input)")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm(Normalization):
    """Normalization over a batch."""

    def forward(self, input: Any) -> Any:
        self.check(input)
        factor = 0.0 if self.momentum is None else self.momentum
        if self.training and self.track_running_stats and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            factor = 1.0 / float(self.num_batches_tracked) if self.momentum is None else factor
        own = self.training or (self.running_mean is None and self.running_var is None)
        kept = not self.training or self.track_running_stats
        mean, variance = (self.running_mean, self.running_var) if kept else (None, None)
        return functional.batch_norm(input, mean, variance, self.weight, self.bias, own, factor, self.eps)


class InstanceNorm(Normalization):
    """Normalization of every channel of every example."""

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = False,
        track_running_stats: bool = False, device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: dict[str, Any], strict: bool, missing_keys: list[str],
        unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        if local_metadata.get("version") is None and not self.track_running_stats:
            kept = [prefix + name for name in ("running_mean", "running_var") if prefix + name in state_dict]
            if kept:
                error_msgs.append(texts.statistics_not_tracked(kept, type(self).__name__))
            for name in kept:
                state_dict.pop(name)
        lists = (missing_keys, unexpected_keys, error_msgs)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, *lists)

    def forward(self, input: Any) -> Any:
        self.check(input)
        own = self.training or not self.track_running_stats
        kept = (self.running_mean, self.running_var)
        momentum = 0.0 if self.momentum is None else self.momentum
        single = input.dim() == min(self.ranks)
        channels = 0 if single else 1
        if input.shape[channels] != self.num_features:
            if self.affine:
                raise ValueError(texts.other_features(channels, self.num_features, input.shape[channels]))
            warnings.warn(texts.features_not_used(channels), stacklevel=2)
        batch = input.unsqueeze(0) if single else input
        made = functional.instance_norm(batch, *kept, self.weight, self.bias, own, momentum, self.eps)
        return made.squeeze(0) if single else made


def ranked(title: str, family: type[Module], **attributes: Any) -> Any:
    return type(title, (family,), attributes)


Conv1d, Conv2d, Conv3d = (ranked(f"Conv{n}d", Convolution, rank=n) for n in (1, 2, 3))
ConvTranspose1d, ConvTranspose2d, ConvTranspose3d = (
    ranked(f"ConvTranspose{n}d", TransposedConvolution, rank=n) for n in (1, 2, 3)
)
BatchNorm1d, BatchNorm2d, BatchNorm3d = (
    ranked(f"BatchNorm{n}d", BatchNorm, ranks=ranks) for n, ranks in ((1, (2, 3)), (2, (4,)), (3, (5,)))
)
InstanceNorm1d, InstanceNorm2d, InstanceNorm3d = (
    ranked(f"InstanceNorm{n}d", InstanceNorm, ranks=(n + 1, n + 2)) for n in (1, 2, 3)
)


class LayerNorm(Module):
    """Normalization over the last dimensions."""

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        place = {"device": device, "dtype": dtype}
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        shape = self.normalized_shape
        self.register_parameter("weight", Parameter(empty(shape, **place)) if elementwise_affine else None)
        affine = elementwise_affine and bias
        self.register_parameter("bias", Parameter(empty(shape, **place)) if affine else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        reset_affine(self)

    def forward(self, input: Any) -> Any:
        return functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        text = f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        return f"{text}, bias={self.bias is not None}"


class RMSNorm(Module):
    """Division by the root mean square over the last dimensions."""

    def __init__(
        self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        place = {"device": device, "dtype": dtype}
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        made = Parameter(empty(self.normalized_shape, **place)) if elementwise_affine else None
        self.register_parameter("weight", made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        reset_affine(self)

    def forward(self, x: Any) -> Any:
        return functional.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Normalization over groups of channels."""

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, device: Any = None,
        dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        place = {"device": device, "dtype": dtype}
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self.register_parameter("weight", Parameter(empty(num_channels, **place)) if affine else None)
        self.register_parameter("bias", Parameter(empty(num_channels, **place)) if affine and bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        reset_affine(self)

    def forward(self, input: Any) -> Any:
        return functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        text = f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"
        return f"{text}, bias={self.bias is not None}"


def reset_table(module: Any) -> None:
    """Normal numbers, but for the row that fills up."""
    init.normal_(module.weight)
    if module.padding_idx is not None:
        with no_grad():
            module.weight[module.padding_idx].fill_(0)


def padding_number(padding_idx: int | None, count: int, name: str) -> int | None:
    """The row that is not learned, counted from the first. Raises AssertionError for none of the rows."""
    if padding_idx is not None:
        if padding_idx >= count if padding_idx > 0 else padding_idx < 0 and padding_idx < -count:
            raise AssertionError(f"{name} must be within num_embeddings")
        return count + padding_idx if padding_idx < 0 else padding_idx
    return None


class Embedding(Module):
    """Rows of a table by number."""

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False, _weight: Any = None,
        _freeze: bool = False, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        place = {"device": device, "dtype": dtype}
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = padding_number(padding_idx, num_embeddings, "Padding_idx")
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        if _weight is not None:
            self.weight = Parameter(_weight, requires_grad=not _freeze)
            return
        self.weight = Parameter(empty((num_embeddings, embedding_dim), **place), requires_grad=not _freeze)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        reset_table(self)

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, **options: Any) -> Any:
        """A table with these rows, which is not learned unless said so."""
        rows, columns = embeddings.shape
        return cls(rows, columns, _weight=embeddings, _freeze=freeze, **options)

    def forward(self, input: Any) -> Any:
        return functional.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        usual = {"padding_idx": None, "max_norm": None, "norm_type": 2, "scale_grad_by_freq": False, "sparse": False}
        for name, value in usual.items():
            given = getattr(self, name)
            if given != value:
                text += f", {name}={given}"
        return text


class EmbeddingBag(Module):
    """Sums, means or maxima of rows of a table."""

    def __init__(
        self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None, norm_type: float = 2.0,
        scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, _weight: Any = None,
        include_last_offset: bool = False, padding_idx: int | None = None, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        place = {"device": device, "dtype": dtype}
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.mode, self.sparse = scale_grad_by_freq, mode, sparse
        self.include_last_offset = include_last_offset
        self.padding_idx = padding_number(padding_idx, num_embeddings, "padding_idx")
        if _weight is not None:
            self.weight = Parameter(_weight)
            return
        self.weight = Parameter(empty((num_embeddings, embedding_dim), **place))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        reset_table(self)

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, max_norm: float | None = None, norm_type: float = 2.0,
        scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Any:  # fmt: skip
        """A table with these rows, which is not learned unless said so. Raises AssertionError for no matrix."""
        if embeddings.dim() != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        options = (max_norm, norm_type, scale_grad_by_freq, mode, sparse, embeddings, include_last_offset, padding_idx)
        made = cls(embeddings.shape[0], embeddings.shape[1], *options)
        made.weight.requires_grad = not freeze
        return made

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        return functional.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode,
            self.sparse, per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        for name, usual in (("max_norm", None), ("norm_type", 2), ("scale_grad_by_freq", False)):
            if getattr(self, name) != usual:
                text += f", {name}={getattr(self, name)}"
        text += f", mode={self.mode!r}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx}"


class PReLU(Module):
    """A rectifier whose slope below 0 is a parameter."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        place = {"device": device, "dtype": dtype}
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(empty(num_parameters, **place))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        init.constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        return functional.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"
