"""`torch.amp.GradScaler`: losses made larger, so that short gradients do not vanish, and gradients made small again.

The scale grows after a number of steps whose gradients were finite, and shrinks after one that was skipped because they
were not. Behaviour as observed on PyTorch 2.13.0, on the CPU.
"""

from __future__ import annotations

import inspect
import warnings
from collections import defaultdict
from collections.abc import Iterable
from enum import Enum
from typing import Any

import numpy as np

from refgrad import creation, dtypes
from refgrad.amp import texts
from refgrad.device import Device
from refgrad.tensor import Tensor

CPU = Device("cpu")


class OptState(Enum):
    READY = 0
    UNSCALED = 1
    STEPPED = 2


def _refresh_per_optimizer_state() -> dict[str, Any]:  # PyTorch's name, which the state shows
    return {"stage": OptState.READY, "found_inf_per_device": {}}


class GradScaler:
    """Scales losses, and steps an optimizer with gradients that are scaled back, if all of them are finite.

    device: "cpu", or "cuda", for which there is a warning and a scaler that does nothing.
    """

    def __init__(
        self, device: str = "cuda", init_scale: float = 2.0**16, growth_factor: float = 2.0,
        backoff_factor: float = 0.5, growth_interval: int = 2000, enabled: bool = True,
    ) -> None:  # fmt: skip
        self._device = device
        self._enabled = enabled
        if enabled and device == "cuda":
            warnings.warn(texts.NO_CUDA_TO_SCALE, stacklevel=2)
            self._enabled = False
        self._scale: Any = None
        self._growth_tracker: Any = None
        self._per_optimizer_states: dict[int, dict[str, Any]] = defaultdict(_refresh_per_optimizer_state)
        if self._enabled:
            assert growth_factor > 1.0, texts.GROWTH
            assert backoff_factor < 1.0, texts.BACKOFF
            self._init_scale, self._init_growth_tracker = init_scale, 0
            self._growth_factor, self._backoff_factor = growth_factor, backoff_factor
            self._growth_interval = growth_interval

    # ---- scaling ---------------------------------------------------------------------------------------------------

    def scale(self, outputs: Any) -> Any:
        """A tensor, or an iterable of them, times the scale. Raises ValueError for anything else."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            scaled: Any = outputs
            return scaled * self._made_scale()
        if not isinstance(outputs, Iterable):
            raise ValueError(texts.NOT_TENSORS)  # noqa: TRY004  # PyTorch's
        made = map(self._scaled, outputs)
        return type(outputs)(made) if isinstance(outputs, (list, tuple)) else made

    def _scaled(self, output: Any) -> Any:
        if isinstance(output, (Tensor, Iterable)):
            return self.scale(output)
        raise ValueError(texts.NOT_TENSORS)

    def _made_scale(self) -> Any:
        """The scale and the count of good steps are made when they are first needed."""
        if self._scale is None:
            self._scale = creation.full((), self._init_scale, dtype=dtypes.float32)
            self._growth_tracker = creation.full((), self._init_growth_tracker, dtype=dtypes.int32)
        return self._scale

    def _check_scale_growth_tracker(self, name: str) -> tuple[Any, Any]:
        assert self._scale is not None, texts.without(name, "_scale")
        assert self._growth_tracker is not None, texts.without(name, "_growth_tracker")
        return self._scale, self._growth_tracker

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of an optimizer by the scale, once between updates (RuntimeError)."""
        if not self._enabled:
            return
        scale, _ = self._check_scale_growth_tracker("unscale_")
        state = self._per_optimizer_states[id(optimizer)]
        if state["stage"] is not OptState.READY:
            late = state["stage"] is OptState.STEPPED
            raise RuntimeError(texts.UNSCALED_LATE if late else texts.UNSCALED_TWICE)
        state["found_inf_per_device"] = self._unscale_grads_(optimizer, np.float32(1 / np.float64(scale.item())), False)
        state["stage"] = OptState.UNSCALED

    def _unscale_grads_(self, optimizer: Any, inverse: Any, allow_fp16: bool) -> dict[Device, Tensor]:
        """Whether something was not finite, by device. The gradients are written without a new version."""
        found: dict[Device, Tensor] = {}
        for parameter in (each for group in optimizer.param_groups for each in group["params"]):
            if parameter.grad is None:
                continue
            if not allow_fp16 and parameter.grad.dtype is dtypes.float16:
                raise ValueError(texts.FP16)
            if parameter.grad.is_sparse and parameter.grad.dtype is dtypes.float16:
                parameter.grad = parameter.grad.coalesce()
            values = parameter.grad._values() if parameter.grad.is_sparse else parameter.grad
            array = values.detach().numpy()
            bad = not np.isfinite(array).all()
            with np.errstate(all="ignore"):
                np.multiply(array, inverse, out=array, casting="same_kind")
            flag = found.setdefault(CPU, creation.full((), 0.0, dtype=dtypes.float32))
            if bad:
                flag.detach().numpy()[...] = 1
        return found

    def _check_inf_per_device(self, optimizer: Any) -> dict[Device, Tensor]:
        self._check_scale_growth_tracker("_check_inf_per_device")
        state = self._per_optimizer_states[id(optimizer)]
        state["found_inf_per_device"] = self._unscale_grads_(optimizer, np.float32(1), True)
        return self._found_inf_per_device(optimizer)

    def _found_inf_per_device(self, optimizer: Any) -> dict[Device, Tensor]:
        found: dict[Device, Tensor] = self._per_optimizer_states[id(optimizer)]["found_inf_per_device"]
        return found

    # ---- steps -----------------------------------------------------------------------------------------------------

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """What the optimizer's step returns, or None if gradients were not finite and it was skipped.

        Raises RuntimeError with a closure, or twice between updates; AssertionError if there were no gradients.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError(texts.CLOSURE)
        self._check_scale_growth_tracker("step")
        state = self._per_optimizer_states[id(optimizer)]
        if state["stage"] is OptState.STEPPED:
            raise RuntimeError(texts.STEPPED_TWICE)
        if getattr(optimizer, "_step_supports_amp_scaling", False):
            made = self._step_of_its_own(optimizer, state, *args, **kwargs)
        else:
            if state["stage"] is OptState.READY:
                self.unscale_(optimizer)
            assert state["found_inf_per_device"], texts.NO_CHECKS
            finite = not any(each.item() for each in state["found_inf_per_device"].values())
            made = optimizer.step(*args, **kwargs) if finite else None
        state["stage"] = OptState.STEPPED
        return made

    def _step_of_its_own(self, optimizer: Any, state: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """An optimizer that unscales by itself is given the scaler, or the scale and whether it is to skip."""
        if "grad_scaler" in inspect.signature(optimizer.step).parameters:
            warnings.warn(texts.PASSES_ITSELF, FutureWarning, stacklevel=3)
            return optimizer.step(*args, **kwargs, grad_scaler=self)
        if state["stage"] is OptState.READY:
            self._check_inf_per_device(optimizer)
        scale, known = self._made_scale(), getattr(optimizer, "grad_scale", 1)
        optimizer.grad_scale = None if state["stage"] is OptState.UNSCALED else scale * known
        optimizer.found_inf = sum(state["found_inf_per_device"].values())
        try:
            return optimizer.step(*args, **kwargs)
        finally:
            del optimizer.grad_scale, optimizer.found_inf

    def update(self, new_scale: Any = None) -> None:
        """Grow or shrink the scale after what the steps found, or set it."""
        if not self._enabled:
            return
        scale, tracker = self._check_scale_growth_tracker("update")
        if new_scale is None:
            self._grow_or_shrink(scale, tracker)
        elif isinstance(new_scale, float):
            scale.fill_(new_scale)
        else:
            for holds in (new_scale.device.type == self._device, new_scale.numel() == 1, not new_scale.requires_grad):
                assert holds, texts.NEW_SCALE
            scale.copy_(new_scale)
        self._per_optimizer_states = defaultdict(_refresh_per_optimizer_state)

    def _grow_or_shrink(self, scale: Any, tracker: Any) -> None:
        flags = [flag for each in self._per_optimizer_states.values() for flag in each["found_inf_per_device"].values()]
        assert flags, texts.NO_CHECKS_TO_UPDATE
        good = 0 if any(flag.item() for flag in flags) else int(tracker.item()) + 1
        if not good:
            scale.copy_(scale.detach() * self._backoff_factor)
        elif good == self._growth_interval:
            grown = np.float32(scale.item() * self._growth_factor)
            good = 0
            if np.isfinite(grown):
                scale.fill_(float(grown))
        tracker.detach().numpy()[...] = good

    # ---- what is asked of it -----------------------------------------------------------------------------------------

    def _get_scale_async(self) -> Any:
        return self._scale

    def get_scale(self) -> float:
        """The scale; 1.0 if the scaler does nothing."""
        if not self._enabled:
            return 1.0
        return self._init_scale if self._scale is None else float(self._scale.item())

    def get_growth_factor(self) -> float:
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        self._growth_interval = new_interval

    def _get_growth_tracker(self) -> int:
        if not self._enabled:
            return 0
        return self._init_growth_tracker if self._growth_tracker is None else int(self._growth_tracker.item())

    def is_enabled(self) -> bool:
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """The scale, what it is changed by, and the count of good steps; empty if the scaler does nothing."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(), "growth_factor": self._growth_factor, "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval, "_growth_tracker": self._get_growth_tracker(),
        }  # fmt: skip

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave. Raises RuntimeError if that is empty."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(texts.EMPTY_STATE)
        self._init_scale = state_dict["scale"]
        if self._scale is not None:
            self._scale.fill_(state_dict["scale"])
        self._growth_factor, self._backoff_factor = state_dict["growth_factor"], state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._init_growth_tracker = state_dict["_growth_tracker"]
        if self._growth_tracker is not None:
            self._growth_tracker.fill_(state_dict["_growth_tracker"])

    def __getstate__(self) -> dict[str, Any]:
        """Raises AssertionError between a step and `update`."""
        state = dict(vars(self))
        if self._enabled:
            assert not self._per_optimizer_states, texts.PICKLED
            state |= {"_init_scale": self.get_scale(), "_init_growth_tracker": self._get_growth_tracker()}
            state |= {"_scale": None, "_growth_tracker": None}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
