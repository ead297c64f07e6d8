"""The second derivatives of batch and layer normalization.

They are PyTorch's closed forms: mean and deviation are the saved ones, of which no gradient is known, so that a third
derivative is what PyTorch computes, and not what it should be.
"""

from __future__ import annotations

from typing import Any

from refgrad.operators.formula_arithmetic import over, times


def plus_defined(first: Any, second: Any) -> Any:
    """The sum of what there is."""
    if first is None or second is None:
        return second if first is None else first
    return first + second


class Normalized:
    """What both have in common: values without their mean, and sums over what was normalized together."""

    def __init__(self, input: Any, mean: Any, inverse: Any, axes: tuple[int, ...], count: int) -> None:
        self.centred = input - mean
        self.inverse = inverse
        self.square = inverse.pow(2)
        self.cube = inverse.pow(3)
        self.axes, self.count = axes, count

    def total(self, values: Any) -> Any:
        return values.sum(self.axes, True)

    def projected(self, values: Any) -> Any:
        """The first derivative, without the weight."""
        rest = times(values, self.count) - self.total(values)
        return over(self.inverse, self.count) * (rest - self.centred * self.square * self.total(values * self.centred))

    def curvature(self, first: Any, second: Any) -> Any:
        """The derivative of the first derivative, which is symmetric in both."""
        count = self.count
        totals = self.total(first), self.total(second)
        along = self.total(first * self.centred), self.total(second * self.centred)
        inner = over(totals[0] * totals[1], count) - self.total(first * second)
        inner = inner + times(self.square * along[0] * along[1], 3.0 / count)
        made = over(self.centred * self.cube * inner, count)
        made = made + over(along[1] * self.cube, count) * (over(totals[0], count) - first)
        return made + over(along[0] * self.cube, count) * (over(totals[1], count) - second)

    def of_weight(self, values: Any) -> Any:
        """The derivative of the weight's gradient."""
        made = values * self.inverse - over(self.inverse * self.total(values), self.count)
        return made - over(self.centred * self.cube * self.total(values * self.centred), self.count)


def batch_second(
    grads: Any, grad_out: Any, input: Any, weight: Any, mean: Any, inverse: Any, train: bool
) -> tuple[Any, Any, Any]:
    """For the gradients of the three results of the backward, those of its gradient, input and weight."""
    of_input, of_weight, of_bias = grads
    ndim = input.dim()
    axes, shape = (0, *range(2, ndim)), (1, -1, *(1,) * (ndim - 2))
    made = Normalized(input, mean.view(shape), inverse.view(shape), axes, input.numel() // max(input.shape[1], 1))
    scale = None if weight is None else weight.view(shape)
    project = made.projected if train else lambda values: values * made.inverse
    to_grad = to_input = to_weight = None
    if of_input is not None:
        first = project(of_input)
        to_grad = first if scale is None else first * scale
        if train:
            to_input = made.curvature(grad_out, of_input)
            to_input = to_input if scale is None else to_input * scale
        if weight is not None:
            inner = project(grad_out) * of_input
            to_weight = inner.sum(axes)
    if of_weight is not None and weight is not None:
        spread = of_weight.view(shape)
        to_grad = plus_defined(to_grad, spread * made.centred * made.inverse)
        part = spread * (made.of_weight(grad_out) if train else made.inverse * grad_out)
        to_input = plus_defined(to_input, part)
    if of_bias is not None:
        to_grad = plus_defined(to_grad, of_bias.view(shape).expand(grad_out.shape))
    return to_grad, to_input, to_weight


def layer_second(
    grads: Any, grad_out: Any, input: Any, weight: Any, mean: Any, rstd: Any, normalized_shape: Any
) -> tuple[Any, Any, Any]:
    of_input, of_weight, of_bias = grads
    count = 1
    for size in normalized_shape:
        count *= size
    axes = tuple(range(input.dim() - len(normalized_shape), input.dim()))
    lead = tuple(range(input.dim() - len(normalized_shape)))
    made = Normalized(input, mean, rstd, axes, count)
    inner = grad_out if weight is None else grad_out * weight
    to_grad = to_input = to_weight = None
    if of_input is not None:
        first = made.projected(of_input)
        to_grad = first if weight is None else first * weight
        to_input = made.curvature(inner, of_input)
        if weight is not None:
            to_weight = first * grad_out
            to_weight = to_weight.sum(lead) if lead else to_weight
    if of_weight is not None and weight is not None:
        to_grad = plus_defined(to_grad, of_weight * made.centred * made.inverse)
        to_input = plus_defined(to_input, made.of_weight(grad_out * of_weight))
    if of_bias is not None:
        to_grad = plus_defined(to_grad, of_bias.expand(grad_out.shape))
    return to_grad, to_input, to_weight
