"""Generators for gradcheck: functions that are right, wrong in one way, or asked for in an odd way."""

from __future__ import annotations

from inspect import cleandoc

from gradconform.generate.spoken import spoken

_CLASSES = cleandoc("""
    class Half(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x
        @staticmethod
        def backward(ctx, grad):
            x, = ctx.saved_tensors
            return grad * x
    class Single(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2
        @staticmethod
        def backward(ctx, grad):
            return (grad * 2).float()
    class Constant(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2
        @staticmethod
        def backward(ctx, grad):
            return torch.ones_like(grad) * 2
    class Nothing(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2
        @staticmethod
        def backward(ctx, grad):
            return None
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x
        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, grad):
            x, = ctx.saved_tensors
            return 2 * x * grad
""")
_X = "x = torch.tensor($values, dtype=torch.float64, requires_grad=True)"
_VALUES = ("[1.0, 2.0]", "[-1.0, 0.5]", "[3.0]", "[[0.5, 2.0]]", "2.0", "[0.0, 1.0]")
_BOTH = ("True", "False")
_RIGHT = (
    "lambda t: t * t",
    "lambda t: t.sin() * t",
    "lambda t: t ** 3 + t.sum()",
    "lambda t: t.sum()",
    "lambda t: (t * 2, t.sum())",
    "lambda t: t.exp()",
    "lambda t: t.view(-1).flip(0)",
    "lambda t: torch.stack([t, t])",
    "lambda t: t.detach() + t",
    "lambda t: t * 0",
)
_WRONG = (
    "Half.apply",
    "Nothing.apply",
    "Constant.apply",
    "lambda t: t.detach() * t",
    "lambda t: (t * 2, Half.apply(t))",
    "Single.apply",
    "lambda t: Half.apply(t).sum()",
)

PASSES = spoken(
    f"{_X}\ntorch.autograd.gradcheck($function, $inputs, $how)",
    values=_VALUES,
    function=_RIGHT,
    inputs=("(x,)", "x", "[x]", "(x * 2,)"),
    how=("", "eps=1e-4", "check_undefined_grad=False", "raise_exception=False"),
)

FINDS = spoken(
    f"{_X}\ntorch.autograd.gradcheck($function, (x,), $how)",
    start=_CLASSES,
    values=_VALUES,
    function=_WRONG,
    how=("", "raise_exception=False", "atol=10.0", "rtol=10.0"),
)

SEVERAL = spoken(
    cleandoc("""
        x = torch.tensor($values, dtype=torch.float64, requires_grad=True)
        w = torch.tensor($values, dtype=torch.float64, requires_grad=$tracked)
        torch.autograd.gradcheck($function, (x, w))
    """),
    start=_CLASSES,
    values=_VALUES,
    tracked=_BOTH,
    function=(
        "lambda a, b: a * b",
        "lambda a, b: (a * b, a.sum() * b)",
        "lambda a, b: a",
        "lambda a, b: Half.apply(a) * b",
        "lambda a, b: a * Half.apply(b)",
        "lambda a, b: a.detach() * b",
    ),
)

FORWARD = spoken(
    f"{_X}\ntorch.autograd.gradcheck($function, (x,), check_forward_ad=$ad, check_backward_ad=$back, $how)",
    start=_CLASSES,
    values=_VALUES,
    function=("torch.square", "torch.sum", "torch.exp", "Half.apply"),
    ad=("True", "False"),
    back=("True", "False"),
    how=("", "fast_mode=True", "check_undefined_grad=False", "check_batched_grad=True"),
)

FAST = spoken(
    f"{_X}\ntorch.autograd.gradcheck($function, (x,), fast_mode=True, raise_exception=False)",
    start=_CLASSES,
    values=_VALUES,
    function=(*_RIGHT, "Half.apply", "Constant.apply"),
)

SECOND = spoken(
    f"{_X}\ntorch.autograd.gradgradcheck($function, $inputs, $weights)",
    start=_CLASSES,
    values=("[1.0, 2.0]", "[-1.0, 0.5]", "[3.0, 0.25]"),
    function=("lambda t: t ** 3", "lambda t: t * 2", "lambda t: t.sin()", "lambda t: t.exp()", "lambda t: t * t.sum()"),
    inputs=("(x,)", "x"),
    weights=(
        "(torch.ones(2, dtype=torch.float64, requires_grad=True),)",
        "(torch.tensor([2.0, -1.0], dtype=torch.float64, requires_grad=True),)",
    ),
)
