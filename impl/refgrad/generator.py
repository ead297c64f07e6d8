"""The random numbers that PyTorch's CPU generator would draw: a Mersenne twister and how its words become numbers.

Uniform numbers take 24 bits of one word, or 53 bits of two, for float64 and for what other distributions are made of.
Fewer than 16 normal numbers are drawn in pairs, in double precision, and the second of a pair is kept for the next
call; 16 and more are made block by block (`box_muller.py`). Observed on PyTorch 2.13.0, up to the last bit.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from typing import Any

import numpy as np

from refgrad import binding_texts, creation_texts
from refgrad.box_muller import AT_ONCE, BLOCK, normal_blocks
from refgrad.builtin_methods import builtin
from refgrad.device import CPU, Device, only_argument
from refgrad.fused import fused
from refgrad.type_names import type_name

DEFAULT_SEED = 67280421310721
STATE_BYTES = 5056
WORDS_OF_STATE = 624
STATE = np.dtype({
    "names": ["seed", "left", "seeded", "next", "words", "kept", "has_kept"],
    "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", WORDS_OF_STATE), "<f8", "<i4"],
    "offsets": [0, 8, 12, 16, 24, 5024, 5040],
    "itemsize": STATE_BYTES,
})  # fmt: skip
"""PyTorch's layout of a state."""
WIDE_RANGE = 2**28
"""Integers of a range from this on take two words each."""


class Generator:
    """PyTorch's stream of words and what is drawn from it."""

    def __init__(self, *given: Any, **named: Any) -> None:
        device = only_argument("Generator", given, named, "device") if given or named else None
        if device is not None and Device(device).type == "cuda":
            raise RuntimeError(binding_texts.NO_CUDA_GENERATOR)
        self._twister: Any = np.random.MT19937()
        self.manual_seed(DEFAULT_SEED)

    @builtin
    def manual_seed(self, seed: int) -> Generator:
        """Start the numbers anew. Raises RuntimeError for no integer, ValueError for one of more than 64 bits."""
        if type(seed) is bool or not isinstance(seed, (int, np.integer)):
            raise RuntimeError(binding_texts.seed_expected(type_name(seed)))
        if not -(2**63) <= seed < 2**64:
            raise ValueError(creation_texts.TOO_LONG)
        # Making a twister takes a hundred times as long as seeding the one that is there.
        self._twister._legacy_seeding(seed & 0xFFFFFFFF)
        self._kept: float | None = None
        self._seed = seed & 0xFFFFFFFFFFFFFFFF
        return self

    @builtin
    def seed(self) -> int:
        """Start anew from a seed that nobody knows, and tell it."""
        self.manual_seed(secrets.randbits(53))
        return self._seed

    @builtin
    def initial_seed(self) -> int:
        return self._seed

    @property
    def device(self) -> Device:
        return CPU

    def state_bytes(self) -> Any:
        """All that decides on the next numbers, byte by byte what PyTorch has."""
        state = self._twister.state["state"]
        place = int(state["pos"])
        untouched = place == WORDS_OF_STATE and int(state["key"][0]) == self._seed & 0xFFFFFFFF
        packed = np.zeros((), STATE)
        packed["seed"], packed["seeded"], packed["words"] = self._seed, 1, state["key"]
        packed["left"] = 1 if untouched else WORDS_OF_STATE + 1 - place
        packed["next"] = 0 if untouched else place
        packed["kept"], packed["has_kept"] = self._kept or 0.0, self._kept is not None
        return np.frombuffer(packed.tobytes(), np.uint8).copy()

    def restore(self, packed: Any) -> None:
        """Go on from a state. Raises TypeError for another type, RuntimeError for another size."""
        if packed.dtype != np.uint8:
            raise TypeError(binding_texts.NO_BYTES)
        if packed.size != STATE_BYTES:
            raise RuntimeError(binding_texts.state_size(STATE_BYTES, packed.size))
        state = np.frombuffer(packed.tobytes(), STATE)[0]
        place = WORDS_OF_STATE if state["left"] == 1 else int(state["next"])
        inner = {"key": state["words"].astype(np.uint32), "pos": place}
        self._twister.state = {"bit_generator": "MT19937", "state": inner}
        self._seed, self._kept = int(state["seed"]), float(state["kept"]) if state["has_kept"] else None

    @builtin
    def get_state(self) -> Any:
        """The state as a tensor of bytes."""
        from refgrad.tensor import Tensor

        return Tensor._of(self.state_bytes())

    @builtin
    def set_state(self, new_state: Any) -> Generator:
        """Go on from a state. Raises TypeError for what is none."""
        from refgrad.tensor import Tensor

        if not isinstance(new_state, Tensor):
            raise TypeError(binding_texts.no_state(type_name(new_state)))
        self.restore(new_state._array)
        return self

    @builtin
    def clone_state(self) -> Generator:
        return Generator().set_state(self.get_state())

    def __repr__(self) -> str:
        return f"<torch._C.Generator object at {id(self):#x}>"

    __str__ = __repr__

    def words(self, count: int) -> Any:
        """The next words of 32 bits."""
        return np.asarray(self._twister.random_raw(count), np.uint64)

    def pairs(self, count: int) -> Any:
        """The next words of 64 bits."""
        words = self.words(2 * count).reshape(-1, 2)
        return (words[:, 0] << np.uint64(32)) | words[:, 1]

    def fractions(self, count: int, kind: Any = np.float64) -> Any:
        """Uniform numbers of [0, 1): doubles, or floats for all smaller types."""
        if np.dtype(kind) == np.float64:
            return (self.pairs(count) & np.uint64(2**53 - 1)).astype(np.float64) / 2**53
        return (self.words(count) & np.uint64(2**24 - 1)).astype(np.float32) / np.float32(2**24)

    def fraction(self) -> float:
        return float(self.fractions(1)[0])

    def drawn_uniform(self, shape: tuple[int, ...], kind: Any, low: float = 0.0, high: float = 1.0) -> Any:
        """`torch.rand` and `uniform_`."""
        if np.dtype(kind).kind == "c":
            return of_parts(self.drawn_uniform((*shape, 2), real_type(kind), low, high), kind)
        values = self.fractions(math.prod(shape), kind)
        if (low, high) != (0.0, 1.0):
            exact = values.dtype.type
            values = fused(values, exact(high) - exact(low), exact(low))
        return values.astype(kind).reshape(shape)

    def drawn_normal(
        self, shape: tuple[int, ...], kind: Any, mean: float = 0.0, std: float = 1.0, *, in_blocks: bool = True
    ) -> Any:
        """`torch.randn` and `normal_`; of memory with gaps PyTorch draws one after the other."""
        if np.dtype(kind).kind == "c":
            std = std / math.sqrt(2)
            return of_parts(self.drawn_normal((*shape, 2), real_type(kind), mean, std, in_blocks=in_blocks), kind)
        count = math.prod(shape)
        if count < BLOCK or not in_blocks:
            values = np.array([self._one_normal() for _ in range(count)])
            scaled = values + mean if std == 1 else fused(values, np.float64(std), np.float64(mean))
            return scaled.astype(kind).reshape(shape)
        short = np.dtype(kind).itemsize == 2
        flat: Any = np.empty(count, kind)
        left = count % BLOCK
        whole = count - left
        for start in range(0, whole, AT_ONCE * BLOCK):
            size = min(AT_ONCE * BLOCK, whole - start)
            flat[start : start + size] = normal_blocks(self.fractions(size, kind), mean, std, short=short)
        if left:
            if not short:  # overwritten at once
                self.fractions(left, kind)
            flat[-BLOCK:] = normal_blocks(self.fractions(BLOCK, kind), mean, std, short=short)
        return flat.reshape(shape)

    def drawn_integers(self, low: int, high: int, shape: tuple[int, ...], *, wide: bool | None = None) -> Any:
        """`torch.randint`: words reduced to the range. `wide`: of 64 bits, whatever the range."""
        count, span = math.prod(shape), high - low
        wide = span >= WIDE_RANGE if wide is None else wide
        words = self.pairs(count) if wide else self.words(count)
        drawn = words if span >= 2**64 else words % np.uint64(span)
        return (drawn + np.uint64(low & 0xFFFFFFFFFFFFFFFF)).astype(np.int64).reshape(shape)

    def drawn_exponential(self, rate: float, shape: tuple[int, ...]) -> Any:
        logarithms = mapped(math.log1p, -self.fractions(math.prod(shape)))
        return (-1.0 / rate * logarithms).reshape(shape)

    def drawn_geometric(self, p: float, shape: tuple[int, ...]) -> Any:
        """How often to try until the first success."""
        with np.errstate(divide="ignore"):
            return np.ceil(np.log(self.fractions(math.prod(shape))) / math.log(1.0 - p)).reshape(shape)

    def drawn_cauchy(self, median: float, sigma: float, shape: tuple[int, ...]) -> Any:
        slopes = mapped(math.tan, math.pi * (self.fractions(math.prod(shape)) - 0.5))
        return fused(slopes, np.float64(sigma), np.float64(median)).reshape(shape)

    def drawn_log_normal(self, mean: float, std: float, shape: tuple[int, ...]) -> Any:
        exponents = self.drawn_normal((math.prod(shape),), np.float64, mean, std, in_blocks=False)
        return mapped(power_of_e, exponents).reshape(shape)

    def drawn_poisson(self, rates: Any) -> Any:
        return mapped(self._one_poisson, rates.reshape(-1).astype(np.float64)).reshape(rates.shape)

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

    def _one_poisson(self, rate: float) -> float:
        """Small rates: uniform numbers until their product is small. Others: Hormann's transformed rejection."""
        if rate == 0:
            return 0.0
        if rate < 10:
            limit, product, count = math.exp(-rate), 1.0, 0
            while True:
                product *= self.fraction()
                if product <= limit:
                    return float(count)
                count += 1
        root = math.sqrt(rate)
        b = 0.931 + 2.53 * root
        a = -0.059 + 0.02483 * b
        scale = 1.1239 + 1.1328 / (b - 3.4)
        surely = 0.9277 - 3.6224 / (b - 2)
        while True:
            u, v = self.fraction() - 0.5, self.fraction()
            inner = 0.5 - abs(u)
            found = math.floor((2 * a / inner + b) * u + rate + 0.43)
            if inner >= 0.07 and v <= surely:
                return float(found)
            if found < 0 or (inner < 0.013 and v > inner):
                continue
            bound = -rate + found * math.log(rate) - math.lgamma(found + 1)
            if math.log(v) + math.log(scale) - math.log(a / (inner * inner) + b) <= bound:
                return float(found)


Generator.__module__ = "torch._C"


def real_type(kind: Any) -> Any:
    return np.float64 if np.dtype(kind) == np.complex128 else np.float32


def of_parts(parts: Any, kind: Any) -> Any:
    """Complex numbers of their parts, which stand in the last dimension."""
    return np.ascontiguousarray(parts).view(kind)[..., 0]


def power_of_e(exponent: float) -> float:
    """`math.exp`, infinite where it would be too large."""
    try:
        return math.exp(exponent)
    except OverflowError:
        return math.inf


def mapped(function: Callable[[float], float], values: Any) -> Any:
    """The C library's functions: NumPy has its own, which differ from these in the last digit."""
    return np.fromiter(map(function, values.tolist()), np.float64, values.size)


def in_memory_order(array: Any, draw: Callable[[tuple[int, ...]], Any]) -> Any:
    """`draw(shape)` of the shape of `array`, where numbers follow each other as the elements do in memory."""
    if array.flags.c_contiguous:
        return draw(array.shape)
    order = sorted(range(array.ndim), key=lambda dim: -abs(array.strides[dim]))
    return draw(tuple(array.shape[dim] for dim in order)).transpose(np.argsort(order))
