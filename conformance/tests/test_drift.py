"""The register of drift: true in the environments that are there and in those that are recorded, and no wider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from gradconform.catalogue.drift.finding import COMPILED, V2_11, V2_13, V2_15, DriftFinding, told_with_warnings
from gradconform.catalogue.drift.register import DISAGREE, DRIFT
from gradconform.commands.common import WIDTH, apart
from gradconform.drifting import explaining_drift
from gradoracle.compare import Difference, compare
from gradoracle.exactness import measure
from gradoracle.parse import parse_program
from gradoracle.recorded import shipped
from gradoracle.recorded.corpus import Corpus, Entry, write_corpus
from gradoracle.recorded.drift import CHANGED, Drift, drift, telling, up_to
from gradoracle.recorded.recording import release
from gradoracle.trace import Step, Trace
from gradoracle.worker import Worker

ROWS = [one for one in DRIFT if one.id != DISAGREE]
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda one: one.id)


@pytest.fixture(scope="module")
def live() -> Iterator[dict[str, Worker]]:
    """PyTorch as it is installed, eager and compiled, by the name that a recording of it would have."""
    pytest.importorskip("torch")
    with Worker("gradoracle.torch_engine:cpu") as eager, Worker("gradoracle.compiled:engine") as compiled:
        version = release(eager.environment["version"])
        yield {f"torch:cpu@{version}": eager, f"torch-compile:cpu@{version}": compiled}


def recorded(row: DriftFinding) -> dict[str, Trace]:
    """What recordings say of a row's program, by environment."""
    if not shipped.CORPUS.exists():
        pytest.skip("no corpus is shipped")
    number = shipped.corpus().numbers.get(parse_program(row.program).id)
    if number is None:
        pytest.skip("the row is newer than the corpus")
    there = [one for one in shipped.recordings() if one.name in row.outcome and one.digest(number) is not None]
    return {one.name: one.trace(number) for one in there}


def account_for_themselves(row: DriftFinding, traces: dict[str, Trace]) -> None:
    """That the row explains what its own program shows between the environments that differ on it."""
    program = parse_program(row.program)
    for name, trace in traces.items():
        if V2_13 in traces and row.tells_apart(V2_13, name):
            shown = telling(compare(traces[V2_13], trace, measure(program)))
            found = [explaining_drift(up_to(program, one), one, (V2_13, name)) for one in shown]
            assert found
            assert {one.id if one else "nothing" for one in found} == {row.id}


def test_ids_are_unique() -> None:
    assert len({one.id for one in DRIFT}) == len(DRIFT)


@each_row
def test_rows_tell_environments_apart(row: DriftFinding) -> None:
    assert len(set(row.outcome.values())) > 1
    assert (COMPILED in row.outcome) == bool(row.script)


@each_row
def test_outcomes_are_what_pytorch_does(row: DriftFinding, live: dict[str, Worker]) -> None:
    traces = {name: worker.run(parse_program(row.program)) for name, worker in live.items() if name in row.outcome}
    if not traces:
        pytest.skip("nothing is known of this version of PyTorch")
    assert {name: row.outcome[name] for name in traces} == {
        name: told_with_warnings(trace) for name, trace in traces.items()
    }
    account_for_themselves(row, traces)


@each_row
def test_outcomes_are_what_is_recorded(row: DriftFinding) -> None:
    traces = recorded(row)
    assert {name: row.outcome[name] for name in traces} == {
        name: told_with_warnings(trace) for name, trace in traces.items()
    }
    account_for_themselves(row, traces)


@dataclass(frozen=True)
class Seen:
    level: str
    where: str
    expected: str
    got: str


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (Seen("values", "x.grad", "tensor([1.])", "tensor([2.])"), "torch.exp(x)"),
        (Seen("values", "value", "None", "tensor([1.])"), "x.grad"),
        (Seen("values", "f is called with[0]", "tensor([1.])", "tensor([2.])"), "x.register_hook(f)"),
        (Seen("state", "x.version", "0", "1"), "torch.exp(x)"),
        (Seen("state", "x.is_view", "False", "True"), "torch.exp(x)"),
        (Seen("state", "events", "call f, return f", "nothing happened"), "x.register_hook(f)"),
        (Seen("state", "events", "print 1", "print 1, print 2"), "f(x)"),
        (Seen("state", "shared memory", "x=y", "nothing"), "x.view(1)"),
        (Seen("errors", "outcome", "None", "RuntimeError: no"), "x.backward()"),
        (Seen("errors", "outcome", "AttributeError: 'MulBackward0' object has no attribute 'name'", "None"), "x.name"),
        (Seen("errors", "error", "RuntimeError: this", "TypeError: that"), "x.imag"),
        (Seen("errors", "order of steps", "step (1, 0)", "step (1,)"), "torch.exp(x)"),
        (Seen("messages", "error text", "output 0 of Exp", "output 1 of Exp"), "x.backward()"),
        (Seen("messages", "warnings", "UserWarning: a", "no warning"), "x.var()"),
        (Seen("messages", "output", "1", "2"), "print(x)"),
        (Seen("graph", "y.grad_fn", "<MulBackward0>", "<DivBackward0>"), "x * 2"),
        (Seen("graph", "y.graph", "CopySlices(MulBackward0)", "CopySlices(DivBackward0)"), "x[0]"),
    ],
)
@pytest.mark.parametrize("other", [V2_11, V2_15, COMPILED])
def test_what_no_row_is_about_is_explained_by_none(shown: Seen, text: str, other: str) -> None:
    program = parse_program(f"x = torch.ones(1)\ndef f(t):\n    return t\n{text}\n")
    free = other == COMPILED and shown.where in ("x.version", "x.is_view")
    found = explaining_drift(program, shown, (V2_13, other))
    assert (["compiled-gradients-are-made-otherwise"] if free else []) == ([found.id] if found else [])


# How differences are grouped


@dataclass(frozen=True)
class Told:
    """An environment that is written down here."""

    name: str
    traces: tuple[Trace, ...]

    def digest(self, number: int) -> bytes:
        return self.traces[number].digest

    def trace(self, number: int) -> Trace:
        return self.traces[number]


def told(*outcomes: str) -> Trace:
    return Trace(tuple(Step((at,), ("value", ("str", text))) for at, text in enumerate(outcomes)))


@pytest.fixture
def corpus(tmp_path) -> Corpus:  # type: ignore[no-untyped-def]
    texts = ("a = 1\nb = 2\nc = 3\n", "torch.exp(1)\nd = 4\n", "torch.sin(1)\n")
    write_corpus(tmp_path / "corpus.gcc", [Entry(parse_program(text), ("some",), True) for text in texts], {})
    return Corpus.open(tmp_path / "corpus.gcc")


FIRST = Told("first", (told("1", "2", "3"), told("one", "4"), told("one")))
SECOND = Told("second", (told("1", "2", "other"), told("two", "4"), told("two")))


def named(program: object, difference: Difference) -> str:
    return "exp" if "exp" in repr(program) else ""


def test_a_group_is_told_by_the_program_that_shows_it_soonest_and_up_to_there(corpus: Corpus) -> None:
    found: Drift = drift(corpus, FIRST, SECOND)
    [group] = found.groups
    assert (group.kind, group.programs, group.number, group.text) == (CHANGED, 3, 1, "torch.exp(1)\n")
    assert (found.compared, found.differing) == (3, 3)


def test_what_is_known_hides_nothing_else(corpus: Corpus) -> None:
    found = drift(corpus, FIRST, SECOND, cause=named)
    assert [(group.programs, group.text) for group in found.groups] == [(2, "torch.sin(1)\n"), (1, "torch.exp(1)\n")]


def test_of_a_step_that_ends_otherwise_the_end_is_told() -> None:
    printed = Difference("state", 4, (4,), "events", "print 1", "nothing happened")
    end = Difference("errors", 4, (4,), "outcome", "None", "RuntimeError: no")
    later = Difference("errors", 5, (5,), "outcome", "None", "RuntimeError: no")
    graph = Difference("graph", 6, (6,), "y.grad_fn", "<A>", "<B>")
    assert telling((printed, end, later, graph)) == (end, graph)
    assert telling((printed, later)) == (printed,)
    assert telling(()) == ()


def test_long_texts_are_shown_where_they_part() -> None:
    same = "word " * WIDTH
    one, other = apart(f"{same}left", f"{same}right")
    assert one != other
    assert one.endswith("left")
    assert other.endswith("right")
    assert max(len(one), len(other)) < WIDTH
    assert apart("a", "b") == ("a", "b")
