"""`torch._C._autograd`: saved tensors and their hooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from refgrad import binding_texts
from refgrad.backward import engine
from refgrad.node import sequence
from refgrad.raw_saved import SavedTensor
from refgrad.saved import default_hooks, save_input, save_output
from refgrad.tensor import Tensor
from refgrad.views import DEFAULT, IN_CUSTOM_FUNCTION, INFERENCE, MULTI_OUTPUT, NO_GRAD, ViewInfo


class CreationMeta(Enum):
    """How a view came about."""

    DEFAULT = DEFAULT
    IN_CUSTOM_FUNCTION = IN_CUSTOM_FUNCTION
    MULTI_OUTPUT_NODE = MULTI_OUTPUT
    NO_GRAD_MODE = NO_GRAD
    INFERENCE_MODE = INFERENCE


def _view_info(tensor: Tensor) -> ViewInfo:
    if tensor._view is None:
        raise RuntimeError(binding_texts.NO_VIEW)
    return tensor._view


def _get_creation_meta(tensor: Tensor) -> CreationMeta:
    """How a view came about. Raises RuntimeError for what is none."""
    return CreationMeta(_view_info(tensor).creation)


def _set_creation_meta(tensor: Tensor, meta: CreationMeta) -> None:
    """Declare how a view came about. Raises RuntimeError for what is none."""
    _view_info(tensor).creation = meta.value


def _unsafe_set_version_counter(tensors: Sequence[Tensor], versions: Sequence[int]) -> None:
    """Give tensors, and all that share their versions, other versions, as if nothing had been modified since.

    Raises TypeError for what are no tensors and numbers, RuntimeError for a version below zero.
    """
    if not (
        isinstance(tensors, Sequence)
        and isinstance(versions, Sequence)
        and all(isinstance(each, Tensor) for each in tensors)
    ):
        given = (tensors, versions)
        raise TypeError(
            binding_texts.incompatible_arguments("_unsafe_set_version_counter", binding_texts.VERSIONS_OVERLOAD, given)
        )
    if len(tensors) != len(versions):
        raise RuntimeError(binding_texts.versions_not_as_many(len(tensors), len(versions)))
    for tensor, version in zip(tensors, versions, strict=True):
        if version < 0:
            raise RuntimeError(binding_texts.version_below_zero(version))
        tensor.shared_versions().value = version


def _make_saved_tensor(tensor: Tensor, is_output: bool, is_inplace_on_view: bool = False) -> SavedTensor:
    """A saved tensor that belongs to no node."""
    return SavedTensor._of(save_output(tensor, is_inplace_on_view) if is_output else save_input(tensor))


def _push_saved_tensors_default_hooks(pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
    default_hooks.push((pack_hook, unpack_hook))


def _pop_saved_tensors_default_hooks() -> None:
    default_hooks.pop()


def _top_saved_tensors_default_hooks(ignore_is_tracing: bool) -> Any:
    """The two hooks that saved tensors get now; `None` if there are none."""
    return default_hooks.top


def _get_sequence_nr() -> int:
    """The number that the next node gets."""
    return int(repr(sequence).removeprefix("count(").removesuffix(")"))


def _saved_tensors_hooks_enable() -> None:
    default_hooks.disabled = None


def _saved_tensors_hooks_disable(message: str) -> None:
    default_hooks.disable(message)


def _saved_tensors_hooks_is_enabled() -> bool:
    return default_hooks.disabled is None


def _saved_tensors_hooks_get_disabled_error_message() -> str | None:
    return default_hooks.disabled


def _profiler_enabled() -> bool:
    """Whether a profiler is on."""
    from refgrad.autograd.profiler import running

    return bool(running.profilers)


def _get_current_graph_task_keep_graph() -> bool:
    """Whether the running backward keeps the graph; true outside of one."""
    return engine.task is None or engine.task.keep_graph
