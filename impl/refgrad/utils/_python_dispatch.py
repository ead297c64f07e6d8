"""`torch.utils._python_dispatch`: modes that see, and may answer, every operator below autograd."""

from __future__ import annotations

from typing import Any

from refgrad.levels import levels


class TorchDispatchMode:
    """A block in which `__torch_dispatch__` is called in the place of every operator."""

    __module__ = "torch.utils._python_dispatch"

    def __init__(self, _dispatch_key: Any = None) -> None:
        self._dispatch_key = _dispatch_key

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise NotImplementedError

    def __enter__(self) -> TorchDispatchMode:
        levels.dispatch = (*levels.dispatch, self)
        levels.update()
        return self

    def __exit__(self, *_: object) -> None:
        levels.dispatch = levels.dispatch[:-1]
        levels.update()


def _get_current_dispatch_mode() -> TorchDispatchMode | None:
    """The innermost mode."""
    return levels.dispatch[-1] if levels.dispatch else None


def _get_current_dispatch_mode_stack() -> list[TorchDispatchMode]:
    """The modes, the innermost last."""
    return list(levels.dispatch)


__all__ = ["TorchDispatchMode"]
