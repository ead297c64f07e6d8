"""Runs programs on an engine in processes that may die.

`Worker` starts `python -m gradoracle.worker MODULE:FACTORY`. That process makes the engine once and then only forks:
each child runs up to `BATCH` programs and ends, so nothing that a program leaves in the process reaches far, and a
child that dies costs one verdict. A death is confirmed by running its program again, alone, with every step reported
as soon as it is finished; the steps before the death are kept. CUDA does not survive a fork: an engine that says so
runs everything in the one process, which is started anew when it dies.

Over the pipes go length-prefixed messages: pickled programs to the child, which trusts its parent, and marshalled plain
data back, which needs no trust beyond the format.
"""

from __future__ import annotations

import gc
import importlib
import marshal
import os
import pickle
import resource
import select
import signal
import struct
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from gradoracle.adapter import check
from gradoracle.engine import Engine
from gradoracle.interpreter import run
from gradoracle.program import Program
from gradoracle.recorded import program_parts
from gradoracle.trace import Step, Trace

BATCH = 500
SECONDS = 20.0
"""How long one program may take before its process is killed."""
START_SECONDS = 180.0
MEMORY = 8 << 30
"""Bytes of writable memory that one child may hold."""

_HEADER = struct.Struct("<I")
_LARGEST = 1 << 30
_ENGINE_FAILED = 3
_NO_MORE = 4


class WorkerError(RuntimeError):
    """The engine could not be made, or its process cannot be talked to."""


class Worker:
    """An engine in processes of its own. Use as a context manager.

    Raises `WorkerError` on entering when the engine cannot be made: no such module, no such device, an import that
    fails; the message is the engine's own.
    """

    def __init__(self, factory: str, path: tuple[str, ...] = ()) -> None:
        self.factory = factory
        self.deaths = 0
        self._path = path
        self._process: subprocess.Popen[bytes] | None = None
        self._child = 0
        self._waiting: Program | None = None
        self._deadline = 0.0
        self.id = ""
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Worker:
        self._start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def run(self, program: Program) -> Trace:
        """The trace of a program; see `Trace.ending` for one that killed its process or took too long."""
        self.send(program)
        return self.receive()

    def send(self, program: Program) -> None:
        """Hand over one program; `receive` gives its trace. Two workers that were sent to run side by side."""
        if self._waiting is not None:
            raise WorkerError("one program at a time")
        if self._process is None:
            self._start()
        self._waiting = program
        self._deadline = time.monotonic() + SECONDS
        self._write(("run", program, False))

    def receive(self) -> Trace:
        """The trace of the program sent last."""
        program = self._waiting
        if program is None:
            raise WorkerError("nothing was sent")
        self._waiting = None
        message = self._await()
        if message[0] == "trace":
            return Trace.from_data(message[1])
        return self._again(program)

    def digests(self, block: bytes, numbers: Sequence[int]) -> list[bytes | None]:
        """The digest of the trace of each program of a block (see `gradoracle.recorded.program_parts`), in order.

        `numbers` are places in the block. None stands for a program that killed its process or took too long: run it
        by itself. Nothing else crosses the pipes, so this is the fast way to see where two engines agree.
        """
        left, found = list(numbers), list[bytes | None]()
        while left:
            if self._waiting is not None:
                raise WorkerError("one program at a time")
            if self._process is None:
                self._start()
            self._write(("digests", block, left))
            while left:
                self._deadline = time.monotonic() + SECONDS
                message = self._await()
                left.pop(0)
                found.append(message[1] if message[0] == "digest" else None)
                if message[0] != "digest":
                    break
        return found

    def close(self) -> None:
        """End the processes."""
        process, self._process = self._process, None
        if process is None:
            return
        # The whole group: a child that has not said hello yet is known to nobody.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # all of it has ended
        self._child = 0
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()

    def _again(self, program: Program) -> Trace:
        """Run a program whose process died once more, alone, and keep the steps that it finishes."""
        self.deaths += 1
        self._deadline = time.monotonic() + SECONDS
        self._write(("run", program, True))
        steps: list[Step] = []
        while True:
            message = self._await()
            if message[0] == "step":
                steps.append(Step(*message[1]))
            elif message[0] == "trace":
                return Trace.from_data(message[1])
            else:
                return Trace(tuple(steps), message)

    def _await(self) -> tuple[Any, ...]:
        """The next message about the running program: a trace, a step, a crash or a timeout."""
        killed = False
        while True:
            try:
                message = self._read(self._deadline if not killed else time.monotonic() + 10)
            except TimeoutError:
                if killed or not self._child:
                    self.close()
                    return ("timeout", SECONDS)
                _kill(self._child)
                killed = True
                continue
            except (EOFError, ValueError, struct.error):
                status = None if self._process is None else self._process.poll()
                self.close()
                if killed:
                    return ("timeout", SECONDS)
                return ("crash", "the engine's process ended" if status is None else _cause(status))
            match message[0]:
                case "hello":
                    self._child = message[1]
                case "ended" if message[1] != _NO_MORE:
                    self._child = 0
                    return ("timeout", SECONDS) if killed else ("crash", _cause(message[1]))
                case "ended":
                    self._child = 0
                case _:
                    return message

    def _start(self) -> None:
        environment = dict(os.environ)
        environment["PYTHONPATH"] = os.pathsep.join(entry for entry in (*self._path, *sys.path) if entry)
        environment.setdefault("OMP_NUM_THREADS", "1")
        environment.setdefault("OPENBLAS_NUM_THREADS", "1")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "gradoracle.worker", self.factory],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            process_group=0,
        )
        try:
            message = self._read(time.monotonic() + START_SECONDS)
        except (EOFError, ValueError, TimeoutError) as error:
            said = self._process.stderr.read().decode(errors="replace") if self._process.stderr is not None else ""
            self.close()
            last = said.strip().splitlines()[-1:] or [str(error) or "it said nothing"]
            raise WorkerError(f"the engine {self.factory} could not be started: {last[0]}") from None
        if message[0] != "ready":
            self.close()
            raise WorkerError(str(message[1]))
        self.id = message[1]
        self.environment = message[2]

    def _write(self, message: Any) -> None:
        if self._process is None:
            self._start()
        stream = cast("subprocess.Popen[bytes]", self._process).stdin
        data = pickle.dumps(message, protocol=5)
        try:
            _write_all(cast("Any", stream).fileno(), _HEADER.pack(len(data)) + data)
        except BrokenPipeError:
            return

    def _read(self, deadline: float) -> tuple[Any, ...]:
        if self._process is None or self._process.stdout is None:
            raise EOFError("the engine's process is gone")
        descriptor = self._process.stdout.fileno()
        size = _HEADER.unpack(_read_exactly(descriptor, _HEADER.size, deadline))[0]
        if size > _LARGEST:
            raise ValueError("a message that is too large")
        message = marshal.loads(_read_exactly(descriptor, size, deadline))  # noqa: S302  plain data, no code
        if not isinstance(message, tuple) or not message:
            raise ValueError("a message of no known form")
        return message


def load(factory: str) -> Engine:
    """Make the engine that `module:factory` names. Raises whatever the module or the factory raises."""
    module, _, name = factory.partition(":")
    return cast("Engine", getattr(importlib.import_module(module), name or "engine")())


def _kill(child: int) -> None:
    try:
        os.kill(child, signal.SIGKILL)
    except ProcessLookupError:
        return


def _cause(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"


def _read_exactly(descriptor: int, size: int, deadline: float) -> bytes:
    parts: list[bytes] = []
    while size:
        left = deadline - time.monotonic()
        # What has arrived is read even when its time is over: whoever waited for it may have waited for another first.
        if not select.select([descriptor], [], [], max(left, 0.0))[0]:
            raise TimeoutError
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            raise EOFError("the pipe was closed")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _send(descriptor: int, message: Any) -> None:
    data = marshal.dumps(message)
    _write_all(descriptor, _HEADER.pack(len(data)) + data)


def _read_request(descriptor: int) -> Any:
    head = _read_blocking(descriptor, _HEADER.size)
    if not head:
        return None
    return pickle.loads(_read_blocking(descriptor, _HEADER.unpack(head)[0]))  # noqa: S301  the parent wrote it


def _read_blocking(descriptor: int, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _fault(error: Exception) -> str:
    """An error that came out of an adapter, which has none to raise but `Unsupported`."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"the adapter raised {type(error).__name__}: {error} ({Path(frame.filename).name}, line {frame.lineno})"


def _tell_imports(writing: int) -> None:
    """Say what is imported from now on as it happens: this process may not live to say it at its end."""

    def tell(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "import":
            _write_all(writing, f"{arguments[0]}\n".encode())

    sys.addaudithook(tell)


def _serve(engine: Engine, requests: int, answers: int, batch: int | None, writing: int | None = None) -> int:
    """What a child does: run programs until it has run a batch or there are no more. The exit status says which.

    What it imports while it runs a program alone it writes to `writing`.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if batch is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    gc.disable()
    opened = lru_cache(maxsize=4)(program_parts.Block)
    _send(answers, ("hello", os.getpid()))
    served = 0
    while batch is None or served < batch:
        request = _read_request(requests)
        if request is None:
            return 0
        if request[0] == "digests":
            programs = opened(request[1])
            for number in request[2]:
                _send(answers, ("digest", run(programs.program(number), engine).digest))
            served += len(request[2])
            continue
        _, program, alone = request
        emit: Callable[[Step], None] | None = None
        if alone and writing is not None:
            _tell_imports(writing)
            writing = None
        if alone:

            def emit(step: Step) -> None:
                _send(answers, ("step", (step.path, step.outcome, step.warnings, step.events)))

        try:
            trace = run(program, engine, emit)
        except Exception as error:
            trace = Trace((), ("crash", _fault(error)))
        _send(answers, ("trace", trace.to_data()))
        served += 1
        if batch is None and served % BATCH == 0:
            gc.collect()
    return _NO_MORE


def main(factory: str) -> int:
    """Make the engine, then fork a child for each batch of programs until the requests end."""
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    try:
        engine = load(factory)
        environment = check(engine)
    except (Exception, SystemExit) as error:
        said = f"it ended the process, {error!r}" if isinstance(error, SystemExit) else str(error)
        _send(answers, ("failed", f"the engine {factory} could not be made: {said}"))
        return _ENGINE_FAILED
    _send(answers, ("ready", engine.id, environment))
    os.dup2(null, 2)
    if not engine.survives_fork:
        return _serve(engine, requests, answers, None)
    while True:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            status = 70
            try:
                before = set(sys.modules)
                status = _serve(engine, requests, answers, BATCH, writing)
                if status == _NO_MORE:
                    _write_all(writing, "\n".join(name for name in sys.modules if name not in before).encode())
            finally:
                os._exit(status)
        os.close(writing)
        loaded = _read_to_end(reading)
        _, waited = os.waitpid(child, 0)
        status = os.waitstatus_to_exitcode(waited)
        if status == 0:
            return 0
        _send(answers, ("ended", status))
        inherit(loaded.decode().splitlines())


def _read_to_end(descriptor: int) -> bytes:
    with open(descriptor, "rb") as stream:
        return stream.read()


def inherit(modules: Iterable[str]) -> None:
    """Import what a child had to import while it ran programs, so that the next ones are born with it.

    The first backward of a process on PyTorch loads hundreds of modules: a second for each child.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in modules:
            try:
                importlib.import_module(name)
            except Exception:  # noqa: S112  some are made at run time and cannot be imported by their name
                continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
