"""Runs a function over numbers in forked children: one that dies or hangs costs its number and nothing else.

The child says which number it is at through shared memory, so the one that killed it is known without a search. It is
run again, alone: what it does then is what is reported of it.
"""

from __future__ import annotations

import faulthandler
import gc
import marshal
import mmap
import os
import resource
import select
import signal
import struct
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from gradoracle.worker import MEMORY, SECONDS, inherit

BATCH = 2000
"""Numbers for one child."""

_CURSOR = struct.Struct("<q")

_missed: list[str] = []
"""Modules that the last child had to import while it ran: the next one is born with them."""

Note: TypeAlias = Callable[[int], None]
Body: TypeAlias = Callable[[range, Note], Any]
"""What a child does for a range: it notes each number before it begins with it, and returns plain data."""


@dataclass(frozen=True, slots=True)
class Died:
    """A number whose child died or took too long, alone: ("crash", "SIGSEGV") or ("timeout", seconds)."""

    number: int
    ending: tuple[str, Any]


def forked(numbers: range, body: Body, batch: int = BATCH, seconds: float = SECONDS) -> Iterator[Any | Died]:
    """What `body` returned for parts of `numbers`, in order, and the numbers that it did not survive."""
    pending = [numbers[at : at + batch] for at in range(0, len(numbers), batch)][::-1]
    while pending:
        part = pending.pop()
        result = _child(part, body, seconds)
        if not isinstance(result, Died) or len(part) == 1:
            yield result
        else:
            at = part.index(result.number)
            pending += [one for one in (part[at + 1 :], part[at : at + 1], part[:at]) if one]


def _child(part: range, body: Body, seconds: float) -> Any | Died:
    """Run `body` in a child; `Died` names the number that it was at when it died."""
    inherit(_missed)
    _missed.clear()
    cursor = mmap.mmap(-1, _CURSOR.size)
    _CURSOR.pack_into(cursor, 0, part[0])
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Threads do not survive a fork, which newer Pythons warn of: the child needs none of its parent's.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(reading)
        status = 70
        try:
            status = _serve(part, body, cursor, writing)
        finally:
            os._exit(status)
    os.close(writing)
    try:
        data, late = _read(reading, cursor, seconds, child)
    finally:
        os.close(reading)
        _, waited = os.waitpid(child, 0)
    at = _CURSOR.unpack_from(cursor)[0]
    status = os.waitstatus_to_exitcode(waited)
    if late:
        return Died(at, ("timeout", seconds))
    if status != 0:
        return Died(at, ("crash", signal.Signals(-status).name if status < 0 else f"exit status {status}"))
    result, imported = marshal.loads(data)  # noqa: S302  plain data from a child of ours
    _missed.extend(imported)
    return result


def _serve(part: range, body: Body, cursor: mmap.mmap, writing: int) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    faulthandler.disable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    gc.freeze()
    before = set(sys.modules)
    result = body(part, lambda number: _CURSOR.pack_into(cursor, 0, number))
    data = memoryview(marshal.dumps((result, [name for name in sys.modules if name not in before])))
    while data:
        data = data[os.write(writing, data) :]
    return 0


def _read(reading: int, cursor: mmap.mmap, seconds: float, child: int) -> tuple[bytes, bool]:
    """All that the child writes, and whether it was killed for staying at one number for too long."""
    parts: list[bytes] = []
    at, since = -1, time.monotonic()
    while True:
        if select.select([reading], [], [], min(1.0, seconds / 4))[0]:
            part = os.read(reading, 1 << 20)
            if not part:
                return b"".join(parts), False
            parts.append(part)
            continue
        now = _CURSOR.unpack_from(cursor)[0]
        if now != at:
            at, since = now, time.monotonic()
        elif time.monotonic() - since > seconds:
            os.kill(child, signal.SIGKILL)
            return b"", True
