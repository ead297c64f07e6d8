"""`python -m benchmarks.depth [N]`: a chain N nodes deep, forward, backward and freeing, in a process of its own.

Shows time and peak memory per node, and what the cyclic collector finds afterwards (nothing, if no cycle was made).
"""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import time

from benchmarks.engines import installed, module_of
from benchmarks.run import environment

DEPTHS = (10_000, 100_000, 1_000_000)


def peak() -> int:
    """The most memory this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def collected() -> int:
    """How many objects the cyclic collector has freed so far."""
    return sum(generation["collected"] for generation in gc.get_stats())


def report(engine: str, nodes: int) -> None:
    torch = module_of(engine)
    x, w, c = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (0.5, 0.999, 0.001))
    (x * w + c).backward()
    gc.collect()
    idle, before, start = peak(), collected(), time.process_time()
    h = x
    for _ in range(nodes // 2):
        h = h * w + c
    h.backward()
    del h
    took = time.process_time() - start
    used = peak() - idle
    gc.collect()
    garbage = collected() - before
    print(
        f"{engine:8} {nodes:>9,} nodes  {took:6.2f} s  {took / nodes * 1e6:6.2f} us/node"
        f"  {used / nodes:6.0f} B/node  {garbage} objects in cycles",
        flush=True,
    )


def main() -> None:
    if len(sys.argv) > 2:
        report(sys.argv[1], int(sys.argv[2]))
        return
    for nodes in [int(each) for each in sys.argv[1:]] or DEPTHS:
        for engine in ("torch", "refgrad"):
            if engine == "refgrad" or installed(engine):
                command = [sys.executable, "-m", "benchmarks.depth", engine, str(nodes)]
                subprocess.run(command, env=environment(), check=True)
            else:
                print(f"{engine}: not installed")


if __name__ == "__main__":
    main()
