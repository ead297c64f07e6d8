"""The command line: `gradconform run`, `ask`, `list`, `show`, `report`, `coverage`, `fuzz`, `merge`, `promote`,
`enumerate`, `record`, `recordings` and `drift`."""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from collections.abc import Sequence

import click

import gradconform
from gradconform.commands.ask import ask
from gradconform.commands.common import CLOSED_PIPE, COULD_NOT_RUN, INTERNAL_ERROR, INTERRUPTED, one_line
from gradconform.commands.coverage import coverage
from gradconform.commands.drift import drift_
from gradconform.commands.enumerate import enumerate_
from gradconform.commands.fuzz import fuzz
from gradconform.commands.list import list_
from gradconform.commands.merge import merge
from gradconform.commands.promote import promote
from gradconform.commands.record import record_
from gradconform.commands.recordings import recordings
from gradconform.commands.report import report
from gradconform.commands.run import run
from gradconform.commands.show import show

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(gradconform.__version__, prog_name="gradconform")
def cli() -> None:
    """Find where an autograd engine behaves differently from PyTorch.

    Exit codes: 0 it conforms, or done; 1 it differs; 2 could not run, said in one line on stderr; 70 an error of
    gradconform itself; 130 interrupted; 141 nobody reads the output any more.
    """


for _command in (
    run,
    ask,
    list_,
    show,
    report,
    coverage,
    fuzz,
    merge,
    promote,
    enumerate_,
    record_,
    recordings,
    drift_,
):
    cli.add_command(_command)


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; what is wrong is said in one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    output = sys.stdout
    try:
        code = cli.main(args, prog_name="gradconform", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return COULD_NOT_RUN
    except click.ClickException as error:
        click.echo(_said(error), err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("gradconform: interrupted", err=True)
        return INTERRUPTED
    except (SystemExit, BrokenPipeError) as error:
        # Where nobody reads, click puts something else in the place of standard output before it exits; rich does not.
        closed = isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError)
        if not closed and sys.stdout is output:
            return _internal_error()
        _write_no_more()
        return CLOSED_PIPE
    except OSError as error:
        if error.errno not in _NO_ROOM:
            return _internal_error()
        _write_no_more()
        click.echo(f"gradconform: cannot write: {error.strerror}; make room and start again", err=True)
        return COULD_NOT_RUN
    except Exception:
        return _internal_error()
    return code if isinstance(code, int) else 0


def _internal_error() -> int:
    click.echo(
        "gradconform: internal error, a defect of gradconform and not of your engine or program."
        f" Please report it with this text (gradconform {gradconform.__version__}):\n{traceback.format_exc()}",
        err=True,
    )
    return INTERNAL_ERROR


def _write_no_more() -> None:
    """Let go of what standard output would not take, which Python would try again, and tell of, when it ends."""
    sys.stdout = io.TextIOWrapper(io.FileIO(os.open(os.devnull, os.O_WRONLY), "w"))


def _said(error: click.ClickException) -> str:
    text = one_line(error.format_message())
    if not isinstance(error, click.UsageError):
        return f"gradconform: {text}"
    where = error.ctx.command_path if error.ctx is not None else "gradconform"
    return f"{where}: {text.rstrip('.')} (see `{where} --help`)"
