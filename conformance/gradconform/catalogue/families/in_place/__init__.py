"""Family 8: writing into tensors: version counters, rebased history, what backward refuses, what a leaf refuses."""

from __future__ import annotations

from gradconform.catalogue.behaviour import Behaviour
from gradconform.catalogue.families.in_place import (
    hooks_and_gradients,
    leaves_and_constants,
    overwriting,
    saved_values,
    versions_and_history,
    what_fits,
)

BEHAVIOURS: tuple[Behaviour, ...] = (
    *versions_and_history.BEHAVIOURS,
    *saved_values.BEHAVIOURS,
    *leaves_and_constants.BEHAVIOURS,
    *overwriting.BEHAVIOURS,
    *what_fits.BEHAVIOURS,
    *hooks_and_gradients.BEHAVIOURS,
)
