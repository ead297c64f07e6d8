"""Work for tests of the driver of campaigns: a unit says its seeds, and some seeds kill their process or raise."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from gradconform.campaign.units import Identity, Unit
from gradconform.fuzz.unit import UnitResult

_IDENTITY = Identity("fuzz", 1, 0, "faux", "1", "faux", "1")


@dataclass(frozen=True)
class FauxWork:
    deadly: tuple[int, ...] = ()
    raising: tuple[int, ...] = ()
    identity: Identity = _IDENTITY

    def __call__(self, seeds: range) -> Unit:
        for seed in seeds:
            if seed in self.deadly:
                os.kill(os.getpid(), signal.SIGKILL)
            if seed in self.raising:
                raise OSError(f"no luck with {seed}")
        digest = f"{sum(seed + 1 for seed in seeds):032x}"
        return Unit(self.identity, UnitResult(seeds[0], seeds[-1], 1, len(seeds), 0, digest, (), ()), 0.0, 0)
