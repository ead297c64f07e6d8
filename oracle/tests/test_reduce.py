"""The reducer: what remains is small, still fails, and costs few executions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gradoracle import program as p
from gradoracle.limits import problems
from gradoracle.names import undefined
from gradoracle.parse import parse_program
from gradoracle.program import Program
from gradoracle.reduce import Reduced, reduce, renamed
from gradoracle.source import source

LONG = """\
x = torch.tensor([[1.5, 2.25], [3.0, 4.0]], requires_grad=True, dtype=torch.float64)
w = torch.randn(2, 2, requires_grad=True)
def hook(g):
    print(g)
    return g * 2
y = x * 2 + 1
z = y @ w
h = z.register_hook(hook)
with torch.no_grad():
    k = z + 1
    v = y.view(-1)
q = z.sin().cos() * y
s = q.sum()
s.backward(retain_graph=True)
observe(x, y, z, w)
s.backward()
observe(x, facets="value grad")
"""

SINE = "a = torch.ones(())\na.sin()\n"

Predicate = Callable[[Program], bool]


def contains(*needles: str) -> Predicate:
    """A failure that needs these pieces of text in the program."""
    return lambda program: all(needle in source(program) for needle in needles)


def calls(program: Program, *names: str) -> bool:
    """Whether a chain of calls leads from a creation to each name: a failure that needs the flow of data."""
    made: dict[str, set[str]] = {}
    for statement in program.walk():
        found = {expr.name for expr in p.expressions(statement) if isinstance(expr, p.Attr)}
        for expr in p.expressions(statement):
            if isinstance(expr, p.Ref):
                found |= made.get(expr.name, set())
        if isinstance(statement, p.Assign) and isinstance(statement.targets[0], p.Ref):
            made[statement.targets[0].name] = found
        if found >= set(names):
            return True
    return False


CASES: dict[str, tuple[Predicate, str]] = {
    "one call": (
        contains(".sin()", ".backward("),
        "a = torch.tensor(1.0)\nb = a.sin()\nb.backward()\n",
    ),
    "flow": (
        lambda program: calls(program, "sin", "sum", "backward"),
        "a = torch.tensor(1.0)\nb = a.sin()\nc = b.sum()\nc.backward()\n",
    ),
    "inside a block": (contains("torch.no_grad", ".view("), ""),
    "twice": (
        lambda program: source(program).count(".backward(") == 2 and "requires_grad" in source(program),
        "a = torch.tensor(1.0, requires_grad=True)\na.backward()\na.backward()\n",
    ),
    "hook": (contains("register_hook(hook)", "def hook"), ""),
    "facet": (
        lambda program: any(
            isinstance(item, p.Observe) and (not item.facets or "is_view" in item.facets) for item in program.walk()
        ),
        'a = torch.tensor(1.0)\nobserve(a, facets="is_view")\n',
    ),
}


def run(text: str, fails: Predicate, limit: int = 400) -> tuple[Reduced, list[Program]]:
    asked: list[Program] = []

    def record(program: Program) -> bool:
        asked.append(program)
        return fails(program)

    return reduce(parse_program(text), record, limit), asked


@pytest.mark.parametrize("case", CASES)
def test_what_remains_is_small_and_cheap(case: str) -> None:
    fails, expected = CASES[case]
    reduced, asked = run(LONG, fails)
    assert fails(reduced.program)
    if expected:
        assert source(reduced.program) == expected
    assert len(list(reduced.program.walk())) <= 5
    assert reduced.executions == len(asked) <= 100


@pytest.mark.parametrize("case", CASES)
def test_candidates_are_legal_and_never_repeated(case: str) -> None:
    _, asked = run(LONG, CASES[case][0])
    identities = [program.id for program in asked]
    assert len(set(identities)) == len(identities)
    assert parse_program(LONG).id not in identities
    for program in asked:
        assert not list(problems(program))
        assert not list(undefined(program))
        assert parse_program(source(program)) == program


@pytest.mark.parametrize("case", CASES)
def test_no_statement_of_the_result_can_be_left_out(case: str) -> None:
    fails, _ = CASES[case]
    program = run(LONG, fails)[0].program
    for index in range(len(program)):
        rest = Program(program.statements[:index] + program.statements[index + 1 :])
        legal = rest.statements and not list(undefined(rest))
        assert not (legal and fails(rest))


def test_it_is_deterministic() -> None:
    fails = CASES["flow"][0]
    first, asked = run(LONG, fails)
    second, again = run(LONG, fails)
    assert first == second
    assert asked == again


@pytest.mark.parametrize("limit", [0, 1, 5])
def test_the_limit_of_executions_holds(limit: int) -> None:
    fails = CASES["flow"][0]
    reduced, asked = run(LONG, fails, limit)
    assert len(asked) == reduced.executions <= limit
    assert reduced.program == parse_program(LONG) or fails(reduced.program)


def test_a_program_that_cannot_shrink_stays() -> None:
    reduced, _ = run(LONG, lambda _: False)
    assert reduced.program == parse_program(LONG)


def test_errors_of_the_predicate_pass_through() -> None:
    def broken(program: Program) -> bool:
        raise OSError("no engine")

    with pytest.raises(OSError, match="no engine"):
        reduce(parse_program(LONG), broken)


@pytest.mark.parametrize(
    ("text", "needles", "expected"),
    [
        ("try:\n    x = torch.ones(2)\n    x.sin()\nfinally:\n    print(1)", [".sin()"], SINE),
        ("for i in range(3):\n    x = torch.ones(2)\n    x.sin()", [".sin()"], SINE),
        ("x = torch.ones(2)\nif x.sum() > 1:\n    pass\nelse:\n    x.sin()", [".sin()"], SINE),
        ("x = torch.ones((2, 3))\ny = torch.zeros(2, 3)\n(x + y).sin()", ["+"], "a = torch.ones(())\na + a\n"),
        ("x = torch.ones(2)\nwith torch.no_grad(), torch.enable_grad():\n    x.sin()", ["enable_grad", "sin"], None),
    ],
)
def test_blocks_and_shapes_shrink(text: str, needles: list[str], expected: str | None) -> None:
    reduced, _ = run(text, contains(*needles))
    expected = expected or "a = torch.ones(())\nwith torch.enable_grad():\n    a.sin()\n"
    assert source(reduced.program) == expected


def test_shapes_shrink_together() -> None:
    def sizes(program: Program) -> list[tuple[int, ...]]:
        """The shapes of the tensors that a program makes, matrices only."""
        found = []
        for statement in program.walk():
            match statement:
                case p.Assign(_, p.Call(p.Global("torch.tensor"), (p.Seq(_, rows),))) if isinstance(rows[0], p.Seq):
                    found.append((len(rows), len(rows[0].items)))
                case p.Assign(_, p.Call(p.Global("torch.ones"), (p.Lit(int(first)), p.Lit(int(second))))):
                    found.append((first, second))
                case _:
                    pass
        return found

    text = "x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])\nw = torch.ones(2, 3)\nx * w"
    # A failure that needs two matrices of the same shape, one of each kind.
    reduced, _ = run(text, lambda program: len(found := sizes(program)) == 2 and found[0] == found[1])
    assert source(reduced.program) == "a = torch.tensor([[1.0]])\nb = torch.ones(1, 1)\n"


def test_renaming_is_consistent_and_leaves_functions_alone() -> None:
    program = parse_program(
        "first = torch.ones(2)\ndef func(a, other=first):\n    return a + second\nsecond = func(first)\n"
        "with torch.no_grad() as mode:\n    for index in range(2):\n        last = index\nobserve(last)"
    )
    assert source(renamed(program)) == (
        "b = torch.ones(2)\ndef c(a, other=b):\n    return a + d\nd = c(b)\n"
        "with torch.no_grad() as e:\n    for f in range(2):\n        g = f\nobserve(g)\n"
    )
    assert renamed(renamed(program)) == renamed(program)
