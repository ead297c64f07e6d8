"""What optimizers refuse of their options, in the order in which PyTorch looks at them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from refgrad.optim import texts
from refgrad.tensor import Tensor

WORDS = {"lr": "learning rate", "eps": "epsilon value", "momentum": "momentum value"}
"""What messages call options that they do not call by their names."""


def check_options(options: Mapping[str, Any], names: Sequence[str], *, below: bool = False) -> None:
    """Raise ValueError for options that are out of range; what is no number Python refuses to compare.

    `below`: they are asked whether they are negative, which not-a-number is not.
    """
    if names:
        check_one_rate(options["lr"])
    for name in names:
        value = options[name]
        if name in RANGES:
            RANGES[name](value)
        elif value < 0.0 if below else not 0.0 <= value <= math.inf:
            raise ValueError(f"Invalid {WORDS.get(name, f'{name} value')}: {value}")


def check_one_rate(lr: Any) -> None:
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError(texts.RATE_OF_SEVERAL)


def check_betas(betas: Any) -> None:
    for place in (0, 1):
        if not 0.0 <= betas[place] < 1.0:
            raise ValueError(f"Invalid beta parameter at index {place}: {betas[place]}")


def check_rho(rho: Any) -> None:
    if not 0.0 <= rho <= 1.0:
        raise ValueError(f"Invalid rho value: {rho}")


def check_etas(etas: Any) -> None:
    if not 0.0 < etas[0] < 1.0 < etas[1]:
        raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")


RANGES: dict[str, Callable[[Any], None]] = {"betas": check_betas, "rho": check_rho, "etas": check_etas}
"""Options that have a range of their own."""


def check_rate(lr: Any, foreach: Any, capturable: Any) -> None:
    """Raise ValueError for a rate that is a tensor where all parameters move at once."""
    if isinstance(lr, Tensor) and foreach and not capturable:
        raise ValueError(texts.RATE_WITH_FOREACH)


def check_both_betas(betas: Any, foreach: Any, capturable: Any) -> None:
    """Raise ValueError for a number and a tensor, and for tensors that cannot be used."""
    kinds = [Tensor if isinstance(each, Tensor) else float if isinstance(each, float) else None for each in betas[:2]]
    if kinds[0] is None or kinds[0] is not kinds[1]:
        raise ValueError(texts.MIXED_BETAS)
    for place, each in enumerate(betas[:2]):
        if isinstance(each, Tensor):
            if not capturable and foreach:
                raise ValueError(texts.beta_with_foreach(place))
            if each.numel() != 1:
                raise ValueError(texts.beta_of_several(place))
