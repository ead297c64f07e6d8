"""`gradconform coverage`: what of PyTorch's autograd the catalogue exercises, and what is left."""

from __future__ import annotations

from contextlib import ExitStack

import click
from rich.table import Table

from gradconform.commands.common import chosen, console, not_measured, oracle_option, select_option, start
from gradconform.coverage import Share, every_program, nodes, symbol_share, symbols, texts
from gradconform.lines import LinesNotMeasured, engine_lines
from gradoracle.derivatives import NoDerivatives, backward_nodes


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
        try:
            known = backward_nodes()
        except NoDerivatives as error:
            table.add_row("entries of derivatives.yaml", f"not measured: {error}", "", "")
            derivative = Share((), frozenset())
        else:
            derivative = Share(known, nodes(traces))
            _row(table, "entries of derivatives.yaml", derivative)
        try:
            ran = engine_lines(programs)
        except LinesNotMeasured as error:
            table.add_row("lines of refgrad's engine", f"not measured: {error}", "", "")
        else:
            for name, share in ran.items():
                _row(table, f"lines of {name}", share)
        out.print(table)
        for line in not_measured(found):
            out.print(line, style="yellow")
    for name in excused:
        out.print(f"no behaviour names {name}: {symbols()[name]}", style="dim", soft_wrap=True)
    unexcused = [name for name in symbolic.left if not symbols()[name]]
    if unexcused:
        out.print(f"symbols that no behaviour names: {', '.join(unexcused)}", soft_wrap=True)
    if left:
        out.print(f"derivatives that no program reaches: {', '.join(derivative.left)}", soft_wrap=True)
        out.print("texts seen:", *sorted(forms), sep="\n  ", soft_wrap=True)
    return 1 if unexcused and not patterns else 0


def _row(table: Table, what: str, share: Share, excused: int = 0) -> None:
    of = len(share.known) - excused
    percent = f"{100 * share.reached / of:.1f} %" if of else ""
    table.add_row(what, str(share.reached), f"{of} (and {excused} that say why not)" if excused else str(of), percent)
