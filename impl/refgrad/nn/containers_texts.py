"""What PyTorch says of things that lists and dictionaries of modules and parameters do not take."""

from __future__ import annotations


def sequential_added(kind: type) -> str:
    return f"add operator supports only objects of Sequential class, but {kind} is given."


def not_extending(place: str, kind: type) -> str:
    return f"{place}.extend should be called with an iterable, but got {kind.__name__}"


def no_pairs(place: str, kind: type) -> str:
    return f"{place}.update should be called with an iterable of key/value pairs, but got {kind.__name__}"


def pair_not_iterable(place: str, number: int, kind: type) -> str:
    return f"{place} update sequence element #{number} should be Iterable; is{kind.__name__}"


def pair_length(place: str, number: int, length: int) -> str:
    return f"{place} update sequence element #{number} has length {length}; 2 is required"


def key_no_string(kind: str) -> str:
    return (
        f"Index given to ParameterDict cannot be used as a key as it is not a string (type is '{kind}'). Open an issue "
        "on github if you need non-string keys."
    )
