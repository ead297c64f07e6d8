"""Modules that put elements around an input, or maxima back where they came from."""

from __future__ import annotations

from typing import Any

from refgrad.nn import functional
from refgrad.nn.module import Module


def several(value: Any, count: int) -> tuple[Any, ...]:
    return (value,) * count if isinstance(value, (int, float)) else tuple(value)


class Padding(Module):
    """A padding of `rank` dimensions, of one of the kinds of `torch.nn.functional.pad`."""

    rank = 1
    mode = "constant"

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = several(padding, 2 * self.rank)

    def forward(self, input: Any) -> Any:
        return functional.pad(input, self.padding, mode=self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPadding(Padding):
    """A padding with a number."""

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Any) -> Any:
        return functional.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class CircularPadding(Padding):
    """A padding with what stands at the other end."""

    def forward(self, input: Any) -> Any:
        ranks = (self.rank + 1, self.rank + 2)
        if input.dim() not in ranks:
            raise ValueError(f"expected {ranks[0]}D or {ranks[1]}D input (got {input.dim()}D input)")
        return functional.pad(input, self.padding, mode=self.mode)


class ZeroPadding(Padding):
    """A padding with 0."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding)
        self.value = 0.0


class Unpooling(Module):
    """Maxima put back, zeros everywhere else."""

    rank = 1

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = several(kernel_size, self.rank)
        self.stride = several(kernel_size if stride is None else stride, self.rank)
        self.padding = several(padding, self.rank)

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        unpool = getattr(functional, f"max_unpool{self.rank}d")
        return unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


KINDS = {
    "Constant": (ConstantPadding, "constant"), "Reflection": (Padding, "reflect"), "Zero": (ZeroPadding, "constant"),
    "Replication": (Padding, "replicate"), "Circular": (CircularPadding, "circular"),
}  # fmt: skip

MODULES: dict[str, type[Module]] = {
    f"{kind}Pad{rank}d": type(f"{kind}Pad{rank}d", (base,), {"rank": rank, "mode": mode})
    for kind, (base, mode) in KINDS.items()
    for rank in (1, 2, 3)
}
MODULES.update({f"MaxUnpool{rank}d": type(f"MaxUnpool{rank}d", (Unpooling,), {"rank": rank}) for rank in (1, 2, 3)})
