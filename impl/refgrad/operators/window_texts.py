"""What PyTorch says about windows that it cannot make."""

from __future__ import annotations

from typing import Any

from refgrad.cpp_spelling import cpp_type


def length(name: str, count: int) -> str:
    return f"{name} requires non-negative window_length, got window_length={count}"


def kind(name: str, given: Any) -> str:
    named = {"long": "long int", "short": "short int"}.get(cpp_type(given), cpp_type(given))
    return (
        f"{name} expects floating point dtypes, got: TensorOptions(dtype={named}, device=cpu, layout=Strided "
        "(default), requires_grad=false (default), pinned_memory=false, memory_format=(nullopt))"
    )
