"""`torch.ops.aten`: the operators under their own names. An overload is chosen by the arguments, whatever is named."""

from __future__ import annotations

from typing import Any

from refgrad.operators import getitem
from refgrad.operators.names import FUNCTIONS, METHODS


class Packet:
    """One operator; its overloads are its attributes."""

    __slots__ = ("_name", "_run")

    def __init__(self, name: str, run: Any) -> None:
        self._name = name
        self._run = run

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._run(*args, **kwargs)

    def __getattr__(self, overload: str) -> Packet:
        if overload.startswith("__"):
            raise AttributeError(overload)
        return self

    def __str__(self) -> str:
        return f"aten.{self._name}"


class Namespace:
    """`torch.ops.aten`."""

    def __getattr__(self, name: str) -> Packet:
        run = getitem.ALIAS if name == "alias" else FUNCTIONS.get(name) or METHODS.get(name)
        if run is None:
            raise AttributeError(f"'_OpNamespace' 'aten' object has no attribute '{name}'")
        return Packet(name, run)


aten = Namespace()
