"""Steps that call custom Functions, checkpoints and decorated functions."""

from __future__ import annotations

from inspect import cleandoc

from gradconform.fuzz import nodes
from gradconform.fuzz.draft import BITS, Draft, Known
from gradoracle.program import Call, Item

_SCALE = cleandoc("""
    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, factor):
            ctx.factor = factor
            return x * factor
        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.factor, None
""")
_PRODUCT = cleandoc("""
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(x, y):
            return x * y
        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(inputs[0], inputs[1])
        @staticmethod
        def backward(ctx, grad):
            x, y = ctx.saved_tensors
            print(ctx.needs_input_grad)
            return grad * y, grad * x
""")
_PAIR = cleandoc("""
    class Pair(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, x * 3
        @staticmethod
        def backward(ctx, a, b):
            return a * 2 + b * 3
""")
_MARKED = cleandoc("""
    class Marked(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            flag = x * 4
            ctx.mark_non_differentiable(flag)
            return x - 1, flag
        @staticmethod
        def backward(ctx, grad, unused):
            print(unused)
            return grad
""")
_SAME = cleandoc("""
    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x
        @staticmethod
        def backward(ctx, grad):
            return grad * 5
""")
_DOUBLED = cleandoc("""
    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2)
        @staticmethod
        def backward(ctx, grad):
            return grad * 2
""")
_LOOK = cleandoc("""
    class Look(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.view(-1)
        @staticmethod
        def backward(ctx, grad):
            return grad.sum()
""")
_NOTHING = cleandoc("""
    class Nothing(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x + 1
        @staticmethod
        def backward(ctx, a, b):
            print(a is None, b is None)
            return None
""")
_ONCE = cleandoc("""
    class Squared(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x * x
            ctx.save_for_backward(x, y)
            return y
        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, grad):
            x, y = ctx.saved_tensors
            return grad * 2 * x
""")


def custom(d: Draft) -> None:
    """`Function.apply`."""
    one = d.floating()
    kind = d.below(12)
    if kind < 2:
        d.once(_SCALE)
        d.made(nodes.call_of("Scale", one.ref, nodes.lit(d.one_of((2, -1, 0.5)))), (one,), bits=one.bits + 1)
    elif kind < 4:
        _product(d, one)
    elif kind == 4:
        d.once(_PAIR)
        d.made(Item(nodes.call_of("Pair", one.ref), nodes.lit(d.below(2))), (one,), bits=one.bits + 2)
    elif kind == 5:
        d.once(_MARKED)
        part = d.below(3) // 2
        made = d.made(Item(nodes.call_of("Marked", one.ref), nodes.lit(part)), (one,), bits=one.bits + 2)
        if part:
            made.requires, made.leaf, made.nodes = False, True, 0
    elif kind == 6:
        d.once(_SAME)
        made = d.made(nodes.call_of("Same", one.ref), (one,))
        made.memory, made.view = one.memory, True
    elif kind < 9:
        _in_place(d)
    elif kind == 9:
        d.once(_LOOK)
        d.made(nodes.call_of("Look", one.ref), (one,), (one.numel,), view_of=one)
    elif kind == 10:
        d.once(_NOTHING)
        d.made(Item(nodes.call_of("Nothing", one.ref), nodes.lit(d.below(2))), (one,), bits=one.bits + 1)
    else:
        d.once(_ONCE)
        d.made(nodes.call_of("Squared", one.ref), (one,), bits=min(one.bits * 2, BITS), saves=True)


def _product(d: Draft, one: Known) -> None:
    found = [other for other in d.tensors if other.shape == one.shape and other.dtype == one.dtype]
    other = d.any_of(found) or one
    d.once(_PRODUCT)
    d.made(
        nodes.call_of("Product", one.ref, other.ref), (one, other), bits=min(one.bits + other.bits, BITS), saves=True
    )


def _in_place(d: Draft) -> None:
    found = [one for one in d.tensors if one.floating and not one.memory.leaf and not one.expanded]
    one = d.any_of(found)
    if one is None:
        source = d.tracked()
        one = d.made(nodes.bare(source.name, "clone"), (source,))
    d.once(_DOUBLED)
    made = d.made(nodes.call_of("Doubled", one.ref), (one,), bits=one.bits + 1)
    made.memory, made.view = one.memory, one.view
    d.wrote(one, bits=min(one.bits + 1, BITS))


_DECORATED = (
    "@torch.no_grad()\ndef quiet(t):\n    return t * 2\n",
    "@torch.enable_grad()\ndef loud(t):\n    return t * 2\n",
    "@torch.inference_mode()\ndef infer(t):\n    return t * 2\n",
)


def decorated(d: Draft) -> None:
    """A call of a function that a mode decorates."""
    kind = d.below(3)
    d.once(_DECORATED[kind])
    one = d.tracked()
    before = d.grad
    d.grad = kind == 1
    made = d.made(Call(nodes.ref(("quiet", "loud", "infer")[kind]), (one.ref,)), (one,), bits=min(one.bits + 1, BITS))
    made.inference = kind == 2
    d.grad = before


_TRANSFORMED: tuple[tuple[str, str], ...] = (
    ("torch.func.grad", "lambda t: (t * t).sum()"),
    ("torch.func.vmap", "lambda t: t * t"),
    ("torch.func.grad", "lambda t: (t.detach() * t).sum()"),
)


def transformed(d: Draft) -> None:
    """A function that `torch.func` transforms, called on a tensor."""
    one = d.tracked()
    if one.bits * 2 > BITS:
        one = d.leaf()
    name, body = d.one_of(_TRANSFORMED)
    value = Call(nodes.call(name, nodes.spoken(body)), (one.ref,))
    d.made(value, (one,), bits=min(one.bits * 2, BITS), saves=True)


_BODY = "def body(t):\n    return t * t + 1\n"


def checkpointed(d: Draft) -> None:
    """`torch.utils.checkpoint.checkpoint`, of both kinds."""
    one = d.tracked()
    if one.bits * 2 > BITS:
        one = d.leaf()
    d.once(_BODY)
    reentrant = nodes.TRUE if d.below(3) == 2 else nodes.FALSE
    value = nodes.call("torch.utils.checkpoint.checkpoint", nodes.ref("body"), one.ref, use_reentrant=reentrant)
    d.made(value, (one,), bits=one.bits * 2, saves=True)
