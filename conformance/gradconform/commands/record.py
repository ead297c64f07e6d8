"""`gradconform record`: PyTorch's answers to the corpus, written to a file or checked against a recording."""

from __future__ import annotations

from pathlib import Path

import click

from gradconform.commands.common import CONFORMS, DIFFERS, Problem, one_line
from gradconform.commands.progress import counted
from gradoracle.recorded import shipped
from gradoracle.recorded.corpus import Corpus
from gradoracle.recorded.drift import drift
from gradoracle.recorded.errors import RecordingError
from gradoracle.recorded.live import Live
from gradoracle.recorded.recorder import RECORDED, record, wanted
from gradoracle.recorded.recording import Recording, release
from gradoracle.worker import Worker, WorkerError

_HELP = """Run every program of the corpus on an oracle of this machine and write what it did to FILE.

With --check nothing is written: the oracle must do what the recording of the same version says. `gradconform
recordings add FILE` takes a recording into the package. Where only PyTorch and NumPy are installed,
`PYTHONPATH=oracle python -m gradoracle.record_here` in a checkout does the same.

\b
Exit codes: 0 recorded, or the same; 1 the check found differences; 2 could not run.
"""


@click.command("record", help=_HELP)
@click.option("--oracle", type=click.Choice(sorted(RECORDED)), default="torch:cpu", show_default=True)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@click.option("--check", is_flag=True, help="Compare with the recording of the same version instead.")
@click.option("--recording", metavar="FILE", type=click.Path(path_type=Path), help="Recording to check.")
def record_(oracle: str, out: Path | None, check: bool, recording: Path | None) -> int:
    if check == (out is not None):
        raise Problem("give either --out FILE or --check")
    if recording is not None and not check:
        raise Problem("--recording goes with --check")
    try:
        corpus = shipped.corpus()
        if check:
            return _check(corpus, oracle, recording)
        assert out is not None
        with counted(len(corpus), "programs") as told:
            about, size = record(corpus, oracle, out, told=told)
    except (RecordingError, WorkerError) as error:
        raise Problem(one_line(str(error))) from None
    except OSError as error:
        raise Problem(f"cannot write {out}: {error.strerror or error}") from None
    click.echo(f"{out}: {about.programs:,} programs on {about.name} in {about.seconds:.0f} s, {size:,} bytes")
    return CONFORMS


def _check(corpus: Corpus, oracle: str, path: Path | None) -> int:
    with Worker(RECORDED[oracle]) as worker:
        name = f"{oracle}@{release(worker.environment['version'])}"
        recorded = _recording(corpus, name, path)
        with counted(len(corpus), "programs") as told:
            found = drift(corpus, recorded, Live(worker, corpus, f"{name}, live", wanted(corpus, oracle)), told)
    if not found.differing:
        click.echo(f"{name}: {found.compared:,} programs do live what the recording says ({recorded.path})")
        return CONFORMS
    first = min(found.groups, key=lambda group: len(group.text))
    click.echo(
        f"FalseEnvironment: {recorded.path} says that it is {name}, and {found.differing:,} of {found.compared:,}"
        f" programs do something else on {worker.environment['version']} here; the smallest:\n\n{first.text}\n"
        f"{first.where}: recorded {one_line(first.expected)}\n{first.where}: live {one_line(first.got)}"
    )
    return DIFFERS


def _recording(corpus: Corpus, name: str, path: Path | None) -> Recording:
    if path is not None:
        found = open_recording(path)
        found.check_corpus(corpus.id)
        if found.name != name:
            raise Problem(f"{path} is a recording of {found.name}, and PyTorch here is {name}")
        return found
    shipped_one = shipped.recording(name)
    if shipped_one is None:
        there = ", ".join(one.name for one in shipped.recordings()) or "none"
        raise Problem(f"no recording of {name} to check; there are: {there}")
    return shipped_one


def open_recording(path: Path) -> Recording:
    """Open a recording by its path, or end the command with one line that names what is wrong with it."""
    try:
        return Recording.open(path, shipped.with_seal)
    except RecordingError as error:
        raise Problem(one_line(str(error))) from None
    except OSError as error:
        raise Problem(f"cannot read {path}: {error.strerror or error}") from None
