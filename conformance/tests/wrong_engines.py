"""Engines that are PyTorch but for one lie each: what the catalogue must be able to notice."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradoracle.torch_engine import TorchEngine
from gradoracle.torchlike import TorchLike
from gradoracle.trace import Fact


class NegatedElements(TorchEngine):
    """Every tensor has its elements negated (bools inverted)."""

    def tensor_fact(self, tensor: Any) -> Fact:
        return TorchLike.tensor_fact(self, tensor)  # by `array`, not by PyTorch's short cut

    def array(self, tensor: Any) -> Any:
        elements = super().array(tensor)
        return ~elements if elements.dtype == np.bool_ else np.negative(elements) - 1


class NoErrors(TorchEngine):
    """Backward and grad never raise, and whatever else raises raises something else."""

    def resolve(self, path: str) -> Any:
        return _tamed(super().resolve(path))

    def attribute(self, value: Any, name: str) -> Any:
        return _tamed(super().attribute(value, name))


def _tamed(found: Any) -> Any:
    if isinstance(found, type) or not callable(found):
        return found

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return found(*args, **kwargs)
        except Exception:
            return None

    return call


class OtherFlags(TorchEngine):
    """Every flag is inverted, every count one too many, every object that is there is gone."""

    def facet(self, tensor: Any, facet: str) -> Any:
        found = super().facet(tensor, facet)
        if isinstance(found, bool):
            return not found
        return found + 1 if isinstance(found, int) else None

    def attribute(self, value: Any, name: str) -> Any:
        found = super().attribute(value, name)
        if isinstance(found, bool):
            return not found
        return found + 1 if isinstance(found, int) else found


class OtherNodes(TorchEngine):
    """Nodes have other names."""

    def node_name(self, node: Any) -> str:
        return super().node_name(node) + "Wrong"


class OtherModes(TorchEngine):
    """Grad mode is always said to be what it is not."""

    def resolve(self, path: str) -> Any:
        found = super().resolve(path)
        if path.rpartition(".")[2].startswith("is_"):
            return lambda *args: not found(*args)
        return found


def negated() -> TorchEngine:
    return NegatedElements("cpu")


def no_errors() -> TorchEngine:
    return NoErrors("cpu")


def other_flags() -> TorchEngine:
    return OtherFlags("cpu")


def other_nodes() -> TorchEngine:
    return OtherNodes("cpu")


def other_modes() -> TorchEngine:
    return OtherModes("cpu")


ALL = (negated, no_errors, other_flags, other_nodes, other_modes)
