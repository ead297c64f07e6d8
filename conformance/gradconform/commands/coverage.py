"""`gradconform coverage`: what of PyTorch's autograd the catalogue exercises, and what is left."""

from __future__ import annotations

from contextlib import ExitStack

import click
from rich.console import Console
from rich.table import Table

from gradconform.commands.common import chosen, console, not_measured, oracle_option, print_table, select_option, start
from gradconform.coverage import (
    Derivatives,
    Share,
    derivative_share,
    every_program,
    nodes,
    symbol_share,
    symbols,
    texts,
)
from gradconform.lines import LinesNotMeasured, engine_lines
from gradoracle.derivatives import NoDerivatives, entries


@click.command()
@oracle_option
@select_option
@click.option("--max-examples", type=click.IntRange(1, 1000), default=10, show_default=True, help="Of each behaviour.")
@click.option("--left", is_flag=True, help="Name what is left, not only how much.")
def coverage(oracles: tuple[str, ...], patterns: tuple[str, ...], max_examples: int, left: bool) -> int:
    """Measure what the catalogue exercises: public symbols, texts, derivatives, and lines of the reference engine.

    The programs of the catalogue are run on the first oracle that this machine has.
    """
    out = console()
    programs = every_program(chosen(patterns), max_examples)
    table = Table("what", "exercised", "of", "share", title=f"{len(programs)} programs", title_justify="left")
    with ExitStack() as stack:
        _, found, workers = start(stack, None, oracles)
        traces = [workers[found.here[0].spec].run(program) for program in programs] if found.here else []
        runs = list(zip(programs, traces, strict=True)) if traces else [(program, None) for program in programs]
        symbolic = symbol_share(runs)
        excused = [name for name in symbolic.left if symbols()[name]]
        _row(table, "public symbols" if traces else "public symbols named", symbolic, len(excused))
        forms = texts(runs)
        table.add_row("distinct error and warning texts", str(len(forms)) if traces else "not measured", "", "")
        derivatives: Derivatives | None = None
        try:
            derivatives = derivative_share(entries(), nodes(traces))
        except NoDerivatives as error:
            table.add_row("entries of derivatives.yaml", f"not measured: {error}", "", "")
        else:
            _row(table, "entries of derivatives.yaml that a CPU reaches", derivatives.within)
            _row(table, "entries of derivatives.yaml", derivatives.table)
        try:
            ran = engine_lines(programs)
        except LinesNotMeasured as error:
            table.add_row("lines of refgrad's engine", f"not measured: {error}", "", "")
        else:
            for name, share in ran.items():
                _row(table, f"lines of {name}", share)
        print_table(out, table)
        for line in not_measured(found):
            out.print(line, style="yellow")
    for name in excused:
        out.print(f"no behaviour names {name}: {symbols()[name]}", style="dim", soft_wrap=True)
    unexcused = [name for name in symbolic.left if not symbols()[name]]
    if unexcused:
        out.print(f"symbols that no behaviour names: {', '.join(unexcused)}", soft_wrap=True)
    wrong = _out_of_reach(out, derivatives, left) if derivatives else ()
    if left:
        out.print("texts seen:", *sorted(forms), sep="\n  ", soft_wrap=True)
    return 1 if wrong or (unexcused and not patterns) else 0


def _out_of_reach(out: Console, derivatives: Derivatives, names: bool) -> tuple[str, ...]:
    """Say what of the table is out of reach, and why; the nodes that are said to be and are not."""
    if names:
        out.print(f"derivatives that no program reaches: {', '.join(derivatives.within.left)}", soft_wrap=True)
    for reason, entries_of in derivatives.beyond.items():
        inside = f" ({', '.join(entries_of)})" if names else ""
        out.print(f"out of reach, {len(entries_of)}, {reason}{inside}", style="dim", soft_wrap=True)
    if derivatives.misjudged:
        out.print(f"said to be out of reach, and reached: {', '.join(derivatives.misjudged)}", soft_wrap=True)
    return derivatives.misjudged


def _row(table: Table, what: str, share: Share, excused: int = 0) -> None:
    of = len(share.known) - excused
    percent = f"{100 * share.reached / of:.1f} %" if of else ""
    table.add_row(what, str(share.reached), f"{of} (and {excused} that say why not)" if excused else str(of), percent)
