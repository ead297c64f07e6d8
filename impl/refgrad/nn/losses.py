"""Losses that hold a module or call a function of the user's."""

from __future__ import annotations

import itertools
import math
from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

from refgrad.nn import functional, texts
from refgrad.nn.containers import ModuleList, Sequential
from refgrad.nn.layers import Linear
from refgrad.nn.module import Module
from refgrad.nn.plain import MODULES

_ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])  # it prints this name
ASMoutput = _ASMoutput


class LinearCrossEntropyLoss(Module):
    """The cross entropy of what a linear layer makes of the input."""

    def __init__(
        self, in_features: int, num_classes: int, *, out_features: tuple[int, ...] = (), bias: bool = False,
        device: Any = None, dtype: Any = None, reduction: str = "mean", weight: Any = None,
        ignore_index: int | None = None, label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        if weight is not None and weight.shape != (num_classes,):
            raise RuntimeError(texts.weight_of_classes(num_classes, tuple(weight.shape)))
        if not 0 <= label_smoothing <= 1.0:
            raise RuntimeError(texts.smoothing(label_smoothing))
        super().__init__()
        self.register_buffer("weight", weight)
        self.reduction, self.num_classes, self.out_features = reduction, num_classes, out_features
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing
        self.linear = Linear(in_features, math.prod(out_features, start=num_classes), bias, device, dtype)

    def forward(self, input: Any, target: Any) -> Any:
        size, linear = (self.num_classes, *self.out_features), self.linear
        return functional.linear_cross_entropy(
            input, linear.weight.reshape((*size, linear.in_features)), target,
            linear_bias=None if linear.bias is None else linear.bias.reshape(size), weight=self.weight,
            reduction=self.reduction, ignore_index=self.ignore_index, label_smoothing=self.label_smoothing,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, out_features={self.out_features}, "
            f"bias={self.linear.bias is not None}, reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options=None"
        )


class TripletMarginWithDistanceLoss(Module):
    """How much nearer than a margin the negative is to the anchor than the positive, by any distance."""

    def __init__(
        self, *, distance_function: Callable[[Any, Any], Any] | None = None, margin: float = 1.0, swap: bool = False,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__()
        if margin <= 0:
            raise ValueError(texts.margin_of_module(margin))
        self.reduction, self.margin, self.swap = reduction, margin, swap
        self.distance_function: Any = MODULES["PairwiseDistance"]() if distance_function is None else distance_function

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        options = {"margin": self.margin, "swap": self.swap, "reduction": self.reduction}
        given = (anchor, positive, negative)
        return functional.triplet_margin_with_distance_loss(*given, distance_function=self.distance_function, **options)


class AdaptiveLogSoftmaxWithLoss(Module):
    """A softmax in steps: frequent classes first, and one more class for each cluster of the others."""

    def __init__(
        self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0, head_bias: bool = False,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        given = list(cutoffs)
        if not given:
            raise ValueError(texts.NO_CUTOFFS)
        if given != sorted(set(given)) or given[0] <= 0 or given[-1] > n_classes - 1 or any(int(c) != c for c in given):
            raise ValueError(texts.CUTOFFS)
        self.in_features, self.n_classes, self.cutoffs = in_features, n_classes, [*given, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = self.cutoffs[0], len(given)
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, device, dtype)
        self.tail = ModuleList()
        for number, (low, high) in enumerate(itertools.pairwise(self.cutoffs)):
            width = int(in_features // div_value ** (number + 1))
            layers = (Linear(in_features, width, False, device, dtype), Linear(width, high - low, False, device, dtype))
            self.tail.append(Sequential(*layers))

    def reset_parameters(self) -> None:
        self.head.reset_parameters()
        for each in self.tail:
            for layer in each:
                layer.reset_parameters()

    def check(self, input: Any, target: Any) -> None:
        """Raises RuntimeError for sizes that do not fit."""
        if target.dim() > 1:
            raise RuntimeError(texts.SEVERAL_TARGETS)
        if target.dim() == 1 and input.size(0) != target.size(0):
            raise RuntimeError(texts.BATCHES_DIFFER)
        if input.dim() != target.dim() + 1:
            raise RuntimeError(texts.input_for_target(target.dim(), input.size()))

    def forward(self, input_: Any, target_: Any) -> ASMoutput:
        """The logarithm of each target's probability, and the loss.

        Raises RuntimeError for targets that are no classes.
        """
        self.check(input_, target_)
        batched = target_.dim() > 0
        input, target = (each if batched else each.unsqueeze(0) for each in (input_, target_))
        used, count = 0, target.size(0)
        output, chosen = input.new_zeros(count), target.new_empty(count)
        for number, (low, high) in enumerate(itertools.pairwise([0, *self.cutoffs])):
            inside = (target >= low) & (target < high)
            rows = inside.nonzero().squeeze()
            if rows.numel() == 0:
                continue
            used += rows.numel()
            if number == 0:
                chosen.index_copy_(0, rows, target[inside])
                continue
            within = target[inside] - low
            found = self.tail[number - 1](input.index_select(0, rows))
            chosen.index_fill_(0, rows, self.shortlist_size + number - 1)
            local = functional.log_softmax(found, dim=1).gather(1, within.unsqueeze(1))
            output.index_copy_(0, rows, local.squeeze(1))
        if used != count:
            raise RuntimeError(texts.no_class(self.n_classes - 1, target.min().item(), target.max().item()))
        head = functional.log_softmax(self.head(input), dim=1)
        output += head.gather(1, chosen.unsqueeze(1)).squeeze()
        loss = (-output).mean()
        return ASMoutput(output if batched else output.squeeze(0), loss)

    def _get_full_log_prob(self, input: Any, head_output: Any) -> Any:
        whole = input.new_empty((head_output.size(0), self.n_classes))
        head = functional.log_softmax(head_output, dim=1)
        whole[:, : self.shortlist_size] = head[:, : self.shortlist_size]
        for number, (low, high) in enumerate(itertools.pairwise(self.cutoffs)):
            local = functional.log_softmax(self.tail[number](input), dim=1)
            whole[:, low:high] = local + head[:, self.shortlist_size + number].unsqueeze(1)
        return whole

    def log_prob(self, input: Any) -> Any:
        """The logarithms of the probabilities of all classes."""
        return self._get_full_log_prob(input, self.head(input))

    def predict(self, input: Any) -> Any:
        """The most probable class of every row."""
        head: Any = self.head(input)
        found = head.argmax(dim=1)
        beyond = found >= self.shortlist_size
        if not beyond.any():
            return found
        if beyond.all():
            return self._get_full_log_prob(input, head).argmax(dim=1)
        found[beyond] = self._get_full_log_prob(input[beyond], head[beyond]).argmax(dim=1)
        return found
