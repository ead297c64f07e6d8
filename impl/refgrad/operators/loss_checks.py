"""What losses refuse, in the order in which PyTorch looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from refgrad import dtypes
from refgrad.inplace_texts import cannot_cast_result, output_shape_mismatch
from refgrad.operators import loss_texts as texts
from refgrad.operators.call import result_type
from refgrad.operators.texts import NEGATE_BOOL, margin_rank, not_implemented_for
from refgrad.shapes import raise_broadcast_error

CLASS_TYPES = ("int64", "uint8")


def floating(kernel: str, tensor: Any) -> None:
    """Raise NotImplementedError where it has no floating type."""
    kind = tensor.dtype
    if not kind.is_floating_point:
        raise NotImplementedError(not_implemented_for(kernel, kind.scalar_name))


def floating_together(kernel: str, input: Any, target: Any) -> None:
    """The same of the type that both are brought to."""
    if not (input.dtype is target.dtype and input.dtype.is_floating_point):
        kind = result_type(kernel, (input, target))
        if not kind.is_floating_point:
            raise NotImplementedError(not_implemented_for(kernel, kind.scalar_name))


def check_written(kind: dtypes.dtype, target: dtypes.dtype) -> None:
    """Raise RuntimeError where a result of one type would be written into a tensor of another that cannot hold it."""
    if not dtypes.can_cast(kind, target):
        raise RuntimeError(cannot_cast_result(kind.scalar_name, target.scalar_name))


def check_shape_written(out: Any, first: Any, second: Any) -> None:
    """The same of the shape."""
    raise_broadcast_error([first._array, second._array])
    made = np.broadcast_shapes(first._array.shape, second._array.shape)
    if made != tuple(out.shape):
        raise RuntimeError(output_shape_mismatch(out.shape, made))


def check_huber(input: Any, target: Any) -> None:
    kind = result_type("huber_loss", (input, target))
    check_written(kind, input.dtype)
    if not kind.is_floating_point:
        raise NotImplementedError(not_implemented_for("huber_cpu", kind.scalar_name))


def check_soft_margin(input: Any, target: Any) -> None:
    """It is computed step by step in a tensor that is like the input."""
    if input.dtype.category == dtypes.BOOL:
        raise RuntimeError(NEGATE_BOOL)
    check_written(result_type("soft_margin_loss", (input, target)), input.dtype)
    check_written(dtypes.get_default_dtype(), input.dtype)
    if input.shape != target.shape:
        check_shape_written(input, input, target)


def check_classes(input: Any, target: Any) -> None:
    """What is looked at before a kernel is chosen for the rank of the input."""
    ndim = input.dim()
    if ndim == 0:
        raise ValueError(texts.NO_DIMENSIONS)
    if ndim == 1:
        if target.dim() == 1 and target.shape[0] != 1:
            raise ValueError(texts.one_target(target.shape[0]))
    else:
        targets = target.shape[0] if target.dim() else 0
        if input.shape[0] != targets:
            raise ValueError(texts.batch_sizes(input.shape[0], targets))
    if ndim == 3 or ndim > 4:
        wanted = (input.shape[0], *input.shape[2:])
        if tuple(target.shape[1:]) != wanted[1:]:
            raise RuntimeError(texts.target_size(wanted, target.shape))


def check_rows(input: Any, target: Any, weight: Any) -> None:
    """One sample, or a batch of them."""
    if target.dim() > 1:
        raise RuntimeError(texts.SEVERAL_TARGETS)
    check_class_type(target)
    classes = input.shape[-1]
    if weight is not None and tuple(weight.shape) != (classes,):
        raise RuntimeError(texts.class_weights("", classes, weight.shape))
    floating("nll_loss_out_frame", input)
    check_weight_type(input, weight)


def check_images(input: Any, target: Any, weight: Any) -> None:
    if target.dim() != 3:
        raise RuntimeError(texts.spatial_targets(target.dim()))
    check_class_type(target)
    if tuple(target.shape[1:]) != tuple(input.shape[2:]):
        raise RuntimeError(texts.sizes_of_images(input.shape, target.shape))
    if weight is not None and tuple(weight.shape) != (input.shape[1],):
        raise RuntimeError(texts.ALL_OR_NO_CLASSES)
    floating("nll_loss2d_forward_out_frame", input)
    check_weight_type(input, weight)
    if target.dtype is not dtypes.int64:
        raise RuntimeError(texts.scalar_type("Long", target.dtype.scalar_name))


def check_class_type(target: Any) -> None:
    if target.dtype.name not in CLASS_TYPES:
        raise RuntimeError(texts.class_type(target.dtype.scalar_name))


def check_weight_type(input: Any, weight: Any) -> None:
    if weight is not None and weight.dtype is not input.dtype:
        raise RuntimeError(texts.scalar_type(input.dtype.scalar_name, weight.dtype.scalar_name))


def check_probabilities(input: Any, target: Any, weight: Any, ignore_index: int, label_smoothing: float) -> None:
    if not target.dtype.is_floating_point:
        raise RuntimeError(texts.probability_type(target.dtype.scalar_name))
    if ignore_index >= 0:
        raise RuntimeError(texts.IGNORED_PROBABILITY)
    classes = input.shape[0 if input.dim() == 1 else 1]
    if weight is not None and tuple(weight.shape) != (classes,):
        raise RuntimeError(texts.class_weights("cross_entropy: ", classes, weight.shape))
    if label_smoothing > 1:
        raise RuntimeError(texts.smoothing(label_smoothing))


def check_cosine(first: Sequence[int], second: Sequence[int], target: Sequence[int]) -> None:
    if len(target) > 1:
        raise RuntimeError(texts.SEVERAL_TARGETS)
    wanted = len(target) + 1
    if len(first) != wanted or len(second) != wanted:
        raise RuntimeError(texts.cosine_target_rank(f"{len(target)}D", f"{wanted}D", first, second))


def check_triplet(anchor: Any, positive: Any, negative: Any) -> None:
    ranks = (anchor.ndim, positive.ndim, negative.ndim)
    if len(set(ranks)) > 1:
        raise RuntimeError(texts.triplet_ranks(*ranks))


def check_margin(margin: float) -> None:
    if margin <= 0:
        raise ValueError(texts.margin_positive(margin))


def check_entropy_types(input: Any, target: Any, weight: Any) -> None:
    """Of the entropy of two classes."""
    if target.dtype is not input.dtype:
        raise RuntimeError(texts.found_type(target.dtype.scalar_name, input.dtype.scalar_name))
    floating("binary_cross_entropy", input)
    if weight is not None and len(weight.shape) > input.dim():
        raise RuntimeError(output_shape_mismatch(input.shape, weight.shape))


def check_divergence(input: Any, target: Any) -> None:
    if dtypes.COMPLEX in (input.dtype.category, target.dtype.category):
        raise RuntimeError(texts.COMPLEX_DIVERGENCE)
    if min(input.dtype.category, target.dtype.category) < dtypes.FLOATING:
        raise RuntimeError(texts.INTEGRAL_DIVERGENCE)


def check_labels(input: Any, target: Any) -> None:
    """Of a loss whose target names several labels of each sample."""
    shape = tuple(input.shape)
    if len(shape) > 2 or (shape and shape[-1] == 0):
        raise RuntimeError(margin_rank(shape))
    fits = target.dim() <= 1 and target.numel() == (shape[-1] if shape else 1)
    if tuple(target.shape) != shape if len(shape) == 2 else not fits:
        raise RuntimeError(texts.label_shape(target.shape, shape))
    floating("multilabel_margin_loss_forward_out_frame", input)
    if target.dtype is not dtypes.int64:
        raise RuntimeError(texts.scalar_type("Long", target.dtype.scalar_name))
