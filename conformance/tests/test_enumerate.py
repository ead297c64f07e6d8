"""The space of small programs, counted in other ways too; the quick comparison sees what the interpreter sees."""

from __future__ import annotations

import itertools
import random
import re
import warnings
from pathlib import Path

import pytest

from gradconform.engines import EngineSpec
from gradconform.enumerate import space, vocabulary
from gradconform.enumerate.space import Listed, listed, size
from gradconform.enumerate.unit import Runner, run_unit
from gradconform.fuzz.unit import joined
from gradoracle.interpreter import run
from gradoracle.parse import parse_program
from gradoracle.worker import load

HERE = Path(__file__).parent
ORACLE = EngineSpec("torch:cpu", "fauxengines:oracle")
REFGRAD = EngineSpec("refgrad", "gradconform.adapters.refgrad:engine")


@pytest.fixture(autouse=True)
def engines_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))


class TestSpace:
    def test_counted_by_tensors_instead_of_programs(self) -> None:
        """With k tensors: a product of each pair and three more ways to make one, seven ways to act on one."""
        at_depth = {1: 1}
        total = 1
        for _ in range(6):
            after: dict[int, int] = {}
            for k, ways in at_depth.items():
                after[k] = after.get(k, 0) + ways * 7 * k
                after[k + 1] = after.get(k + 1, 0) + ways * (k * (k + 1) // 2 + 3 * k)
            at_depth = after
            total += sum(after.values())

        assert total == size(6) == 247_854_709

    @pytest.mark.parametrize("longest", [1, 2, 3])
    def test_every_program_once_up_to_renaming(self, longest: int) -> None:
        """Every way to write steps with names chosen at will, cut down by naming tensors in the order they appear."""
        canonical = {named_in_order(texts) for texts in written_at_will(longest)}
        enumerated = [tuple(step.text for step in one.steps) for one in listed(longest, 0, size(longest))]

        assert len(enumerated) == len(set(enumerated)) == size(longest)
        assert canonical == set(enumerated)

    def test_programs_have_ids_of_their_own(self) -> None:
        assert len({one.program().id for one in listed(2, 0, size(2))}) == size(2) == 181

    def test_a_range_begins_where_the_one_before_ends(self) -> None:
        whole = list(listed(3, 0, size(3)))
        cuts = [0, 1, 2, 57, 58, 1500, size(3)]

        assert whole == [one for a, b in itertools.pairwise(cuts) for one in listed(3, a, b)]
        assert whole[2000:2001] == list(listed(3, 2000, 2001))

    def test_beginnings_of_programs_are_programs(self) -> None:
        whole = {one.steps for one in listed(3, 0, size(3))}

        assert all(steps[:-1] in whole for steps in whole if steps)


def written_at_will(longest: int) -> set[tuple[str, ...]]:
    """Programs with names given at will: a new tensor gets any free name, operands of a product stand in any order."""
    pool = vocabulary.NAMES[: longest + 1]
    found: set[tuple[str, ...]] = set()

    def grow(texts: tuple[str, ...], bound: tuple[str, ...]) -> None:
        found.add(texts)
        if len(texts) == longest:
            return
        for move in vocabulary.MOVES:
            for x, y in itertools.product(bound, bound):
                if move.sorted_operands and bound.index(x) > bound.index(y):
                    continue
                for new in [name for name in pool if name not in bound] if move.binds else [""]:
                    grow((*texts, move.text.format(new=new, x=x, y=y)), (*bound, new) if move.binds else bound)

    grow((), ("a",))
    return found


def named_in_order(texts: tuple[str, ...]) -> tuple[str, ...]:
    names = {"a": "a"}
    for text in texts:
        match = re.match(r"(\w) =", text)
        if match:
            names[match[1]] = vocabulary.NAMES[len(names)]
    return tuple(re.sub(r"\b([a-z])\b", lambda match: names[match[1]], text) for text in texts)


def sample(longest: int, count: int) -> list[Listed]:
    numbers = random.Random(longest).sample(range(size(longest)), count)
    return [next(listed(longest, number, number + 1)) for number in numbers]


@pytest.mark.parametrize("engine", ["fauxengines:oracle", "gradoracle.torch_engine:cpu"])
def test_the_quick_run_sees_what_the_interpreter_sees(engine: str) -> None:
    if engine.startswith("gradoracle"):
        pytest.importorskip("torch")
    subject = load(engine)
    runner = Runner(subject)
    for one in [*listed(2, 1, size(2)), *sample(5, 150)]:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            outcome, warned, (rows, (roots, nodes), _) = runner.facts(one, seen)
        *_, last, look = run(one.program(), subject).steps

        assert last.warnings == warned, one
        if last.outcome[0] == "error":
            assert ("raised", *last.outcome[1:]) == outcome, one
        elif "autograd.grad(" in one.steps[-1].text:
            assert ("value", *last.outcome[1][1:]) == outcome, one
        else:
            assert outcome == (), one
        for (_, facets), row, root in zip(look.outcome[1][1], rows, roots, strict=True):
            facts = dict(facets)
            assert plainly(facts) == row, one
            assert (facts["graph"] != ("graph", ())) == (root >= 0)
            if root >= 0:
                assert nodes[root][0] == facts["graph"][1][0][0]


def plainly(facts: dict) -> tuple:
    """The facts of an observed tensor in the form of the quick run."""
    order = ("value", "requires_grad", "is_leaf", "retains_grad", "grad", "grad_fn", "output_nr", "version", "is_view")
    row = []
    for name in order:
        fact = facts[name]
        if name == "value" or fact[0] == "raised":
            row.append(fact)
        elif fact == ("none",):
            row.append(None)
        elif fact[0] == "grad":
            row.append((fact[1], fact[2][1], None if fact[3] == ("none",) else fact[3][1]))
        else:
            row.append(fact[1])
    return tuple(row)


class TestUnit:
    def test_the_digest_of_a_range_is_that_of_its_parts(self) -> None:
        whole = run_unit(REFGRAD, ORACLE, range(size(2)), 2)
        parts = [run_unit(REFGRAD, ORACLE, range(50), 2), run_unit(REFGRAD, ORACLE, range(50, size(2)), 2)]

        assert (0, size(2) - 1, size(2), ()) == (whole.first, whole.last, whole.programs, whole.counts)
        assert joined([part.digest for part in parts]) == whole.digest
        assert parts[0].digest != whole.digest

    def test_a_lie_is_seen_in_every_program_that_shows_it(self) -> None:
        found = run_unit(EngineSpec("lying", "fauxengines:lying"), ORACLE, range(12), 1)

        assert sum(count for _, count in found.counts) == 12
        assert {"values"} == {one.level for one in found.differing}
        assert found.differing[0].text == "value: expected tensor([3.]), got tensor([4.])"
        assert found.differing[0].program == parse_program(f"{vocabulary.LEAF}\nobserve(a)").id

    def test_what_kills_the_process_is_recorded_and_the_rest_goes_on(self) -> None:
        found = run_unit(EngineSpec("crashing", "fauxengines:crashing"), ORACLE, range(size(1)), 1)
        steps = [one.steps[-1].text for one in space.listed(1, 1, size(1))]

        assert found.programs == 12
        assert (("crash SIGSEGV", 2),) == found.counts
        assert ["a.backward()", "a.backward(retain_graph=True)"] == [steps[one.seed - 1] for one in found.differing]

    def test_what_an_engine_lacks_is_said(self) -> None:
        found = run_unit(EngineSpec("lacking", "fauxengines:lacking"), ORACLE, range(size(1)), 1)

        assert (("unsupported backward", 2),) == found.counts
