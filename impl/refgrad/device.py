"""`torch.device`: the name of a place where tensors live. There is only the CPU; others can be named."""

from __future__ import annotations

import re
from typing import Any

from refgrad import binding_texts

TYPES = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy",
    "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip


NAME = re.compile(r"(?P<type>[a-zA-Z_]+)(?::(?P<index>0|[1-9]\d*))?")


class Device:
    """The name of a device, `cpu` or `cuda:1`.

    Raises RuntimeError for a name that is none.
    """

    __slots__ = ("index", "type")

    index: int | None
    type: str

    def __init__(self, *given: Any, **named: Any) -> None:
        type: Any = given[0] if given else named.get("type", named.get("device"))
        index: Any = given[1] if len(given) > 1 else named.get("index")
        if isinstance(type, bytes):
            type = type.decode()
        known = isinstance(type, (str, Device)) and (index is None or isinstance(index, int))
        if not known or len(given) + len(named) > 2:
            self.check_arguments(given, named)
        if not isinstance(type, (str, Device)):
            raise RuntimeError(binding_texts.NO_ACCELERATOR if type >= 0 else binding_texts.NEGATIVE_DEVICE)  # noqa: TRY004
        if isinstance(type, Device):
            type, index = type.type, type.index
        self.type, number = parts_of(type)
        if number is not None and index is not None:
            raise RuntimeError(binding_texts.two_indices(type))
        if index is not None and index < 0:
            raise RuntimeError(binding_texts.NEGATIVE_DEVICE)
        self.index = number if index is None else index

    @staticmethod
    def check_arguments(given: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Raise TypeError for arguments that no signature takes."""
        from refgrad.signatures.refusing import refusal

        told = refusal("device", given, named, method=False)
        if told is not None:
            raise TypeError(told)

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + ("" if self.index is None else f", index={self.index}") + ")"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __lt__(self, other: object) -> bool:
        raise TypeError(binding_texts.NO_COMPARISON)

    __le__ = __gt__ = __ge__ = __lt__

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(binding_texts.no_attribute("torch.device", name))

    def __enter__(self) -> Device:
        default.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        default.pop()

    def check(self) -> None:
        """Raise what PyTorch raises where tensors are wanted on a device that this machine has no support for."""
        if self.type in ("cuda", "xpu"):
            raise AssertionError(binding_texts.compiled_without(self.type))
        if self.type not in ("cpu", "meta"):
            raise RuntimeError(binding_texts.no_device_support(self.type))

    def __reduce__(self) -> Any:
        return named, (self.type, self.index)


def parts_of(name: str) -> tuple[str, int | None]:
    """Kind and number of a device. Raises RuntimeError for a name of none."""
    if not name:
        raise RuntimeError(binding_texts.NO_DEVICE_NAME)
    found = NAME.fullmatch(name)
    if found is None:
        raise RuntimeError(binding_texts.invalid_device(name))
    if found["type"] not in TYPES:
        raise RuntimeError(binding_texts.no_device_type(TYPES, found["type"]))
    return found["type"], None if found["index"] is None else int(found["index"])


def named(type: str, index: int | None) -> Device:
    """What a pickled device becomes."""
    return Device(type, index)


Device.__name__ = Device.__qualname__ = "device"
Device.__module__ = "torch"


class Layout:
    """How elements are laid out."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"torch.{self._name}"


Layout.__name__ = Layout.__qualname__ = "layout"
Layout.__module__ = "torch"

CPU = Device("cpu")
default = [CPU]
"""The devices that new tensors were told to get, the latest last."""


def get_default_device() -> Device:
    """The device that new tensors get. Raises AssertionError or RuntimeError if this machine has none of its kind."""
    if default[-1].index is None:
        default[-1].check()
    return default[-1]


def set_default_device(device: Any) -> None:
    """Set it; `None` is the CPU."""
    default[0] = CPU if device is None else Device(device)


def check_available(device: Any) -> None:
    """Check a device that was asked for.

    Raises AssertionError or RuntimeError if there is none of its kind, RuntimeError for a number or no name of one.
    """
    (device if isinstance(device, Device) else Device(device)).check()


STRIDED = Layout("strided")
SPARSE_COO = Layout("sparse_coo")
