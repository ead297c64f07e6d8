"""Random numbers: filling a tensor in place, and drawing from distributions given by tensors.

The numbers are those that PyTorch would draw (`generator.py`), in the order of memory. What a fill overwrites has a
gradient of zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import cpp_spelling, creation, creation_texts, dtypes
from refgrad.generator import in_memory_order
from refgrad.levels import BatchLevel, is_batched, levels
from refgrad.limits import finfo
from refgrad.modes import modes
from refgrad.node import NotImplementedNode
from refgrad.operators import random_texts
from refgrad.operators.call import call_inplace
from refgrad.operators.declare import FUNCTION, KEEP, METHOD, function, inplace_of, operator
from refgrad.operators.dispatching import made_for_formula, options_of
from refgrad.operators.examples import MUL
from refgrad.operators.factories import on_levels
from refgrad.operators.formula_arithmetic import DIV_NUMBER
from refgrad.operators.texts import not_implemented_for
from refgrad.tensor import Tensor

Draw = Callable[..., Any]
SIGNIFICANT_BITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53, "complex64": 24, "complex128": 53}
empty_like = on_levels(creation.empty_like)


def zero(grad: Any) -> Any:
    return grad.new_zeros(grad.shape)


def zeros_written(grad: Any, shape: Any) -> Any:
    """Zeros that PyTorch writes where it counts writes."""
    made = grad.new_zeros(shape)
    made.bump_version()
    return made


def fill(name: str, parameters: str, node: str, draw: Draw) -> Callable[..., Any]:
    """The in-place operator that fills a tensor with what `draw(array, ...)` returns."""
    row = operator(
        f"{name}(Tensor self{parameters})",
        lambda array, *arguments: np.asarray(draw(array, *arguments)).astype(array.dtype),
        node=node,
        gradients={"self": zero},
        dtype=KEEP,
        public=False,
    )
    return inplace_of(row)


def floats_only(array: Any, kernel: str) -> None:
    if array.dtype.kind not in "fcV":
        raise NotImplementedError(not_implemented_for(kernel, dtypes.of_array(array).scalar_name))


def normal_numbers(array: Any, mean: Any, std: Any) -> Any:
    if std < 0:
        raise RuntimeError(random_texts.normal_std(std))
    floats_only(array, "normal_kernel_cpu")
    blocks = bool(array.flags.c_contiguous)
    return in_memory_order(
        array, lambda shape: creation.random_state.drawn_normal(shape, array.dtype, mean, std, in_blocks=blocks)
    )


def check_bounds(kind: dtypes.dtype, low: Any, high: Any) -> None:
    """Raise RuntimeError for a bound that a floating type does not have."""
    largest: Any = finfo(kind)
    for name, each in (("from", low), ("to", high)):
        if not -largest.max <= each <= largest.max:
            raise RuntimeError(random_texts.bound_too_large(name, cpp_spelling.scalar_type(kind)))


def uniform_numbers(array: Any, low: Any, high: Any) -> Any:
    floats_only(array, "check_uniform_bounds")
    check_bounds(dtypes.of_array(array), low, high)
    if low > high:
        raise RuntimeError(random_texts.uniform_range(low, high))
    return in_memory_order(array, lambda shape: creation.random_state.drawn_uniform(shape, array.dtype, low, high))


def integers(array: Any, low: Any, high: Any) -> Any:
    kind = array.dtype.kind
    wide = None
    if high is None:
        wide = array.dtype.itemsize == 8
        high = 2 if kind == "b" else exact_integers(array.dtype) if kind in "fcV" else int(np.iinfo(array.dtype).max)
        high += kind != "b"
    if low >= high:
        raise RuntimeError(creation_texts.random_range(low, high))
    return in_memory_order(array, lambda shape: creation.random_state.drawn_integers(low, high, shape, wide=wide))


def exact_integers(kind: Any) -> int:
    """Up to which number a floating type has all integers."""
    return int(2 ** SIGNIFICANT_BITS[dtypes.FROM_NUMPY[kind].name])


def exponential_numbers(array: Any, rate: Any) -> Any:
    if not rate > 0:
        raise RuntimeError(random_texts.exponential_rate(rate))
    if not array.size:
        return array
    if array.dtype.kind not in "fV":
        raise RuntimeError(random_texts.continuous_distribution("Exponential", dtypes.of_array(array).scalar_name))
    return in_memory_order(array, lambda shape: creation.random_state.drawn_exponential(rate, shape))


def no_complex(array: Any, kernel: str) -> None:
    if array.dtype.kind == "c":
        raise NotImplementedError(not_implemented_for(kernel, dtypes.of_array(array).scalar_name))


def bernoulli_numbers(array: Any, p: Any) -> Any:
    if not 0 <= p <= 1:
        raise RuntimeError(random_texts.bernoulli_p(p))
    no_complex(array, "bernoulli_scalar_cpu_")
    return in_memory_order(array, lambda shape: creation.random_state.drawn_uniform(shape, np.float64)) < p


def bernoulli_from(array: Any, p: Any) -> Any:
    no_complex(array, "bernoulli_tensor_cpu_self_")
    if ((p < 0) | (p > 1)).any():
        raise RuntimeError(random_texts.BERNOULLI_TENSOR)
    kind = np.float64 if p.dtype == np.float64 else np.float32
    return in_memory_order(array, lambda shape: creation.random_state.drawn_uniform(shape, kind)) < p


def geometric_numbers(array: Any, p: Any) -> Any:
    if not 0 < p < 1:
        raise RuntimeError(random_texts.geometric_p(p))
    return in_memory_order(array, lambda shape: creation.random_state.drawn_geometric(p, shape))


def cauchy_numbers(array: Any, median: Any, sigma: Any) -> Any:
    if array.dtype.kind not in "fcV":
        raise RuntimeError(
            random_texts.continuous_distribution("Cauchy", cpp_spelling.stored_type(dtypes.of_array(array)))
        )
    if sigma <= 0:
        raise RuntimeError(random_texts.cauchy_sigma(sigma))
    return in_memory_order(array, lambda shape: creation.random_state.drawn_cauchy(median, sigma, shape))


def log_normal_numbers(array: Any, mean: Any, std: Any) -> Any:
    if std <= 0:
        raise RuntimeError(random_texts.log_normal_std(std))
    floats_only(array, "log_normal_cpu")
    return in_memory_order(array, lambda shape: creation.random_state.drawn_log_normal(mean, std, shape))


fill_normal = fill("normal", ", Number mean, Number std", "NormalBackward0", normal_numbers)
fill_uniform = fill("uniform", ", Number from_, Number to", "UniformBackward0", uniform_numbers)
fill_between = fill("random", ", int from_, int? to", "RandomBackward0", integers)
fill_below = fill("random", ", int from_, int to", "RandomBackward1", integers)
fill_any = fill("random", ", int from_, int? to", "RandomBackward2", integers)
fill_exponential = fill("exponential", ", Number lambd", "ExponentialBackward0", exponential_numbers)
fill_bernoulli = fill("bernoulli", ", Number p", "BernoulliBackward2", bernoulli_numbers)
fill_geometric = fill("geometric", ", Number p", "GeometricBackward0", geometric_numbers)
fill_cauchy = fill("cauchy", ", Number median, Number sigma", "CauchyBackward0", cauchy_numbers)
fill_log_normal = fill("log_normal", ", Number mean, Number std", "LogNormalBackward0", log_normal_numbers)

BERNOULLI_TENSOR = operator(
    "bernoulli.Tensor(Tensor self, Tensor p)",
    lambda array, p: bernoulli_from(array, p).astype(array.dtype),
    node="BernoulliBackward1",
    gradients={"self": zero, "p": zero},
    dtype=KEEP,
    public=False,
)
fill_bernoulli_from = inplace_of(BERNOULLI_TENSOR)

BERNOULLI = operator(
    "bernoulli(Tensor self)",
    lambda p: bernoulli_from(np.asarray(p, order="C"), p).astype(p.dtype),
    node="BernoulliBackward0",
    gradients={"self": zero},
    dtype=KEEP,
    public=False,
)


BERNOULLI_NUMBER = operator(
    "bernoulli.p(Tensor self, Number p)",
    lambda array, p: bernoulli_numbers(np.asarray(array, order="C"), p).astype(array.dtype),
    node=None,
    gradients={},
    dtype=KEEP,
    public=False,
)


@function("normal_", public=METHOD)
def normal_(self: Tensor, mean: Any = 0, std: Any = 1, *, generator: Any = None) -> Any:
    return fill_normal(self, mean, std)


def _uniform(self: Tensor, *bounds: Any, generator: Any = None, **named: Any) -> Any:
    low = bounds[0] if bounds else named.get("from", 0)
    high = bounds[1] if len(bounds) > 1 else named.get("to", 1)
    if self.dtype.is_floating_point:  # a short type is drawn in float32
        check_bounds(self.dtype, low, high)
    return fill_uniform(self, low, high)


function("uniform_", public=METHOD)(_uniform)


@function("random_", public=METHOD)
def random_(self: Tensor, *bounds: Any, generator: Any = None) -> Any:
    if not bounds:
        return fill_any(self, 0, None)
    if len(bounds) == 1:
        return fill_below(self, 0, bounds[0])
    return fill_between(self, *bounds)


@function("exponential_", public=METHOD)
def exponential_(self: Tensor, lambd: Any = 1, *, generator: Any = None) -> Any:
    return fill_exponential(self, lambd)


@function("bernoulli_", public=METHOD)
def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Any = None) -> Any:
    return fill_bernoulli_from(self, p) if isinstance(p, Tensor) else fill_bernoulli(self, p)


@function("geometric_", public=METHOD)
def geometric_(self: Tensor, p: Any, *, generator: Any = None) -> Any:
    return fill_geometric(self, p)


@function("cauchy_", public=METHOD)
def cauchy_(self: Tensor, median: Any = 0, sigma: Any = 1, *, generator: Any = None) -> Any:
    return fill_cauchy(self, median, sigma)


@function("log_normal_", public=METHOD)
def log_normal_(self: Tensor, mean: Any = 1, std: Any = 2, *, generator: Any = None) -> Any:
    return fill_log_normal(self, mean, std)


@function("bernoulli")
def bernoulli(self: Tensor, p: Any = None, *, generator: Any = None) -> Any:
    """Ones with the probabilities `self`; with `p`, which PyTorch cannot differentiate, with that one."""
    if p is None:
        return BERNOULLI(self)
    made: Tensor = BERNOULLI_NUMBER(self, p)
    if modes.grad and self.requires_grad:
        made._grad_fn = NotImplementedNode("aten::bernoulli", (self.edge(),), (self._output_nr,))
        made._grad_fn.input_metadata = ((made._array.shape, made._array.dtype),)
    return made


@function("dropout", public=FUNCTION)
def dropout(input: Tensor, p: float, train: bool) -> Any:
    """Each element with probability `p` replaced by zero, the others scaled up; the tensor itself if not training."""
    if not 0 <= p <= 1:
        raise RuntimeError(random_texts.dropout_p(cpp_spelling.plain_number(p)))
    if not train or p == 0 or input._array.size == 0:
        return input
    if p == 1:
        return MUL(input, zero_factor(input))
    noise = empty_like(input)
    if levels.stack and not is_batched(input):
        return MUL(input, call_inplace(DIV_NUMBER, (BERNOULLI_NUMBER(noise, 1 - p),), (1 - p,)))
    return MUL(input, call_inplace(DIV_NUMBER, (kept_at_random(noise, 1 - p),), (1 - p,)))


def kept_at_random(noise: Any, p: float) -> Any:
    """Ones with probability `p`; where `vmap` draws the same for all examples, it draws them once."""
    level = levels.stack[-1] if levels.stack else None
    if isinstance(level, BatchLevel) and level.randomness == "same":
        return BERNOULLI_NUMBER(on_levels(creation.empty)(noise._array.shape, dtype=noise.dtype), p)
    return fill_bernoulli(noise, p)


@function("dropout_", public=FUNCTION)
def dropout_(input: Tensor, p: float, train: bool) -> Any:
    """The same, written over the input."""
    if not 0 <= p <= 1:
        raise RuntimeError(random_texts.dropout_p(cpp_spelling.plain_number(p)))
    if not train or p == 0 or input._array.size == 0:
        return input
    if p == 1:
        return input.mul_(zero_factor(input))
    return input.mul_(call_inplace(DIV_NUMBER, (kept_at_random(empty_like(input), 1 - p),), (1 - p,)))


def zero_factor(input: Tensor) -> Any:
    """What every element is multiplied with where all are dropped."""
    if levels.dispatch:
        return made_for_formula("zeros", ([],), options_of(input.dtype))
    return creation.zeros((), dtype=input.dtype)
