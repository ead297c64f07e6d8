"""Where the recorded environments of PyTorch differ from each other, as the results file has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradconform.catalogue.registry import behaviours
from gradconform.drifting import Explained, compared, explained
from gradconform.recorded_oracle import environment
from gradoracle.recorded import shipped
from gradoracle.recorded.recording import Recording
from gradoracle.trace import Trace
from gradreports.results import DriftGroup, DriftRecord, OracleInfo


def drift_records(chosen: Sequence[str]) -> Iterator[DriftRecord]:
    """How the followed environment differs from every other one, on the recorded programs of some behaviours.

    Of two versions the older one comes first. Raises `OSError` or a `RecordingError`.
    """
    corpus = shipped.corpus()
    everything = len(set(chosen)) == len(behaviours())
    numbers = (
        range(len(corpus)) if everything else sorted({at for name in chosen for at in corpus.behaviours.get(name, ())})
    )
    followed = shipped.recording(shipped.FOLLOWED)
    if followed is None:
        return
    others = [one for one in shipped.recordings() if one is not followed]
    unlike = [at for at in numbers if any(_unlike(followed.digest(at), one.digest(at)) for one in others)]
    read = _ReadOnce(followed, unlike)
    for other in others:
        first, second = (read, other) if _version(read.name) <= _version(other.name) else (other, read)
        found = compared(corpus, first, second, numbers=numbers)
        where = {followed.name: environment(followed), other.name: environment(other)}
        yield DriftRecord(
            first=OracleInfo(found.first, environment=where[found.first]),
            second=OracleInfo(found.second, environment=where[found.second]),
            compared=found.compared,
            differing=found.differing,
            groups=tuple(map(_group, explained(found))),
        )


class _ReadOnce:
    """A recording of which some traces are unpacked once, in order: several comparisons want the same ones."""

    def __init__(self, recording: Recording, numbers: Sequence[int]) -> None:
        self.name = recording.name
        self.digest = recording.digest
        self._traces = {number: recording.trace(number) for number in numbers}

    def trace(self, number: int) -> Trace:
        return self._traces[number]


def _unlike(one: bytes | None, other: bytes | None) -> bool:
    return one is not None and other is not None and one != other


def _version(environment: str) -> tuple[int, ...]:
    return tuple(int(part) for part in environment.partition("@")[2].split(".") if part.isdigit())


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
