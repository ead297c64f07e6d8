"""A backward inside a node of a backward, and so on: where the stack of a thread ends, another thread goes on.

PyTorch moves on after the same number of levels, so hooks see the same threads change. What is set per thread comes
along.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable

from refgrad.levels import levels
from refgrad.modes import modes
from refgrad.overrides import state as overrides
from refgrad.saved import default_hooks

LEVELS = 61
"""How many calls of backward one thread nests."""


def in_another_thread(run: Callable[[], object], local: object) -> None:
    """Call `run` in a thread of its own, with this one's settings, and wait for it; raises what it raises."""
    known = (modes, levels, overrides, default_hooks, local)
    settings = [dict(vars(each)) for each in known]
    done = _thread.allocate_lock()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for each, own in zip(known, settings, strict=True):
                vars(each).update(own)
            run()
        except BaseException as failure:  # raised again where it is waited for
            failures.append(failure)
        finally:
            done.release()

    done.acquire()
    _thread.start_new_thread(work, ())
    done.acquire()
    if failures:
        raise failures.pop()
