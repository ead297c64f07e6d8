"""Reading text: what is accepted, and with which words the rest is refused."""

from __future__ import annotations

import pytest

from gradoracle import program as p
from gradoracle.parse import Span, parse, parse_program
from gradoracle.program import ProgramError
from gradoracle.source import source

ACCEPTED = {
    "imports": (
        "import torch\nimport torch.nn.functional as F\nfrom torch import nn\nfrom torch.autograd import grad as d\n"
        "x = F.relu(torch.ones(2))\ny = nn.functional.relu(x)\nd(y, x)",
        "x = torch.nn.functional.relu(torch.ones(2))\ny = torch.nn.functional.relu(x)\ntorch.autograd.grad(y, x)\n",
    ),
    "engine by another name": ("import refgrad as torch\nx = torch.ones(2)", "x = torch.ones(2)\n"),
    "unused numpy": ("import numpy as np\nimport math\nx = math.pi", "x = math.pi\n"),
    "session": (
        "    >>> x = torch.ones(2)\n    >>> x\n    tensor([1., 1.])\n    >>> for i in range(2):\n"
        "    ...     x = x * 2\n    ...\n    >>> x",
        "x = torch.ones(2)\nx\nfor i in range(2):\n    x = x * 2\nx\n",
    ),
    "session with old continuation": (
        ">>> with torch.no_grad():\n>>>     x = torch.ones(2)",
        "with torch.no_grad():\n    x = torch.ones(2)\n",
    ),
    "indented": ("    x = 1\n    y = x", "x = 1\ny = x\n"),
    "windows lines": ("x = 1\r\ny = x\r\n", "x = 1\ny = x\n"),
    "semicolons and comments": ("x = 1; y = x  # why\n'''no code'''", "x = 1\ny = x\n"),
    "docstring only": ("def f():\n    '''Does nothing.'''", "def f():\n    pass\n"),
    "annotations": ("x: torch.Tensor = torch.ones(2)\ndef f(a: int) -> int:\n    return a", None),
    "targets": ("a = (b, [c, d]) = 1, (2, 3)\n(e,) = [1]\ndel a, (b, c)", None),
    "alias is a local name": (
        "from torch.autograd import grad\ndef f(grad):\n    return grad\nlambda grad: grad",
        "def f(grad):\n    return grad\nlambda grad: grad\n",
    ),
    "name bound later in a loop": ("for i in range(2):\n    if i > 0:\n        print(x)\n    x = i", None),
    "function reads a later name": ("def f():\n    return y\ny = 1\nf()", None),
    "name of an except": ("try:\n    x = 1\nexcept RuntimeError as e:\n    print(e)", None),
    "class": (
        "from torch.autograd import Function\nfrom torch.autograd.function import once_differentiable\n"
        "class A(Function):\n    'A'\n    @staticmethod\n    @once_differentiable\n    def backward(ctx, g):\n"
        "        return g",
        "class A(torch.autograd.Function):\n    @staticmethod\n    @torch.autograd.function.once_differentiable\n"
        "    def backward(ctx, g):\n        return g\n",
    ),
    "generator": ("def f(*a, k=1, **kw):\n    yield a\n    yield\n    return", None),
    "attribute of a global": ("torch.Tensor.add(torch.ones(1), 1)", None),
    "saved values": ("y = torch.ones(1)\ny.grad_fn._saved_self\ny.grad_fn._raw_saved_self.register_hooks", None),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted_text_becomes_the_program_it_says(case: str) -> None:
    text, expected = ACCEPTED[case]
    program = parse_program(text)
    printed = source(program)
    if expected is not None:
        assert printed == expected
    assert parse_program(printed) == program


REFUSED = [
    ("x = 1\nwhile x:\n    pass", 2, "`while`"),
    ("x = 1 if True else 2", 1, "`if` statement"),
    ("import os", 1, "`os` is not admitted"),
    ("from torch import *", 1, "one by one"),
    ("import numpy as np\nnp.zeros(2)", 2, "`numpy` is not admitted"),
    ("if True:\n    import torch", 2, "top level"),
    ("from torch.autograd import grad\ngrad = 1", 2, "imported and assigned"),
    ("torch.relux(1)", 1, "did you mean `torch.relu`"),
    ("torch.load('x')", 1, "`torch.load` is not admitted"),
    ("print(torch.autograd)", 1, "is a module"),
    ("open('x')", 1, "`open` of Python is not admitted"),
    ("x = 1\nx.bakward()", 2, "did you mean `backward`"),
    ("x = 1\n\nx.__class__", 3, "two underscores"),
    ("x = '{}'.format(1)", 1, "`format` is not admitted"),
    ("resutl = 1\nprint(result)", 2, "did you mean `resutl`"),
    ("print(y)\ny = 1", 1, "binds `y`"),
    ("def f():\n    return zz", 2, "binds `zz`"),
    ("observe(x)", 1, "binds `x`"),
    ("observe(1)", 1, "names of variables"),
    ("x = 1\ny = observe(x)", 2, "alone on its line"),
    ("x = 1\nobserve(x, facets='valeu')", 2, "no facet 'valeu'"),
    ("sum = 3", 1, "fixed meaning"),
    ("def f(torch):\n    pass", 1, "fixed meaning"),
    ("x = (1,)\nprint(*x)", 2, "unpacking"),
    ("print(**{})", 1, "`**`"),
    ("a, *b = 1, 2", 1, "unpacking"),
    ("1 < 2 < 3", 1, "chain of comparisons"),
    ("print(x for x in (1, 2))", 1, "list comprehension"),
    ("[i for i in (1, 2) if i]", 1, "one `for`"),
    ("print(x := 1)", 1, "`:=`"),
    ("def f():\n    global x", 2, "`global`"),
    ("for i in range(3):\n    break", 2, "`break`"),
    ("x = 1\nassert x, 'message'", 2, "message"),
    ("raise", 1, "name the exception"),
    ("return 1", 1, "function only"),
    ("class A:\n    pass", 1, "derives from torch.autograd.Function"),
    ("class A(torch.Tensor):\n    pass", 1, "derives from torch.autograd.Function"),
    ("class A(torch.autograd.Function):\n    def forward(ctx):\n        pass", 2, "@staticmethod"),
    ("class A(torch.autograd.Function):\n    x = 1", 2, "static methods only"),
    ("torch.Tensor.add = None", 1, "belongs to everyone"),
    ("def f(a, /):\n    pass", 1, "slash"),
    ("def f(*, a):\n    pass", 1, "bare `*`"),
    ("def f(a, a):\n    pass", 1, "twice"),
    ("print(end='', end='')", 1, "twice"),
    ("f'{1:{2}}'", 1, "plain text"),
    ("f'{1:999999999}'", 1, "two digits"),
    ("x = b'a'", 1, "bytes"),
    ("x = 1e999", 1, "finite"),
    ("x = 99999999999999999999999999", 1, "2**64"),
    ("x = (", 1, "not Python"),
    ("x = '\0'", None, "not Python"),
    ("x = '\ud800'", None, "not Python"),
]


@pytest.mark.parametrize(("text", "line", "words"), REFUSED)
def test_refused_text_is_named_with_its_line(text: str, line: int | None, words: str) -> None:
    with pytest.raises(ProgramError) as caught:
        parse(text)
    assert caught.value.line == line
    assert words in str(caught.value)


TOO_LARGE = [
    "torch.zeros(1000, 1001)",
    "torch.ones((10**4, 10**4))",
    "torch.randn(3, size=(10**4, 10**4))",
    "torch.full((1001, 1000), 1.0)",
    "torch.arange(0, 10**9)",
    "torch.arange(10**9)",
    "torch.arange(0, 1, 1e-9)",
    "torch.linspace(0, 1, 10**8)",
    "torch.linspace(0, 1, steps=10**8)",
    "torch.eye(10**4)",
    "torch.eye(1001, 1000)",
    "torch.randint(0, 2, (10**4, 10**4))",
    "torch.randperm(10**7)",
    "torch.ones(1).expand(10**4, 10**4)",
    "torch.ones(1).repeat(1001, 1000)",
    "torch.ones(1).new_zeros((1001, 1000))",
    "torch.ones(1).new_full((1001, 1000), 2)",
    "torch.ones(1).repeat_interleave(10**7)",
    "torch.Tensor(1001, 1000)",
    "torch.nn.functional.pad(torch.ones(1), (0, 10**7))",
    "range(100_001)",
    "range(0, 10**9, 2)",
    "[0] * 10**9",
    "'ab' * 10**9",
    "10**10**10",
    "1 << 10**6",
]


@pytest.mark.parametrize("text", TOO_LARGE)
def test_literal_sizes_over_the_limit_are_refused(text: str) -> None:
    with pytest.raises(ProgramError, match=r"limit|at most|too large") as caught:
        parse(f"x = 1\n{text}")
    assert caught.value.line == 2


@pytest.mark.parametrize(
    "text",
    [
        "torch.zeros(1000, 1000)",
        "torch.eye(1000)",
        "torch.arange(10**6)",
        "torch.full((2,), 10**9)",
        "torch.tensor([10**9, 10**9])",
        "torch.FloatTensor([10**9])",
        "torch.randint(0, 10**9, (2,))",
        "range(100_000)",
        "torch.ones(2).expand(-1, 2)",
        "2.0**0.5",
        "(-8)**0.5",
        "1 / 0",
        "torch.ones(1) * 10**9",
    ],
)
def test_literal_sizes_within_the_limit_pass(text: str) -> None:
    assert len(parse_program(text)) == 1


DEEP = {
    "minus": "-" * 90_000 + "1",
    "parentheses": "(" * 90_000,
    "brackets": "[" * 150 + "]" * 150,
    "attributes": "x" + ".a" * 45_000,
    "calls": "print" + "()" * 45_000,
    "sum": "1" + "+1" * 45_000,
    "power": "1" + "**1" * 30_000,
    "conditions": "1" + " and 1" * 15_000,
    "not": "not " * 24_000 + "1",
    "lambda": "lambda:" * 14_000 + "1",
    "targets": "x=" * 49_000 + "1",
    "elif": "if 1:\n pass\n" + "elif 1:\n pass\n" * 5_000,
    "blocks": "\n".join(" " * depth + "if 1:" for depth in range(12)) + "\n" + " " * 12 + "pass",
    "statements": "x = 1\n" * 1_001,
    "characters": "#" * 100_001,
    "decorators": "@print\n" * 14_000 + "def f():\n    pass",
}


@pytest.mark.parametrize("case", DEEP)
def test_hostile_text_is_refused_and_nothing_else_happens(case: str) -> None:
    if case in ("targets", "decorators"):
        # Long and flat is no harm.
        assert len(parse_program(DEEP[case])) == 1
        return
    with pytest.raises(ProgramError):
        parse(DEEP[case])


def test_the_limits_admit_what_they_say() -> None:
    assert len(parse_program("x = 1\n" * 1_000)) == 1_000
    parse("x = " + "(" * 19 + "1" + " + 1)" * 19)
    nested = "\n".join(" " * depth + "if 1:" for depth in range(9)) + "\n" + " " * 9 + "pass"
    assert len(list(parse_program(nested).walk())) == 10


def test_spans_say_where_each_statement_stands() -> None:
    define = "@torch.no_grad()\ndef f():\n    'doc'\n    return (1,\n            2)\n"
    text = "import torch\n\nx = 1; yy = 'é'; z = 2\n" + define
    spans = parse(text).spans
    assert spans[(0,)] == Span(3, 3, "x = 1")
    assert spans[(2,)] == Span(3, 3, "z = 2")
    assert (spans[(3,)].first_line, spans[(3,)].last_line) == (4, 8)
    assert spans[(3, 0)] == Span(7, 8, "return (1,\n        2)")


def test_spans_follow_the_order_of_children() -> None:
    parsed = parse("try:\n    x = 1\nexcept ValueError:\n    x = 2\nfinally:\n    x = 3\n")
    assert [parsed.spans[(0, index)].first_line for index in range(3)] == [2, 4, 6]
    assert set(parsed.spans) == {(0,), (0, 0), (0, 1), (0, 2)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-1", p.Lit(-1)),
        ("- 1", p.Op("-", (p.Lit(1),))),
        ("-0.0", p.Lit(-0.0)),
        ("1.0+2.0j", p.Lit(1 + 2j)),
        ("1.0 + 2.0j", p.Op("+", (p.Lit(1.0), p.Lit(2j)))),
        ("-1.0-2.0j", p.Lit(complex(-1, -2))),
        ("(-1) ** 2", p.Op("**", (p.Lit(-1), p.Lit(2)))),
        ("-1 ** 2", p.Op("-", (p.Op("**", (p.Lit(1), p.Lit(2))),))),
        ("True", p.Lit(True)),
    ],
)
def test_literals_and_operators_are_told_apart(text: str, expected: p.Expr) -> None:
    assert parse_program(text).statements == (p.Evaluate(expected),)
