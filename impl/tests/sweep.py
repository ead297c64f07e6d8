"""One call of an operator on both engines, and everything that a gradient can show of it.

A call is a line of `operator_calls.txt`: an expression of the engine `T`, its `F` and inputs `a`, `b`, `c`, `d`, and
after a bar the kinds of these inputs, which stand in `KINDS`. Unlike `differential.py` this looks at the sign of a zero
and at the versions of gradients, and it fills in the inputs itself, so that the list can be long.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from differential import attempt, graph_of, plain, saved_of, tensors_in

HERE = Path(__file__).parent
NAN, INF = float("nan"), float("inf")

KINDS: dict[str, tuple[Any, str]] = {
    "s": (0.5, "float64"),
    "s0": (0.0, "float64"),
    "v": ([0.5, -0.25, 0.75], "float64"),
    "w": ([2.0, 0.25, -0.5], "float64"),
    "f": ([0.5, -0.25, 0.75], "float32"),
    "k": ([1.0, 2.0, 2.0, -1.0, 0.0], "float64"),
    "z": ([-0.0, 0.0, -0.0, 1.0, -1.0], "float64"),
    "y": ([0.0, -0.0, -0.0, 1.0, 2.0], "float64"),
    "x": ([NAN, INF, -INF, 0.0, 1.0], "float64"),
    "x2": ([1.0, INF, 0.0, NAN, INF], "float64"),
    "e": (np.zeros((0, 3)), "float64"),
    "m": ([[0.5, -0.25, 2.0], [1.0, -1.5, 0.125]], "float64"),
    "m2": ([[1.5, 0.75, -2.0], [0.25, 3.0, -0.5]], "float64"),
    "mt": ([[0.5, -0.25], [2.0, 1.0], [-1.5, 0.125]], "float64"),
    "n": ([[0.5, -0.25], [2.0, 1.0], [-1.5, 0.125]], "float64 turned"),
    "r": ([[0.5, -0.25, 2.0]], "float64"),
    "q": ([[2.0, 0.5, -0.25], [0.25, 1.5, 0.75], [-0.5, 1.0, 3.0]], "float64"),
    "q2": ([[1.0, -0.5, 0.25], [0.0, 2.0, 0.5], [0.75, 0.25, 1.25]], "float64"),
    "h": ([[4.0, 1.0, 0.5], [1.0, 3.0, -0.25], [0.5, -0.25, 2.0]], "float64"),
    "sing": ([[1.0, 2.0], [2.0, 4.0]], "float64"),
    "bq": ([[[2.0, 0.5], [0.25, 1.5]], [[1.0, -0.5], [0.75, 3.0]]], "float64"),
    "t3": (np.arange(12.0).reshape(2, 2, 3) / 4 - 1.0, "float64"),
    "seq": (np.sin(np.arange(14.0) * 1.5).reshape(1, 2, 7), "float64"),
    "img": (np.sin(np.arange(50.0) * 1.7).reshape(1, 2, 5, 5), "float64"),
    "ties": (np.array([1.0, 1, 2, 2, 0, 2, 1, 1]).reshape(1, 1, 8), "float64"),
    "k1": (np.cos(np.arange(12.0)).reshape(3, 2, 2), "float64"),
    "k2": (np.cos(np.arange(36.0)).reshape(2, 2, 3, 3), "float64"),
    "kt": (np.cos(np.arange(36.0)).reshape(2, 2, 3, 3), "float64"),
    "g2": ([0.5, -1.5], "float64"),
    "g3": ([0.5, -1.5, 0.25], "float64"),
    "im0": (np.arange(25).reshape(1, 5, 5) % 2, "int64"),
    "k3": (np.cos(np.arange(18.0)).reshape(2, 3, 3), "float64"),
    "kt1": (np.cos(np.arange(12.0)).reshape(2, 2, 3), "float64"),
    "p2": ([0.5, 1.5], "float64"),
    "ps": (np.sin(np.arange(32.0)).reshape(1, 8, 2, 2), "float64"),
    "ev": (np.sin(np.arange(32.0)).reshape(1, 2, 4, 4), "float64"),
    "big": ([10.0, 9.25, 8.5], "float64"),
    "p": ([0.5, 0.25, 2.75], "float64"),
    "u": ([0.5, 0.25, 0.75], "float64"),
    "pm": ([[0.5, 0.25, 0.25], [0.125, 0.5, 0.375]], "float64"),
    "C": ([1 + 2j, -0.5 + 0.25j, 3 - 1j], "complex128"),
    "D": ([0.5 - 1j, 2 + 0.5j, -1 + 1j], "complex128"),
    "C0": ([0j, 1 + 1j, -2 + 0j], "complex128"),
    "CM": ([[1 + 2j, -0.5 + 0.25j], [3 - 1j, 0.5j]], "complex128"),
    "CH": ([[4 + 0j, 1 + 1j], [1 - 1j, 3 + 0j]], "complex128"),
    "CF": ([1 + 2j, -0.5 + 0.25j], "complex64"),
    "i": ([2, 0, 1], "int64"),
    "j": ([0, 2, 2], "int64"),
    "i5": ([3, -2, 5], "int64"),
    "i2": ([1, 0], "int64"),
    "im": ([[0, 2, 1], [1, 1, 0]], "int64"),
    "B": ([True, False, True], "bool"),
    "BM": ([[True, False, True], [False, False, True]], "bool"),
    "vc": ([0.5, -0.25, 0.75], "float64 constant"),
    "wc": ([1.0, -1.0, 1.0], "float64 constant"),
    "hf": ([0.5, -0.25, 2.0], "float16"),
    "lx": ([[-1.5, 0.0, 2.0], [1.0, -0.0, 0.5]], "float32"),
    "ly": ([[1.0, -2.0, 0.0], [-0.0, 3.0, -1.0]], "float32"),
}
LETTERS = "abcd"


def tensor_of(engine: Any, kind: str) -> Any:
    values, options = KINDS[kind]
    dtype, _, extra = options.partition(" ")
    array = np.array(values, dtype=dtype)
    made = engine.from_numpy(array.copy())
    if extra == "turned":
        made = made.t()
    return made.requires_grad_() if array.dtype.kind in "fc" and extra != "constant" else made


@functools.cache
def compiled(expression: str) -> Any:
    return compile(f"lambda T, F, a=None, b=None, c=None, d=None: {expression}", expression, "eval")


@functools.cache
def compiled_with(arguments: str, expression: str) -> Any:
    return eval(f"lambda {arguments}: {expression}", {})


def calls(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every call of the list: an expression and kinds. Several alternatives of kinds are divided by semicolons."""
    group: tuple[list[str], list[str]] = ([], [])
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        expression, _, kinds = line.partition(" | ")
        if expression.startswith("each "):
            group = (expression.split()[1:], [])
            for name in group[0]:
                for each in kinds.split(";"):
                    yield f"T.{name}({', '.join(LETTERS[: len(each.split())])})", tuple(each.split())
            continue
        for each in kinds.split(";"):
            yield expression.strip(), tuple(each.split())


def versions_of(gradients: Any) -> Any:
    return [None if each is None else each._version for each in gradients]


def directions(engine: Any, like: Any) -> Any:
    """Small dyadic numbers, a different one for each element."""
    count = like.numel()
    values = np.array([(-1) ** i * (1 + i % 4) / 2 for i in range(count)])
    made = engine.from_numpy(values).reshape(tuple(like.shape)).to(like.dtype)
    return made * (1 + 0.5j) if like.is_complex() else made


def observe(engine: Any, expression: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    """What one engine does: each fact under its name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return observed(engine, expression, kinds)


def observed(engine: Any, expression: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    inputs = [tensor_of(engine, kind) for kind in kinds]
    case = eval(compiled(expression))
    made = attempt(lambda: case(engine, engine.nn.functional, *inputs))
    if isinstance(made, tuple) and made and isinstance(made[0], str):
        return {"error": made}
    record: dict[str, Any] = {"value": plain(made)}
    outputs = [each for each in tensors_in(made) if each.requires_grad]
    record["graph"] = [graph_of(each.grad_fn) for each in outputs]
    record["saved"] = [attempt(lambda each=each: saved_of(each.grad_fn)) for each in outputs]
    wanted = [each for each in inputs if each.requires_grad]
    if not wanted or not outputs:
        return record
    heads = [directions(engine, each) for each in outputs]
    first = attempt(lambda: engine.autograd.grad(outputs, wanted, heads, allow_unused=True, retain_graph=True))
    record["gradients"] = plain(first)
    if first and isinstance(first[0], str):
        return record
    record["versions"] = versions_of(first)
    heads = [each.requires_grad_() for each in heads]
    again = attempt(lambda: engine.autograd.grad(outputs, wanted, heads, allow_unused=True, create_graph=True))
    if again and isinstance(again[0], str):
        return record | {"gradients with graph": again}
    record["gradient graphs"] = [None if each is None else graph_of(each.grad_fn) for each in again]
    moving = [each for each in again if each is not None and each.requires_grad]
    if moving:
        ends = [directions(engine, each) for each in moving]
        second = attempt(lambda: engine.autograd.grad(moving, [*wanted, *heads], ends, allow_unused=True))
        record["second gradients"] = plain(second)
    return record


def differences(expected: Any, got: Any, where: str = "") -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in sorted(expected.keys() | got.keys()):
            if key not in expected or key not in got:
                shown = expected.get(key, got.get(key))
                yield f"{where}/{key}: {'missing' if key in expected else 'not expected'} {shown!r}"
            else:
                yield from differences(expected[key], got[key], f"{where}/{key}")
    elif isinstance(expected, np.ndarray) and isinstance(got, np.ndarray):
        if not same_numbers(expected, got):
            yield f"{where}: {expected!r} != {got!r}"
    elif isinstance(expected, (tuple, list)) and isinstance(got, (tuple, list)) and len(expected) == len(got):
        for i, (left, right) in enumerate(zip(expected, got, strict=True)):
            yield from differences(left, right, f"{where}[{i}]")
    elif isinstance(expected, float) and isinstance(got, float):
        if not same_numbers(np.asarray(expected), np.asarray(got)):
            yield f"{where}: {expected!r} != {got!r}"
    elif type(expected) is not type(got) or repr(expected) != repr(got):
        yield f"{where}: {expected!r} != {got!r}"


def same_numbers(expected: Any, got: Any) -> bool:
    """Equal within rounding; zeros with the same sign."""
    if expected.shape != got.shape or expected.dtype != got.dtype:
        return False
    if expected.dtype.kind in "biu":
        return bool(np.array_equal(expected, got))
    if expected.dtype.kind == "c":
        return same_numbers(expected.real, got.real) and same_numbers(expected.imag, got.imag)
    tolerance = {2: 2e-3, 4: 2e-5, 8: 1e-9}[expected.dtype.itemsize]
    with np.errstate(all="ignore"):
        if not np.allclose(got, expected, rtol=tolerance, atol=tolerance * 0.01, equal_nan=True):
            return False
    zeros = (expected == 0) & (got == 0)
    return bool((np.signbit(expected) == np.signbit(got))[zeros].all())
