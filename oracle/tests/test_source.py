"""Printing programs: the round trip through text, and scripts that run on plain PyTorch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradoracle import program as p
from gradoracle.limits import problems
from gradoracle.parse import parse_program
from gradoracle.program import Expr, Program, Statement
from gradoracle.source import expression_source, script, source, statement_source
from gradoracle.trace import FACETS

# Few names, all of them bound before anything reads them.
NAMES = ("x", "y", "z_1", "ctx", "hook")
names = st.sampled_from(NAMES)
attributes = st.sampled_from(("grad", "real", "data", "_version", "sum", "add_", "_saved_self"))
paths = st.sampled_from(("torch.tensor", "torch.autograd.grad", "print", "math.pi", "torch.Tensor", "RuntimeError"))

numbers = st.one_of(
    st.integers(-5, 5),
    st.integers(-(2**64), 2**64),
    st.floats(allow_nan=False, allow_infinity=False),
    # Adding zero takes the sign off a zero: a complex literal has no negative ones.
    st.complex_numbers(allow_nan=False, allow_infinity=False).map(lambda value: value + 0),
)
literals = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=4), st.just(...)).map(p.Lit)
leaves = st.one_of(literals, names.map(p.Ref), paths.map(p.Global))
plain = st.text("abc {}#:!=", max_size=4).map(p.Lit)


def pairs(first: st.SearchStrategy[object], second: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    # Made unique by hand: Hypothesis prints the whole strategy when it draws a duplicate.
    return st.lists(st.tuples(first, second), max_size=2).map(_unique)


def _unique(items: list[tuple[object, object]]) -> tuple[object, ...]:
    return tuple({repr(key): (key, value) for key, value in items}.values())


def many(one: st.SearchStrategy[object], least: int = 0, most: int = 3) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(one, min_size=least, max_size=most).map(tuple)


def targets() -> st.SearchStrategy[Expr]:
    kinds = st.sampled_from(("tuple", "list"))
    return st.recursive(names.map(p.Ref), lambda inner: st.builds(p.Seq, kinds, many(inner)))


@st.composite
def parameters(draw: st.DrawFn, inner: st.SearchStrategy[Expr]) -> tuple[p.Parameter, ...]:
    chosen = draw(st.permutations(NAMES))[: draw(st.integers(0, 5))]
    made: list[p.Parameter] = []
    rank = 0
    for name in chosen:
        rank = max(rank, draw(st.integers(0, 4)))
        default = draw(inner) if rank == 1 or (rank == 3 and draw(st.booleans())) else None
        if rank == 3 and not any(item.star for item in made):
            rank = 2
            default = None
        made.append(p.Parameter(name, default, {2: "*", 4: "**"}.get(rank, "")))
        if rank == 4:
            break
        rank = 3 if rank == 2 else rank
    return tuple(made)


def formats(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    simple = st.one_of(plain, names.map(p.Ref), st.builds(p.Attr, names.map(p.Ref), attributes))
    operators = st.builds(p.Op, st.sampled_from(("+", "<", "and")), st.tuples(simple, simple))
    tables = st.builds(p.Table, pairs(plain, simple))
    value = st.one_of(simple, operators, tables, st.builds(p.Lambda, st.just(()), simple))
    spec = st.sampled_from(("", ">10", ".2f", "=+5", "!<3", "d"))
    part = st.builds(p.FormatPart, value, st.sampled_from(("", "r", "s")), spec)
    text = st.text(min_size=1, max_size=5).map(p.Lit)
    return many(st.one_of(text, part)).map(_joined).map(p.Format)


def _joined(parts: tuple[object, ...]) -> tuple[p.Lit | p.FormatPart, ...]:
    kept: list[p.Lit | p.FormatPart] = []
    for part in parts:
        assert isinstance(part, p.Lit | p.FormatPart)
        if not (isinstance(part, p.Lit) and kept and isinstance(kept[-1], p.Lit)):
            kept.append(part)
    return tuple(kept)


def compound(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    bound = st.none() | inner
    slices = st.builds(p.Slice, bound, bound, bound)
    index = st.one_of(inner, slices, st.builds(p.Seq, st.just("tuple"), many(inner | slices)))
    return st.one_of(
        st.builds(p.Attr, inner, attributes),
        st.builds(p.Call, inner, many(inner), pairs(names, inner)),
        st.builds(p.Item, inner, index),
        st.builds(p.Seq, st.sampled_from(("tuple", "list")), many(inner)),
        st.builds(p.Table, pairs(inner, inner)),
        st.builds(p.Op, st.sampled_from(sorted(p.UNARY)), st.tuples(inner)),
        st.builds(p.Op, st.sampled_from(sorted(p.BINARY)), st.tuples(inner, inner)),
        st.builds(p.Lambda, parameters(inner), inner),
        st.builds(p.Each, inner, targets(), inner),
        formats(inner),
    )


expressions = st.recursive(leaves, compound, max_leaves=8)


def simple_statements(in_function: bool) -> st.SearchStrategy[Statement]:
    single = st.one_of(
        names.map(p.Ref),
        st.builds(p.Attr, names.map(p.Ref), attributes),
        st.builds(p.Item, names.map(p.Ref), expressions),
    )
    places = st.one_of(targets(), single)
    facets = st.lists(st.sampled_from(FACETS), unique=True).map(tuple)
    kinds: list[st.SearchStrategy[Statement]] = [
        st.builds(p.Assign, many(places, 1, 2), expressions),
        st.builds(p.Augment, st.sampled_from(sorted(p.AUGMENTED)), single, expressions),
        st.builds(p.Evaluate, expressions),
        st.builds(p.Observe, many(names, 1), facets),
        st.builds(p.Raise, expressions),
        st.builds(p.Delete, many(single, 1, 2)),
        st.builds(p.Assert, expressions),
        st.just(p.Pass()),
    ]
    if in_function:
        kinds += [st.builds(p.Return, st.none() | expressions), st.builds(p.Yield, st.none() | expressions)]
    return st.one_of(kinds)


def compound_statements(inner: st.SearchStrategy[Statement]) -> st.SearchStrategy[Statement]:
    body = many(inner, 1, 2)
    handler = st.builds(p.Handler, expressions, st.just("") | names, body)
    define = st.builds(p.Define, names, parameters(expressions), many(functions, 1, 2), many(expressions, 0, 1))
    base = st.just(p.Global("torch.autograd.Function"))
    return st.one_of(
        st.builds(p.With, many(st.tuples(expressions, st.just("") | names), 1, 2), body),
        st.builds(p.For, targets(), expressions, body),
        st.builds(p.If, expressions, body, many(inner, 0, 2)),
        st.builds(p.Try, body, many(handler, 1, 2), many(inner, 0, 1)),
        define,
        st.builds(p.Class, names, base, many(define, 0, 2)),
    )


functions = simple_statements(in_function=True)
statements = st.recursive(simple_statements(in_function=False), compound_statements, max_leaves=4)
PREAMBLE = tuple(p.Assign((p.Ref(name),), p.Lit(1)) for name in NAMES)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    # A strategy of its own, for Hypothesis prints the whole tree of any other.
    return Program((*PREAMBLE, *(draw(statements) for _ in range(draw(st.integers(1, 2))))))


@settings(max_examples=100, deadline=None)
@given(programs())
def test_every_program_that_is_admitted_survives_text_and_json(program: Program) -> None:
    if any(True for _ in problems(program)):
        return
    text = source(program)
    again = parse_program(text)
    assert again == program
    assert source(again) == text
    assert again.id == program.id
    assert Program.from_json(program.to_json()) == program


@settings(max_examples=200, deadline=None)
@given(expressions)
def test_every_expression_survives_text(expr: Expr) -> None:
    program = Program((*PREAMBLE, p.Evaluate(p.Call(p.Global("print"), (expr,)))))
    if any(True for _ in problems(program)):
        return
    assert parse_program(source(program)) == program


def test_the_strategy_makes_programs_that_are_admitted() -> None:
    admitted = 0

    @settings(max_examples=100, deadline=None, database=None, derandomize=True)
    @given(statements)
    def count(statement: Statement) -> None:
        nonlocal admitted
        admitted += not any(True for _ in problems(Program((*PREAMBLE, statement))))

    count()
    assert admitted > 50


@pytest.mark.parametrize(
    "text",
    [
        "(-1) ** 2",
        "-1 ** 2",
        "2 ** -1",
        "(2 ** 3) ** 4",
        "2 ** 3 ** 4",
        "-(1)",
        "--1",
        "not 1 == 2",
        "(not 1) == 2",
        "1 - (2 - 3)",
        "1 - 2 - 3",
        "(1 and 2) and 3",
        "1 and (2 or 3)",
        "(1 < 2) < 3",
        "(1).real",
        "1.0+2.0j",
        "-1.0-2.0j",
        "1.0 + 2.0j",
        "[1][0:1, ..., None, ::2]",
        "[1][1,]",
        "[1][()]",
        "(lambda x: x)(1)",
        "{1: lambda: 2}",
        'f"a{{{1 + 2!r:>10}}}\\"\'\\n"',
        "f\"{({'a': 1})}\"",
    ],
)
def test_canonical_text_prints_as_it_is(text: str) -> None:
    (statement,) = parse_program(f"print({text})").statements
    assert isinstance(statement, p.Evaluate)
    assert isinstance(statement.value, p.Call)
    printed = statement_source(statement)
    assert parse_program(printed).statements == (statement,)
    if not text.startswith(("f", "(1 < 2)")):
        assert printed == f"print({text})"
        assert expression_source(statement.value.args[0]) in (text, f"({text})")


BLOCKS = """\
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 2 * x
a = torch.tensor([1.0, -2.0], requires_grad=True)
b = Square.apply(a)
with torch.no_grad(), torch.enable_grad() as mode:
    c = b.sum()
    d = c + torch.ones(2, 3).sum(7)
    observe(c, facets="value is_leaf grad_fn graph aliases")
try:
    c.backward()
except (RuntimeError, ValueError) as error:
    print(error)
finally:
    pass
for i, j in [(1, 2), (3, 4)]:
    if i == 1:
        a.grad
    elif i == 2:
        pass
    else:
        print(f"{math.pi:.3f} {j}")
def f(x, *rest, k=1):
    observe(x, facets="version")
    return x * k
f(c)
observe(a, b)
c.backward()
"""


def test_blocks_print_as_they_are() -> None:
    assert source(parse_program(BLOCKS)) == BLOCKS


def _run(text: str, folder: Path) -> str:
    path = folder / "script.py"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_runs_goes_on_after_errors_and_says_what_it_saw(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    extra = "x = torch.ones(2, requires_grad=True)\ny = x * 2\ny.grad\n"
    printed = _run(script(parse_program(BLOCKS + extra)), tmp_path)
    for line in (
        "class Square(torch.autograd.Function): ...",
        "    IndexError: Dimension out of range (expected to be in range of [-2, 1], but got 7)",
        "    c.grad_fn = SumBackward0",
        "    c.value = (torch.float32, 5.0)",
        "    a.grad = ([2.0, -4.0], {'requires_grad': False})",
        "    x.version = 0",
        "    tensor([ 2., -4.])",
        "3.142 4",
    ):
        assert line in printed.splitlines()
    assert "RuntimeError: Trying to backward through the graph a second time" in printed
    assert "    UserWarning: The .grad attribute of a Tensor that is not a leaf Tensor is being accessed." in printed


def test_a_script_carries_only_the_prelude_that_it_needs() -> None:
    text = script(parse_program("x = torch.ones(2)"))
    assert not [name for name in ("_observe", "_show", "math") if name in text]
    assert "def _observe" in script(parse_program("x = 1\nobserve(x)"))


def test_a_script_names_its_engine_and_its_device() -> None:
    program = parse_program("x = torch.ones(2)")
    text = script(program, module="refgrad", device="cuda")
    assert "import refgrad as torch" in text
    assert "torch.set_default_device('cuda')" in text
    assert "set_warn_always" not in text
    assert "set_default_device" not in script(program)
