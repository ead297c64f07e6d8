"""Bad input: one clear line on what to do, exit code 2, and nothing half-written."""

from __future__ import annotations

import errno
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from gradconform import engines
from gradconform.cli import main
from gradoracle.recorded import shipped
from gradreports.results import ResultsWriter

HERE = Path(__file__).parent
STAND_INS = {"torch:cpu": "fauxengines:oracle", "torch:cuda": "fauxabsent:engine"}
N1 = "notes.n1-second-backward-raises"
REFUSED = Callable[..., str]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder to work in, with refgrad in the place of PyTorch and nothing on standard input."""
    monkeypatch.syspath_prepend(str(HERE))
    for name, factory in STAND_INS.items():
        monkeypatch.setitem(engines._BUILT_IN, name, factory)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    return tmp_path


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> REFUSED:
    """Runs a command that must be refused, and gives the one line that it said."""

    def refuse(*args: str) -> str:
        before = files()
        code = main(args)
        said = capsys.readouterr()
        assert code == 2, said
        assert said.out == ""
        lines = [line for line in said.err.splitlines() if "cases judged" not in line]
        assert len(lines) == 1, said.err
        assert files() == before
        return lines[0]

    return refuse


def files() -> dict[str, bytes]:
    """Everything in the current folder."""
    return {str(path): path.read_bytes() if path.is_file() else b"folder" for path in Path().rglob("*")}


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["run", "--engine", "refgrat"], "unknown engine 'refgrat': did you mean 'refgrad'?"),
        (["run", "--engine", "tensorflow"], "unknown engine 'tensorflow': known: refgrad, torch"),
        (["run", "--engine", "no.such.module:engine"], "no module 'no.such.module' for engine"),
        (["run", "--oracle", "torch:gpu"], "unknown oracle 'torch:gpu': did you mean 'torch:cpu'?"),
        (["ask", "--engine", "refgrat", "-c", "1"], "unknown engine 'refgrat'"),
        (["ask", "--oracle", "jax", "-c", "1"], "unknown oracle 'jax': known: torch:cpu, torch:cuda"),
        (["show", "--oracle", "jax", N1], "unknown oracle 'jax'"),
        (["run", "-k", "notes.n99"], "no behaviour is called 'notes.n99'"),
        (["run", "-k", N1, "-k", "retain-grahp"], "no behaviour is called 'retain-grahp'; did you mean retain-graph"),
        (["list", "-k", "nope"], "no behaviour is called 'nope'"),
        (["show", "notes.n1-second-backward-rises"], "notes.n1-second-backward-raises"),
        (["show", "nope"], "no behaviour is called 'nope'"),
        (["show", "notes"], "'notes' is 9 behaviours, name one: notes.n1-second-backward-raises"),
        (["run", "--frob"], "gradconform run: No such option"),
        (["frob"], "gradconform: No such command 'frob'"),
        (["show"], "gradconform show: Missing argument 'ID' (see `gradconform show --help`)"),
        (["report"], "gradconform report: Missing argument 'RESULTS'"),
        (["run", "--seed", "x"], "'x' is not a valid integer"),
        (["run", "--jobs", "0"], "0 is not in the range"),
        (["run", "--max-examples", "-1"], "-1 is not in the range"),
        (["run", "extra"], "unexpected extra argument"),
        (["list", "--format", "yaml"], "'yaml' is not one of 'text', 'json'"),
        (["ask", "--format", "yaml", "-c", "1"], "'yaml' is not one of 'text', 'json'"),
        (["ask", "no-such-file.py"], "cannot read no-such-file.py: No such file or directory"),
        (["ask", "x" * 400], "a question has more than one word"),
        (["ask", "a = torch.ones(2)"], "a program is given by -c"),
        (["ask", "a\x00b"], "cannot read a"),
        (["run", "--out", "x" * 400], "cannot write into"),
        (["ask", "."], "cannot read .: Is a directory"),
        (["ask", "a.py", "-c", "1"], "give a file, a question or -c, not two of them"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_names_and_options(args: list[str], line: str, refused: REFUSED) -> None:
    assert line in refused(*args)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = (", "line 1: not Python: "),
        ("a = 1\nb = = 2", "line 2: not Python: invalid syntax"),
        ("import os", "line 1: "),
        ("import torch\nimport subprocess", "line 2: "),
        ("from os import system", "line 1: "),
        ("a = ().__class__.__bases__", "line 1: "),
        ("a = torch.ones(2)\na.__class__.__mro__", "line 2: "),
        ("torch.load('x')", "line 1: "),
        ("open('x')", "line 1: "),
        ("exec('1')", "line 1: "),
        ("while True:\n    pass", "line 1: `while` is not admitted"),
        ("a = torch.ones(2)\nb = a + c", "line 2: nothing before this line binds `c`"),
        ("torch.ones(100000, 100000)", "line 1: "),
        ("torch.zeros(10**9)", "line 1: "),
        ("[" * 500 + "]" * 500, "line 1: not Python: "),
        ("x = 1\n" * 2000, "line 1001: a program has at most 1,000 statements"),
        ("#" * 200_000, "a program has at most 100,000 characters"),
        ("a = 1\x00", ""),
    ],
    ids=lambda text: repr(text[:24]),
)
def test_programs(text: str, line: str, refused: REFUSED) -> None:
    said = refused("ask", "-c", text)
    assert said.startswith("gradconform: ")
    assert line in said


def test_program_that_is_no_text(refused: REFUSED) -> None:
    Path("program.py").write_bytes(b"a = 1 \xff\xfe")
    assert "program.py is not UTF-8 text" in refused("ask", "program.py")


class TestEngines:
    @pytest.mark.parametrize(
        ("engine", "line"),
        [
            ("fauxbroken:engine", "engine fauxbroken:engine cannot run: the native part of fauxbroken is not built"),
            ("fauxengines:raising", "cannot run: libfaux.so.1: cannot open shared object file second line"),
            (
                "fauxengines:dying",
                "engine fauxengines:dying cannot run: the engine fauxengines:dying could not be started",
            ),
            ("fauxengines:nothing", "has no attribute 'nothing'"),
        ],
    )
    @pytest.mark.parametrize("command", [["run", "-k", N1], ["ask", "-c", "1"]], ids=["run", "ask"])
    def test_that_cannot_be_made(self, command: list[str], engine: str, line: str, refused: REFUSED) -> None:
        assert line in refused(*command, "--engine", engine)

    @pytest.mark.parametrize(
        "command", [["run", "-k", N1], ["ask", "-c", "1"], ["show", N1]], ids=["run", "ask", "show"]
    )
    def test_oracle_that_was_named_and_is_not_here(self, command: list[str], refused: REFUSED) -> None:
        assert refused(*command, "--oracle", "torch:cuda") == (
            "gradconform: oracle torch:cuda cannot run on this machine: PyTorch sees no CUDA device on this machine"
        )

    def test_no_oracle_here(self, monkeypatch: pytest.MonkeyPatch, refused: REFUSED) -> None:
        monkeypatch.setitem(engines._BUILT_IN, "torch:cpu", "fauxabsent:engine")
        monkeypatch.setattr(shipped, "recordings", lambda: ())
        assert refused("run", "-k", N1).startswith(
            "gradconform: nothing to compare with on this machine: not measured: torch:cpu"
        )


class TestFolder:
    def test_that_is_a_file(self, refused: REFUSED) -> None:
        Path("taken").write_text("mine", encoding="utf-8")
        assert "cannot write into taken: " in refused("run", "-k", N1, "--out", "taken")
        assert "cannot write into taken/in: " in refused("run", "-k", N1, "--out", "taken/in")

    def test_that_cannot_be_made(self, refused: REFUSED) -> None:
        assert "choose another folder with --out" in refused("run", "-k", N1, "--out", "/proc/gradconform")

    @pytest.mark.parametrize("lines", [0, 24])
    def test_disk_full(self, lines: int, monkeypatch: pytest.MonkeyPatch, refused: REFUSED) -> None:
        write, count = ResultsWriter.write, iter(range(1000))

        def full(self: ResultsWriter, record: object) -> None:
            if next(count) >= lines:
                raise OSError(errno.ENOSPC, "No space left on device")
            write(self, record)  # type: ignore[arg-type]

        monkeypatch.setattr(ResultsWriter, "write", full)
        line = refused("run", "-k", "notes.n1", "-k", "notes.n2", "--jobs", "1")
        assert line == (
            "gradconform: cannot write gradconform-report/results.jsonl: No space left on device;"
            " nothing was kept of this run"
        )

    def test_disk_full_at_the_report(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        def full(*args: object, **kwargs: object) -> NoReturn:
            Path("gradconform-report/report.html.partial").write_text("half", encoding="utf-8")
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("gradconform.commands.report.write_report", full)
        assert main(["run", "-k", N1, "--jobs", "1"]) == 2
        assert "cannot make gradconform-report/report.html" in capsys.readouterr().err
        assert [path.name for path in Path("gradconform-report").iterdir()] == ["results.jsonl"]


class TestResults:
    """`gradconform report` and files that are no whole results."""

    @pytest.fixture
    def good(self) -> bytes:
        lines = [
            {
                "type": "header",
                "suite": {"version": "0", "catalogue": 1},
                "engine": {"id": "e", "version": "1", "environment": {}},
                "oracles": [],
                "seed": 0,
                "max_examples": 1,
                "command": "gradconform run",
                "started": "2026-01-01T00:00:00+00:00",
                "levels": ["values"],
                "format": 1,
            },
            {"type": "footer", "cases": 0, "programs": 0, "verdicts": {}, "seconds": 0.5, "interrupted": False},
        ]
        return b"".join(json.dumps(line).encode() + b"\n" for line in lines)

    def refuse(self, data: bytes, refused: REFUSED, name: str = "results.jsonl") -> str:
        Path(name).write_bytes(data)
        line = refused("report", name)
        assert not Path("report.html").exists()
        return line

    def test_whole(self, good: bytes) -> None:
        Path("results.jsonl").write_bytes(good)
        assert main(["report", "results.jsonl"]) == 0

    def test_cut(self, good: bytes, refused: REFUSED) -> None:
        first = good.index(b"\n") + 1
        said = "the file ends without its footer"
        assert said in self.refuse(good[:first], refused)
        assert said in self.refuse(good[: first + 20], refused)
        assert "results.jsonl:1: " in self.refuse(good[:20], refused)

    def test_partial_is_admitted_when_asked(self, good: bytes) -> None:
        Path("results.jsonl").write_bytes(good[: good.index(b"\n") + 20])
        assert main(["report", "--partial", "results.jsonl"]) == 0

    def test_empty(self, refused: REFUSED) -> None:
        assert "the file is empty" in self.refuse(b"", refused)

    def test_other_format(self, good: bytes, refused: REFUSED) -> None:
        assert "the file is of format 9" in self.refuse(good.replace(b'"format": 1', b'"format": 9'), refused)

    def test_no_results(self, refused: REFUSED) -> None:
        assert "not JSON" in self.refuse(b"hello\nworld\n", refused)
        assert "not JSON" in self.refuse(b"\x00\xff" * 40, refused)

    @pytest.mark.parametrize("data", [b"", b"hello", b"\x1f\x8b\x08\x00\x00"])
    def test_no_gzip(self, data: bytes, refused: REFUSED) -> None:
        self.refuse(data, refused, "results.jsonl.gz")

    def test_no_file(self, refused: REFUSED) -> None:
        assert "no such file or folder: nowhere.jsonl" in refused("report", "nowhere.jsonl")

    def test_folder(self, refused: REFUSED) -> None:
        assert "Is a directory" in refused("report", ".", "-o", "x.html")

    def test_output_in_no_folder(self, good: bytes, refused: REFUSED) -> None:
        Path("results.jsonl").write_bytes(good)
        assert "no such file or folder: no/where" in refused("report", "results.jsonl", "-o", "no/where/report.html")
