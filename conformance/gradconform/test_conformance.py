"""The suite under pytest: one item for each behaviour and oracle, named `test_behaviour[ORACLE-ID]`.

The options come from `gradconform.plugin`. An oracle that this machine lacks is skipped as not measured. A behaviour
that binds nobody (`informational`) and differs is an expected failure; `unsupported` is a failure where the behaviour
is required or recommended, and skipped where it is optional.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from gradconform.catalogue.registry import behaviours

if TYPE_CHECKING:
    from gradconform.bench import Bench
    from gradconform.engines import EngineSpec


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make an item for each oracle and behaviour."""
    if "behaviour_id" not in metafunc.fixturenames:
        return
    if not hasattr(metafunc.config.option, "gradconform_engine"):
        raise pytest.Collector.CollectError(
            "the plug-in is not loaded: install gradconform, or add -p gradconform.plugin"
        )
    from gradconform.plugin import oracles_of

    items = [(oracle, name) for oracle in oracles_of(metafunc.config) for name in behaviours()]
    metafunc.parametrize(
        ("oracle", "behaviour_id"), items, ids=[f"{oracle.name}-{name}" for oracle, name in items], scope="function"
    )


def test_behaviour(
    behaviour_id: str,
    oracle: EngineSpec,
    gradconform_bench: Bench,
    pytestconfig: pytest.Config,
    record_property: Callable[[str, object], None],
) -> None:
    """The engine does what the oracle does."""
    from gradconform.bench import Absent, explained
    from gradconform.plugin import replay_command
    from gradconform.running import CONFORMING, EXCUSED, conforms

    bench = gradconform_bench
    truth = bench.worker(oracle)
    if isinstance(truth, Absent):
        pytest.skip(f"not measured: {oracle.name} ({truth.reason})")
    engine = bench.worker(bench.engine)
    if isinstance(engine, Absent):
        pytest.fail(f"engine {bench.engine.name} cannot run: {engine.reason}", pytrace=False)
    row = behaviours()[behaviour_id]
    try:
        case = bench.judge(row, engine, truth)
    except Exception as error:
        pytest.fail(f"{behaviour_id}: could not be judged: {type(error).__name__}: {error}", pytrace=False)
    record_property("gradconform_verdict", case.verdict)
    for finding, programs in case.findings.items():
        record_property(f"gradconform_finding_{finding}", programs)
    if case.admitted:
        record_property("gradconform_admitted", sum(case.admitted.values()))
    if not conforms(str(row.level), case.verdict):
        pytest.fail(explained(row, case, replay_command(pytestconfig, oracle.name, behaviour_id)), pytrace=False)
    if case.verdict in EXCUSED:
        pytest.skip(f"{case.verdict}: {case.reason}")
    if case.verdict not in CONFORMING or case.verdict == "xfail":
        pytest.xfail(f"{case.verdict}, {row.level}: {case.reason}")
