"""Custom Functions: what `forward`, `backward`, `setup_context` and the context do, and what is checked."""

from __future__ import annotations

from gradconform.catalogue.behaviour import Behaviour
from gradconform.catalogue.families.custom_function import (
    calls_and_gradients,
    context,
    graphs_and_transforms,
    methods_and_outputs,
)

BEHAVIOURS: tuple[Behaviour, ...] = (
    *calls_and_gradients.BEHAVIOURS,
    *methods_and_outputs.BEHAVIOURS,
    *context.BEHAVIOURS,
    *graphs_and_transforms.BEHAVIOURS,
)
