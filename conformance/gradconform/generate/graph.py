"""Moves that build graphs: leaves, operations of all kinds, unused branches, safe in-place operations."""

from __future__ import annotations

import math

from gradconform.generate import build
from gradconform.generate.build import Value
from gradconform.generate.scene import LARGEST, Live, Scene, Shape, broadcast

SHAPES: tuple[Shape, ...] = ((2,), (), (3,), (2, 3), (1,), (3, 1), (2, 2), (1, 3), (2, 1, 3), (0,), (2, 1))
"""Shapes of leaves, the plain ones first; most pairs broadcast."""

NUMBERS: tuple[float | int, ...] = (2, 0.5, 3, -1, 1, -2, 1.5, 0, -0.5, 4.0)
"""Python numbers as operands."""


def floating(one: Live) -> bool:
    """A tensor of floating point that operations may use."""
    return one.is_float


def tracked(one: Live) -> bool:
    """A tensor of floating point that requires grad."""
    return one.is_float and one.requires_grad


def operand(scene: Scene, number: int) -> Live:
    """Most often a tensor that requires grad; one number in eight takes any of floating point."""
    where = floating if number % 8 == 7 else tracked
    return scene.pick(number // 8, where, scene.leaf)


def partner(scene: Scene, one: Live, number: int) -> Live:
    """An operand that broadcasts with `one` to something not too large; a new leaf where there is none."""

    def fits(other: Live) -> bool:
        shape = broadcast(one.shape, other.shape)
        return other.is_float and shape is not None and math.prod(shape) <= LARGEST

    return scene.pick(number, fits, lambda: scene.leaf(one.shape, number))


# Leaves and operands that are none


def new_leaf(scene: Scene, a: int, b: int, c: int) -> None:
    """A leaf that requires grad; float64 one time in five."""
    scene.leaf(SHAPES[a % len(SHAPES)], b, "float64" if c % 5 == 4 else "float32")


def new_constant(scene: Scene, a: int, b: int, c: int) -> None:
    """A tensor that does not require grad: float, int or bool."""
    kind = ("float32", "int64", "float64", "bool")[c % 4]
    scene.leaf(SHAPES[a % len(SHAPES)], b, kind, requires_grad=False, prefix="c")


# Element by element


def _linear(scene: Scene, one: Live, number: int) -> None:
    factor = NUMBERS[number % len(NUMBERS)]
    bound, grain = one.bound * max(abs(factor), 1), one.grain + (0 if float(factor).is_integer() else 1)
    if not scene.fits(bound, grain):
        bound, grain, factor = one.bound, one.grain, -1
    value = (build.op("*", one.ref, factor), build.op("*", factor, one.ref))[number // len(NUMBERS) % 2]
    scene.apply(value, (one,), one.shape, bound=bound, grain=grain)


def scale(scene: Scene, a: int, b: int, _c: int) -> None:
    """A tensor times a Python number, on either side."""
    _linear(scene, operand(scene, a), b)


def shift(scene: Scene, a: int, b: int, c: int) -> None:
    """A tensor plus or minus a Python number, on either side, or its negation."""
    one, number = operand(scene, a), NUMBERS[b % len(NUMBERS)]
    value = (
        build.op("+", one.ref, number),
        build.op("-", one.ref, number),
        build.op("-", number, one.ref),
        build.op("-", one.ref),
        build.op("+", number, one.ref),
    )[c % 5]
    scene.apply(value, (one,), one.shape, bound=one.bound + abs(number), grain=max(one.grain, 1))


EXACT_UNARY = ("clone", "relu", "abs", "neg", "square", "sign", "clamp")
ROUNDING_UNARY = ("tanh", "sigmoid", "sin", "cos", "exp", "sqrt", "log", "rsqrt", "reciprocal")


def unary(scene: Scene, a: int, b: int, c: int) -> None:
    """An exact function of one tensor."""
    one = operand(scene, a)
    name = EXACT_UNARY[b % len(EXACT_UNARY)]
    if name == "square":
        power(scene, a, c, 0)
    elif name == "clamp":
        value = (
            build.method(one.ref, name, -1, 1),
            build.method(one.ref, name, min=0.0),
            build.method(one.ref, name, max=1),
        )
        scene.apply(value[c % 3], (one,), one.shape, saves=(one,))
    else:
        saves = (one,) if name == "abs" else ()
        scene.apply(build.method(one.ref, name), (one,), one.shape, saves=saves, saves_result=name == "relu")


def power(scene: Scene, a: int, b: int, _c: int) -> None:
    """A square or a cube where it stays small."""
    one = operand(scene, a)
    exponent = 3 if b % 3 == 2 else 2
    bound, grain = one.bound**exponent, one.grain * exponent
    if not scene.fits(bound, grain):
        _linear(scene, one, b)
        return
    value = build.op("**", one.ref, exponent)
    if b % 3 == 1:
        value = build.op("**", one.ref, 2.0) if b % 2 else build.op("*", one.ref, one.ref)
    scene.apply(value, (one,), one.shape, bound=bound, grain=grain, saves=(one,))


def rounding(scene: Scene, a: int, b: int, _c: int) -> None:
    """A function that rounds: its results are compared with a tolerance and feed no decision."""
    one = operand(scene, a)
    name = ROUNDING_UNARY[b % len(ROUNDING_UNARY)]
    of: Value = one.ref
    bound = 1.0
    if name in ("sqrt", "log", "rsqrt", "reciprocal"):
        of, bound = build.op("+", build.method(one.ref, "abs"), 1), one.bound + 1
    elif name == "exp":
        name, bound = (name, math.exp(one.bound)) if one.bound <= 4 else ("tanh", 1.0)
    scene.apply(build.method(of, name), (one,), one.shape, bound=bound, exact=False, saves=(one,), saves_result=True)


BINARY = ("+", "*", "-", "torch.maximum", "torch.minimum")


def binary(scene: Scene, a: int, b: int, c: int) -> None:
    """An exact operation of two tensors, broadcast where they differ in shape."""
    one = operand(scene, a)
    other = partner(scene, one, b)
    name = BINARY[(0, 1, 0, 2, 1, 0, 3, 1, 4)[c % 9]]
    bound, grain = one.bound + other.bound, max(one.grain, other.grain)
    if name == "*":
        bound, grain = one.bound * other.bound, one.grain + other.grain
        if not scene.fits(bound, grain):
            name, bound, grain = "+", one.bound + other.bound, max(one.grain, other.grain)
    if name.startswith("torch") and not (one.exact and other.exact):
        name = "-"
    value = build.call(name, one.ref, other.ref) if name.startswith("torch") else build.op(name, one.ref, other.ref)
    shape = broadcast(one.shape, other.shape) or one.shape
    saves = () if name in ("+", "-") else (one, other)
    scene.apply(value, (one, other), shape, bound=bound, grain=grain, saves=saves)


def divide(scene: Scene, a: int, b: int, c: int) -> None:
    """A division: by a power of two, or by a tensor without zeros."""
    one = operand(scene, a)
    if c % 2 == 0:
        grain = one.grain + 1
        if scene.fits(one.bound, grain):
            scene.apply(build.op("/", one.ref, 2), (one,), one.shape, grain=grain)
        else:
            _linear(scene, one, b)
        return
    other = partner(scene, one, b)
    bottom = build.op("+", build.op("*", other.ref, other.ref), 1)
    shape = broadcast(one.shape, other.shape) or one.shape
    scene.apply(build.op("/", one.ref, bottom), (one, other), shape, bound=one.bound, exact=False, saves=(one, other))


def fan_out(scene: Scene, a: int, b: int, c: int) -> None:
    """A diamond: two branches from one tensor that meet again."""
    one = operand(scene, a)
    left = scene.apply(
        build.op("*", one.ref, NUMBERS[b % 3]), (one,), one.shape, bound=one.bound * 3, grain=one.grain + 1
    )
    if c % 3 == 0 and scene.fits(one.bound**2, one.grain * 2):
        right = scene.apply(
            build.op("*", one.ref, one.ref),
            (one,),
            one.shape,
            bound=one.bound**2,
            grain=one.grain * 2,
            saves=(one,),
        )
    elif c % 3 == 1:
        right = one
    else:
        right = scene.apply(build.op("-", one.ref), (one,), one.shape)
    scene.apply(build.op("+", left.ref, right.ref), (left, right), one.shape, bound=left.bound + right.bound)


def choose(scene: Scene, a: int, b: int, c: int) -> None:
    """`torch.where` on a comparison of exact tensors."""
    one = scene.pick(a, lambda live: live.requires_grad and live.exact and live.is_float)
    other = partner(scene, one, b)
    shape = broadcast(one.shape, other.shape) or one.shape
    test = build.op((">", ">=", "<", "==")[c % 4], one.ref, NUMBERS[c // 4 % len(NUMBERS)])
    scene.apply(build.call("torch.where", test, one.ref, other.ref), (one, other), shape)


def mask(scene: Scene, a: int, b: int, c: int) -> None:
    """`masked_fill` on a comparison."""
    one = scene.pick(a, lambda live: live.requires_grad and live.exact and live.is_float)
    number = NUMBERS[b % len(NUMBERS)]
    test = build.op((">", "<=")[c % 2], one.ref, 0)
    scene.apply(
        build.method(one.ref, "masked_fill", test, number), (one,), one.shape, bound=max(one.bound, abs(number))
    )


# Reductions


def reduce(scene: Scene, a: int, b: int, c: int) -> None:
    """A sum, mean, maximum, minimum or product, of everything or of one dimension."""
    one = operand(scene, a)
    name = ("sum", "sum", "sum", "amax", "mean", "max", "sum", "amin", "sum", "min", "prod", "sum")[b % 12]
    if one.numel == 0 or (name in ("amax", "amin", "max", "min") and not one.exact):
        name = "sum"
    if name == "prod" and not scene.fits(one.bound**one.numel, one.grain * one.numel):
        name = "sum"
    args: tuple[Value, ...] = ()
    kwargs: dict[str, Value] = {}
    shape: Shape = ()
    if one.ndim and c % 2 and name not in ("max", "min"):
        dim = c // 2 % one.ndim
        keep = c // 8 % 3 == 2
        args = (dim - one.ndim if c // 24 % 2 else dim,)
        if keep:
            kwargs["keepdim"] = True
        shape = one.shape[:dim] + ((1,) if keep else ()) + one.shape[dim + 1 :]
    count = max(one.numel // max(math.prod(shape), 1), 1)
    bound, grain, exact = one.bound, one.grain, True
    if name == "sum":
        bound *= count
    elif name == "prod":
        bound, grain = bound**count, grain * count
    elif name == "mean":
        exact, grain = count & (count - 1) == 0, grain + count.bit_length() - 1
    saves = (one,) if name not in ("sum", "mean") else ()
    value = build.method(one.ref, name, *args, **kwargs)
    scene.apply(value, (one,), shape, bound=bound, grain=grain, exact=exact, saves=saves, saves_result=bool(saves))


# Shapes and views


def reshape(scene: Scene, a: int, b: int, _c: int) -> None:
    """Another shape of the same elements, most often a view."""
    one = operand(scene, a)
    flat = (one.numel,)
    choices: list[tuple[Value, Shape]] = [
        (build.method(one.ref, "reshape", -1), flat) if one.numel else (build.method(one.ref, "flatten"), flat),
        (build.method(one.ref, "unsqueeze", 0), (1, *one.shape)),
        (build.method(one.ref, "unsqueeze", -1), (*one.shape, 1)),
        (build.item(one.ref, (None, ...)), (1, *one.shape)),
        (build.method(one.ref, "view", 1, *one.shape), (1, *one.shape)),
        (build.method(one.ref, "squeeze"), tuple(size for size in one.shape if size != 1)),
        (build.method(one.ref, "flatten"), flat),
    ]
    if one.ndim == 2:
        rows, columns = one.shape
        choices += [(build.method(one.ref, "t"), (columns, rows)), (build.attr(one.ref, "T"), (columns, rows))]
    if one.ndim >= 2:
        swapped = (*one.shape[:-2], one.shape[-1], one.shape[-2])
        order = tuple(reversed(range(one.ndim)))
        choices.append((build.method(one.ref, "transpose", -1, -2), swapped))
        choices.append((build.method(one.ref, "permute", *order), one.shape[::-1]))
    value, shape = choices[b % len(choices)]
    if len(shape) > 3:
        value, shape = build.method(one.ref, "flatten"), flat
    scene.apply(value, (one,), shape, view_of=one)


def expand(scene: Scene, a: int, b: int, c: int) -> None:
    """A leading dimension or dimensions of size one repeated without a copy."""
    one = operand(scene, a)
    times = 2 + b % 2
    if 1 in one.shape and c % 2 == 0:
        shape = tuple(times if size == 1 else size for size in one.shape)
    else:
        shape = (times, *one.shape)
    if len(shape) > 3 or math.prod(shape) > LARGEST // 2:
        shape = one.shape
    scene.apply(build.method(one.ref, "expand", *shape), (one,), shape, view_of=one, expanded=True)


_VIEW, _TIED, _COPY, _KEPT = "view", "one of several views, which mind writes to the base", "copy", "copy that saves"


def index(scene: Scene, a: int, b: int, c: int) -> None:
    """An element, a slice, or elements picked by a tensor."""
    one = scene.pick(a, lambda live: tracked(live) and live.ndim > 0 and live.shape[0] > 0)
    if one.ndim == 0 or one.shape[0] == 0:
        one = scene.leaf((3,), b)
    size, rest = one.shape[0], one.shape[1:]
    place = b % size
    pair = build.call("torch.tensor", [place, 0])
    mask = build.call("torch.tensor", [number == place for number in range(size)])
    columns = build.call("torch.zeros", 1, *rest, dtype=build.dtype("int64"))
    half = build.item(build.method(one.ref, "chunk", 2), 0)
    choices: tuple[tuple[Value, Shape, str], ...] = (
        (build.item(one.ref, place), rest, _VIEW),
        (build.item(one.ref, place - size), rest, _VIEW),
        (build.item(one.ref, build.span(place)), (size - place, *rest), _VIEW),
        (build.item(one.ref, build.span(None, None, 2)), ((size + 1) // 2, *rest), _VIEW),
        (build.item(one.ref, pair), (2, *rest), _COPY),
        (build.method(one.ref, "narrow", 0, 0, place + 1), (place + 1, *rest), _VIEW),
        (build.method(one.ref, "select", 0, place), rest, _VIEW),
        (build.method(one.ref, "index_select", 0, pair), (2, *rest), _COPY),
        (build.item(build.method(one.ref, "unbind"), place), rest, _TIED),
        (build.item(build.method(one.ref, "split", 1), place), (1, *rest), _TIED),
        (half, ((size + 1) // 2, *rest), _TIED),
        (build.item(one.ref, mask), (1, *rest), _COPY),
        (build.method(one.ref, "gather", 0, columns), (1, *rest), _KEPT),
    )
    value, shape, how = choices[c % len(choices)]
    view = one if how in (_VIEW, _TIED) else None
    scene.apply(value, (one,), shape, view_of=view, saves=(one,) if how in (_TIED, _KEPT) else ())


def rearrange(scene: Scene, a: int, b: int, c: int) -> None:
    """A copy in another order: flip, roll, tril, triu, diagonal."""
    one = scene.pick(a, lambda live: tracked(live) and live.ndim > 0)
    if one.ndim == 0:
        one = scene.leaf((3,), b)
    if b % 4 == 0:
        scene.apply(build.method(one.ref, "flip", 0), (one,), one.shape)
    elif b % 4 == 1 or one.ndim < 2:
        scene.apply(build.method(one.ref, "roll", 1, 0), (one,), one.shape)
    elif b % 4 == 2 or one.ndim > 2:
        scene.apply(build.method(one.ref, ("tril", "triu")[c % 2]), (one,), one.shape)
    else:
        scene.apply(build.method(one.ref, "diagonal"), (one,), (min(one.shape),), view_of=one)


def join(scene: Scene, a: int, b: int, c: int) -> None:
    """Tensors of one shape put together: stack or cat."""
    one = operand(scene, a)
    other = scene.pick(b, lambda live: live.is_float and live.shape == one.shape)
    parents = (one, other)
    if c % 3 == 0 and one.ndim > 0 and 2 * one.numel <= LARGEST:
        shape = (2 * one.shape[0], *one.shape[1:])
        scene.apply(build.call("torch.cat", [one.ref, other.ref]), parents, shape)
    elif one.ndim < 3 and 2 * one.numel <= LARGEST:
        scene.apply(build.call("torch.stack", [one.ref, other.ref]), parents, (2, *one.shape))
    else:
        scene.apply(build.op("+", one.ref, other.ref), parents, one.shape, bound=one.bound + other.bound)


def multiply(scene: Scene, a: int, b: int, c: int) -> None:
    """A matrix product: matrix by matrix, matrix by vector, dot product."""
    one = scene.pick(a, lambda live: tracked(live) and live.ndim in (1, 2))
    if one.ndim not in (1, 2):
        one = scene.leaf((2, 3), b)
    inner = one.shape[-1]
    width = 1 + b % 3

    def fits(live: Live) -> bool:
        return live.dtype == one.dtype and live.ndim in (1, 2) and live.shape[0] == inner and live.numel <= 12

    def make() -> Live:
        return scene.leaf((inner,) if one.ndim == 1 or c % 3 == 0 else (inner, width), b, one.dtype)

    other = scene.pick(b, fits, make)
    bound, grain = one.bound * other.bound * max(inner, 1), one.grain + other.grain
    shape = one.shape[:-1] + other.shape[1:]
    if not scene.fits(bound, grain, math.prod(shape)):
        reduce(scene, a, 0, c)
        return
    named = {(2, 2): "mm", (2, 1): "mv", (1, 1): "dot"}.get((one.ndim, other.ndim))
    if c % 2 and named:
        value: Value = build.method(one.ref, named, other.ref)
    else:
        value = build.op("@", one.ref, other.ref)
    scene.apply(value, (one, other), shape, bound=bound, grain=grain, saves=(one, other))


# Around the graph


def cut(scene: Scene, a: int, _b: int, _c: int) -> None:
    """A detached alias, which stays live as an operand."""
    one = operand(scene, a)
    scene.apply(build.method(one.ref, "detach"), (one,), one.shape, view_of=one, detached=True, prefix="d")


def cast(scene: Scene, a: int, b: int, _c: int) -> None:
    """The same values in the other floating dtype."""
    one = operand(scene, a)
    kind = "float32" if one.dtype == "float64" else "float64"
    value = (
        build.method(one.ref, "double" if kind == "float64" else "float"),
        build.method(one.ref, "to", build.dtype(kind)),
    )[b % 2]
    scene.apply(value, (one,), one.shape, dtype=kind)


def unused(scene: Scene, a: int, b: int, c: int) -> None:
    """A branch that nothing uses: a name that no later move can pick."""
    one = operand(scene, a)
    other = partner(scene, one, b)
    name = scene.fresh("u")
    scene.emit(
        build.assign(name, build.method(build.op("*", one.ref, other.ref), ("square", "sum", "abs", "exp")[c % 4]))
    )
    scene.saved.update((one.storage, other.storage))


def in_place(scene: Scene, a: int, b: int, c: int) -> None:
    """An in-place operation that no saved tensor minds, on a copy where there is no such tensor."""

    def safe(live: Live) -> bool:
        return tracked(live) and not live.is_leaf and not live.expanded and live.storage not in scene.saved

    def owner_is_leaf(live: Live) -> bool:
        return live.family in {one.name for one in scene.live(lambda one: one.is_leaf and one.requires_grad)}

    def copied() -> Live:
        one = operand(scene, a)
        return scene.apply(build.method(one.ref, "clone"), (one,), one.shape)

    target = scene.pick(a, lambda live: safe(live) and not owner_is_leaf(live), copied)
    number = NUMBERS[b % len(NUMBERS)]
    bound = max(target.bound * max(abs(number), 1), target.bound + abs(number))
    grain = target.grain + 1
    kind = c % 10
    if not scene.fits(bound, grain) or kind == 0:
        scene.overwrite(target, build.run(build.method(target.ref, "neg_")))
    elif kind == 1:
        scene.overwrite(target, build.run(build.method(target.ref, "mul_", number)), bound=bound, grain=grain)
    elif kind == 2:
        scene.overwrite(target, build.augment(target.name, "+", number), bound=bound, grain=grain)
    elif kind == 3:
        scene.overwrite(target, build.run(build.method(target.ref, "zero_")))
    elif kind == 4:
        scene.overwrite(target, build.run(build.method(target.ref, "fill_", number)), bound=abs(number), grain=1)
    elif kind == 5 and target.exact:
        fill = build.method(target.ref, "masked_fill_", build.op(">", target.ref, 0), number)
        scene.overwrite(target, build.run(fill), bound=abs(number), grain=1)
    elif kind == 6:
        scene.overwrite(target, build.run(build.method(target.ref, "div_", 2)), grain=grain)
    elif kind == 7 and target.ndim and target.shape[0]:
        place = build.assign(build.item(target.ref, b % target.shape[0]), number)
        scene.overwrite(target, place, bound=abs(number), grain=1)
    else:
        other = scene.pick(b, lambda live: live.is_float and broadcast(target.shape, live.shape) == target.shape)
        if broadcast(target.shape, other.shape) != target.shape or target.storage == other.storage:
            scene.overwrite(target, build.augment(target.name, "*", -1))
            return
        statement = build.run(build.method(target.ref, ("add_", "sub_", "copy_")[c // 10 % 3], other.ref))
        scene.overwrite(target, statement, (other,), bound=target.bound + other.bound)
