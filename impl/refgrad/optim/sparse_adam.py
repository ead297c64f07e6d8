"""`torch.optim.SparseAdam`: `Adam` for sparse gradients, which touches only what they have places for."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from refgrad.optim import texts
from refgrad.optim.optimizer import ByFormula
from refgrad.optim.options import check_betas
from refgrad.tensor import Tensor


class SparseAdam(ByFormula):
    """`Adam`, lazily: the means of elements without gradient stay as they are."""

    takes_sparse = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:  # fmt: skip
        if not lr > 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps > 0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        check_betas(betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})

    def refuse(self, group: dict[str, Any], parameters: list[Any]) -> None:
        if any(not each.grad.is_sparse for each in parameters):
            raise RuntimeError(texts.SPARSE_ALONE)

    def move(self, parameter: Any, grad: Any, group: dict[str, Any], state: dict[str, Any]) -> None:
        if not state:
            zeros = parameter.new_zeros(parameter.shape)
            state.update(step=0, exp_avg=zeros, exp_avg_sq=zeros.clone())
        state["step"] += 1
        found = grad.coalesce()
        if not found._nnz():
            return
        first, second = group["betas"]
        at, values = tuple(found._indices()._array), found._values()
        means = []
        for name, share, wanted in (("exp_avg", first, values), ("exp_avg_sq", second, values.pow(2))):
            old = Tensor._of(state[name]._array[at])
            change = wanted.sub(old).mul_(1 - share)
            state[name]._array[at] += change._array
            means.append(change.add_(old))
        size = means[1].sqrt_().add_(group["eps"])
        length = group["lr"] * math.sqrt(1 - second ** state["step"]) / (1 - first ** state["step"])
        update = means[0].div_(size).mul_(-length)
        parameter._array[at] += update._array
        parameter.bump_version()
