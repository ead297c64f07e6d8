"""`torch.__future__`: switches of what converting a module does to its parameters."""

from __future__ import annotations

switches = {"overwrite": False, "swap": False}


def set_overwrite_module_params_on_conversion(value: bool) -> None:
    """Whether a converted module has new parameters, and not the same ones with other elements."""
    switches["overwrite"] = value


def get_overwrite_module_params_on_conversion() -> bool:
    return switches["overwrite"]


def set_swap_module_params_on_conversion(value: bool) -> None:
    """Whether PyTorch swaps the insides of parameters; here they are the same ones with other elements either way."""
    switches["swap"] = value


def get_swap_module_params_on_conversion() -> bool:
    return switches["swap"]


__all__ = [
    "get_overwrite_module_params_on_conversion", "get_swap_module_params_on_conversion",
    "set_overwrite_module_params_on_conversion", "set_swap_module_params_on_conversion",
]  # fmt: skip
