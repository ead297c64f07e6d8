"""Calls on tensors of every layout, on both engines: strides, offsets and sharing of results and gradients.

    python impl/tests/layout_sweep.py                                # everything: some minutes of one core
    python impl/tests/layout_sweep.py --only 'cumsum|flip' --roads reverse,forward
    python impl/tests/layout_sweep.py --calls operator_calls.txt     # the calls of `test_every_operator.py`

Random programs seldom have a tensor that is empty, has a dimension of one element, is expanded, turned or stepped when
an operator meets it; here every call of `layout_calls.txt` meets all of them. A road says what is done with the call:
gradients of two orders and `backward`, tangents, saved tensors and graphs, inference mode.

What may differ stands in `layout_reasons.txt`, with a reason; everything else that differs is printed. Nothing is
expected but what PyTorch does while this runs. Numbers agree if they agree within the tolerance of `sweep.py`; those of
the short types must agree bit for bit.
"""

from __future__ import annotations

import argparse
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from layout_roads import ROADS, Fact, Variant
from sweep import calls, same_numbers

import refgrad

HERE = Path(__file__).parent
LAYOUTS = (
    "x", "x.t()", "x[:, 1:]", "x[:, 0:1]", "x[0:1]", "x[::2]", "x[0]", "x[:, 0]", "x[1:, 1:]", "x[:, ::2]",
    "x.expand(2, *x.shape)", "x[0:1].expand(3, 3)", "x[0].expand(2, 3)", "x.sum().expand(2, 2)", "x[0, 0].expand(1, 3)",
    "x[0:0]", "x[:, 0:0]", "x[0:0].t()", "x[0:0, 0:0]", "x[0, 0:0]", "x.unsqueeze(0)", "x.t().unsqueeze(1)",
    "x[0:1].t()", "x[:, 0:1].t()", "x.t()[1:]", "x[0:1, 0:1]", "x[0, 0]", "x.sum()", "x[0:1].unsqueeze(2)",
    "x.t().unsqueeze(0)", "x.unsqueeze(-1)", "x.double().t()", "x.half()", "x.half().t()", "x.bfloat16()[:, 1:]",
    "x.half()[0, 1]",
)  # fmt: skip
SAME_SHAPE = (
    "x", "x.permute(*range(x.dim())[::-1]).contiguous().permute(*range(x.dim())[::-1])",
    "T.stack((x, x), -1)[..., 0]", "T.cat((x[..., :1], x), -1)[..., 1:]",
)  # fmt: skip
"""Layouts that keep the shape and the elements, for calls that are made for one shape."""


class Difference(NamedTuple):
    road: str
    layout: str
    call: str
    fact: str
    text: str


def difference(expected: list[Fact], got: list[Fact]) -> tuple[str, str] | None:
    """The first fact that differs, and how; what follows from it would be told again and again."""
    for one, other in zip(expected, got, strict=False):
        if one.name != other.name:
            return one.name, f"then {other.name}"
        if one.told != other.told:
            return one.name, told(one.told, other.told)
        if (one.numbers is None) != (other.numbers is None) or (
            one.numbers is not None and not agree(one.numbers, other.numbers)
        ):
            return f"{one.name} values", apart(one.numbers, other.numbers)
    if len(expected) != len(got):
        longer = max(expected, got, key=len)[min(len(expected), len(got))]
        return longer.name, f"only {'PyTorch' if len(expected) > len(got) else 'refgrad'} has it: {longer.told}"
    return None


def apart(expected: Any, got: Any) -> str:
    """How numbers differ, in one word that a reason can name, and the numbers."""
    shown = f"{expected!r} != {got!r}".replace("\n", "")
    if expected is None or got is None or expected.shape != got.shape or expected.dtype != got.dtype:
        return f"unlike: {shown}"
    if np.array_equal(expected, got, equal_nan=expected.dtype.kind in "fc"):
        return f"zeros: {shown}"  # their signs
    if expected.dtype.kind not in "fc":
        return f"wrong: {shown}"
    nan = np.isnan(expected)
    if (nan != np.isnan(got)).any():
        return f"nan: {shown}"
    with np.errstate(all="ignore"):
        size = np.maximum(1, np.abs(expected).max(where=~nan, initial=0))
        near = np.abs(got - expected) <= 4 * precision(expected, got) * size
    return f"{'rounding' if (nan | near | (got == expected)).all() else 'wrong'}: {shown}"


def precision(expected: Any, got: Any) -> float:
    """The distance of 1 from the next number, of the shortest type that holds all the numbers."""
    for kept, eps in ((8, 2.0**-7), (11, 2.0**-10)):
        if all(np.array_equal(shortened(each, kept), each, equal_nan=True) for each in (expected, got)):
            return eps
    return 2 * float(np.finfo(expected.dtype).eps)


def shortened(array: Any, bits: int) -> Any:
    """The numbers with a mantissa of so many bits: 8 are those of bfloat16, 11 of float16."""
    part, exponent = np.frexp(array)
    return np.ldexp(np.round(part * 2.0**bits) / 2.0**bits, exponent).astype(array.dtype)


def told(expected: Any, got: Any) -> str:
    """Only the entries that differ, if both are dictionaries."""
    if isinstance(expected, dict) and isinstance(got, dict):
        names = [name for name in expected if expected[name] != got.get(name)]
        return "; ".join(f"{name} {expected[name]!r} != {got.get(name)!r}" for name in names)
    return f"{expected!r} != {got!r}"


def agree(expected: Any, got: Any) -> bool:
    """Bit for bit in the short types, elsewhere within rounding; which NaN it is never counts."""
    if expected.dtype == np.float16 and expected.shape == got.shape and got.dtype == np.float16:
        numbers = ~(np.isnan(expected) & np.isnan(got))
        return bool(np.array_equal(expected.view(np.int16)[numbers], got.view(np.int16)[numbers]))
    return same_numbers(expected, got)


def cases(text: str, layouts: tuple[str, ...], only: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for expression, kinds in calls(text):
        if re.search(only, expression):
            for layout in layouts:
                yield layout, expression, kinds


class Sweep:
    """Counts comparisons and keeps what differs."""

    def __init__(self) -> None:
        self.comparisons = 0
        self.differences: list[Difference] = []

    def run(self, road: str, variant: Variant, layout: str, expression: str, kinds: tuple[str, ...]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected, got = (
                ROADS[road].follow(engine, variant, layout, expression, kinds) for engine in (torch, refgrad)
            )
        self.comparisons += len(expected)
        found = difference(expected, got)
        if found is not None:
            self.differences.append(Difference(f"{road} {variant}".strip(), layout, expression, *found))


def run(text: str, layouts: tuple[str, ...], roads: list[str], only: str = "", every: int = 1) -> Sweep:
    """Every call that matches on every layout, by all the roads; of all these every `every`-th."""
    sweep = Sweep()
    ways = [(road, variant) for road in roads for variant in ROADS[road].variants]
    for number, (layout, expression, kinds) in enumerate(cases(text, layouts, only)):
        for turn, (road, variant) in enumerate(ways):
            if (number + turn) % every == 0:
                sweep.run(road, variant, layout, expression, kinds)
    return sweep


class Reason(NamedTuple):
    roads: re.Pattern[str]
    layouts: re.Pattern[str]
    calls: re.Pattern[str]
    facts: re.Pattern[str]
    text: re.Pattern[str]
    reason: str

    def explains(self, found: Difference) -> bool:
        return all(pattern.search(part) for pattern, part in zip(self[:5], found, strict=True))


def reasons() -> list[Reason]:
    """The rows of `layout_reasons.txt`."""
    found = []
    for line in (HERE / "layout_reasons.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            *patterns, reason = (each.strip() for each in line.split(" || "))
            found.append(Reason(*(re.compile("" if each == "*" else each) for each in patterns), reason))
    return found


def explained(differences: list[Difference]) -> tuple[Counter[str], list[Difference]]:
    """How many each reason explains, and what none does."""
    known, counts, rest = reasons(), Counter[str](), []
    for each in differences:
        reason = next((row for row in known if row.explains(each)), None)
        if reason is None:
            rest.append(each)
        else:
            counts[reason.reason] += 1
    return counts, rest


def shown(rest: list[Difference], most: int) -> Iterator[str]:
    """The calls that differ most first, with some examples of each."""
    groups: dict[str, list[Difference]] = {}
    for each in rest:
        groups.setdefault(each.call, []).append(each)
    for call, group in sorted(groups.items(), key=lambda item: -len(item[1])):
        yield f"{len(group):6} {call}"
        for each in group[:most]:
            yield f"         {each.road} | {each.layout} | {each.fact} | {each.text}"[:400]


def main() -> int:
    """Exit code 1 if something differs that no row names."""
    options = argparse.ArgumentParser(description="Compare refgrad with PyTorch on tensors of every layout.")
    options.add_argument("--only", default="", help="a regular expression for calls")
    options.add_argument("--roads", default=",".join(ROADS), help="some of " + ", ".join(ROADS))
    options.add_argument("--calls", default="layout_calls.txt", help="or operator_calls.txt, in layouts of one shape")
    options.add_argument("--every", type=int, default=1, help="only every N-th case", metavar="N")
    options.add_argument("--examples", type=int, default=2, help="how many differences of each call are printed")
    given = options.parse_args()
    layouts = LAYOUTS if given.calls == "layout_calls.txt" else SAME_SHAPE
    text = (HERE / given.calls).read_text(encoding="utf-8")
    sweep = run(text, layouts, given.roads.split(","), given.only, given.every)
    counts, rest = explained(sweep.differences)
    for line in shown(rest, given.examples):
        print(line)
    for reason, count in counts.most_common():
        print(f"{count:6} {reason}")
    still_open = sum(count for reason, count in counts.items() if reason.startswith("open"))
    print(
        f"{sweep.comparisons} comparisons, {len(sweep.differences)} differences, {still_open} of them open,"
        f" {len(rest)} without a reason"
    )
    return int(bool(rest))


if __name__ == "__main__":
    sys.exit(main())
