"""Engines for tests: one in the place of PyTorch, and ones that crash, hang, lie, lack something or cannot be made.

They are refgrad with one thing changed, so that tests need no PyTorch and start at once.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from gradconform.adapters.refgrad import RefgradEngine
from gradoracle.engine import Unsupported
from gradoracle.torchlike import TorchLike
from gradoracle.trace import Fact


def _refgrad() -> ModuleType:
    import refgrad

    return refgrad


class _OnGradients(RefgradEngine):
    """Does something else when a program asks for `backward` or `torch.autograd.backward`."""

    def happen(self) -> None:
        raise NotImplementedError

    def attribute(self, value: Any, name: str) -> Any:
        if name == "backward":
            self.happen()
        return super().attribute(value, name)


class _Crashing(_OnGradients):
    def happen(self) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)


class _Hanging(_OnGradients):
    def happen(self) -> None:
        time.sleep(3600)


class _Slow(_OnGradients):
    def happen(self) -> None:
        time.sleep(0.2)


class _Lacking(_OnGradients):
    def happen(self) -> None:
        raise Unsupported("backward")


class _Plain(RefgradEngine):
    """Has no versions, no graph to look at and nothing to tell shared memory by."""

    def facet(self, tensor: Any, facet: str) -> Any:
        if facet in ("version", "grad_fn"):
            raise Unsupported(facet)
        return super().facet(tensor, facet)

    def storage(self, tensor: Any) -> Any:
        raise Unsupported("storage")


class _Lying(RefgradEngine):
    def tensor_fact(self, tensor: Any) -> Fact:
        return TorchLike.tensor_fact(self, tensor)  # by `array`, not by the adapter's short cut

    def array(self, tensor: Any) -> npt.NDArray[Any]:
        elements = super().array(tensor)
        return elements + 1 if elements.dtype == np.float32 else elements


def oracle() -> RefgradEngine:
    """refgrad under the name of PyTorch."""
    return RefgradEngine("torch:cpu", _refgrad())


def crashing() -> RefgradEngine:
    """Its process dies in `backward`."""
    return _Crashing("crashing", _refgrad())


def hanging() -> RefgradEngine:
    """`backward` never returns."""
    return _Hanging("hanging", _refgrad())


def slow() -> RefgradEngine:
    """`backward` takes 0.2 seconds."""
    return _Slow("slow", _refgrad())


def lacking() -> RefgradEngine:
    """It declares that it has no `backward`."""
    return _Lacking("lacking", _refgrad())


def plain() -> RefgradEngine:
    """It lets less be read than PyTorch, and says so."""
    return _Plain("plain", _refgrad())


def lying() -> RefgradEngine:
    """Every number is one too large."""
    return _Lying("lying", _refgrad())


def raising() -> RefgradEngine:
    """It cannot be made."""
    raise OSError("libfaux.so.1: cannot open shared object file\nsecond line")


def dying() -> RefgradEngine:
    """Its process ends before it is made."""
    os._exit(9)


class _Patricidal(_OnGradients):
    def happen(self) -> None:
        suite = int(Path(f"/proc/{os.getppid()}/stat").read_text(encoding="ascii").split()[3])
        os.kill(suite, signal.SIGKILL)


def patricidal() -> RefgradEngine:
    """It kills the process of the suite that runs it, as the kernel does when memory is short."""
    return _Patricidal("patricidal", _refgrad())
