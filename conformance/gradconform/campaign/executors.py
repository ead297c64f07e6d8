"""Where units run: processes of this machine, or a Dask cluster. The campaign sees a `concurrent.futures.Executor`."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass


class NoExecutor(ValueError):
    """An executor that cannot be had here; says what to do."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """An executor and how many units it runs side by side."""

    executor: Executor
    count: int


@contextmanager
def processes(jobs: int) -> Iterator[Lanes]:
    """Processes of this machine, which end with the block, at once when it ends by an exception."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin)
    try:
        yield Lanes(pool, jobs)
    except BaseException:
        running = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            process.terminate()
        raise
    pool.shutdown()


def _begin() -> None:
    """Ctrl-C is for the parent; a process whose parent is gone has nobody to work for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def dask(address: str) -> Iterator[Lanes]:
    """The Dask cluster whose scheduler listens at `address`.

    Raises `NoExecutor` when the library is missing, nobody answers, or the cluster has no workers.
    """
    try:
        import distributed
    except ImportError:
        raise NoExecutor("--executor dask needs the library: pip install 'gradconform[dask]'") from None
    try:
        client = distributed.Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise NoExecutor(f"no Dask scheduler at {address}: {error or type(error).__name__}") from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise NoExecutor(f"the Dask cluster at {address} has no workers: start `dask worker {address}`")
        # Not pure: Dask must not take two campaigns' units for one, nor keep the results.
        yield Lanes(client.get_executor(pure=False), threads)
