"""Fixtures: a results file of every kind of case, its report, and a real browser to open it in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradreports.html import write_report

# Tests are imported by path, so the helpers beside them have to be found first.
sys.path.append(str(Path(__file__).parent))

import synthetic
from webdriver import Browser, missing


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write(tmp_path_factory.mktemp("results") / "results.jsonl")


@pytest.fixture(scope="session")
def report(results: Path) -> Path:
    html = results.with_suffix(".html")
    write_report(results, html)
    return html


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    reason = missing()
    if reason:
        pytest.skip(reason)
    with Browser(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened
