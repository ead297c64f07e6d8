"""Generators for `torch.autograd.functional`: functions, their inputs, vectors and flags."""

from __future__ import annotations

from inspect import cleandoc

from gradconform.generate.spoken import spoken

_AF = "import torch.autograd.functional as af\n"
_X = "x = torch.tensor($values, requires_grad=$tracked)\nw = torch.tensor([2.0, -1.0])"
_VALUES = ("[1.0, 2.0]", "[-1.0, 0.5]", "[3.0, -2.0]", "[0.0, 1.0]")
_BOTH = ("False", "True")

ONE = (
    "lambda t: t * t",
    "lambda t: t * 2",
    "lambda t: t ** 3 + t.sum()",
    "lambda t: t.flip(0) * t",
    "lambda t: torch.stack([t.prod(), t.sum()])",
    "lambda t: t.relu() * w",
    "lambda t: torch.outer(t, t)",
    "lambda t: w",
    "lambda t: t.detach() * t",
    "lambda t: (t * t, t.sum())",
    "lambda t: t.exp()",
    "lambda t: t[:1]",
)
"""Functions of one tensor of two elements."""

TWO = (
    "lambda a, b: a * b",
    "lambda a, b: a * a + b",
    "lambda a, b: (a * b, b.sum())",
    "lambda a, b: a",
    "lambda a, b: a.sum() * b",
    "lambda a, b: torch.cat([a, b])",
    "lambda a, b: (a, b * 2)",
)
SCALAR = (
    "lambda t: (t * t).sum()",
    "lambda t: t.prod()",
    "lambda t: (t ** 3).sum() * t[0]",
    "lambda t: t.sum()",
    "lambda t: t[0] * t[1] ** 2",
    "lambda t: (t.exp() * t).sum()",
    "lambda t: w.sum()",
    "lambda t: (t.detach() * t).sum()",
    "lambda t: (t * t).sum(0, keepdim=True)",
)
SCALAR_OF_TWO = (
    "lambda a, b: (a * b).sum()",
    "lambda a, b: (a * a + b ** 3).sum()",
    "lambda a, b: a.sum() * b.prod()",
    "lambda a, b: (a * a).sum()",
    "lambda a, b: b.sum()",
)

VJP = spoken(
    f"{_X}\nr = af.vjp($function, $inputs, $v, create_graph=$graph, strict=$strict)\nr",
    start=_AF,
    values=_VALUES,
    tracked=_BOTH,
    function=(
        "lambda t: t * t",
        "lambda t: t.flip(0) * 3",
        "lambda t: t.detach() * t",
        "lambda t: w",
        "lambda t: t.exp()",
    ),
    inputs=("x", "(x,)", "x * 2", "w"),
    v=("w", "x", "torch.tensor([1.0, 0.0])", "(w,)", "torch.tensor([0.5, -1.0])"),
    graph=_BOTH,
    strict=("False", "False", "True"),
)

JVP = spoken(
    f"{_X}\nr = af.jvp($function, $inputs, $v, create_graph=$graph, strict=$strict)\nr",
    start=_AF,
    values=_VALUES,
    tracked=_BOTH,
    function=ONE,
    inputs=("x", "(x,)", "x * 2", "w"),
    v=("w", "x", "torch.tensor([1.0, 0.0])", "(w,)", "torch.tensor([0.5, -1.0])"),
    graph=_BOTH,
    strict=("False", "False", "True"),
)

VECTORS = spoken(
    f"{_X}\naf.$name($function, x, $v)",
    start=_AF,
    values=_VALUES,
    tracked=_BOTH,
    name=("vjp", "jvp", "vhp", "hvp"),
    function=("lambda t: t * t", "lambda t: t.sum()", "lambda t: (t, t)", "lambda t: (t * t).sum()"),
    v=(
        "torch.ones(3)",
        "torch.ones(2, 1)",
        "(w,)",
        "(w, w)",
        "None",
        "()",
        "torch.ones(2, dtype=torch.float64)",
        "[w]",
        "(w, 3)",
        "3.0",
    ),
)

JACOBIAN = spoken(
    f"{_X}\nr = af.jacobian($function, $inputs, create_graph=$graph, strict=$strict)\nr",
    start=_AF,
    values=_VALUES,
    tracked=_BOTH,
    function=ONE,
    inputs=("x", "(x,)", "x * 2", "w"),
    graph=_BOTH,
    strict=("False", "False", "True"),
)

JACOBIAN_OF_TWO = spoken(
    f"{_X}\nr = af.jacobian($function, (x, $other), vectorize=$vectorize)\nr",
    start=_AF,
    values=_VALUES,
    tracked=_BOTH,
    function=TWO,
    other=("w", "x", "w * 2", "torch.tensor([4.0, 0.5], requires_grad=True)"),
    vectorize=_BOTH,
)

VECTORIZED = spoken(
    f"{_X}\nr = af.jacobian($function, x, vectorize=True, strategy=$strategy, create_graph=$graph)\nr",
    start=_AF,
    values=_VALUES,
    tracked=_BOTH,
    function=tuple(one for one in ONE if one != "lambda t: w"),
    strategy=("'reverse-mode'", "'forward-mode'"),
    graph=_BOTH,
)

HESSIAN = spoken(
    f"{_X}\nr = af.hessian($function, x, create_graph=$graph, strict=$strict, vectorize=$vectorize)\nr",
    start=_AF,
    values=_VALUES,
    tracked=_BOTH,
    function=SCALAR,
    graph=_BOTH,
    strict=("False", "False", "True"),
    vectorize=("False", "False", "True"),
)

HESSIAN_OF_TWO = spoken(
    f"{_X}\nr = af.hessian($function, (x, $other), $how)\nr",
    start=_AF,
    values=_VALUES,
    tracked=_BOTH,
    function=SCALAR_OF_TWO,
    other=("w", "x", "w * 2"),
    how=("", "vectorize=True", "vectorize=True, outer_jacobian_strategy='forward-mode'", "create_graph=True"),
)

HESSIAN_PRODUCTS = spoken(
    f"{_X}\nr = af.$name($function, x, $v, create_graph=$graph, strict=$strict)\nr",
    start=_AF,
    values=_VALUES,
    tracked=_BOTH,
    name=("vhp", "hvp"),
    function=SCALAR,
    v=("w", "torch.tensor([1.0, 0.0])", "x"),
    graph=_BOTH,
    strict=("False", "False", "True"),
)

DIFFERENTIABLE = spoken(
    cleandoc("""
        x = torch.tensor($values, requires_grad=True)
        w = torch.tensor([2.0, -1.0], requires_grad=True)
        r = $call
        observe(r)
        r.sum().backward()
        observe(x, w)
    """),
    start=_AF,
    values=_VALUES,
    call=(
        "af.jacobian($one, x, create_graph=$graph)",
        "af.vjp($one, x, w, create_graph=$graph)[1]",
        "af.jvp($one, x, w, create_graph=$graph)[1]",
        "af.hessian($scalar, x, create_graph=$graph)",
        "af.vhp($scalar, x, w, create_graph=$graph)[1]",
        "af.hvp($scalar, x, w, create_graph=$graph)[1]",
    ),
    graph=("True", "True", "False"),
    one=("lambda t: t * t", "lambda t: t ** 3", "lambda t: t * w", "lambda t: t.flip(0) * t"),
    scalar=("lambda t: (t ** 3).sum()", "lambda t: t.prod() * t.sum()", "lambda t: (t * t * w).sum()"),
)

REFUSED = spoken(
    f"{_X}\naf.$name($function, $inputs)",
    start=_AF,
    values=_VALUES,
    tracked=_BOTH,
    name=("jacobian", "hessian", "vjp", "jvp", "vhp", "hvp"),
    function=(
        "lambda t: 3",
        "lambda t: None",
        "lambda t: (t, 3)",
        "lambda t: [t]",
        "lambda t: t.long()",
        "lambda t: ()",
        "lambda t: t * t",
        "lambda t: (t.sum(), t.sum())",
        "lambda t: {'a': t}",
    ),
    inputs=("x", "3", "(x, 3)", "[x]", "torch.tensor([1, 2])", "()", "None", "torch.tensor(3.0)"),
)
