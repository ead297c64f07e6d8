"""Campaigns: killed and resumed, cut into shards, spread over a cluster that loses a worker; nothing is lost."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from fauxwork import FauxWork

from gradconform import engines
from gradconform.campaign.driving import MOST_LOST, Stopped, drive
from gradconform.campaign.executors import processes
from gradconform.campaign.units import Unit, merged, read_folder
from gradconform.cli import main
from gradconform.engines import EngineSpec
from gradconform.fuzz.unit import UnitResult, run_unit

HERE = Path(__file__).parent
FOREVER = float("inf")
REFGRAD = "gradconform.adapters.refgrad:engine"
SEEDS = ("--seeds", "0:24", "--unit", "4", "--jobs", "1")


@pytest.fixture
def faux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder to work in, with refgrad in the place of PyTorch."""
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.setitem(engines._BUILT_IN, "torch:cpu", "fauxengines:oracle")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def at_once(stop: int) -> UnitResult:
    """What a campaign over the seeds 0:stop comes to, run in one go."""
    return run_unit(EngineSpec("refgrad", REFGRAD), EngineSpec("torch:cpu", "fauxengines:oracle"), range(stop))


def started(folder: Path, *options: str) -> subprocess.Popen[str]:
    """`gradconform` with those options in a process of its own, with refgrad in the place of PyTorch."""
    return subprocess.Popen(
        [sys.executable, str(HERE / "fauxmain.py"), *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_units(folder: Path, count: int, process: subprocess.Popen[str]) -> None:
    for _ in range(1200):
        if len(list(folder.glob("unit-*.json"))) >= count:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("no unit was written")


class TestFuzz:
    def test_a_campaign_that_is_over_is_not_run_again(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["fuzz", *SEEDS]) == 0
        first = capsys.readouterr()
        assert main(["fuzz", *SEEDS]) == 0
        second = capsys.readouterr()

        assert "24 programs," in first.out
        assert "0 differ, 0 of them unexplained" in first.out
        assert re.findall("digest .*", first.out) == re.findall("digest .*", second.out)
        assert "24 programs now" in first.out
        assert "programs now" not in second.out
        assert "gradconform: 24 of 24 programs, 0 differ" in second.err

    def test_shards_merged_are_the_whole(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for index in range(2):
            assert main(["fuzz", *SEEDS, "--shard", f"{index}/2", "--out", f"part{index}"]) == 0
        assert main(["merge", "part0", "part1", "--out", "whole"]) == 0
        assert "seeds 0:24 of 6 units: whole/unit-000000000000-000000000023.json" in capsys.readouterr().out

        assert read_folder(faux / "whole")[0].result == at_once(24)
        assert main(["merge", "part0", "--out", "half"]) == 2
        assert "gap: nothing covers 4:8, after unit 0:4" in capsys.readouterr().err
        assert main(["merge", "part0", "whole", "--out", "twice"]) == 2
        assert "overlap: unit 0:4 and unit 0:24" in capsys.readouterr().err

    def test_killed_and_resumed(self, faux: Path) -> None:
        options = ("fuzz", "--seeds", "0:40", "--unit", "2", "--jobs", "1", "--out")
        process = started(faux, *options, "killed")
        try:
            wait_for_units(faux / "killed", 2, process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=30)
        kept = {path.name: path.stat().st_mtime_ns for path in (faux / "killed").glob("unit-*.json")}
        assert 2 <= len(kept) < 20
        assert main([*options, "killed"]) == 0

        assert all((faux / "killed" / name).stat().st_mtime_ns == when for name, when in kept.items())
        assert merged(read_folder(faux / "killed")).result == at_once(40)

    def test_interrupted(self, faux: Path) -> None:
        process = started(faux, "fuzz", "--time", "1h", "--unit", "6", "--jobs", "1", "--out", "x")
        try:
            wait_for_units(faux / "x", 1, process)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()

        assert process.returncode == 130
        assert err.splitlines()[-1] == "gradconform: interrupted; the same command goes on where it ended"
        assert "digest" in out
        assert [] == list((faux / "x").glob("*.partial"))

    def test_an_engine_that_lies(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["fuzz", "--engine", "fauxengines:lying", "--seeds", "0:8", "--jobs", "1"]) == 1
        said = capsys.readouterr().out

        assert "UNEXPLAINED: values value" in said
        assert [*Path("gradconform-fuzz/differing").glob("*.py")]
        assert "0 of them unexplained" not in said

    def test_an_engine_that_crashes_costs_those_programs(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["fuzz", "--engine", "fauxengines:crashing", "--seeds", "0:10", "--jobs", "1"]) == 1
        said = capsys.readouterr().out

        assert "10 programs," in said
        assert "SIGSEGV" in said

    def test_what_an_engine_lacks_is_no_difference(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["fuzz", "--engine", "fauxengines:lacking", "--seeds", "0:10", "--jobs", "1"]) == 0
        said = capsys.readouterr().out

        assert "  unsupported: unsupported backward, such as seed " in said
        assert "0 differ, 0 of them unexplained" in said
        assert "programs ask for what the engine lacks" in said

    def test_another_campaigns_folder_is_refused(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["fuzz", "--seeds", "0:2", "--jobs", "1", "--out", "x"]) == 0
        assert main(["enumerate", "--steps", "1", "--jobs", "1", "--out", "x"]) == 2
        assert "x holds another campaign (unlike kinds of campaign: fuzz and enumerate" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ([], "how long? give --seeds A:B, such as 0:100000, or --time T, such as 10m"),
            (["--seeds", "5:5"], "--seeds 5:5: write A:B with A below B"),
            (["--seeds", "x"], "--seeds x: write A:B"),
            (["--time", "10"], "--time 10: write a number and s, m or h"),
            (["--time", "1m", "--shard", "0/2"], "--shard needs --seeds A:B"),
            (["--seeds", "0:9", "--shard", "2/2"], "--shard 2/2: write i/n with i from 0 to n-1"),
            (["--seeds", "0:9", "--executor", "ray"], "--executor ray: write dask:ADDRESS"),
            (["--seeds", "0:9", "--oracle", "numpy"], "unknown oracle 'numpy'"),
            (["--seeds", "0:9", "--engine", "nothing"], "unknown engine 'nothing'"),
            (["--seeds", "0:9", "--out", "/dev/null/x"], "cannot use /dev/null/x"),
        ],
    )
    def test_bad_input_is_one_line(
        self, faux: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
    ) -> None:
        assert main(["fuzz", *options]) == 2
        said = capsys.readouterr()

        assert message in said.err
        assert said.err.count("\n") == 1
        assert said.out == ""

    def test_statistics(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["fuzz", "--stats", "--seeds", "0:20"]) == 0
        said = capsys.readouterr().out

        assert said.startswith("20 programs of generator ")
        assert " %  in-place\n" in said
        assert " %  MulBackward0\n" in said
        assert [] == list(faux.iterdir())


class TestEnumerate:
    def test_how_many_there_are_and_that_all_agree(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["enumerate", "--steps", "2", "--jobs", "1"]) == 0
        said = capsys.readouterr().out

        assert said.startswith(
            "181 programs: `a = torch.tensor([3.0], requires_grad=True)`, then up to 2 of these steps"
        )
        assert "181 programs, " in said
        assert "0 differ, 0 of them unexplained" in said

    def test_differences_are_grouped_by_what_differs(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["enumerate", "--steps", "1", "--jobs", "1", "--engine", "fauxengines:lying"]) == 1

        assert "12 of them unexplained" in capsys.readouterr().out


class TestDriver:
    """Processes that die under their units."""

    @pytest.fixture(autouse=True)
    def importable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(str(HERE))

    def run(self, work: FauxWork) -> list[Unit]:
        todo = (range(at, at + 5) for at in range(0, 20, 5))
        return sorted(drive(work, todo, partial(processes, 2), FOREVER), key=lambda unit: unit.result.first)

    def test_the_seed_that_kills_is_found_and_the_rest_is_done(self) -> None:
        whole = merged(self.run(FauxWork(deadly=(11,))))

        assert (0, 19, 20) == (whole.result.first, whole.result.last, whole.result.programs)
        assert (("not judged", 1),) == whole.result.counts
        assert 11 == whole.result.differing[0].seed
        assert f"{sum(range(1, 21)) - 12:032x}" == whole.result.digest

    def test_a_unit_that_raises_is_halved_too(self) -> None:
        whole = merged(self.run(FauxWork(raising=(3,))))

        assert "OSError: no luck with 3" in whole.result.differing[0].text

    def test_when_it_is_not_the_seeds_the_campaign_stops(self) -> None:
        with pytest.raises(Stopped, match=f"{MOST_LOST + 1} seeds could not be judged, last seed 8: OSError: no luck"):
            self.run(FauxWork(raising=tuple(range(10))))


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="pip install 'gradconform[dask]'")
class TestDask:
    """A scheduler and three workers, each a process; `tox -e dask` runs this."""

    @pytest.fixture
    def cluster(self, tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
        """The scheduler's address and its workers, which nobody starts anew."""
        file = tmp_path / "scheduler.json"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}

        def begin(*words: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "dask", *words, "--scheduler-file", str(file)]
            return subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )

        running = [begin("scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1")]
        running += [begin("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard") for _ in range(3)]
        try:
            for _ in range(600):
                if file.exists():
                    break
                time.sleep(0.05)
            yield json.loads(file.read_text())["address"], running[1:]
        finally:
            for process in running:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(30)

    def test_a_worker_dies_and_nothing_is_lost(
        self, faux: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
    ) -> None:
        address, workers = cluster
        options = ("fuzz", "--seeds", "0:300", "--unit", "10", "--out")
        for _ in range(600):
            if self.workers(address) == 3:
                break
            time.sleep(0.1)
        process = started(faux, *options, "spread", "--executor", f"dask:{address}")
        try:
            wait_for_units(faux / "spread", 3, process)
            workers[1].kill()
            assert len(list((faux / "spread").glob("unit-*.json"))) < 25
            _, err = process.communicate(timeout=120)
        finally:
            process.kill()
        assert process.returncode == 0, err
        assert self.workers(address) == 2
        assert merged(read_folder(faux / "spread")).result == at_once(300)

    @staticmethod
    def workers(address: str) -> int:
        count = f"import distributed; print(len(distributed.Client({address!r}).nthreads()))"
        return int(subprocess.run([sys.executable, "-c", count], capture_output=True, text=True, check=True).stdout)

    def test_nobody_answers(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["fuzz", "--seeds", "0:9", "--executor", "dask:tcp://127.0.0.1:9", "--out", "x"]) == 2
        assert "no Dask scheduler at tcp://127.0.0.1:9" in capsys.readouterr().err
