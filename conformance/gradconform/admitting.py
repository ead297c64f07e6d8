"""Asks whether an outcome that is not the oracle's is one that the behaviour admits."""

from __future__ import annotations

from collections.abc import Sequence

from gradconform.catalogue.behaviour import Admitted, Behaviour
from gradconform.recorded_oracle import NotRecorded, RecordedOracle
from gradoracle.compare import compare
from gradoracle.exactness import measure
from gradoracle.program import Program
from gradoracle.trace import Trace
from gradoracle.worker import Worker


def admitted(
    behaviour: Behaviour, program: Program, got: Trace, oracle: Worker | RecordedOracle, levels: Sequence[str]
) -> Admitted | None:
    """What admits `got`: the oracle shows the same, on these levels of comparison, on a variant of the program.

    Raises `NotRecorded` where that cannot be told: nothing else admits it, and a variant was not recorded.
    """
    tried = {program.id}
    unknown = ""
    for one in behaviour.admits:
        for vary in one.variants:
            variant = vary(program)
            if variant.id in tried:
                continue
            tried.add(variant.id)
            try:
                seen = oracle.run(variant)
            except NotRecorded:
                unknown = variant.id
                continue
            if seen.finished and not any(found.level in levels for found in compare(seen, got, measure(variant))):
                return one
    if unknown:
        raise NotRecorded(unknown)
    return None
