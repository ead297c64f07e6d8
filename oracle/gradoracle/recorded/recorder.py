"""Makes a recording: runs every program of a corpus on an engine and writes the traces down."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

from gradoracle.recorded.corpus import Corpus
from gradoracle.recorded.recording import About, write_recording
from gradoracle.trace import Trace
from gradoracle.worker import Worker

RECORDED: dict[str, str] = {
    "torch:cpu": "gradoracle.torch_engine:cpu",
    "torch:cuda": "gradoracle.torch_engine:cuda",
    "torch:meta": "gradoracle.torch_engine:meta",
    "torch-compile:cpu": "gradoracle.compiled:engine",
}
"""The oracles that can be recorded, and what makes them."""


COMPILED_OF_EACH = 2
"""Programs of each behaviour, pinned and generated ones alike, that are recorded under torch.compile."""


def wanted(corpus: Corpus, oracle: str) -> frozenset[int]:
    """The numbers of the programs that are recorded on an oracle: all, or a few of each behaviour where each is dear.

    Compiling takes some 100 ms a program, a thousand times what running it does.
    """
    if oracle != "torch-compile:cpu":
        return frozenset(range(len(corpus)))
    chosen: set[int] = set()
    for numbers in corpus.behaviours.values():
        pinned = [number for number in numbers if number in corpus.pinned]
        chosen.update(pinned[:COMPILED_OF_EACH], [n for n in numbers if n not in corpus.pinned][:COMPILED_OF_EACH])
    return frozenset(chosen)


def record(
    corpus: Corpus,
    oracle: str,
    path: Path,
    told: Callable[[int], object] = lambda done: None,
) -> tuple[About, int]:
    """Run the programs of a corpus that are `wanted` on one of `RECORDED` and write down what it did.

    Gives what the recording says of itself and the size of the file. `told` gets the number of programs done. Raises
    `WorkerError` when the engine cannot be made, `OSError` when the file cannot be written.
    """
    started = time.monotonic()
    chosen = wanted(corpus, oracle)
    traces: list[Trace | None] = []
    with Worker(RECORDED[oracle]) as worker:
        for number, program in enumerate(corpus):
            traces.append(worker.run(program) if number in chosen else None)
            told(number + 1)
        about = About(
            oracle=oracle,
            environment=worker.environment,
            corpus=corpus.id,
            commit=corpus.header["facts"].get("commit", ""),
            date=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - started, 1),
            programs=sum(trace is not None for trace in traces),
        )
    return about, write_recording(path, about, traces)
