"""`gradconform list`: the catalogue."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
from rich.text import Text

from gradconform.catalogue.behaviour import Behaviour, Clause
from gradconform.catalogue.registry import FAMILIES
from gradconform.commands.common import Problem, chosen, console, select_option
from gradconform.commands.description import described


@click.command("list")
@click.argument("words", metavar="[WORD]...", nargs=-1)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@select_option
def list_(words: tuple[str, ...], form: str, patterns: tuple[str, ...]) -> int:
    """List the behaviours of the catalogue, or those that have every WORD in what they say.

    An id, a statement, what is expected and what is quoted are looked through: `gradconform list backward twice`.
    """
    rows = [row for row in chosen(patterns) if _has(row, words)]
    if not rows:
        raise Problem(f"no behaviour has {' and '.join(map(repr, words))} in what it says; try fewer or other words")
    if form == "json":
        click.echo(json.dumps([described(row) for row in rows], indent=2))
        return 0
    out = console()
    titles = {family.id: family.title for family in FAMILIES}
    for family in dict.fromkeys(row.family for row in rows):
        out.print(f"{family}: {titles.get(family, family)}", style="italic")
        for row in rows:
            if row.family == family:
                out.print(Text.assemble((row.id, "bold"), (f"  {row.level}", "dim")))
                out.print(f"    {row.statement}")
        out.print()
    out.print(f"{len(rows)} behaviour{'s' if len(rows) > 1 else ''}; `gradconform show ID` tells more of one.")
    return 0


def _has(row: Behaviour, words: Sequence[str]) -> bool:
    quote = row.clause.quote if isinstance(row.clause, Clause) else ""
    said = " ".join((row.id.replace("-", " "), row.id, row.statement, row.expectation, quote)).casefold()
    return all(word.casefold() in said for word in words)
