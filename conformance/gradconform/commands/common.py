"""What the commands share: exit codes, named errors, finding engines and oracles, and plain text for terminals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

from gradconform.catalogue.behaviour import Behaviour
from gradconform.catalogue.registry import UnknownBehaviour, select
from gradconform.engines import ORACLES, EngineSpec, UnknownEngine, engine_spec, oracle_spec
from gradconform.recorded_oracle import ALL, environment
from gradconform.suite import Probe
from gradoracle.recorded import shipped
from gradoracle.recorded.errors import RecordingError
from gradoracle.worker import Worker, WorkerError

CONFORMS = 0
DIFFERS = 1
COULD_NOT_RUN = 2
INTERNAL_ERROR = 70
INTERRUPTED = 130
CLOSED_PIPE = 141

WIDTH = 600
"""The most that is shown of a text in one line."""
BEFORE = 100
"""What is shown of two texts before they differ, where not all of it can be."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Problem(click.ClickException):
    """Something that the user can put right; ends the command with exit code 2 and one line on stderr."""

    exit_code = COULD_NOT_RUN


@dataclass(frozen=True, slots=True)
class Oracles:
    """The oracles asked for: those that work here, those that nobody named and that do not, and recorded ones."""

    here: tuple[Probe, ...]
    absent: tuple[Probe, ...]
    recorded: tuple[Probe, ...] = ()

    @property
    def measured(self) -> tuple[Probe, ...]:
        """All that give an answer, live ones first."""
        return (*self.here, *self.recorded)


def oracle_option(command: _Command) -> _Command:
    """`--oracle NAME`, repeatable."""
    return click.option(
        "--oracle",
        "oracles",
        metavar="NAME",
        multiple=True,
        help=f"Oracle to compare with: {', '.join(ORACLES)}, or a recorded one (`gradconform recordings list`);"
        " repeatable.  [default: every one that this machine has, and recordings of the devices that it lacks]",
    )(command)


def engine_option(command: _Command) -> _Command:
    """`--engine NAME`."""
    return click.option(
        "--engine",
        metavar="NAME",
        default="refgrad",
        show_default=True,
        help="Engine under test: refgrad, torch, one that a package offers, or package.module:factory.",
    )(command)


def select_option(command: _Command) -> _Command:
    """`-k PATTERN`, repeatable."""
    return click.option(
        "-k",
        "patterns",
        metavar="ID",
        multiple=True,
        help="Behaviour, family, or beginning of an id that reaches past its dot; repeatable.",
    )(command)


def chosen(patterns: Sequence[str]) -> tuple[Behaviour, ...]:
    """The behaviours of a selection."""
    try:
        return select(patterns)
    except UnknownBehaviour as error:
        raise Problem(f"{error} (see `gradconform list`)") from None


def engine_named(name: str) -> EngineSpec:
    """The engine of a name."""
    try:
        return engine_spec(name)
    except UnknownEngine as error:
        raise Problem(str(error)) from None


def oracles_named(names: Sequence[str]) -> tuple[EngineSpec, ...]:
    """The live oracles of some names, each once, recorded ones left out; all there are for no names."""
    try:
        specs = [oracle_spec(name) for name in names or ORACLES if not _is_recorded(name)]
    except UnknownEngine as error:
        raise Problem(str(error)) from None
    return tuple({spec.name: spec for spec in specs}.values())


def _is_recorded(name: str) -> bool:
    return name == ALL or "@" in name


def recorded_named(names: Sequence[str], here: Sequence[Probe]) -> tuple[Probe, ...]:
    """The recorded oracles of some names; for no names those of the devices that no live oracle has."""
    if names and not any(map(_is_recorded, names)):
        return ()
    try:
        known = shipped.recordings()
    except (RecordingError, OSError) as error:
        raise Problem(one_line(str(error))) from None
    for name in names:
        if _is_recorded(name) and name != ALL and name not in {one.name for one in known}:
            there = ", ".join(one.name for one in known) or "none"
            raise Problem(f"no recording {name!r}; there are: {there}")
    live = {probe.spec.name for probe in here}
    wanted = [
        one
        for one in known
        if one.name in names
        or ALL in names
        or (not names and one.about.oracle not in live and (not live or one.about.oracle in ORACLES))
    ]
    return tuple(Probe(EngineSpec(one.name, ""), environment(one)) for one in wanted)


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder; a name that no file can have is none."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def start(
    stack: ExitStack, engine: EngineSpec | None, names: Sequence[str]
) -> tuple[Probe | None, Oracles, dict[EngineSpec, Worker]]:
    """Start the engine and the oracles, side by side, to see which of them work on this machine.

    An engine that does not, and an oracle that was named and does not, end the command. They run until the stack is
    closed.
    """
    specs = [*oracles_named(names), *([] if engine is None else [engine])]
    workers = [Worker(spec.factory) for spec in specs]
    for worker in workers:
        stack.callback(worker.close)
    with ThreadPoolExecutor(len(specs) or 1) as pool:
        probes = list(pool.map(_probe, specs, workers))
    running = {spec: worker for spec, worker, one in zip(specs, workers, probes, strict=True) if not one.reason}
    probe = None if engine is None else probes.pop()
    if probe is not None and probe.reason:
        raise Problem(f"engine {probe.spec.name} cannot run: {reason(probe)}")
    for one in probes:
        if names and one.reason:
            raise Problem(f"oracle {one.spec.name} cannot run on this machine: {reason(one)}")
    here = tuple(one for one in probes if not one.reason)
    absent = tuple(one for one in probes if one.reason)
    return probe, Oracles(here, absent, recorded_named(names, here)), running


def _probe(spec: EngineSpec, worker: Worker) -> Probe:
    try:
        worker.__enter__()
    except WorkerError as error:
        return Probe(spec, {}, str(error))
    return Probe(spec, worker.environment)


def reason(probe: Probe) -> str:
    """Why an engine cannot be had, in one short line and without the name of its factory."""
    text = one_line(probe.reason)
    return text.removeprefix(f"the engine {probe.spec.factory} could not be made: ")


def not_measured(oracles: Oracles) -> list[str]:
    """One line for each oracle that this machine lacks and that is not recorded either."""
    return [f"not measured: {one.spec.name} ({reason(one)})" for one in unrecorded(oracles)]


def unrecorded(oracles: Oracles) -> list[Probe]:
    """The oracles that this machine lacks and that no recording stands for."""
    devices = {one.spec.name.partition("@")[0] for one in oracles.recorded}
    return [one for one in oracles.absent if one.spec.name not in devices]


def console(*, stderr: bool = False, width: int | None = None) -> Console:
    """A console that prints texts as they are: no markup, no guessed colours, no wrapping."""
    return Console(stderr=stderr, markup=False, highlight=False, soft_wrap=True, emoji=False, width=width)


def print_table(out: Console, table: Table) -> None:
    """Print a table as wide as it is: where a terminal is narrower a line is wrapped, and no column is lost."""
    whole = out.measure(table, options=out.options.update(max_width=WIDTH)).maximum
    console(width=max(out.width, whole)).print(table)


def one_line(text: str) -> str:
    """A text without line breaks and control characters, cut where it gets long."""
    flat = plain(" ".join(text.split()))
    return flat if len(flat) <= WIDTH else flat[: WIDTH - 3] + "..."


def apart(one: str, other: str) -> tuple[str, str]:
    """Two texts, each in one line; where they get long without saying how they differ, from just before they do."""
    lines = [" ".join(plain(text).split()) for text in (one, other)]
    same = next((at for at, (a, b) in enumerate(zip(*lines, strict=False)) if a != b), min(map(len, lines)))
    if same > WIDTH - BEFORE:
        lines = [f"...{line[same - BEFORE :]}" for line in lines]
    return one_line(lines[0]), one_line(lines[1])


def plain(text: str) -> str:
    """A text that cannot steer a terminal: control characters but newline and tab are written out."""
    return "".join(c if c in "\n\t" or c.isprintable() else repr(c)[1:-1] for c in text)
