"""Data inside the page: gzipped JSON as base64 text, which the page opens only when it is needed."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

CHUNK = 256 * 1024
"""Bytes of JSON after which a chunk is closed; one that holds a single big record is longer."""


def packed(data: Any) -> str:
    """JSON as gzip as base64; the same data gives the same text."""
    return _packed(json.dumps(data, allow_nan=False, separators=(",", ":")))


class Chunks:
    """Records in the order they come, cut into chunks; where each one lies is (chunk, place in it)."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._open: list[str] = []
        self._size = 0

    def add(self, data: Any) -> tuple[int, int]:
        """Store one record and say where it lies."""
        record = json.dumps(data, allow_nan=False, separators=(",", ":"))
        if self._open and self._size + len(record) > CHUNK:
            self._close()
        place = (len(self._done), len(self._open))
        self._open.append(record)
        self._size += len(record)
        return place

    def texts(self) -> list[str]:
        """All chunks, packed. Nothing can be added afterwards."""
        if self._open:
            self._close()
        return self._done

    def _close(self) -> None:
        self._done.append(_packed("[" + ",".join(self._open) + "]"))
        self._open = []
        self._size = 0


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode("utf-8"), compresslevel=6, mtime=0)).decode("ascii")
