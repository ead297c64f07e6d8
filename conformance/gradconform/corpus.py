"""Chooses the corpus that recordings answer: every pinned program, and generated ones that cover what there is.

    python -m gradconform.corpus

writes oracle/gradoracle/recordings/corpus.gcc, takes away the recordings of another corpus and records the PyTorch that
is installed.

Pinned are the examples of the catalogue and the programs of the findings and of the register of drift, each also with
a look after every statement, so that `gradconform ask` has an answer for it. The generated ones are shared out evenly
over the behaviours that have a generator: of many short candidates those are taken first that do something, or two
things in a row, that no program before them did, and then the shortest; those whose last places are rounding are put
aside. They are stored as programs, so the corpus outlives its generators.
"""

from __future__ import annotations

import datetime as dt
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import gradconform
from gradconform.asking import observed_copy
from gradconform.catalogue.behaviour import Behaviour
from gradconform.catalogue.drift.register import DRIFT
from gradconform.catalogue.findings import FINDINGS
from gradconform.catalogue.registry import behaviours
from gradconform.generate.recipe import draw
from gradoracle import program as p
from gradoracle.conditioning import apart
from gradoracle.exactness import measure
from gradoracle.parse import parse_program
from gradoracle.recorded import container, shipped
from gradoracle.recorded.corpus import Corpus, Entry, write_corpus
from gradoracle.recorded.recorder import RECORDED, record
from gradoracle.recorded.shipped import CORPUS
from gradoracle.worker import Worker

GENERATED = 20_000
"""At least so many generated programs."""
SPARE = 100
"""So many more are chosen, because some are put aside: see `well_conditioned`."""
SLACK = 0.5
"""Tolerances that PyTorch may be away from its own answer in float64."""
CANDIDATES = 3
"""Candidates drawn for each program that is taken."""
LONGEST = 4
"""Moves of the longest recipe, but that one candidate of eight has up to three times as many."""
MOST_STATEMENTS = 40
"""A longer program is no candidate: 20,000 are to be replayed in seconds."""


def chosen(rows: Sequence[Behaviour], generated: int = GENERATED + SPARE) -> list[Entry]:
    """The programs of the corpus: pinned ones, then generated ones in the order of the catalogue."""
    labels: dict[str, dict[str, None]] = {}
    programs: dict[str, p.Program] = {}
    order: list[str] = []

    def add(program: p.Program, behaviour: str) -> None:
        if program.id not in programs:
            programs[program.id] = program
            order.append(program.id)
        if behaviour:
            labels.setdefault(program.id, {})[behaviour] = None

    for row in rows:
        for text in row.examples:
            add(parse_program(text), row.id)
    for finding in FINDINGS:
        add(parse_program(finding.program), "")
    for drifted in DRIFT:
        if drifted.program:
            add(parse_program(drifted.program), "")
    for program in list(programs.values()):
        add(observed_copy(program)[0], "")
    pinned = set(order)
    generators = [row for row in rows if row.generator is not None]
    known: set[tuple[str, ...]] = {one for program in programs.values() for one in _covered(program)}
    for position, row in enumerate(generators):
        left = generated - (len(order) - len(pinned))
        for program in _best(row, -(-left // (len(generators) - position)), known, programs):
            add(program, row.id)
    # What else a behaviour admits is told by variants of its programs.
    for row in rows:
        if row.admits:
            mine = [programs[one] for one in order if row.id in labels.get(one, ())]
            for program in (vary(one) for one in mine for other in row.admits for vary in other.variants):
                add(program, "")
    return [Entry(programs[one], tuple(labels.get(one, ())), one in pinned) for one in order]


def _best(row: Behaviour, wanted: int, known: set[tuple[str, ...]], taken: dict[str, p.Program]) -> Iterator[p.Program]:
    """So many programs of a behaviour that are in no other's share, as far as its generator gives them."""
    candidates: dict[str, p.Program] = {}
    for program in _drawn(row, wanted * CANDIDATES):
        if program.id not in taken and sum(1 for _ in program.walk()) <= MOST_STATEMENTS:
            candidates[program.id] = program
    shortest = sorted(candidates.values(), key=lambda program: sum(1 for _ in program.walk()))
    new: list[p.Program] = []
    rest: list[p.Program] = []
    for program in shortest:
        covered = _covered(program)
        (rest if known.issuperset(covered) else new).append(program)
        known |= covered
    yield from (new + rest)[:wanted]


def _drawn(row: Behaviour, count: int) -> Iterator[p.Program]:
    assert row.generator is not None
    source = random.Random(f"corpus:{row.id}")
    yield row.generator(())
    for number in range(1, count):
        yield row.generator(draw(source, LONGEST * 3 if number % 8 == 0 else LONGEST))


def _covered(program: p.Program) -> set[tuple[str, ...]]:
    """What a program does and what it does next: the names that its statements use, alone and in pairs."""
    found: set[tuple[str, ...]] = set()
    before = ""
    for statement in program.walk():
        kind = type(statement).__name__
        if isinstance(statement, p.Observe):
            continue
        used = [kind]
        for expression in p.expressions(statement):
            match expression:
                case p.Global(path):
                    used.append(path)
                case p.Attr(_, name):
                    used.append(f".{name}")
                case p.Op(symbol, operands):
                    used.append(f"{symbol}{len(operands)}")
                case p.Lit(str() as value):
                    used.append(value)
                case _:
                    continue
        found.update((one,) for one in used)
        here = used[1] if len(used) > 1 else kind
        found.add((before, here))
        before = here
    return found


def well_conditioned(entries: Sequence[Entry], told: Callable[[str], object]) -> list[Entry]:
    """The pinned programs, and those generated ones whose values do not hang on how PyTorch rounds."""
    with Worker(RECORDED["torch:cpu"]) as oracle:
        kept = [one for one in entries if one.pinned or not _hangs_on_rounding(one.program, oracle)]
    told(f"{len(entries) - len(kept)} generated programs put aside: their last places are rounding")
    return kept


def _hangs_on_rounding(program: p.Program, oracle: Worker) -> bool:
    if measure(program).exact:
        return False
    found = apart(program, oracle.run(program), oracle.run, SLACK)
    return any(one.level == "values" for one in found)


def commit() -> str:
    """The commit of the sources, with a plus where they were changed since; empty outside a checkout."""
    folder = Path(__file__).parent
    try:
        said = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--abbrev=12", "--dirty=+"],  # noqa: S607  wherever it is
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return said.stdout.strip()


def make(path: Path, told: Callable[[str], object]) -> None:
    """Choose the programs and write the corpus."""
    entries = well_conditioned(chosen(tuple(behaviours().values())), told)
    facts = {
        "commit": commit(),
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "gradconform": gradconform.__version__,
    }
    size = write_corpus(path, entries, facts)
    pinned = sum(entry.pinned for entry in entries)
    told(f"{path}: {pinned:,} pinned programs and {len(entries) - pinned:,} generated ones, {size:,} bytes")


def main() -> int:
    """Write the corpus to the package and record the PyTorch that is installed."""
    make(CORPUS, _told)
    corpus = Corpus.open(CORPUS)
    for path in shipped.paths():
        if container.read(path, container.RECORDING).header["about"]["corpus"] != corpus.id:
            path.unlink()
            _told(f"{path}: it is of another corpus; removed")
    made = shipped.FOLDER / "made.gcr"
    about, size = record(corpus, "torch:cpu", made)
    made.replace(shipped.path_of(about.name))
    _told(f"{about.name}: {about.programs:,} programs in {about.seconds:.0f} s, {size:,} bytes")
    return 0


def _told(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
