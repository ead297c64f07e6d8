"""Steps that build graphs: leaves, operations of one, two and several tensors, and branches that meet again."""

from __future__ import annotations

import math
from functools import cache

from gradconform.fuzz import nodes
from gradconform.fuzz.draft import BITS, LARGEST, Draft, Known, Shape
from gradoracle.program import Attr, Call, Delete, Expr

NUMBERS: tuple[nodes.Number, ...] = (2, 0.5, 3, -1, 1, -2, 1.5, 0, -0.5, 4.0)
"""Python numbers as operands."""


@cache
def broadcast(left: Shape, right: Shape) -> Shape | None:
    """The shape that two shapes broadcast to, None where they do not or where the result is large."""
    if left == right:
        return left
    size = max(len(left), len(right))
    made = []
    count = 1
    for one, other in zip((1,) * (size - len(left)) + left, (1,) * (size - len(right)) + right, strict=True):
        if one != other and one != 1 and other != 1:
            return None
        made.append(other if one == 1 else one)
        count *= made[-1]
    return tuple(made) if count <= LARGEST else None


def new_leaf(d: Draft) -> None:
    """A leaf that requires grad."""
    d.leaf(dtype="float64" if d.below(6) == 5 else "float32")


def new_constant(d: Draft) -> None:
    """A tensor that does not require grad."""
    d.leaf(dtype=d.one_of(("float32", "float32", "float32", "float64", "int64", "bool")), requires=False)


def scaled(d: Draft) -> None:
    """A tensor times a number."""
    one = d.floating()
    number = d.one_of(NUMBERS) if one.bits < BITS else -1
    operands = (one.ref, nodes.lit(number)) if d.below(3) else (nodes.lit(number), one.ref)
    d.made(nodes.binary("*", *operands), (one,), bits=one.bits + (number not in (1, -1, 0)))


def shifted(d: Draft) -> None:
    """A tensor plus or minus a number, on either side."""
    one = d.floating()
    number = nodes.lit(d.one_of(NUMBERS) if one.bits < BITS else 0)
    symbol = "-" if d.below(3) == 2 else "+"
    operands = (number, one.ref) if d.below(4) == 3 else (one.ref, number)
    d.made(nodes.binary(symbol, *operands), (one,), bits=one.bits + 1)


_UNARY = (
    "clone", "neg", "relu", "abs", "sign", "clone", "square", "relu", "trunc", "contiguous", "clamp",
)  # fmt: skip


def unary(d: Draft) -> None:
    """A function of one tensor that rounds nowhere."""
    one = d.floating()
    name = d.one_of(_UNARY)
    if name == "square":
        powered(d)
    elif name == "contiguous":
        made = d.made(nodes.bare(one.name, name), (one,))
        made.memory, made.view = one.memory, one.view
        made.leaf = made.leaf and one.leaf
    elif name == "clamp":
        d.made(nodes.method(one.name, name, nodes.lit(-1), nodes.lit(2)), (one,), saves=True)
    else:
        made = d.made(nodes.bare(one.name, name), (one,), saves=name == "abs")
        made.memory.saved = name == "relu"


def powered(d: Draft) -> None:
    """A square or a cube."""
    one = d.tracked()
    exponent = 3 if d.below(3) == 2 else 2
    if one.bits * exponent > BITS:
        scaled(d)
        return
    kind = d.below(4)
    if kind == 3:
        value = nodes.binary("**", one.ref, nodes.lit(float(exponent)))
    elif kind and exponent == 2:
        value = nodes.binary("*", one.ref, one.ref)
    else:
        value = nodes.binary("**", one.ref, nodes.lit(exponent))
    d.made(value, (one,), bits=one.bits * exponent, saves=True)


_ROUNDING = ("exp", "tanh", "sigmoid", "sin", "cos", "sqrt", "log", "reciprocal", "exp", "softmax", "std", "norm")


def rounding(d: Draft) -> None:
    """A function that rounds: the whole program is compared within a tolerance then."""
    one = d.tracked()
    name = d.one_of(_ROUNDING)
    shape = one.shape
    if name in ("sqrt", "log", "reciprocal"):
        of = Call(Attr(nodes.binary("+", nodes.bare(one.name, "abs"), nodes.ONE), name))
    elif name == "exp":
        of = Call(Attr(nodes.method(one.name, "clamp", nodes.lit(-2), nodes.lit(2)), name))
    elif name == "softmax" and one.shape:
        of = nodes.method(one.name, name, nodes.lit(d.below(len(one.shape))))
    elif name in ("std", "norm") and one.numel > 1:
        of, shape = nodes.bare(one.name, name), ()
    else:
        of = nodes.bare(one.name, "tanh")
    d.made(of, (one,), shape, bits=BITS, saves=True)


_BINARY = ("+", "*", "+", "*", "-", "+", "*", "maximum", "minimum", "add", "sub", "mul")


def _partner(d: Draft, one: Known) -> tuple[Known, Shape]:
    """An operand that broadcasts with another, and the shape of the two."""
    found = []
    for other in d.tensors:
        shape = broadcast(one.shape, other.shape)
        if shape is not None and other.dtype in ("float32", "float64", "int64"):
            found.append((other, shape))
    count = len(found)
    if not count or d.below(10) == 9:
        other = d.leaf(one.shape if d.below(2) else one.shape[1:])
        return other, one.shape
    return found[count - 1 - min(d.below(count), d.below(count))]


def combined(d: Draft) -> None:
    """An operation of two tensors, broadcast where they differ in shape."""
    one = d.tracked()
    other, shape = _partner(d, one)
    name = d.one_of(_BINARY)
    product = name in ("*", "mul")
    if product and one.bits + other.bits > BITS:
        name, product = "+", False
    bits = one.bits + other.bits if product else min(max(one.bits, other.bits) + 1, BITS)
    left, right = (other, one) if d.below(3) == 2 else (one, other)
    value: Expr
    if len(name) == 1:
        value = nodes.binary(name, left.ref, right.ref)
    elif name in ("maximum", "minimum"):
        value = nodes.call(f"torch.{name}", left.ref, right.ref)
    else:
        value = nodes.method(left.name, name, right.ref)
    double = "float64" in (one.dtype, other.dtype) and (one.shape or other.shape)
    d.made(
        value, (one, other), shape, bits=bits, dtype="float64" if double else one.dtype,
        saves=product or name in ("maximum", "minimum"),
    )  # fmt: skip


def diamond(d: Draft) -> None:
    """Two branches from one tensor that meet again."""
    one = d.tracked()
    left = d.made(nodes.binary("*", one.ref, nodes.lit(d.one_of((2, 3, 0.5)))), (one,), bits=min(one.bits + 1, BITS))
    kind = d.below(3)
    if kind == 0 and one.bits * 2 <= BITS:
        right = d.made(nodes.binary("*", one.ref, one.ref), (one,), bits=one.bits * 2, saves=True)
    elif kind == 1:
        right = one
    else:
        right = d.made(nodes.bare(one.name, "neg"), (one,))
    symbol = "*" if d.below(4) == 3 and left.bits + right.bits <= BITS else "+"
    bits = left.bits + right.bits if symbol == "*" else min(max(left.bits, right.bits) + 1, BITS)
    d.made(nodes.binary(symbol, left.ref, right.ref), (left, right), one.shape, bits=bits, saves=symbol == "*")


_REDUCTIONS = ("sum", "sum", "sum", "mean", "amax", "sum", "max", "prod", "amin", "sum", "min", "cumsum")


def reduced(d: Draft) -> None:
    """A sum, mean, maximum, minimum or product, of everything or over one dimension."""
    one = d.tracked()
    name = d.one_of(_REDUCTIONS)
    if (one.numel == 0 and name != "mean") or (name == "prod" and one.bits * one.numel > BITS):
        name = "sum"
    growth = max(one.numel - 1, 0).bit_length() if name in ("sum", "mean", "cumsum") else 0
    bits = one.bits * max(one.numel, 1) if name == "prod" else min(one.bits + growth, BITS)
    saves = name in ("amax", "amin", "max", "min", "prod")
    rank = len(one.shape)
    if name == "cumsum":
        if rank:
            d.made(nodes.method(one.name, name, nodes.lit(d.below(rank))), (one,), bits=bits)
        return
    if rank == 0 or name in ("max", "min") or d.below(2) == 0:
        d.made(nodes.bare(one.name, name), (one,), (), bits=bits, saves=saves)
        return
    dim = d.below(rank)
    keep = d.below(3) == 2
    shape = one.shape[:dim] + ((1,) if keep else ()) + one.shape[dim + 1 :]
    value = nodes.method(one.name, name, nodes.lit(dim - rank if d.below(3) == 2 else dim))
    if keep:
        value = Call(value.function, value.args, (("keepdim", nodes.TRUE),))
    d.made(value, (one,), shape, bits=bits, saves=saves)


def chosen(d: Draft) -> None:
    """`where`, `masked_fill`, `gather`, `index_select`: elements picked by data."""
    one = d.tracked()
    kind = d.below(5)
    test = nodes.binary(d.one_of((">", ">=", "<", "==")), one.ref, nodes.lit(d.one_of((0, 1, -1))))
    if kind == 0:
        other, shape = _partner(d, one)
        bits = max(one.bits, other.bits)
        kept = "float64" if "float64" in (one.dtype, other.dtype) else one.dtype
        d.made(nodes.call("torch.where", test, one.ref, other.ref), (one, other), shape, bits=bits, dtype=kept)
    elif kind == 1 or not one.shape or not one.shape[0]:
        d.made(nodes.method(one.name, "masked_fill", test, nodes.lit(d.one_of((0, 0.5, -1)))), (one,))
    elif kind == 2:
        picks = nodes.call("torch.tensor", nodes.listed(nodes.lit(d.below(one.shape[0])), nodes.lit(0)))
        value = nodes.method(one.name, "index_select", nodes.lit(0), picks)
        d.made(value, (one,), (2, *one.shape[1:]))
    elif kind == 3:
        picks = nodes.call("torch.tensor", nodes.listed(nodes.lit(d.below(one.shape[0])), nodes.lit(0)))
        d.made(nodes.item(one.name, picks), (one,), (2, *one.shape[1:]))
    else:
        d.made(nodes.method(one.name, d.one_of(("flip", "cumsum", "flip")), nodes.lit(0)), (one,), bits=one.bits + 1)


def joined(d: Draft) -> None:
    """Tensors of one shape put together."""
    one = d.tracked()
    other = d.any_of([other for other in d.tensors if other.shape == one.shape and other.dtype == one.dtype]) or one
    if 2 * one.numel > LARGEST or len(one.shape) > 2:
        d.made(nodes.binary("+", one.ref, other.ref), (one, other), bits=min(max(one.bits, other.bits) + 1, BITS))
        return
    bits = max(one.bits, other.bits)
    both = nodes.listed(one.ref, other.ref)
    if one.shape and d.below(2):
        d.made(nodes.call("torch.cat", both), (one, other), (2 * one.shape[0], *one.shape[1:]), bits=bits)
    else:
        d.made(nodes.call("torch.stack", both), (one, other), (2, *one.shape), bits=bits)


def product(d: Draft) -> None:
    """A product of matrices or vectors."""
    found = [one for one in d.tensors if one.requires and len(one.shape) in (1, 2)]
    one = d.any_of(found) or d.leaf((2, 3))
    inner = one.shape[-1]
    partners = [
        other for other in d.tensors
        if len(other.shape) in (1, 2) and other.shape[0] == inner and other.dtype == one.dtype
    ]  # fmt: skip
    other = d.any_of(partners) or d.leaf((inner,) if d.below(2) else (inner, 2), one.dtype)
    bits = one.bits + other.bits + max(inner - 1, 0).bit_length()
    shape = one.shape[:-1] + other.shape[1:]
    if bits > BITS or math.prod(shape) > LARGEST:
        reduced(d)
        return
    named = {(2, 2): "mm", (2, 1): "mv", (1, 1): "dot"}.get((len(one.shape), len(other.shape)))
    by_name = named is not None and d.below(2)
    value: Expr = nodes.method(one.name, named or "", other.ref) if by_name else nodes.binary("@", one.ref, other.ref)
    d.made(value, (one, other), shape, bits=bits, saves=True)


def cast(d: Draft) -> None:
    """The same values in the other floating dtype."""
    one = d.tracked()
    kind = "float32" if one.dtype == "float64" else "float64"
    if d.below(2):
        d.made(nodes.method(one.name, "to", nodes.glob(f"torch.{kind}")), (one,), dtype=kind)
    else:
        d.made(nodes.bare(one.name, "double" if kind == "float64" else "float"), (one,), dtype=kind)


def forgotten(d: Draft) -> None:
    """A name that is deleted, with what hangs on it alone; or a branch that nothing uses."""
    if d.depth == 0 and len(d.tensors) > 3 and d.below(2):
        one = d.one_of(d.tensors[1:])
        d.tensors.remove(one)
        d.emit(Delete((one.ref,)))
    else:
        one = d.tracked()
        d.emit(nodes.assign(d.fresh("u"), nodes.bare(one.name, d.one_of(("square", "sum", "abs", "exp")))))
        one.memory.saved = True
