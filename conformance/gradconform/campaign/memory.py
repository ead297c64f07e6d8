"""How much memory this process and all below it hold."""

from __future__ import annotations

import os
from pathlib import Path


def resident() -> int:
    """Bytes resident in this process and its descendants, shared pages counted in each; 0 where /proc does not say."""
    total = 0
    pending = [os.getpid()]
    while pending:
        process = Path("/proc") / str(pending.pop())
        try:
            total += int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            for task in (process / "task").iterdir():
                pending += map(int, (task / "children").read_text().split())
        except (OSError, ValueError, IndexError):
            continue  # it has ended meanwhile
    return total
