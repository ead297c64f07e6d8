"""Which part of a campaign is this machine's, and which units are still to be done."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_ARRAYS = (
    ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN"),
    ("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", ""),
)
"""Index, count and first index of an array job, by scheduler.

Kubernetes sets the index of an Indexed Job and not its size: the job file gives that as JOB_COMPLETIONS.
"""


class ShardError(ValueError):
    """A shard that cannot be understood; says what to write."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `index` of `count`, counted from 0: every `count`-th unit, so that shards take equally long."""

    index: int = 0
    count: int = 1


def shard(text: str, environment: Mapping[str, str] = os.environ) -> Shard:
    """Read `i/n`, with i from 0 to n - 1, or `auto`. Raises `ShardError`."""
    if text != "auto":
        match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
        if match is None or int(match[1]) >= int(match[2]):
            raise ShardError(f"--shard {text}: write i/n with i from 0 to n-1, such as 0/4, or auto")
        return Shard(int(match[1]), int(match[2]))
    for index, count, first in _ARRAYS:
        if index not in environment:
            continue
        if count not in environment:
            raise ShardError(f"--shard auto: {index} is set and {count} is not: set it to the number of tasks")
        try:
            here = int(environment[index]) - int(environment.get(first, "0"))
            found = Shard(here, int(environment[count]))
        except ValueError:
            raise ShardError(f"--shard auto: {index} and {count} are not numbers") from None
        if not 0 <= found.index < found.count:
            raise ShardError(
                f"--shard auto: task {environment[index]} is none of {found.count}; number the tasks in steps of 1"
            )
        return found
    names = " nor ".join(index for index, _, _ in _ARRAYS)
    raise ShardError(f"--shard auto: neither {names} is set; write --shard i/n")


def units(seeds: range, size: int, part: Shard, done: Iterable[range]) -> Iterator[range]:
    """The units of a shard that are still to be done, in order.

    Units begin at multiples of `size`, so a campaign that grows or is cut otherwise keeps what it has.
    """
    finished = sorted(done, key=lambda one: one.start)
    position = 0
    for cell in range(seeds.start // size, -(-seeds.stop // size)):
        if cell % part.count != part.index:
            continue
        start, stop = max(seeds.start, cell * size), min(seeds.stop, (cell + 1) * size)
        while position < len(finished) and finished[position].stop <= start:
            position += 1
        at = position
        while start < stop:
            if at == len(finished) or finished[at].start >= stop:
                yield range(start, stop)
                break
            if finished[at].start > start:
                yield range(start, finished[at].start)
            start = max(start, finished[at].stop)
            at += 1
