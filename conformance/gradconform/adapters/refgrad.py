"""The reference autograd: it has PyTorch's names, so naming its module is all there is to do."""

from __future__ import annotations

import platform
from types import ModuleType
from typing import Any

import numpy.typing as npt

from gradoracle.engine import LARGEST_FACT
from gradoracle.torchlike import TorchLike
from gradoracle.trace import Fact

_NAMES = {"f": "torch.float32", "d": "torch.float64", "l": "torch.int64", "?": "torch.bool"}
"""How the commonest dtypes print, by NumPy's character for them."""


class RefgradEngine(TorchLike):
    """`refgrad` under the id `refgrad`."""

    def __init__(self, identifier: str, module: ModuleType) -> None:
        from refgrad import lazy, memory
        from refgrad.levels import levels, wrapper_of

        super().__init__(identifier, module)
        self._wrapper_of = wrapper_of
        self._levels, self._lazy, self._unusual = levels, lazy.living, memory.unusual
        self._node: type = module.autograd.graph.Node
        self._plain = frozenset({module.Tensor, module.nn.Parameter})

    def reset(self) -> None:
        super().reset()
        self.module.manual_seed(0)
        self._unusual.seen = False  # what was unusual is gone with the program that made it

    def transformed(self, tensor: Any) -> bool:
        wrapper = self._wrapper_of(tensor)
        return wrapper is not None and wrapper.level.transform != "jacobian"

    def array(self, tensor: Any) -> npt.NDArray[Any]:
        if self._wrapper_of(tensor) is not None:
            first_example: npt.NDArray[Any] = tensor._array
            return first_example
        # bfloat16 is refused by `numpy`; force: a zero tensor without memory is made real.
        alias = tensor.data
        elements: npt.NDArray[Any] = alias._array if alias._array.dtype.kind == "V" else alias.numpy(force=True)
        return elements

    def tensor_fact(self, tensor: Any) -> Fact:
        # The common case without an alias: nothing stands between the tensor and its array.
        if type(tensor) in self._plain and not self._lazy and not self._levels.active:
            array = tensor._array
            name = _NAMES.get(array.dtype.char)
            if name is not None and array.size <= LARGEST_FACT and self._wrapper_of(tensor) is None:
                return ("tensor", name, array.shape, array.tobytes())
        return super().tensor_fact(tensor)

    def is_node(self, value: Any) -> bool:
        return isinstance(value, self._node)

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "python": platform.python_version(), "system": platform.platform()}


def engine() -> RefgradEngine:
    """The reference autograd in this process."""
    import refgrad

    return RefgradEngine("refgrad", refgrad)
