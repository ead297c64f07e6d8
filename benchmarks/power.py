"""`python -m benchmarks.power [FAULT ...]`: how soon planted faults are found, by the suite and by a campaign.

Each fault of `conformance/tests/faults.py` is planted in refgrad, and the programs of the catalogue (its examples and a
few generated ones of every behaviour, in its order) and those of the seeds are run until one differs. Found
is only what the sound refgrad does not show. The campaign's find is made small by our reducer, as `promote` does it.
Every engine runs in a process of its own, so the seconds are those of an isolated run on a machine with other work.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from gradconform.catalogue.registry import behaviours
from gradconform.fuzz.generator import VERSION, program
from gradconform.fuzz.shrinking import Shrunk, shrunk
from gradconform.judge import Settings, programs_of
from gradoracle.compare import compare
from gradoracle.exactness import measure
from gradoracle.program import Program
from gradoracle.worker import Worker

TESTS = str(Path(__file__).resolve().parent.parent / "conformance" / "tests")
TORCH, REFGRAD, FAULTY = "gradoracle.torch_engine:cpu", "gradconform.adapters.refgrad:engine", "faulty_engine:engine"


@dataclass(frozen=True)
class Find:
    """The first program that shows a fault, how many were run until then, and how long that took."""

    program: Program
    programs: int
    seconds: float


def first(given: Iterable[Program], oracle: Worker, faulty: Worker, sound: Worker, limit: float) -> Find | None:
    """The first program on which the faulty engine differs and the sound one does not."""
    started = time.monotonic()
    for number, one in enumerate(given, 1):
        oracle.send(one)
        faulty.send(one)
        expected, got = oracle.receive(), faulty.receive()
        how = measure(one)
        if compare(expected, got, how) and not compare(expected, sound.run(one), how):
            return Find(one, number, time.monotonic() - started)
        if time.monotonic() - started > limit:
            return None
    return None


def of_suite(examples: int) -> Iterator[Program]:
    """The programs of every behaviour."""
    for behaviour in behaviours().values():
        yield from programs_of(behaviour, Settings(max_examples=examples))


def of_seeds(most: int) -> Iterator[Program]:
    """The programs of the seeds."""
    yield from (program(seed) for seed in range(most))


def summary(name: str, finds: list[Find | None]) -> str:
    """Share found, median programs and seconds."""
    found = [one for one in finds if one is not None]
    if not found:
        return f"{name:9} 0/{len(finds)}"
    return (
        f"{name:9} {len(found)}/{len(finds)} found, median {median(one.programs for one in found):,.0f} programs, "
        f"{median(one.seconds for one in found):.1f} s"
    )


def main() -> None:
    sys.path.insert(0, TESTS)
    from faults import EVERY

    parser = argparse.ArgumentParser(description="Planted faults: found by the suite, found by a campaign.")
    parser.add_argument("faults", nargs="*", help="ids; default: all")
    parser.add_argument("--programs", type=int, default=2000, help="seeds that a fault is given")
    parser.add_argument("--examples", type=int, default=3, help="generated programs of each behaviour")
    parser.add_argument("--seconds", type=float, default=60.0, help="time that a fault is given, for either")
    given = parser.parse_args()
    chosen = [one for one in EVERY if not given.faults or one.id in given.faults]
    suite: list[Find | None] = []
    campaign: list[Find | None] = []
    small: list[Shrunk] = []
    print(f"{len(chosen)} faults, generator {VERSION}")
    print(f"{'fault':36} {'suite':>8} {'s':>6} {'campaign':>9} {'s':>6} {'shrunk to':>10} {'executions':>11}  shown by")
    with Worker(TORCH) as oracle, Worker(REFGRAD) as sound:
        for fault in chosen:
            os.environ["PLANTED_FAULT"] = fault.id
            with Worker(FAULTY, (TESTS,)) as faulty:
                by_suite = first(of_suite(given.examples), oracle, faulty, sound, given.seconds)
                by_seeds = first(of_seeds(given.programs), oracle, faulty, sound, given.seconds)
                less = None if by_seeds is None else shrunk(by_seeds.program, oracle, faulty, 300)
            suite.append(by_suite)
            campaign.append(by_seeds)
            cells = [(f"{one.programs:,}", f"{one.seconds:.1f}") if one else ("-", "-") for one in (by_suite, by_seeds)]
            made = ("-", "-", "")
            if less is not None:
                small.append(less)
                made = (str(len(less.program)), str(less.executions), less.key)
            (a, b), (c, e) = cells
            print(f"{fault.id:36} {a:>8} {b:>6} {c:>9} {e:>6} {made[0]:>10} {made[1]:>11}  {made[2][:60]}", flush=True)
    print(summary("suite", suite))
    print(summary("campaign", campaign))
    if small:
        sizes, runs = median(len(one.program) for one in small), median(one.executions for one in small)
        print(f"shrunk    median {sizes:.0f} statements after {runs:.0f} executions")


if __name__ == "__main__":
    main()
