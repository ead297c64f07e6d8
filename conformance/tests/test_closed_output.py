"""What the command line does where its output goes nowhere, to a full disk, or to a narrow terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradconform.cli import main

COMMANDS = [
    ["list"],
    ["list", "--format", "json"],
    ["show", "notes.n1", "--oracle", "torch:cpu@2.13.0"],
    ["recordings", "list"],
    ["--help"],
]


def gradconform(command: list[str], output: int) -> subprocess.CompletedProcess[str]:
    """Run a command with standard output at a descriptor."""
    arguments = [sys.executable, "-m", "gradconform", *command]
    return subprocess.run(arguments, stdout=output, stderr=subprocess.PIPE, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_pipe_that_nobody_reads_is_no_verdict(command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = gradconform(command, writing)
    finally:
        os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this machine has no /dev/full")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_disk_is_told_in_one_line(command: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = gradconform(command, full.fileno())
    assert done.stderr == "gradconform: cannot write: No space left on device; make room and start again\n"
    assert done.returncode == 2


def test_a_narrow_terminal_costs_no_column(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    assert main(["recordings", "list"]) == 0
    said = capsys.readouterr().out
    for column in ("environment", "recorded", "programs", "bytes", "python"):
        assert column in said


def test_an_exit_for_another_reason_is_an_internal_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def leave(*_: object, **__: object) -> None:
        raise SystemExit(0)

    monkeypatch.setattr("gradconform.cli.cli.main", leave)
    assert main(["list"]) == 70
    assert "internal error" in capsys.readouterr().err
