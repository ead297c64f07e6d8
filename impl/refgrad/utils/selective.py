"""Selective checkpointing: which operators keep their results, so that the second run takes them instead of computing.

Two modes that see every operator. The first runs with the function and stores what the policy wants saved, by operator
and by how many of its kind came before. The second runs when the function runs again, and finds it there. A result is
given out once. Published by `torch.utils.checkpoint`.

Behaviour: https://docs.pytorch.org/docs/2.13/checkpoint.html, details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from enum import Enum
from typing import Any

from refgrad import ops
from refgrad.func.trees import mapped
from refgrad.tensor import Tensor
from refgrad.utils import checkpoint_texts as texts
from refgrad.utils._python_dispatch import TorchDispatchMode

SAC_IGNORED_OPS = {
    *(getattr(ops.aten, name).default for name in (
        "detach", "size", "sym_size", "stride", "sym_stride", "storage_offset", "sym_storage_offset", "numel",
        "sym_numel", "dim", "is_contiguous", "is_strides_like_format", "is_non_overlapping_and_dense",
    )),
    ops.aten.is_contiguous.memory_format,
    ops.prim.device.default,
}  # fmt: skip
"""Operators that no policy is asked about."""


class CheckpointPolicy(Enum):
    """What to do with an operator's result; of each pair PyTorch's compiler may overrule the second."""

    MUST_SAVE = 0
    PREFER_SAVE = 1
    MUST_RECOMPUTE = 2
    PREFER_RECOMPUTE = 3
    MUST_CPU_OFFLOAD = 4
    PREFER_CPU_OFFLOAD = 5


CheckpointPolicy.__module__ = "torch.utils.checkpoint"
RECOMPUTED = (CheckpointPolicy.MUST_RECOMPUTE, CheckpointPolicy.PREFER_RECOMPUTE)
NOT_SAVED, GIVEN_OUT = object(), object()

Storage = defaultdict[Any, dict[int, Any]]


class SelectiveCheckpointContext:
    """What a policy is told besides the operator and its arguments."""

    __module__ = "torch.utils.checkpoint"

    def __init__(self, *, is_recompute: bool, op_output: Any = None) -> None:
        self.is_recompute = is_recompute
        self.op_output = op_output


class Counting(TorchDispatchMode):
    """A mode that counts the operators of each kind from where it was entered."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.func_counter: defaultdict[Any, int] = defaultdict(int)

    def __enter__(self) -> TorchDispatchMode:
        self.func_counter.clear()
        return super().__enter__()

    def count(self, func: Any) -> int:
        place = self.func_counter[func]
        self.func_counter[func] += 1
        return place


class Stored:
    """A tensor at the version it had."""

    __slots__ = ("tensor", "version")

    def __init__(self, tensor: Tensor, version: int) -> None:
        self.tensor = tensor.detach()
        self.version = version


class _CachingTorchDispatchMode(Counting):
    """The first run."""

    def __init__(self, policy_fn: Callable[..., Any], storage: Storage) -> None:
        super().__init__(storage)
        self.policy_fn = policy_fn

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = {} if kwargs is None else kwargs
        if func in SAC_IGNORED_OPS:
            return func(*args, **kwargs)
        before = {id(each): each._version for each in args if isinstance(each, Tensor)}
        made = func(*args, **kwargs)
        policy = self.policy_fn(SelectiveCheckpointContext(is_recompute=False, op_output=made), func, *args, **kwargs)
        if isinstance(policy, bool):
            policy = CheckpointPolicy.MUST_SAVE if policy else CheckpointPolicy.PREFER_RECOMPUTE
        saves = isinstance(policy, CheckpointPolicy) and policy not in RECOMPUTED

        def stored(each: Any) -> Any:
            # An operand that is returned counts as modified: nothing that could be given out again.
            return Stored(each, before.get(id(each), each._version)) if isinstance(each, Tensor) else each

        self.storage[func][self.count(func)] = mapped(stored, made) if saves else NOT_SAVED
        return made


class _CachedTorchDispatchMode(Counting):
    """The second run."""

    def __init__(self, storage: Storage, allow_cache_entry_mutation: bool) -> None:
        super().__init__(storage)
        self.allow_cache_entry_mutation = allow_cache_entry_mutation

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Raises RuntimeError for an operator that did not run the first time, and for a result asked for again."""
        kwargs = {} if kwargs is None else kwargs
        if func in SAC_IGNORED_OPS:
            return func(*args, **kwargs)
        place = self.count(func)
        if func not in self.storage:
            raise RuntimeError(texts.selective_not_found(func))
        entry = self.storage[func].get(place, NOT_SAVED)
        if entry is GIVEN_OUT:
            raise RuntimeError(texts.SELECTIVE_TWICE)
        if entry is NOT_SAVED:
            return func(*args, **kwargs)
        made = mapped(self.taken, entry)
        self.storage[func][place] = GIVEN_OUT
        return made

    def taken(self, stored: Any) -> Any:
        if not isinstance(stored, Stored):
            return stored
        if stored.tensor._version != stored.version and not self.allow_cache_entry_mutation:
            raise RuntimeError(texts.SELECTIVE_MUTATED)
        return stored.tensor


def create_selective_checkpoint_contexts(
    policy_fn_or_list: Any, allow_cache_entry_mutation: bool = False
) -> tuple[TorchDispatchMode, TorchDispatchMode]:
    """The contexts for a checkpoint's `context_fn`: a policy, or a list of the operators whose results are saved.

    Raises TypeError for something else, ValueError for a list with anything but overloads.
    """
    if isinstance(policy_fn_or_list, list):
        for op in policy_fn_or_list:
            if not isinstance(op, ops.OpOverload):
                raise ValueError(texts.selective_no_overload(op, isinstance(op, ops.OpOverloadPacket)))  # noqa: TRY004

        def policy_fn(ctx: Any, op: Any, *args: Any, **kwargs: Any) -> CheckpointPolicy:
            return CheckpointPolicy.MUST_SAVE if op in policy_fn_or_list else CheckpointPolicy.PREFER_RECOMPUTE

        policy: Callable[..., Any] = policy_fn
    elif callable(policy_fn_or_list):
        policy = policy_fn_or_list
    else:
        raise TypeError(texts.SELECTIVE_POLICY)
    storage: Storage = defaultdict(dict)
    return _CachingTorchDispatchMode(policy, storage), _CachedTorchDispatchMode(storage, allow_cache_entry_mutation)


__all__ = [
    "SAC_IGNORED_OPS", "CheckpointPolicy", "SelectiveCheckpointContext", "create_selective_checkpoint_contexts",
]  # fmt: skip
