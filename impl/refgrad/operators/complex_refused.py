"""The operators that complex numbers are refused by, since they have no order, and what PyTorch says.

A row is called as in its signature. Some of PyTorch's kernels check by themselves, some have no branch for the type.
Observed on PyTorch 2.13.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from refgrad.dtypes import FROM_NUMPY
from refgrad.operators.texts import HEAVISIDE_COMPLEX, not_implemented_for

NO_CLAMP = "clamp is not supported for complex types"

MISSING_KERNELS: Mapping[str, str] = MappingProxyType({
    "gt": "gt_cpu", "lt": "lt_cpu", "ge": "ge_cpu", "le": "le_cpu", "max": "max_all", "min": "min_all",
    "amax": "max_values_cpu", "amin": "min_values_cpu", "median": "median_cpu", "median.dim": "median_out",
    "nanmedian": "median_cpu", "nanmedian.dim": "median_out", "kthvalue": "kthvalue_cpu", "round": "round_vml_cpu",
    "frac": "frac_cpu", "floor_divide": "div_floor_cpu", "remainder.Scalar": "remainder_cpu",
    "remainder.Tensor": "remainder_cpu", "fmod.Scalar": "fmod_cpu", "fmod.Tensor": "fmod_cpu", "cummax": "cummax_cpu",
    "cummin": "cummin_cpu", "atan2": "atan2_cpu", "hypot": "hypot_cpu",
    "aminmax": "aminmax_cpu", "leaky_relu": "leaky_relu_cpu", "erf": "erf_vml_cpu", "copysign.Tensor": "copysign_cpu",
    "mode": "mode_cpu", "logaddexp2": "logaddexp2_cpu", "threshold": "threshold_cpu", "softplus": "softplus_cpu",
    "gelu": "GeluKernelImpl", "elu_": "elu_cpu", "celu": "elu_cpu", "celu_": "elu_cpu", "leaky_relu_": "leaky_relu_cpu",
    "log_sigmoid_forward": "log_sigmoid_cpu", "softshrink": "softshrink_check", "threshold_": "threshold_cpu",
    "lgamma": "lgamma_vml_cpu", "erfc": "erfc_vml_cpu", "erfinv": "erfinv_vml_cpu", "digamma": "digamma",
    "i0": "i0_vml_cpu", "special_i0e": "i0e_cpu", "special_i1": "i1_cpu", "special_i1e": "i1e_cpu",
    "special_entr": "entr_cpu", "special_erfcx": "erfcx_cpu", "special_ndtri": "ndtri_cpu",
    "special_log_ndtr": "log_ndtr_cpu", "nextafter": "nextafter_cpu", "logit": "logit_cpu", "igamma": "igamma_cpu",
    "igammac": "igammac_cpu", "copysign.Scalar": "copysign_cpu", "round.decimals": "round_cpu",
    "hardsigmoid": "hardsigmoid_cpu", "hardswish": "hardswish_cpu", "elu": "elu_cpu", "mish": "mish_cpu",
    "hardshrink": "hardshrink_cpu", "special_zeta": "zeta_cpu", "special_zeta.other_scalar": "zeta_cpu",
    "special_zeta.self_scalar": "zeta_cpu", "xlogy.Tensor": "xlogy_cpu", "xlogy.Scalar_Self": "xlogy_cpu",
    "xlogy.Scalar_Other": "xlogy_cpu", "special_xlog1py": "xlog1py_cpu", "special_xlog1py.other_scalar": "xlog1py_cpu",
    "special_xlog1py.self_scalar": "xlog1py_cpu",
})  # fmt: skip
"""Rows and the kernels that have no branch for complex numbers."""

REFUSALS: Mapping[str, str] = MappingProxyType({
    "clamp": NO_CLAMP, "clamp.Tensor": NO_CLAMP, "clamp_min": NO_CLAMP, "clamp_min.Tensor": NO_CLAMP,
    "clamp_max": NO_CLAMP, "clamp_max.Tensor": NO_CLAMP, "relu": NO_CLAMP, "hardtanh": NO_CLAMP,
    "sign": "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead.",
    "floor": "floor is not supported for complex inputs", "ceil": "ceil is not supported for complex inputs",
    "trunc": "trunc is not supported for complex inputs",
    "signbit": "signbit is not implemented for complex tensors.",
})  # fmt: skip
"""Rows that check by themselves, with NotImplementedError."""

CHECKS: Mapping[str, str] = MappingProxyType({
    "max.dim": "max(): does not support complex input", "min.dim": "min(): does not support complex input",
    "argmax": "argmax(): does not support complex input", "argmin": "argmin(): does not support complex input",
    "maximum": "maximum not implemented for complex tensors.",
    "minimum": "minimum not implemented for complex tensors.", "fmax": "fmax not implemented for complex tensors.",
    "fmin": "fmin not implemented for complex tensors.", "sort": " Sort does not support complex dtypes on CPU",
    "isposinf": "isposinf does not support complex inputs.", "isneginf": "isneginf does not support complex inputs.",
    "sort.stable": " Sort does not support complex dtypes on CPU",
    "topk": " topk does not support complex dtypes on CPU",
    "heaviside": HEAVISIDE_COMPLEX,
})  # fmt: skip
"""Rows that check by themselves, with RuntimeError."""

AT_LAST = frozenset((
    "amax", "amin", "aminmax", "max", "max.dim", "min", "min.dim", "median", "median.dim", "nanmedian", "nanmedian.dim",
    "mode", "kthvalue", "cummax", "cummin", "sort", "sort.stable", "topk",
))  # fmt: skip
"""Rows that look at dimensions first."""
WITHOUT_ELEMENTS = frozenset(("median", "nanmedian", "mode", "cummax", "cummin"))
WITHOUT_DIMENSIONS = frozenset(("kthvalue", "mode", "cummax", "cummin"))
"""Rows that have no use for a kernel there."""


def refusing(name: str, forward: Callable[..., Any]) -> Callable[..., Any]:
    """`forward` of the row of this name, which refuses complex arrays if PyTorch does."""
    if name in MISSING_KERNELS:
        kernel = MISSING_KERNELS[name]
        return _checked(name, forward, lambda kind: NotImplementedError(not_implemented_for(kernel, kind)))
    if name in REFUSALS:
        return _checked(name, forward, lambda _: NotImplementedError(REFUSALS[name]))
    if name in CHECKS:
        return _checked(name, forward, lambda _: RuntimeError(CHECKS[name]))
    return forward


def _checked(name: str, forward: Callable[..., Any], refusal: Callable[[str], Exception]) -> Callable[..., Any]:
    def checked(a: Any, *rest: Any) -> Any:
        if a.dtype.kind == "c":
            if name in AT_LAST:
                made = forward(a.real, *rest)  # which says what else is wrong
                nothing = name in ("amax", "amin") and not made.size
                nothing = nothing or (name in WITHOUT_ELEMENTS and not a.size)
                if nothing or (name in WITHOUT_DIMENSIONS and not a.ndim):
                    return forward(a, *rest)
            raise refusal(FROM_NUMPY[a.dtype].scalar_name)
        return forward(a, *rest)

    return checked
