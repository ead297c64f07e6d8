"""What PyTorch's bindings say of arguments before autograd sees them."""

from __future__ import annotations


def no_byte(number: int) -> str:
    return f"unsigned byte integer is {'less than minimum' if number < 0 else 'greater than maximum'}"


def takes_one_argument(kind: str, method: str, given: int) -> str:
    return f"{kind}.{method}() takes exactly one argument ({given} given)"


KEYWORDS_UNSUPPORTED = "keyword arguments are not supported"
NEGATIVE_TO_UNSIGNED = "can't convert negative int to unsigned"
INTEGER_REQUIRED = "an integer is required"


def cannot_pickle(kind: str) -> str:
    return f"cannot pickle '{kind}' object"


NO_FILE_TO_WRITE = "expected 'f' to be string, path, or a file-like object with a 'write' attribute"
