"""What a process of a campaign does: one unit at a time, wherever an executor has put it."""

from __future__ import annotations

import resource
import sys
import threading
import time
from dataclasses import dataclass

from gradconform.campaign.units import Identity, Unit
from gradconform.engines import EngineSpec
from gradconform.enumerate import unit as enumeration
from gradconform.fuzz import unit as fuzz

_alone = threading.Lock()


@dataclass(frozen=True, slots=True)
class Work:
    """What the units of a campaign have in common; it crosses to other processes and machines as it is."""

    identity: Identity
    engine: EngineSpec
    oracle: EngineSpec

    def __call__(self, seeds: range) -> Unit:
        """Run one unit. Units never run side by side in one process, whatever the executor thinks."""
        with _alone:
            started = time.monotonic()
            if self.identity.kind == "enumerate":
                result = enumeration.run_unit(self.engine, self.oracle, seeds, self.identity.longest)
            else:
                result = fuzz.run_unit(self.engine, self.oracle, seeds)
            if result.version != self.identity.generator:
                raise RuntimeError(
                    f"this machine has version {result.version} of the generator, not {self.identity.generator}"
                )
            return Unit(self.identity, result, round(time.monotonic() - started, 3), _most_held())


def _most_held() -> int:
    """The most bytes that this process, or any child of it that has ended, ever held."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(one).ru_maxrss for one in whose) * (1 if sys.platform == "darwin" else 1024)
