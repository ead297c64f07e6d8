"""Generators for dtypes: pairs that promote, casts on the way, parts joined, tensors written in place."""

from __future__ import annotations

from inspect import cleandoc

from gradconform.catalogue.behaviour import Generator
from gradconform.generate.spoken import spoken

_FLOATS = ("torch.float32", "torch.float64", "torch.float32", "torch.float64", "torch.float16")
_WIDE = ("torch.float32", "torch.float64")
_OTHERS = ("torch.int64", "torch.bool", "torch.int32", "torch.uint8", "torch.int8", "torch.int16")
_ALL = (*_FLOATS, *_OTHERS)
_VALUES = ("[1, 2]", "[3, 0]", "[[1, 2], [0, 4]]", "2", "[4]", "1")

REFUSED = spoken(
    "x$n = torch.tensor($values).to($dtype)\n$ask\nobserve(x$n)",
    values=_VALUES,
    dtype=(*_OTHERS, *_FLOATS),
    ask=(
        "x$n.requires_grad_()",
        "x$n.requires_grad = True",
        "x$n = torch.ones(2, dtype=$dtype, requires_grad=True)",
        "x$n = torch.tensor($values, dtype=$dtype, requires_grad=True)",
        "x$n.requires_grad_(False)",
        "x$n.detach().requires_grad_()",
        "x$n = torch.zeros_like(x$n, requires_grad=True)",
    ),
)

PAIRS = spoken(
    cleandoc("""
        a$n = torch.tensor($one, dtype=$float, requires_grad=True)
        b$n = torch.tensor($two).to($any)
        $track
        y$n = $both
        print(torch.result_type(a$n, b$n))
        y$n.sum().backward()
        observe(a$n, b$n, y$n)
    """),
    one=("[1.0, 2.0]", "[4.0, 0.5]", "[[1.0, 0.0], [-2.0, 1.0]]", "2.0", "[3.0]"),
    float=_WIDE,
    two=_VALUES,
    any=_ALL,
    track=("b$n = b$n * 1", "b$n = b$n.requires_grad_()", "b$n = b$n.clone()"),
    both=(
        "a$n * b$n",
        "a$n + b$n",
        "b$n - a$n",
        "a$n * 2 + b$n",
        "b$n * (a$n * a$n)",
        "torch.where(a$n > 1, a$n, b$n)",
        "torch.add(a$n, b$n, alpha=2)",
        "torch.maximum(a$n, b$n)",
    ),
)

CASTS = spoken(
    cleandoc("""
        x$n = torch.tensor($values, dtype=$start_dtype, requires_grad=True)
        y$n = $cast
        print(y$n is x$n)
        (y$n * $factor).sum().backward()
        observe(x$n, y$n)
    """),
    values=("[1.0, 2.0]", "[0.5, -4.0]", "[[1.0, 0.0], [2.0, 1.0]]", "3.0"),
    start_dtype=_FLOATS,
    cast=(
        "x$n.to($dtype)",
        "x$n.double()",
        "x$n.float()",
        "x$n.long()",
        "x$n.bool()",
        "x$n.to($dtype).to(torch.float32)",
        "(x$n * 2).to($dtype)",
        "x$n.type($dtype)",
        "x$n.to($dtype, copy=True)",
        "x$n.sum(dtype=torch.float64)",
        "x$n.half().float()",
        "x$n.to(torch.zeros(1, dtype=$dtype))",
        "x$n.type_as(torch.zeros(1, dtype=$dtype))",
    ),
    dtype=(*_FLOATS, "torch.int64", "torch.bool"),
    factor=("1", "2", "-0.5"),
)

JOINED = spoken(
    cleandoc("""
        a$n = torch.tensor([1.0, 2.0], dtype=$first, requires_grad=True)
        b$n = torch.tensor([3.0, 4.0], dtype=$second, requires_grad=True)
        c$n = torch.tensor([5, 0]).to($third)
        y$n = $joined
        (y$n * $factor).sum().backward()
        observe(a$n, b$n, y$n)
    """),
    first=_FLOATS,
    second=_FLOATS,
    third=_ALL,
    joined=(
        "torch.cat([a$n, b$n])",
        "torch.stack([a$n, b$n])",
        "torch.cat([a$n, c$n, b$n])",
        "torch.stack([c$n, a$n], 1)",
        "torch.where(c$n > 0, a$n, b$n)",
        "torch.cat([a$n * 2, a$n])",
        "torch.cat([c$n, b$n * b$n])",
    ),
    factor=("1", "2", "-1"),
)

IN_PLACE = spoken(
    cleandoc("""
        x$n = torch.tensor([1.0, 2.0], dtype=$first, requires_grad=True)
        w$n = torch.tensor([3, 4]).to($second)
        a$n = x$n * 1
        $write
        a$n.sum().backward()
        observe(x$n, a$n)
    """),
    first=_WIDE,
    second=_ALL,
    write=(
        "a$n.mul_(w$n)",
        "a$n.add_(w$n)",
        "a$n += w$n",
        "a$n.copy_(w$n)",
        "a$n[0] = w$n[1]",
        "w$n.mul_(a$n.detach())",
        "w$n += 0.5",
        "w$n.add_(a$n.detach() * 2)",
        "a$n.mul_(2)",
        "a$n.sub_(w$n, alpha=2)",
    ),
)


def _half(*kinds: str) -> Generator:
    return spoken(
        cleandoc("""
            x$n = torch.tensor($values, dtype=$half, requires_grad=True)
            w$n = torch.tensor([0.5, 2.0], dtype=$other, requires_grad=True)
            y$n = $function
            y$n.sum().backward()
            observe(x$n, w$n, y$n)
        """),
        values=("[1.0, 2.0]", "[0.25, -3.0]", "[[1.0, 4.0], [0.0, -1.0]]"),
        half=("$kind",),
        kind=kinds,
        other=("$kind", "torch.float32"),
        function=(
            "x$n * w$n",
            "x$n + w$n",
            "x$n * x$n",
            "x$n.float() * w$n",
            "x$n.relu()",
            "x$n.abs() - w$n",
            "x$n.sum() * w$n",
            "x$n * 0.5",
            "-x$n",
        ),
    )


HALF = _half("torch.float16")
BRAIN = _half("torch.bfloat16")
