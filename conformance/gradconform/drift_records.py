"""Where the recorded environments of PyTorch differ from each other, as the results file has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradconform.catalogue.registry import behaviours
from gradconform.drifting import Explained, compared, explained
from gradconform.recorded_oracle import environment
from gradoracle.recorded import shipped
from gradoracle.recorded.recording import Recording
from gradreports.results import DriftGroup, DriftRecord, OracleInfo


def drift_records(chosen: Sequence[str]) -> Iterator[DriftRecord]:
    """How the followed environment differs from every other one, on the recorded programs of some behaviours.

    Of two versions the older one comes first. Raises `OSError` or a `RecordingError`.
    """
    corpus = shipped.corpus()
    everything = len(set(chosen)) == len(behaviours())
    numbers = None if everything else sorted({at for name in chosen for at in corpus.behaviours.get(name, ())})
    followed = shipped.recording(shipped.FOLLOWED)
    if followed is None:
        return
    for other in shipped.recordings():
        if other is followed:
            continue
        first, second = sorted((followed, other), key=lambda one: (*_version(one), one is not followed))
        found = compared(corpus, first, second, numbers=numbers)
        yield DriftRecord(
            first=OracleInfo(first.name, environment=environment(first)),
            second=OracleInfo(second.name, environment=environment(second)),
            compared=found.compared,
            differing=found.differing,
            groups=tuple(map(_group, explained(found))),
        )


def _version(recording: Recording) -> tuple[int, ...]:
    return tuple(int(part) for part in recording.name.partition("@")[2].split(".") if part.isdigit())


def _group(row: Explained) -> DriftGroup:
    group = row.group
    return DriftGroup(
        kind=group.kind,
        level=group.level,
        where=group.where,
        expected=group.expected,
        got=group.got,
        program=group.text,
        programs=group.programs,
        behaviours=group.behaviours,
        finding="" if row.finding is None else row.finding.id,
    )
