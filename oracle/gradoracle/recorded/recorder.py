"""Makes a recording: runs every program of a corpus on an engine and writes the traces down."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from gradoracle.recorded.corpus import Corpus
from gradoracle.recorded.recording import About, write_recording
from gradoracle.trace import Trace
from gradoracle.worker import Worker

RECORDED: dict[str, str] = {
    "torch:cpu": "gradoracle.torch_engine:cpu",
    "torch:cuda": "gradoracle.torch_engine:cuda",
    "torch:meta": "gradoracle.torch_engine:meta",
    "torch-compile:cpu": "gradoracle.torch_engine:compiled",
}
"""The oracles that can be recorded, and what makes them."""


def record(
    corpus: Corpus,
    oracle: str,
    path: Path,
    wanted: Sequence[int] | None = None,
    told: Callable[[int], object] = lambda done: None,
) -> tuple[About, int]:
    """Run the programs of a corpus (all, or those with the numbers `wanted`) on one of `RECORDED` and write them down.

    Gives what the recording says of itself and the size of the file. `told` gets the number of programs done. Raises
    `WorkerError` when the engine cannot be made, `OSError` when the file cannot be written.
    """
    started = time.monotonic()
    chosen = None if wanted is None else frozenset(wanted)
    traces: list[Trace | None] = []
    with Worker(RECORDED[oracle]) as worker:
        for number, program in enumerate(corpus):
            traces.append(worker.run(program) if chosen is None or number in chosen else None)
            told(number + 1)
        about = About(
            oracle=worker.id,
            environment=worker.environment,
            corpus=corpus.id,
            commit=corpus.header["facts"].get("commit", ""),
            date=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - started, 1),
            programs=sum(trace is not None for trace in traces),
        )
    return about, write_recording(path, about, traces)
