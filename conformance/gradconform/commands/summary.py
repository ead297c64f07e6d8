"""The summary of a run: verdicts by family and by level, what differs first, and how to run that again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gradconform.catalogue.registry import behaviours
from gradconform.commands.common import Oracles, not_measured, plain, print_table
from gradconform.running import EXCUSED, Done, conforms
from gradconform.suite import Plan, Probe
from gradreports import words
from gradreports.results import CaseRecord, DifferenceRecord

MOST_SHOWN = 10
"""Behaviours that are told in full; the report has them all."""

_STYLE = {"good": "green", "bad": "red", "warn": "yellow", "known": "cyan", "none": "dim"}


@dataclass(frozen=True, slots=True)
class _Differing:
    """What is told of a case that does not conform."""

    behaviour: str
    oracle: str
    verdict: str
    reason: str
    statement: str
    first: DifferenceRecord | None
    program: str
    replay: str


class Summary:
    """Takes the cases of a run one by one and keeps the little that is told at the end."""

    def __init__(self, plan: Plan, engine: Probe, oracles: Oracles) -> None:
        self.plan = plan
        self.engine = engine
        self.oracles = oracles
        self.families: Counter[tuple[str, str, str]] = Counter()
        self.levels: Counter[tuple[str, str, str]] = Counter()
        self.findings: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        self.admitted: Counter[str] = Counter()
        self.differing = 0
        self.apart: Counter[str] = Counter()
        self.shown: list[_Differing] = []
        self.owed: Counter[tuple[str, str]] = Counter()

    @property
    def conforms(self) -> bool:
        """Whether no case counts against the engine."""
        return self.differing == 0

    def add(self, case: CaseRecord) -> int:
        """Count a case; gives how many count against the engine so far."""
        row = behaviours()[case.behaviour]
        self.families[case.oracle, row.family, case.verdict] += 1
        for level, verdict in case.levels.items():
            self.levels[case.oracle, level, verdict] += 1
        for finding, programs in case.findings.items():
            self.findings[finding] += programs
            self.met[finding] += 1
        for statement, programs in case.admitted.items():
            self.admitted[f"{case.behaviour}: {statement}"] += programs
        if not conforms(str(row.level), case.verdict):
            self.differing += 1
            if case.verdict in EXCUSED:
                why = f"behaviours that rest on {case.blocked_by}" if case.blocked_by else case.reason
                self.owed[case.verdict, why] += 1
            elif len(self.shown) < MOST_SHOWN:
                self.shown.append(_differing(case, row.statement))
        elif case.verdict != "pass":
            self.apart[f"{case.verdict} ({row.level})"] += 1
        return self.differing

    def print(self, out: Console, done: Done) -> None:
        """Print everything but the path of the report."""
        name = f"{self.plan.engine.name} {self.engine.environment.get('version', '')}".strip()
        for one in self.oracles.measured:
            against = named(one)
            families = [behaviours()[behaviour].family for behaviour in self.plan.chosen]
            title = f"{name} against {against}, behaviours"
            print_table(out, _table(title, "family", families, self.families, one.spec.name))
            out.print()
            levels = list(self.plan.settings.levels)
            print_table(out, _table("by level of comparison", "level", levels, self.levels, one.spec.name))
            out.print()
        for line in not_measured(self.oracles):
            out.print(line, style="yellow")
        for told in self.shown:
            _tell(out, told)
        more = self.differing - self.owed.total() - len(self.shown)
        if more:
            out.print(f"... and {more} more, all of them in the report")
            out.print()
        self._print_owed(out)
        for finding, programs in sorted(self.findings.items()):
            out.print(
                f"known divergence {finding}: met by {programs} programs of {self.met[finding]} behaviours,"
                " counted apart",
                style="cyan",
            )
        for what, programs in sorted(self.admitted.items()):
            out.print(f"admitted, another outcome than PyTorch's: {programs} programs of {what}", style="cyan")
        for what, count in sorted(self.apart.items()):
            out.print(f"told apart, binding nobody: {count} {what}", style="dim")
        out.print(
            f"{done.programs:,} distinct programs compared, {done.generated:,} of them generated,"
            f" in {done.seconds:.1f} s" + (f" (seed {self.plan.settings.seed})" if self.plan.oracles else "")
        )
        out.print(self._verdict(done))

    def _print_owed(self, out: Console) -> None:
        for (verdict, why), count in self.owed.most_common(MOST_SHOWN):
            out.print(f"not judged, though owed: {count} {verdict}, {_short(why)}", style="yellow")
        rest = self.owed.most_common()[MOST_SHOWN:]
        if rest:
            out.print(f"not judged, though owed: {sum(count for _, count in rest)} more, all of them in the report")

    def _verdict(self, done: Done) -> Text:
        oracles = " and ".join(one.spec.name for one in self.oracles.measured)
        if done.interrupted:
            return Text(
                "interrupted: behaviours not judged are missing, and missing is not a pass", style="bold yellow"
            )
        if self.conforms:
            return Text(f"{self.plan.engine.name} conforms to {oracles}", style="bold green")
        return Text(
            f"{self.plan.engine.name} does not conform to {oracles}: {self.differing} of {done.cases} cases",
            style="bold red",
        )


def named(oracle: Probe) -> str:
    """An oracle with its version; a recorded one with when it was recorded, and on what."""
    recorded = oracle.environment.get("recorded")
    if recorded is None:
        return f"{oracle.spec.name} {oracle.environment.get('version', '')}".strip()
    return f"{oracle.spec.name}, recorded {recorded[:10]}{_on(oracle.environment)}"


def _on(environment: Mapping[str, str]) -> str:
    return f" on {environment['model']}" if "model" in environment else ""


def _table(title: str, first: str, rows: list[str], counts: Counter[tuple[str, str, str]], oracle: str) -> Table:
    present = {verdict for (one, _, verdict), count in counts.items() if one == oracle and count}
    verdicts = [verdict for verdict in reversed(words.VERDICTS) if verdict in present]
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column(first)
    for verdict in verdicts:
        table.add_column(verdict, justify="right", style=_STYLE[words.VERDICTS[verdict].tone])
    for row in dict.fromkeys(rows):
        table.add_row(row, *[str(counts[oracle, row, verdict] or ".") for verdict in verdicts])
    return table


def _differing(case: CaseRecord, statement: str) -> _Differing:
    failure = next((one for one in case.evidence if one.kind == "failure"), None)
    example = next(iter(case.evidence), None) if case.verdict in ("crash", "timeout") else None
    told = failure or example
    first = told.differences[0] if told is not None and told.differences else None
    program = told.source if told is not None else ""
    return _Differing(case.behaviour, case.oracle, case.verdict, case.reason, statement, first, program, case.replay)


def _tell(out: Console, told: _Differing) -> None:
    style = _STYLE[words.VERDICTS[told.verdict].tone]
    out.print(Text.assemble((told.verdict, f"bold {style}"), " ", (told.behaviour, "bold"), f"  on {told.oracle}"))
    out.print(f"  {told.statement}")
    if told.first is not None:
        first = told.first
        out.print(f"  {first.level}, {plain(first.where)}:")
        out.print(f"    {told.oracle} gives {_short(first.expected)}")
        out.print(f"    the engine gives {_short(first.got)}")
    elif told.reason:
        out.print(f"  {_short(told.reason)}")
    if told.program:
        for line in plain(told.program).splitlines():
            out.print(f"    | {line}", style="dim")
    if told.replay:
        out.print(f"  {told.replay}")
    out.print()


def _short(text: str) -> str:
    flat = plain(" ".join(text.split()))
    return flat if len(flat) <= 400 else flat[:397] + "..."
