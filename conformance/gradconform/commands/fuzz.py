"""`gradconform fuzz`: a campaign of generated programs."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import click

from gradconform.campaign.running import ENDLESS, Campaign
from gradconform.campaign.shards import Shard, ShardError, shard
from gradconform.commands.campaigning import carry_out, folder_option, lanes_of, work_of
from gradconform.commands.common import CONFORMS, Problem, console, engine_named, engine_option
from gradconform.engines import ORACLES, UnknownEngine, oracle_spec
from gradconform.fuzz.generator import VERSION, program
from gradconform.fuzz.statistics import FEATURES, Statistics, statistics
from gradconform.running import default_jobs
from gradoracle.worker import Worker, WorkerError

_HELP = """Run generated programs on an engine and on PyTorch, one for each seed, and compare.

A seed means the same program on every machine as long as the generator's version stays the same. A unit of work is a
range of seeds; its file is written whole or not at all, so a campaign that is killed goes on with the same command,
and `gradconform merge` puts the folders of many machines together.

\b
Exit codes:
  0    no difference, or none that a finding does not explain
  1    at least one difference is unexplained
  2    could not run; one line on stderr says why
  130  interrupted (143 by SIGTERM); the same command goes on
"""


@click.command(help=_HELP)
@engine_option
@click.option(
    "--oracle", metavar="NAME", default="torch:cpu", show_default=True, help=f"Oracle: one of {', '.join(ORACLES)}."
)
@click.option("--seeds", metavar="A:B", help="Seeds from A up to but without B.  [default: from 0, until --time is up]")
@click.option("--time", "duration", metavar="T", help="Begin no unit after this time: 90s, 10m, 8h.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=None, help="Processes.  [default: number of CPUs, at most 8]"
)
@click.option(
    "--shard", "part", metavar="i/n", help="Do every n-th unit, from unit i; `auto` asks SLURM or Kubernetes."
)
@click.option("--executor", metavar="dask:ADDRESS", default="", help="Run the units on a Dask cluster.")
@click.option("--unit", type=click.IntRange(1, 10_000_000), default=2000, show_default=True, help="Seeds in a unit.")
@click.option("--stats", is_flag=True, help="Only say what the programs of --seeds reach, as the oracle runs them.")
@folder_option("gradconform-fuzz")
def fuzz(
    engine: str,
    oracle: str,
    seeds: str | None,
    duration: str | None,
    jobs: int | None,
    part: str | None,
    executor: str,
    unit: int,
    stats: bool,
    out: Path,
) -> int:
    if stats:
        return _say_statistics(seeds or "0:2000", oracle)
    wanted = _seeds(seeds, duration, part)
    seconds = _seconds(duration)
    try:
        mine = shard(part) if part else Shard()
        truth = oracle_spec(oracle)
    except (ShardError, UnknownEngine) as error:
        raise Problem(str(error)) from None
    lanes = lanes_of(executor, jobs or default_jobs())
    spec = engine_named(engine)
    work = work_of("fuzz", VERSION, 0, spec, truth)
    return carry_out(Campaign(work, wanted, unit, mine, out), lanes, seconds)


def _say_statistics(seeds: str, oracle: str) -> int:
    wanted = _seeds(seeds, None, None)
    try:
        with Worker(oracle_spec(oracle).factory) as worker:
            found = statistics(map(program, wanted), worker.run)
    except (UnknownEngine, WorkerError) as error:
        raise Problem(str(error)) from None
    terminal = console()
    terminal.print(f"{found.programs:,} programs of generator {VERSION}, {found.steps / found.programs:.1f} steps each")
    terminal.print(
        f"{_share(found.erring, found)} meet an error, {_share(found.dead, found)} meet nothing else after it"
    )
    terminal.print(f"{_share(found.unfinished, found)} kill {oracle} or take too long")
    terminal.print("feature")
    for name in sorted(FEATURES, key=lambda name: -found.features[name]):
        terminal.print(f"  {_share(found.features[name], found)}  {name}")
    pairs = list(combinations(sorted(name for name in FEATURES if found.features[name]), 2))
    reached = sorted((pair for pair in pairs if found.pairs[pair]), key=lambda pair: found.pairs[pair])
    terminal.print(f"{len(reached)} of {len(pairs)} pairs of these features; the rarest of those reached")
    for pair in reached[:10]:
        terminal.print(f"  {_share(found.pairs[pair], found)}  {' and '.join(pair)}")
    terminal.print(f"{len(found.nodes)} types of graph nodes")
    for name, count in found.nodes.most_common():
        terminal.print(f"  {_share(count, found)}  {name}")
    return CONFORMS


def _share(count: int, of: Statistics) -> str:
    return f"{100 * count / of.programs:5.1f} %"


def _seeds(text: str | None, duration: str | None, part: str | None) -> range:
    if text is None:
        if duration is None:
            raise Problem("how long? give --seeds A:B, such as 0:100000, or --time T, such as 10m")
        if part is not None:
            raise Problem("--shard needs --seeds A:B: shards that only time ends do not fit together")
        return range(ENDLESS)
    match = re.fullmatch(r"(\d[\d_]*):(\d[\d_]*)", text)
    found = range(int(match[1]), int(match[2])) if match is not None else range(0)
    if not found or found.stop > ENDLESS:
        raise Problem(f"--seeds {text}: write A:B with A below B, such as 0:100000")
    return found


def _seconds(text: str | None) -> float:
    if text is None:
        return float("inf")
    match = re.fullmatch(r"(\d{1,6})(s|m|h)", text)
    if match is None:
        raise Problem(f"--time {text}: write a number and s, m or h, such as 10m")
    return int(match[1]) * {"s": 1.0, "m": 60.0, "h": 3600.0}[match[2]]
