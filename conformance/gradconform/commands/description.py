"""A behaviour of the catalogue as text and as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from gradconform.catalogue.behaviour import Behaviour, Clause
from gradconform.catalogue.features import FEATURES


def describe(out: Console, row: Behaviour) -> None:
    """Print what the catalogue says of a behaviour."""
    out.print(Text.assemble((row.id, "bold"), f"  {row.level}"))
    out.print(row.statement)
    out.print(f"expected: {row.expectation}")
    if isinstance(row.clause, Clause):
        out.print(f'clause: "{row.clause.quote}"')
        out.print(f"        {row.clause.url}")
    else:
        out.print(f"clause: none in PyTorch's documentation; observed on PyTorch {row.clause.version}")
    for other in row.admits:
        out.print(f"admitted too: {other.statement} Seen on {other.where}.")
    for feature in row.needs:
        out.print(f"needs {feature}: {FEATURES.get(feature, '')}")
    for one in row.depends:
        out.print(f"depends on {one}")
    out.print("programs: its examples" + (" and generated ones" if row.generator is not None else ""))


def described(row: Behaviour) -> dict[str, Any]:
    """A behaviour as JSON's own types."""
    clause = row.clause
    return {
        "id": row.id,
        "family": row.family,
        "statement": row.statement,
        "expectation": row.expectation,
        "level": str(row.level),
        "clause": (
            {"url": clause.url, "quote": clause.quote} if isinstance(clause, Clause) else {"observed": clause.version}
        ),
        "needs": list(row.needs),
        "depends": list(row.depends),
        "examples": list(row.examples),
        "admits": [{"statement": one.statement, "where": one.where} for one in row.admits],
        "generated": row.generator is not None,
    }
