"""PyTorch with the pure parts of a program under `torch.compile`.

A pure part is the right-hand side of an assignment at top level that only computes: names of tensors and numbers,
literals, operators, and the functions of `PURE`. It becomes a graph of `torch.fx`, compiled with the backend
`aot_eager`, which goes the whole way of `torch.compile` through Dynamo and AOTAutograd and leaves the kernels as they
are, so that what differs is not a rounding of other kernels. What Dynamo refuses, or what raises, runs eagerly.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gradoracle import program as p
from gradoracle.torch_engine import TorchEngine

PURE: frozenset[str] = frozenset(
    """
    abs acos add addmm amax amin asin atan bmm cat ceil chunk clamp clone contiguous conj cos cosh cumprod cumsum diag
    diagonal div dot exp expand expm1 flatten flip floor gather index_select lerp log log1p logsumexp masked_fill matmul
    max maximum mean min minimum mm mul mv neg norm permute pow prod reciprocal relu reshape roll rsqrt select sigmoid
    sign sin sinh softmax log_softmax sqrt square squeeze stack std sub sum t tan tanh tile transpose trace tril triu
    unbind unsqueeze var view view_as where detach
    """.split()
)
"""Functions and methods that compute and do nothing else."""

_OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow,
    "@": operator.matmul,
}  # fmt: skip


_OF_A_KERNEL = "(Triggered internally at "


class _Impure(Exception):
    """The expression does something else than compute."""


class CompiledEngine(TorchEngine):
    """PyTorch on the CPU with pure parts compiled."""

    def __init__(self) -> None:
        super().__init__("cpu")
        self.id = "torch-compile:cpu"
        self._functions: dict[p.Expr, tuple[tuple[str, ...], Any] | None] = {}
        # What compiling imports is imported here, once for all processes that are forked.
        self.compiled(p.Op("*", (p.Ref("x"), p.Ref("x"))), {"x": self.module.ones(1)})
        self._functions.clear()

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "backend": "aot_eager"}

    def compiled(self, e: p.Expr, scope: Mapping[str, Any]) -> Any:
        """The value of a pure expression, computed by compiled code; `NotImplemented` for any other."""
        if e not in self._functions:
            self._functions[e] = self._compile(e)
        found = self._functions[e]
        if found is None:
            return NotImplemented
        names, function = found
        try:
            values = [scope[name] for name in names]
        except NameError:
            return NotImplemented
        if not any(map(self.is_tensor, values)) or not all(map(self._plain, values)):
            return NotImplemented
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                result = function(*values)
            except Exception:
                return NotImplemented
        for one in told:
            # What compiling itself warns of is no business of the program.
            if _OF_A_KERNEL in str(one.message):
                warnings.warn(one.message, stacklevel=2)
        return result

    def _plain(self, value: Any) -> bool:
        tensor = type(value) in (self.module.Tensor, self.module.nn.Parameter) and not self.transformed(value)
        return tensor or type(value) in (int, float)

    def _compile(self, e: p.Expr) -> tuple[tuple[str, ...], Any] | None:
        if isinstance(e, p.Ref | p.Lit):
            return None
        torch = self.module
        graph = torch.fx.Graph()
        names = tuple(dict.fromkeys(_names(e)))
        held = {name: graph.placeholder(name) for name in names}
        try:
            graph.output(self._lowered(e, graph, held))
        except (_Impure, AttributeError):
            return None
        return names, torch.compile(torch.fx.GraphModule({}, graph), backend="aot_eager", dynamic=False)

    def _lowered(self, e: p.Expr, graph: Any, held: Mapping[str, Any]) -> Any:
        def lower(one: p.Expr) -> Any:
            return self._lowered(one, graph, held)

        match e:
            case p.Lit(bool() | int() | float() as value):
                return value
            case p.Ref(name):
                return held[name]
            case p.Seq(kind, items):
                lowered = [lower(item) for item in items]
                return lowered if kind == "list" else tuple(lowered)
            case p.Op("-", (operand,)):
                return graph.call_function(operator.neg, (lower(operand),))
            case p.Op(symbol, (left, right)) if symbol in _OPERATORS:
                return graph.call_function(_OPERATORS[symbol], (lower(left), lower(right)))
            case p.Call(p.Global(path), args, kwargs) if path.removeprefix("torch.") in PURE:
                given = tuple(map(lower, args)), {name: lower(value) for name, value in kwargs}
                return graph.call_function(self.resolve(path), *given)
            case p.Call(p.Attr(of, name), args, kwargs) if name in PURE:
                given = (lower(of), *map(lower, args)), {key: lower(value) for key, value in kwargs}
                return graph.call_method(name, *given)
            case _:
                raise _Impure


def _names(e: Any) -> Iterator[str]:
    for one in p.expressions(e):
        if isinstance(one, p.Ref):
            yield one.name


def engine() -> CompiledEngine:
    """PyTorch on the CPU with pure parts compiled."""
    return CompiledEngine()
