"""Modules without parameters: a table of the functions they call, their options and how they print."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

from refgrad.nn import functional, texts
from refgrad.nn.module import Module
from refgrad.operators.losses import legacy_reduction

REDUCTION = "size_average=None, reduce=None, reduction='mean'"
POOL = "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False"
POOL_SHOWN = "kernel_size={kernel_size}, stride={stride}, padding={padding}, dilation={dilation}, ceil_mode={ceil_mode}"
AVERAGE = "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True"
AVERAGE_SHOWN = "kernel_size={kernel_size}, stride={stride}, padding={padding}"
NORMS_SHOWN = "norm_type={norm_type}, kernel_size={kernel_size}, stride={stride}, ceil_mode={ceil_mode}"
INPLACE = "?inplace"
"""Shown only if it is set."""

ROWS = (
    # title, function, options, how it prints
    ("ReLU", "relu", "inplace=False", INPLACE),
    ("RReLU", "rrelu", "lower=0.125, upper=0.3333333333333333, inplace=False", "lower={lower}, upper={upper}"),
    ("LeakyReLU", "leaky_relu", "negative_slope=0.01, inplace=False", "negative_slope={negative_slope}"),
    ("ELU", "elu", "alpha=1.0, inplace=False", "alpha={alpha}"),
    ("CELU", "celu", "alpha=1.0, inplace=False", "alpha={alpha}"),
    ("SELU", "selu", "inplace=False", INPLACE),
    ("GELU", "gelu", "approximate='none'", "approximate={approximate!r}"),
    ("GLU", "glu", "dim=-1", "dim={dim}"),
    ("SiLU", "silu", "inplace=False", INPLACE),
    ("Mish", "mish", "inplace=False", INPLACE),
    ("Hardswish", "hardswish", "inplace=False", ""),
    ("Hardsigmoid", "hardsigmoid", "inplace=False", ""),
    ("Hardshrink", "hardshrink", "lambd=0.5", "{lambd}"),
    ("Softshrink", "softshrink", "lambd=0.5", "{lambd}"),
    ("Tanhshrink", "tanhshrink", "", ""),
    ("Threshold", "threshold", "threshold, value, inplace=False", "threshold={threshold}, value={value}"),
    ("Softplus", "softplus", "beta=1.0, threshold=20.0", "beta={beta}, threshold={threshold}"),
    ("Softsign", "softsign", "", ""),
    ("Sigmoid", "sigmoid", "", ""),
    ("LogSigmoid", "logsigmoid", "", ""),
    ("Tanh", "tanh", "", ""),
    ("Softmax", "softmax", "dim=None", "dim={dim}"),
    ("Softmin", "softmin", "dim=None", "dim={dim}"),
    ("LogSoftmax", "log_softmax", "dim=None", "dim={dim}"),
    ("MSELoss", "mse_loss", REDUCTION, ""),
    ("L1Loss", "l1_loss", REDUCTION, ""),
    ("SmoothL1Loss", "smooth_l1_loss", f"{REDUCTION}, beta=1.0", ""),
    ("HuberLoss", "huber_loss", "reduction='mean', delta=1.0", ""),
    ("CrossEntropyLoss", "cross_entropy",
     "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean', label_smoothing=0.0", ""),
    ("NLLLoss", "nll_loss", "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean'", ""),
    ("KLDivLoss", "kl_div", f"{REDUCTION}, log_target=False", ""),
    ("BCELoss", "binary_cross_entropy", f"weight=None, {REDUCTION}", ""),
    ("BCEWithLogitsLoss", "binary_cross_entropy_with_logits", f"weight=None, {REDUCTION}, pos_weight=None", ""),
    ("PoissonNLLLoss", "poisson_nll_loss",
     "log_input=True, full=False, size_average=None, eps=1e-08, reduce=None, reduction='mean'", ""),
    ("GaussianNLLLoss", "gaussian_nll_loss", "*, full=False, eps=1e-06, reduction='mean'", ""),
    ("HingeEmbeddingLoss", "hinge_embedding_loss", f"margin=1.0, {REDUCTION}", ""),
    ("MultiMarginLoss", "multi_margin_loss", f"p=1, margin=1.0, weight=None, {REDUCTION}", ""),
    ("MultiLabelSoftMarginLoss", "multilabel_soft_margin_loss", f"weight=None, {REDUCTION}", ""),
    ("SoftMarginLoss", "soft_margin_loss", REDUCTION, ""),
    ("CosineEmbeddingLoss", "cosine_embedding_loss", f"margin=0.0, {REDUCTION}", ""),
    ("MarginRankingLoss", "margin_ranking_loss", f"margin=0.0, {REDUCTION}", ""),
    ("TripletMarginLoss", "triplet_margin_loss", f"margin=1.0, p=2.0, eps=1e-06, swap=False, {REDUCTION}", ""),
    ("MaxPool1d", "max_pool1d", POOL, POOL_SHOWN),
    ("MaxPool2d", "max_pool2d", POOL, POOL_SHOWN),
    ("MaxPool3d", "max_pool3d", POOL, POOL_SHOWN),
    ("AvgPool1d", "avg_pool1d", AVERAGE, AVERAGE_SHOWN),
    ("AvgPool2d", "avg_pool2d", f"{AVERAGE}, divisor_override=None", AVERAGE_SHOWN),
    ("AvgPool3d", "avg_pool3d", f"{AVERAGE}, divisor_override=None", AVERAGE_SHOWN),
    ("AdaptiveAvgPool1d", "adaptive_avg_pool1d", "output_size", "output_size={output_size}"),
    ("AdaptiveAvgPool2d", "adaptive_avg_pool2d", "output_size", "output_size={output_size}"),
    ("AdaptiveAvgPool3d", "adaptive_avg_pool3d", "output_size", "output_size={output_size}"),
    ("AdaptiveMaxPool1d", "adaptive_max_pool1d", "output_size, return_indices=False", "output_size={output_size}"),
    ("AdaptiveMaxPool2d", "adaptive_max_pool2d", "output_size, return_indices=False", "output_size={output_size}"),
    ("AdaptiveMaxPool3d", "adaptive_max_pool3d", "output_size, return_indices=False", "output_size={output_size}"),
    ("LPPool1d", "lp_pool1d", "norm_type, kernel_size, stride=None, ceil_mode=False", NORMS_SHOWN),
    ("LPPool2d", "lp_pool2d", "norm_type, kernel_size, stride=None, ceil_mode=False", NORMS_SHOWN),
    ("LPPool3d", "lp_pool3d", "norm_type, kernel_size, stride=None, ceil_mode=False", NORMS_SHOWN),
    ("ChannelShuffle", "channel_shuffle", "groups", "groups={groups}"),
    ("AlphaDropout", "alpha_dropout", "p=0.5, inplace=False", "p={p}, inplace={inplace}"),
    ("FeatureAlphaDropout", "feature_alpha_dropout", "p=0.5, inplace=False", "p={p}, inplace={inplace}"),
    ("CTCLoss", "ctc_loss", "blank=0, reduction='mean', zero_infinity=False", ""),
    ("MultiLabelMarginLoss", "multilabel_margin_loss", REDUCTION, ""),
    ("CosineSimilarity", "cosine_similarity", "dim=1, eps=1e-08", ""),
    ("PairwiseDistance", "pairwise_distance", "p=2.0, eps=1e-06, keepdim=False", ""),
    ("PixelShuffle", "pixel_shuffle", "upscale_factor", "upscale_factor={upscale_factor}"),
    ("PixelUnshuffle", "pixel_unshuffle", "downscale_factor", "downscale_factor={downscale_factor}"),
    ("LocalResponseNorm", "local_response_norm", "size, alpha=0.0001, beta=0.75, k=1.0",
     "{size}, alpha={alpha}, beta={beta}, k={k}"),
    ("Fold", "fold", "output_size, kernel_size, dilation=1, padding=0, stride=1",
     "output_size={output_size}, kernel_size={kernel_size}, dilation={dilation}, padding={padding}, stride={stride}"),
    ("Unfold", "unfold", "kernel_size, dilation=1, padding=0, stride=1",
     "kernel_size={kernel_size}, dilation={dilation}, padding={padding}, stride={stride}"),
    ("Dropout", "dropout", "p=0.5, inplace=False", "p={p}, inplace={inplace}"),
    ("Dropout1d", "dropout1d", "p=0.5, inplace=False", "p={p}, inplace={inplace}"),
    ("Dropout2d", "dropout2d", "p=0.5, inplace=False", "p={p}, inplace={inplace}"),
    ("Dropout3d", "dropout3d", "p=0.5, inplace=False", "p={p}, inplace={inplace}"),
)  # fmt: skip

KEPT_AS_BUFFERS = ("weight", "pos_weight")
UNUSED = ("size_average", "reduce")
"""Options of long ago; `reduction` says it all."""

PAIRED = ("CosineSimilarity", "PairwiseDistance")
COMPARED = ("CosineEmbeddingLoss", "MarginRankingLoss")
INPUTS = {
    **dict.fromkeys(PAIRED, "x1, x2"),
    **dict.fromkeys(COMPARED, "input1, input2, target"),
    "CTCLoss": "log_probs, targets, input_lengths, target_lengths",
    "GaussianNLLLoss": "input, target, var",
    "PoissonNLLLoss": "log_input, target",
    "TripletMarginLoss": "anchor, positive, negative",
}
"""What `forward` takes, where it is not the usual of losses and of all others."""


def written(title: str, method: str, parameters: str, call: str, target: Callable[..., Any]) -> Callable[..., Any]:
    """A method with these parameters, so that errors and signatures are those of PyTorch, which calls `target`."""
    scope: dict[str, Any] = {"_call": target}
    exec(f"def {method}(self, {parameters}): return _call(self, {call})", scope)  # noqa: S102  # the table above
    made: Callable[..., Any] = scope[method]
    made.__qualname__ = f"{title}.{method}"
    return made


def plain_module(title: str, name: str, options: str, shown: str) -> type[Module]:
    """A module that calls a function of `torch.nn.functional` with the options it was made with."""
    names = list(inspect.signature(eval(f"lambda {options}: None")).parameters)  # noqa: S307  # the table above
    kept = [each for each in names if each not in UNUSED]
    by_training = "dropout" in name or name == "rrelu"

    def keep(self: Any, arguments: dict[str, Any]) -> None:
        Module.__init__(self)
        if by_training and "p" in names and (arguments["p"] < 0 or arguments["p"] > 1):
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {arguments['p']}")
        if "size_average" in names:
            given = (arguments["size_average"], arguments["reduce"])
            arguments["reduction"] = legacy_reduction(arguments["reduction"], *given)
        for each in kept:
            value = arguments[each]
            if each in KEPT_AS_BUFFERS:
                self.register_buffer(each, value)
            else:
                setattr(self, each, value)
        if "kernel_size" in names and "norm_type" not in names and getattr(self, "stride", 1) is None:
            self.stride = self.kernel_size
        if title == "AvgPool1d":
            for each in ("kernel_size", "stride", "padding"):
                value = getattr(self, each)
                setattr(self, each, tuple(value) if isinstance(value, (tuple, list)) else (value,))

    def compute(self: Any, *inputs: Any) -> Any:
        given = {each: getattr(self, each) for each in kept}
        if by_training:
            given["training"] = self.training
        return getattr(functional, name)(*inputs, **given)

    def extra_repr(self: Any) -> str:
        if shown == INPLACE:
            return "inplace=True" if self.inplace else ""
        text = shown.format(**{each: getattr(self, each) for each in kept})
        return f"{text}, inplace=True" if "inplace" not in shown and text and getattr(self, "inplace", False) else text

    inputs = INPUTS.get(title, "input, target" if title.endswith("Loss") else "input")
    methods = {"forward": written(title, "forward", inputs, inputs, compute), "extra_repr": extra_repr}
    if options:
        methods["__init__"] = written(title, "__init__", options, "locals()", keep)
    return type(title, (Module,), methods)


MODULES = {row[0]: plain_module(*row) for row in ROWS}


class Hardtanh(Module):
    """What lies outside of bounds, at the bounds."""

    def __init__(
        self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False, min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        for old, value in (("min_value", min_value), ("max_value", max_value)):
            if value is not None:
                warnings.warn(texts.renamed(old, old[:-2]), FutureWarning, stacklevel=2)
        self.min_val = min_val if min_value is None else min_value
        self.max_val = max_val if max_value is None else max_value
        self.inplace = inplace
        if not self.max_val > self.min_val:
            raise AssertionError(f"max_val ({self.max_val}) must be greater than min_val ({self.min_val})")

    def forward(self, input: Any) -> Any:
        return functional.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class ReLU6(Hardtanh):
    """Nothing below 0, and nothing above 6."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Identity(Module):
    """What comes in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Flatten(Module):
    """Several dimensions as one, by default all but the first."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Any:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """One dimension as several."""

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(unflattened_size, (tuple, list)):
            raise TypeError(texts.unflattened(type(unflattened_size)))
        for place, each in enumerate(unflattened_size):
            if not isinstance(each, int):
                raise TypeError(texts.unflattened_element(type(each), place))
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Any) -> Any:
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


class Upsample(Module):
    """A larger picture."""

    def __init__(
        self, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.name = type(self).__name__
        self.recompute_scale_factor = recompute_scale_factor
        self.size, self.mode, self.align_corners = size, mode, align_corners
        several = isinstance(scale_factor, tuple)
        self.scale_factor = (
            tuple(map(float, scale_factor)) if several else float(scale_factor) if scale_factor else None
        )

    def forward(self, input: Any) -> Any:
        options = (self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor)
        return functional.interpolate(input, *options)

    def extra_repr(self) -> str:
        size = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{size}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """A larger picture, of the nearest elements."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """A larger picture, corners on corners."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)


class Softmax2d(Module):
    """Softmax over the channels of a picture."""

    def forward(self, input: Any) -> Any:
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return functional.softmax(input, -3)


class FractionalMaxPool(Module):
    """The largest element of windows that lie at random."""

    rank = 2

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()

        def times(value: Any) -> Any:
            return value if value is None or isinstance(value, (tuple, list)) else (value,) * self.rank

        self.kernel_size, self.return_indices = times(kernel_size), return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size, self.output_ratio = times(output_size), times(output_ratio)
        if output_size is None and output_ratio is None:
            raise ValueError(texts.size_or_ratio(type(self).__name__))
        if output_size is not None and output_ratio is not None:
            raise ValueError(texts.SIZE_AND_RATIO)
        if output_ratio is not None and not all(0 < each < 1 for each in self.output_ratio):
            raise ValueError(texts.ratio(output_ratio))

    def forward(self, input: Any) -> Any:
        pool = getattr(functional, f"fractional_max_pool{self.rank}d")
        options = (self.kernel_size, self.output_size, self.output_ratio, self.return_indices)
        return pool(input, *options, _random_samples=self._random_samples)


class FractionalMaxPool2d(FractionalMaxPool):
    """In two dimensions."""


class FractionalMaxPool3d(FractionalMaxPool):
    """In three dimensions."""

    rank = 3
