"""Finds the behaviours that answer a question, by the words of the catalogue and by questions that people ask.

Both are looked up in indices that rank by relevance (BM25), SQLite's FTS5, made in memory when they are first needed.
Of a behaviour what it says is indexed, and its examples, and the errors and warnings that PyTorch gave on them, so that
a pasted message finds what raises it. Words that say the same in questions about autograd count as one.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import resources

from gradconform.catalogue.behaviour import Behaviour, Clause
from gradconform.catalogue.registry import FAMILIES, behaviours
from gradoracle.parse import parse_program
from gradoracle.recorded import shipped
from gradoracle.recorded.shipped import FOLLOWED

_WEIGHTS = {
    "id": 4.0,
    "statement": 5.0,
    "expectation": 2.0,
    "quote": 1.0,
    "family": 2.0,
    "examples": 1.0,
    "texts": 3.0,
    "questions": 4.0,
}
"""The columns that the words of a behaviour stand in, and how much one of each counts."""
_NEAREST = 3.0
"""How much the likeness to the one question that is most like it counts, beside all words of the behaviour."""

_EMPTY = frozenset(
    "a an the of on in at to do does did is are was be been being i my me we our you your it its this that these those"
    " they their them what when where why how which who if then there can could should would will may might must have"
    " has had with for from by as and or but so not than into about just only really still even already very much way"
    " let lets know whether something anything happen happens happening make makes out get gets got mean means"
    " use using used call calls called calling pytorch torch tensor tensors work works one".split()
)
"""Words that questions have and answers need not."""
_NAME_OR_WORD = re.compile(r"(?<=[.`])([a-z0-9_]+)|([a-z0-9_]{2,}(?:-[a-z0-9_]+)*|[0-9])")
"""A name behind a dot or a backtick, which is never empty (`torch.where`), or another word; a letter alone is none."""


def answering(question: str, most: int) -> tuple[Behaviour, ...]:
    """The behaviours whose words are most like those of a question, the best first; none where no word is known."""
    wanted = list(dict.fromkeys(_words(question)))
    if not wanted:
        return ()
    query = " OR ".join(f'"{word}"' for word in wanted)
    scores: dict[str, float] = {}
    weights = ", ".join(map(str, _WEIGHTS.values()))
    for name, score in _index().execute(
        f"SELECT name, bm25(said, 0, {weights}) FROM said WHERE said MATCH ?",  # noqa: S608  numbers of ours
        (query,),
    ):
        scores[name] = -score
    nearest: dict[str, float] = {}
    for name, length, score, marked in _index().execute(
        "SELECT name, length, bm25(asked), highlight(asked, 2, '<', '') FROM asked WHERE asked MATCH ?", (query,)
    ):
        likeness = 2 * marked.count("<") / (len(wanted) + length)
        nearest[name] = max(nearest.get(name, 0.0), -score * likeness)
    for name, score in nearest.items():
        scores[name] = scores.get(name, 0.0) + _NEAREST * score
    known = behaviours()
    return tuple(known[name] for name in sorted(scores, key=lambda name: (-scores[name], name))[:most])


def unknown(question: str) -> tuple[str, ...]:
    """The words of a question that no behaviour has, without which it may be about something else."""
    known = "SELECT 1 FROM said WHERE said MATCH ? LIMIT 1"
    return tuple(
        word for word in dict.fromkeys(_words(question)) if _index().execute(known, (f'"{word}"',)).fetchone() is None
    )


@cache
def asked() -> dict[str, tuple[str, ...]]:
    """The questions that people ask, by the id of the behaviour that answers them."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in _lines("questions.txt"):
        if line.startswith(" "):
            found[name].append(line.strip())
        else:
            name = line
            found[name] = []
    return {name: tuple(questions) for name, questions in found.items()}


def _words(text: str) -> Iterator[str]:
    """The words of a text that are not empty, those of a group of the thesaurus by the first of the group."""
    same = _thesaurus()
    for name, word in _NAME_OR_WORD.findall(text.casefold().replace("in place", "in-place")):
        if name:
            yield same.get(name, name)
        elif word in same:
            yield same[word]
        else:
            yield from (same.get(part, part) for part in word.split("-") if part not in _EMPTY)


@cache
def _thesaurus() -> dict[str, str]:
    groups = [line.split(", ") for line in _lines("thesaurus.txt")]
    return {word: group[0].replace("-", "") for group in groups for word in group}


def _lines(file: str) -> list[str]:
    text = resources.files("gradconform.catalogue").joinpath(file).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def _index() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    how = "tokenize = \"porter unicode61 tokenchars '_'\""
    made.execute(f"CREATE VIRTUAL TABLE said USING fts5(name UNINDEXED, {', '.join(_WEIGHTS)}, {how})")
    made.execute(f"CREATE VIRTUAL TABLE asked USING fts5(name UNINDEXED, length UNINDEXED, question, {how})")
    marks = ", ".join("?" * (len(_WEIGHTS) + 1))
    rows = ((row.id, *map(_indexed, _columns(row))) for row in behaviours().values())
    made.executemany(f"INSERT INTO said VALUES ({marks})", rows)  # noqa: S608  question marks
    for name, questions in asked().items():
        for words in (tuple(dict.fromkeys(_words(question))) for question in questions):
            made.execute("INSERT INTO asked VALUES (?, ?, ?)", (name, len(words), " ".join(words)))
    return made


def _indexed(text: str) -> str:
    return " ".join(_words(text))


def _columns(row: Behaviour) -> Iterable[str]:
    titles = {family.id: family.title for family in FAMILIES}
    quote = row.clause.quote if isinstance(row.clause, Clause) else ""
    name = re.sub(r"[.-]", " ", row.id)
    examples, texts = "\n".join(row.examples), "\n".join(_texts(row.examples))
    questions = "\n".join(asked().get(row.id, ()))
    return (name, row.statement, row.expectation, quote, titles.get(row.family, ""), examples, texts, questions)


def _texts(examples: Sequence[str]) -> Iterator[str]:
    """The errors and warnings that the followed PyTorch gave on some programs, as far as they are recorded."""
    recording = shipped.recording(FOLLOWED)
    numbers = shipped.corpus().numbers
    for text in examples:
        number = numbers.get(parse_program(text).id)
        if recording is None or number is None or recording.digest(number) is None:
            continue
        for step in recording.trace(number).steps:
            if step.outcome[0] == "error":
                yield str(step.outcome[2])
            yield from (text for _, text in step.warnings)
