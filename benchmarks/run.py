"""`python -m benchmarks.run [CASE ...]`: the table of cases, engine by engine, as ratios to PyTorch's time."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.engines import CASES, ENGINES, installed

ROOT = Path(__file__).resolve().parent.parent
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "2000000000",
    "MALLOC_TOP_PAD_": "67108864",
}
"""Has glibc keep what was freed: without it page faults decide on large arrays, and the layout of the heap on those."""


def environment(keep_memory: bool = False) -> dict[str, str]:
    """One thread, and our packages in the path whether installed or not."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "impl"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, **ONE_THREAD, **(KEEP_MEMORY if keep_memory else {}), "PYTHONPATH": path}


class Worker:
    """The process of one engine."""

    def __init__(self, engine: str, keep_memory: bool) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(keep_memory),
        )

    def time(self, case: str) -> float | None:
        """CPU seconds of one step; `None` if the engine has no such case, or did not survive it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(case + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        answer = self.process.stdout.readline().strip()
        return float(answer) if answer and answer != "none" else None

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def measure(
    cases: list[str], engines: list[str], rounds: int, keep_memory: bool
) -> dict[tuple[str, str], list[float | None]]:
    """Times by case and engine. Each round asks every engine once, in an order that rotates."""
    workers = {engine: Worker(engine, keep_memory) for engine in engines}
    times: dict[tuple[str, str], list[float | None]] = {}
    for case in cases:
        for i in range(rounds):
            turn = i % len(engines)
            for engine in engines[turn:] + engines[:turn]:
                times.setdefault((case, engine), []).append(workers[engine].time(case))
    for worker in workers.values():
        worker.close()
    return times


def cell(ours: list[float | None], torch: list[float | None] | None, units: int) -> str:
    """Median microseconds per unit, and the median over rounds of the ratio to PyTorch in the same round."""
    known = [each for each in ours if each is not None]
    if not known:
        return "-"
    text = f"{median(known) / units * 1e6:,.{2 if units > 1 else 0}f}"
    pairs = [(a, b) for a, b in zip(ours, torch or (), strict=False) if a is not None and b]
    return f"{text} ({median(a / b for a, b in pairs):.2f}x)" if pairs else text


def main() -> None:
    parser = argparse.ArgumentParser(description="Median CPU time of one step, interleaved over engines.")
    parser.add_argument("cases", nargs="*", help=f"of {', '.join(CASES)}; default: all")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--keep-memory", action="store_true", help="tell glibc not to give freed memory back")
    parser.add_argument("--engines", default=",".join(ENGINES), help="names with commas")
    given = parser.parse_args()
    engines = [each for each in given.engines.split(",") if installed(each) or each == "refgrad"]
    for each in given.engines.split(","):
        if each not in engines:
            print(f"{each}: not installed")
    cases = given.cases or list(CASES)
    if unknown := set(cases) - set(CASES):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    times = measure(cases, engines, given.rounds, given.keep_memory)
    width = max(len(CASES[case].title) for case in cases)
    heads = [f"{engine + ' us':>20}" for engine in engines]
    print(f"{'case':4} {'what':{width}} {'target':>7}", *heads)
    for case in cases:
        row = CASES[case]
        torch = times.get((case, "torch"))
        cells = [cell(times[case, each], None if each == "torch" else torch, row.units) for each in engines]
        target = "" if row.target is None else f"{row.target:.2f}x"
        print(f"{case:4} {row.title:{width}} {target:>7}", *[f"{each:>20}" for each in cells])


if __name__ == "__main__":
    main()
