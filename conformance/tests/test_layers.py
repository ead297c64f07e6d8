"""ARCHITECTURE.md's table of who may import whom, held against every import in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"refgrad", "gradoracle", "gradreports", "gradconform"}
MAY_IMPORT = {
    "impl/refgrad": set(),
    "oracle/gradoracle": set(),
    "reports/gradreports": {"gradoracle"},
    "conformance/gradconform": {"gradoracle", "gradreports"},
}
FROM_ORACLE = {"gradoracle.program", "gradoracle.trace", "gradoracle.compare"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def sources(folder: str) -> list[Path]:
    return [path for path in (ROOT / folder).rglob("*.py") if "tests" not in path.relative_to(ROOT / folder).parts]


@pytest.mark.parametrize("folder", sorted(MAY_IMPORT))
def test_packages_look_down_only(folder):
    own = folder.partition("/")[2]
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(folder)
        for name in imports(path)
        if name.partition(".")[0] in OURS - {own} - MAY_IMPORT[folder] and path.parent.name != "adapters"
    ]

    assert [] == wrong


def test_only_the_torch_engine_imports_torch():
    found = {
        str(path.relative_to(ROOT))
        for folder in MAY_IMPORT
        for path in sources(folder)
        for name in imports(path)
        if name.partition(".")[0] == "torch"
    }

    assert {"oracle/gradoracle/torch_engine.py"} == found


def test_reports_take_data_types_only():
    used = {
        name
        for path in sources("reports/gradreports")
        for name in imports(path)
        if name.partition(".")[0] == "gradoracle"
    }

    assert used <= FROM_ORACLE


def test_the_reference_engine_needs_numpy_alone():
    """And ml_dtypes for bfloat16, which it can do without (`impl/tests/test_bfloat16.py`)."""
    import sys

    outside = (
        {name.partition(".")[0] for path in sources("impl/refgrad") for name in imports(path)}
        - set(sys.stdlib_module_names)
        - {"refgrad", "numpy", "ml_dtypes"}
    )

    assert set() == outside
