"""What is shown while the suite runs: a bar on a terminal, otherwise a plain line now and then. All on stderr."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from gradconform.commands.common import console

EVERY = 10.0
"""Seconds between two plain lines."""


@contextmanager
def shown(total: int) -> Iterator[Callable[[int], None]]:
    """Show progress over `total` cases; the function given is called after each case with how many differ so far."""
    terminal = console(stderr=True)
    if terminal.is_terminal:
        columns = (
            TextColumn("judging"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[differ]} do not conform"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=terminal, transient=True) as progress:
            task = progress.add_task("judging", total=total, differ=0)
            yield lambda differ: progress.update(task, advance=1, differ=differ)
        return
    lines = _Lines(total)
    lines.say()
    yield lines.count


class _Lines:
    def __init__(self, total: int) -> None:
        self.total = total
        self.judged = 0
        self.differ = 0
        self.last = time.monotonic()

    def count(self, differ: int) -> None:
        self.judged += 1
        self.differ = differ
        if time.monotonic() - self.last >= EVERY or self.judged == self.total:
            self.say()

    def say(self) -> None:
        self.last = time.monotonic()
        click.echo(f"gradconform: {self.judged} of {self.total} cases judged, {self.differ} do not conform", err=True)


@contextmanager
def counted(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Show progress over `total` things; the function given is called with how many are done."""
    terminal = console(stderr=True)
    with Progress(console=terminal, transient=True, disable=not terminal.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
