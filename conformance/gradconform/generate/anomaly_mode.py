"""Generators for the thirteenth family: gradients that are NaN or infinite, in anomaly mode and out of it."""

from __future__ import annotations

from gradconform.generate import build
from gradconform.generate.build import Value
from gradconform.generate.scene import Scene
from gradconform.generate.showing import showing
from gradconform.generate.writing import Bound, bind
from gradoracle.program import Global

ANOMALY = "torch.autograd.set_detect_anomaly"
ZEROS = (0.0,)
NAN = Global("math.nan")


def _zeros(scene: Scene, number: int) -> Bound:
    """A leaf of zeros, which no later move picks."""
    one = scene.leaf(((1,), (2,), ())[number % 3], number, values=ZEROS)
    scene.forget(one.name)
    return Bound(one.ref, one.shape)


def _lost(scene: Scene, one: Bound, number: int) -> Value:
    """A root whose gradient is NaN at zero."""
    ref = one.ref
    return (
        build.op("*", build.method(ref, "sqrt"), 0),
        build.op("*", build.method(ref, "log"), 0),
        build.op("*", build.method(ref, "reciprocal"), 0),
        build.op("*", build.op("*", ref, ref), NAN),
        build.method(build.op("*", ref, ref), "sqrt"),
        build.op("*", build.op("/", ref, ref), 2),
        build.op("+", build.op("*", build.method(ref, "rsqrt"), 0), ref),
    )[number % 7]


def _endless(scene: Scene, one: Bound, number: int) -> Value:
    """A root whose gradient is infinite at zero."""
    ref = one.ref
    return (
        build.method(ref, "sqrt"),
        build.method(ref, "log"),
        build.op("*", build.method(ref, "sqrt"), 2),
        build.method(build.op("*", ref, 3), "sqrt"),
        build.op("-", build.method(ref, "log")),
    )[number % 5]


def _backward(scene: Scene, one: Bound, value: Value) -> None:
    made = bind(scene, value, one.shape)
    scene.run(build.method(build.method(made.ref, "sum"), "backward", retain_graph=True))
    scene.observe(one.name, made.name)


def switched(scene: Scene, a: int, b: int, c: int) -> None:
    """The mode set by calls and blocks, and what it is after each; off at the end."""

    def tell() -> None:
        scene.run((build.call("torch.is_anomaly_enabled"), build.call("torch.is_anomaly_check_nan_enabled")))

    flags = [bool((b >> k) & 1) for k in range(4)]
    with scene.block(build.call(ANOMALY, flags[0], check_nan=flags[1])):
        tell()
        if c % 2:
            scene.run(build.call(ANOMALY, flags[2]))
            tell()
        with scene.block(build.call(ANOMALY, flags[3], flags[0])):
            tell()
        tell()
    tell()
    if c % 3 == 1:
        scene.run(build.call("torch.set_anomaly_enabled", flags[1], flags[2]))
        tell()
    scene.run(build.call(ANOMALY, False))
    tell()


def nan(scene: Scene, a: int, b: int, c: int) -> None:
    """A gradient that is NaN, in anomaly mode, with the graph recorded inside or outside, and then without."""
    one = _zeros(scene, a)
    value = _lost(scene, one, b)
    if c % 2:
        made = bind(scene, value, one.shape)
        with scene.block(build.call(ANOMALY, True)):
            scene.run(build.method(build.method(made.ref, "sum"), "backward", retain_graph=True))
        scene.observe(one.name)
    else:
        with scene.block(build.call(ANOMALY, True)):
            _backward(scene, one, value)
    if c % 3 == 0:
        _backward(scene, one, value)


def unchecked(scene: Scene, a: int, b: int, c: int) -> None:
    """A gradient that is NaN, in anomaly mode that does not look for it."""
    one = _zeros(scene, a)
    with scene.block(build.call(ANOMALY, True, check_nan=False)):
        _backward(scene, one, _lost(scene, one, b))


def infinity(scene: Scene, a: int, b: int, c: int) -> None:
    """A gradient that is infinite, in anomaly mode."""
    one = _zeros(scene, a)
    with scene.block(build.call(ANOMALY, True)):
        _backward(scene, one, _endless(scene, one, b))


SWITCHED = showing(switched)
NAN_RAISES = showing(nan)
UNCHECKED = showing(unchecked)
INFINITY = showing(infinity)
