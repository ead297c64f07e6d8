"""Classes that are no tensors and have a `__torch_function__`: public functions ask them.

A function that PyTorch has in C++ has no use for such an object. It fails of it here too and asks afterwards, so that
calls that go well pay nothing. One that PyTorch has in Python may get along with it, and looks first. Only the function
that the user called asks, not those that it is made of. Subclasses of `Tensor` and modes are the matter of
`overrides.py`.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, FrameType
from typing import Any

from refgrad.overrides import Asking, overloaded, state
from refgrad.tensor import Tensor

PLAIN = frozenset((Tensor, int, float, bool, str, type(None)))
"""Types of which nobody has to be asked."""

asking: set[CodeType] = set()
"""The code of functions that ask."""


def asks(run: Any) -> None:
    """Let `run` be known as a function that asks."""
    asking.add(run.__code__)


def others(arguments: Sequence[Any], options: Mapping[str, Any], inside: int = 1) -> list[Any]:
    """One argument of every class that wants to be asked in the place of the public function that runs.

    `inside`: how many functions that ask are running if it was the user who called this one.
    """
    if state.skipping:
        state.skipping = False
        return []
    found = [] if state.disabled else overloaded((*arguments, *options.values()))
    return found if found and asking_now() == inside else []


def asking_now() -> int:
    """How many functions that ask are running since a user's code called one."""
    frame: FrameType | None = sys._getframe(2)
    count = 0
    while frame is not None and is_own(frame):
        count += frame.f_code in asking
        frame = frame.f_back
    return count


def is_own(frame: FrameType) -> bool:
    """Whether code of this package runs there; generated code has a name in the place of a file, and no module."""
    module = frame.f_globals.get("__name__", "")
    return module.partition(".")[0] == "refgrad" or frame.f_code.co_filename.startswith("<refgrad ")


def answer_of(found: Sequence[Any], where: str, name: str, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """What they say. Raises TypeError if all of them decline."""
    place = Tensor if where == "torch.Tensor" else sys.modules[where.replace("torch", "refgrad", 1)]
    public = getattr(place, name)
    return Asking(public, name, where).ask(public, found, tuple(arguments), dict(options))


def looking_first(made: Callable[..., Any], name: str, where: str) -> Callable[..., Any]:
    """A function that PyTorch has in Python, asking the classes of its arguments first."""

    @functools.wraps(made)
    def run(*arguments: Any, **options: Any) -> Any:
        for each in (*arguments, *options.values()) if options else arguments:
            if type(each) not in PLAIN:
                found = others(arguments, options)
                if found:
                    return answer_of(found, where, name, arguments, options)
                break
        return made(*arguments, **options)

    asks(run)
    return run
