"""Where two environments of PyTorch differ on the same programs, in groups that have one smallest program each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from gradoracle.compare import Difference, compare
from gradoracle.exactness import measure
from gradoracle.program import Program
from gradoracle.recorded.corpus import BLOCK, Corpus
from gradoracle.source import source
from gradoracle.trace import Trace

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


class Answers(Protocol):
    """An environment that has the traces of the programs of a corpus: a recording, or a live engine."""

    @property
    def name(self) -> str: ...

    def digest(self, number: int) -> bytes | None:
        """The digest of the trace of a program, None where there is none."""
        ...

    def trace(self, number: int) -> Trace: ...


@dataclass(frozen=True, slots=True)
class Group:
    """One difference of two environments, met by several programs.

    `kind` is "added" (the first raises where the second gives a value), "removed" (the other way round) or "changed";
    `level`, `where`, `expected` (the first) and `got` (the second) are those of the first difference of the smallest
    program; `number` is that program's in the corpus, `text` the program; `programs` counts those that differ so,
    `behaviours` are the ones that they belong to.
    """

    kind: str
    level: str
    where: str
    expected: str
    got: str
    number: int
    text: str
    programs: int
    behaviours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """How two environments differ: programs that both answered, how many differ, and the groups, large ones first."""

    first: str
    second: str
    compared: int
    differing: int
    groups: tuple[Group, ...]


def drift(
    corpus: Corpus,
    first: Answers,
    second: Answers,
    told: Callable[[int], object] = lambda done: None,
    numbers: Iterable[int] | None = None,
) -> Drift:
    """Compare two environments on every program that both have an answer for, or on those with these `numbers`."""
    compared = 0
    found: dict[tuple[str, ...], list[tuple[int, int, Difference]]] = {}
    differing: set[int] = set()
    for number, program in _programs(corpus, first, second, range(len(corpus)) if numbers is None else numbers):
        if program is None:
            compared += 1
            told(compared)
            continue
        differences = compare(first.trace(number), second.trace(number), measure(program))
        size = sum(1 for _ in program.walk())
        for signature, difference in _signatures(differences).items():
            differing.add(number)
            found.setdefault(signature, []).append((size, number, difference))
    groups = [_group(corpus, signature, met) for signature, met in found.items()]
    groups.sort(key=lambda group: (-group.programs, group.text))
    return Drift(first.name, second.name, compared, len(differing), tuple(groups))


def _programs(
    corpus: Corpus, first: Answers, second: Answers, numbers: Iterable[int]
) -> Iterator[tuple[int, Program | None]]:
    """The number of each program that both answered, with None, and of those that differ again with the program."""
    block: list[Program] = []
    loaded = -1
    for number in numbers:
        one, other = first.digest(number), second.digest(number)
        if one is None or other is None:
            continue
        yield number, None
        if one == other:
            continue
        if number // BLOCK != loaded:
            loaded, block = number // BLOCK, corpus.programs(number // BLOCK)
        yield number, block[number % BLOCK]


def _signatures(differences: tuple[Difference, ...]) -> Mapping[tuple[str, ...], Difference]:
    """The first difference of a program: later ones often follow from it. Only graph names are looked past.

    A graph that looks otherwise is told on its own and does not hide what else differs.
    """
    found: dict[tuple[str, ...], Difference] = {}
    for difference in differences:
        graph = difference.level == "graph"
        if graph and any(signature[1] == "graph" for signature in found):
            continue
        found[_signature(difference)] = difference
        if not graph:
            break
    return found


def _signature(difference: Difference) -> tuple[str, ...]:
    kind = _kind(difference)
    texts = (_general(difference.expected), _general(difference.got))
    if kind != CHANGED:
        texts = ("", texts[0] if kind == ADDED else texts[1])
    elif difference.level in ("values", "graph"):
        texts = ("", "")
    return (kind, difference.level, difference.where.rpartition(".")[2] if kind == CHANGED else "outcome", *texts)


def _kind(difference: Difference) -> str:
    if difference.level != "errors" or difference.where != "outcome":
        return CHANGED
    raises = [re.match(r"(raises )?[A-Z]\w*(Error|Exception|Iteration)\b", text) is not None for text in
              (difference.expected, difference.got)]  # fmt: skip
    return {(True, False): ADDED, (False, True): REMOVED}.get((raises[0], raises[1]), CHANGED)


def _general(text: str) -> str:
    """A text without its numbers and the names of nodes: what makes two differences the same one."""
    nameless = re.sub(r"(?i)(output \d+ of) \w+", r"\1 a node", re.sub(r"\b\w+Backward\d*\b", "a node", text))
    return re.sub(r"-?\d+(\.\d*)?(e[-+]?\d+)?", "#", nameless)[:300]


def _group(corpus: Corpus, signature: tuple[str, ...], met: list[tuple[int, int, Difference]]) -> Group:
    _, number, difference = min(met, key=lambda one: one[:2])
    program = corpus.programs(number // BLOCK)[number % BLOCK]
    members = {number for _, number, _ in met}
    return Group(
        kind=signature[0],
        level=difference.level,
        where=difference.where,
        expected=difference.expected,
        got=difference.got,
        number=number,
        text=source(program),
        programs=len(members),
        behaviours=tuple(name for name, numbers in corpus.behaviours.items() if not members.isdisjoint(numbers)),
    )
