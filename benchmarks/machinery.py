"""`python -m benchmarks.machinery`: what hooks and version counters cost, per graph node of case A.

The chain as it is; with a hook on every result; with `retain_grad()` on every result; with leaves that were modified in
place before, so that every saved tensor has a version to compare; under `saved_tensors_hooks`.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from statistics import median
from typing import Any

from benchmarks.engines import installed, module_of
from benchmarks.run import environment

N = 5_000
ROUNDS = 7

Touch = Callable[[Any], object]


def chain(torch: Any, touch: Touch | None, versions: bool, context: AbstractContextManager[Any]) -> None:
    x, w, c = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (0.5, 0.999, 0.001))
    if versions:
        with torch.no_grad():
            for leaf in (x, w, c):
                leaf.mul_(1.0)
    h = x
    with context:
        for _ in range(N):
            h = h * w + c
            if touch is not None:
                touch(h)
    h.backward()


def variants(torch: Any) -> dict[str, Callable[[], None]]:
    def packing() -> AbstractContextManager[Any]:
        hooks: AbstractContextManager[Any] = torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t)
        return hooks

    return {
        "plain": lambda: chain(torch, None, False, nullcontext()),
        "leaves with versions": lambda: chain(torch, None, True, nullcontext()),
        "hook on every step": lambda: chain(torch, lambda h: h.register_hook(lambda g: None), False, nullcontext()),
        "retain_grad on every step": lambda: chain(torch, lambda h: h.retain_grad(), False, nullcontext()),
        "saved_tensors_hooks": lambda: chain(torch, None, False, packing()),
    }


def report(engine: str) -> None:
    work = variants(module_of(engine))
    found: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, run in work.items():
            gc.collect()
            before = time.process_time()
            run()
            found[name].append(time.process_time() - before)
    for name, times in found.items():
        print(f"{engine:8} {name:26} {median(times) / (2 * N) * 1e6:6.2f} us/node", flush=True)


def main() -> None:
    if len(sys.argv) > 1:
        report(sys.argv[1])
        return
    for engine in ("torch", "refgrad"):
        if engine == "refgrad" or installed(engine):
            subprocess.run([sys.executable, "-m", "benchmarks.machinery", engine], env=environment(), check=True)
        else:
            print(f"{engine}: not installed")


if __name__ == "__main__":
    main()
