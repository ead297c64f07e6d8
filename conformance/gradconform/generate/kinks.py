"""Generators for kinks: functions at and around the points where they have no derivative, with ties and signs."""

from __future__ import annotations

from inspect import cleandoc

from gradconform.catalogue.behaviour import Generator
from gradconform.generate.spoken import spoken

_ELEMENTS = ("-2.0", "-1.0", "-0.5", "0.0", "0.5", "1.0", "2.0", "1.0", "0.0", "6.0")
"""The kinks of the functions below, and what lies between them; small differences, so that ties are many."""

_ONE = cleandoc("""
    x$n = torch.tensor($values, requires_grad=True)
    y$n = $function
    (y$n * $weight).sum().backward()
    observe(x$n, y$n)
""")
_WEIGHTS = ("1", "2", "-1", "0.5")
_ROWS = ("[$a, $b, $c]", "[$a, $b]", "[[$a, $b], [$c, $a]]", "[$a]", "[$a, $b, $c, $b]")


def _on(*functions: str, values: tuple[str, ...] = _ROWS, text: str = _ONE) -> Generator:
    """A generator of programs about functions of one tensor, or of two."""
    return spoken(
        text,
        values=values,
        function=functions,
        weight=_WEIGHTS,
        left=("True", "True", "False"),
        a=_ELEMENTS,
        b=_ELEMENTS,
        c=_ELEMENTS,
    )


REDUCED = _on(
    "x$n.max()",
    "x$n.min()",
    "x$n.max(0)[0]",
    "x$n.min(-1)[0]",
    "x$n.amax()",
    "x$n.amax(0)",
    "x$n.amin(-1, keepdim=True)",
    "x$n.max(-1, keepdim=True)[0]",
    "torch.aminmax(x$n)[1]",
    "x$n.amax((0,))",
)

_TWO = cleandoc("""
    a$n = torch.tensor([$a, $b, $c], requires_grad=$left)
    b$n = torch.tensor($values, requires_grad=True)
    y$n = $function
    (y$n * $weight).sum().backward()
    observe(a$n, b$n, y$n)
""")
_OTHERS = ("[$c, $a, $b]", "[$a, $b, $a]", "$b", "[[$a, $b, $c], [$c, $b, $a]]", "[$b]", "[$c, math.nan, $b]")

OF_TWO = _on(
    "torch.maximum(a$n, b$n)",
    "torch.minimum(a$n, b$n)",
    "torch.fmax(a$n, b$n)",
    "torch.fmin(b$n, a$n)",
    "torch.max(a$n, b$n)",
    "torch.where(a$n > b$n, a$n, b$n)",
    "torch.where(a$n >= b$n, a$n, b$n)",
    "(a$n - b$n).abs()",
    "(a$n - b$n).relu()",
    "torch.div(a$n, b$n + 8, rounding_mode='floor')",
    "torch.div(a$n, b$n + 8, rounding_mode='trunc')",
    values=_OTHERS,
    text=_TWO,
)

AT = _on(
    "x$n.abs()",
    "x$n.relu()",
    "x$n.sign()",
    "torch.nn.functional.hardtanh(x$n)",
    "torch.nn.functional.relu6(x$n)",
    "torch.nn.functional.leaky_relu(x$n, 0.5)",
    "torch.nn.functional.threshold(x$n, 0.5, 2.0)",
    "torch.nn.functional.hardshrink(x$n)",
    "torch.nn.functional.softshrink(x$n)",
    "x$n.floor()",
    "x$n.ceil()",
    "x$n.round()",
    "x$n.trunc()",
    "x$n.frac()",
    "x$n.abs().sqrt()",
    "x$n.relu() * x$n",
    "x$n.masked_fill(x$n == 0, 3)",
    "torch.nn.functional.hardsigmoid(x$n * 3)",
    "torch.nn.functional.hardswish(x$n * 3)",
)

CLAMPED = _on(
    "x$n.clamp(-1, 1)",
    "x$n.clamp(0, 0.5)",
    "x$n.clamp(min=0)",
    "x$n.clamp(max=0.5)",
    "x$n.clamp_min(-0.5)",
    "x$n.clamp_max(1.0)",
    "x$n.clamp(1, -1)",
    "x$n.clamp(torch.tensor(0.0), torch.tensor(1.0))",
    "x$n.clamp(min=torch.tensor([$b], requires_grad=True))",
    "x$n.clip(0, 2)",
)

ORDERED = _on(
    "x$n.sort(stable=True)[0] * torch.tensor([1.0, 2.0, 3.0])",
    "x$n.sort(stable=True, descending=True)[0] * torch.tensor([1.0, 2.0, 3.0])",
    "x$n.median()",
    "x$n.cummax(0)[0]",
    "x$n.cummin(-1)[0]",
    "x$n.cummax(-1)[0] * 2",
    "x$n.nanmedian()",
    values=("[$a, $b, $c]", "[$c, $a, $a]", "[[$a, $b, $c], [$b, $b, $a]]"),
)

TAKEN = _on(
    "x$n.topk(2)[0]",
    "x$n.topk(1, largest=False)[0] * 3",
    "x$n.kthvalue(2)[0]",
    "x$n.kthvalue(1, 0, True)[0]",
    "x$n.topk(3)[0] * torch.tensor([1.0, 2.0, 3.0])",
    "x$n.kthvalue(3)[0] * x$n.topk(2)[1]",
    "x$n.topk(2, sorted=True)[0] * x$n.kthvalue(2)[1]",
    "x$n.topk(4)[0]",
    "x$n.kthvalue(0)[0]",
    values=("[2.0, 1.0, 3.0]", "[0.5, -1.0, 0.0]", "[-2.0, 4.0, 1.0]", "[3.0, 2.0, 1.0]"),
)
"""Of elements that differ: which of equal ones is taken is left open."""

NORMS = _on(
    "x$n.norm()",
    "x$n.norm(1)",
    "x$n.norm(math.inf)",
    "x$n.norm(-math.inf)",
    "x$n.norm(0)",
    "x$n.norm(3)",
    "x$n.norm(2, -1)",
    "torch.linalg.vector_norm(x$n)",
    "torch.linalg.vector_norm(x$n, 1, -1)",
    "(x$n * 0).norm()",
    "(x$n - x$n).norm(1)",
)

POWERS = _on(
    "x$n ** 0",
    "x$n ** 1",
    "x$n ** 2",
    "x$n ** 3",
    "x$n.abs() ** 0.5",
    "x$n ** torch.tensor(2.0)",
    "x$n ** torch.tensor([$b], requires_grad=True).round()",
    "2 ** x$n",
    "0 ** x$n.abs()",
    "x$n.pow(0.0)",
    "x$n.square()",
)

PRODUCTS = _on(
    "x$n.prod()",
    "x$n.prod(0)",
    "x$n.prod(-1)",
    "x$n.prod(-1, keepdim=True)",
    "x$n.cumprod(0)",
    "x$n.cumprod(-1)",
    "(x$n * x$n).prod()",
    "(x$n * 0).prod()",
)

INDEXED = _on(
    "x$n[torch.tensor([0, 0])]",
    "x$n.index_select(0, torch.tensor([0, 0, 0]))",
    "x$n.take(torch.tensor([0, 0, 1]))",
    "x$n[[0, 0]]",
    "x$n.repeat_interleave(2)",
    "x$n.gather(0, torch.tensor([0, 0]))",
    "x$n[[0, -1]]",
    "x$n.expand(3, -1)",
    values=("[$a, $b, $c]", "[$a, $b]", "[$a, $b, $c, $b]"),
)

SMOOTH = _on(
    "x$n.logsumexp(0)",
    "x$n.softmax(-1)",
    "x$n.log_softmax(0)",
    "torch.logaddexp(x$n, x$n * 1)",
    "x$n.sigmoid()",
    "torch.nn.functional.softplus(x$n)",
    "x$n.logcumsumexp(0)",
)

LOSSES = _on(
    "torch.nn.functional.l1_loss(x$n, torch.zeros_like(x$n), reduction='sum')",
    "torch.nn.functional.smooth_l1_loss(x$n, torch.zeros_like(x$n), reduction='sum')",
    "torch.nn.functional.huber_loss(x$n, torch.ones_like(x$n), reduction='none')",
    "torch.nn.functional.smooth_l1_loss(x$n, torch.ones_like(x$n), reduction='none', beta=0.5)",
    "torch.nn.functional.l1_loss(x$n, x$n * 1, reduction='none')",
    "torch.nn.functional.mse_loss(x$n, torch.ones_like(x$n), reduction='sum')",
)

CHOSEN = _on(
    "torch.where(x$n > 0, x$n.sqrt(), x$n)",
    "torch.where(x$n > 0, x$n, x$n * x$n)",
    "torch.where(x$n == 0, torch.ones_like(x$n), 1 / x$n)",
    "torch.where(x$n > 0, x$n.log(), x$n * 2)",
    "x$n.sqrt().masked_fill(x$n <= 0, 0)",
    "torch.where(x$n.isfinite(), x$n, 0.0)",
)
