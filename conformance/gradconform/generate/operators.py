"""Every operator once, on two leaves of shape (2, 2): for sweeps over operators.

The leaves hold positive numbers, so that every operator is defined and differentiable there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from gradconform.generate.build import TRUE, Value, call, dtype, item, method, op, span
from gradoracle.program import Ref

Operator: TypeAlias = Callable[[Ref, Ref], Value]
"""Makes the expression out of the two leaves; many use the first one only."""

_INDEX = call("torch.tensor", [0, 1])
_ROWS = call("torch.tensor", [[0, 1], [1, 0]])


def _named(name: str, *args: Value, **kwargs: Value) -> Operator:
    return lambda x, _: method(x, name, *args, **kwargs)


def _with(name: str) -> Operator:
    return lambda x, w: method(x, name, w)


def _on_copy(name: str, *args: Value) -> Operator:
    return lambda x, _: method(method(x, "clone"), name, *args)


OPERATORS: tuple[Operator, ...] = (
    # Arithmetic
    lambda x, w: op("+", x, w),
    lambda x, w: op("-", x, w),
    lambda x, w: op("*", x, w),
    lambda x, w: op("/", x, w),
    lambda x, _: op("+", x, 1),
    lambda x, _: op("-", 1, x),
    lambda x, _: op("*", x, 2),
    lambda x, _: op("/", x, 2),
    lambda x, _: op("/", 1, x),
    lambda x, _: op("-", x),
    lambda x, w: op("*", x, method(w, "detach")),
    lambda x, w: call("torch.add", x, w, alpha=2),
    lambda x, _: op("**", x, 2),
    lambda x, _: op("**", x, 3),
    lambda x, _: op("**", x, 1),
    lambda x, _: op("**", x, 0),
    lambda x, _: op("**", x, 0.5),
    # Functions of each element
    *(
        _named(name)
        for name in (
            *("abs", "sign", "exp", "log", "sqrt", "rsqrt", "reciprocal", "square", "sin", "cos", "tanh", "sigmoid"),
            *("relu", "neg", "clone"),
        )
    ),
    _named("clamp", 0, 2),
    _named("clamp", min=1),
    lambda x, w: call("torch.maximum", x, w),
    lambda x, w: call("torch.minimum", x, w),
    lambda x, w: call("torch.where", op(">", x, 1), x, w),
    lambda x, _: method(x, "masked_fill", op(">", x, 1), 0),
    # Reductions
    *(_named(name) for name in ("sum", "mean", "prod", "amax", "amin", "max", "min")),
    *(_named(name, 0) for name in ("sum", "mean", "prod", "amax", "amin")),
    _named("sum", -1, keepdim=TRUE),
    # Shapes and views
    _named("view", 4),
    _named("reshape", -1),
    _named("t"),
    _named("transpose", 0, 1),
    _named("permute", 1, 0),
    _named("expand", 2, 2, 2),
    _named("unsqueeze", 0),
    _named("squeeze"),
    _named("flatten"),
    _named("select", 0, 1),
    _named("narrow", 0, 0, 1),
    lambda x, _: item(x, 0),
    lambda x, _: item(x, span(None, 1)),
    lambda x, _: item(x, (None, ...)),
    lambda x, _: item(method(x, "unbind"), 0),
    lambda x, _: item(method(x, "split", 1), 1),
    lambda x, _: item(method(x, "chunk", 2), 0),
    _named("diagonal"),
    # Copies in another order
    lambda x, w: call("torch.cat", [x, w]),
    lambda x, w: call("torch.stack", [x, w]),
    _named("tril"),
    _named("triu"),
    _named("flip", 0),
    _named("roll", 1, 0),
    lambda x, _: item(x, _INDEX),
    lambda x, _: item(x, op(">", x, 1)),
    lambda x, _: method(x, "gather", 0, _ROWS),
    lambda x, _: method(x, "index_select", 0, _INDEX),
    # Products
    lambda x, w: op("@", x, w),
    _with("mm"),
    lambda x, w: method(x, "mv", item(w, 0)),
    lambda x, w: method(item(x, 0), "dot", item(w, 0)),
    lambda x, w: call("torch.bmm", item(x, None), item(w, None)),
    # Other dtypes
    _named("double"),
    _named("to", dtype("float64")),
    # In place, on a copy
    _on_copy("neg_"),
    _on_copy("mul_", 2),
    _on_copy("div_", 2),
    _on_copy("zero_"),
    _on_copy("fill_", 2.0),
    _on_copy("exp_"),
    lambda x, w: method(method(x, "clone"), "add_", w),
    lambda x, w: method(method(x, "clone"), "sub_", w),
    lambda x, w: method(method(x, "clone"), "copy_", w),
    lambda x, _: method(method(x, "clone"), "masked_fill_", op(">", x, 1), 0),
)
