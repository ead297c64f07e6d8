"""`gradconform report`: the HTML page of a results file."""

from __future__ import annotations

import zlib
from pathlib import Path

import click

from gradconform.commands.common import Problem, one_line
from gradreports.html import write_report
from gradreports.results import ResultsError


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="File to write.  [default: report.html beside the results file]",
)
@click.option("--partial", is_flag=True, help="Admit the file that an aborted run left; the page says so.")
def report(results: Path, output: Path | None, partial: bool) -> int:
    """Write the HTML report of RESULTS, a results.jsonl that `gradconform run` wrote.

    The report is one file that opens by double click, without a server and without a network.
    """
    target = output or results.with_name("report.html")
    make_report(results, target, partial=partial)
    click.echo(str(target))
    return 0


def make_report(results: Path, target: Path, *, partial: bool = False) -> None:
    """Write the page, or end the command with one line on what is wrong with the file."""
    try:
        write_report(results, target, partial=partial)
    except ResultsError as error:
        raise Problem(one_line(str(error))) from None
    except FileNotFoundError as error:
        missing = results if not results.exists() else target.parent
        raise Problem(f"no such file or folder: {missing} ({error.strerror})") from None
    except OSError as error:
        target.with_name(target.name + ".partial").unlink(missing_ok=True)
        raise Problem(f"cannot make {target} of {results}: {error.strerror or error}") from None
    except (EOFError, zlib.error):
        raise Problem(f"{results}: the compressed file is cut; take a whole copy, or run the suite again") from None
