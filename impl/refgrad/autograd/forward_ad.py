"""`torch.autograd.forward_ad`: dual tensors, which carry a tangent through every operator.

Behaviour: https://docs.pytorch.org/docs/2.13/autograd.html#forward-mode-automatic-differentiation, details observed on
PyTorch 2.13.0. How a tangent passes an operator stands in `refgrad/operators/tangents.py`.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import refgrad
from refgrad import forward_texts as texts
from refgrad.levels import (
    BatchLevel,
    DualLevel,
    Lowered,
    batch_dim,
    levels,
    lifted,
    lowered,
    settled,
    wrapped,
)
from refgrad.modes import ModeGuard, modes
from refgrad.operators.declare import KEEP, VIEW, operator
from refgrad.operators.transformed import aliased_below, call_transformed, primal_of, set_tangent, tangent_of
from refgrad.tensor import Tensor
from refgrad.type_names import type_name
from refgrad.versions import only_inference

_current_level = -1


class UnpackedDualTensor(NamedTuple):
    """What `unpack_dual` returns."""

    primal: Tensor
    tangent: Tensor | None


def enter_dual_level() -> int:
    """Begin a level and return its number.

    Raises RuntimeError if there is one: levels do not nest.
    """
    global _current_level  # noqa: PLW0603  # users read it, as in PyTorch
    if levels.dual is not None:
        raise RuntimeError(texts.NESTED_LEVEL)
    if _current_level != -1:
        raise RuntimeError(texts.INVALID_CURRENT_LEVEL)
    levels.enter_dual(DualLevel())
    _current_level = 0
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """End the level: every tangent is gone.

    Raises RuntimeError if `level` is not the innermost.
    """
    global _current_level  # noqa: PLW0603  # users read it, as in PyTorch
    if level is None:
        level = _current_level
    if level != _current_level:
        raise RuntimeError(texts.EXIT_ORDER)
    if level < 0:
        raise RuntimeError(texts.NEGATIVE_LEVEL)
    if levels.dual is not None:
        levels.dual.clear()
    levels.enter_dual(None)
    _current_level = level - 1


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> Tensor:
    """A view of `tensor` with `tangent`, kept as it is if it lies in memory as the tensor does, copied otherwise.

    Raises RuntimeError outside of a level, for a tensor that has a tangent and for a tangent of another size;
    ValueError for types other than floating and complex.
    """
    if level is None:
        level = _current_level
    if level < 0:
        raise RuntimeError(texts.NO_LEVEL)
    for what, each in (("primal", tensor), ("tangent", tangent)):
        if not (each.is_floating_point() or each.is_complex()):
            raise ValueError(texts.not_floating(what, each.dtype))
    if level != 0:
        raise RuntimeError(texts.INVALID_LEVEL)
    made: Tensor = refgrad._make_dual(tensor, tangent, level=level)
    return made


def _make_dual(tensor: Any, tangent: Any, level: int) -> Any:
    return dual(tensor, tangent)


WHOLE = operator(
    "view.whole(Tensor self, int[] size)",
    lambda a, size: a.view(),
    node="ViewBackward0",
    gradients={"self": lambda grad, self_sym_sizes: grad.reshape(self_sym_sizes)},
    dtype=KEEP,
    view=VIEW,
    public=False,
)
"""A view of all that keeps the strides, where `view` makes them anew for dimensions of one element."""


def heard_view(tensor: Any, shape: tuple[int, ...]) -> Any:
    """A view that autograd hears of, though it be of an inference tensor: the tangent is none."""
    return call_transformed(WHOLE, (tensor,), (shape,))


def dual(tensor: Any, tangent: Any) -> Any:
    """The dual tensor on the innermost level; `vmap` makes it of what its tensors stand on."""
    level = levels.stack[-1] if levels.stack else None
    if isinstance(level, BatchLevel):
        dims = batch_dim(level, tensor), batch_dim(level, tangent)
        parts = [lowered(level, tensor), lowered(level, tangent)]
        with Lowered(level):
            if dims == (None, None):
                return dual(*parts)
            for i, dim in enumerate(dims):
                if dim is None:
                    parts[i] = parts[i].expand(level.size, *parts[i].shape).clone()
                else:
                    parts[i] = parts[i].movedim(dim, 0)
            made = dual(*parts)
        return wrapped(level, made, 0)
    tensor, tangent = on_level(tensor), on_level(tangent)
    if tangent_of(tensor) is not None:
        raise RuntimeError(texts.DUAL_OF_DUAL)
    unheard = only_inference((tensor, tangent))
    made = (WHOLE if unheard else heard_view)(tensor, tuple(tensor._array.shape))
    extra = tensor._extra
    if extra is not None and extra.wrapper is not None:
        made.own_extra().wrapper = aliased_below(extra.wrapper)
    if made._view is not None:
        made._view.forward = None
    if not unheard and not modes.inference:
        set_tangent(made, tangent, False)
    return made


def on_level(tensor: Any) -> Any:
    """`tensor` as one of the innermost transform."""
    return lifted(levels.stack[-1], tensor) if levels.stack else settled(tensor)


def unpack_dual(tensor: Any, *, level: int | None = None) -> UnpackedDualTensor:
    """The tensor without its tangent, and the tangent, `None` if there is none.

    Raises RuntimeError for a tensor that has a tangent on another level than `level`.
    """
    if level is None:
        level = _current_level
    if level < 0:
        return UnpackedDualTensor(tensor, None)
    if not isinstance(tensor, Tensor):
        raise TypeError(texts.unpack_no_tensor(type_name(tensor)))
    return UnpackedDualTensor(*refgrad._unpack_dual(tensor, level=level))


def _unpack_dual(tensor: Any, level: int) -> Any:
    if level != 0:
        if unpacked(tensor).tangent is not None:
            raise RuntimeError(texts.INVALID_LEVEL_OF_PRIMAL)
        return UnpackedDualTensor(primal_view(tensor), None)
    return unpacked(tensor)


def unpacked(tensor: Any) -> UnpackedDualTensor:
    level = levels.stack[-1] if levels.stack else None
    if isinstance(level, BatchLevel):
        dim = batch_dim(level, tensor)
        with Lowered(level):
            primal, tangent = unpacked(lowered(level, tensor))
        if dim is None:
            return UnpackedDualTensor(primal, tangent)
        return UnpackedDualTensor(
            wrapped(level, primal, dim), None if tangent is None else wrapped(level, tangent, dim)
        )
    tensor = on_level(tensor)
    return UnpackedDualTensor(primal_view(tensor), tangent_of(tensor) if _is_fwd_grad_enabled() else None)


def primal_view(tensor: Tensor) -> Tensor:
    """What unpacking gives: always a view, also of a tensor without tangent."""
    return primal_of(tensor, always=True)  # type: ignore[no-any-return]


class dual_level(ModeGuard):
    """A level for a block, or for the calls of a decorated function."""

    __module__ = "torch.autograd.forward_ad"

    def __enter__(self) -> int:  # type: ignore[override]
        return enter_dual_level()

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> Literal[False]:
        exit_dual_level()
        return False


def _is_fwd_grad_enabled() -> bool:
    return levels.forward and not modes.inference


class _set_fwd_grad_enabled(ModeGuard):
    """Whether operators hand tangents on, from the call on; as a block, until its end."""

    __module__ = "torch.autograd.forward_ad"

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.prev = levels.forward
        self.mode = mode
        levels.forward = mode

    def __enter__(self) -> None:
        pass

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> Literal[False]:
        levels.forward = self.prev
        return False

    def clone(self) -> _set_fwd_grad_enabled:
        return _set_fwd_grad_enabled(self.mode)


__all__ = [  # noqa: RUF022  # in PyTorch's order
    "UnpackedDualTensor", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual", "dual_level",
]  # fmt: skip
