"""A live engine that answers the programs of a corpus."""

from __future__ import annotations

from gradoracle.recorded.corpus import BLOCK, Corpus
from gradoracle.trace import Trace
from gradoracle.worker import Worker


class Live:
    """An engine in a worker that runs; digests are made block by block when they are first asked for.

    `wanted` are the numbers of the programs that it answers.
    """

    def __init__(self, worker: Worker, corpus: Corpus, name: str, wanted: frozenset[int]) -> None:
        self.name = name
        self._wanted = wanted
        self._worker = worker
        self._corpus = corpus
        self._digests: dict[int, dict[int, bytes | None]] = {}

    def digest(self, number: int) -> bytes | None:
        """The digest of the trace of a program; of one that kills the engine that of its trace as far as it came."""
        if number not in self._wanted:
            return None
        block = number // BLOCK
        if block not in self._digests:
            first = block * BLOCK
            places = [place for place in range(BLOCK) if first + place in self._wanted]
            found = self._worker.digests(self._corpus.block(block), places)
            self._digests[block] = {first + place: digest for place, digest in zip(places, found, strict=True)}
        known = self._digests[block][number]
        return self.trace(number).digest if known is None else known

    def trace(self, number: int) -> Trace:
        """The trace of a program, run now."""
        return self._worker.run(self._corpus.program(number))
