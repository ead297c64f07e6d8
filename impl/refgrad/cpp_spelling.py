"""How PyTorch's C++ prints shapes and numbers, and how it calls types and nodes in its texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any


def listed(values: Sequence[object]) -> str:
    """A shape as PyTorch's C++ prints it: `[2, 3]`."""
    return "[" + ", ".join(map(str, values)) + "]"


def short_name(node_name: str) -> str:
    """A node's name as errors give it: `ExpBackward0` is `Exp`, `PowBackward1` is `Pow1`, `MineBackward` is `Mine`."""
    return re.sub(r"Backward(0?$|(?=[1-9]\d*$))", "", node_name)


def cpp_type(kind: Any) -> str:
    """The C++ name of an element type, as `caffe2::TypeMeta` prints it."""
    return {
        "float32": "float", "float64": "double", "float16": "c10::Half", "int64": "long", "int32": "int",
        "bfloat16": "c10::BFloat16",
        "int16": "short int", "int8": "signed char", "uint8": "unsigned char", "bool": "bool",
        "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
    }[kind.name]  # fmt: skip


def stored_type(kind: Any) -> str:
    """The C++ name of the element type of an existing tensor: that of `int64` is the compiler's."""
    return "long int" if kind.name == "int64" else cpp_type(kind)


def legacy_type(kind: Any) -> str:
    """The name of the class that tensors of an element type once had; younger types never had one."""
    name = kind.scalar_name
    return f"CPU{name}Type" if name.startswith(("Complex", "Bool", "BFloat")) else f"torch.{name}Tensor"


def scalar_type(kind: Any) -> str:
    """The C++ name of an element type, as the conversion of a number names it."""
    sized = kind.name.startswith(("int", "uint")) and kind.name != "int32"
    return f"{kind.name}_t" if sized else cpp_type(kind)


def plain_number(value: Any) -> str:
    """A number as C++ streams print it."""
    return f"{value:g}"
