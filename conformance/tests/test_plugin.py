"""The pytest plug-in: items, options, what a failure shows, engines that cannot run, processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from gradconform.catalogue.registry import behaviours
from gradconform.hypothesis_profiles import drawn

HERE = Path(__file__).parent
N1 = "notes.n1-second-backward-raises"
N2 = "notes.n2-retain-graph-allows-another-backward"
NO_BACKWARD = "notes.n8-grad-for-chosen-inputs"
INSTALLED = any(point.name == "gradconform" for point in entry_points(group="pytest11"))
Suite = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """Runs `pytest --pyargs gradconform` in an empty folder, with refgrad in the place of PyTorch."""

    def run(*args: str, faux: bool = True) -> subprocess.CompletedProcess[str]:
        plugins = [] if INSTALLED else ["-p", "gradconform.plugin"]
        stand_ins = ["-p", "fauxmain"] if faux else []
        command = [sys.executable, "-m", "pytest", *plugins, *stand_ins, "-p", "no:cacheprovider", "--pyargs"]
        path = os.pathsep.join([str(HERE), *(entry for entry in sys.path if entry)])
        return subprocess.run(
            [*command, "gradconform", "-q", "--gradconform-max-examples", "3", *args],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path, "PYTEST_ADDOPTS": "", "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    return run


def test_items_carry_permanent_ids(suite: Suite) -> None:
    done = suite("--collect-only", "--oracle", "torch:cpu")
    nodes = [line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line]
    assert nodes == [f"test_behaviour[torch:cpu-{name}]" for name in behaviours()]


def test_every_oracle_by_default_and_absent_ones_are_not_measured(suite: Suite) -> None:
    done = suite("-k", N1, "-rs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 1 skipped" in done.stdout
    assert "not measured: torch:cuda (PyTorch sees no CUDA device on this machine)" in done.stdout


def test_failure_shows_what_a_person_needs(suite: Suite) -> None:
    done = suite("--engine", "fauxengines:lying", "--oracle", "torch:cpu", "-k", N2, "--gradconform-seed", "5")
    said = done.stdout
    row = behaviours()[N2]
    assert done.returncode == 1
    assert f"{N2}: fail against torch:cpu" in said
    for part in (row.statement, row.clause.url, row.clause.quote):  # type: ignore[union-attr]
        assert part in said
    assert "torch:cpu gives tensor(" in said
    assert "the engine gives tensor(" in said
    assert "the smallest program found, for plain PyTorch:" in said
    assert "    import torch" in said
    assert (
        "run it again: pytest --pyargs gradconform --engine fauxengines:lying --oracle torch:cpu --gradconform-seed 5"
        f" --gradconform-max-examples 3 -k {N2}"
    ) in said
    assert "Traceback" not in said


def test_crash_is_the_failure_of_its_item_only(suite: Suite) -> None:
    select = f"{N1} or {N2} or {NO_BACKWARD}"
    done = suite("--engine", "fauxengines:crashing", "--oracle", "torch:cpu", "-k", select, "-n", "2")
    assert done.returncode == 1
    assert "2 failed, 1 passed" in done.stdout
    assert "engine: crash: SIGSEGV" in done.stdout


def test_unsupported_is_not_a_pass(suite: Suite) -> None:
    done = suite("--engine", "fauxengines:lacking", "--oracle", "torch:cpu", "-k", N1)
    assert done.returncode == 1
    assert f"{N1}: unsupported against torch:cpu" in done.stdout


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["--engine", "refgrat"], "unknown engine 'refgrat': did you mean 'refgrad'?"),
        (["--oracle", "jax"], "unknown oracle 'jax': known: torch:cpu, torch:cuda"),
        (["--oracle", "torch:cuda"], "oracle torch:cuda cannot run on this machine: "),
        (["--engine", "fauxbroken:engine"], "the native part of fauxbroken is not built"),
        (["--gradconform-max-examples", "0"], "--gradconform-max-examples must be at least 1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_usage_errors(args: list[str], line: str, suite: Suite) -> None:
    done = suite("-k", N1, *args)
    assert done.returncode == 4, done.stdout + done.stderr
    assert line in done.stderr
    assert "Traceback" not in done.stderr


def test_seeds() -> None:
    name = next(row.id for row in behaviours().values() if row.generator is not None)
    assert drawn(name, 0, 20) == drawn(name, 0, 20)
    assert drawn(name, 0, 20) != drawn(name, 1, 20)
    assert len(drawn(name, 0, 20)) == 20


def test_fresh_seeds(suite: Suite) -> None:
    heads = {
        line.rpartition("seed ")[2]
        for _ in range(2)
        for line in suite("--fresh-seeds", "-k", N1, "--oracle", "torch:cpu", "-v").stdout.splitlines()
        if line.startswith("gradconform: ")
    }
    assert len(heads) == 2


def test_importing_the_plugin_is_cheap() -> None:
    code = (
        "import sys, gradconform.plugin;"
        "print([name for name in ('torch', 'hypothesis', 'numpy', 'rich') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"


def test_another_plugin_may_have_the_short_names(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "greedy.py").write_text(
        "def pytest_addoption(parser):\n"
        "    parser.getgroup('greedy').addoption('--engine', dest='greedy')\n"
        "    parser.getgroup('greedy').addoption('--oracle', dest='greedy_too')\n",
        encoding="utf-8",
    )
    done = suite("-p", "greedy", "--gradconform-engine", "refgrad", "--gradconform-oracle", "torch:cpu", "-k", N1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
