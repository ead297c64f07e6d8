"""What a campaign says of its differences once they are made small: each cause by itself, and how often."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gradconform.campaign import examining
from gradconform.campaign.examining import examined
from gradconform.campaign.units import Identity, Unit
from gradconform.campaign.work import Work
from gradconform.engines import EngineSpec
from gradconform.fuzz.generator import program
from gradconform.fuzz.shrinking import Shrunk
from gradconform.fuzz.unit import Differing, UnitResult
from gradoracle.compare import Difference
from gradoracle.parse import parse_program
from gradoracle.program import Program

IDENTITY = Identity("fuzz", 6, 0, "faux", "1", "faux oracle", "1")
WORK = Work(IDENTITY, EngineSpec("faux", "fauxengines:faithful"), EngineSpec("faux oracle", "fauxengines:faithful"))
ONE, TWO = parse_program("x = torch.ones(1)\n"), parse_program("x = torch.ones(2)\n")


@dataclass
class Idle:
    factory: str

    def __enter__(self) -> Idle:
        return self

    def __exit__(self, *error: object) -> None:
        pass


def unit(*seeds: int, key: str, count: int) -> Unit:
    """A unit of a hundred seeds, of which these were kept."""
    rows = tuple(Differing(seed, program(seed).id, key, "errors", "text", "") for seed in seeds)
    first = seeds[0] // 100 * 100
    return Unit(IDENTITY, UnitResult(first, first + 99, 6, 100, 2600, f"{0:032x}", ((key, count),), rows), 1.0, 0)


@pytest.fixture
def told(monkeypatch):
    """What an examination says, as (count, finding, small program) by what each seed becomes."""

    def examine(units: list[Unit], becomes: dict[int, tuple[str, Program]]) -> list[tuple[int, str, Program | None]]:
        by_id = {program(seed).id: made for seed, made in becomes.items()}

        def shrunk(given: Program, oracle: object, engine: object) -> Shrunk:
            finding, small = by_id[given.id]
            return Shrunk(small, 1, "errors ending backward", Difference(0, (0,), "ending", "errors", "", ""), finding)

        monkeypatch.setattr(examining, "shrunk", shrunk)
        monkeypatch.setattr(examining, "Worker", Idle)
        return [(kind.count, kind.finding, kind.small) for kind in examined(WORK, units)]

    return examine


def test_programs_that_died_are_told_apart_by_what_they_come_to(told):
    deaths = [unit(1, 2, 3, key="crash SIGSEGV", count=3), unit(101, 102, key="crash SIGSEGV", count=2)]
    small = {1: ("pytorch-196459", ONE), 2: ("pytorch-196459", TWO), 3: ("", TWO), 101: ("", ONE), 102: ("", TWO)}

    assert [(2, "", TWO), (1, "", ONE), (2, "pytorch-196459", ONE)] == told(deaths, small)


def test_those_that_were_not_kept_are_counted(told):
    deaths = [unit(1, 2, key="timeout 20.0", count=9)]

    assert [(8, "", ONE), (1, "pytorch-196459", TWO)] == told(deaths, {1: ("pytorch-196459", TWO), 2: ("", ONE)})


def test_a_kind_of_other_differences_is_explained_only_whole(told):
    wrong = [unit(1, 2, key="values value AddBackward0", count=5)]

    assert [(5, "", ONE)] == told(wrong, {1: ("pytorch-9391", TWO), 2: ("", ONE)})
    assert [(5, "pytorch-9391", TWO)] == told(wrong, {1: ("pytorch-9391", ONE), 2: ("pytorch-9391", TWO)})
