"""`torch.random`: the state of the random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from refgrad import creation
from refgrad.creation import manual_seed
from refgrad.tensor import Tensor


def get_rng_state() -> Tensor:
    """The state as bytes."""
    return Tensor._of(creation.random_state.state_bytes())


def set_rng_state(new_state: Tensor) -> None:
    creation.random_state.restore(new_state._array)


def initial_seed() -> int:
    """The seed that the numbers started from."""
    return creation.random_state.initial_seed()


def seed() -> int:
    """Start anew from a seed that nobody knows."""
    return creation.random_state.seed()


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, device_type: str = "cpu") -> Iterator[None]:
    """A block after which the random numbers go on as if it had not been."""
    state = creation.random_state.state_bytes()
    try:
        yield
    finally:
        if enabled:
            creation.random_state.restore(state)


def thread_safe_generator() -> None:
    """The generator of a thread that loads data, of which there are none."""


default_generator = creation.random_state

__all__ = [
    "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state",
    "thread_safe_generator",
]  # fmt: skip
