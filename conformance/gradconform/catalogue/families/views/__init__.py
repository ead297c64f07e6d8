"""Family 9: views: shared memory, versions and history, writes through and under them, refusals."""

from __future__ import annotations

from gradconform.catalogue.behaviour import Behaviour
from gradconform.catalogue.families.views import (
    complex_parts,
    hooks_and_custom_functions,
    leaves_and_no_grad,
    several_at_once,
    what_they_are,
    writes,
)

BEHAVIOURS: tuple[Behaviour, ...] = (
    *what_they_are.BEHAVIOURS,
    *writes.BEHAVIOURS,
    *leaves_and_no_grad.BEHAVIOURS,
    *several_at_once.BEHAVIOURS,
    *complex_parts.BEHAVIOURS,
    *hooks_and_custom_functions.BEHAVIOURS,
)
