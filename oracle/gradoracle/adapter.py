"""Looks at an adapter before it runs a program: what is wrong with it is not to be taken for the engine's behaviour."""

from __future__ import annotations

from typing import Any

from gradoracle.engine import Engine, Unsupported

_CALLS = tuple(name for name, found in vars(Engine).items() if callable(found) and not name.startswith("_"))


class BadAdapter(Exception):
    """An adapter does not do what `gradoracle.engine.Engine` asks for."""


def check(engine: Any) -> dict[str, str]:
    """Make sure that an adapter has what is asked of it and can read a tensor; gives its environment."""
    missing = [name for name in ("id", "survives_fork", *_CALLS) if getattr(engine, name, None) is None]
    if missing:
        raise BadAdapter(
            f"{type(engine).__name__} is no adapter, it lacks {', '.join(missing)} (see gradoracle.engine.Engine;"
            " TorchLike has all of it)"
        )
    environment: Any = engine.environment()
    texts = isinstance(environment, dict) and all(isinstance(one, str) for pair in environment.items() for one in pair)
    if not texts or "version" not in environment:
        raise BadAdapter("`environment()` of the adapter has to give a dict of texts, the name `version` among them")
    _read_a_tensor(engine)
    return dict(environment)


def _read_a_tensor(engine: Engine) -> None:
    try:
        tensor = engine.resolve("torch.tensor")([1.5, 2.0])
    except Exception:
        return  # an engine may lack it or refuse; programs will say so
    if not engine.is_tensor(tensor):
        raise BadAdapter(f"what its `torch.tensor` gives, {type(tensor).__name__}, is no tensor to `is_tensor`")
    try:
        fact: Any = engine.tensor_fact(tensor)
    except Unsupported:
        return
    except Exception as error:
        raise BadAdapter(
            f"the adapter cannot read a tensor: {type(error).__name__}: {error}; say how in `array` of a subclass of"
            " TorchLike, which gives a NumPy array, or in `tensor_fact`"
        ) from None
    form = isinstance(fact, tuple) and len(fact) >= 3 and all(isinstance(one, str) for one in fact[:2])
    if not form or not isinstance(fact[2], tuple) or not all(isinstance(one, (int, str, bytes)) for one in fact[3:]):
        raise BadAdapter(
            f'`tensor_fact` has to give ("tensor", dtype, shape, bytes), as `gradoracle.torchlike.array_fact` does,'
            f" not {fact!r:.200}"
        )
