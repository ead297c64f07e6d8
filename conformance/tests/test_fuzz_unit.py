"""A unit of a campaign says what was seen, and the same however the seeds are divided."""

from __future__ import annotations

import pytest

from gradconform.campaign.forked import Died
from gradconform.catalogue.findings import FINDINGS
from gradconform.engines import engine_spec
from gradconform.fuzz.unit import death, joined, loaded, run_unit
from gradoracle.parse import parse_program

pytest.importorskip("torch")
TORCH, REFGRAD = engine_spec("torch:cpu"), engine_spec("refgrad")


def test_the_digest_of_a_range_is_that_of_its_parts_together():
    whole = run_unit(REFGRAD, TORCH, range(9))
    parts = [run_unit(REFGRAD, TORCH, range(7)), run_unit(REFGRAD, TORCH, range(7, 9))]

    assert joined([part.digest for part in parts]) == whole.digest
    assert (0, 8, 9) == (whole.first, whole.last, whole.programs)


def test_a_unit_of_other_seeds_has_another_digest():
    assert run_unit(REFGRAD, TORCH, range(5)).digest != run_unit(REFGRAD, TORCH, range(1, 6)).digest


@pytest.mark.parametrize("seeds", [range(0), range(0, 10, 2)])
def test_a_unit_is_a_range_without_gaps(seeds):
    with pytest.raises(ValueError, match="at least one seed"):
        run_unit(REFGRAD, TORCH, seeds)


KILLS = parse_program(next(one.program for one in FINDINGS if one.id == "pytorch-196459"))


@pytest.mark.parametrize(("truth", "who", "finding"), [(TORCH, "oracle", "pytorch-196459"), (REFGRAD, "engine", "")])
def test_a_finding_accounts_for_the_death_of_the_oracle_only(truth, who, finding):
    one = death(Died(7, ("crash", "SIGSEGV")), KILLS, "refgrad", loaded(truth))

    assert (7, "crash SIGSEGV", finding) == (one.seed, one.key, one.finding)
    assert one.text == f"the process of the {who} ended: crash SIGSEGV"
