"""`torch.amp.GradScaler`: losses times a number, so that small gradients do not vanish in a short type."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from refgrad.amp import NO_CUDA_SCALER
from refgrad.creation import tensor
from refgrad.dtypes import float16
from refgrad.modes import no_grad
from refgrad.tensor import Tensor

NO_SCALE = (
    "Attempted {} but _scale is None.  This may indicate your script did not use scaler.scale(loss or outputs) earlier "
    "in the iteration."
)
NEW_SCALE = (
    "new_scale should be a float or a 1-element torch.cuda.FloatTensor or torch.FloatTensor with requires_grad=False."
)
EMPTY_STATE = "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."

READY, UNSCALED, STEPPED = range(3)


class GradScaler:
    """Grows its number while gradients stay finite, and lets a step go where they do not."""

    __module__ = "torch.amp.grad_scaler"

    def __init__(
        self, device: str = "cuda", init_scale: float = 2.0**16, growth_factor: float = 2.0,
        backoff_factor: float = 0.5, growth_interval: int = 2000, enabled: bool = True,
    ) -> None:  # fmt: skip
        self._device = device
        self._enabled = enabled
        if enabled and device == "cuda":
            warnings.warn(NO_CUDA_SCALER, stacklevel=2)
            self._enabled = False
        if not self._enabled:
            return
        if growth_factor <= 1.0:
            raise AssertionError("The growth factor must be > 1.0.")
        if backoff_factor >= 1.0:
            raise AssertionError("The backoff factor must be < 1.0.")
        self._init_scale, self._growth_factor, self._backoff_factor = init_scale, growth_factor, backoff_factor
        self._growth_interval, self._tracker = growth_interval, 0
        self._scale: Any = None
        self._states: Any = defaultdict(lambda: {"stage": READY, "found": None})

    def needed(self, what: str) -> Any:
        """The number. Raises AssertionError before there is one."""
        if self._scale is None:
            raise AssertionError(NO_SCALE.format(what))
        return self._scale

    def scale(self, outputs: Any) -> Any:
        """Outputs times the number. Raises ValueError for what is no tensor and has none in it."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            if self._scale is None:
                self._scale = tensor(float(self._init_scale))
            return outputs * self._scale.to(outputs.dtype) if outputs.dim() else outputs * self._scale
        if isinstance(outputs, Iterable):
            made = map(self.scale, outputs)
            return type(outputs)(made) if isinstance(outputs, (list, tuple)) else made
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of an optimizer's parameters by the number.

        Raises AssertionError, RuntimeError and ValueError where that has been done, or cannot be.
        """
        if not self._enabled:
            return
        scale = self.needed("unscale_")
        state = self._states[id(optimizer)]
        if state["stage"] == UNSCALED:
            raise RuntimeError("unscale_() has already been called on this optimizer since the last update().")
        if state["stage"] == STEPPED:
            raise RuntimeError("unscale_() is being called after step().")
        gradients = [each.grad for group in optimizer.param_groups for each in group["params"] if each.grad is not None]
        if any(each.dtype is float16 for each in gradients):
            raise ValueError("Attempting to unscale FP16 gradients.")
        inverse = 1.0 / scale.item()
        with no_grad():
            for each in gradients:
                finite = bool(each.isfinite().all())
                state["found"] = bool(state["found"]) or not finite
                each.mul_(inverse)
        state["stage"] = UNSCALED

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """The optimizer's step, if all gradients are finite.

        Raises RuntimeError if there was one since the last update, AssertionError if there are no gradients.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        self.needed("step")
        state = self._states[id(optimizer)]
        if state["stage"] == STEPPED:
            raise RuntimeError("step() has already been called since the last update().")
        if state["stage"] == READY:
            self.unscale_(optimizer)
        if state["found"] is None:
            raise AssertionError("No inf checks were recorded for this optimizer.")
        result = None if state["found"] else optimizer.step(*args, **kwargs)
        state["stage"] = STEPPED
        return result

    def update(self, new_scale: Any = None) -> None:
        """Grow the number, or take it back; or set it.

        Raises AssertionError where nothing was seen since the last update.
        """
        if not self._enabled:
            return
        scale = self.needed("update")
        if new_scale is not None:
            if isinstance(new_scale, Tensor) and (new_scale.numel() != 1 or new_scale.requires_grad):
                raise AssertionError(NEW_SCALE)
            scale.fill_(new_scale)
        else:
            found = [each["found"] for each in self._states.values() if each["found"] is not None]
            if not found:
                raise AssertionError("No inf checks were recorded prior to update.")
            if any(found):
                scale.mul_(self._backoff_factor)
                self._tracker = 0
            else:
                self._tracker += 1
                if self._tracker == self._growth_interval:
                    scale.mul_(self._growth_factor)
                    self._tracker = 0
        self._states.clear()

    def get_scale(self) -> float:
        if not self._enabled:
            return 1.0
        return float(self._init_scale) if self._scale is None else float(self._scale.item())

    def is_enabled(self) -> bool:
        return self._enabled

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

    def state_dict(self) -> dict[str, Any]:
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(), "growth_factor": self._growth_factor, "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval, "_growth_tracker": self._tracker,
        }  # fmt: skip

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take a state over. Raises RuntimeError for an empty one."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(EMPTY_STATE)
        self._init_scale = state_dict["scale"]
        if self._scale is not None:
            self._scale.fill_(state_dict["scale"])
        self._growth_factor, self._backoff_factor = state_dict["growth_factor"], state_dict["backoff_factor"]
        self._growth_interval, self._tracker = state_dict["growth_interval"], state_dict["_growth_tracker"]
