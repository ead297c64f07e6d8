"""What PyTorch says when the parts of complex numbers do not fit."""

from __future__ import annotations


def parts_floating(first: str, second: str) -> str:
    return f"Expected both inputs to be Half, Float or Double tensors but got {first} and {second}"


def parts_differ(first: str, second: str) -> str:
    return f"Expected object of scalar type {first} but got scalar type {second} for second argument"
