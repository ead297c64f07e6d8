"""What PyTorch says when labels, their lengths and probabilities do not fit each other."""

from __future__ import annotations

NO_PROBABILITIES = "log_probs tensor must not be empty"
BLANK_RANGE = "blank must be in label range"


def where(text: str) -> str:
    return f"{text} (while checking arguments for ctc_loss_allocate_outputs)"


def not_integral(name: str) -> str:
    return f"{name} must be integral"


def wrong_count(name: str) -> str:
    return f"{name} must be of size batch_size"


def probabilities_rank(ndim: int) -> str:
    return where(f"Expected 3-dimensional tensor, but got {ndim}-dimensional tensor for argument #1 'log_probs'")


def targets_rank(ndim: int) -> str:
    return where(f"Expected 1 to 2 dimensions, but got {ndim}-dimensional tensor for argument #2 'targets'")


def targets_size(wanted: str, dim: int, size: int) -> str:
    return where(
        f"Expected tensor to have size {wanted} at dimension {dim}, but got size {size} for argument #2 'targets'"
    )


def length_range(name: str, bound: str, length: int) -> str:
    return where(f"Expected {name} to have value {bound}, but got value {length}")
