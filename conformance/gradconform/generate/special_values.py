"""Generators for special values: infinities, NaN, signed zeros, empty tensors, tensors without dimensions."""

from __future__ import annotations

from inspect import cleandoc

from gradconform.catalogue.behaviour import Generator
from gradconform.generate.spoken import spoken

_ELEMENTS = ("math.nan", "math.inf", "-math.inf", "0.0", "-0.0", "1.0", "-1.0", "2.0")
_ROWS = ("[$a, $b]", "[$a, $b, $c]", "[[$a, $b], [$c, 1.0]]", "$a", "[$a]")
_ONE = cleandoc("""
    x$n = torch.tensor($values, requires_grad=True)
    y$n = $function
    (y$n * $weight).sum().backward()
    observe(x$n, y$n)
""")


def _on(
    *functions: str, values: tuple[str, ...] = _ROWS, weight: tuple[str, ...] = ("1", "2", "0", "-1", "math.inf")
) -> Generator:
    """A generator of programs about functions of one tensor."""
    return spoken(
        _ONE,
        values=values,
        function=functions,
        weight=weight,
        a=_ELEMENTS,
        b=_ELEMENTS,
        c=_ELEMENTS,
    )


DIVIDED = _on(
    "x$n / torch.tensor($b, requires_grad=True)",
    "1 / x$n",
    "x$n / 0",
    "x$n / x$n",
    "x$n.reciprocal()",
    "0 / x$n",
    "x$n / (x$n * 0)",
    "torch.tensor($c) / x$n",
)

SPREAD = _on(
    "x$n * x$n",
    "x$n + x$n",
    "x$n - x$n",
    "x$n * 0",
    "x$n.relu()",
    "x$n.abs()",
    "x$n.nan_to_num()",
    "x$n.nan_to_num(nan=3.0, posinf=1.0, neginf=-1.0)",
    "x$n.nansum()",
    "x$n.sum()",
    "torch.where(x$n > 0, x$n, x$n * 2)",
    "x$n.clamp(-1, 1)",
    "x$n ** 2",
    "x$n ** 0",
    "x$n.sign()",
    "x$n.masked_fill(x$n.isnan(), 5)",
    "x$n.detach() * x$n",
    "x$n.neg()",
)

SATURATED = _on(
    "x$n.exp()",
    "x$n.log()",
    "x$n.sigmoid()",
    "x$n.tanh()",
    "x$n.sqrt()",
    "x$n.softmax(-1)",
    "x$n.logsumexp(-1)",
    "x$n.log1p()",
    "x$n.rsqrt()",
    "(x$n * 100).exp()",
    "torch.nn.functional.softplus(x$n)",
    "x$n.log_softmax(-1)",
)

EXTREMA = _on(
    "x$n.max()",
    "x$n.min()",
    "x$n.max(0)[0]",
    "x$n.amax(-1)",
    "x$n.amin()",
    "torch.maximum(x$n, torch.tensor($b))",
    "torch.fmin(x$n, torch.tensor($c))",
    "x$n.median()",
    "x$n.nanmedian()",
    "x$n.cummax(0)[0]",
    weight=("1", "2", "-1"),
)

ZEROS = _on(
    "-x$n",
    "x$n * -1",
    "x$n + 0",
    "x$n * x$n",
    "1 / x$n",
    "x$n.abs()",
    "x$n.sqrt()",
    "x$n - x$n",
    "torch.where(x$n == 0, x$n, -x$n)",
    "x$n.sum()",
    "x$n.clone()",
    weight=("1", "-1", "0", "-0.0", "2"),
)

_SHAPES = ("0", "2, 0", "0, 3", "1, 0, 2", "2, 1")

EMPTY = spoken(
    cleandoc("""
        x$n = torch.zeros($shape, requires_grad=True)
        y$n = $function
        y$n.sum().backward()
        observe(x$n, y$n)
    """),
    shape=_SHAPES,
    function=(
        "x$n.sum()",
        "x$n * 2",
        "x$n.sum(0)",
        "x$n.sum(-1, keepdim=True)",
        "x$n.prod()",
        "x$n.prod(-1)",
        "x$n.mean()",
        "x$n.mean(0)",
        "x$n.max()",
        "x$n.amax(0)",
        "x$n.max(-1)[0]",
        "x$n.min(0)[0]",
        "torch.cat([x$n, x$n])",
        "torch.stack([x$n, x$n * 2])",
        "x$n[:0]",
        "x$n.flatten()",
        "x$n.cumsum(0)",
        "x$n.softmax(-1)",
        "x$n.norm()",
        "x$n.logsumexp(0)",
        "x$n.argmax()",
        "x$n.median()",
        "x$n.expand(2, $shape)",
        "x$n.sort()[0]",
        "x$n @ x$n.mT",
        "x$n.var()",
        "x$n.view(-1)",
        "x$n[x$n > 0]",
    ),
)

SCALARS = spoken(
    cleandoc("""
        x$n = torch.tensor($value, requires_grad=True)
        y$n = $function
        y$n.backward($how)
        observe(x$n, y$n)
    """),
    value=("3.0", "-1.0", "0.0", "[2.0]", "[[0.5]]", "2.5"),
    function=(
        "x$n.sum()",
        "x$n.sum(0)",
        "x$n.sum(-1)",
        "x$n.sum(1)",
        "x$n.mean()",
        "x$n.max()",
        "x$n.max(0)[0]",
        "x$n.view(1)",
        "x$n.reshape(1, 1)",
        "x$n.unsqueeze(0)",
        "x$n[None]",
        "x$n[...]",
        "x$n.squeeze()",
        "x$n.expand(2)",
        "x$n[0]",
        "x$n.prod(0)",
        "x$n.cumsum(0)",
        "x$n.sort()[0]",
        "x$n.softmax(0)",
        "x$n.flatten()",
        "torch.stack([x$n, x$n])",
        "x$n.permute(())",
        "x$n.t()",
        "x$n * x$n",
        "x$n.item() * x$n",
        "x$n.var()",
        "x$n.unbind()[0]",
    ),
    how=("", "torch.tensor(2.0)", "torch.ones_like(y$n)", "torch.tensor([3.0])"),
)
