"""Real PyTorch, the oracle: the one module here that imports torch, and only when an engine is made."""

from __future__ import annotations

import ctypes
import functools
import platform
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gradoracle.engine import LARGEST_FACT, Unsupported
from gradoracle.torchlike import TorchLike
from gradoracle.trace import Fact

FACTORIES = frozenset(
    {"tensor", "as_tensor", "zeros", "ones", "full", "empty", "eye", "arange", "linspace", "logspace", "rand", "randn"}
    | {"randint", "randperm", "scalar_tensor", "tril_indices", "triu_indices"}
)
"""Functions that make a tensor from nothing; on a device other than the CPU they get `device=` unless they have one."""


class DeviceMissing(RuntimeError):
    """This machine cannot run PyTorch on the device asked for."""


class TorchEngine(TorchLike):
    """PyTorch on one device.

    Raises `DeviceMissing` when PyTorch is not installed or has no such device here.
    """

    def __init__(self, device: str) -> None:
        try:
            import torch
        except ImportError as error:
            raise DeviceMissing(f"PyTorch is not installed here ({error})") from None
        if device == "cuda" and not torch.cuda.is_available():
            raise DeviceMissing("PyTorch sees no CUDA device on this machine")
        super().__init__(f"torch:{device}", torch)
        self.device = device
        self.survives_fork = device != "cuda"
        self._bits = {torch.bfloat16: torch.int16}
        plain = (torch.float32, torch.float64, torch.int64, torch.bool) if device == "cpu" else ()
        self._readable = {dtype: str(dtype) for dtype in plain}
        self._strided = torch.strided
        self._nodes: dict[type, str] = {}
        """How nodes of PyTorch's own classes are called: asking costs as much as ten other reads, the class tells."""
        torch.set_num_threads(1)
        self._wrapped = torch._C._functorch.is_functorch_wrapped_tensor
        _load_forward_mode(torch)

    def environment(self) -> dict[str, str]:
        torch = self.module
        found = {
            "version": str(torch.__version__),
            "build": str(torch.version.git_version)[:12],
            "device": self.device,
            "instructions": torch.backends.cpu.get_cpu_capability(),
            "python": platform.python_version(),
            "system": platform.platform(),
            "numpy": np.__version__,
        }
        if self.device == "cuda":
            found["model"] = torch.cuda.get_device_name()
            found["cuda"] = str(torch.version.cuda)
            found["driver"] = _driver()
        return found

    def reset(self) -> None:
        super().reset()
        if self.module.is_anomaly_enabled():
            self.module.autograd.set_detect_anomaly(False)
        # Not torch.manual_seed: without a GPU it queues a call, with a stack trace, for the day that CUDA starts.
        self.module.default_generator.manual_seed(0)
        if self.device == "cuda":
            self.module.cuda.manual_seed(0)

    def resolve(self, path: str) -> Any:
        try:
            return self._resolved[path]
        except KeyError:
            pass
        try:
            value = super().resolve(path)
        except Unsupported:
            raise AttributeError(f"module 'torch' has no attribute {path.removeprefix('torch.')!r}") from None
        if self.device != "cpu" and path.removeprefix("torch.") in FACTORIES:
            value = _on_device(value, self.device)
            self._resolved[path] = value
        return value

    def attribute(self, value: Any, name: str) -> Any:
        return getattr(value, name)

    def array(self, tensor: Any) -> npt.NDArray[Any]:
        plain = tensor.data
        if plain.dtype in self._bits:
            plain = plain.view(self._bits[plain.dtype])
        if plain._is_zerotensor():
            # It has no memory. A view into it has an address all the same, its offset: `numpy` dies of reading there.
            plain = plain.clone()
        # force: a lazy conjugate and a negation are made real, whatever the device.
        elements: npt.NDArray[Any] = plain.numpy(force=True)
        return elements

    def tensor_fact(self, tensor: Any) -> Fact:
        # The common case, read where it lies: `numpy()` and a copy cost as much as the operator that made the tensor.
        name = self._readable.get(tensor.dtype)
        if name is not None and tensor.layout is self._strided and not self._wrapped(tensor):
            size = tensor.nbytes
            if 0 < size <= LARGEST_FACT and tensor.is_contiguous() and not tensor.is_neg():
                address = tensor.data_ptr()
                if address and not tensor._is_zerotensor():
                    return ("tensor", name, tuple(tensor.shape), _bytes(size).from_address(address).raw)
        return super().tensor_fact(tensor)

    def transformed(self, tensor: Any) -> bool:
        # A tensor of the device meta has no memory either: its shape and its dtype are all there is to see.
        return bool(self._wrapped(tensor)) or (self.device == "meta" and bool(tensor.is_meta))

    def is_node(self, value: Any) -> bool:
        if type(value) in self._nodes:
            return True
        # A node without a Python class of its own is a CppFunction, which PyTorch does not count among the nodes.
        return isinstance(value, self.module.autograd.graph.Node) or type(value).__name__ == "CppFunction"

    def node_name(self, node: Any) -> str:
        kind = type(node)
        name = self._nodes.get(kind)
        if name is None:
            name = super().node_name(node)
            if kind.__module__ == "builtins" and kind.__name__ != "CppFunction":
                self._nodes[kind] = name
        return name


@functools.cache
def _bytes(size: int) -> Any:
    """The type of so many bytes of memory: reading through it costs a third of `ctypes.string_at`."""
    return ctypes.c_char * size


def _load_forward_mode(torch: Any) -> None:
    """The first dual tensor of a process loads modules that warn of their own use of `torch.jit`: not a program's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.autograd.forward_ad.dual_level():
            torch.autograd.forward_ad.make_dual(torch.zeros(1), torch.zeros(1))


def _driver() -> str:
    """The version of NVIDIA's driver, where Linux tells it."""
    try:
        found = re.search(r"\b\d+(\.\d+)+\b", Path("/proc/driver/nvidia/version").read_text())
    except OSError:
        return "unknown"
    return found.group() if found is not None else "unknown"


def _on_device(factory: Any, device: str) -> Any:
    @functools.wraps(factory)
    def make(*args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("device", device)
        return factory(*args, **kwargs)

    return make


def cpu() -> TorchEngine:
    """PyTorch on the CPU, one thread."""
    return TorchEngine("cpu")


def cuda() -> TorchEngine:
    """PyTorch on the first CUDA device."""
    return TorchEngine("cuda")


def meta() -> TorchEngine:
    """PyTorch on the device meta, which computes shapes, graphs and errors and no values."""
    return TorchEngine("meta")
