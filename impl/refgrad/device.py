"""`torch.device`: the name of a place where tensors live. There is only the CPU; others can be named."""

from __future__ import annotations

from typing import Any

from refgrad import binding_texts

TYPES = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy",
    "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip


class Device:
    """The name of a device, `cpu` or `cuda:1`.

    Raises RuntimeError for a name that is none.
    """

    __slots__ = ("index", "type")

    index: int | None
    type: str

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        if isinstance(type, Device):
            type, index = type.type, type.index
        kind, colon, number = str(type).partition(":")
        if kind not in TYPES or (colon and not number.isdigit()):
            raise RuntimeError(
                f"Expected one of {', '.join(TYPES)} device type at start of device string: {kind}"
                if kind not in TYPES
                else f"Invalid device string: '{type}'"
            )
        if colon and index is not None:
            raise RuntimeError(f"type (string) must not include an index because index was passed explicitly: {type}")
        self.type = kind
        self.index = int(number) if colon else index

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + ("" if self.index is None else f", index={self.index}") + ")"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

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
    if type(device) is int:
        raise RuntimeError(binding_texts.NO_ACCELERATOR)
    (device if isinstance(device, Device) else Device(device)).check()


STRIDED = Layout("strided")
SPARSE_COO = Layout("sparse_coo")
