"""Weights that are computed anew before every call: by direction and length, or divided by their largest stretch.

These are the functions of long ago, which use hooks; `parametrizations.py` has those of today.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from refgrad.modes import no_grad
from refgrad.nn import functional
from refgrad.nn.layers import TransposedConvolution
from refgrad.nn.module import Module
from refgrad.nn.parameter import Parameter
from refgrad.nn.utils import norms_texts as texts
from refgrad.operators.linalg_names import LINALG
from refgrad.operators.names import FUNCTIONS


def check_single(module: Module, kind: Any, name: str, words: str) -> None:
    """Raises RuntimeError where the parameter has such a hook already."""
    if any(isinstance(each, kind) and each.name == name for each in module._forward_pre_hooks.values()):
        raise RuntimeError(texts.twice(words, name))


def found(hooks: dict[int, Any], fits: Callable[[Any], bool]) -> int | None:
    return next((number for number, each in hooks.items() if fits(each)), None)


class WeightNorm:
    """Before each call: the weight of a direction and a length."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name, self.dim = name, -1 if dim is None else dim

    def compute_weight(self, module: Module) -> Any:
        direction, length = getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g")
        return FUNCTIONS["_weight_norm"](direction, length, self.dim)

    @staticmethod
    def apply(module: Module, name: str, dim: int | None) -> WeightNorm:
        warnings.warn(texts.WEIGHT_NORM_DEPRECATED, FutureWarning, stacklevel=3)
        check_single(module, WeightNorm, name, "weight_norm")
        made = WeightNorm(name, dim)
        weight: Any = getattr(module, name)
        del module._parameters[name]
        lengths = FUNCTIONS["norm_except_dim"](weight, 2, made.dim)
        module.register_parameter(f"{name}_g", Parameter(lengths.data))
        module.register_parameter(f"{name}_v", Parameter(weight.data))
        setattr(module, name, made.compute_weight(module))
        module.register_forward_pre_hook(made)
        return made

    def remove(self, module: Module) -> None:
        weight = self.compute_weight(module)
        delattr(module, self.name)
        del module._parameters[f"{self.name}_g"]
        del module._parameters[f"{self.name}_v"]
        setattr(module, self.name, Parameter(weight.data))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Let the parameter be a direction times a length for each index of `dim`."""
    WeightNorm.apply(module, name, dim)
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again. Raises ValueError if it is one."""
    number = found(module._forward_pre_hooks, lambda each: isinstance(each, WeightNorm) and each.name == name)
    if number is None:
        raise ValueError(texts.not_found("weight_norm", name, module))
    module._forward_pre_hooks[number].remove(module)
    del module._forward_pre_hooks[number]
    return module


class SpectralNorm:
    """Before each call: the weight divided by an estimate of its largest singular value."""

    _version = 1

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        self.name, self.dim = name, dim
        if n_power_iterations <= 0:
            raise ValueError(texts.iterations(n_power_iterations))
        self.n_power_iterations, self.eps = n_power_iterations, eps

    def reshape_weight_to_matrix(self, weight: Any) -> Any:
        if self.dim != 0:
            weight = weight.permute(self.dim, *[each for each in range(weight.dim()) if each != self.dim])
        return weight.reshape(weight.size(0), -1)

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Any:
        weight, u, v = (getattr(module, self.name + end) for end in ("_orig", "_u", "_v"))
        matrix = self.reshape_weight_to_matrix(weight)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    functional.normalize(matrix.t().mv(u), dim=0, eps=self.eps, out=v)
                    functional.normalize(matrix.mv(v), dim=0, eps=self.eps, out=u)
                u, v = u.clone(), v.clone()
        return weight / u.dot(matrix.mv(v))

    def remove(self, module: Module) -> None:
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        for end in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + end)
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))

    def solved_v(self, matrix: Any, u: Any, sigma: Any) -> Any:
        """What `v` must have been, so that the weight was divided by `sigma`."""
        inverse = matrix.t().mm(matrix).pinverse()
        v = LINALG["multi_dot"]([inverse, matrix.t(), u.unsqueeze(1)]).squeeze(1)
        return v.mul_(sigma / u.dot(matrix.mv(v)))

    @staticmethod
    def apply(module: Module, name: str, n_power_iterations: int, dim: int, eps: float) -> SpectralNorm:
        check_single(module, SpectralNorm, name, "spectral_norm")
        made = SpectralNorm(name, n_power_iterations, dim, eps)
        weight: Any = module._parameters[name]
        if weight is None:
            raise ValueError(texts.no_parameter(name))
        with no_grad():
            height, width = made.reshape_weight_to_matrix(weight).size()
            u = functional.normalize(weight.new_empty(height).normal_(0, 1), dim=0, eps=eps)
            v = functional.normalize(weight.new_empty(width).normal_(0, 1), dim=0, eps=eps)
        delattr(module, name)
        module.register_parameter(f"{name}_orig", weight)
        setattr(module, name, weight.data)
        module.register_buffer(f"{name}_u", u)
        module.register_buffer(f"{name}_v", v)
        module.register_forward_pre_hook(made)
        module._register_state_dict_hook(SpectralNormStateDictHook(made))
        module._register_load_state_dict_pre_hook(SpectralNormLoadStateDictPreHook(made))
        return made


class SpectralNormStateDictHook:
    """Writes down of which version the state is."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(self, module: Module, state_dict: Any, prefix: str, local_metadata: dict[str, Any]) -> None:
        versions, key = local_metadata.setdefault("spectral_norm", {}), f"{self.fn.name}.version"
        if key in versions:
            raise RuntimeError(texts.version_twice(key))
        versions[key] = self.fn._version


class SpectralNormLoadStateDictPreHook:
    """Makes up what a state of before version 1 lacks."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(
        self, state_dict: Any, prefix: str, local_metadata: dict[str, Any], strict: bool, missing_keys: list[str],
        unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        name = self.fn.name
        version = local_metadata.get("spectral_norm", {}).get(f"{name}.version")
        if version is not None and version >= 1:
            return
        key = prefix + name
        present = [key + end in state_dict for end in ("_orig", "_u", "_v", "")]
        if version is None and present == [True, True, True, False]:
            return
        parts = [key + end for end in ("_orig", "", "_u")]
        lacking = [each for each in parts if each not in state_dict]
        if strict:
            missing_keys.extend(lacking)
        if lacking:
            return
        with no_grad():
            original, used = state_dict[parts[0]], state_dict.pop(parts[1])
            sigma = (original / used).mean()
            matrix = self.fn.reshape_weight_to_matrix(original)
            state_dict[f"{key}_v"] = self.fn.solved_v(matrix, state_dict[parts[2]], sigma)


def usual_dim(module: Module, dim: int | None) -> int:
    """Outputs are the second dimension of the weight of a transposed convolution, else the first."""
    return dim if dim is not None else int(isinstance(module, TransposedConvolution))


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a parameter by its largest singular value before each call."""
    SpectralNorm.apply(module, name, n_power_iterations, usual_dim(module, dim), eps)
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again. Raises ValueError if it is one."""
    number = found(module._forward_pre_hooks, lambda each: isinstance(each, SpectralNorm) and each.name == name)
    if number is None:
        raise ValueError(texts.not_found("spectral_norm", name, module))
    module._forward_pre_hooks[number].remove(module)
    del module._forward_pre_hooks[number]
    for hooks, kind in (
        (module._state_dict_hooks, SpectralNormStateDictHook),
        (module._load_state_dict_pre_hooks, SpectralNormLoadStateDictPreHook),
    ):
        number = found(hooks, lambda each: isinstance(each, kind))  # noqa: B023
        if number is not None:
            del hooks[number]
    return module
