"""Large results stand on memory that is used again, and nobody can tell."""

from __future__ import annotations

import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

import refgrad as torch
from refgrad import pool as pools
from refgrad.memory import root
from refgrad.pool import KEPT, LARGEST, SMALLEST, Pool, fresh, owns, pool

FLOAT = np.dtype(np.float32)
SHAPE = (300, 400)
SIZE = 300 * 400 * 4


@pytest.fixture(autouse=True)
def empty_pool() -> Iterator[None]:
    """A pool without idle buffers."""
    pool.idle.clear()
    yield
    pool.idle.clear()


def idle(size: int = SIZE) -> int:
    return len(pool.idle.get(size, ()))


def large(requires_grad: bool = False) -> torch.Tensor:
    return torch.ones(SHAPE).exp().requires_grad_(requires_grad)


def test_memory_comes_back_when_the_last_tensor_on_it_dies():
    a = large()
    start = a.data_ptr()
    before = idle()
    del a
    assert before + 1 == idle()
    assert start == large().data_ptr()


WAYS_TO_SEE = {
    "transposed": lambda x: x.t(),
    "a slice of a slice": lambda x: x[3:, ::2][1:],
    "detached": lambda x: x.detach(),
    "expanded": lambda x: x.expand(2, *SHAPE),
    "as_strided": lambda x: x.as_strided((2, 2), (1, 1), 5),
    "a view of a view": lambda x: x.view(-1).unsqueeze(0),
    "storage": lambda x: x.untyped_storage(),
    "saved": lambda x: x.clone().requires_grad_().mul(x).grad_fn,
    "array": lambda x: x.numpy(),
    "memoryview": lambda x: memoryview(x.numpy()),
    "array of a memoryview": lambda x: np.asarray(memoryview(x.numpy()))[1:],
    "dlpack": lambda x: np.from_dlpack(x.numpy()),
    "strides of NumPy": lambda x: np.lib.stride_tricks.as_strided(x.numpy(), (2,), (4,)),
    "iterator": lambda x: iter(x.numpy().flat),
    "from_numpy": lambda x: torch.from_numpy(x.numpy()),
}


@pytest.mark.parametrize("way", WAYS_TO_SEE)
def test_whoever_sees_memory_keeps_it(way: str):
    x = large()
    base = weakref.ref(root(x._array))
    kept = WAYS_TO_SEE[way](x)
    del x
    assert base() is not None
    del kept
    assert base() is None


def test_what_a_node_saved_is_kept():
    x = large(requires_grad=True)
    y = x.exp().sum()
    junk = [large() for _ in range(4)]
    y.backward()
    torch.testing.assert_close(x.grad, x.detach().exp())
    del junk


def test_no_more_waits_than_is_allowed():
    own = Pool()
    for size in (LARGEST, LARGEST // 2):
        arrays = [own.laid_over((size,), np.dtype(np.uint8), size) for _ in range(2 * KEPT // size)]
        del arrays
        assert own.waiting() == KEPT
    assert not own.idle[LARGEST], "what was used longest ago goes first"
    assert not own.loans


def test_only_large_arrays_stand_on_buffers():
    sizes = (1, SMALLEST - 1, SMALLEST, LARGEST, LARGEST + 1)
    made = [fresh((size,), np.dtype(np.uint8)) for size in sizes]
    assert [False, False, True, True, False] == [type(each.base) is pools.Buffer for each in made]
    assert all(owns(each) for each in made)
    assert not owns(made[2][1:])
    assert fresh((0, SMALLEST), FLOAT).shape == (0, SMALLEST)


def test_idle_memory_is_given_up_where_memory_is_short(monkeypatch):
    own = Pool()
    own.laid_over(SHAPE, FLOAT, SIZE)
    asked = []

    def short(size: int, kind: object) -> object:
        asked.append(own.waiting())
        if len(asked) == 1:
            raise MemoryError
        return np.zeros(size, np.uint8)

    monkeypatch.setattr(pools, "Buffer", short)
    own.lend(2 * SIZE)
    assert [SIZE, 0] == asked


def test_threads_never_share_a_buffer():
    wrong = []

    def work(mark: int) -> None:
        for _ in range(200):
            arrays = [fresh(SHAPE, FLOAT) for _ in range(3)]
            for place, each in enumerate(arrays):
                each.fill(mark * 10 + place)
            wrong.extend(
                [
                    mark
                    for place, each in enumerate(arrays)
                    if each[0, 0] != mark * 10 + place or each[-1, -1] != each[0, 0]
                ]
            )

    threads = [threading.Thread(target=work, args=(mark,)) for mark in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong
    assert not pool.loans


def test_the_end_of_the_process_is_quiet():
    program = (
        "import refgrad as torch\nx = torch.ones(300, 400, requires_grad=True)\ny = (x * x).exp()\ny.sum().backward()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["exp", "tanh", "log", "sin"])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_functions_are_as_exact_on_a_buffer(name: str, kind: str):
    """Bit for bit what rounding once gives, on every kind of number there is."""
    patterns = np.random.default_rng(0).integers(0, 2**32, 300_000, np.uint32).view(np.float32)
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 88.7, 89, -104, 1, -1], np.float32)
    with np.errstate(all="ignore"):
        values = np.concatenate([special, patterns, np.linspace(-90, 90, 300_000, dtype=np.float32)]).astype(kind)
        expected = getattr(np, name)(values.astype(np.float64)).astype(kind)
    found = getattr(torch, name)(torch.from_numpy(values)).numpy()
    assert type(found.base) is pools.Buffer
    np.testing.assert_array_equal(expected.view(f"u{expected.itemsize}"), found.view(f"u{found.itemsize}"))
