"""A unit of a campaign: a range of seeds, run on an engine and on the oracle, and what came of it."""

from __future__ import annotations

import dataclasses
import gc
import hashlib
import marshal
from collections import Counter
from dataclasses import dataclass
from typing import Any

from gradconform.campaign.forked import Died, Note, forked
from gradconform.engines import EngineSpec
from gradconform.explain import explanation
from gradconform.fuzz.generator import VERSION, program
from gradconform.fuzz.grouping import group
from gradoracle.compare import ENDS, Difference, compare
from gradoracle.engine import Engine
from gradoracle.exactness import measure
from gradoracle.interpreter import Lowered, lower, run
from gradoracle.program import Program
from gradoracle.trace import Trace
from gradoracle.worker import load

BATCH = 2000
"""Programs for one child: a fork costs as much as ten or twenty of them."""
TURN = 32
"""Programs that one engine runs before the other has its turn: each finds its own code in the processor's caches."""
UNSUPPORTED = "unsupported"
"""The level of a program that asks for what the engine declares to lack: no difference."""
DEATHS = ("crash", "timeout")
"""How the key of a program begins that killed or hung its process."""
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
    """Run the programs of a range of seeds in children of this process, which makes engine and oracle, and compare.

    A program that kills or hangs one of the two counts as differing. Raises `ValueError` for an empty range or one with
    gaps, and whatever making an engine raises.
    """
    if not seeds or seeds.step != 1:
        raise ValueError("a unit is a range of at least one seed, without gaps")
    tested, truth = loaded(engine), loaded(oracle)
    digests: list[str] = []
    counts: Counter[str] = Counter()
    kept: list[Differing] = []
    steps = 0
    for result in forked(seeds, lambda part, note: _compared(tested, truth, engine.name, part, note), BATCH):
        if isinstance(result, Died):
            found = [death(result, program(result.number), engine.name, truth)]
            digests.append(_digest((result.number, result.ending)))
        else:
            digest, taken, rows, more = result
            digests.append(digest)
            steps += taken
            counts.update(dict(more))
            found = [Differing(*row) for row in rows]
        for one in found:
            counts[one.key] += 1
            if sum(other.key == one.key for other in kept) < KEPT:
                kept.append(one)
    return UnitResult(
        seeds[0], seeds[-1], VERSION, len(seeds), steps, joined(digests), tuple(sorted(counts.items())), tuple(kept)
    )


def _compared(tested: Engine, truth: Engine, name: str, part: range, note: Note) -> Any:
    """The digest of some seeds, the steps taken, rows of `Differing` and how often a key was met beyond those."""
    total = steps = 0
    rows: list[Any] = []
    counts: Counter[str] = Counter()
    more: Counter[str] = Counter()
    # What a program leaves behind goes with this process; looking for cycles in time would cost a tenth of it.
    gc.disable()
    for start in range(0, len(part), TURN):
        seeds = part[start : start + TURN]
        programs = [program(seed) for seed in seeds]
        ready = [lower(made) for made in programs]
        oracle = [_noted(note, seed, made, truth) for seed, made in zip(seeds, ready, strict=True)]
        engine = [_noted(note, seed, made, tested) for seed, made in zip(seeds, ready, strict=True)]
        for seed, made, expected, got in zip(seeds, programs, oracle, engine, strict=True):
            steps += len(expected.steps)
            same = expected == got
            total += int(_digest((seed, expected.to_data(), None if same else got.to_data())), 16)
            one = None if same else judged(seed, made, expected, got, name)
            if one is None:
                continue
            counts[one.key] += 1
            if counts[one.key] <= KEPT:
                rows.append(dataclasses.astuple(one))
            else:
                more[one.key] += 1
    return f"{total % _MODULUS:032x}", steps, rows, tuple(more.items())


def _noted(note: Note, seed: int, made: Lowered, engine: Engine) -> Trace:
    """Run a program, and leave word of its seed first, in case it is the last that this process does."""
    note(seed)
    return run(made, engine)


def judged(seed: int, made: Program, expected: Trace, got: Trace, engine: str) -> Differing | None:
    """What a program's two traces come to; None where a user could not tell them apart.

    Of what the engine lacks, a row of the level `UNSUPPORTED` tells, unless the engine differs before it gets there.
    """
    found = compare(expected, got, measure(made))
    if got.ending[0] == UNSUPPORTED:
        found = tuple(one for one in found if one.where not in ENDS)
        if not found:
            lacks = str(got.ending[1])
            return Differing(seed, made.id, f"{UNSUPPORTED} {lacks}", UNSUPPORTED, lacks, "")
    if not found:
        return None
    finding = explanation(made, found, expected, engine) or ""
    key = group(made, expected, found[0]) + (f" ({finding})" if finding else "")
    return Differing(seed, made.id, key, found[0].level, _line(found[0]), finding)


def _line(first: Difference) -> str:
    return f"{first.where}: expected {first.expected}, got {first.got}"


def _digest(told: Any) -> str:
    return hashlib.blake2b(marshal.dumps((VERSION, told), 2), digest_size=16).hexdigest()


def death(died: Died, made: Program, engine: str, truth: Engine) -> Differing:
    """What a program comes to that killed or hung the process of engine and oracle.

    The oracle runs it once more, alone: a finding accounts for its death, and nothing for that of the engine.
    """
    (alone,) = forked(range(1), lambda part, note: run(lower(made), truth).finished)
    who = "oracle" if isinstance(alone, Died) else "engine"
    finding = None
    if who == "oracle" and died.ending[0] == "crash":
        finding = explanation(made, (), Trace((), died.ending), engine)
    key = " ".join(map(str, died.ending))
    return Differing(died.number, made.id, key, "errors", f"the process of the {who} ended: {key}", finding or "")


_engines: dict[str, Engine] = {}


def loaded(spec: EngineSpec) -> Engine:
    """The engine of a name in this process, made once."""
    if spec.factory not in _engines:
        _engines[spec.factory] = load(spec.factory)
    return _engines[spec.factory]
