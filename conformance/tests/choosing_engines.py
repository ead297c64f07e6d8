"""Engines that are PyTorch but for what the documentation leaves open: one chooses otherwise, one is wrong."""

from __future__ import annotations

from typing import Any

from gradoracle.torch_engine import TorchEngine


class LastOfEquals(TorchEngine):
    """`kthvalue` takes the last of equal elements, where PyTorch takes the first."""

    def attribute(self, value: Any, name: str) -> Any:
        if name != "kthvalue":
            return super().attribute(value, name)

        def last(k: int, dim: int = -1, keepdim: bool = False) -> tuple[Any, Any]:
            values, indices = value.flip(0).kthvalue(k, dim, keepdim)
            return values, len(value) - 1 - indices

        return last


class AnyIndex(TorchEngine):
    """`kthvalue` takes index 0, whatever is there."""

    def attribute(self, value: Any, name: str) -> Any:
        if name != "kthvalue":
            return super().attribute(value, name)

        def wrong(k: int, dim: int = -1, keepdim: bool = False) -> tuple[Any, Any]:
            values, indices = value.kthvalue(k, dim, keepdim)
            return values, indices * 0

        return wrong


def last_of_equals() -> TorchEngine:
    return LastOfEquals("cpu")


def any_index() -> TorchEngine:
    return AnyIndex("cpu")
