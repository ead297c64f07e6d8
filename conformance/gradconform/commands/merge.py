"""`gradconform merge`: the units of several folders as one."""

from __future__ import annotations

from pathlib import Path

import click

from gradconform.campaign.examining import kinds
from gradconform.campaign.units import UnitError, merged, read_folder, write
from gradconform.commands.campaigning import summarize
from gradconform.commands.common import CONFORMS, DIFFERS, Problem, console

_HELP = """Put the units of campaigns together: one file in DIR of --out, which can be merged again.

Refuses, by name, a gap or an overlap between units and units of unlike generators, engines or oracles. Two machines
that ran the same seeds saw the same if their digests are equal, however they cut them into units. Exit code 1 when a
difference is left unexplained, 2 when the units do not fit together.
"""


@click.command(help=_HELP)
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--out", metavar="DIR", required=True, type=click.Path(path_type=Path), help="Folder for the one unit.")
def merge(folders: tuple[Path, ...], out: Path) -> int:
    if out in folders:
        raise Problem(f"--out {out} is one of the folders to merge: choose another")
    try:
        units = []
        for folder in folders:
            found = read_folder(folder)
            if not found:
                raise Problem(f"{folder} has no units: is it the --out of a campaign?")
            units += found
        whole = merged(units)
        out.mkdir(parents=True, exist_ok=True)
        if any(out.glob("unit-*")):
            raise Problem(f"{out} holds units already: choose an empty folder with --out")
        path = write(whole, out)
    except UnitError as error:
        raise Problem(str(error)) from None
    except OSError as error:
        raise Problem(f"cannot merge: {error}") from None
    differs = summarize([whole], kinds([whole]))
    console().print(f"seeds {whole.result.first}:{whole.result.last + 1} of {len(units)} units: {path}")
    return DIFFERS if differs else CONFORMS
