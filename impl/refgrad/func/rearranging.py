"""`torch.func.rearrange`: dimensions permuted, split and joined by a pattern such as "b c (h w) -> b h w c"."""

from __future__ import annotations

import math
import re
from typing import Any

Group = list[str]


def parsed(side: str) -> list[Group]:
    """The groups of names on one side of a pattern.

    Raises ValueError for parentheses that do not match and names that are none.
    """
    words = re.findall(r"\.\.\.|\(|\)|\w+|\S", side)
    groups: list[Group] = []
    inside: Group | None = None
    for word in words:
        if word == "(":
            if inside is not None:
                raise ValueError(f"invalid pattern: nested parentheses in {side!r}")
            inside = []
        elif word == ")":
            if inside is None:
                raise ValueError(f"invalid pattern: unbalanced parentheses in {side!r}")
            groups.append(inside)
            inside = None
        elif word == "..." or word.isidentifier() or word == "1":
            name = [] if word == "1" else [word]
            if inside is None:
                groups.append(name)
            else:
                inside += name
        else:
            raise ValueError(f"invalid pattern: {word!r} is no name of a dimension")
    return groups


def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    """Permute, split and join dimensions. A list of tensors is stacked first.

    Raises ValueError for a pattern that does not fit the tensor.
    """
    if not hasattr(tensor, "_array"):
        from refgrad.operators.names import FUNCTIONS

        tensor = FUNCTIONS["stack"](tuple(tensor))
    if pattern.count("->") != 1:
        raise ValueError(f"invalid pattern: {pattern!r} must contain one '->'")
    before, after = (parsed(side) for side in pattern.split("->"))
    names = [name for group in before for name in group]
    if sorted(names) != sorted(name for group in after for name in group) or len(set(names)) != len(names):
        raise ValueError(f"invalid pattern: both sides of {pattern!r} must have the same names once")
    sizes: dict[str, Any] = dict(axes_lengths)
    shape: list[int] = []
    if "..." not in names and len(before) != tensor.dim():
        raise ValueError(
            f"Number of dimensions in pattern ({len(before)}) must be equal to the number of dimensions in the tensor "
            f"({tensor.dim()})"
        )
    spare = tensor.dim() - len([group for group in before if group != ["..."]])
    place = 0
    for group in before:
        if group == ["..."]:
            sizes["..."] = tuple(tensor.shape[place : place + spare])
            shape += sizes["..."]
            place += spare
            continue
        unknown = [name for name in group if name not in sizes]
        known = math.prod(sizes[name] for name in group if name in sizes)
        if len(unknown) > 1 or tensor.shape[place] % known or (not unknown and tensor.shape[place] != known):
            raise ValueError(f"invalid pattern: dimension {place} of size {tensor.shape[place]} is not {group}")
        for name in unknown:
            sizes[name] = tensor.shape[place] // known
        shape += [sizes[name] for name in group]
        place += 1
    several = len(sizes.get("...", ()))
    starts, at = {}, 0
    for name in names:
        starts[name] = at
        at += several if name == "..." else 1
    order = [starts[name] + i for group in after for name in group for i in range(several if name == "..." else 1)]
    final: list[int] = []
    for group in after:
        lengths = [size for name in group for size in (sizes[name] if name == "..." else (sizes[name],))]
        final += lengths if group == ["..."] else [math.prod(lengths)]
    return tensor.reshape(shape).permute(order).reshape(final)


__all__ = ["rearrange"]
