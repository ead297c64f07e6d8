"""PyTorch by an adapter that dies of a program for which it has to import something."""

from __future__ import annotations

import os
import signal
import sys

from gradoracle.torch_engine import TorchEngine, cpu


class Dying(TorchEngine):
    def reset(self) -> None:
        super().reset()
        if "colorsys" not in sys.modules:
            import colorsys  # noqa: F401

            os.kill(os.getpid(), signal.SIGSEGV)


def engine() -> TorchEngine:
    made = cpu()
    made.__class__ = Dying
    return made
