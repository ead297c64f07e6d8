"""`gradconform ask`: what each line gave, what changed, and where engines differ."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
from collections.abc import Iterator
from inspect import cleandoc as code
from pathlib import Path
from typing import Any

import pytest

from gradconform import engines
from gradconform.asking import Answer, ask, observed_copy, source_lines
from gradconform.catalogue.registry import behaviours
from gradconform.cli import main
from gradoracle import worker
from gradoracle.normalise import normalise
from gradoracle.parse import parse, parse_program
from gradoracle.recorded import shipped
from gradoracle.source import source
from gradoracle.worker import Worker

HERE = Path(__file__).parent
STAND_INS = {"torch:cpu": "fauxengines:oracle", "torch:cuda": "fauxabsent:engine"}
NOTES = [row for row in behaviours().values() if row.family == "notes"]
N1 = code(
    """
    a = torch.tensor(1.0, requires_grad=True); y = a ** 2; z = y * 3
    y.backward()
    a.grad
    z.backward(retain_graph=True)
    y.grad
    """
)


@pytest.fixture
def faux(monkeypatch: pytest.MonkeyPatch) -> None:
    """refgrad in the place of PyTorch."""
    monkeypatch.syspath_prepend(str(HERE))
    for name, factory in STAND_INS.items():
        monkeypatch.setitem(engines._BUILT_IN, name, factory)


@pytest.fixture(scope="module")
def refgrad() -> Iterator[Worker]:
    with Worker("gradconform.adapters.refgrad:engine") as made:
        yield made


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


class TestText:
    def test_lines_with_what_they_gave(self, faux: None, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "-c", N1]) == 0
        lines = told(capsys)
        assert lines[:8] == [
            "1  a = torch.tensor(1.0, requires_grad=True)",
            "     -> tensor(1.)",
            "     a: requires_grad True",
            "1  y = a ** 2",
            "     -> tensor(1.)",
            "     y: requires_grad True, is_leaf False, grad_fn <PowBackward0>",
            "1  z = y * 3",
            "     -> tensor(3.)",
        ]
        assert lines[9:13] == [
            "2  y.backward()",
            "     a.grad: None -> tensor(2.)",
            "3  a.grad",
            "     -> tensor(2.)",
        ]
        assert lines[13] == "4  z.backward(retain_graph=True)"
        assert lines[14].startswith("     RuntimeError: Trying to backward through the graph a second time")
        assert lines[16].startswith("     UserWarning: The .grad attribute of a Tensor that is not a leaf")
        assert lines[17] == "     -> None"
        assert lines[-2].startswith("torch:cpu ")
        assert lines[-2].endswith(" agree")
        assert lines[-1] == "not measured: torch:cuda (PyTorch sees no CUDA device on this machine)"

    def test_blocks_loops_and_hooks(self, faux: None, capsys: pytest.CaptureFixture[str]) -> None:
        text = code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = (
                x * 2
            )
            y.register_hook(lambda g: g * 2)
            for k in range(2):
                try:
                    y.sum().backward(
                        retain_graph=True)
                except RuntimeError as error:
                    print("never")
                else_ = k
            with torch.no_grad():
                x += 1
                print(x)
            """
        )
        assert main(["ask", "-c", text]) == 0
        lines = told(capsys)
        assert lines[3:6] == [" 3  y = (", " 4      x * 2", " 5  )"]
        assert " 7  for k in range(2):" in lines
        assert " 8      try:" in lines
        assert "11      except RuntimeError as error:" in lines
        first = lines.index("              time 1:")
        second = lines.index("              time 2:")
        assert lines[first + 1 : first + 4] == [
            "              <lambda> is called with tensor([1., 1.])",
            "              <lambda> returns tensor([2., 2.])",
            "              x.grad: None -> tensor([4., 4.])",
        ]
        assert lines[second + 3] == "              x.grad: tensor([4., 4.]) -> tensor([8., 8.])"
        assert "          x: tensor([1., 2.]) -> tensor([2., 3.])" in lines
        assert "          x.version: 0 -> 1" in lines
        assert "          tensor([2., 3.], requires_grad=True)" in lines

    def test_differences_are_marked(self, faux: None, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "--engine", "fauxengines:lying", "-c", "a = torch.ones(2)\nb = a.shape"]) == 1
        lines = told(capsys)
        assert "     != torch:cpu          -> tensor([1., 1.])" in lines
        assert "     != fauxengines:lying  -> tensor([2., 2.])" in lines
        assert lines[lines.index("2  b = a.shape") + 1] == "     -> (2,)"
        assert lines[-2].endswith(" differ")

    def test_what_the_engine_lacks_is_told_once(self, faux: None, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "--engine", "fauxengines:plain", "-c", "a = torch.ones(2)\nb = a + 1"]) == 0
        lines = told(capsys)
        (line,) = [line for line in lines if line.startswith("not compared, fauxengines:plain lacks it: ")]
        assert "aliases" in line
        assert not any("the engine lacks" in line or "sharing memory" in line for line in lines)

    def test_engine_that_dies(self, faux: None, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "--engine", "fauxengines:crashing", "-c", N1]) == 1
        lines = told(capsys)
        assert "fauxengines:crashing did not finish: crash: SIGSEGV" in lines
        assert "     != fauxengines:crashing  not run" in lines

    def test_engine_that_hangs(
        self, faux: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(worker, "SECONDS", 0.5)
        assert main(["ask", "--engine", "fauxengines:hanging", "-c", N1]) == 1
        assert "fauxengines:hanging did not finish: timeout: 0.5" in told(capsys)

    def test_no_oracle_here(
        self, faux: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setitem(engines._BUILT_IN, "torch:cpu", "fauxabsent:engine")
        monkeypatch.setattr(shipped, "recordings", lambda: ())
        assert main(["ask", "-c", "a = torch.ones(2)"]) == 2
        lines = told(capsys)
        assert "     -> tensor([1., 1.])" in lines
        assert lines[-3].startswith("prediction of refgrad")
        assert lines[-2].startswith("not measured: torch:cpu")

    def test_control_characters_are_written_out(self, faux: None, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "-c", r"print('\x1b[2J\x07')"]) == 0
        said = capsys.readouterr().out
        assert "\x1b" not in said
        assert "\x07" not in said
        assert r"\x1b[2J\x07" in said


class TestWhereTheProgramComesFrom:
    def test_file(self, faux: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        place = tmp_path / "program.py"
        place.write_text("import torch\n\n# a comment\na = torch.ones(1)\n", encoding="utf-8")
        assert main(["ask", str(place)]) == 0
        assert told(capsys)[0] == "4  a = torch.ones(1)"

    def test_standard_input(
        self, faux: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stdin = io.TextIOWrapper(io.BytesIO(b">>> a = torch.ones(1)\n>>> a\ntensor([1.])\n"))
        monkeypatch.setattr("sys.stdin", stdin)
        assert main(["ask"]) == 0
        assert told(capsys)[:2] == ["1  a = torch.ones(1)", "     -> tensor([1.])"]

    def test_no_program_is_no_agreement(self, faux: None, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "-c", "# nothing"]) == 2
        assert "no program was given" in capsys.readouterr().err


class TestJson:
    def test_form(self, faux: None, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "--format", "json", "--engine", "fauxengines:lying", "-c", "a = torch.ones(1)"]) == 1
        found = json.loads(capsys.readouterr().out)
        assert found["agree"] is False
        assert [side["id"] for side in found["sides"]] == ["torch:cpu", "fauxengines:lying"]
        assert [side["oracle"] for side in found["sides"]] == [True, False]
        assert found["not_measured"] == {"torch:cuda": "PyTorch sees no CUDA device on this machine"}
        (line,) = found["lines"]
        assert (line["line"], line["text"], line["path"]) == (1, "a = torch.ones(1)", [0])
        (run,) = line["runs"]
        assert [given["shown"] for given in run["given"]] == ["tensor([1.])", "tensor([2.])"]
        assert run["differences"]["fauxengines:lying"][0]["level"] == "values"


class TestCopy:
    def test_looks_after_every_statement(self) -> None:
        program = parse_program(
            "if True:\n    a = 1\nelse:\n    b = 2\nfor i in range(2):\n    c = i\ndef f():\n    return 1"
        )
        copy, origin = observed_copy(program)
        assert (
            source(copy)
            == code(
                """
            if True:
                a = 1
                observe(a)
            else:
                b = 2
                observe(a, b)
            observe(a, b)
            for i in range(2):
                c = i
                observe(a, b, c, i)
            observe(a, b, c, i)
            def f():
                return 1
            observe(a, b, c, i, f)
            """
            )
            + "\n"
        )
        assert origin == {(0,): (0,), (0, 0): (0, 0), (0, 2): (0, 1), (2,): (1,), (2, 0): (1, 0), (4,): (2,)}

    def test_paths_of_handlers(self) -> None:
        program = parse_program("try:\n    a = 1\nexcept ValueError as e:\n    b = 1\nfinally:\n    c = 1")
        copy, origin = observed_copy(program)
        assert source(copy).count("observe") == 4
        assert origin == {(0,): (0,), (0, 0): (0, 0), (0, 2): (0, 1), (0, 4): (0, 2)}


class TestChanges:
    def changes(self, answer: Answer, *path: int) -> list[tuple[str, str]]:
        return [(one.name, one.facet) for one in answer.sides[0].given[(path, 1)].changes]

    def test_what_an_error_leaves_behind(self, refgrad: Worker) -> None:
        answer = ask(
            parse_program("a = torch.ones(2, requires_grad=True)\nb = a * 2\na.backward()\na.detach().add_(1)"),
            [refgrad],
        )
        assert answer.sides[0].given[((2,), 1)].step is not None
        assert self.changes(answer, 2) == []
        assert self.changes(answer, 3) == [("a", "value"), ("a", "version")]

    def test_shared_memory(self, refgrad: Worker) -> None:
        answer = ask(parse_program("a = torch.ones(2)\nb = a.view(2)\ndel b"), [refgrad])
        assert ("", "aliases") in self.changes(answer, 1)
        assert self.changes(answer, 2) == [("b", "value"), ("", "aliases")]

    def test_one_engine_twice_agrees(self, refgrad: Worker) -> None:
        answer = ask(parse_program(N1), [refgrad], refgrad, "refgrad")
        assert [side.id for side in answer.sides] == ["refgrad", "refgrad (engine)"]
        assert answer.agree


def test_source_lines_keep_the_text() -> None:
    text = code(
        """
        if True:
            pass
        elif False: x = 1; y = 2
        else:
            try:
                z = 1
            except ValueError:
                z = 2
            finally:
                w = 3
        """
    )
    parsed = parse(text)
    lines = [(line.number, line.depth, line.text) for line in source_lines(parsed.program, parsed.spans)]
    assert lines == [
        (1, 0, "if True:"),
        (2, 1, "pass"),
        (3, 0, "elif False:"),
        (3, 1, "x = 1"),
        (3, 1, "y = 2"),
        (4, 0, "else:"),
        (5, 1, "try:"),
        (6, 2, "z = 1"),
        (7, 1, "except ValueError:"),
        (8, 2, "z = 2"),
        (9, 1, "finally:"),
        (10, 2, "w = 3"),
    ]


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
class TestAgainstPyTorch:
    """The study notes: `ask` says what PyTorch itself prints when the same text is run as Python."""

    @pytest.fixture(scope="class")
    def torch_worker(self) -> Iterator[Worker]:
        with Worker("gradoracle.torch_engine:cpu") as made:
            yield made

    @pytest.mark.parametrize("row", NOTES, ids=[row.id for row in NOTES])
    @pytest.mark.filterwarnings("ignore")
    def test_note(self, row: Any, torch_worker: Worker, refgrad: Worker) -> None:
        program = parse_program(row.examples[0])
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(row.examples[0], row.id, "exec"), {"__name__": "__main__"})
        answer = ask(program, [torch_worker], refgrad)
        assert answer.agree, (answer.differences, answer.ends)
        for side in answer.sides:
            events = [event for given in side.given.values() if given.step for event in given.step.events]
            texts = [event[1] for event in events if event[0] == "print"]
            assert "\n".join(texts) == normalise(printed.getvalue()).rstrip("\n")
