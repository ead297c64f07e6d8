"""The operators that PyTorch has no kernels of for the short floating types, and what it says. Observed on 2.13.0.

What else is wrong with a call is said first. Some kernels are not asked for where there is nothing to compute.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from refgrad import dtypes
from refgrad.cpp_spelling import listed
from refgrad.operators.linalg_names import LinAlgError
from refgrad.operators.texts import not_implemented_for

SPECIAL = (
    "airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 chebyshev_polynomial_t chebyshev_polynomial_u "
    "chebyshev_polynomial_v chebyshev_polynomial_w erfcx hermite_polynomial_h hermite_polynomial_he "
    "laguerre_polynomial_l legendre_polynomial_p log_ndtr modified_bessel_i0 modified_bessel_i1 modified_bessel_k0 "
    "modified_bessel_k1 ndtri scaled_modified_bessel_k0 scaled_modified_bessel_k1 shifted_chebyshev_polynomial_t "
    "shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w spherical_bessel_j0 "
    "zeta"
).split()

KERNELS: Mapping[str, str] = MappingProxyType({
    "geqrf": "geqrf_cpu", "linalg_qr": "geqrf_cpu",
    "cholesky_inverse": "cholesky_inverse_out_cpu", "cholesky_solve": "cholesky_solve_cpu",
    "linalg_householder_product": "orgqr_cpu", "ormqr": "ormqr_cpu", "triangular_solve": "triangular_solve_cpu",
    "linalg_solve_triangular": "triangular_solve_cpu", "linalg_eig": "linalg_eig_out_cpu",
    "multi_margin_loss": "multi_margin_loss_cpu_kernel",
    "multilabel_margin_loss_forward": "multilabel_margin_loss_forward_out_frame", "_ctc_loss": "ctc_loss_cpu",
    **{f"special_{name}": f"{name}_cpu" for name in SPECIAL},
})  # fmt: skip
"""Rows and the kernels that have no branch for float16 and bfloat16."""

UNLESS_EMPTY: Mapping[str, str] = MappingProxyType({
    "_cdist_forward": "cdist", "_pdist_forward": "pdist", "cholesky": "cholesky_cpu",
    "linalg_cholesky_ex": "cholesky_cpu", "linalg_lu_solve": "linalg.lu_solve_cpu", "_linalg_svd": "linalg_svd_cpu",
    "_linalg_det": "lu_cpu", "linalg_lu": "lu_cpu", "linalg_lu_factor_ex": "lu_cpu",
    "_linalg_eigh": "linalg_eigh_cpu", "_linalg_solve_ex": "lu_cpu",
    "linalg_ldl_factor_ex": "ldl_factor_kernel_cpu", "linalg_ldl_solve": "ldl_solve_kernel_cpu",
})  # fmt: skip
"""The same, where an empty operand is not refused."""

CHECKED: Mapping[str, str] = MappingProxyType({"linalg_inv_ex": "linalg.inv", "_linalg_slogdet": "linalg.slogdet"})
"""Rows that check by themselves."""
KINDS = "This function doesn't handle types other than float and double"


def refusal(row: str, arrays: list[Any]) -> Exception | None:
    """What PyTorch raises for operands of a short type that nothing else is wrong with."""
    kind = dtypes.of_array(arrays[0]).scalar_name
    kernel = KERNELS.get(row)
    if kernel is None and row in UNLESS_EMPTY and all(each.size for each in arrays if hasattr(each, "size")):
        kernel = UNLESS_EMPTY[row]
    if kernel is not None:
        return NotImplementedError(not_implemented_for(kernel, kind))
    if row in CHECKED:
        return RuntimeError(too_short(CHECKED[row], kind))
    if row == "linalg_lstsq":
        return RuntimeError(KINDS)
    if row == "linalg_pinv":
        return RuntimeError(of_pseudoinverse(kind, arrays[0].shape))
    return None


def too_short(name: str, kind: str) -> str:
    return f"{name}: Low precision dtypes not supported. Got {kind}"


def of_pseudoinverse(kind: str, shape: Any) -> str:
    return (
        f"linalg.pinv({kind}{{{listed(shape)}}}): expected a tensor with 2 or more dimensions of float, double, cfloat "
        "or cdouble types"
    )


def check_not_short(name: str, a: Any) -> None:
    """Raise RuntimeError for the short types, as functions do that are made of several rows."""
    kind = dtypes.of_array(a)
    if kind in (dtypes.float16, dtypes.bfloat16):
        raise RuntimeError(too_short(name, kind.scalar_name))


def checked(row: str, arrays: list[Any], forward: Any) -> Any:
    """`forward`, which raises what PyTorch does once everything else has been looked at."""
    raised = refusal(row, arrays)
    if raised is None:
        return forward

    def run(*operands: Any) -> Any:
        try:
            forward(*operands)
        except LinAlgError:
            pass
        raise raised

    return run
