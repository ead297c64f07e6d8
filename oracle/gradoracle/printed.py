"""Whether two printed texts say the same, when the numbers in them were rounded on the way."""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"[-+]?\d+\.\d*(?:e[-+]?\d+)?", re.ASCII)


def same_printed(one: str, other: str, relative: float, absolute: float) -> bool:
    """Whether two texts differ only in numbers that are near each other, and in how those are padded.

    Only numbers with a point count: a shape or an index is never rounded. Two numbers are near when they are within the
    tolerance, or one unit of the last printed digit apart: printing rounds too. Two zeros must have the same sign.
    """
    if one == other:
        return True
    if _NUMBER.sub("#", one).split() != _NUMBER.sub("#", other).split():
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(left == right or _near(left, right, relative, absolute) for left, right in pairs)


def _near(one: str, other: str, relative: float, absolute: float) -> bool:
    left, right = float(one), float(other)
    if left == right == 0:
        return math.copysign(1, left) == math.copysign(1, right)
    slack = max(absolute, relative * abs(left), _unit(one), _unit(other))
    return abs(left - right) <= slack * (1 + 1e-9)


def _unit(number: str) -> float:
    """One in the last printed digit; nothing for an integer, which is printed so only where it is one."""
    digits, _, exponent = number.partition("e")
    if digits.endswith(".") and not exponent:
        return 0.0
    return float(f"1e{int(exponent or 0) - len(digits.partition('.')[2])}")
