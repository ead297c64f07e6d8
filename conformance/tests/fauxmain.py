"""`gradconform` with refgrad in the place of PyTorch: run as a script, or loaded as a plug-in of pytest."""

from __future__ import annotations

import sys

from gradconform import engines

STAND_INS: dict[str, str] = {"torch:cpu": "fauxengines:oracle", "torch:cuda": "fauxabsent:engine"}

engines._BUILT_IN.update(STAND_INS)

if __name__ == "__main__":
    from gradconform.cli import main

    sys.exit(main())
