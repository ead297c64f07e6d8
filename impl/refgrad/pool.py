"""Memory of large results, kept for the next ones.

A C library gives memory of this size back to the system as soon as it is free, and getting it again costs a page fault
for every 4 kB: more than the arithmetic of most operators. So a large result stands on a buffer that outlives it.

NumPy tells nobody when memory is free. But the array that is laid over a buffer is what NumPy names as the base of
every view of it, of views of views too, and whatever reads its memory in another way holds it as well: when that array
dies, and a weak reference tells, nobody sees the buffer any more.
"""

from __future__ import annotations

import math
import weakref
from typing import Any

import numpy as np

from refgrad.dtypes import Array, NumpyType

SMALLEST, LARGEST = 2**17, 2**24
"""In bytes: what is smaller the C library keeps itself, what is larger comes in large pages."""

MANY = SMALLEST // 8
"""In elements: fewer are never on a buffer."""

KEPT = 2**26
"""So many bytes at most wait to be used again."""


class Buffer(np.ndarray[Any, np.dtype[np.uint8]]):
    """Memory that an array of another class is laid over."""


class Loan(weakref.ref[Array]):
    """The array that stands on a buffer, until it dies."""

    __slots__ = ("buffer",)

    buffer: Buffer


class Pool:
    """Buffers that nobody uses, by size, the size that was used last at the end.

    There is no lock: an array may die, and `give_back` run, between any two steps of the same thread. Each step leaves
    the pool in order.
    """

    def __init__(self) -> None:
        self.idle: dict[int, list[Buffer]] = {}
        self.loans: dict[int, Loan] = {}

    def lend(self, size: int) -> Buffer:
        try:
            return self.idle[size].pop()
        except (KeyError, IndexError):
            pass
        try:
            return Buffer(size, np.uint8)
        except MemoryError:
            self.idle.clear()
        return Buffer(size, np.uint8)

    def give_back(self, loan: Loan) -> None:
        del self.loans[id(loan)]
        size = len(loan.buffer)
        stack = self.idle.pop(size, [])
        stack.append(loan.buffer)
        self.idle[size] = stack
        self.shrink()

    def shrink(self) -> None:
        """Free what was used longest ago until no more than `KEPT` waits."""
        for stack in list(self.idle.values()):
            while stack and self.waiting() > KEPT:
                del stack[:1]

    def waiting(self) -> int:
        """How many bytes wait."""
        return sum(size * len(stack) for size, stack in list(self.idle.items()))

    def laid_over(self, shape: tuple[int, ...], kind: NumpyType, size: int) -> Array:
        buffer = self.lend(size)
        made: Array = np.ndarray(shape, kind, buffer)
        loan = Loan(made, self.give_back)
        loan.buffer = buffer
        self.loans[id(loan)] = loan
        return made


pool = Pool()


def fresh(shape: tuple[int, ...], kind: NumpyType) -> Array:
    """A contiguous array on memory that nobody else sees, its elements undefined."""
    size = math.prod(shape) * kind.itemsize
    return pool.laid_over(shape, kind, size) if SMALLEST <= size <= LARGEST else np.empty(shape, kind)


def owns(array: Array) -> bool:
    """Whether an array is no view of another."""
    return array.base is None or type(array.base) is Buffer
