"""The calls of `refused_calls.txt`, most of which PyTorch refuses: both engines say the same, or give the same shape.

In a call `F` is `torch.nn.functional`, `t(2, 3)` a tensor of ones, `L` is `torch.linalg`. They are run in one test,
because what is slow is the start of a test.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import refgrad

sys.path.insert(0, str(Path(__file__).parent))
from warned_always import warned_always  # a helper beside this file

CALLS = Path(__file__).with_name("refused_calls.txt")


def outcome(library: Any, call: str) -> str:
    """The class and text of the error, or what the result looks like; and the warnings."""
    names = {"torch": library, "F": library.nn.functional, "L": library.linalg, "t": library.ones}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            made = eval(call, names)  # our own text
            told = str([(str(each.dtype), tuple(each.shape)) for each in (made if type(made) is tuple else (made,))])
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
    return "\n".join([told, *(str(each.message).split(" (Triggered")[0] for each in caught)])


def test_calls_that_pytorch_refuses() -> None:
    torch = pytest.importorskip("torch")
    calls = [line for line in CALLS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    if not hasattr(refgrad, "bfloat16"):
        calls = [call for call in calls if "bfloat16" not in call]
    with warned_always(torch, refgrad):
        expected, got = [{call: outcome(library, call) for call in calls} for library in (torch, refgrad)]
    refused = [call for call, told in expected.items() if not told.startswith("[(")]
    print(f"{len(calls)} calls, {len(refused)} of them refused")
    assert len(refused) > 0.8 * len(calls)
    assert not {call: (expected[call], got[call]) for call in calls if expected[call] != got[call]}
