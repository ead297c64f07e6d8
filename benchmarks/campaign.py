"""`python -m benchmarks.campaign`: what a campaign costs, next to PyTorch alone and next to Hypothesis, stage by stage.

Everything is measured in one process and in turns, so that the load of the machine falls on all alike. The measure is
CPU time, and the table shows medians over the rounds; ratios are medians of the ratios within a round.

"PyTorch alone" runs the same programs as compiled Python, each statement in a `try`, with nothing observed. Compiling
them is not counted. "refgrad alone" is the same of refgrad. "make ready" lowers programs to closures, once for both
engines. "campaign" is `run_unit`: children are forked that generate, run on both, observe, compare and digest; its
time includes theirs. Hypothesis draws shorter programs, so it is compared by the step as well.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import textwrap
import warnings
from collections.abc import Callable, Sequence
from statistics import median
from types import CodeType, ModuleType
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from gradconform.engines import engine_spec
from gradconform.fuzz import unit
from gradconform.fuzz.generator import VERSION, program
from gradconform.fuzz.strategy import programs
from gradoracle import program as p
from gradoracle.interpreter import lower, run
from gradoracle.program import Program
from gradoracle.source import statement_source


def plain(statements: Sequence[p.Statement]) -> str:
    """The text of a program without its looks, each statement in a `try`."""
    lines: list[str] = []
    for statement in statements:
        match statement:
            case p.Observe():
                continue
            case p.With() | p.For():
                head = statement_source(statement).splitlines()[0]
                text = f"{head}\n{textwrap.indent(plain(statement.body) or 'pass', '    ')}"
            case _:
                text = statement_source(statement)
        lines.append(f"try:\n{textwrap.indent(text, '    ')}\nexcept Exception:\n    pass")
    return "\n".join(lines)


def alone(codes: Sequence[CodeType], module: ModuleType) -> Callable[[], None]:
    """Runs compiled programs on an engine, with nothing observed."""

    def execute() -> None:
        for code in codes:
            module.set_grad_enabled(True)
            exec(code, {"torch": module, "print": lambda *values: None})

    return execute


def cpu_seconds() -> float:
    """CPU time of this process and of its children that have ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def stages(count: int, first: int, steps: dict[str, list[int]]) -> dict[str, tuple[Callable[[], Any], int]]:
    """What is measured: a function and how many programs it does. `steps` gets the lengths of programs as they run."""
    import torch

    import refgrad

    oracle, engine = unit.loaded(engine_spec("torch:cpu")), unit.loaded(engine_spec("refgrad"))
    seeds = range(first, first + count)
    made = [program(seed) for seed in seeds]
    ready = [lower(one) for one in made]
    codes = [compile(plain(one.statements), f"<program {one.id}>", "exec") for one in made]
    expected, got = [run(one, oracle) for one in made], [run(one, engine) for one in made]

    def compared() -> None:
        for seed, left, right in zip(seeds, expected, got, strict=True):
            same = left == right
            unit._digest((seed, left.to_data(), None if same else right.to_data()))

    few = max(count // 10, 20)

    @settings(max_examples=few, database=None, deadline=None, phases=[Phase.generate], derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(programs())
    def by_hypothesis(one: Program) -> None:
        left, right = run(one, oracle), run(one, engine)
        assert isinstance(left == right, bool)
        steps["Hypothesis"].append(len(left.steps))

    steps["campaign"] = [len(one.steps) for one in expected]
    return {
        "PyTorch alone": (alone(codes, torch), count),
        "refgrad alone": (alone(codes, refgrad), count),
        "generate": (lambda: [program(seed) for seed in seeds], count),
        "make ready": (lambda: [lower(one) for one in made], count),
        "PyTorch, observed": (lambda: [run(one, oracle) for one in ready], count),
        "refgrad, observed": (lambda: [run(one, engine) for one in ready], count),
        "compare and digest": (compared, count),
        "campaign": (lambda: unit.run_unit(engine_spec("refgrad"), engine_spec("torch:cpu"), seeds), count),
        "Hypothesis": (by_hypothesis, few),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU time of a campaign by stage.")
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--rounds", type=int, default=5)
    given_ = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    warnings.simplefilter("ignore")
    steps: dict[str, list[int]] = {"Hypothesis": []}
    rows = stages(given_.programs, given_.first, steps)
    times: dict[str, list[float]] = {name: [] for name in rows}
    gc.disable()
    for _ in range(given_.rounds):
        for name, (work, count) in rows.items():
            gc.collect()
            before = cpu_seconds()
            work()
            times[name].append((cpu_seconds() - before) / count)
    base = times["PyTorch alone"]
    print(f"generator {VERSION}, {given_.programs} programs from seed {given_.first}, {given_.rounds} rounds")
    print(f"{'':20} {'us/program':>12} {'of PyTorch alone':>17}")
    for name, found in times.items():
        ratio = median(one / other for one, other in zip(found, base, strict=True))
        print(f"{name:20} {median(found) * 1e6:12,.0f} {ratio:17.2f}")
    faster = median(one / other for one, other in zip(times["Hypothesis"], times["campaign"], strict=True))
    lengths = {name: sum(found) / len(found) for name, found in steps.items()}
    by_step = faster * lengths["campaign"] / lengths["Hypothesis"]
    print(f"steps of a program: {lengths['campaign']:.1f} in the campaign, {lengths['Hypothesis']:.1f} from Hypothesis")
    print(f"in the same time the campaign does {faster:.1f} times the programs and {by_step:.1f} times the steps")


if __name__ == "__main__":
    main()
