"""The file of a corpus or a recording: a magic word, a checksum, a JSON header and sections of bytes.

16 bytes   magic word
32 bytes   SHA-256 of all that follows
 8 bytes   length of all that follows, little endian
 4 bytes   length of the header
header     JSON; "sections" gives offset and length of each part of the body
body       sections, compressed with LZMA one by one, so that one can be read without the others
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradoracle.recorded.errors import Corrupted, NotARecording, Truncated

FORMAT = 1
CORPUS = b"gradconf corpus\n"
RECORDING = b"gradconf traces\n"
LARGEST = 1 << 28
"""Bytes that one section may hold when it is unpacked."""

_LENGTHS = struct.Struct("<QI")
_START = 16 + 32


@dataclass(frozen=True)
class Container:
    """An opened file: its header, and sections that are unpacked when they are asked for."""

    path: str
    header: Mapping[str, Any]
    _body: bytes

    def packed(self, number: int) -> bytes:
        """The bytes of a section as they lie in the file. Raises `Corrupted` where there is no such section."""
        if number >= len(self.header["sections"]):
            raise Corrupted(f"{self.path}: it has no section {number}")
        offset, length = self.header["sections"][number]
        return self._body[offset : offset + length]

    def section(self, number: int) -> bytes:
        """A section, unpacked. Raises `Corrupted`."""
        try:
            return unpack(self.packed(number))
        except (lzma.LZMAError, ValueError) as error:
            raise Corrupted(f"{self.path}: section {number} cannot be unpacked ({error})") from None


def pack(data: bytes) -> bytes:
    """Compress a section."""
    return lzma.compress(data, format=lzma.FORMAT_XZ, check=lzma.CHECK_NONE, preset=6)


def unpack(data: bytes) -> bytes:
    """What `pack` was given. Raises `lzma.LZMAError`, or `ValueError` where it holds more than `LARGEST` bytes."""
    decompressor = lzma.LZMADecompressor()
    found = decompressor.decompress(data, LARGEST)
    if not decompressor.eof:
        raise ValueError("it is cut, or larger than a section may be")
    return found


def write(path: Path, magic: bytes, header: Mapping[str, Any], sections: Sequence[bytes]) -> int:
    """Write a file, whole or not at all, and give its size; `sections` are packed already."""
    spans: list[tuple[int, int]] = []
    offset = 0
    for section in sections:
        spans.append((offset, len(section)))
        offset += len(section)
    head = json.dumps({**header, "format": FORMAT, "sections": spans}, separators=(",", ":")).encode()
    rest = b"".join((head, *sections))
    checked = _LENGTHS.pack(len(rest), len(head)) + rest
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(magic + hashlib.sha256(checked).digest() + checked)
        os.replace(partial, path)  # noqa: PTH105  one call that either happens or does not
    finally:
        partial.unlink(missing_ok=True)
    return _START + len(checked)


def read(path: Path, magic: bytes) -> Container:
    """Open a file and check it whole.

    Raises `OSError`, `NotARecording`, `Truncated` or `Corrupted`.
    """
    data = path.read_bytes()
    if data[: len(magic)] != magic[: len(data)]:
        raise NotARecording(f"{path} is no {magic.decode().strip()} file of gradconform")
    if len(data) < _START + _LENGTHS.size:
        raise Truncated(f"{path} ends inside its first {_START + _LENGTHS.size} bytes")
    length, head = _LENGTHS.unpack_from(data, _START)
    start = _START + _LENGTHS.size
    if len(data) < start + length:
        raise Truncated(f"{path} has {len(data):,} of {start + length:,} bytes; take a whole copy")
    if hashlib.sha256(data[_START:]).digest() != data[len(magic) : _START]:
        raise Corrupted(f"{path}: its checksum is not that of its bytes; take another copy")
    try:
        header = json.loads(data[start : start + head])
        if header["format"] != FORMAT:
            raise NotARecording(f"{path} has format {header['format']}; this gradconform reads format {FORMAT}")
        if not all(offset >= 0 and size >= 0 for offset, size in header["sections"]):
            raise TypeError("a section outside the file")
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, NotARecording):
            raise
        raise NotARecording(f"{path}: its header is none ({type(error).__name__}: {error})") from None
    return Container(str(path), header, data[start + head :])
