"""Drives units through an executor, and finds the seed to blame when processes die under them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from contextlib import AbstractContextManager

from gradconform.campaign.executors import Lanes
from gradconform.campaign.units import Identity, Unit
from gradconform.campaign.work import Work
from gradconform.fuzz.unit import Differing, UnitResult

MOST_LOST = 8
"""After so many seeds that no process could finish, it is not the seeds."""


class Stopped(RuntimeError):
    """The campaign cannot go on; says why. What is finished is kept."""


def drive(
    work: Work,
    todo: Iterator[range],
    open_lanes: Callable[[], AbstractContextManager[Lanes]],
    deadline: float,
) -> Iterator[Unit]:
    """The units of `todo` as they are finished; after `deadline` (`time.monotonic`) none is begun.

    A unit whose process dies, or which raises, is run again alone, in halves, until one seed is left to blame: it
    gets a unit of its own. Raises `Stopped`.
    """
    suspects: deque[range] = deque()
    lost = 0
    while True:
        with open_lanes() as lanes:
            yield from _until_trouble(work, todo, lanes, deadline, suspects)
        if not suspects:
            return
        suspects = deque(sorted(suspects, key=lambda seeds: seeds.start))
        while suspects:
            with open_lanes() as lanes:
                for unit in _one_by_one(work, suspects, lanes):
                    lost += "not judged" in dict(unit.result.counts)
                    if lost > MOST_LOST:
                        why = unit.result.differing[0].text
                        raise Stopped(f"{lost} seeds could not be judged, last seed {unit.result.first}: {why}")
                    yield unit


def _until_trouble(
    work: Work, todo: Iterator[range], lanes: Lanes, deadline: float, suspects: deque[range]
) -> Iterator[Unit]:
    """Run units until there are no more, or one fails; those that fail, or are running then, become suspects."""
    running: dict[Future[Unit], range] = {}
    while True:
        while len(running) < lanes.count * 2 and not suspects and time.monotonic() < deadline:
            seeds = next(todo, None)
            if seeds is None:
                break
            try:
                running[lanes.executor.submit(work, seeds)] = seeds
            except BrokenExecutor:
                suspects.append(seeds)
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            seeds = running.pop(future)
            try:
                unit = future.result()
            except CancelledError:
                raise Stopped("the executor cancelled a unit") from None
            except Exception:
                suspects.append(seeds)
            else:
                yield unit


def _one_by_one(work: Work, suspects: deque[range], lanes: Lanes) -> Iterator[Unit]:
    """Run suspects alone, and those that fail again in halves, until there are none or the executor is broken."""
    broken = False
    while suspects and not broken:
        seeds = suspects.popleft()
        try:
            unit = lanes.executor.submit(work, seeds).result()
        except CancelledError:
            raise Stopped("the executor cancelled a unit") from None
        except Exception as error:
            broken = isinstance(error, BrokenExecutor)
            if len(seeds) > 1:
                middle = len(seeds) // 2
                suspects.extendleft((seeds[middle:], seeds[:middle]))
            else:
                yield _lost(work.identity, seeds[0], f"{type(error).__name__}: {error}".splitlines()[0])
        else:
            yield unit


def _lost(identity: Identity, seed: int, reason: str) -> Unit:
    """The unit of one seed that no process survived."""
    blame = Differing(seed, "0" * 16, "not judged", "errors", reason, "")
    result = UnitResult(
        first=seed,
        last=seed,
        version=identity.generator,
        programs=1,
        steps=0,
        digest="0" * 32,
        counts=((blame.key, 1),),
        differing=(blame,),
    )
    return Unit(identity, result, 0.0, 0)
