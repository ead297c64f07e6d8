"""Operators of two tensors that, unlike `add`, take no Python numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from refgrad.operators import texts
from refgrad.operators.declare import FUNCTION, METHOD, function, inplace_of
from refgrad.signatures.texts import no_tensor_in_list
from refgrad.tensor import Tensor
from refgrad.type_names import type_name


def tensors_only(
    row: Any, name: str, *, inplace: bool = False, aliases: tuple[str, ...] = (), run: Callable[..., Any] | None = None
) -> Any:
    """Publish a row of two tensors that, unlike `add`, takes no Python numbers. `run` is called in its place."""
    run = run or row

    @function(name, public=FUNCTION, aliases=aliases)
    def of_tensors(input: Any, other: Any) -> Any:
        check_tensor(name, "input", 1, input)
        check_tensor(name, "other", 2, other)
        return run(input, other)

    @function(name, public=METHOD, aliases=aliases)
    def of_tensor(self: Any, other: Any) -> Any:
        check_tensor(name, "other", 1, other)
        return run(self, other)

    if inplace:
        write = inplace_of(row)

        @function(name + "_", public=METHOD, aliases=tuple(each + "_" for each in aliases))
        def in_tensor(self: Any, other: Any) -> Any:
            check_tensor(name + "_", "other", 1, other)
            return write(self, other)

    return of_tensors


def check_list(values: Sequence[Any], place: int = 0) -> None:
    """Raise TypeError unless all are tensors, of a list that PyTorch's older parser takes apart."""
    for at, each in enumerate(values):
        if not isinstance(each, Tensor):
            raise TypeError(no_tensor_in_list(at, place, type_name(each)))


def check_tensor(name: str, argument: str, position: int, value: Any) -> None:
    """Raise TypeError if an argument is no tensor."""
    if not isinstance(value, Tensor):
        raise TypeError(texts.argument_must_be_tensor(name, argument, position, type_name(value)))
