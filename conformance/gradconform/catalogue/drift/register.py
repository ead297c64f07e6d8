"""The register of drift, in the order in which its rows are asked."""

from __future__ import annotations

from gradconform.catalogue.drift.autograd import AUTOGRAD
from gradconform.catalogue.drift.compiler import COMPILER
from gradconform.catalogue.drift.finding import DriftFinding, Reason
from gradconform.catalogue.drift.operators import OPERATORS

DISAGREE = "oracles-disagree"
"""The finding under which a difference of two environments counts that no one has looked into yet."""

DRIFT: tuple[DriftFinding, ...] = (
    *AUTOGRAD,
    *OPERATORS,
    *COMPILER,
    DriftFinding(
        id=DISAGREE,
        title="The environment does something else than the one that this version follows",
        reason=Reason.UNDEFINED,
        statement="The engine agrees with the followed environment, so the difference is PyTorch's own.",
        outcome={},
        program="",
        shows=lambda program, shown: True,
    ),
)
"""Versions, then compiling; last what nobody has looked into."""
