"""Operators on inference tensors outside of inference mode: what of PyTorch's kernels is seen, on both engines.

Every call of `operator_calls.txt` is made on inference tensors, once as they are and once as leaves that require grad:
whether the results are inference tensors, views and leaves, their versions, and what is refused.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
import sweep  # noqa: E402  # a helper beside this file

import refgrad  # noqa: E402

DECLINED = frozenset(
    """
    adaptive_avg_pool1d adaptive_avg_pool2d angle as_strided_scatter batch_norm bilinear
    binary_cross_entropy_with_logits bincount block_diag cat channel_shuffle cholesky cholesky_ex cholesky_inverse
    cholesky_solve conj_physical conv1d conv2d conv_transpose1d conv_transpose2d cross_entropy cumprod cumsum det diag
    diag_embed diagonal_scatter eigh eigvals fft fft2 fftn group_norm hfft hfft2 hfftn histc ifft ifft2 ifftn ihfft
    ihfft2 ihfftn index_reduce interpolate inv inv_ex inverse irfft irfft2 irfftn isclose isfinite ldexp linear
    logcumsumexp lstsq lu lu_factor matrix_exp matrix_power matrix_rank max_pool1d multi_margin_loss multigammaln
    mvlgamma ndtr norm pad pdist pixel_shuffle pixel_unshuffle poisson_nll_loss qr repeat rfft rfft2 rfftn roll rot90
    scaled_dot_product_attention scatter_reduce select_scatter slice_scatter slogdet solve solve_ex solve_triangular
    tensorinv tile unfold unique_consecutive vander var xlog1py
    """.split()
)
"""Operators of which refgrad does not copy it; `gradconform.catalogue.patterns` has the same."""

KNOWN = {"F.embedding(a, b) | q i", "T.combinations(a) | v", "T.std(a) | C"}
"""Calls that differ all the same: an order of checks, a list of leaves, complex numbers."""


def declined(expression: str) -> bool:
    called = {part.partition("(")[0] for part in expression.replace("(", "( ").replace(".", " .").split(" .")[1:]}
    return bool(called & DECLINED) or any(name.endswith("_copy") for name in called) or expression == "a[:, b]"


def attempted(engine: Any, expression: str, kinds: tuple[str, ...], leaves: bool) -> Any:
    engine.manual_seed(0)
    with engine.inference_mode():
        inputs = [sweep.tensor_of(engine, kind).detach().clone() for kind in kinds]
        for each in inputs:
            if leaves and (each.is_floating_point() or each.is_complex()):
                each.requires_grad_()
    case = eval(sweep.compiled(expression))
    try:
        made = case(engine, engine.nn.functional, *inputs)
    except Exception as error:  # which it is, is what is compared
        return type(error).__name__, str(error)
    return [facts(each) for each in sweep.tensors_in(made)]


def facts(tensor: Any) -> Any:
    node = tensor.grad_fn
    version = None if tensor.is_inference() else tensor._version
    return version, tensor._is_view(), tensor.requires_grad, tensor.is_leaf, node and node.name()


@pytest.mark.parametrize("leaves", [False, True], ids=["tensors", "leaves"])
def test_what_is_seen_of_kernels(leaves: bool) -> None:
    wrong = []
    count = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for expression, kinds in sweep.calls((sweep.HERE / "operator_calls.txt").read_text()):
            if declined(expression) or f"{expression} | {' '.join(kinds)}" in KNOWN:
                continue
            count += 1
            expected = attempted(torch, expression, kinds, leaves)
            got = attempted(refgrad, expression, kinds, leaves)
            if expected != got:
                wrong.append(f"{expression} | {' '.join(kinds)}: {expected} != {got}")

    assert [] == wrong
    assert count > 1000
