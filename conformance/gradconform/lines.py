"""Which lines of the reference engine the catalogue's programs run, by the library `coverage`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gradconform.coverage import Share
from gradoracle import program as p
from gradoracle.interpreter import run

ENGINE = ("tensor", "node", "saved", "backward", "accumulate", "views", "inplace", "modes", "hooks")
"""The modules of refgrad that are its engine."""


class LinesNotMeasured(RuntimeError):
    """The library that measures lines is not installed."""


def engine_lines(programs: Iterable[p.Program]) -> dict[str, Share]:
    """For each module of the engine the executable lines, and those that programs run; imports count as run.

    The programs run in this process. Raises `LinesNotMeasured`.
    """
    try:
        import coverage
    except ImportError:
        raise LinesNotMeasured("pip install coverage") from None
    measured: Any = coverage.Coverage(source_pkgs=["refgrad"], data_file=None, config_file=False)
    measured.start()
    try:
        from gradconform.adapters.refgrad import engine

        subject = engine()
        for program in programs:
            run(program, subject)
    finally:
        measured.stop()
    shares: dict[str, Share] = {}
    folder = Path(subject.module.__path__[0])
    for name in ENGINE:
        path = str(folder / f"{name}.py")
        _, lines, _, missing, _ = measured.analysis2(path)
        shares[f"{name}.py"] = Share(
            tuple(str(line) for line in lines), frozenset(str(line) for line in lines if line not in set(missing))
        )
    return shares
