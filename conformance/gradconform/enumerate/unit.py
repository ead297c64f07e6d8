"""A unit of an enumeration: a range of numbers, their programs run on an engine and on the oracle, and what came of it.

Each program is compared by what its last step did and by everything that can be seen when it is done. What the steps
before did and left behind needs no look of its own, which would disturb: each beginning of a program is a program too.
A program that differs is run again by the interpreter, and that comparison is the one that is told.
"""

from __future__ import annotations

import gc
import hashlib
import marshal
import warnings
from collections import Counter
from typing import Any

from gradconform.campaign.forked import Died, Note, forked
from gradconform.engines import EngineSpec
from gradconform.enumerate.compiled import compiled
from gradconform.enumerate.space import Listed, listed
from gradconform.enumerate.state import state, told
from gradconform.enumerate.vocabulary import LEAF, VERSION
from gradconform.explain import explanation
from gradconform.fuzz.unit import KEPT, UNSUPPORTED, Differing, UnitResult, death, joined
from gradoracle.compare import compare
from gradoracle.engine import Engine, Unsupported
from gradoracle.exactness import measure
from gradoracle.interpreter import run
from gradoracle.normalise import normalise
from gradoracle.running import Run, scope_of
from gradoracle.trace import Fact
from gradoracle.worker import load


class Runner:
    """Runs programs of the space on one engine in this process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._run = Run(engine, [], None)

    def facts(self, program: Listed, seen: list[warnings.WarningMessage]) -> Fact:
        """What the last step gave, raised and warned of, and the state it left. `seen` collects warnings.

        Raises `gradoracle.engine.Unsupported`.
        """
        scope = scope_of(self._run)
        outcome: Fact = ()
        compiled(LEAF)(scope)
        for step in program.steps:
            action = compiled(step.text)
            seen.clear()
            try:
                given = action(scope)
            except Exception as error:
                outcome = told(error)
            else:
                outcome = ("value", *map(self._value, given)) if type(given) is tuple else ()
        warned = tuple((one.category.__name__, normalise(str(one.message))) for one in seen)
        seen.clear()
        return (outcome, warned, state(self.engine, tuple(scope.values())))

    def _value(self, value: Any) -> Fact:
        return self.engine.tensor_fact(value) if self.engine.is_tensor(value) else ("none",)


def run_unit(engine: EngineSpec, oracle: EngineSpec, numbers: range, longest: int) -> UnitResult:
    """Run the programs of a range of numbers, among those of at most `longest` steps, and compare.

    A program that kills or hangs one of the two counts as differing. Raises whatever making an engine raises.
    """
    tested, truth = _engine(engine), _engine(oracle)
    digests: list[str] = []
    counts: Counter[str] = Counter()
    kept: list[Differing] = []
    steps = 0

    def body(part: range, note: Note) -> Any:
        return _compared(Runner(tested), Runner(truth), part, longest, note)

    for result in forked(numbers, body):
        if isinstance(result, Died):
            made = next(listed(longest, result.number, result.number + 1)).program()
            found = [death(result, made, engine.name, truth)]
            digests.append(_digest((result.number, result.ending)))
        else:
            digest, taken, rows = result
            digests.append(digest)
            steps += taken
            found = [Differing(*row) for row in rows]
        for one in found:
            counts[one.key] += 1
            if counts[one.key] <= KEPT:
                kept.append(one)
    return UnitResult(
        numbers[0], numbers[-1], VERSION, len(numbers), steps, joined(digests), tuple(sorted(counts.items())),
        tuple(kept),
    )  # fmt: skip


def _compared(tested: Runner, truth: Runner, part: range, longest: int, note: Note) -> Any:
    digests: list[str] = []
    rows: list[Any] = []
    steps = 0
    # What programs leave behind goes with this process; looking for cycles in time would cost a tenth of it.
    gc.disable()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        tested.engine.reset()
        truth.engine.reset()
        for number, program in zip(part, listed(longest, part[0], part[-1] + 1), strict=True):
            note(number)
            expected = truth.facts(program, seen)
            try:
                got = tested.facts(program, seen)
            except Unsupported as error:
                got = (UNSUPPORTED, str(error))
            steps += len(program.steps) + 1
            same = expected == got
            digests.append(_digest((number, expected, None if same else got)))
            row = None if same else _differing(number, program, tested, truth, lacking=got[0] == UNSUPPORTED)
            if row is not None:
                rows.append(row)
    return joined(digests), steps, rows


def _digest(told: Any) -> str:
    return hashlib.blake2b(marshal.dumps((VERSION, told), 2), digest_size=16).hexdigest()


def _differing(number: int, listed: Listed, tested: Runner, truth: Runner, lacking: bool) -> tuple[Any, ...] | None:
    """A row of `Differing` for a program, by the interpreter's comparison.

    None where the engine is only `lacking` something that cannot be read of it, and the rest agrees.
    """
    program = listed.program()
    expected, got = run(program, truth.engine), run(program, tested.engine)
    if got.ending[0] == UNSUPPORTED:
        lacks = str(got.ending[1])
        return (number, program.id, f"{UNSUPPORTED} {lacks}", UNSUPPORTED, lacks, "")
    found = compare(expected, got, measure(program))
    if not found and lacking:
        return None
    if not found:
        text = "the steps alone differ, the same steps with `observe` after them do not"
        return (number, program.id, "errors not seen again", "errors", text, "")
    first = found[0]
    text = f"{first.where}: expected {first.expected}, got {first.got}"
    finding = explanation(program, found, expected, tested.engine.id) or ""
    key = f"{first.level} {first.signature[1]} after {listed.last}{f' ({finding})' if finding else ''}"
    return (number, program.id, key, first.level, text, finding)


_engines: dict[str, Engine] = {}


def _engine(spec: EngineSpec) -> Engine:
    if spec.factory not in _engines:
        _engines[spec.factory] = load(spec.factory)
    return _engines[spec.factory]
