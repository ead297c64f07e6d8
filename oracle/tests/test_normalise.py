"""What is taken out of messages before they are compared, and what is not."""

from __future__ import annotations

import pytest

from gradoracle.normalise import normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one (Triggered internally at /src/engine.cpp:120.)", "one"),
        ('a INTERNAL ASSERT FAILED at "/src/a.cpp":15, please report', "a INTERNAL ASSERT FAILED, please report"),
        ("at 0x7f00beef", "at 0xADDRESS"),
        (
            "'A' object has no attribute 'b' and no __dict__ for setting new attributes",
            "'A' object has no attribute 'b'",
        ),
        (
            "Error detected in MulBackward0. Traceback of forward call that caused the error:\n  File 'a'\n    x * 2\n",
            "Error detected in MulBackward0. Traceback of forward call that caused the error:\n  ...",
        ),
        (
            "Induced by A. Traceback of forward call that induced the previous calculation:\n  x",
            "Induced by A. Traceback of forward call that induced the previous calculation:\n  ...",
        ),
        (
            "Error detected in A. No forward pass information available.",
            "Error detected in A. No forward pass information available.",
        ),
        ("version 2; expected version 1 instead", "version 2; expected version 1 instead"),
    ],
)
def test_only_places_are_taken_out(text: str, expected: str) -> None:
    assert expected == normalise(text)
