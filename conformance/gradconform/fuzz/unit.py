"""A unit of a campaign: a range of seeds, run on an engine and on the oracle, and what came of it."""

from __future__ import annotations

import atexit
import hashlib
import marshal
from collections import Counter
from dataclasses import dataclass

from gradconform.engines import EngineSpec
from gradconform.explain import explanation
from gradconform.fuzz.generator import VERSION, program
from gradoracle.compare import Difference, compare
from gradoracle.exactness import measure
from gradoracle.program import Program
from gradoracle.trace import Trace
from gradoracle.worker import Worker

KEPT = 3
"""Programs of one key that a unit keeps; the others are counted."""

_MODULUS = 1 << 128


@dataclass(frozen=True, slots=True)
class Differing:
    """A program on which the engine differs from the oracle.

    `program` is its id. `key` is the same for programs that show the same thing: the level, the observable and the node
    of the first difference. `text` says in one line what differs first, `finding` which finding accounts for it, ""
    where none does.
    """

    seed: int
    program: str
    key: str
    level: str
    text: str
    finding: str


@dataclass(frozen=True, slots=True)
class UnitResult:
    """What came of the seeds from `first` to `last`, `last` included.

    `version` is the generator's. `steps` counts the steps that the oracle took. `counts` says how many programs
    differ by key, sorted; `differing` holds the first `KEPT` of each key, by seed. `digest` depends on the programs and
    on what engine and oracle gave, and on nothing else; see `joined`.
    """

    first: int
    last: int
    version: int
    programs: int
    steps: int
    digest: str
    counts: tuple[tuple[str, int], ...]
    differing: tuple[Differing, ...]


def joined(digests: list[str]) -> str:
    """The digest of several units together: the same however the seeds were divided into units."""
    return f"{sum(int(digest, 16) for digest in digests) % _MODULUS:032x}"


def run_unit(engine: EngineSpec, oracle: EngineSpec, seeds: range) -> UnitResult:
    """Run the programs of a range of seeds, and compare.

    A program that kills or hangs one of the two counts as differing. Raises `gradoracle.worker.WorkerError` when one of
    them cannot be made, `ValueError` for an empty range or one with gaps.
    """
    if not seeds or seeds.step != 1:
        raise ValueError("a unit is a range of at least one seed, without gaps")
    tested, truth = _worker(engine), _worker(oracle)
    digests: list[str] = []
    steps = 0
    counts: Counter[str] = Counter()
    kept: list[Differing] = []
    for seed in seeds:
        made = program(seed)
        truth.send(made)
        tested.send(made)
        expected, got = truth.receive(), tested.receive()
        steps += len(expected.steps)
        digests.append(_digest(seed, expected, got))
        differences = compare(expected, got, measure(made))
        if differences:
            one = _differing(seed, made, differences, expected, engine.name)
            counts[one.key] += 1
            if counts[one.key] <= KEPT:
                kept.append(one)
    return UnitResult(
        seeds[0], seeds[-1], VERSION, len(seeds), steps, joined(digests), tuple(sorted(counts.items())), tuple(kept)
    )


def _digest(seed: int, expected: Trace, got: Trace) -> str:
    told = marshal.dumps((seed, VERSION, expected.to_data(), got.to_data()), 2)
    return hashlib.blake2b(told, digest_size=16).hexdigest()


def _differing(
    seed: int, made: Program, differences: tuple[Difference, ...], expected: Trace, engine: str
) -> Differing:
    first = differences[0]
    return Differing(
        seed,
        made.id,
        f"{first.level} {first.signature[1]}",
        first.level,
        f"{first.where}: expected {first.expected}, got {first.got}",
        explanation(made, differences, expected, engine) or "",
    )


_workers: dict[str, Worker] = {}


def _worker(spec: EngineSpec) -> Worker:
    """The worker of an engine, kept for the units to come."""
    if spec.factory not in _workers:
        worker = Worker(spec.factory)
        worker.__enter__()
        atexit.register(worker.close)
        _workers[spec.factory] = worker
    return _workers[spec.factory]
