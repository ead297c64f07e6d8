"""A live engine that answers the programs of a corpus."""

from __future__ import annotations

from gradoracle.recorded.corpus import BLOCK, Corpus
from gradoracle.trace import Trace
from gradoracle.worker import Worker


class Live:
    """An engine in a worker that runs; digests are made block by block when they are first asked for."""

    def __init__(self, worker: Worker, corpus: Corpus, name: str) -> None:
        self.name = name
        self._worker = worker
        self._corpus = corpus
        self._digests: dict[int, list[bytes | None]] = {}

    def digest(self, number: int) -> bytes | None:
        """The digest of the trace of a program; of one that kills the engine that of its trace as far as it came."""
        block, place = divmod(number, BLOCK)
        if block not in self._digests:
            count = min(BLOCK, len(self._corpus) - block * BLOCK)
            self._digests[block] = self._worker.digests(self._corpus.block(block), range(count))
        found = self._digests[block][place]
        return self.trace(number).digest if found is None else found

    def trace(self, number: int) -> Trace:
        """The trace of a program, run now."""
        return self._worker.run(self._corpus.programs(number // BLOCK)[number % BLOCK])
