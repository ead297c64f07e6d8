"""Options that `Adam` and its relatives share."""

from __future__ import annotations


def betas_checked(betas: tuple[float, float]) -> tuple[float, float]:
    """The shares that means keep of what they were. Raises ValueError where one is no share."""
    for place, each in enumerate(betas):
        if not 0.0 <= each < 1.0:
            raise ValueError(f"Invalid beta parameter at index {place}: {each}")
    return betas
