"""The engines of one pytest process, and the judgement of one behaviour on them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from gradconform.catalogue.behaviour import Behaviour, Clause
from gradconform.engines import EngineSpec
from gradconform.hypothesis_profiles import drawn
from gradconform.judge import Settings, judge
from gradoracle.parse import parse_program
from gradoracle.program import Program
from gradoracle.worker import Worker, WorkerError
from gradreports.results import CaseRecord, Evidence

MOST_DIFFERENCES = 6
"""Differences that one failure prints."""


@dataclass(frozen=True, slots=True)
class Absent:
    """An engine that could not be started, and why."""

    reason: str


class Bench:
    """Starts engines when they are first needed and keeps them until `close`."""

    def __init__(self, engine: EngineSpec, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings
        self._workers: dict[str, Worker | Absent] = {}

    def worker(self, spec: EngineSpec) -> Worker | Absent:
        """The engine of a spec, started; or why it cannot be."""
        found = self._workers.get(spec.name)
        if found is None:
            worker = Worker(spec.factory)
            try:
                worker.__enter__()
                found = worker
            except WorkerError as error:
                prefix = f"the engine {spec.factory} could not be made: "
                found = Absent(" ".join(str(error).split()).removeprefix(prefix))
            self._workers[spec.name] = found
        return found

    def judge(self, behaviour: Behaviour, engine: Worker, oracle: Worker) -> CaseRecord:
        """Run the behaviour's examples and the programs that Hypothesis draws for it.

        When the engines cannot be talked to any more they are started anew for the next behaviour, and the error
        propagates.
        """
        try:
            cases, _ = judge(behaviour, self._programs(behaviour), engine, [oracle], self.settings)
        except BaseException:
            self.close()
            raise
        return cases[0]

    def close(self) -> None:
        """End the processes of all engines."""
        for worker in self._workers.values():
            if isinstance(worker, Worker):
                worker.close()
        self._workers.clear()

    def _programs(self, behaviour: Behaviour) -> Iterator[Program]:
        seen: set[str] = set()
        for text in behaviour.examples:
            program = parse_program(text)
            if program.id not in seen:
                seen.add(program.id)
                yield program
        if behaviour.generator is None:
            return
        for recipe in drawn(behaviour.id, self.settings.seed, self.settings.max_examples):
            program = behaviour.generator(recipe)
            if program.id not in seen:
                seen.add(program.id)
                yield program


def explained(behaviour: Behaviour, case: CaseRecord, replay: str) -> str:
    """What a failed item shows: what must hold and who says so, the differences, a script, and how to run it again."""
    parts = [f"{behaviour.id}: {case.verdict} against {case.oracle}", behaviour.statement]
    if isinstance(behaviour.clause, Clause):
        parts.append(f'"{behaviour.clause.quote}"\n{behaviour.clause.url}')
    else:
        parts.append(f"not documented; observed on PyTorch {behaviour.clause.version}")
    if case.reason:
        parts.append(case.reason)
    told = next((one for one in case.evidence if one.kind == "failure"), None)
    if told is not None:
        parts.append(_differences(told, case.oracle))
        parts.append(f"the smallest program found, for plain PyTorch:\n\n{textwrap.indent(told.script, '    ')}")
    parts.append(f"run it again: {replay}")
    return "\n\n".join(part.rstrip() for part in parts)


def _differences(told: Evidence, oracle: str) -> str:
    texts = dict(told_lines(told))
    lines = ["differences:"]
    for one in told.differences[:MOST_DIFFERENCES]:
        lines.append(f"  {one.level}, {one.where}, at: {texts.get(one.path, 'the end')}")
        lines.append(f"    {oracle} gives {one.expected}")
        lines.append(f"    the engine gives {one.got}")
    if len(told.differences) > MOST_DIFFERENCES:
        lines.append(f"  ... and {len(told.differences) - MOST_DIFFERENCES} more")
    return "\n".join(lines)


def told_lines(told: Evidence) -> Iterator[tuple[tuple[int, ...], str]]:
    """The first line of each statement by its path."""
    for line in told.lines:
        yield line.path, line.text.splitlines()[0] if line.text else ""
