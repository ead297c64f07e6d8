"""What `torch.amp` says, as observed on PyTorch 2.13.0."""

from __future__ import annotations

UNSUPPORTED = (
    "In {0} autocast, but the target dtype is not supported. Disabling autocast.\n{0} Autocast only supports dtypes of "
    "torch.bfloat16, torch.float16 currently."
)
NO_CUDA = "CUDA is not available or torch_xla is imported. Disabling autocast."
NO_CUDA_TO_SCALE = "torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling."
GROWTH = "The growth factor must be > 1.0."
BACKOFF = "The backoff factor must be < 1.0."
NOT_TENSORS = "outputs must be a Tensor or an iterable of Tensors"
FP16 = "Attempting to unscale FP16 gradients."
UNSCALED_TWICE = "unscale_() has already been called on this optimizer since the last update()."
UNSCALED_LATE = "unscale_() is being called after step()."
STEPPED_TWICE = "step() has already been called since the last update()."
CLOSURE = "Closure use is not currently supported if GradScaler is enabled."
NO_CHECKS = "No inf checks were recorded for this optimizer."
NO_CHECKS_TO_UPDATE = "No inf checks were recorded prior to update."
NEW_SCALE = (
    "new_scale should be a float or a 1-element torch.cuda.FloatTensor or torch.FloatTensor with requires_grad=False."
)
PICKLED = (
    "A GradScaler instance may only be pickled at the beginning of an iteration, or at the end after scaler.update()."
)
EMPTY_STATE = "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
PASSES_ITSELF = (
    "GradScaler is going to stop passing itself as a keyword argument to the passed optimizer. In the near future "
    "GradScaler registers `grad_scale: Tensor` and `found_inf: Tensor` to the passed optimizer and let the optimizer "
    "use them directly."
)


def device_type(value: object) -> str:
    return f"Expected `device_type` of type `str`, got: `{type(value)}`"


def without(name: str, missing: str) -> str:
    return (
        f"Attempted {name} but {missing} is None.  This may indicate your script did not use "
        "scaler.scale(loss or outputs) earlier in the iteration."
    )


def moved(place: str, name: str, now: str) -> str:
    return f"`torch.{place}.amp.{name}(args...)` is deprecated. Please use `torch.amp.{now}` instead."
