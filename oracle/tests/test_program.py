"""Programs as data: identity, JSON, order of text, and the names that statements use."""

from __future__ import annotations

import json
import pickle

import pytest

from gradoracle import program as p
from gradoracle.limits import check_program
from gradoracle.names import bound_in, names_bound, names_used, undefined
from gradoracle.parse import parse_program
from gradoracle.program import Program, ProgramError


def test_literals_that_are_written_differently_differ() -> None:
    values = [1, 1.0, True, 0.0, -0.0, 0, False, None, "", "1", 1j, ...]
    programs = [Program((p.Assign((p.Ref("x"),), p.Lit(value)),)) for value in values]
    assert len({program.id for program in programs}) == len(values)
    assert len(set(programs)) == len(values)


def test_identity_is_stable() -> None:
    assert parse_program("x = torch.tensor([1.0, -2.0], requires_grad=True)").id == "3e67fa8c92c3029e"


def test_pickling_keeps_a_program() -> None:
    program = parse_program("def f(a, *b, c=1j):\n    pass\nx, y = f(-0.0)[1:, ...]\nprint(f'{x!r:>3}')")
    assert pickle.loads(pickle.dumps(program)) == program


def test_equal_records_have_equal_hashes_and_others_differ() -> None:
    assert p.Ref("x") == p.Ref("x")
    assert hash(p.Ref("x")) == hash(p.Ref("x"))
    assert p.Ref("x") != p.Global("x")
    assert p.Op("-", (p.Lit(1),)) != p.Op("-", (p.Lit(1.0),))


def test_json_keeps_a_program() -> None:
    define = "def f(a, *b, c=1j):\n    yield a[1:, ...]\n"
    program = parse_program(define + "try:\n    f(-0.0)\nfinally:\n    print(f'{f!r:>3}')")
    assert Program.from_json(program.to_json()) == program


MALFORMED = [
    "",
    "[]",
    "{}",
    '{"format": 2, "program": []}',
    '{"format": 1, "program": {}}',
    '{"format": 1, "program": [["nothing"]]}',
    '{"format": 1, "program": [["evaluate"]]}',
    '{"format": 1, "program": [["evaluate", ["lit", "int", true]]]}',
    '{"format": 1, "program": [["evaluate", ["lit", "float", "0x1p99999"]]]}',
    '{"format": 1, "program": [["evaluate", ["lit", "float", "nan"]]]}',
    '{"format": 1, "program": [["evaluate", ["lit", "str", "a string alone"]]]}',
    '{"format": 1, "program": [["evaluate", ["global", "torch.load"]]]}',
    '{"format": 1, "program": [["evaluate", ["global", "os.system"]]]}',
    '{"format": 1, "program": [["evaluate", ["attr", ["ref", "x"], "__class__"]]]}',
    '{"format": 1, "program": [["evaluate", ["ref", "__import__"]]]}',
    '{"format": 1, "program": [["evaluate", ["ref", "torch"]]]}',
    '{"format": 1, "program": [["evaluate", ["slice", null, null, null]]]}',
    '{"format": 1, "program": [["assign", [["lit", "int", 1]], ["lit", "int", 1]]]}',
    '{"format": 1, "program": [["assign", [["attr", ["global", "torch.Tensor"], "add"]], ["lit", "int", 1]]]}',
    '{"format": 1, "program": [["observe", ["x"], ["nothing"]]]}',
    '{"format": 1, "program": [["return", null]]}',
    '{"format": 1, "program": [["for", ["ref", "x"], ["ref", "x"], []]]}',
    '{"format": 1, "program": [["class", "A", ["global", "torch.Tensor"], []]]}',
    '{"format": 1, "program": [["with", [[["ref", "x"], "sum"]], [["pass"]]]]}',
    '{"format": 1, "program": ' + "[" * 100_000,
    '{"format": 1, "program": ' + "[" * 900 + "]" * 900 + "}",
]


@pytest.mark.parametrize("text", MALFORMED)
def test_json_that_is_no_program_is_refused(text: str) -> None:
    with pytest.raises(ProgramError):
        Program.from_json(text)


def test_deep_data_is_refused() -> None:
    expr: p.Expr = p.Lit(1)
    for _ in range(30):
        expr = p.Op("not", (expr,))
    deep = Program((p.Evaluate(expr),))
    with pytest.raises(ProgramError, match="nested at most 20"):
        Program.from_data(json.loads(json.dumps(deep.data)))
    with pytest.raises(ProgramError, match="at most 1000 statements"):
        check_program(Program((p.Pass(),) * 1001))


def test_walk_goes_in_order_of_text() -> None:
    program = parse_program("if 1:\n    x = 1\nelse:\n    try:\n        x = 2\n    finally:\n        x = 3\nx = 4")
    values = [item.value for item in program.walk() if isinstance(item, p.Assign)]
    assert values == [p.Lit(1), p.Lit(2), p.Lit(3), p.Lit(4)]


@pytest.mark.parametrize(
    ("text", "bound", "used"),
    [
        ("a = b = c", "a b", "c"),
        ("a, (b, [c]) = d", "a b c", "d"),
        ("a.grad = b", "", "a b"),
        ("a[i] = b", "", "a b i"),
        ("a += b", "a", "a b"),
        ("observe(a, b)", "", "a b"),
        ("with a as b:\n    c = d", "b c", "a d"),
        ("def f(x, y=a):\n    z = x + b\n    return z", "f", "a b"),
        ("g = lambda x: x + a", "g", "a"),
        ("[x + a for x in b]", "", "a b"),
        ("for i in a:\n    b = i", "i b", "a i"),
        ("try:\n    a = b\nexcept c as d:\n    e = d\nfinally:\n    f = 1", "a d e f", "b c d"),
        ("print(f'{a:>3}{b.grad}')", "", "a b"),
        ("del a.grad, b", "", "a b"),
    ],
)
def test_names_bound_and_used(text: str, bound: str, used: str) -> None:
    names = "a b c d e f g i".split()
    program = parse_program("\n".join([*(f"{name} = 1" for name in names), text]))
    statement = program.statements[-1]
    assert names_bound(statement) == set(bound.split())
    assert names_used(statement) == set(used.split())
    assert bound_in(program.statements) >= set(names)


def test_undefined_names_have_paths() -> None:
    program = Program(
        (
            p.Evaluate(p.Ref("a")),
            p.If(p.Lit(1), (p.Assign((p.Ref("a"),), p.Ref("b")),), (p.Evaluate(p.Ref("a")),)),
            p.Define("f", (), (p.Return(p.Ref("c")), p.Return(p.Ref("g")))),
            p.Assign((p.Ref("g"),), p.Ref("a")),
        )
    )
    assert list(undefined(program)) == [((0,), "a"), ((1, 0), "b"), ((1, 1), "a"), ((2, 0), "c")]
