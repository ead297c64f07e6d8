"""Records PyTorch on this machine with nothing installed but PyTorch and NumPy: from a checkout, or copied there.

    PYTHONPATH=oracle python -m gradoracle.record_here --oracle torch:cuda --out cuda.gcr

`gradconform record` does the same where gradconform is installed; `gradconform recordings add cuda.gcr` takes the file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from gradoracle.recorded.corpus import Corpus
from gradoracle.recorded.errors import RecordingError
from gradoracle.recorded.recorder import RECORDED, record
from gradoracle.recorded.shipped import CORPUS
from gradoracle.worker import WorkerError


def main(args: Sequence[str]) -> int:
    """Record and say what was written; 2, with one line on stderr, when it could not be done."""
    parser = argparse.ArgumentParser(prog="python -m gradoracle.record_here", description=__doc__.splitlines()[0])
    parser.add_argument("--oracle", choices=sorted(RECORDED), required=True)
    parser.add_argument("--corpus", type=Path, default=CORPUS, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    given = parser.parse_args(args)
    try:
        about, size = record(Corpus.open(given.corpus), given.oracle, given.out, told=_told)
    except (RecordingError, WorkerError, OSError) as error:
        sys.stderr.write(f"record_here: {' '.join(str(error).split())}\n")
        return 2
    sys.stdout.write(
        f"{given.out}: {about.programs:,} programs on {about.name} in {about.seconds:.0f} s, {size:,} bytes\n"
    )
    return 0


def _told(done: int) -> None:
    if done % 2000 == 0:
        sys.stderr.write(f"{done:,} programs\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
