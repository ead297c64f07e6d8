"""A call of an operator in forward mode, and under `vmap`, on both engines. The calls are those of
`operator_calls.txt`.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any

from differential import graph_of, plain
from sweep import KINDS, compiled, directions

Facts = dict[str, Any]


def inputs_of(engine: Any, kinds: tuple[str, ...]) -> list[Any]:
    from sweep import tensor_of

    return [tensor_of(engine, kind).detach() for kind in kinds]


def moves(kind: str) -> bool:
    return KINDS[kind][1].startswith(("float", "complex")) and "constant" not in KINDS[kind][1]


def tensors_in(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [each for part in value for each in tensors_in(part)]
    return [value] if hasattr(value, "requires_grad") else []


def attempt(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except Exception as error:
        return type(error).__name__, str(error).partition("\n")[0][:120]


def forward(engine: Any, expression: str, kinds: tuple[str, ...]) -> Facts:
    """The tangents of the results, and whether there are any."""
    mode = importlib.import_module(engine.__name__ + ".autograd.forward_ad")
    case = eval(compiled(expression))
    with warnings.catch_warnings(), mode.dual_level():
        warnings.simplefilter("ignore")
        given = [
            mode.make_dual(each, directions(engine, each)) if moves(kind) else each
            for each, kind in zip(inputs_of(engine, kinds), kinds, strict=True)
        ]

        def run() -> Any:
            found = []
            for each in tensors_in(case(engine, engine.nn.functional, *given)):
                tangent = mode.unpack_dual(each).tangent
                found.append(None if tangent is None else plain(tangent))
            return found

        return {"tangents": attempt(run)}


def mapped(engine: Any, expression: str, kinds: tuple[str, ...]) -> Facts:
    """The results under `vmap` over two examples, the second one the first one's half, as far as it moves."""
    case = eval(compiled(expression))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = [
            engine.stack([each, each * 0.5]) if moves(kind) else engine.stack([each, each])
            for each, kind in zip(inputs_of(engine, kinds), kinds, strict=True)
        ]

        def run() -> Any:
            def one(*example: Any) -> Any:
                return tuple(tensors_in(case(engine, engine.nn.functional, *example)))

            return [plain(each) for each in engine.func.vmap(one)(*given)]

        return {"mapped": attempt(run)}


def jacobians(engine: Any, expression: str, kinds: tuple[str, ...]) -> Facts:
    """The Jacobian of every moving input: `vmap` over reverse mode, and over forward mode."""
    case = eval(compiled(expression))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = inputs_of(engine, kinds)
        places = tuple(i for i, kind in enumerate(kinds) if moves(kind))
        facts: Facts = {}
        for name in ("jacrev", "jacfwd"):

            def run(name: str = name) -> Any:
                def outputs(*inputs: Any) -> Any:
                    found = tensors_in(case(engine, engine.nn.functional, *inputs))
                    return tuple(each for each in found if each.is_floating_point() or each.is_complex())

                return plain(getattr(engine.func, name)(outputs, places)(*given))

            facts[name] = attempt(run)
        return facts


def histories(engine: Any, expression: str, kinds: tuple[str, ...]) -> Facts:
    """The graphs behind the tangents of the results, each moving input alone having one; all of them require grad."""
    mode = importlib.import_module(engine.__name__ + ".autograd.forward_ad")
    case = eval(compiled(expression))
    facts: Facts = {}
    with warnings.catch_warnings(), mode.dual_level():
        warnings.simplefilter("ignore")
        for place in [i for i, kind in enumerate(kinds) if moves(kind)]:
            given = inputs_of(engine, kinds)
            for i, each in enumerate(given):
                if moves(kinds[i]):
                    each.requires_grad_()
                if i == place:
                    given[i] = mode.make_dual(each, directions(engine, each).detach().requires_grad_())

            def run(given: list[Any] = given) -> Any:
                made = tensors_in(case(engine, engine.nn.functional, *given))
                tangents = [mode.unpack_dual(each).tangent for each in made]
                return [None if each is None else graph_of(each.grad_fn) for each in tangents]

            facts[f"input {place}"] = attempt(run)
    return facts
