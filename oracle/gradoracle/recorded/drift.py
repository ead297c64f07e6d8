"""Where two environments of PyTorch differ on the same programs, in groups that have one smallest program each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from gradoracle.compare import Difference, compare
from gradoracle.exactness import measure
from gradoracle.program import Program
from gradoracle.recorded.corpus import Corpus
from gradoracle.source import source
from gradoracle.trace import Trace

ADDED, REMOVED, CHANGED = "added", "removed", "changed"

_ENDS_OF_A_STEP = ("outcome", "error", "error text")


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
    `level`, `where`, `expected` (the first) and `got` (the second) are those of the first difference of the program
    that shows it soonest; `number` is that program's in the corpus, `text` the program up to there; `programs` counts
    those that differ so, `behaviours` are the ones that they belong to.
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


@dataclass(frozen=True, slots=True)
class _Met:
    """A program that shows a difference, and how many statements it takes."""

    size: int
    number: int
    difference: Difference


def drift(
    corpus: Corpus,
    first: Answers,
    second: Answers,
    told: Callable[[int], object] = lambda done: None,
    cause: Callable[[Program, Difference], str] = lambda program, difference: "",
    numbers: Iterable[int] | None = None,
) -> Drift:
    """Compare two environments on every program that both have an answer for, or on those with these `numbers`.

    `cause` names what is known to account for a difference: one that is known never hides one that is not in its group.
    """
    compared = 0
    found: dict[tuple[str, ...], list[_Met]] = {}
    differing: set[int] = set()
    for number, program in _programs(corpus, first, second, range(len(corpus)) if numbers is None else numbers):
        if program is None:
            compared += 1
            told(compared)
            continue
        differences = compare(first.trace(number), second.trace(number), measure(program))
        for difference in telling(differences):
            differing.add(number)
            seen = up_to(program, difference)
            signature = (*_signature(difference), cause(seen, difference))
            found.setdefault(signature, []).append(_Met(sum(1 for _ in seen.walk()), number, difference))
    groups = [_group(corpus, signature[0], met) for signature, met in found.items()]
    groups.sort(key=lambda group: (-group.programs, group.text))
    return Drift(first.name, second.name, compared, len(differing), tuple(groups))


def _programs(
    corpus: Corpus, first: Answers, second: Answers, numbers: Iterable[int]
) -> Iterator[tuple[int, Program | None]]:
    """The number of each program that both answered, with None, and of those that differ again with the program."""
    for number in numbers:
        one, other = first.digest(number), second.digest(number)
        if one is None or other is None:
            continue
        yield number, None
        if one == other:
            continue
        yield number, corpus.program(number)


def up_to(program: Program, difference: Difference) -> Program:
    """A program without the statements after the one that shows a difference: they have no part in it."""
    return Program(program.statements[: difference.path[0] + 1]) if difference.path else program


def telling(differences: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """Of the differences of a program the first one, as later ones often follow from it, and the first of a graph.

    A graph that looks otherwise is told on its own and does not hide what else differs. Of a step that ends otherwise
    the end is told: what it did not come to print or to warn of follows from that.
    """
    graphs = [one for one in differences if one.level == "graph"]
    others = [one for one in differences if one.level != "graph"]
    ends = [one for one in others if one.step == others[0].step and one.where in _ENDS_OF_A_STEP]
    return (*(ends or others)[:1], *graphs[:1])


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
    return re.sub(r"#([\s,\[\]]+#)+", "#", re.sub(r"-?\d+(\.\d*)?(e[-+]?\d+)?", "#", nameless))


def _group(corpus: Corpus, kind: str, met: list[_Met]) -> Group:
    soonest = min(met, key=lambda one: (one.size, one.number))
    difference = soonest.difference
    members = {one.number for one in met}
    return Group(
        kind=kind,
        level=difference.level,
        where=difference.where,
        expected=difference.expected,
        got=difference.got,
        number=soonest.number,
        text=source(up_to(corpus.program(soonest.number), difference)),
        programs=len(members),
        behaviours=tuple(name for name, numbers in corpus.behaviours.items() if not members.isdisjoint(numbers)),
    )
