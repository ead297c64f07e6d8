"""Judges one behaviour against recordings: the engine runs programs of the corpus, recorded traces stand for PyTorch.

Digests of traces are compared first; only where they are unlike is the trace of the engine fetched, the recorded one
unpacked, and both compared as always.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from gradconform.catalogue.behaviour import Behaviour
from gradconform.catalogue.drift.register import DISAGREE
from gradconform.drifting import explaining_drift
from gradconform.judge import Failure, Settings, Tally, case_of, differences_of, weigh
from gradconform.recorded_oracle import RecordedOracle
from gradoracle.compare import compare
from gradoracle.exactness import measure
from gradoracle.program import Program
from gradoracle.recorded import shipped
from gradoracle.recorded.corpus import BLOCK, Corpus
from gradoracle.recorded.drift import telling, up_to
from gradoracle.recorded.recording import Recording
from gradoracle.recorded.shipped import FOLLOWED
from gradoracle.trace import Trace
from gradoracle.worker import Worker
from gradreports.results import CaseRecord


def judge_recorded(
    behaviour: Behaviour,
    corpus: Corpus,
    oracles: Sequence[RecordedOracle],
    engine: Worker,
    settings: Settings,
    replay: Mapping[str, str],
) -> tuple[list[CaseRecord], list[int]]:
    """One case for each recorded environment, and the numbers of the programs that were compared.

    `replay` has the command line that judges the behaviour again, by the name of the environment.
    """
    started = time.monotonic()
    numbers = _numbers(corpus, behaviour.id, settings.recorded_examples)
    known = [at for at in numbers if any(oracle.recording.digest(at) is not None for oracle in oracles)]
    run = _Run(corpus, engine, known)
    tallies = {oracle.id: Tally() for oracle in oracles}
    followed = shipped.recording(FOLLOWED)
    for oracle in oracles:
        tally = tallies[oracle.id]
        recorded = [number for number in run.numbers if oracle.recording.digest(number) is not None]
        tally.programs = len(recorded)
        unlike = [number for number in recorded if oracle.recording.digest(number) != run.digests[number]]
        for number in sorted(unlike, key=lambda one: sum(1 for _ in run.program(one).walk())):
            program, expected = run.program(number), oracle.recording.trace(number)
            excuse = None
            if followed is not None and oracle.id != FOLLOWED and _agrees(run, followed, number, settings):
                excuse = _drifted(program, expected, run.trace(number), oracle.id)
            weigh(tally, behaviour, program, (expected, run.trace(number)), engine, oracle, settings, excuse)
        if recorded and tally.example is None:
            first = recorded[0]
            tally.example = Failure(run.program(first), oracle.recording.trace(first), run.trace(first), ())
    seconds = time.monotonic() - started
    cases = [case_of(behaviour, one, tallies[one.id], settings, seconds, replay[one.id]) for one in oracles]
    return cases, run.numbers


def _numbers(corpus: Corpus, behaviour: str, generated: int) -> list[int]:
    numbers = corpus.behaviours.get(behaviour, ())
    pinned = [number for number in numbers if number in corpus.pinned]
    return pinned + [number for number in numbers if number not in corpus.pinned][:generated]


def _drifted(program: Program, expected: Trace, got: Trace, environment: str) -> str:
    """The finding under which a difference counts that an environment has from the followed one, as the engine has."""
    for difference in telling(compare(expected, got, measure(program)))[:1]:
        found = explaining_drift(up_to(program, difference), difference, (environment, FOLLOWED))
        if found is not None:
            return found.id
    return DISAGREE


def _agrees(run: _Run, followed: Recording, number: int, settings: Settings) -> bool:
    digest = followed.digest(number)
    if digest is None or digest == run.digests[number]:
        return digest is not None
    return not differences_of(run.program(number), followed.trace(number), run.trace(number), settings.levels)


class _Run:
    """What the engine did with some programs of the corpus."""

    def __init__(self, corpus: Corpus, engine: Worker, numbers: list[int]) -> None:
        self.numbers = numbers
        self.digests: dict[int, bytes | None] = {}
        self._corpus = corpus
        self._engine = engine
        self._traces: dict[int, Trace] = {}
        places: dict[int, list[int]] = defaultdict(list)
        for number in numbers:
            places[number // BLOCK].append(number % BLOCK)
        for block, inside in places.items():
            found = engine.digests(corpus.block(block), inside)
            self.digests.update(zip([block * BLOCK + place for place in inside], found, strict=True))

    def program(self, number: int) -> Program:
        return self._corpus.program(number)

    def trace(self, number: int) -> Trace:
        if number not in self._traces:
            self._traces[number] = self._engine.run(self.program(number))
        return self._traces[number]
