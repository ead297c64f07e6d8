"""Runs what is left of a campaign into a folder: each unit is a file as soon as it is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path

from gradconform.campaign.driving import Stopped, drive
from gradconform.campaign.executors import Lanes
from gradconform.campaign.shards import Shard, units
from gradconform.campaign.units import Unit, UnitError, read_folder, unlike, write
from gradconform.campaign.work import Work
from gradconform.running import Interrupted, Signals

ENDLESS = 1 << 62
"""The stop of a campaign that only its time ends."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is to be done: which seeds, in units of which size, which part of them, into which folder."""

    work: Work
    seeds: range
    size: int
    part: Shard
    folder: Path


@dataclass(frozen=True, slots=True)
class Ended:
    """The units that are there, in order, how many programs were run now, and in how many seconds.

    `interrupted` is the signal that ended it, 0 for none; `stopped` says why the campaign could not go on, or "".
    """

    units: tuple[Unit, ...]
    programs: int
    seconds: float
    interrupted: int
    stopped: str


def present(campaign: Campaign) -> list[Unit]:
    """The units of this campaign that its folder has. Raises `UnitError` where it holds another campaign's."""
    found = read_folder(campaign.folder) if campaign.folder.is_dir() else []
    if found:
        difference = unlike(found[0].identity, campaign.work.identity)
        if difference:
            raise UnitError(
                f"{campaign.folder} holds another campaign ({difference}): choose another folder with --out"
            )
    return found


def run_campaign(
    campaign: Campaign,
    done: list[Unit],
    open_lanes: Callable[[], AbstractContextManager[Lanes]],
    seconds: float,
    on_unit: Callable[[Unit], None],
) -> Ended:
    """Run what is not `done`, for so many seconds at most; `on_unit` gets each unit when its file is written.

    Raises `OSError` when a file cannot be written.
    """
    started = time.monotonic()
    todo = units(campaign.seeds, campaign.size, campaign.part, [unit.seeds for unit in done])
    fresh: list[Unit] = []
    interrupted, stopped = 0, ""
    with Signals() as signals:
        try:
            with closing(drive(campaign.work, todo, open_lanes, started + seconds)) as finished:  # type: ignore[type-var]
                for unit in finished:
                    with signals.held():
                        write(unit, campaign.folder)
                        fresh.append(unit)
                        on_unit(unit)
        except Interrupted as error:
            interrupted = error.number
        except Stopped as error:
            stopped = str(error)
    return Ended(
        tuple(sorted([*done, *fresh], key=lambda unit: unit.result.first)),
        sum(unit.result.programs for unit in fresh),
        time.monotonic() - started,
        interrupted,
        stopped,
    )
