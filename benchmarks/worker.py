"""A process that runs one engine: it reads names of cases, and answers each with the CPU time of one step.

Every engine has a process of its own, so that neither its heap nor the objects its garbage collector looks at are
another's.
"""

from __future__ import annotations

import gc
import sys
import time

from benchmarks.cases import Step
from benchmarks.engines import step_of


def timed(step: Step) -> float:
    """Seconds of CPU time (user and system) of one step, the collector left on but started clean."""
    gc.collect()
    before = time.process_time()
    step()
    return time.process_time() - before


def main(engine: str) -> None:
    steps: dict[str, Step | None] = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in steps:
            step = steps[name] = step_of(engine, name)
            if step is not None:
                step()
        step = steps[name]
        print("none" if step is None else repr(timed(step)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
