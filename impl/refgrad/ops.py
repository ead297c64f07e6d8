"""`torch.ops.aten`: the operators under their own names, as modes are told them (`operators/dispatching.py`).

An overload is a name to compare by. Called, it runs the public function, which chooses by the arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from refgrad.operators.names import FUNCTIONS, METHODS, ROWS
from refgrad.tensor import Tensor

USUAL = frozenset("default Tensor Scalar int dim self memory_format dtype out values grad_input source".split())
"""Overloads that are believed to exist where no row says so."""

FACTS = frozenset(
    "device is_non_overlapping_and_dense is_strides_like_format sym_numel sym_size sym_storage_offset"
    " sym_stride".split()
)
"""Operators that only tell something of a tensor; nothing here calls them."""


VIEWS = frozenset(("detach", "transpose"))
"""Operators that are no rows of that name."""


class Schema(NamedTuple):
    """What an overload says of itself."""

    name: str
    overload_name: str
    is_mutable: bool
    text: str = ""

    def __str__(self) -> str:
        return f"{self.name}{'.' if self.overload_name else ''}{self.overload_name}{self.text}"

    def __repr__(self) -> str:
        return str(self)


class OpOverload:
    """One overload of an operator."""

    __module__ = "torch._ops"

    __slots__ = ("_overloadname", "overloadpacket", "running")

    def __init__(self, packet: OpOverloadPacket, name: str) -> None:
        self.overloadpacket = packet
        self._overloadname = name
        self.running: list[Callable[..., Any]] = []
        """What runs the operator for the modes that are looking at it right now, the innermost last."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        run = self.running[-1] if self.running else self.overloadpacket
        return run(*args, **kwargs)

    @property
    def _schema(self) -> Schema:
        packet = self.overloadpacket
        if isinstance(packet, CustomPacket):
            of = packet.definition.schema
            return Schema(f"{packet._namespace}::{packet._name}", "", of.is_mutable, of.as_registered())
        shown = "" if self._overloadname == "default" else self._overloadname
        written = packet._name.endswith("_") and not packet._name.endswith("__")
        return Schema(f"{packet._namespace}::{packet._name}", shown, written or self._overloadname.endswith("out"))

    @property
    def _opname(self) -> str:
        return self.overloadpacket._name

    @property
    def is_view(self) -> bool:
        """Whether the result shares the memory of the first argument."""
        name = self.overloadpacket._name
        row = ROWS.get((name, "" if self._overloadname == "default" else self._overloadname))
        return name in VIEWS or (row is not None and row.view is not None)

    @property
    def namespace(self) -> str:
        return self.overloadpacket._namespace

    @property
    def __name__(self) -> str:
        return f"{self.overloadpacket._name}.{self._overloadname}"

    def name(self) -> str:
        packet = self.overloadpacket
        full = f"{packet._namespace}::{packet._name}"
        return full if self._overloadname == "default" else f"{full}.{self._overloadname}"

    def __str__(self) -> str:
        return f"{self.overloadpacket}.{self._overloadname}"

    def __repr__(self) -> str:
        return f"<OpOverload(op='{self.overloadpacket}', overload='{self._overloadname}')>"


class OpOverloadPacket:
    """An operator; its overloads are its attributes."""

    __module__ = "torch._ops"

    def __init__(self, namespace: str, name: str) -> None:
        self._namespace = namespace
        self._name = name
        self._overloads: dict[str, OpOverload] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return function_of(self._name)(*args, **kwargs)

    @property
    def __name__(self) -> str:
        return self._name

    def overloads(self) -> list[str]:
        """The names of the overloads that are known here."""
        bare = self._name.removesuffix("_")
        return [overload or "default" for name, overload in ROWS if name in (self._name, bare)]

    def overload(self, name: str) -> OpOverload:
        if name not in self._overloads:
            self._overloads[name] = OpOverload(self, name)
        return self._overloads[name]

    def __getattr__(self, name: str) -> OpOverload:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in USUAL and name not in self.overloads() and name not in self._overloads:
            raise AttributeError(f"The underlying op of '{self}' has no overload name '{name}'")
        return self.overload(name)

    def __str__(self) -> str:
        return f"{self._namespace}.{self._name}"

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='{self}')>"


def function_of(name: str) -> Any:
    """What runs an operator: the public function, or its first row."""
    import refgrad

    row = next((each for (of, _), each in ROWS.items() if of == name), None)
    public = FUNCTIONS.get(name) or METHODS.get(name)
    return public or row or getattr(Tensor, name, None) or getattr(refgrad, name, None)


class Namespace:
    """`torch.ops.aten`, or another namespace."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._packets: dict[str, OpOverloadPacket] = {}

    def packet(self, name: str) -> OpOverloadPacket:
        if name not in self._packets:
            self._packets[name] = OpOverloadPacket(self._name, name)
        return self._packets[name]

    def __getattr__(self, name: str) -> OpOverloadPacket:
        if name.startswith("__"):
            raise AttributeError(name)
        known = name in self._packets or name in FACTS or (self._name == "aten" and function_of(name) is not None)
        if not known:
            raise AttributeError(f"'_OpNamespace' '{self._name}' object has no attribute '{name}'")
        return self.packet(name)

    def __repr__(self) -> str:
        return f"<module 'torch.ops.{self._name}' from 'torch.ops'>"


class CustomPacket(OpOverloadPacket):
    """An operator that a user registered (`library.py`)."""

    __module__ = "torch._ops"

    def __init__(self, namespace: str, name: str, definition: Any) -> None:
        super().__init__(namespace, name)
        self.definition = definition

    def overloads(self) -> list[str]:
        return ["default"]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.definition(*args, **kwargs)


type.__setattr__(CustomPacket, "__qualname__", "OpOverloadPacket")

aten = Namespace("aten")
prim = Namespace("prim")
_custom: dict[str, Namespace] = {}


def namespace(name: str) -> Namespace:
    return aten if name == "aten" else _custom.setdefault(name, Namespace(name))


def custom(of: str, name: str, definition: Any) -> CustomPacket:
    """Register an operator under its name."""
    made = CustomPacket(of, name, definition)
    namespace(of)._packets[name] = made
    return made


def __getattr__(name: str) -> Namespace:
    if name.startswith("__"):
        raise AttributeError(name)
    return namespace(name)
