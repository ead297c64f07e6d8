"""What `fuzz` and `enumerate` share: the folder, the progress and the summary of a campaign."""

from __future__ import annotations

import signal
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from gradconform.campaign.examining import Kind, examined, kinds
from gradconform.campaign.executors import Lanes, NoExecutor, dask, processes
from gradconform.campaign.running import ENDLESS, Campaign, Ended, present, run_campaign
from gradconform.campaign.units import Identity, Unit, UnitError, together
from gradconform.campaign.work import Work
from gradconform.catalogue.findings import FINDINGS
from gradconform.commands.common import (
    CONFORMS,
    COULD_NOT_RUN,
    DIFFERS,
    INTERRUPTED,
    Problem,
    console,
    one_line,
    plain,
    start,
)
from gradconform.engines import EngineSpec
from gradconform.explain import ROUNDING
from gradconform.fuzz.unit import UNSUPPORTED
from gradoracle.source import script, source

EVERY = 10.0
"""Seconds between two plain lines of progress."""
MOST_ROWS = 40
"""Rows of differences that are printed; the unit files have all."""


def carry_out(campaign: Campaign, open_lanes: Callable[[], AbstractContextManager[Lanes]], seconds: float) -> int:
    """Run a campaign, show how it goes, print what came of it, and give the exit code."""
    try:
        campaign.folder.mkdir(parents=True, exist_ok=True)
        done = present(campaign)
    except UnitError as error:
        raise Problem(str(error)) from None
    except OSError as error:
        raise Problem(f"cannot use {campaign.folder}: {error.strerror or error}; choose another with --out") from None
    try:
        with _shown(campaign, done, seconds) as on_unit:
            ended = run_campaign(campaign, done, open_lanes, seconds, on_unit)
    except NoExecutor as error:
        raise Problem(str(error)) from None
    except OSError as error:
        raise Problem(f"cannot write into {campaign.folder}: {error.strerror or error}; its units are kept") from None
    return _concluded(campaign, ended)


def work_of(kind: str, generator: int, longest: int, engine: EngineSpec, oracle: EngineSpec) -> Work:
    """What a campaign's units have in common, once both sides have been started to ask for their versions."""
    with ExitStack() as stack:
        probe, oracles, _ = start(stack, engine, (oracle.name,))
    assert probe is not None
    versions = [one.environment.get("version", "unknown") for one in (probe, *oracles.here)]
    identity = Identity(kind, generator, longest, engine.name, versions[0], oracle.name, versions[1])
    return Work(identity, engine, oracle)


def lanes_of(executor: str, jobs: int) -> Callable[[], AbstractContextManager[Lanes]]:
    """How to open the executor that was asked for: `dask:ADDRESS`, or processes when nothing was."""
    if not executor:
        return partial(processes, jobs)
    kind, _, address = executor.partition(":")
    if kind != "dask" or not address:
        raise Problem(f"--executor {executor}: write dask:ADDRESS, such as dask:tcp://head:8786")
    return partial(dask, address)


def summarize(units: Sequence[Unit], found: Sequence[Kind]) -> bool:
    """Print what came of some units; whether a difference is left that no finding explains."""
    terminal = console()
    whole = together(units)
    result, identity = whole.result, whole.identity
    for kind in found[:MOST_ROWS]:
        one = kind.example
        terminal.print(
            f"{kind.count:8}  {_why(kind)}: {plain(one.key)}, such as seed {one.seed}: {one_line(one.text)[:160]}"
        )
        if kind.small is not None and kind.unexplained:
            terminal.print(textwrap.indent(plain(source(kind.small)).rstrip(), " " * 12))
    if len(found) > MOST_ROWS:
        terminal.print(f"          and {len(found) - MOST_ROWS} more kinds of difference, in the unit files")
    unexplained = sum(kind.count for kind in found if kind.unexplained)
    differ = sum(kind.count for kind in found if not kind.lacking)
    terminal.print(
        f"{result.programs:,} programs, {result.steps:,} steps; {differ:,} differ, {unexplained:,} of them unexplained"
    )
    if lacking := sum(kind.count for kind in found if kind.lacking):
        terminal.print(f"{lacking:,} programs ask for what the engine lacks; they were compared up to there")
    terminal.print(
        f"{identity.engine} {identity.engine_version} against {identity.oracle} {identity.oracle_version},"
        f" generator {identity.generator}; digest {result.digest}"
    )
    return bool(unexplained)


def _why(kind: Kind) -> str:
    if kind.lacking:
        return "unsupported"
    if kind.finding == ROUNDING:
        return "rounding that grows, in PyTorch's own answer too"
    titles = {finding.id: finding.title for finding in FINDINGS}
    return f"finding {kind.finding} ({titles[kind.finding]})" if kind.finding else "UNEXPLAINED"


def _concluded(campaign: Campaign, ended: Ended) -> int:
    terminal = console()
    if not ended.units:
        terminal.print("no unit was finished")
    differs = False
    if ended.units:
        found = kinds(ended.units) if ended.interrupted else examined(campaign.work, ended.units)
        _write_scripts(campaign.folder / "differing", found)
        differs = summarize(ended.units, found)
    if ended.programs:
        rate = ended.programs / ended.seconds
        memory = [unit.memory / 2**20 for unit in (ended.units[0], ended.units[-1])]
        terminal.print(
            f"{ended.programs:,} programs now, in {ended.seconds:.0f} s: {rate:,.0f} a second;"
            f" no process held more than {memory[0]:,.0f} MiB in the first unit, {memory[1]:,.0f} MiB up to the last"
        )
    terminal.print(f"units: {campaign.folder}")
    if ended.stopped:
        click.echo(f"gradconform: {one_line(ended.stopped)}; what is finished is kept", err=True)
        return COULD_NOT_RUN
    if ended.interrupted:
        click.echo("gradconform: interrupted; the same command goes on where it ended", err=True)
        return INTERRUPTED if ended.interrupted == signal.SIGINT else 128 + ended.interrupted
    return DIFFERS if differs else CONFORMS


def _write_scripts(folder: Path, found: Sequence[Kind]) -> None:
    """One script for plain PyTorch for each kind of difference that nothing explains."""
    open_kinds = [kind.small for kind in found if kind.small is not None and kind.unexplained]
    if folder.is_dir():
        for old in folder.glob("*.py"):
            old.unlink()
    if open_kinds:
        folder.mkdir(exist_ok=True)
    for small in open_kinds:
        (folder / f"{small.id}.py").write_text(script(small), encoding="utf-8")


@contextmanager
def _shown(campaign: Campaign, done: Sequence[Unit], seconds: float) -> Iterator[Callable[[Unit], None]]:
    """Show progress on stderr: a bar on a terminal, otherwise a plain line now and then."""
    total = None if campaign.seeds.stop == ENDLESS else len(campaign.seeds) // campaign.part.count
    terminal = console(stderr=True)
    if not terminal.is_terminal:
        lines = _Lines(total, done, seconds)
        lines.say()
        yield lines.count
        return
    columns = (
        TextColumn("programs"),
        BarColumn(),
        TaskProgressColumn(show_speed=True),
        MofNCompleteColumn(),
        TextColumn("{task.fields[differ]} differ"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=terminal, transient=True) as progress:
        differ = sum(_differing(unit) for unit in done)
        task = progress.add_task(
            "programs", total=total, completed=sum(unit.result.programs for unit in done), differ=differ
        )

        def advance(unit: Unit) -> None:
            nonlocal differ
            differ += _differing(unit)
            progress.update(task, advance=unit.result.programs, differ=differ)

        yield advance


class _Lines:
    def __init__(self, total: int | None, done: Sequence[Unit], seconds: float) -> None:
        self.total = total
        self.seconds = seconds
        self.before = self.programs = sum(unit.result.programs for unit in done)
        self.differ = sum(_differing(unit) for unit in done)
        self.started = self.last = time.monotonic()

    def count(self, unit: Unit) -> None:
        self.programs += unit.result.programs
        self.differ += _differing(unit)
        if time.monotonic() - self.last >= EVERY:
            self.say()

    def say(self) -> None:
        self.last = time.monotonic()
        elapsed = self.last - self.started
        rate = (self.programs - self.before) / elapsed if elapsed > 1 else 0.0
        left = [self.seconds - elapsed]
        if self.total is not None and rate:
            left.append((self.total - self.programs) / rate)
        of = "" if self.total is None else f" of {self.total:,}"
        shown = f", about {max(min(left), 0):,.0f} s left" if rate and min(left) < float("inf") else ""
        click.echo(
            f"gradconform: {self.programs:,}{of} programs, {self.differ:,} differ, {rate:,.0f} a second{shown}",
            err=True,
        )


def _differing(unit: Unit) -> int:
    return sum(count for key, count in unit.result.counts if not key.startswith(UNSUPPORTED))


def folder_option(default: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """`--out DIR`."""
    return click.option(
        "--out",
        metavar="DIR",
        type=click.Path(path_type=Path),
        default=Path(default),
        show_default=True,
        help="Folder for the units; a campaign that finds its own there goes on.",
    )
