"""`gradconform run`: the suite for one engine, a summary, a results file and a report."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import click

from gradconform.commands.common import (
    CONFORMS,
    DIFFERS,
    INTERRUPTED,
    Oracles,
    Problem,
    chosen,
    console,
    engine_named,
    engine_option,
    is_there,
    not_measured,
    oracle_option,
    oracles_named,
    reason,
    select_option,
    start,
    unrecorded,
)
from gradconform.commands.progress import shown
from gradconform.commands.report import make_report
from gradconform.commands.summary import Summary
from gradconform.judge import Settings
from gradconform.running import Done, default_jobs, run_to_file
from gradconform.suite import Plan, Probe
from gradoracle.recorded import shipped
from gradoracle.worker import Worker
from gradreports.results import OracleInfo

_HELP = """Run the suite for one engine, compare it with the oracles, write results and a report.

Programs are generated for every behaviour of the catalogue and run on the engine and on real PyTorch; everything that
a user can observe is compared. Without PyTorch the engine runs the programs of the corpus, and what PyTorch did with
them is read from the recordings that came with gradconform; with it, so it is for a device that this machine lacks.
DIR gets results.jsonl and report.html, whole or not at all.

\b
Exit codes:
  0    conforms: every required and recommended behaviour passes (or is expected to
       fail), and no optional one that the engine has differs. Known divergences of
       PyTorch are counted apart and explain a difference away.
  1    differs, or was not judged where it is owed: a required or recommended
       behaviour that is unsupported, blocked, skipped or missing is not a pass.
  2    could not run; one line on stderr says why.
  130  interrupted (143 by SIGTERM); what was finished is in the results file,
       the rest is `missing` there.

Informational behaviours are told and bind nobody. An oracle that this machine lacks is "not measured", which is no
verdict, unless it was named with --oracle: then the run ends with 2.
"""


@click.command(help=_HELP)
@engine_option
@oracle_option
@select_option
@click.option("--seed", type=int, default=None, help="Seed of the generated programs; needs PyTorch.  [default: 0]")
@click.option(
    "--max-examples",
    type=click.IntRange(1, 100_000),
    default=None,
    help=f"Generated programs for each behaviour.  [default: {Settings().max_examples}; of a recording, all]",
)
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=None, help="Processes.  [default: number of CPUs, at most 8]"
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=True),
    default=Path("gradconform-report"),
    show_default=True,
    help="Folder for results.jsonl and report.html.",
)
def run(
    engine: str,
    oracles: tuple[str, ...],
    patterns: tuple[str, ...],
    seed: int | None,
    max_examples: int | None,
    jobs: int | None,
    out: Path,
) -> int:
    rows = chosen(patterns)
    spec = engine_named(engine)
    oracles_named(oracles)
    made = _make_folder(out)
    try:
        with ExitStack() as stack:
            probe, found, workers = start(stack, spec, oracles)
            assert probe is not None
            if not found.measured:
                raise Problem(f"nothing to compare with on this machine: {'; '.join(not_measured(found))}")
            if seed is not None and not found.here:
                raise Problem("recorded programs are fixed: --seed needs a live oracle (pip install torch)")
            names = [row.id for row in rows if found.here or row.id in shipped.corpus().behaviours]
            if not names:
                raise Problem(f"not recorded: {rows[0].id} is newer than the corpus; run it with PyTorch installed")
            plan = Plan(
                engine=spec,
                oracles=tuple(one.spec for one in found.here),
                chosen=tuple(names),
                settings=_settings(seed or 0, max_examples),
                jobs=min(jobs or default_jobs(), len(names)),
                recorded=tuple(one.spec.name for one in found.recorded),
            )
            if plan.jobs > 1:
                stack.close()
            running = {one.name: worker for one, worker in workers.items()} if plan.jobs == 1 else {}
            code = _run(plan, probe, found, running, _command_line(plan, patterns, max_examples), out)
            if len(names) < len(rows):
                left = [row.id for row in rows if row.id not in plan.chosen]
                said = f"not recorded: {len(left)} behaviours that are newer than the corpus ({left[0]}, ...)"
                console().print(said, style="yellow")
            return code
    finally:
        if made:
            _remove_if_empty(out)


def _settings(seed: int, max_examples: int | None) -> Settings:
    return Settings(seed) if max_examples is None else Settings(seed, max_examples, max_examples)


def _run(plan: Plan, engine: Probe, oracles: Oracles, running: Mapping[str, Worker], command: str, out: Path) -> int:
    absent = [OracleInfo(one.spec.name, "not measured", reason(one)) for one in unrecorded(oracles)]
    summary = Summary(plan, engine, oracles)
    results, page = out / "results.jsonl", out / "report.html"
    with shown(len(plan.chosen) * len(plan.against)) as progress:
        try:
            done = run_to_file(
                plan,
                engine,
                oracles.measured,
                absent,
                command,
                results,
                lambda case: progress(summary.add(case)),
                running,
            )
        except OSError as error:
            raise Problem(f"cannot write {results}: {error.strerror or error}; nothing was kept of this run") from None
    make_report(results, page)
    terminal = console()
    summary.print(terminal, done)
    terminal.print(f"report: {page}")
    return _exit_code(summary, done)


def _exit_code(summary: Summary, done: Done) -> int:
    if done.interrupted:
        return INTERRUPTED if done.interrupted == signal.SIGINT else 128 + done.interrupted
    return CONFORMS if summary.conforms else DIFFERS


def _command_line(plan: Plan, patterns: tuple[str, ...], max_examples: int | None) -> str:
    words = ["gradconform", "run", "--engine", plan.engine.name]
    for name in plan.against:
        words += ["--oracle", name]
    for pattern in patterns:
        words += ["-k", pattern]
    if plan.oracles:
        words += ["--seed", str(plan.settings.seed)]
    if plan.oracles or max_examples is not None:
        words += ["--max-examples", str(plan.settings.max_examples)]
    return shlex.join(words)


def _make_folder(out: Path) -> bool:
    """Make the folder and try to write in it; whether it was new."""
    new = not is_there(out)
    trial = out / "results.partial.jsonl.trial"
    try:
        out.mkdir(parents=True, exist_ok=True)
        trial.write_bytes(b"x")
        trial.unlink()
    except OSError as error:
        if is_there(trial):
            trial.unlink()
        if new:
            _remove_if_empty(out)
        raise Problem(f"cannot write into {out}: {error.strerror or error}; choose another folder with --out") from None
    return new


def _remove_if_empty(out: Path) -> None:
    try:
        out.rmdir()
    except OSError:
        return
