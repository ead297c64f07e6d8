"""Operators on inference tensors outside of inference mode: what of PyTorch's kernels is seen, on both engines.

Calls of `operator_calls.txt` are made on inference tensors, once as they are and once as leaves that require grad:
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

COPIED = frozenset(
    """
    sin cos exp log sqrt rsqrt reciprocal abs neg sgn sign floor ceil trunc round frac relu square deg2rad rad2deg
    nan_to_num sigmoid tanh add sub mul div pow maximum minimum atan2 hypot remainder fmod logical_and logical_or
    logical_xor dot vdot outer eq ne lt le gt ge clamp hardtanh relu6 sum nansum prod mean max min amax amin aminmax
    median nanmedian mode kthvalue sort cummax cummin logsumexp clone contiguous to double float half renorm t view
    reshape transpose permute squeeze unsqueeze expand flatten unbind split chunk narrow select diagonal stack
    gather index_select masked_fill masked_scatter put index_fill index_add index_copy scatter scatter_add mv mm bmm
    matmul addmm baddbmm flip where take tril triu mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy
    complex polar frexp
    """.split()
)
"""Operators whose kernels refgrad copies, or that show nothing. `BARE` in `gradconform.catalogue.patterns` names those
that are known to show what it does not copy."""


def is_copied(expression: str) -> bool:
    called = {part.partition("(")[0] for part in expression.replace("T.", ".").replace("F.", ".").split(".")[1:]}
    return called <= COPIED and "[" not in expression


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
            if not is_copied(expression):
                continue
            count += 1
            expected = attempted(torch, expression, kinds, leaves)
            got = attempted(refgrad, expression, kinds, leaves)
            if expected != got:
                wrong.append(f"{expression} | {' '.join(kinds)}: {expected} != {got}")

    assert [] == wrong
    assert count > 400
