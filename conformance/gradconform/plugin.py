"""The pytest plug-in: options for the suite in `gradconform.test_conformance`, and its engines.

`pytest --pyargs gradconform --engine NAME --oracle torch:cpu` runs the suite. Importing this module is cheap: neither
PyTorch nor Hypothesis is loaded before an item of the suite runs.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradconform.bench import Bench
    from gradconform.engines import EngineSpec

pytest.register_assert_rewrite("gradconform.test_conformance")

DEFAULT_ENGINE = "refgrad"
DEFAULT_EXAMPLES = 60

_SEED = pytest.StashKey[int]()


_NAMES: dict[str, dict[str, Any]] = {
    "engine": {
        "metavar": "NAME",
        "default": None,
        "help": f"engine under test: a name or package.module:factory (default: {DEFAULT_ENGINE})",
    },
    "oracle": {
        "metavar": "NAME",
        "action": "append",
        "default": None,
        "help": "oracle to compare with, torch:cpu or torch:cuda; repeatable (default: every one this machine has)",
    },
}
"""The options that have a short name as well, where no other plug-in and no conftest.py has it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options by names that are ours alone."""
    group = parser.getgroup("gradconform", "conformance suite for autograd engines")
    for name, attributes in _NAMES.items():
        group.addoption(f"--gradconform-{name}", dest=f"gradconform_{name}", **attributes)
    group.addoption(
        "--gradconform-seed",
        metavar="N",
        type=int,
        default=0,
        help="seed of the programs (default: 0)",
    )
    group.addoption(
        "--gradconform-max-examples",
        metavar="N",
        type=int,
        default=DEFAULT_EXAMPLES,
        help=f"programs drawn for each behaviour (default: {DEFAULT_EXAMPLES})",
    )
    group.addoption(
        "--fresh-seeds",
        action="store_true",
        dest="gradconform_fresh_seeds",
        help="draw other programs in every session; without it sessions repeat each other, under CI too",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Iterator[None]:
    """Add `--engine` and `--oracle` when everyone else has added theirs, and only if they are free."""
    yield
    group = parser.getgroup("gradconform")
    for name, attributes in _NAMES.items():
        try:
            group.addoption(f"--{name}", dest=f"gradconform_{name}", **attributes)
        except (ValueError, argparse.ArgumentError):
            continue


def pytest_configure(config: pytest.Config) -> None:
    """Refuse unknown names at once, and settle the seed for all processes of the session."""
    given = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[_SEED] = given["gradconform_seed"]
        return
    fresh = config.getoption("gradconform_fresh_seeds")
    config.stash[_SEED] = random.SystemRandom().randrange(1 << 32) if fresh else config.getoption("gradconform_seed")
    if config.getoption("gradconform_max_examples") < 1:
        raise pytest.UsageError("--gradconform-max-examples must be at least 1")
    if config.getoption("gradconform_engine") is not None:
        engine_of(config)
    if config.getoption("gradconform_oracle"):
        oracles_of(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give each process of pytest-xdist the seed of the session."""
    node.workerinput["gradconform_seed"] = node.config.stash[_SEED]


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what is judged, where it was asked for."""
    engine, oracles = config.getoption("gradconform_engine"), config.getoption("gradconform_oracle")
    if engine is None and not oracles and not config.getoption("gradconform_fresh_seeds"):
        return None
    against = ", ".join(oracles) if oracles else "every oracle of this machine"
    return f"gradconform: {engine or DEFAULT_ENGINE} against {against}, seed {config.stash[_SEED]}"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse engines and oracles that were named and cannot run here."""
    config = session.config
    if hasattr(config, "workerinput") or config.getoption("collectonly"):
        return
    specs: list[tuple[str, EngineSpec]] = []
    if config.getoption("gradconform_engine") is not None:
        specs.append(("engine", engine_of(config)))
    if config.getoption("gradconform_oracle"):
        specs += [("oracle", spec) for spec in oracles_of(config)]
    if not specs:
        return
    from gradconform.suite import probe

    for what, spec in specs:
        reason = " ".join(probe(spec).reason.split())
        if reason:
            raise pytest.UsageError(f"{what} {spec.name} cannot run on this machine: {reason}")


def engine_of(config: pytest.Config) -> EngineSpec:
    """The engine under test. Raises `pytest.UsageError` for an unknown name."""
    from gradconform.engines import UnknownEngine, engine_spec

    try:
        return engine_spec(config.getoption("gradconform_engine") or DEFAULT_ENGINE)
    except UnknownEngine as error:
        raise pytest.UsageError(str(error)) from None


def oracles_of(config: pytest.Config) -> tuple[EngineSpec, ...]:
    """The oracles named, or all there are. Raises `pytest.UsageError` for an unknown name."""
    from gradconform.engines import ORACLES, UnknownEngine, oracle_spec

    try:
        specs = [oracle_spec(name) for name in config.getoption("gradconform_oracle") or ORACLES]
    except UnknownEngine as error:
        raise pytest.UsageError(str(error)) from None
    return tuple({spec.name: spec for spec in specs}.values())


def replay_command(config: pytest.Config, oracle: str, behaviour: str) -> str:
    """The command line that draws the same programs for one behaviour."""
    engine = config.getoption("gradconform_engine") or DEFAULT_ENGINE
    return (
        f"pytest --pyargs gradconform --engine {engine} --oracle {oracle} --gradconform-seed {config.stash[_SEED]}"
        f" --gradconform-max-examples {config.getoption('gradconform_max_examples')} -k {behaviour}"
    )


@pytest.fixture(scope="session")
def gradconform_bench(pytestconfig: pytest.Config) -> Iterator[Bench]:
    """The engines of this process, ended with the session."""
    from gradconform.bench import Bench
    from gradconform.judge import Settings

    examples = pytestconfig.getoption("gradconform_max_examples")
    bench = Bench(engine_of(pytestconfig), Settings(pytestconfig.stash[_SEED], examples))
    try:
        yield bench
    finally:
        bench.close()
