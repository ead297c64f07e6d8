"""refgrad with one fault of `faults.py` planted; the environment variable `PLANTED_FAULT` says which."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from faults import EVERY, Fault

from gradconform.adapters.refgrad import RefgradEngine


class Planter(importlib.abc.MetaPathFinder):
    """Finds the module to be spoilt and gives it a loader that edits its source."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != f"refgrad.{self.fault.module}":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        assert spec is not None
        assert spec.origin is not None
        spec.loader = SpoiltLoader(fullname, spec.origin, self.fault)
        return spec


class SpoiltLoader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, fault: Fault) -> None:
        super().__init__(fullname, path)
        self.fault = fault

    def get_code(self, fullname: str):
        """Compile the edited source; the cached bytecode of the sound module is neither read nor written."""
        path = self.get_filename(fullname)
        source = self.get_data(path).decode()
        found = source.count(self.fault.old)
        if found != 1:
            raise ImportError(f"fault {self.fault.id}: its place stands {found} times in {path}")
        return self.source_to_code(source.replace(self.fault.old, self.fault.new).encode(), path)


def engine() -> RefgradEngine:
    fault = {one.id: one for one in EVERY}[os.environ["PLANTED_FAULT"]]
    sys.meta_path.insert(0, Planter(fault))
    import refgrad

    # Not "refgrad": what a third party's engine would be excused for must not hide a fault.
    return RefgradEngine("spoilt", refgrad)
