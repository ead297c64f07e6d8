"""`gradconform recordings`: the recordings that the package has, and how one more gets in."""

from __future__ import annotations

from pathlib import Path

import click
import jsonschema
from rich.box import SIMPLE_HEAD
from rich.console import JustifyMethod
from rich.table import Table

from gradconform.commands.common import Problem, console, one_line, print_table
from gradconform.commands.record import open_recording
from gradoracle.recorded import container, shipped
from gradoracle.recorded.drift import drift
from gradoracle.recorded.errors import FalseEnvironment, NotARecording, RecordingError
from gradoracle.recorded.recording import Recording
from gradoracle.recorded.schema import schema


@click.group()
def recordings() -> None:
    """What PyTorch did with the corpus, by version and device: list the recordings there are, or add one."""


@recordings.command("list")
def list_() -> int:
    """List the corpus and its recordings."""
    try:
        corpus, found = shipped.corpus(), shipped.recordings()
    except (RecordingError, OSError) as error:
        raise Problem(one_line(str(error))) from None
    facts = corpus.header["facts"]
    out = console()
    out.print(
        f"corpus {corpus.id}: {len(corpus):,} programs, {len(corpus.pinned):,} of them pinned,"
        f" for {len(corpus.behaviours):,} behaviours; of {facts['date'][:10]}, commit {facts['commit'] or 'unknown'},"
        f" {Path(corpus.path).stat().st_size:,} bytes"
    )
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("environment", "recorded", "programs", "bytes", "python", "on"):
        justify: JustifyMethod = "right" if column in ("programs", "bytes") else "left"
        table.add_column(column, justify=justify, no_wrap=column == "environment", overflow="fold")
    for one in found:
        about, where = one.about, one.about.environment
        device = where.get("model") or where.get("instructions", "")
        row = (one.name, about.date[:10], f"{about.programs:,}", f"{one.size:,}", where.get("python", ""), device)
        table.add_row(*row)
    print_table(out, table)
    if not any(one.about.oracle == "torch:cuda" for one in found):
        out.print("not measured: torch:cuda (nobody has recorded it yet)", style="yellow")
    return 0


@recordings.command()
@click.argument("file", type=click.Path(path_type=Path))
def add(file: Path) -> int:
    """Check FILE, a recording that `gradconform record` wrote, and keep it in the package.

    Traces that the recording of the followed environment has too are not stored again. A recording of the same
    environment is replaced.
    """
    found = open_recording(file)
    _admit(found)
    target = shipped.path_of(found.name)
    try:
        base = _base(found)
        size = found.whole(target) if base is None else found.thinned(target, base)
    except RecordingError as error:
        raise Problem(one_line(str(error))) from None
    except OSError as error:
        raise Problem(f"cannot write {target}: {error.strerror or error}") from None
    shipped.recordings.cache_clear()
    click.echo(f"{target}: {found.about.programs:,} programs of {found.name}, {size:,} bytes")
    return 0


def _admit(found: Recording) -> None:
    """Refuse a recording with another form, of another corpus, or unlike what is known of its version."""
    try:
        jsonschema.validate(dict(container.read(Path(found.path), container.RECORDING).header), schema())
        found.check_corpus(shipped.corpus().id)
        for path in shipped.paths():
            one = open_recording(path)
            if one.about.corpus == found.about.corpus:
                _check_same(one, found)
    except jsonschema.ValidationError as error:
        raise Problem(f"{NotARecording.__name__}: {found.path}: its header: {one_line(error.message)}") from None
    except (RecordingError, OSError) as error:
        raise Problem(one_line(str(error))) from None


def _check_same(known: Recording, new: Recording) -> None:
    if known.name != new.name or known.about.environment.get("model") != new.about.environment.get("model"):
        return
    differing = drift(shipped.corpus(), known, new).differing
    if differing:
        raise FalseEnvironment(
            f"{new.path} says that it is {new.name}, and {differing:,} programs do something else in the recording of"
            f" it that is here ({known.path}); remove that one if it is the wrong one"
        )


def _base(found: Recording) -> Recording | None:
    path = shipped.path_of(shipped.FOLLOWED)
    if found.name == shipped.FOLLOWED or not path.exists():
        return None
    base = Recording.open(path)
    return base if base.about.corpus == found.about.corpus else None
