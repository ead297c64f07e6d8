"""What operators show where autograd does not hear of them: on inference tensors outside of inference mode.

PyTorch's kernels run bare there, and what they are made of can be seen. A kernel that writes into its own result by an
operator of PyTorch leaves a version above 0; one that calls the `out=` form of an operator is refused for a tensor that
requires grad; one that copies its operand by `copy_` is recorded as that. None of this is documented: the rows say what
PyTorch 2.13.0 did on the calls of `impl/tests/operator_calls.txt`, and `impl/tests/test_below_autograd.py` compares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import inplace_texts, tensor_texts
from refgrad.inplace import rebase_history
from refgrad.modes import modes

if TYPE_CHECKING:
    from refgrad.dtypes import Array
    from refgrad.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Kernel:
    """`writes`: how often the result is written after it was made, or how to tell from first operand and attributes.

    `refuses`: the operator whose `out=` form is called. `copies`: the first operand is copied into the result by
    `copy_`, or how to tell from the attributes. `saves`: one of the writes would save an operand.
    """

    writes: int | Callable[[Array, tuple[Any, ...]], int]
    refuses: str = ""
    copies: bool | Callable[[tuple[Any, ...]], bool] = False
    saves: bool = False


def _named(names: str, kernel: Kernel) -> dict[str, Kernel]:
    return dict.fromkeys(names.split(), kernel)


def _spread_of_all(a: Array, attributes: tuple[Any, ...]) -> int:
    """One number of all elements is a kernel of its own."""
    dims = range(a.ndim) if attributes[0] in (None, ()) or not a.ndim else np.atleast_1d(attributes[0])
    return int(math.prod(a.shape[dim] for dim in dims) == a.size)


def _turned(a: Array, dims: tuple[int, ...]) -> bool:
    """Whether `flip` moves an element; where it does not it copies."""
    return a.size > 1 and any(a.shape[dim] > 1 and a.strides[dim] for dim in dims)


KERNELS: dict[str, Kernel] = {
    **_named(
        "sum sum.dim_IntList nansum prod prod.dim_int max min amax amin logical_and logical_or logical_xor "
        "logical_not any all nonzero fill.Scalar fill.Tensor",
        Kernel(1),
    ),
    **_named("dot vdot _to_copy.whole", Kernel(1)),
    **_named("max.dim min.dim", Kernel(lambda a, attributes: 1 if not a.ndim else 0 if attributes[1] else 2)),
    **_named("cumsum cumprod logcumsumexp linalg_vector_norm", Kernel(lambda a, _: int(not a.ndim or not a.size))),
    "aminmax": Kernel(lambda a, attributes: 1 if attributes[0] is None else 2),
    "mode": Kernel(2),
    **_named("mean mean.dim", Kernel(2, refuses="sum")),
    **_named("var.correction std.correction", Kernel(_spread_of_all, refuses="sum")),
    **_named("mse_loss smooth_l1_loss binary_cross_entropy", Kernel(lambda a, attributes: 2 if attributes[0] else 0)),
    **{
        name: Kernel(1, refuses=name)
        for name in (
            "abs deg2rad rad2deg nan_to_num hardtanh logsumexp median.dim nanmedian.dim kthvalue cummax cummin frexp "
            "complex polar soft_margin_loss"
        ).split()
    },
    "renorm": Kernel(1, refuses="mul"),
    **_named(
        "clone _to_copy index_add index_copy scatter.src scatter.value scatter_add addmm baddbmm sort",
        Kernel(1, copies=True),
    ),
    **_named("floor ceil trunc round", Kernel(lambda a, attributes: int(a.dtype.kind in "iu"))),
    "flip": Kernel(lambda a, attributes: int(not _turned(a, attributes[0])), copies=True),
    "pow.Scalar": Kernel(1, refuses="pow"),
    "pow.Tensor_Scalar": Kernel(lambda a, attributes: int(attributes[0] in (0, 1)), copies=lambda given: given[0] == 1),
    **_named("diag_embed select_backward slice_backward diagonal_backward", Kernel(2)),
    **_named("masked_fill.Scalar masked_fill.Tensor masked_scatter put index_fill.int_Scalar", Kernel(2, saves=True)),
    "mv": Kernel(1, saves=True),
}
"""By name and overload. What is not here leaves its result at version 0, and records and refuses nothing."""


def seen_below(kernel: Kernel, tensors: Sequence[Any], attributes: tuple[Any, ...], results: Sequence[Tensor]) -> None:
    """Let results show what PyTorch's kernel did. Raises RuntimeError where it would be refused."""
    from refgrad.operators.strided import CopyBackwards

    writes = kernel.writes if isinstance(kernel.writes, int) else kernel.writes(tensors[0]._array, attributes)
    wanted = writes > 0 and modes.grad and any(getattr(each, "requires_grad", False) for each in tensors)
    if wanted and kernel.refuses:
        raise RuntimeError(inplace_texts.out_requires_grad(kernel.refuses.partition(".")[0]))
    if wanted and kernel.saves:
        raise RuntimeError(tensor_texts.INFERENCE_SAVED)
    for result in results:
        for _ in range(writes):
            result.bump_version()
    copies = kernel.copies if isinstance(kernel.copies, bool) else kernel.copies(attributes)
    if wanted and copies and tensors[0].requires_grad:
        rebase_history(results[0], CopyBackwards(results[0], tensors[0]))
