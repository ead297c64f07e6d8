"""The corpus: a fixed list of programs that recordings answer, each with the behaviours that it is for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from gradoracle.program import Program
from gradoracle.recorded import container, program_parts
from gradoracle.recorded.errors import Corrupted

BLOCK = 200
"""Programs that are stored together."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A program of the corpus; `pinned` says that it stands in the catalogue, else it was generated."""

    program: Program
    behaviours: tuple[str, ...]
    pinned: bool


class Corpus:
    """An opened corpus. Programs have numbers from 0; they are read block by block when they are asked for."""

    def __init__(self, opened: container.Container) -> None:
        self.path = opened.path
        self._opened = opened
        self.header = opened.header
        self.id: str = opened.header["id"]
        """Sixteen hexadecimal digits that name the list of programs."""
        index = json.loads(opened.section(0))
        self.names: tuple[str, ...] = tuple(index["programs"])
        """The id of each program."""
        self.behaviours: Mapping[str, Sequence[int]] = index["behaviours"]
        """The numbers of the programs of each behaviour, pinned ones first."""
        self.pinned: frozenset[int] = frozenset(index["pinned"])
        self._blocks = lru_cache(maxsize=8)(self._block)
        if corpus_id(self.names) != self.id:
            raise Corrupted(f"{self.path}: its id is not that of its programs")

    @staticmethod
    def open(path: Path) -> Corpus:
        """Open a corpus. Raises `OSError` or a `RecordingError`."""
        return Corpus(container.read(path, container.CORPUS))

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of a program by its id."""
        return {name: number for number, name in enumerate(self.names)}

    def block(self, number: int) -> bytes:
        """A block as `gradoracle.recorded.program_parts` writes it: programs number * BLOCK and following."""
        return self._blocks(number).data

    def _block(self, number: int) -> program_parts.Block:
        return program_parts.Block(self._opened.section(number + 1))

    def program(self, number: int) -> Program:
        """The program with a number."""
        return self._blocks(number // BLOCK).program(number % BLOCK)

    def __iter__(self) -> Iterator[Program]:
        return map(self.program, range(len(self)))


def corpus_id(names: Sequence[str]) -> str:
    """The id of a list of programs, given theirs."""
    return hashlib.sha256("".join(names).encode()).hexdigest()[:16]


def write_corpus(path: Path, entries: Sequence[Entry], facts: Mapping[str, str]) -> int:
    """Write a corpus and give its size in bytes; `facts` (commit, date, versions) go into its header."""
    names = [entry.program.id for entry in entries]
    behaviours: dict[str, list[int]] = {}
    for wanted in (True, False):
        for number, entry in enumerate(entries):
            if entry.pinned is wanted:
                for name in entry.behaviours:
                    behaviours.setdefault(name, []).append(number)
    index = {
        "programs": names,
        "behaviours": behaviours,
        "pinned": [number for number, entry in enumerate(entries) if entry.pinned],
    }
    sections = [container.pack(json.dumps(index, separators=(",", ":")).encode())]
    for first in range(0, len(entries), BLOCK):
        block = [entry.program for entry in entries[first : first + BLOCK]]
        sections.append(container.pack(program_parts.encode(block)))
    header = {"id": corpus_id(names), "programs": len(entries), "facts": dict(facts)}
    return container.write(path, container.CORPUS, header, sections)
