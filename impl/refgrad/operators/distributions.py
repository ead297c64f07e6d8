"""Random numbers of distributions that tensors give: `normal`, `poisson` and `multinomial`."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from refgrad import creation, dtypes, inplace_texts, shapes
from refgrad.operators import random_texts as texts
from refgrad.operators.creation_out import made_into, written_in_silence
from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.drawing import drawing
from refgrad.operators.factories import on_levels
from refgrad.operators.random import fill_normal, floats_only, zeros_written
from refgrad.operators.texts import not_implemented_for
from refgrad.tensor import Tensor


def standard(shape: tuple[int, ...], kind: Any, std: Any = 1.0) -> Any:
    return creation.random_state.drawn_normal(shape, kind, 0.0, std)


def check_deviations(std: Any) -> None:
    """Raise RuntimeError for deviations that are none."""
    if std.dtype.kind == "c":
        raise RuntimeError(texts.NORMAL_COMPLEX)
    if not (std >= 0).all():
        raise RuntimeError(texts.NORMAL_STDS)


def normal_around(mean: Any, std: Any) -> Any:
    """Each with its own mean and deviation."""
    check_deviations(std)
    shapes.raise_broadcast_error((mean, std))
    shape = np.broadcast_shapes(mean.shape, std.shape)
    if 0 not in shape:
        floats_only(mean, "normal_kernel_cpu")
    return (standard(shape, mean.dtype) * std + mean).astype(mean.dtype)


def normal_around_one(mean: Any, std: Any) -> Any:
    if not std >= 0:
        raise RuntimeError(texts.normal_std(std))
    if mean.size:
        floats_only(mean, "normal_kernel_cpu")
    return (standard(mean.shape, mean.dtype, std) + mean).astype(mean.dtype)


NORMAL = operator(
    "normal(Tensor mean, Tensor std)",
    normal_around,
    node="NormalBackward3",
    gradients={"mean": lambda grad, mean_sym_sizes: zeros_written(grad, mean_sym_sizes),
               "std": lambda grad, std_sym_sizes: zeros_written(grad, std_sym_sizes)},
    dtype=KEEP,
    public=False,
)  # fmt: skip

NORMAL_MEAN = operator(
    "normal(Tensor mean, Number std)",
    normal_around_one,
    node="NormalBackward1",
    gradients={"mean": lambda grad, mean_sym_sizes: zeros_written(grad, mean_sym_sizes)},
    dtype=KEEP,
    public=False,
)

NORMAL_STD = operator(
    "normal(Tensor std, Number mean)",
    lambda std, mean: normal_around(np.asarray(mean, std.dtype), std),
    node="NormalBackward2",
    gradients={"std": lambda grad, std_sym_sizes: zeros_written(grad, std_sym_sizes)},
    dtype=KEEP,
    public=False,
)


@function("normal", public=FUNCTION)
def normal(
    mean: Any, std: Any = 1.0, size: Any = None, *, generator: Any = None, out: Any = None, **options: Any
) -> Any:
    """Normal numbers with means and deviations of tensors, or for numbers in a given shape."""
    if isinstance(mean, Tensor) or isinstance(std, Tensor):
        if out is not None:
            from refgrad.operators.out_forms import compute_into

            return compute_into(functools.partial(normal_like, out), "normal", out, (mean, std), {})
        if isinstance(mean, Tensor):
            return NORMAL(mean, std) if isinstance(std, Tensor) else NORMAL_MEAN(mean, std)
        return NORMAL_STD(std, mean)
    if out is not None:
        return made_into(normal_of_size, "normal", out, (mean, std, size), options)
    requires_grad = options.pop("requires_grad", False)
    made = normal_of_size(mean, std, size, **options)
    made._versions = None
    return made.requires_grad_() if requires_grad else made


def normal_like(out: Tensor, mean: Any, std: Any) -> Tensor:
    """What is written to `out`: numbers of its type; where the deviation is a number, of its shape too, broadcast."""
    kind = out._array.dtype
    mean = mean._array if isinstance(mean, Tensor) else np.asarray(mean, kind)
    if isinstance(std, Tensor):
        std = std._array
        check_deviations(std)
        floats_only(out._array, "normal_kernel_cpu")
        if not dtypes.can_cast(dtypes.of_array(mean), out.dtype):
            names = (dtypes.of_array(mean).scalar_name, out.dtype.scalar_name)
            raise RuntimeError(inplace_texts.cannot_cast_result(*names))
        return Tensor._of(normal_around(mean.astype(kind), std))
    if not std >= 0:
        raise RuntimeError(texts.normal_std(std))
    shapes.raise_broadcast_error((mean, out._array))
    shape = np.broadcast_shapes(mean.shape, out._array.shape)
    return Tensor._of(normal_around_one(np.broadcast_to(mean.astype(kind), shape), std))


def numbers_of_size(mean: Any, std: Any, size: Any, *, dtype: Any = None, device: Any = None) -> Any:
    return fill_normal(creation.empty(size, dtype=dtype), mean, std)


numbers_of_size.__name__ = "normal"
normal_of_size = on_levels(numbers_of_size)


def check_weights(weights: Any, *, one_by_one: bool) -> None:
    """Raise RuntimeError for weights that are none; with replacement PyTorch looks at one after the other."""
    if one_by_one:
        for row in np.atleast_2d(weights):
            wrong = row[~((row >= 0) & np.isfinite(row))]
            if wrong.size:
                raise RuntimeError(texts.multinomial_weight(infinite=bool(wrong[0] > 0)))
            if row.sum() <= 0:
                raise RuntimeError(texts.MULTINOMIAL_SUM)
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise RuntimeError(texts.MULTINOMIAL_WEIGHTS)
    if (weights.sum(-1) <= 0).any():
        raise RuntimeError(texts.MULTINOMIAL_SUM)


def places_drawn(weights: Any, count: int, replacement: bool) -> Any:
    if weights.ndim not in (1, 2):
        raise RuntimeError(texts.MULTINOMIAL_RANK)
    if weights.dtype.kind not in "fV":
        raise RuntimeError(texts.multinomial_type(dtypes.of_array(weights).scalar_name))
    if count <= 0:
        raise RuntimeError(texts.MULTINOMIAL_NONE)
    if count > weights.shape[-1] and not replacement:
        raise RuntimeError(texts.MULTINOMIAL_TOO_MANY)
    if count == 1 and weights.shape[-1] == 0:
        raise RuntimeError(texts.MULTINOMIAL_EMPTY)
    check_weights(weights, one_by_one=replacement and count > 1)
    source = creation.random_state
    if not replacement or count == 1:
        order = weights / source.drawn_exponential(1.0, weights.shape).astype(weights.dtype)
        if count == 1:
            return order.argmax(-1, keepdims=True)
        return np.ascontiguousarray(np.argsort(-order, -1, kind="stable")[..., :count])
    rows = weights.reshape(-1, weights.shape[-1])
    sums = np.cumsum(rows, -1, dtype=rows.dtype)
    drawn = source.fractions(len(rows) * count).reshape(len(rows), count)
    found = [np.searchsorted(each / each[-1], row) for each, row in zip(sums, drawn, strict=True)]
    return np.array(found, np.int64).reshape((*weights.shape[:-1], count))


MULTINOMIAL = operator(
    "multinomial(Tensor self, int num_samples, bool replacement)",
    places_drawn,
    node=None,
    gradients={},
    dtype=KEEP,
    public=False,
)


@function("multinomial")
def multinomial(
    self: Tensor, num_samples: int, replacement: bool = False, *, generator: Any = None, out: Any = None
) -> Any:
    """Numbers drawn with the probabilities of the last dimension; int64."""
    if out is not None and self.dim() in (1, 2) and self.dtype.is_floating_point and out.dtype is not dtypes.int64:
        raise RuntimeError(texts.multinomial_out(out.dtype.scalar_name))
    made = MULTINOMIAL(self, num_samples, replacement)
    return made if out is None else written_in_silence(out, made._array)


def counts_drawn(rates: Any) -> Any:
    if rates.dtype.kind not in "fV":
        raise NotImplementedError(not_implemented_for("poisson_cpu", dtypes.of_array(rates).scalar_name))
    if (rates < 0).any():
        raise RuntimeError(texts.POISSON_RATE)
    return creation.random_state.drawn_poisson(rates).astype(rates.dtype)


POISSON = operator(
    "poisson(Tensor self)",
    counts_drawn,
    node="PoissonBackward0",
    gradients={"self": lambda grad, self_sym_sizes: zeros_written(grad, self_sym_sizes)},
    dtype=KEEP,
    public=False,
)


@function("poisson", public=FUNCTION)
def poisson(input: Tensor, generator: Any = None) -> Any:
    """Numbers of the Poisson distribution with these rates; they have no gradient to speak of."""
    return drawing(POISSON)(input, generator=generator)
