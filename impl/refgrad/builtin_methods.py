"""Methods that PyTorch writes in C: what is said of a wrong number of arguments, and of keywords."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from refgrad import binding_texts

F = TypeVar("F", bound=Callable[..., Any])


def builtin(made: F) -> F:
    """The method, which takes as many arguments as it has parameters, none by name. Raises TypeError for others."""
    wanted = made.__code__.co_argcount - 1
    kind, _, name = made.__qualname__.partition(".")

    @functools.wraps(made)
    def run(self: Any, *arguments: Any, **options: Any) -> Any:
        if options:
            raise TypeError(binding_texts.takes_no_keywords(kind, name))
        if len(arguments) != wanted:
            told = binding_texts.takes_one_argument if wanted else binding_texts.takes_no_arguments
            raise TypeError(told(kind, name, len(arguments)))
        return made(self, *arguments)

    return run  # type: ignore[return-value]
