"""Hooks of tensors, of nodes, of several tensors at once, and after a gradient was accumulated."""

from __future__ import annotations

from gradconform.catalogue.behaviour import Behaviour
from gradconform.catalogue.families.hooks import after_accumulation, of_nodes, of_several_tensors, of_tensors

BEHAVIOURS: tuple[Behaviour, ...] = (
    *of_tensors.BEHAVIOURS,
    *after_accumulation.BEHAVIOURS,
    *of_nodes.BEHAVIOURS,
    *of_several_tensors.BEHAVIOURS,
)
