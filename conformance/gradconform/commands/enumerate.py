"""`gradconform enumerate`: every program up to a number of steps."""

from __future__ import annotations

from pathlib import Path

import click

from gradconform.campaign.running import Campaign
from gradconform.campaign.shards import Shard
from gradconform.commands.campaigning import carry_out, folder_option, lanes_of, work_of
from gradconform.commands.common import console, engine_named, engine_option
from gradconform.engines import oracle_spec
from gradconform.enumerate.space import LONGEST, size
from gradconform.enumerate.vocabulary import LEAF, MOVES, VERSION
from gradconform.running import default_jobs

UNIT = 20_000
"""Programs in a unit."""

_HELP = """Run every program up to N steps of a core vocabulary, up to renaming, on the engine and on PyTorch.

Each program is compared by what its last step did and by everything that can be seen after it; its beginnings are
programs of their own. Killed, it goes on with the same command. Exit codes as for `run`.
"""


@click.command("enumerate", help=_HELP)
@click.option("--steps", type=click.IntRange(1, LONGEST), required=True, help="Steps of the longest program.")
@engine_option
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=None, help="Processes.  [default: number of CPUs, at most 8]"
)
@folder_option("gradconform-enumerate")
def enumerate_(steps: int, engine: str, jobs: int | None, out: Path) -> int:
    spec, oracle = engine_named(engine), oracle_spec("torch:cpu")
    work = work_of("enumerate", VERSION, steps, spec, oracle)
    terminal = console()
    terminal.print(f"{size(steps):,} programs: `{LEAF}`, then up to {steps} of these steps, up to renaming:")
    for move in MOVES:
        terminal.print("  " + " ".join(move.text.format(new="new", x="x", y="y").split()))
    campaign = Campaign(work, range(size(steps)), UNIT, Shard(), out)
    return carry_out(campaign, lanes_of("", jobs or default_jobs()), float("inf"))
