"""`gradconform list`: the catalogue."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.table import Table

from gradconform.catalogue.behaviour import Behaviour, Clause
from gradconform.catalogue.registry import FAMILIES
from gradconform.commands.common import chosen, console, select_option


@click.command("list")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@select_option
def list_(form: str, patterns: tuple[str, ...]) -> int:
    """List the behaviours of the catalogue."""
    rows = chosen(patterns)
    if form == "json":
        click.echo(json.dumps([described(row) for row in rows], indent=2))
        return 0
    out = console()
    titles = {family.id: family.title for family in FAMILIES}
    for family in dict.fromkeys(row.family for row in rows):
        inside = [row for row in rows if row.family == family]
        table = Table(title=f"{family}: {titles.get(family, family)}", title_justify="left", box=None, pad_edge=False)
        table.add_column("id", no_wrap=True, style="bold")
        table.add_column("level", no_wrap=True)
        table.add_column("statement")
        for row in inside:
            table.add_row(row.id, str(row.level), row.statement)
        out.print(table, soft_wrap=False)
        out.print()
    out.print(f"{len(rows)} behaviours; `gradconform show ID` tells more of one.")
    return 0


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
