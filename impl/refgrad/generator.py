"""The random numbers that PyTorch's CPU generator would draw: a Mersenne twister and how its words become numbers.

Uniform numbers take 24 bits of one word, or 53 bits of two, for float64. Fewer than 16 normal numbers are drawn in
pairs, in double precision, and the second of a pair is kept for the next call; 16 and more are made block by block out
of as many uniform ones. Observed on PyTorch 2.13.0, which gives the same numbers up to the last bit of a float32.
"""

from __future__ import annotations

import math
import secrets
from typing import Any

import numpy as np

from refgrad.device import CPU, Device

DEFAULT_SEED = 67280421310721
STATE_BYTES = 5056
BLOCK = 16
"""Normal numbers are made in blocks of this size where there are at least as many."""


class Generator(np.random.Generator):
    """NumPy's generator on PyTorch's stream of words, with PyTorch's draws beside NumPy's own."""

    def __init__(self, device: Any = None) -> None:
        super().__init__(np.random.MT19937())
        self.manual_seed(DEFAULT_SEED)

    def manual_seed(self, seed: int) -> Generator:
        """Start the numbers anew."""
        # Making a twister takes a hundred times as long as seeding the one that is there.
        twister: Any = self.bit_generator
        twister._legacy_seeding(seed & 0xFFFFFFFF)
        self._kept: float | None = None
        self._seed = seed
        return self

    def seed(self) -> int:
        """Start anew from a seed that nobody knows, and tell it."""
        self.manual_seed(secrets.randbits(53))
        return self._seed

    def initial_seed(self) -> int:
        return self._seed

    @property
    def device(self) -> Device:
        return CPU

    def state_bytes(self) -> Any:
        """All that decides on the next numbers, in as many bytes as PyTorch has."""
        state: Any = self.bit_generator.state["state"]
        kept = np.array([np.nan if self._kept is None else self._kept])
        parts = [np.array([self._seed, state["pos"]], np.int64), kept, state["key"].astype(np.uint32)]
        packed = np.zeros(STATE_BYTES, np.uint8)
        joined = np.concatenate([each.view(np.uint8) for each in parts])
        packed[: joined.size] = joined
        return packed

    def restore(self, packed: Any) -> None:
        """Go on from a state."""
        (seed, place), (kept,) = packed[:16].view(np.int64), packed[16:24].view(np.float64)
        key = packed[24 : 24 + 4 * 624].view(np.uint32)
        self.bit_generator.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": int(place)}}
        self._seed, self._kept = int(seed), None if np.isnan(kept) else float(kept)

    def get_state(self) -> Any:
        """The state as a tensor of bytes."""
        from refgrad.tensor import Tensor

        return Tensor._of(self.state_bytes())

    def set_state(self, new_state: Any) -> Generator:
        self.restore(new_state._array)
        return self

    def clone_state(self) -> Generator:
        return Generator().set_state(self.get_state())

    def __repr__(self) -> str:
        return f"<torch._C.Generator object at {id(self):#x}>"

    __str__ = __repr__

    def words(self, count: int) -> Any:
        """The next words of 32 bits."""
        return np.asarray(self.bit_generator.random_raw(count), np.uint64)

    def fractions(self, count: int, kind: Any) -> Any:
        """Uniform numbers of [0, 1) in the precision of a floating type."""
        if np.dtype(kind) == np.float64:
            words = self.words(2 * count).reshape(-1, 2)
            joined = (words[:, 0] << np.uint64(32)) | words[:, 1]
            return (joined & np.uint64(2**53 - 1)).astype(np.float64) / 2**53
        bits = 11 if np.dtype(kind) == np.float16 else 24
        return ((self.words(count) & np.uint64(2**bits - 1)).astype(np.float64) / 2**bits).astype(kind)

    def drawn_uniform(self, shape: tuple[int, ...], kind: Any, low: float = 0.0, high: float = 1.0) -> Any:
        """`torch.rand` and `uniform_`."""
        values = self.fractions(math.prod(shape), kind)
        scaled = values if (low, high) == (0.0, 1.0) else values * np.asarray(high - low, kind) + np.asarray(low, kind)
        return scaled.astype(kind).reshape(shape)

    def drawn_normal(self, shape: tuple[int, ...], kind: Any, mean: float = 0.0, std: float = 1.0) -> Any:
        """`torch.randn` and `normal_`."""
        count = math.prod(shape)
        if count < BLOCK:
            values = np.array([self._one_normal() for _ in range(count)]) * std + mean
            return values.astype(kind).reshape(shape)
        flat = self.fractions(count, kind)
        for start in range(0, count - BLOCK + 1, BLOCK):
            flat[start : start + BLOCK] = block_of_normal(flat[start : start + BLOCK], mean, std)
        if count % BLOCK:
            flat[-BLOCK:] = block_of_normal(self.fractions(BLOCK, kind), mean, std)
        return flat.reshape(shape)

    def drawn_integers(self, low: int, high: int, shape: tuple[int, ...]) -> Any:
        """`torch.randint`: words reduced to the range."""
        count, span = math.prod(shape), high - low
        words = self.words(count)
        if span >= 2**32:
            words = (words << np.uint64(32)) | self.words(count)
        return ((words % np.uint64(span)).astype(np.int64) + low).reshape(shape)

    def drawn_permutation(self, count: int) -> Any:
        """`torch.randperm`: each place swaps with a later one."""
        made = np.arange(count)
        for place, word in enumerate(self.words(max(count - 1, 0))):
            other = place + int(word) % (count - place)
            made[place], made[other] = made[other], made[place]
        return made

    def _one_normal(self) -> float:
        if self._kept is not None:
            kept, self._kept = self._kept, None
            return kept
        angle, size = self.fractions(2, np.float64)
        radius = math.sqrt(-2.0 * math.log1p(-size))
        self._kept = radius * math.sin(2.0 * math.pi * angle)
        return radius * math.cos(2.0 * math.pi * angle)


def block_of_normal(uniform: Any, mean: float, std: float) -> Any:
    """Sixteen normal numbers out of sixteen uniform ones (Box and Muller): eight cosines, then eight sines."""
    kind = uniform.dtype.type
    half = BLOCK // 2
    radius = np.sqrt(kind(-2.0) * np.log(kind(1.0) - uniform[:half]))
    angle = kind(2.0 * math.pi) * uniform[half:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)]) * kind(std) + kind(mean)
