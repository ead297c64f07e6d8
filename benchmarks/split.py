"""`python -m benchmarks.split`: where the time of case A goes, per graph node, and the share of the collector.

Forward without recording, forward with recording, backward, and dropping the graph (after a backward that kept it).
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from benchmarks.engines import installed, module_of
from benchmarks.run import environment

N = 10_000
ROUNDS = 7


def chain(torch: Any) -> Any:
    x, w, c = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (0.5, 0.999, 0.001))
    h = x
    for _ in range(N):
        h = h * w + c
    return h


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    before = time.process_time()
    result = work()
    return time.process_time() - before, result


def split(torch: Any) -> dict[str, float]:
    """CPU microseconds per node of each part, the median of some rounds."""
    found: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        with torch.no_grad():
            found.setdefault("no_grad", []).append(seconds(lambda: chain(torch))[0])
        took, h = seconds(lambda: chain(torch))
        found.setdefault("recording", []).append(took)
        found.setdefault("backward", []).append(seconds(partial(h.backward, retain_graph=True))[0])
        gc.collect()
        before = time.process_time()
        h = None
        found.setdefault("freeing", []).append(time.process_time() - before)
        took, h = seconds(lambda: chain(torch))
        found.setdefault("freeing backward", []).append(seconds(h.backward)[0])
        h = None
    return {name: median(times) / (2 * N) * 1e6 for name, times in found.items()}


def report(engine: str) -> None:
    torch = module_of(engine)
    chain(torch)
    for collector in (True, False):
        if collector:
            gc.enable()
        else:
            gc.disable()
        parts = "  ".join(f"{name} {value:5.2f}" for name, value in split(torch).items())
        print(f"{engine:8} collector {'on ' if collector else 'off'}  {parts}", flush=True)


def main() -> None:
    if len(sys.argv) > 1:
        report(sys.argv[1])
        return
    print(f"us per node, chain of {2 * N:,} nodes")
    for engine in ("torch", "refgrad"):
        if engine == "refgrad" or installed(engine):
            subprocess.run([sys.executable, "-m", "benchmarks.split", engine], env=environment(), check=True)
        else:
            print(f"{engine}: not installed")


if __name__ == "__main__":
    main()
