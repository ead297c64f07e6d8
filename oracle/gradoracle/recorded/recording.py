"""One recording: what one environment did with every program of a corpus.

Every program has a digest of its trace. A trace is kept once: where another recording of the same corpus, the base, has
the same digest, it has the trace too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from gradoracle.recorded import container, parts
from gradoracle.recorded.errors import Corrupted, FalseEnvironment, MissingBase, NotARecording, OtherCorpus
from gradoracle.trace import DIGEST, Trace

BLOCK = 200
"""Traces that are stored together."""

NOT_RECORDED = bytes(DIGEST)
"""Stands for the digest of a program that this environment did not run."""


@dataclass(frozen=True, slots=True)
class About:
    """What a recording says of itself.

    `oracle` is the engine ("torch:cpu"), `environment` its versions, device and build, `corpus` the id of the corpus,
    `commit` that of the sources the corpus was made from, `date` when it was recorded (ISO 8601, UTC), `seconds` how
    long that took, `programs` how many were run.
    """

    oracle: str
    environment: Mapping[str, str]
    corpus: str
    commit: str
    date: str
    seconds: float
    programs: int

    @property
    def name(self) -> str:
        """What the environment is called: `torch:cpu@2.13.0`."""
        return f"{self.oracle}@{release(self.environment['version'])}"

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "oracle": self.oracle, "environment": dict(self.environment), "corpus": self.corpus, "commit": self.commit,
            "date": self.date, "seconds": self.seconds, "programs": self.programs,
        }  # fmt: skip


def release(version: str) -> str:
    """A version without its build: 2.13.0 of 2.13.0+cpu."""
    return version.partition("+")[0]


class Recording:
    """An opened recording. Digests are there at once, traces are unpacked block by block when they are asked for."""

    def __init__(self, opened: container.Container, find_base: Callable[[str], Recording | None] | None = None) -> None:
        self.path = opened.path
        self._opened = opened
        header = opened.header
        try:
            self.about = About(**header["about"])
            self.seal: str = header["seal"]
            base, count = header["base"], int(header["count"])
            name = self.about.name
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise NotARecording(f"{self.path}: its header is none ({type(error).__name__}: {error})") from None
        self._digests = opened.section(0)
        if len(self._digests) != count * DIGEST:
            raise Corrupted(f"{self.path}: it has {len(self._digests) // DIGEST} digests for {count} programs")
        if seal(self.about, self._digests) != self.seal:
            raise FalseEnvironment(
                f"{self.path} says that it is {name}, and its traces were recorded as something else"
            )
        self.base: Recording | None = None
        if base is not None:
            self.base = find_base(base["seal"]) if find_base is not None else None
            if self.base is None:
                raise MissingBase(f"{self.path} keeps only what differs from {base['name']}, which is not beside it")
        self._stored = {number: place for place, number in enumerate(self._kept())}
        self._traces = lru_cache(maxsize=4)(self._block)

    def _kept(self) -> Iterator[int]:
        base = self.base
        for number in range(len(self)):
            digest = self.digest(number)
            if digest is not None and (base is None or base.digest(number) != digest):
                yield number

    @staticmethod
    def open(path: Path, find_base: Callable[[str], Recording | None] | None = None) -> Recording:
        """Open a recording; `find_base` gives the recording of a seal. Raises `OSError` or a `RecordingError`."""
        return Recording(container.read(path, container.RECORDING), find_base)

    @property
    def name(self) -> str:
        return self.about.name

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return Path(self.path).stat().st_size

    def __len__(self) -> int:
        return len(self._digests) // DIGEST

    def check_corpus(self, corpus: str) -> None:
        """Raises `OtherCorpus` for a recording of other programs than those of the corpus with this id."""
        if self.about.corpus != corpus:
            raise OtherCorpus(
                f"{self.path} ({self.name}) answers the programs of corpus {self.about.corpus}, and the corpus here is"
                f" {corpus}; record it again"
            )

    def digest(self, number: int) -> bytes | None:
        """The digest of the trace of a program, or None where it was not recorded."""
        found = self._digests[number * DIGEST : (number + 1) * DIGEST]
        return None if found == NOT_RECORDED else found

    def trace(self, number: int) -> Trace:
        """The trace of a program.

        Raises `KeyError` where it was not recorded, `Corrupted` where it is not the one that its digest names.
        """
        digest = self.digest(number)
        if digest is None:
            raise KeyError(number)
        place = self._stored.get(number)
        if place is None:
            assert self.base is not None
            return self.base.trace(number)
        try:
            trace = Trace.from_data(self._traces(place // BLOCK)[place % BLOCK])
            whole = trace.digest == digest
        except (ValueError, TypeError, KeyError, IndexError):
            whole = False
        if not whole:
            raise Corrupted(f"{self.path}: the trace of program {number} is not the one that was recorded")
        return trace

    def _block(self, number: int) -> list[Any]:
        return parts.decode(self._opened.section(number + 1))

    def whole(self, path: Path) -> int:
        """Write the recording with all its traces, and give the size of the file."""
        numbers = [number for number in range(len(self)) if self.digest(number) is not None]
        return _write(path, self.about, self._digests, (self.trace(number) for number in numbers), None)

    def thinned(self, path: Path, base: Recording) -> int:
        """Write the recording without the traces that `base` has, and give the size of the file."""
        numbers = [number for number in range(len(self)) if self.digest(number) not in (None, base.digest(number))]
        return _write(path, self.about, self._digests, (self.trace(number) for number in numbers), base)


def seal(about: About, digests: bytes) -> str:
    """What ties an environment to the traces recorded in it."""
    told = json.dumps(about.data(), sort_keys=True).encode()
    return hashlib.sha256(told + b"\n" + digests).hexdigest()[:32]


def write_recording(path: Path, about: About, traces: Sequence[Trace | None]) -> int:
    """Write a recording of every program of a corpus, None where one was not run, and give the size of the file."""
    digests = b"".join(NOT_RECORDED if trace is None else trace.digest for trace in traces)
    ran = [trace for trace in traces if trace is not None]
    return _write(path, replace(about, programs=len(ran)), digests, iter(ran), None)


def _write(path: Path, about: About, digests: bytes, traces: Iterator[Trace], base: Recording | None) -> int:
    sections = [container.pack(digests)]
    block: list[Any] = []
    for trace in traces:
        block.append(trace.to_data())
        if len(block) == BLOCK:
            sections.append(container.pack(parts.encode(block)))
            block = []
    if block:
        sections.append(container.pack(parts.encode(block)))
    header = {
        "about": about.data(),
        "count": len(digests) // DIGEST,
        "seal": seal(about, digests),
        "base": None if base is None else {"name": base.name, "seal": base.seal},
    }
    return container.write(path, container.RECORDING, header, sections)
