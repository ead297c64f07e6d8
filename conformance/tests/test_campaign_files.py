"""Units: cut, written, read, merged; what does not fit together is refused by name."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import shlex
import sys
import time
from pathlib import Path

import pytest
import yaml

from gradconform.campaign.forked import Died, forked
from gradconform.campaign.shards import Shard, ShardError, shard, units
from gradconform.campaign.units import Identity, Unit, UnitError, merged, read, read_folder, write
from gradconform.commands.fuzz import fuzz
from gradconform.fuzz.unit import KEPT, Differing, UnitResult

IDENTITY = Identity("fuzz", 3, 0, "refgrad", "0.1.0", "torch:cpu", "2.13.0")


def unit(first: int, stop: int, *, digest: int = 1, **identity: object) -> Unit:
    differing = (Differing(first, "0123456789abcdef", "values grad", "values", "x.grad: expected 1, got 2", ""),)
    result = UnitResult(
        first, stop - 1, 3, stop - first, 40, f"{digest:032x}", (("values grad", 2),), differing
    )  # fmt: skip
    return Unit(dataclasses.replace(IDENTITY, **identity), result, 1.5, 4096)


class TestFiles:
    def test_read_gives_what_was_written(self, tmp_path: Path) -> None:
        path = write(unit(0, 2000), tmp_path)

        assert unit(0, 2000) == read(path)
        assert [path] == list(tmp_path.iterdir())
        assert path.name == "unit-000000000000-000000001999.json"

    def test_units_of_a_folder_come_in_order(self, tmp_path: Path) -> None:
        for first in (4000, 0, 2000):
            write(unit(first, first + 2000), tmp_path)

        assert [0, 2000, 4000] == [one.result.first for one in read_folder(tmp_path)]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"format": 2}, "1 was expected"),
            ({"seconds": "long"}, "seconds: 'long' is not of type 'number'"),
            ({"extra": 1}, "'extra' was unexpected"),
        ],
    )
    def test_a_file_that_is_no_unit_is_refused(self, tmp_path: Path, change: dict, message: str) -> None:
        path = write(unit(0, 10), tmp_path)
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

        with pytest.raises(UnitError, match=message):
            read(path)

    def test_a_file_that_is_cut_off_is_refused(self, tmp_path: Path) -> None:
        path = write(unit(0, 10), tmp_path)
        path.write_text(path.read_text()[:100])

        with pytest.raises(UnitError, match=r"is not JSON .* remove it, and the campaign makes it again"):
            read(path)

    def test_a_unit_that_counts_wrong_is_refused(self, tmp_path: Path) -> None:
        right = unit(0, 10)
        wrong = dataclasses.replace(right, result=dataclasses.replace(right.result, programs=9))

        with pytest.raises(UnitError, match="contradicts itself: 9 programs in unit 0:10"):
            read(write(wrong, tmp_path))


class TestMerge:
    def test_neighbours_become_one(self) -> None:
        whole = merged([unit(20, 30, digest=5), unit(0, 10, digest=2**128 - 1), unit(10, 20, digest=3)])

        assert (0, 29, 30, 120) == (whole.result.first, whole.result.last, whole.result.programs, whole.result.steps)
        assert f"{7:032x}" == whole.result.digest
        assert (("values grad", 6),) == whole.result.counts
        assert [0, 10, 20] == [one.seed for one in whole.result.differing]

    def test_in_any_grouping(self) -> None:
        parts = [unit(at, at + 10, digest=at + 1) for at in range(0, 60, 10)]

        assert merged(parts) == merged([merged(parts[:2]), merged([merged(parts[2:5]), parts[5]])])
        assert KEPT == len(merged(parts).result.differing)

    @pytest.mark.parametrize(
        ("other", "message"),
        [
            (unit(11, 20), "gap: nothing covers 10:11, after unit 0:10"),
            (unit(9, 20), "overlap: unit 0:10 and unit 9:20"),
            (unit(0, 10), "overlap: unit 0:10 and unit 0:10"),
            (unit(10, 20, generator=4), "unlike versions of the generator: 3 and 4"),
            (unit(10, 20, engine="tiny"), "unlike engines: refgrad and tiny"),
            (unit(10, 20, engine_version="0.2"), r"unlike versions of the engine: 0\.1\.0 and 0\.2"),
            (unit(10, 20, oracle="torch:cuda"), "unlike oracles: torch:cpu and torch:cuda"),
            (unit(10, 20, oracle_version="2.14"), r"unlike versions of the oracle: 2\.13\.0 and 2\.14"),
            (unit(10, 20, kind="enumerate"), "unlike kinds of campaign: fuzz and enumerate"),
            (unit(10, 20, longest=5), "unlike numbers of steps: 0 and 5"),
        ],
    )
    def test_what_does_not_fit_is_refused_by_name(self, other: Unit, message: str) -> None:
        with pytest.raises(UnitError, match=message):
            merged([unit(0, 10), other])


class TestShards:
    def test_shards_together_are_the_whole(self) -> None:
        parts = [list(units(range(5, 105), 10, Shard(index, 3), [])) for index in range(3)]
        whole = sorted((one for part in parts for one in part), key=lambda one: one.start)

        assert list(range(5, 105)) == [seed for one in whole for seed in one]
        assert [4, 4, 3] == [len(part) for part in parts]

    def test_what_is_done_is_left_out(self) -> None:
        done = [range(10), range(13, 15), range(17, 22), range(30, 40)]

        assert [range(10, 13), range(15, 17), range(22, 30), range(40, 45)] == list(units(range(45), 10, Shard(), done))
        assert [] == list(units(range(40), 10, Shard(), [range(100)]))

    @pytest.mark.parametrize(
        ("environment", "found"),
        [
            ({"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "8", "SLURM_ARRAY_TASK_MIN": "1"}, Shard(2, 8)),
            ({"JOB_COMPLETION_INDEX": "0", "JOB_COMPLETIONS": "64"}, Shard(0, 64)),
        ],
    )
    def test_auto(self, environment: dict[str, str], found: Shard) -> None:
        assert found == shard("auto", environment)

    @pytest.mark.parametrize(
        ("text", "environment", "message"),
        [
            ("4/4", {}, "write i/n with i from 0 to n-1"),
            ("1", {}, "write i/n"),
            ("auto", {}, "neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set"),
            ("auto", {"JOB_COMPLETION_INDEX": "1"}, "JOB_COMPLETIONS is not: set it"),
            ("auto", {"SLURM_ARRAY_TASK_ID": "9", "SLURM_ARRAY_TASK_COUNT": "4"}, "task 9 is none of 4"),
        ],
    )
    def test_what_cannot_be_understood(self, text: str, environment: dict[str, str], message: str) -> None:
        with pytest.raises(ShardError, match=message):
            shard(text, environment)


class TestForked:
    """Children that run a part of some numbers each."""

    @staticmethod
    def body(part: range, note) -> list[int]:
        done = []
        for number in part:
            note(number)
            if number in (7, 23):
                os.kill(os.getpid(), 11)
            if number == 12:
                time.sleep(60)
            done.append(number)
        return done

    def test_the_numbers_that_kill_are_named_and_the_others_done(self) -> None:
        results = list(forked(range(30), self.body, batch=10, seconds=0.4))
        died = [one for one in results if isinstance(one, Died)]
        done = [number for one in results if not isinstance(one, Died) for number in one]

        assert [Died(7, ("crash", "SIGSEGV")), Died(12, ("timeout", 0.4)), Died(23, ("crash", "SIGSEGV"))] == died
        assert [number for number in range(30) if number not in (7, 12, 23)] == done

    def test_a_child_is_born_with_what_the_one_before_had_to_import(self, tmp_path: Path, monkeypatch) -> None:
        (tmp_path / "imported_late.py").write_text("")
        monkeypatch.syspath_prepend(tmp_path)

        def body(part: range, note) -> bool:
            there = "imported_late" in sys.modules
            importlib.import_module("imported_late")
            return there

        try:
            assert [False, True] == list(forked(range(2), body, batch=1))
        finally:
            sys.modules.pop("imported_late", None)


class TestJobFiles:
    """The job files run the command that there is, and set what `--shard auto` reads."""

    CONTRIB = Path(__file__).parents[2] / "contrib"

    def test_slurm(self) -> None:
        text = (self.CONTRIB / "slurm.sh").read_text()
        line = next(line for line in text.splitlines() if line.startswith(".venv/bin/gradconform"))
        words = shlex.split(line.replace('"$seeds"', "0:10").replace("$out/$SLURM_ARRAY_TASK_ID", "out"))

        assert "#SBATCH --array=0-63" in text
        assert {"seeds": "0:10", "part": "auto", "unit": 100_000, "jobs": 1} == parsed(words[2:])

    def test_kubernetes(self) -> None:
        job = yaml.safe_load((self.CONTRIB / "kubernetes.yaml").read_text())["spec"]
        (container,) = job["template"]["spec"]["containers"]

        assert ("Indexed", 64) == (job["completionMode"], job["completions"])
        assert [{"name": "JOB_COMPLETIONS", "value": str(job["completions"])}] == container["env"]
        assert ["gradconform", "fuzz"] == container["command"][:2]
        assert {"seeds": "0:1000000000", "part": "auto", "unit": 100_000, "jobs": 1} == parsed(
            [*container["command"][2:], *container["args"]]
        )


def parsed(words: list[str]) -> dict:
    options = fuzz.make_context("fuzz", words).params
    return {name: options[name] for name in ("seeds", "part", "unit", "jobs")}
