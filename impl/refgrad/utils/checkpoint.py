"""`torch.utils.checkpoint`: run a function without keeping what its backward needs, and run it again when it is needed.

The reentrant way is a custom Function whose backward runs the function once more and calls backward inside backward.
The other way keeps the graph and replaces what it saves: a pair of saved-tensor hooks leaves an empty *holder* for each
tensor. The first holder that backward unpacks has the function run again, under a second pair of hooks that puts the
tensors it would save, in their order, behind the holders. With *early stop* that run ends at the last one.

Behaviour: https://docs.pytorch.org/docs/2.13/checkpoint.html, details observed on PyTorch 2.13.0. There is no
automatic mixed precision and no device here whose state would have to be restored.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from refgrad import autograd, creation, short_types
from refgrad.autograd.function import Function
from refgrad.autograd.graph import saved_tensors_hooks
from refgrad.backward import engine
from refgrad.generator import Generator
from refgrad.modes import enable_grad, is_grad_enabled, no_grad
from refgrad.saved import save_input
from refgrad.tensor import Tensor
from refgrad.utils import checkpoint_texts as texts
from refgrad.utils.checkpoint_debug import Log, report
from refgrad.utils.selective import (
    SAC_IGNORED_OPS,
    CheckpointPolicy,
    SelectiveCheckpointContext,
    create_selective_checkpoint_contexts,
)

Contexts = tuple[AbstractContextManager[Any], AbstractContextManager[Any]]


class CheckpointError(RuntimeError):
    """The function did not do the same the second time."""

    __module__ = "torch.utils.checkpoint"


def noop_context_fn() -> Contexts:
    return contextlib.nullcontext(), contextlib.nullcontext()


class Settings:
    """What the context managers below set for all checkpoints; `None`: as each of them says."""

    __slots__ = ("debug", "early_stop")

    def __init__(self) -> None:
        self.early_stop: bool | None = None
        self.debug: bool | None = None


settings = Settings()


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Whether checkpoints recorded in the block end their second run at the last tensor that is needed."""
    before, settings.early_stop = settings.early_stop, enable
    try:
        yield
    finally:
        settings.early_stop = before


@contextlib.contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Whether checkpoints in the block are debugged."""
    before, settings.debug = settings.debug, enabled
    try:
        yield
    finally:
        settings.debug = before


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs with each tensor detached, and requiring grad as before.

    Raises RuntimeError for anything but a tuple.
    """
    if not isinstance(inputs, tuple):
        raise RuntimeError(texts.only_tuple_of_tensors(type(inputs).__name__))  # noqa: TRY004  # PyTorch's
    return tuple(
        each.detach().requires_grad_(each.requires_grad) if isinstance(each, Tensor) else each for each in inputs
    )


def check_backward_validity(inputs: Iterable[Any]) -> None:
    """Warn (UserWarning) if none of the tensors requires grad."""
    if not any(each.requires_grad for each in inputs if isinstance(each, Tensor)):
        warnings.warn(texts.NO_INPUT_REQUIRES_GRAD, stacklevel=2)


class DefaultDeviceType:
    """The device whose random state is kept where no tensor says otherwise."""

    __module__ = "torch.utils.checkpoint"

    _default_device_type: str | None = None

    @staticmethod
    def set_device_type(device: str = "cuda") -> None:
        DefaultDeviceType._default_device_type = device

    @staticmethod
    def get_device_type() -> str:
        return DefaultDeviceType._default_device_type or "cpu"


def get_device_states(*args: Any) -> tuple[list[int], list[Tensor]]:
    """The random states of other devices than the CPU: there are none."""
    return [], []


def set_device_states(devices: Any, states: Any, *, device_type: str | None = None) -> None:
    """Does nothing: there is no device but the CPU."""


def random_numbers() -> Any:
    """Where the random numbers stand."""
    return creation.random_state.state_bytes()


@contextlib.contextmanager
def random_state(state: Any) -> Iterator[None]:
    """Random numbers as from `state` on; afterwards they go on as if nothing had happened. `None`: no change."""
    before = creation.random_state
    if state is not None:
        generator = Generator()
        generator.restore(state)
        creation.random_state = generator
    try:
        yield
    finally:
        if state is not None:
            creation.random_state = before


# ---- reentrant ------------------------------------------------------------------------------------------------------


class CheckpointFunction(Function):
    """Checkpointing by a backward inside backward."""

    __module__ = "torch.utils.checkpoint"

    @staticmethod
    def forward(ctx: Any, run_function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.preserve_rng_state = preserve_rng_state
        ctx.random_state = random_numbers() if preserve_rng_state else None
        ctx.inputs = [None if isinstance(each, Tensor) else each for each in args]
        ctx.tensor_indices = [place for place, each in enumerate(args) if isinstance(each, Tensor)]
        ctx.save_for_backward(*(each for each in args if isinstance(each, Tensor)))
        with no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *args: Any) -> Any:
        if not engine.is_checkpoint_valid():
            raise RuntimeError(texts.REENTRANT_NOT_VALID)
        inputs = list(ctx.inputs)
        for place, each in zip(ctx.tensor_indices, ctx.saved_tensors, strict=True):
            inputs[place] = each
        with random_state(ctx.random_state):
            detached = detach_variable(tuple(inputs))
            with enable_grad():
                outputs = ctx.run_function(*detached)
        if isinstance(outputs, Tensor):
            outputs = (outputs,)
        pairs = [
            (each, grad)
            for each, grad in zip(outputs, args, strict=False)
            if isinstance(each, Tensor) and each.requires_grad
        ]
        if not pairs:
            raise RuntimeError(texts.CHECKPOINT_NOT_NECESSARY)
        autograd.backward([each for each, _ in pairs], [grad for _, grad in pairs])
        return (None, None, *(each.grad if isinstance(each, Tensor) else None for each in detached))


# ---- not reentrant --------------------------------------------------------------------------------------------------


class Handle:
    """The key under which one recomputed tensor is kept."""


class _Holder:
    """Stands in the graph for one saved tensor; per run its handle, `None` once the tensor has been taken."""

    __module__ = "torch.utils.checkpoint"

    __slots__ = ("__weakref__", "handles")

    def __init__(self) -> None:
        self.handles: dict[Any, Handle | None] = {}


class Run:
    """One recomputation. Tensors go with their holders."""

    __slots__ = ("count", "done", "tensors")

    def __init__(self) -> None:
        self.count = 0
        self.done = False
        self.tensors: weakref.WeakKeyDictionary[Handle, Tensor] = weakref.WeakKeyDictionary()


class _StopRecomputationError(Exception):
    """Everything that is needed has been recomputed."""


def metadata_of(tensor: Tensor) -> dict[str, Any]:
    return {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device}


DETERMINISM_CHECKS: dict[str, Callable[[Tensor], Any]] = {"default": metadata_of, "none": lambda _: None}


class Frame:
    """One checkpointed call: its arguments, and what its graph saved."""

    __slots__ = (
        "__weakref__", "arguments", "casts", "describe", "early_stop", "facts_of", "forward_done", "holders",
        "may_differ", "metadata", "recompute", "runs",
    )  # fmt: skip

    def __init__(self, recompute: Callable[..., None], early_stop: bool, facts_of: Callable[[Tensor], Any]) -> None:
        self.recompute = recompute
        self.early_stop = early_stop
        self.facts_of = facts_of
        self.casts = short_types.state.kind
        self.arguments: list[Any] = []
        """Saved like tensors for backward, so hooks that are in force take them over."""
        self.holders: list[weakref.ref[_Holder]] = []
        self.metadata: list[Any] = []
        self.runs: dict[Any, Run] = {}
        self.describe: Callable[[], str] | None = None
        """What to say instead if something is wrong, where the call is debugged."""
        self.forward_done = False
        self.may_differ = False
        """Backward ran inside of the function, so the second run saves more than the first had until then."""

    def pack(self, tensor: Tensor) -> _Holder:
        holder = _Holder()
        self.holders.append(weakref.ref(holder))
        self.metadata.append(self.facts_of(tensor))
        return holder

    def unpack(self, holder: _Holder) -> Tensor:
        """The tensor that the second run puts behind `holder`; each backward has a run of its own."""
        try:
            return self.recomputed(holder)
        except CheckpointError as error:
            if self.describe is None:
                raise
            raise CheckpointError(self.describe()) from error

    def recomputed(self, holder: _Holder) -> Tensor:
        group = GraphExecGroup._get_current_group()
        task = object() if engine.task is None else engine.task.id
        key: Any = task if group is None else group
        run = self.runs.setdefault(key, Run())
        if not run.done:
            self.run_again(key, run)
        handle = holder.handles[key]
        if handle is None:
            raise CheckpointError(texts.checkpoint_unpacked_twice(grouped=group is not None))
        holder.handles[key] = None
        return run.tensors[handle]

    def run_again(self, key: Any, run: Run) -> None:
        arguments = [each.unpack(None) if saved else each for saved, each in self.arguments]
        hooks = saved_tensors_hooks(Recomputation(weakref.ref(self), key, run).pack, lambda packed: packed)
        casts = short_types.As(self.casts)
        with contextlib.suppress(_StopRecomputationError), hooks, enable_grad(), casts:
            self.recompute(*arguments)
        run.done = True
        self.check(key, run)

    def check(self, key: Any, run: Run) -> None:
        """Raise CheckpointError if other tensors were saved the second time."""
        if self.may_differ:
            return
        if len(self.holders) != run.count:
            raise CheckpointError(texts.checkpoint_number(len(self.holders), run.count))
        different = []
        for place, reference in enumerate(self.holders):
            holder = reference()
            handle = None if holder is None else holder.handles[key]
            if handle is not None:
                facts = self.facts_of(run.tensors[handle])
                if facts != self.metadata[place]:
                    different.append((place, self.metadata[place], facts))
        if different:
            raise CheckpointError(texts.checkpoint_metadata(different))


class Recomputation:
    """The hook of a second run. What it returns is saved in that run's graph, which the function may use itself."""

    __slots__ = ("frame", "key", "run")

    def __init__(self, frame: weakref.ref[Frame], key: Any, run: Run) -> None:
        self.frame = frame
        self.key = key
        self.run = run

    def pack(self, tensor: Tensor) -> Tensor:
        frame, run = self.frame(), self.run
        assert frame is not None
        if tensor.requires_grad:
            tensor = tensor.detach()
        place = run.count
        run.count += 1
        if place >= len(frame.holders):
            if frame.forward_done:
                raise CheckpointError(texts.CHECKPOINT_MORE_SAVED)
            frame.may_differ = True
            return tensor
        holder = frame.holders[place]()
        if holder is not None:
            handle = Handle()
            holder.handles[self.key] = handle
            run.tensors[handle] = tensor
        if frame.early_stop and run.count == len(frame.holders):
            raise _StopRecomputationError
        return tensor


class CurrentGroup(threading.local):
    group: GraphExecGroup | None = None


current = CurrentGroup()


class GraphExecGroup:
    """Backward calls in the block share one recomputation; no two of them may need the same saved tensor.

    Raises RuntimeError inside of another such block.
    """

    __module__ = "torch.utils.checkpoint"

    def __enter__(self) -> GraphExecGroup:
        if current.group is not None:
            raise RuntimeError(texts.groups_nested(current.group))
        current.group = self
        return self

    def __exit__(self, *_: object) -> None:
        current.group = None

    @classmethod
    def _get_current_group(cls) -> GraphExecGroup | None:
        return current.group


# ---- both -----------------------------------------------------------------------------------------------------------


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], Contexts] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """The result of `function(*args)`, recorded so that backward runs the function again.

    Raises ValueError for arguments that do not go together, CheckpointError in backward if the second run differs.
    """
    if use_reentrant is None:
        warnings.warn(texts.REENTRANT_IMPLICIT, stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if not use_reentrant:
        return _checkpoint(function, args, kwargs, preserve, context_fn, determinism_check, debug, early_stop)
    if kwargs:
        raise ValueError(texts.unexpected_keywords(list(kwargs)))
    if context_fn is not noop_context_fn or debug is not False:
        raise ValueError(texts.REENTRANT_OPTIONS)
    return CheckpointFunction.apply(function, preserve, *args)


def _checkpoint(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    preserve: bool,
    context_fn: Callable[[], Contexts],
    determinism_check: str,
    debug: bool,
    early_stop: bool,
) -> Any:
    debugged = debug if settings.debug is None else settings.debug
    if debugged and context_fn is not noop_context_fn:
        raise ValueError(texts.CHECKPOINT_DEBUG_CONTEXT)
    if determinism_check not in DETERMINISM_CHECKS:
        raise ValueError(texts.determinism_check(list(DETERMINISM_CHECKS), determinism_check))
    forward_context, recompute_context = (Log(), Log()) if debugged else context_fn()
    state = random_numbers() if preserve else None

    def recompute(*arguments: Any) -> None:
        with random_state(state), recompute_context:
            function(*arguments, **kwargs)

    if not is_grad_enabled():
        return function(*args, **kwargs)
    stop = early_stop if settings.early_stop is None else settings.early_stop
    frame = Frame(recompute, stop, DETERMINISM_CHECKS[determinism_check])
    if isinstance(forward_context, Log) and isinstance(recompute_context, Log):
        frame.describe = functools.partial(report, forward_context, recompute_context)
    frame.arguments = [(True, save_input(each)) if isinstance(each, Tensor) else (False, each) for each in args]
    finished = False
    with saved_tensors_hooks(frame.pack, frame.unpack), forward_context:
        result = function(*args, **kwargs)
        finished = True
    if not finished:
        raise RuntimeError(texts.CHECKPOINT_SUPPRESSED)
    frame.forward_done = True
    return result


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """The functions one after the other, in so many segments, each but the last checkpointed.

    Raises ValueError for keyword arguments other than `preserve_rng_state`.
    """
    if use_reentrant is None:
        warnings.warn(texts.REENTRANT_IMPLICIT_SEQUENTIAL, stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError(texts.unexpected_keywords(list(kwargs)))

    def segment(start: int, end: int) -> Callable[[Any], Any]:
        def run(value: Any) -> Any:
            for each in steps[start:end]:
                value = each(value)
            return value

        return run

    from refgrad.nn.containers import Sequential

    steps = list(functions.children()) if isinstance(functions, Sequential) else functions
    size = len(steps) // segments
    done = 0
    for start in range(0, size * (segments - 1), size):
        done = start + size
        input = checkpoint(segment(start, done), input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return segment(done, len(steps))(input)


__all__ = [  # noqa: RUF022  # in PyTorch's order
    "checkpoint", "checkpoint_sequential", "CheckpointError", "CheckpointFunction", "check_backward_validity",
    "detach_variable", "get_device_states", "set_device_states", "noop_context_fn", "set_checkpoint_early_stop",
    "DefaultDeviceType", "set_checkpoint_debug_enabled", "CheckpointPolicy", "SelectiveCheckpointContext",
    "create_selective_checkpoint_contexts", "SAC_IGNORED_OPS", "GraphExecGroup",
]  # fmt: skip
