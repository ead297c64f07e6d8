"""How Hypothesis draws recipes in the pytest suite: it generates, and `gradconform.judge` shrinks.

Nothing is stored and nothing times out: recipes are drawn again by their seed, which every failure prints.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.internal.conjecture import providers

from gradconform.catalogue.behaviour import Recipe
from gradconform.generate.recipe import strategy


def profile(max_examples: int) -> settings:
    """Generation only, without a deadline and without a database."""
    return settings(
        max_examples=max_examples,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
    )


def drawn(name: str, run_seed: int, max_examples: int) -> list[Recipe]:
    """The recipes that Hypothesis draws for a behaviour: equal seeds give equal recipes."""
    recipes: list[Recipe] = []

    @seed(int.from_bytes(hashlib.sha256(f"{run_seed}:{name}".encode()).digest()[:8], "big"))
    @profile(max_examples)
    @given(strategy())
    def take(recipe: Recipe) -> None:
        recipes.append(recipe)

    with _without_constants():
        take()
    return recipes


@contextmanager
def _without_constants() -> Iterator[None]:
    """Keep Hypothesis from drawing constants found in the modules that happen to be loaded.

    Newer versions do, so that what else a session has imported would change what a seed gives. There is no setting for
    it; versions without this method need none.
    """
    provider = getattr(providers, "HypothesisProvider", None)
    before = getattr(provider, "_maybe_draw_constant", None)
    if provider is None or before is None:
        yield
        return
    provider._maybe_draw_constant = lambda *args, **kwargs: None
    try:
        yield
    finally:
        provider._maybe_draw_constant = before
