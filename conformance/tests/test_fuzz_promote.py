"""A program that differs is made small, the same each time, and written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradconform.cli import main
from gradconform.fuzz.generator import program
from gradconform.fuzz.shrinking import shrunk
from gradoracle.parse import parse_program
from gradoracle.worker import Worker

pytest.importorskip("torch")
HERE = str(Path(__file__).parent)
LONG = """
x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
w = torch.tensor([2.0, 0.5])
y = x * w
with torch.no_grad():
    z = y.view(-1)
y.sum().backward(retain_graph=True)
v = y[0]
y.sum().backward()
observe(x, y)
"""


@pytest.fixture(autouse=True)
def fault(monkeypatch):
    monkeypatch.setenv("PLANTED_FAULT", "backward-overwrites-grad")
    monkeypatch.syspath_prepend(HERE)


def test_a_program_is_promoted_to_three_files(tmp_path, capsys):
    given = tmp_path / "long.py"
    given.write_text(LONG)

    code = main(["promote", str(given), "--engine", "faulty_engine:engine", "--out", str(tmp_path), "--name", "twice"])

    assert code == 1
    assert {"long.py", "twice.txt", "twice.torch.py", "twice.engine.py"} == {one.name for one in tmp_path.iterdir()}
    assert len(parse_program((tmp_path / "twice.txt").read_text())) <= 5
    assert "values grad" in capsys.readouterr().out


def test_what_does_not_differ_is_not_promoted(tmp_path, capsys):
    given = tmp_path / "plain.py"
    given.write_text("x = torch.ones(2)\n")

    assert main(["promote", str(given), "--out", str(tmp_path)]) == 2
    assert "agree on this program" in capsys.readouterr().err
    assert [given] == list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [["nowhere.py"], ["0", "--name", "a/b"], ["0", "--engine", "none"]])
def test_bad_input_is_one_line(arguments, tmp_path, capsys):
    assert main(["promote", *arguments, "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_shrinking_is_deterministic():
    with Worker("gradoracle.torch_engine:cpu") as oracle, Worker("faulty_engine:engine", (HERE,)) as engine:
        found = next(one for one in (shrunk(program(seed), oracle, engine) for seed in range(50)) if one)
        again = next(one for one in (shrunk(program(seed), oracle, engine) for seed in range(50)) if one)

    assert (found.program, found.executions, found.key) == (again.program, again.executions, again.key)
