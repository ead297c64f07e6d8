"""In which order equal elements come out of a sort that promises none: that of PyTorch's C++ library.

Its `std::sort` cuts at the median of three until pieces of 16 are left, which are inserted one by one; `nth_element`
and `partial_sort` are made of the same parts. Here they move ranks, which are integers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

FEW = 16
"""Pieces of so many elements are sorted by insertion."""
MOST = 2**15
"""Elements: for more, Python is too slow, and equal ones stay in the order they had."""


class Moving:
    """Ranks that are put in order, and where each came from."""

    def __init__(self, ranks: list[int]) -> None:
        self.ranks = ranks
        self.places = list(range(len(ranks)))

    def swap(self, i: int, j: int) -> None:
        for each in (self.ranks, self.places):
            each[i], each[j] = each[j], each[i]

    def insert(self, start: int, stop: int) -> None:
        """What insertion does: a stable sort."""
        order = sorted(range(start, stop), key=self.ranks.__getitem__)
        for each in (self.ranks, self.places):
            each[start:stop] = [each[i] for i in order]

    def cut(self, start: int, stop: int) -> int:
        """Smaller elements before the place that is returned, larger ones from it on."""
        ranks = self.ranks
        a, b, c = start + 1, start + (stop - start) // 2, stop - 1
        if ranks[a] < ranks[b]:
            median = b if ranks[b] < ranks[c] else c if ranks[a] < ranks[c] else a
        else:
            median = a if ranks[a] < ranks[c] else c if ranks[b] < ranks[c] else b
        self.swap(start, median)
        pivot, i, j = ranks[start], start + 1, stop
        while True:
            while ranks[i] < pivot:
                i += 1
            j -= 1
            while pivot < ranks[j]:
                j -= 1
            if i >= j:
                return i
            self.swap(i, j)
            i += 1

    def sort(self, start: int, stop: int) -> None:
        self.cut_up(start, stop, depth_of(stop - start))
        self.insert(start, stop)

    def cut_up(self, start: int, stop: int, depth: int) -> None:
        while stop - start > FEW:
            if not depth:
                self.smallest(start, stop, stop)
                return
            depth -= 1
            middle = self.cut(start, stop)
            self.cut_up(middle, stop, depth)
            stop = middle

    def nth(self, start: int, place: int, stop: int) -> None:
        """The element of a place in its place, smaller ones before it."""
        depth = depth_of(stop - start)
        while stop - start > 3:
            if not depth:
                self.heap(start, place + 1, stop)
                self.swap(start, place)
                return
            depth -= 1
            middle = self.cut(start, stop)
            if middle <= place:
                start = middle
            else:
                stop = middle
        self.insert(start, stop)

    def smallest(self, start: int, middle: int, stop: int) -> None:
        """The smallest elements before `middle`, in order, by a heap."""
        self.heap(start, middle, stop)
        for last in range(middle - 1, start, -1):
            taken = self.taken(last)
            self.put(last, start)
            self.sift(start, 0, last - start, taken)

    def heap(self, start: int, middle: int, stop: int) -> None:
        size = middle - start
        for hole in range((size - 2) // 2, -1, -1):
            self.sift(start, hole, size, self.taken(start + hole))
        for i in range(middle, stop):
            if self.ranks[i] < self.ranks[start]:
                taken = self.taken(i)
                self.put(i, start)
                self.sift(start, 0, size, taken)

    def taken(self, i: int) -> tuple[int, int]:
        return self.ranks[i], self.places[i]

    def put(self, i: int, j: int) -> None:
        self.ranks[i], self.places[i] = self.taken(j)

    def sift(self, start: int, hole: int, size: int, taken: tuple[int, int]) -> None:
        """Let `taken` find its place in a heap from a hole downwards."""
        ranks, top, second = self.ranks, hole, hole
        while second < (size - 1) // 2:
            second = 2 * (second + 1)
            if ranks[start + second] < ranks[start + second - 1]:
                second -= 1
            self.put(start + hole, start + second)
            hole = second
        if size % 2 == 0 and second == (size - 2) // 2:
            second = 2 * second + 1
            self.put(start + hole, start + second)
            hole = second
        parent = (hole - 1) // 2
        while hole > top and ranks[start + parent] < taken[0]:
            self.put(start + hole, start + parent)
            hole, parent = parent, (parent - 1) // 2
        ranks[start + hole], self.places[start + hole] = taken


def depth_of(count: int) -> int:
    return 2 * (count.bit_length() - 1)


def sorted_places(ranks: list[int]) -> list[int]:
    moving = Moving(ranks)
    moving.sort(0, len(ranks))
    return moving.places


def first_places(count: int, *, in_order: bool) -> Callable[[list[int]], list[int]]:
    """How `topk` finds the first `count`."""

    def found(ranks: list[int]) -> list[int]:
        moving = Moving(ranks)
        if count * 64 <= len(ranks):
            moving.smallest(0, count, len(ranks))
        elif count:
            moving.nth(0, count - 1, len(ranks))
            if in_order:
                moving.sort(0, count - 1)
        return moving.places

    return found


def reordered(a: Any, order: Any, places: Callable[[list[int]], list[int]], *, in_order: bool = True) -> Any:
    """`order`, a stable order along the last dimension, with equal elements in the order of `places(ranks)`.

    Without `in_order` that is asked for different elements as well.
    """
    count = a.shape[-1]
    if count < 2 or a.size > MOST:
        return order
    values = np.take_along_axis(a, order, -1)
    differ = values[..., 1:] != values[..., :-1]
    if a.dtype.kind in "fcV":
        differ &= ~((values != values)[..., 1:] & (values != values)[..., :-1])
    if in_order and differ.all():
        return order
    steps = np.zeros(order.shape, np.int64)
    steps[..., 1:] = np.cumsum(differ, -1)
    ranks = np.empty_like(steps)
    np.put_along_axis(ranks, order, steps, -1)
    rows = ranks.reshape(-1, count).tolist()
    return np.array([places(row) for row in rows], np.int64).reshape(order.shape)
