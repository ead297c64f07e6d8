"""Facts as text."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from gradreports.facts import ending, event, text


def pack(code: str, *values: Any) -> bytes:
    return struct.pack(f"<{len(values)}{code}", *values)


@pytest.mark.parametrize(
    ("fact", "shown"),
    [
        (("none",), "None"),
        (("bool", True), "True"),
        (("int", -3), "-3"),
        (("float", "0x1.8p+1"), "3.0"),
        (("float", "nan"), "nan"),
        (("complex", "0x1p+0", "-0x1p+0"), "complex(1.0, -1.0)"),
        (("str", "a'b"), '"a\'b"'),
        (("tensor", "torch.float32", (2,), pack("f", 1, 0.1)), "tensor([1., 0.1])"),
        (("tensor", "torch.float32", (), pack("f", -0.0)), "tensor(-0.)"),
        (("tensor", "torch.float32", (2,), pack("f", float("nan"), float("-inf"))), "tensor([nan, -inf])"),
        (("tensor", "torch.float64", (1, 2), pack("d", 0.1, 1e-7)), "tensor([[0.1, 1e-07]], dtype=torch.float64)"),
        (("tensor", "torch.float16", (1,), pack("e", 0.1)), "tensor([0.1], dtype=torch.float16)"),
        (("tensor", "torch.bfloat16", (1,), b"\xcd\x3d"), "tensor([0.1], dtype=torch.bfloat16)"),
        (("tensor", "torch.int64", (2, 1), pack("q", 1, -2)), "tensor([[1], [-2]])"),
        (("tensor", "torch.bool", (1,), b"\x01"), "tensor([True])"),
        (("tensor", "torch.complex64", (1,), pack("f", 1, -2)), "tensor([1.-2.j], dtype=torch.complex64)"),
        (("tensor", "torch.float32", (0, 3), b""), "tensor([], size=(0, 3))"),
        (("tensor", "torch.int64", (100,), pack("q", *range(100))), "tensor([0, 1, "),
        (("tensor", "torch.float32", (9999,), "sha256", b"\x01" * 32), "tensor of shape (9999,), dtype=torch.float32"),
        (("tensor", "torch.quint8", (2,), b"\x00\x00"), "tensor of shape (2,), dtype=torch.quint8, 2 bytes"),
        (("grad", ("tensor", "torch.float32", (), pack("f", 2)), ("bool", False), ("none",)), "tensor(2.)"),
        (("grad", ("int", 2), ("bool", True), ("node", "MulBackward0")), "2 with grad_fn <MulBackward0>"),
        (("node", "MulBackward0"), "<MulBackward0>"),
        (("tuple", ("int", 1)), "(1,)"),
        (("Size", ("int", 1), ("int", 2)), "torch.Size(1, 2)"),
        (("list", ("int", 1), ("none",)), "[1, None]"),
        (("dict", (("str", "a"), ("int", 1))), "{'a': 1}"),
        (("raised", "RuntimeError", "no"), "raises RuntimeError: no"),
        (("lacking", "torch.Tensor._version"), "not to be read: the engine lacks torch.Tensor._version"),
        (("unbound",), "not bound"),
        (("dtype", "torch.float32"), "torch.float32"),
    ],
)
def test_a_fact_reads_as_pytorch_prints_it(fact: Any, shown: str) -> None:
    assert text(fact).startswith(shown)


def test_neighbouring_floats_read_differently() -> None:
    bits = struct.unpack("<I", pack("f", 0.1))[0]
    neighbours = [("tensor", "torch.float32", (), struct.pack("<I", bits + step)) for step in range(-3, 4)]

    assert len({text(fact) for fact in neighbours}) == 7


@pytest.mark.parametrize(
    "fact",
    [
        (),
        ("tensor",),
        ("tensor", "torch.float32", (2,), b"\x00"),
        ("tensor", "torch.float32", (2,), pack("f", 1)),
        ("tensor", "torch.float32", ("x",), pack("f", 1)),
        ("tensor", "torch.float32", (-1,), pack("f", 1)),
        ("tensor", "torch.float32", (0, 0), pack("f", 1)),
        ("float", "zebra"),
        ("float", "0x1p+99999"),
        ("dict", 1),
        ("complex", 1, 2),
        ("bool", "x"),
        ("unknown", b"\x00", ("int", 1)),
        "text",
        7,
        None,
    ],
)
def test_what_is_no_fact_is_shown_and_not_raised(fact: Any) -> None:
    assert text(fact)
    assert event(fact)
    assert ending(fact)


def test_events_and_endings_in_words() -> None:
    assert event(("call", "hook", (("int", 1), ("none",)))) == "call hook(1, None)"
    assert event(("return", "hook", ("none",))) == "return from hook: None"
    assert event(("raise", "hook", "ValueError", "no")) == "raise in hook: ValueError: no"
    assert event(("print", "text")) == "print: text"
    assert ending(("timeout", 5)) == "stopped after 5 seconds"
    assert ending(("unsupported", "torch.fft")) == "not supported by the engine: torch.fft"
