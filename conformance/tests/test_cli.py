"""The command line: what it prints, what it writes, its exit codes, and what it does when it is interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import gradconform
from gradconform import engines
from gradconform.catalogue.registry import behaviours
from gradconform.cli import main
from gradconform.running import conforms
from gradoracle import worker
from gradoracle.recorded import shipped
from gradreports.results import CaseRecord, Results, read

HERE = Path(__file__).parent
STAND_INS = {"torch:cpu": "fauxengines:oracle", "torch:cuda": "fauxabsent:engine"}
N1 = "notes.n1-second-backward-raises"
N2 = "notes.n2-retain-graph-allows-another-backward"
NO_BACKWARD = "notes.n8-grad-for-chosen-inputs"


@pytest.fixture
def faux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder to work in, with refgrad in the place of PyTorch."""
    monkeypatch.syspath_prepend(str(HERE))
    for name, factory in STAND_INS.items():
        monkeypatch.setitem(engines._BUILT_IN, name, factory)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args: str) -> tuple[int, Results]:
    code = main(["run", "--jobs", "1", "--max-examples", "3", *args])
    return code, read("gradconform-report/results.jsonl")


def cases(results: Results) -> dict[str, CaseRecord]:
    return {case.behaviour: case for case in results.cases}


class TestRun:
    def test_engine_that_conforms(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, results = run("-k", N1, "-k", N2, "--seed", "7")
        said = capsys.readouterr()
        assert code == 0
        assert [case.verdict for case in results.cases] == ["pass", "pass"]
        assert results.footer is not None
        assert not results.footer.interrupted
        assert results.footer.programs == 2
        assert results.header.command == (
            f"gradconform run --engine refgrad --oracle torch:cpu -k {N1} -k {N2} --seed 7 --max-examples 3"
        )
        assert said.out.splitlines()[-1] == "report: gradconform-report/report.html"
        assert "2 distinct programs compared, 0 of them generated" in said.out
        assert "refgrad conforms to torch:cpu" in said.out
        Path("gradconform-report/report.html").rename("first.html")
        assert main(["report", "gradconform-report/results.jsonl"]) == 0
        assert capsys.readouterr().out == "gradconform-report/report.html\n"
        assert Path("first.html").read_bytes() == Path("gradconform-report/report.html").read_bytes()
        assert Path("gradconform-report/report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
        assert sorted(path.name for path in Path("gradconform-report").iterdir()) == ["report.html", "results.jsonl"]

    def test_oracle_that_is_not_here_is_not_measured(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        _, results = run("-k", N1)
        cuda = results.header.oracles[1]
        assert (cuda.id, cuda.status) == ("torch:cuda", "not measured")
        assert cuda.reason == "PyTorch sees no CUDA device on this machine"
        assert {case.oracle for case in results.cases} == {"torch:cpu"}
        assert "not measured: torch:cuda (PyTorch sees no CUDA device on this machine)" in capsys.readouterr().out

    def test_generated_programs_are_counted(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        name = next(row.id for row in behaviours().values() if row.generator is not None and len(row.examples) == 1)
        _, results = run("-k", name, "--max-examples", "4")
        assert results.cases[0].programs > 1
        assert f"{results.cases[0].programs - 1} of them generated" in capsys.readouterr().out

    def test_engine_that_lies(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, results = run("--engine", "fauxengines:lying", "-k", "notes.n2", "-k", "notes.n1")
        said = capsys.readouterr().out
        assert code == 1
        assert {case.verdict for case in results.cases} == {"fail"}
        assert "torch:cpu gives tensor(" in said
        assert "the engine gives tensor(" in said
        assert (
            f"gradconform run --engine fauxengines:lying --oracle torch:cpu -k {N2} --seed 0 --max-examples 3" in said
        )
        assert "does not conform to torch:cpu: 2 of 2 cases" in said

    def test_engine_that_crashes_costs_a_verdict(self, faux: Path) -> None:
        code, results = run("--engine", "fauxengines:crashing", "-k", N1, "-k", NO_BACKWARD, "-k", N2)
        assert code == 1
        found = cases(results)
        assert (found[N1].verdict, found[N2].verdict) == ("crash", "crash")
        assert "SIGSEGV" in found[N1].reason
        assert found[NO_BACKWARD].verdict == "pass"

    def test_engine_that_hangs_costs_a_verdict(self, faux: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(worker, "SECONDS", 0.4)
        mark = f"gradconform-test-{os.getpid()}-hanging"
        monkeypatch.setenv("GRADCONFORM_TEST_MARK", mark)
        code, results = run("--engine", "fauxengines:hanging", "-k", N1, "-k", NO_BACKWARD)
        assert_none_left(mark)
        assert code == 1
        assert cases(results)[N1].verdict == "timeout"
        assert cases(results)[NO_BACKWARD].verdict == "pass"

    def test_process_of_the_suite_that_dies_costs_a_verdict(self, faux: Path) -> None:
        names = [N1, NO_BACKWARD]
        code = main(
            ["run", "--jobs", "2", "--engine", "fauxengines:patricidal", *[w for n in names for w in ("-k", n)]]
        )
        found = cases(read("gradconform-report/results.jsonl"))
        assert code == 1
        assert {name: found[name].verdict for name in names} == {N1: "error", NO_BACKWARD: "pass"}
        assert found[N1].reason == "a process of the suite died while it judged this behaviour"

    def test_what_cannot_be_read_is_not_compared(self, faux: None) -> None:
        code, results = run("--engine", "fauxengines:plain", "-k", "retain-grad.no-op-on-a-leaf", "--max-examples", "3")
        case = results.cases[0]
        assert code == 1
        assert case.verdict == "unsupported"
        assert case.reason == "not compared: the engine lacks grad_fn, storage, version"
        expected = {"values": "pass", "state": "unsupported", "errors": "pass", "messages": "pass"}
        assert {**expected, "graph": "unsupported"} == case.levels

    def test_unsupported_is_not_a_pass(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, results = run("--engine", "fauxengines:lacking", "-k", N1)
        assert code == 1
        assert results.cases[0].verdict == "unsupported"
        assert "unsupported: backward" in capsys.readouterr().out

    def test_out_may_be_new_and_is_replaced_whole(self, faux: Path) -> None:
        for name in (N1, N2):
            assert main(["run", "--jobs", "1", "-k", name, "--out", "deep/er"]) == 0
            assert list(cases(read("deep/er/results.jsonl"))) == [name]
        assert not Path("gradconform-report").exists()

    def test_several_processes(self, faux: Path) -> None:
        code = main(["run", "--jobs", "2", "--max-examples", "2", "-k", "notes"])
        results = read("gradconform-report/results.jsonl")
        assert len(results.cases) == len([row for row in behaviours().values() if row.family == "notes"])
        assert code in (0, 1)


@pytest.mark.parametrize(
    ("level", "verdict", "answer"),
    [
        ("required", "pass", True),
        ("required", "xfail", True),
        ("required", "unsupported", False),
        ("recommended", "blocked", False),
        ("recommended", "missing", False),
        ("optional", "unsupported", True),
        ("optional", "fail", False),
        ("optional", "flaky", False),
        ("informational", "fail", True),
    ],
)
def test_what_conforms(level: str, verdict: str, answer: bool) -> None:
    assert conforms(level, verdict) is answer


class TestInterrupted:
    """A run that is told to end writes what is finished, says so, and leaves no process behind."""

    @pytest.mark.parametrize(
        ("number", "code", "jobs"), [(signal.SIGINT, 130, "1"), (signal.SIGINT, 130, "2"), (signal.SIGTERM, 143, "2")]
    )
    def test_signal(self, tmp_path: Path, number: signal.Signals, code: int, jobs: str) -> None:
        mark = f"gradconform-test-{os.getpid()}-{number}-{jobs}"
        process = self.start(tmp_path, mark, jobs)
        try:
            self.wait_for_a_case(tmp_path, process)
            # As a terminal does it: every process of the group gets the signal.
            os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
            process.wait()
        assert process.returncode == code, err
        assert "Traceback" not in err
        assert "interrupted: behaviours not judged are missing" in out
        results = read(tmp_path / "gradconform-report/results.jsonl")
        assert results.footer is not None
        assert results.footer.interrupted
        assert len(results.cases) == len([row for row in behaviours() if row.startswith("notes.")])
        assert results.footer.verdicts["missing"] > 0
        assert results.footer.verdicts["missing"] < len(results.cases)
        assert (tmp_path / "gradconform-report/report.html").exists()
        assert_none_left(mark)

    def test_killed(self, tmp_path: Path) -> None:
        mark = f"gradconform-test-{os.getpid()}-killed"
        process = self.start(tmp_path, mark, "2")
        try:
            self.wait_for_a_case(tmp_path, process)
        finally:
            process.kill()
            process.communicate(timeout=30)
        assert_none_left(mark)
        results = read(tmp_path / "gradconform-report/results.partial.jsonl", partial=True)
        assert results.footer is None
        assert results.cases

    def start(self, folder: Path, mark: str, jobs: str) -> subprocess.Popen[str]:
        options = f"--engine fauxengines:slow --jobs {jobs} -k notes --max-examples 2".split()
        return subprocess.Popen(
            [sys.executable, str(HERE / "fauxmain.py"), "run", *options],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path]), "GRADCONFORM_TEST_MARK": mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_for_a_case(self, folder: Path, process: subprocess.Popen[str]) -> None:
        partial = folder / "gradconform-report/results.partial.jsonl"
        for _ in range(600):
            assert process.poll() is None, process.communicate()
            if partial.exists() and '"type":"case"' in partial.read_text(encoding="utf-8"):
                return
            time.sleep(0.05)
        raise AssertionError("no case was written")


def assert_none_left(mark: str) -> None:
    """No process runs that has the mark in its environment."""
    for _ in range(100):
        left = [entry for entry in Path("/proc").glob("[0-9]*") if mark.encode() in _environment(entry)]
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError(f"processes are left: {[(entry / 'cmdline').read_bytes() for entry in left]}")


def _environment(entry: Path) -> bytes:
    try:
        return (entry / "environ").read_bytes()
    except OSError:
        return b""


class TestCatalogue:
    def test_list_as_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["list", "--format", "json"]) == 0
        rows = json.loads(capsys.readouterr().out)
        assert [row["id"] for row in rows] == list(behaviours())
        for row in rows:
            assert set(row) >= {
                "id", "family", "statement", "level", "clause", "expectation", "needs", "depends", "examples",
            }  # fmt: skip
            assert set(row["clause"]) in ({"url", "quote"}, {"observed"})

    def test_list_as_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["list", "-k", "notes.n1"]) == 0
        said = capsys.readouterr().out.splitlines()
        assert f"{N1}  required" in said
        assert f"    {behaviours()[N1].statement}" in said
        assert "1 behaviour; `gradconform show ID` tells more of one." in said

    def test_list_what_has_some_words(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["list", "second backward", "RAISES", "-k", "retain-graph", "-k", "notes"]) == 0
        said = capsys.readouterr().out
        assert N1 in said
        assert N2 not in said
        assert main(["list", "backward", "no such word"]) == 2
        assert "no behaviour has 'backward' and 'no such word'" in capsys.readouterr().err

    def test_show_takes_a_beginning_that_names_one(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["show", "notes.n1"]) == 0
        assert behaviours()[N1].statement in capsys.readouterr().out
        assert main(["show", "notes.n"]) == 2
        assert "'notes.n' is 9 behaviours, name one: " in capsys.readouterr().err

    def test_show(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["show", N1]) == 0
        said = capsys.readouterr().out
        row = behaviours()[N1]
        for part in (row.statement, row.expectation, row.clause.url, row.clause.quote):  # type: ignore[union-attr]
            assert part in said
        assert "a.grad: None -> tensor(2.)" in said
        assert "Trying to backward through the graph a second time" in said
        assert "measured on torch:cpu" in said
        assert "not measured: torch:cuda" in said

    def test_show_tells_what_else_is_admitted(self, faux: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["show", "left-open.index-of-a-median"]) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert "admitted too: Equal elements may be taken in any order. Seen on torch:cpu 2.13.0." in said

    def test_show_without_an_oracle(
        self, faux: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setitem(engines._BUILT_IN, "torch:cpu", "fauxabsent:engine")
        monkeypatch.setattr(shipped, "recordings", lambda: ())
        assert main(["show", N1]) == 0
        said = capsys.readouterr().out
        assert "y.backward()" in said
        assert "not measured: torch:cpu" in said
        assert "->" not in said


class TestEntrance:
    def test_version(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--version"]) == 0
        assert capsys.readouterr().out.startswith("gradconform, version ")

    @pytest.mark.parametrize("command", [[], ["run"], ["ask"], ["list"], ["show"], ["report"]])
    def test_help(self, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert main([*command, "--help"]) == 0
        assert "Usage: gradconform" in capsys.readouterr().out

    def test_exit_codes_are_in_the_help(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["run", "--help"])
        said = capsys.readouterr().out
        assert "0    conforms" in said
        assert "1    differs" in said
        assert "2    could not run" in said

    def test_internal_error_is_marked(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def broken(*args: object) -> None:
            raise ZeroDivisionError("planted")

        monkeypatch.setattr("gradconform.commands.list.chosen", broken)
        assert main(["list"]) == 70
        said = capsys.readouterr().err
        assert said.startswith("gradconform: internal error")
        assert "ZeroDivisionError: planted" in said


def test_the_package_runs_where_its_script_is_not_on_the_path() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "gradconform", "--version"], capture_output=True, text=True, check=True
    )
    assert said.stdout == f"gradconform, version {gradconform.__version__}\n"
