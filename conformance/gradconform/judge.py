"""Judges one behaviour: its programs are run on the engine and on the oracles, and every trace is compared."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gradconform.admitting import admitted
from gradconform.catalogue.behaviour import Behaviour
from gradconform.drifting import drifted
from gradconform.evidence import evidence
from gradconform.explain import explanation
from gradconform.generate.recipe import recipes
from gradconform.recorded_oracle import NotRecorded, RecordedOracle
from gradoracle.compare import ENDS, Difference, compare, lacking
from gradoracle.conditioning import is_rounding
from gradoracle.exactness import measure
from gradoracle.parse import parse_program
from gradoracle.program import Program
from gradoracle.reduce import reduce
from gradoracle.trace import LEVELS, Trace
from gradoracle.worker import Worker
from gradreports.results import CaseRecord

MOST_FAILURES = 3
"""Failures of different signatures that are reduced and kept for one behaviour and oracle."""
REDUCTION = 150
"""Executions that one reduction may take."""
GROWN = "Rounding grows in the program: PyTorch is as far from its own answer in float64."
"""What admits a difference that `gradoracle.conditioning` knows."""
MOST_TIMEOUTS = 1
"""After so many programs that took too long a behaviour is judged by what was seen so far: each costs its full time."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is made: equal settings make equal programs."""

    seed: int = 0
    max_examples: int = 60
    recorded_examples: int = 100_000
    """Generated programs of the corpus for each behaviour, where the oracle is a recording."""
    levels: tuple[str, ...] = LEVELS


@dataclass(frozen=True, slots=True)
class Failure:
    """A program on which the engine differs, as small as it became, with both traces."""

    program: Program
    oracle: Trace
    engine: Trace
    differences: tuple[Difference, ...]


@dataclass(slots=True)
class Tally:
    """What has been seen of one behaviour against one oracle so far."""

    programs: int = 0
    failures: dict[tuple[str, str], Failure] = field(default_factory=dict)
    levels: set[str] = field(default_factory=set)
    findings: Counter[str] = field(default_factory=Counter)
    explained: dict[str, Failure] = field(default_factory=dict)
    admitted: Counter[str] = field(default_factory=Counter)
    allowed: dict[str, Failure] = field(default_factory=dict)
    endings: dict[str, str] = field(default_factory=dict)
    lacking: set[tuple[str, str]] = field(default_factory=set)
    flaky: bool = False
    example: Failure | None = None


def examples_of(behaviour: Behaviour) -> dict[str, Program]:
    """The distinct programs that stand with a behaviour in the catalogue, by id."""
    return {program.id: program for program in map(parse_program, behaviour.examples)}


def programs_of(behaviour: Behaviour, settings: Settings) -> Iterator[Program]:
    """The distinct programs of a behaviour: its examples, then generated ones, at most `max_examples` of those."""
    examples = examples_of(behaviour)
    yield from examples.values()
    seen = set(examples)
    if behaviour.generator is None:
        return
    for recipe in recipes(f"{settings.seed}:{behaviour.id}", settings.max_examples):
        program = behaviour.generator(recipe)
        if program.id not in seen:
            seen.add(program.id)
            yield program


def judge(
    behaviour: Behaviour,
    programs: Iterable[Program],
    engine: Worker,
    oracles: Sequence[Worker],
    settings: Settings,
    replay: str = "",
) -> tuple[list[CaseRecord], set[str]]:
    """One case for each oracle, and the ids of the programs that were compared."""
    started = time.monotonic()
    tallies = {oracle.id: Tally() for oracle in oracles}
    compared: set[str] = set()
    slow = 0
    for program in programs:
        compared.add(program.id)
        workers = [engine, *(oracle for oracle in oracles if oracle is not engine)]
        for worker in workers:
            worker.send(program)
        traces = {id(worker): worker.receive() for worker in workers}
        for oracle in oracles:
            pair = (traces[id(oracle)], traces[id(engine)])
            tallies[oracle.id].programs += 1
            weigh(tallies[oracle.id], behaviour, program, pair, engine, oracle, settings)
        slow += any(trace.ending[0] == "timeout" for trace in traces.values())
        if slow >= MOST_TIMEOUTS:
            break
    seconds = time.monotonic() - started
    return [case_of(behaviour, oracle, tallies[oracle.id], settings, seconds, replay) for oracle in oracles], compared


def differences_of(program: Program, oracle: Trace, engine: Trace, levels: Sequence[str]) -> tuple[Difference, ...]:
    """The differences of two traces on the levels asked for."""
    if oracle == engine:
        return ()
    found = compare(oracle, engine, measure(program))
    return tuple(difference for difference in found if difference.level in levels)


def weigh(
    tally: Tally,
    behaviour: Behaviour,
    program: Program,
    pair: tuple[Trace, Trace],
    engine: Worker,
    oracle: Worker | RecordedOracle,
    settings: Settings,
    otherwise: str | None = None,
) -> None:
    """Count one program: what the oracle and the engine did, and what explains their differences.

    `otherwise` is the finding that accounts for differences which no other one explains.
    """
    expected, got = pair
    found = differences_of(program, expected, got, settings.levels)
    if got.ending[0] == "unsupported":
        # What the engine lacks is no difference; what it did before it got there may be one.
        found = tuple(one for one in found if one.where not in ENDS)
    failure = Failure(program, expected, got, found)
    if tally.example is None:
        tally.example = failure
    for side, trace in (("oracle", expected), ("engine", got)):
        if not trace.finished:
            tally.endings.setdefault(trace.ending[0], f"{side}: {': '.join(str(part) for part in trace.ending)}")
    if expected != got:
        tally.lacking.update(lacking(got))
    if not found:
        return
    try:
        other = admitted(behaviour, program, got, oracle, settings.levels)
    except NotRecorded:
        if otherwise is None:
            tally.programs -= 1  # nobody can say whether this is a difference
            return
        other = None
    if other is not None:
        tally.admitted[other.statement] += 1
        tally.allowed.setdefault(other.statement, failure)
        return
    if _rounded(program, failure, oracle):
        tally.admitted[GROWN] += 1
        tally.allowed.setdefault(GROWN, failure)
        return
    finding = explanation(program, found, expected, engine.id) or otherwise or drifted(program, found, oracle)
    if finding is not None:
        tally.findings[finding] += 1
        tally.explained.setdefault(finding, failure)
        return
    signature = found[0].signature
    new = signature not in tally.failures
    timeout = "timeout" in (expected.ending[0], got.ending[0])
    if new and not timeout and not _repeats(program, failure, engine, oracle, settings):
        tally.flaky = True
        return
    tally.levels.update(difference.level for difference in found)
    if new and len(tally.failures) < MOST_FAILURES:
        # Of a program made smaller nobody knows what else would be admitted.
        keep = timeout or bool(behaviour.admits)
        tally.failures[signature] = failure if keep else shrink(failure, engine, oracle, settings)


def _rounded(program: Program, failure: Failure, oracle: Worker | RecordedOracle) -> bool:
    try:
        return is_rounding(program, failure.oracle, failure.engine, failure.differences, oracle.run)
    except NotRecorded:
        return False  # the corpus holds no program whose rounding grows


def _repeats(
    program: Program, failure: Failure, engine: Worker, oracle: Worker | RecordedOracle, settings: Settings
) -> bool:
    again = _both(program, engine, oracle)
    found = differences_of(program, *again, settings.levels)
    return bool(found) and found[0].signature == failure.differences[0].signature


def _both(program: Program, engine: Worker, oracle: Worker | RecordedOracle) -> tuple[Trace, Trace]:
    if oracle is engine:
        return oracle.run(program), engine.run(program)
    oracle.send(program)
    engine.send(program)
    return oracle.receive(), engine.receive()


def shrink(failure: Failure, engine: Worker, oracle: Worker | RecordedOracle, settings: Settings) -> Failure:
    """The smallest program found whose first difference has the same signature, with its traces."""
    signature = failure.differences[0].signature
    best: dict[str, Failure] = {failure.program.id: failure}

    def still_fails(program: Program) -> bool:
        try:
            expected, got = _both(program, engine, oracle)
        except NotRecorded:
            return False
        found = differences_of(program, expected, got, settings.levels)
        if not found or found[0].signature != signature:
            return False
        if explanation(program, found, expected, engine.id) or drifted(program, found, oracle):
            return False
        if is_rounding(program, expected, got, found, oracle.run):
            return False
        best[program.id] = Failure(program, expected, got, found)
        return True

    reduced = reduce(failure.program, still_fails, limit=REDUCTION).program
    return best.get(reduced.id, failure)


def case_of(
    behaviour: Behaviour,
    oracle: Worker | RecordedOracle,
    tally: Tally,
    settings: Settings,
    seconds: float,
    replay: str,
) -> CaseRecord:
    """The case that a tally makes."""
    verdict, reason = _verdict(tally)
    kept = [("failure", failure) for failure in tally.failures.values()]
    kept += [("finding", failure) for failure in tally.explained.values()]
    kept += [("admitted", failure) for failure in tally.allowed.values()]
    if tally.example is not None:
        kept.append(("example", tally.example))
    return CaseRecord(
        behaviour=behaviour.id,
        oracle=oracle.id,
        verdict=verdict,
        levels={level: _level(verdict, level, tally) for level in settings.levels},
        programs=tally.programs,
        seconds=round(seconds, 3),
        reason=reason,
        findings=dict(tally.findings),
        admitted=dict(tally.admitted),
        replay=replay,
        evidence=tuple(
            evidence(kind, one.program, one.oracle, one.engine, one.differences, oracle.id) for kind, one in kept
        ),
    )


def _verdict(tally: Tally) -> tuple[str, str]:
    if tally.programs == 0:
        return "missing", "no program was run"
    explained = {failure.engine.ending[0] for failure in tally.explained.values()}
    explained |= {failure.oracle.ending[0] for failure in tally.explained.values()}
    for ending in ("crash", "timeout"):
        if ending in tally.endings and (ending not in explained or tally.failures):
            return ending, tally.endings[ending]
    if tally.failures:
        first = next(iter(tally.failures.values())).differences[0]
        return "fail", f"{first.where}: expected {first.expected}, got {first.got}"
    if "unsupported" in tally.endings:
        return "unsupported", tally.endings["unsupported"]
    if tally.lacking:
        return "unsupported", f"not compared: the engine lacks {', '.join(sorted({what for _, what in tally.lacking}))}"
    if tally.flaky:
        return "flaky", "a difference was seen once and not again"
    return "pass", ""


def _level(verdict: str, level: str, tally: Tally) -> str:
    if verdict in ("pass", "fail") or (verdict == "unsupported" and "unsupported" not in tally.endings):
        if level in tally.levels:
            return "fail"
        return "unsupported" if any(level == one for one, _ in tally.lacking) else "pass"
    return verdict
