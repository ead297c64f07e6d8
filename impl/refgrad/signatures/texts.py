"""What PyTorch's parser of arguments says."""

from __future__ import annotations

from collections.abc import Sequence

LEAST, MOST = -(2**63), 2**63 - 1
"""The integers that fit."""
OVERFLOW = "Overflow when unpacking long long"
NEGATIVE = "can't convert negative int to unsigned"
TOO_BIG = "int too big to convert"


def no_attribute(kind: str, name: str) -> str:
    return f"'{kind}' object has no attribute '{name}'"


def not_callable(kind: str) -> str:
    return f"'{kind}' object is not callable"


def no_arguments(name: str, count: int) -> str:
    return f"TensorBase.{name}() takes no arguments ({count} given)"


def no_keywords(name: str) -> str:
    return f"TensorBase.{name}() takes no keyword arguments"


def too_many(name: str, least: int, most: int, given: int) -> str:
    if least != most:
        return f"{name}() takes from {least} to {most} positional arguments but {given} were given"
    ending = f"{'' if most == 1 else 's'} but {given} {'was' if given == 1 else 'were'} given"
    return f"{name}() takes {most} positional argument{ending}"


def missing(name: str, parameters: Sequence[str]) -> str:
    """The plural is the other way round, in PyTorch."""
    listed = ", ".join(f'"{each}"' for each in parameters)
    ending = "s" if len(parameters) == 1 else ""
    return f"{name}() missing {len(parameters)} required positional argument{ending}: {listed}"


def unexpected(name: str, keyword: str) -> str:
    return f"{name}() got an unexpected keyword argument '{keyword}'"


def given_twice(name: str, keyword: str) -> str:
    return f"{name}() got multiple values for argument '{keyword}'"


def wrong_keyword(name: str, parameter: str, wanted: str, kind: str) -> str:
    return f"{name}(): argument '{parameter}' must be {wanted}, not {kind}"


def wrong_position(name: str, parameter: str, place: int, wanted: str, kind: str) -> str:
    return f"{name}(): argument '{parameter}' (position {place}) must be {wanted}, not {kind}"


def wrong_element(name: str, parameter: str, place: int, wanted: str, kind: str, at: int) -> str:
    return (
        f"{name}(): argument '{parameter}' (position {place}) must be {wanted}, but found element of type {kind} at "
        f"pos {at}"
    )


def not_unpacked(name: str, parameter: str, wanted: str, kind: str, at: int) -> str:
    return (
        f"{name}(): argument '{parameter}' failed to unpack the object at pos {at} with error \"type must be "
        f'{wanted},but got {kind}"'
    )


def wrong_float(name: str, parameter: str, wanted: str, kind: str, at: int) -> str:
    return f"{name}(): argument '{parameter}' must be {wanted}, but found element of type {kind} at pos {at}"


def no_tensor_in_list(at: int, place: int, kind: str) -> str:
    return f"expected Tensor as element {at} in argument {place}, but got {kind}"


# ---- several signatures -------------------------------------------------------------------------------------------


def combination(name: str) -> str:
    return f"{name}() received an invalid combination of arguments - got "


def only(got: str, signature: str) -> str:
    return f"{got}, but expected {signature}"


def unrecognized(keywords: Sequence[str]) -> str:
    return f"unrecognized keyword arguments: {', '.join(keywords)}"


ONE_OF = ", but expected one of:\n"


def signature(text: str) -> str:
    return f" * {text}\n"


def wrong_keywords(keywords: Sequence[str]) -> str:
    return f"      didn't match because some of the keywords were incorrect: {', '.join(keywords)}\n"


def wrong_types(described: str) -> str:
    return f"      didn't match because some of the arguments have invalid types: {described}\n"
