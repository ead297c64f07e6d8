"""Functions that PyTorch has removed and kept the names of: they say what to call in their place."""

from __future__ import annotations

from typing import Any

from refgrad.operators import removed_texts as texts
from refgrad.operators.declare import FUNCTION, METHOD, function


@function("eig")
def eig(self: Any, eigenvectors: bool = False, *, e: Any = None, v: Any = None) -> Any:
    raise RuntimeError(texts.EIG)


@function("lstsq")
def lstsq(input: Any, A: Any, *, out: Any = None) -> Any:
    raise RuntimeError(texts.LSTSQ)


@function("matrix_rank", public=FUNCTION)
def matrix_rank(input: Any, tol: Any = None, symmetric: bool = False, *, out: Any = None) -> Any:
    raise RuntimeError(texts.MATRIX_RANK)


@function("solve")
def solve(input: Any, A: Any, *, out: Any = None) -> Any:
    raise RuntimeError(texts.SOLVE)


@function("symeig", public=FUNCTION)
def symeig(input: Any, eigenvectors: bool = False, upper: bool = True, *, out: Any = None) -> Any:
    raise RuntimeError(texts.SYMEIG)


@function("symeig", public=METHOD)
def symeig_method(self: Any, eigenvectors: bool = False) -> Any:
    raise RuntimeError(texts.SYMEIG)
