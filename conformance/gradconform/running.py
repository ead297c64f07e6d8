"""Runs the suite into a results file: whole or not at all, and what is finished when it is interrupted is kept."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import gradconform
from gradconform.catalogue import behaviour as catalogue
from gradconform.catalogue.drift.register import DRIFT
from gradconform.catalogue.findings import FINDINGS
from gradconform.catalogue.meaning import VERSION
from gradconform.catalogue.notes import NOTES
from gradconform.catalogue.registry import behaviours
from gradconform.drift_records import drift_records
from gradconform.suite import Judged, Plan, Probe, judging, run_suite, unjudged
from gradoracle.worker import Worker
from gradreports.results import (
    AdmittedOutcome,
    BehaviourRecord,
    CaseRecord,
    Clause,
    EngineInfo,
    FindingRecord,
    Header,
    Note,
    Observed,
    OracleInfo,
    ResultsWriter,
    Suite,
)

CONFORMING = frozenset({"pass", "xfail"})
EXCUSED = frozenset({"unsupported", "blocked", "skipped"})
"""Verdicts without a judgement: they count against an engine where the behaviour is required or recommended."""


class Interrupted(KeyboardInterrupt):
    """The run was asked to end by a signal."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.number = number


def conforms(level: str, verdict: str) -> bool:
    """Whether a verdict on a behaviour of a level lets the engine be called conforming.

    `pass` and `xfail` do. Others do on `informational`, and on `optional` when nothing was judged.
    """
    if verdict in CONFORMING or level == "informational":
        return True
    return level == "optional" and verdict in EXCUSED


@dataclass(frozen=True, slots=True)
class Done:
    """How a run ended: the number of cases and of distinct programs, how many of those were generated, seconds."""

    cases: int
    programs: int
    generated: int
    seconds: float
    interrupted: int = 0
    """The signal that ended it, 0 for none."""


def run_to_file(
    plan: Plan,
    engine: Probe,
    oracles: Sequence[Probe],
    absent: Sequence[OracleInfo],
    command: str,
    path: Path,
    on_case: Callable[[CaseRecord], None],
    running: Mapping[str, Worker],
) -> Done:
    """Judge what `plan` says and write the results file; `on_case` gets each case as soon as it is on disk.
    A plan of one job takes over the workers that are `running`.

    SIGINT and SIGTERM end the run: cases not yet judged are written as `missing`, and the file says so in its footer.
    Raises `OSError` when the file cannot be written; nothing of it is left then.
    """
    started = time.monotonic()
    compared: set[str] = set()
    generated: set[str] = set()
    left = {(name, oracle): None for name in plan.chosen for oracle in judging(plan, name)}
    interrupted = 0
    writer = ResultsWriter(path)
    try:
        with Signals() as signals, writer:
            for record in _described(plan, engine, oracles, absent, command):
                writer.write(record)

            def keep(case: CaseRecord) -> None:
                with signals.held():
                    writer.write(case)
                    left.pop((case.behaviour, case.oracle), None)
                    on_case(case)

            try:
                with ExitStack() as stack:
                    for judged in _judged(plan, running, stack):
                        compared |= judged.programs
                        generated |= judged.generated
                        for case in judged.cases:
                            keep(case)
                for drifted in drift_records(plan.chosen):
                    with signals.held():
                        writer.write(drifted)
            except Interrupted as error:
                interrupted = error.number
            signals.deaf = True
            for name, oracle in list(left):
                keep(unjudged(name, oracle, "missing", "the run ended before this behaviour was judged", plan))
            seconds = time.monotonic() - started
            footer = writer.finish(programs=len(compared), seconds=round(seconds, 3), interrupted=bool(interrupted))
    except OSError:
        writer.partial.unlink(missing_ok=True)
        raise
    return Done(footer.cases, len(compared), len(generated), seconds, interrupted)


def _judged(plan: Plan, running: Mapping[str, Worker], stack: ExitStack) -> Iterator[Judged]:
    suite = run_suite(plan, running)
    stack.enter_context(closing(suite))  # type: ignore[type-var]  # a generator, though declared as its interface
    return suite


class Signals:
    """Turns SIGINT and SIGTERM into `Interrupted`, and holds them back while a record is being written."""

    def __init__(self) -> None:
        self.deaf = False
        self._holding = False
        self._pending = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within this, signals wait."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._pending and not self.deaf:
            raise Interrupted(self._pending)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self._holding or self.deaf:
            self._pending = number
            return
        raise Interrupted(number)


# What the file says before its cases


def _described(
    plan: Plan, engine: Probe, oracles: Sequence[Probe], absent: Sequence[OracleInfo], command: str
) -> Iterator[Header | BehaviourRecord | Note | FindingRecord]:
    measured = [OracleInfo(one.spec.name, environment=one.environment) for one in oracles]
    yield Header(
        suite=Suite(gradconform.__version__, VERSION),
        engine=EngineInfo(plan.engine.name, engine.environment.get("version", "unknown"), engine.environment),
        oracles=(*measured, *absent),
        seed=plan.settings.seed,
        max_examples=plan.settings.max_examples,
        command=command,
        started=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        levels=plan.settings.levels,
    )
    known: Mapping[str, catalogue.Behaviour] = behaviours()
    for name in plan.chosen:
        yield behaviour_record(known[name])
    chosen = set(plan.chosen)
    for note in NOTES:
        if chosen.intersection(note.behaviours):
            yield Note(note.id, note.claim, note.truth, note.agrees, note.behaviours)
    for drifted in DRIFT:
        yield FindingRecord(
            id=drifted.id,
            title=drifted.title,
            kind=f"drift: {drifted.reason}",
            issue=_short_issue(drifted.issue),
            outcome=drifted.outcome,
            statement=drifted.statement,
            copied=False,
            program=drifted.script or drifted.program,
        )
    for finding in FINDINGS:
        yield FindingRecord(
            id=finding.id,
            title=finding.title,
            kind=str(finding.kind),
            issue=_short_issue(finding.issue),
            outcome=finding.outcome,
            statement=finding.statement,
            copied=finding.copied,
            program=finding.program,
        )


def _short_issue(address: str) -> str:
    """`pytorch#34082` for the address of an issue or pull request on GitHub."""
    match = re.fullmatch(r"https://github\.com/([^/]+)/([^/]+)/(?:issues|pull)/(\d+)", address)
    if match is None:
        return ""
    owner, repository, number = match.groups()
    return f"{owner if owner == repository else f'{owner}/{repository}'}#{number}"


def behaviour_record(row: catalogue.Behaviour) -> BehaviourRecord:
    """A row of the catalogue as the results file has it."""
    return BehaviourRecord(
        id=row.id,
        family=row.family,
        statement=row.statement,
        expectation=row.expectation,
        level=str(row.level),
        clause=_source(row.clause),
        needs=row.needs,
        depends=row.depends,
        examples=row.examples,
        admits=tuple(AdmittedOutcome(one.statement, _source(one.source), one.where) for one in row.admits),
    )


def _source(source: catalogue.Clause | catalogue.Observed) -> Clause | Observed:
    return Clause(source.url, source.quote) if isinstance(source, catalogue.Clause) else Observed(source.version)


def default_jobs() -> int:
    """The CPUs that this process may use, at most 8."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(here, 8)
