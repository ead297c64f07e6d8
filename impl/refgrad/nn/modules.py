"""`torch.nn.modules`: every module, in the place where PyTorch has it, with methods that bear its name in errors."""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import Any

from refgrad.nn import (
    cells,
    containers,
    layers,
    lazy,
    losses,
    module,
    multihead,
    padding,
    plain,
    recurrent,
    transformer,
)
from refgrad.nn.module import Module

SOURCES = (layers, cells, plain, padding, containers, recurrent, multihead, transformer, losses, lazy)

PLACES = {
    "activation": "CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish "
    "MultiheadAttention PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink "
    "Softsign Tanh Tanhshrink Threshold",
    "adaptive": "AdaptiveLogSoftmaxWithLoss",
    "batchnorm": "BatchNormNd LazyBatchNormNd",
    "channelshuffle": "ChannelShuffle",
    "container": "ModuleDict ModuleList ParameterDict ParameterList Sequential",
    "conv": "ConvNd ConvTransposeNd LazyConvNd LazyConvTransposeNd",
    "distance": "CosineSimilarity PairwiseDistance",
    "dropout": "AlphaDropout Dropout DropoutNd FeatureAlphaDropout",
    "flatten": "Flatten Unflatten",
    "fold": "Fold Unfold",
    "instancenorm": "InstanceNormNd LazyInstanceNormNd",
    "lazy": "",
    "linear": "Bilinear Identity LazyLinear Linear NonDynamicallyQuantizableLinear",
    "loss": "BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss GaussianNLLLoss "
    "HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss LinearCrossEntropyLoss MSELoss MarginRankingLoss "
    "MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss PoissonNLLLoss SmoothL1Loss SoftMarginLoss "
    "TripletMarginLoss TripletMarginWithDistanceLoss",
    "module": "Module",
    "normalization": "GroupNorm LayerNorm LocalResponseNorm RMSNorm",
    "padding": "CircularPadNd ConstantPadNd ReflectionPadNd ReplicationPadNd ZeroPadNd",
    "pixelshuffle": "PixelShuffle PixelUnshuffle",
    "pooling": "AdaptiveAvgPoolNd AdaptiveMaxPoolNd AvgPoolNd FractionalMaxPoolNd LPPoolNd MaxPoolNd MaxUnpoolNd",
    "rnn": "GRU GRUCell LSTM LSTMCell RNN RNNBase RNNCell",
    "sparse": "Embedding EmbeddingBag",
    "transformer": "Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer",
    "upsampling": "Upsample UpsamplingBilinear2d UpsamplingNearest2d",
}
"""Which classes stand in which file of PyTorch; `N` is a number of dimensions."""

OWNERS = {
    "_AdaptiveAvgPoolNd.__init__": "AdaptiveAvgPoolNd",
    "_AdaptiveMaxPoolNd.__init__": "AdaptiveMaxPoolNd",
    "_BatchNorm.__init__": "BatchNormNd",
    "_BatchNorm.forward": "BatchNormNd",
    "_CircularPadNd.forward": "CircularPadNd",
    "_ConstantPadNd.forward": "ConstantPadNd ZeroPadNd",
    "_DropoutNd.__init__": "AlphaDropout Dropout DropoutNd FeatureAlphaDropout",
    "_InstanceNorm.__init__": "InstanceNormNd",
    "_InstanceNorm.forward": "InstanceNormNd",
    "_LPPoolNd.__init__": "LPPoolNd",
    "_LazyNormBase.__init__": "LazyBatchNormNd LazyInstanceNormNd",
    "_LazyNormBase.initialize_parameters": "LazyBatchNormNd LazyInstanceNormNd",
    "_Loss.__init__": "L1Loss MSELoss MultiLabelMarginLoss SoftMarginLoss",
    "_MaxPoolNd.__init__": "MaxPoolNd",
    "_ReflectionPadNd.forward": "ReflectionPadNd",
    "_ReplicationPadNd.forward": "ReplicationPadNd",
    "_WeightedLoss.__init__": "BCELoss MultiLabelSoftMarginLoss",
    "Hardtanh.forward": "ReLU6",
    "RNNBase.__init__": "GRU LSTM RNN",
}
"""Methods that bear another name than that of the class."""

BASES: dict[str, dict[str, Any]] = {
    "batchnorm": {"_BatchNorm": layers.BatchNorm, "_NormBase": layers.Normalization},
    "conv": {"_ConvNd": layers.Convolution, "_ConvTransposeNd": layers.TransposedConvolution},
    "instancenorm": {"_InstanceNorm": layers.InstanceNorm},
    "lazy": {"LazyModuleMixin": lazy.LazyModuleMixin},
    "rnn": {"RNNCellBase": cells.RecurrentCell},
}
"""Classes that programs ask for although their names say that they should not."""


def spread(names: str) -> list[str]:
    found = []
    for name in names.split():
        found += [name.replace("Nd", f"{rank}d") for rank in (1, 2, 3)] if name.endswith("Nd") else [name]
    return found


OWNER = {(name, owner.partition(".")[2]): owner for owner, names in OWNERS.items() for name in spread(names)}


def bear_names(kind: type[Module], public: set[type]) -> None:
    """Give a class copies of the methods it has from classes that PyTorch has not, under the names that it has."""
    for base in kind.__mro__:
        if base in Module.__mro__ or (base in public and base is not kind):
            continue
        for name, each in list(vars(base).items()):
            if isinstance(each, FunctionType) and (base is kind or name not in vars(kind)):
                renamed = OWNER.get((kind.__name__, name), f"{kind.__name__}.{name}")
                if each.__qualname__ != renamed:
                    setattr(kind, name, copied(each, renamed))


def copied(method: FunctionType, qualified_name: str) -> FunctionType:
    made = FunctionType(method.__code__, method.__globals__, method.__name__, method.__defaults__, method.__closure__)
    made.__dict__.update(method.__dict__)
    made.__kwdefaults__, made.__doc__, made.__qualname__ = method.__kwdefaults__, method.__doc__, qualified_name
    made.__annotations__ = method.__annotations__
    return made


def gathered() -> dict[str, Any]:
    known: dict[str, Any] = {"Module": Module}
    for source in SOURCES:
        known.update({**vars(source), **getattr(source, "MODULES", {})})
    return known


def classes() -> dict[str, type[Module]]:
    """All modules by name; they stand in files of PyTorch's names, too."""
    known = gathered()
    found = {name: known[name] for names in PLACES.values() for name in spread(names) if name in known}
    public: set[type] = {*found.values(), lazy.LazyModuleMixin}
    for place, names in PLACES.items():
        file: Any = module if place == "module" else ModuleType(f"torch.nn.modules.{place}")
        bases = BASES.get(place, {})
        vars(file).update(bases)
        found.update({name: base for name, base in bases.items() if name == "RNNCellBase"})
        for name in spread(names):
            if name in found:
                kind = found[name]
                if kind is not Module:
                    bear_names(kind, public)
                kind.__module__ = f"torch.nn.modules.{place}"
                kind.__qualname__ = kind.__name__ = name
                setattr(file, name, kind)
        globals()[place] = file
    return found


CLASSES = classes()
globals().update(CLASSES)

__all__ = ["CLASSES", "Module", "module"]
