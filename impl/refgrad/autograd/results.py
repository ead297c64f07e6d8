"""How the results of a custom Function hang on its node.

A result is one of four things: not differentiable (it is cut off), an input that was modified in place (its history is
replaced), an input returned as it is (a view of it is returned, so that the input keeps its own history), or new.
Views among them are marked: modifying one in place would go past the user's backward.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from refgrad.autograd import custom_function_texts as texts
from refgrad.dtypes import float32
from refgrad.inplace import check_inplace_view, rebase_history
from refgrad.modes import no_grad
from refgrad.tensor import Tensor
from refgrad.versions import inference
from refgrad.views import DEFAULT, IN_CUSTOM_FUNCTION, MULTI_OUTPUT

if TYPE_CHECKING:
    from refgrad.dtypes import NumpyType

UNDEFINED = ((), float32.numpy)
"""The place of a result that gets no gradient."""


class ResultFacts(NamedTuple):
    """What is needed to make zeros for a gradient that is missing."""

    shape: tuple[int, ...]
    numpy_type: NumpyType
    differentiable: bool

    def zeros(self) -> Tensor:
        from refgrad.creation import zeros
        from refgrad.dtypes import FROM_NUMPY

        made = zeros(self.shape, dtype=FROM_NUMPY[self.numpy_type])
        made.bump_version()  # PyTorch fills them where it can be seen
        return made


def hang_results(
    node: Any, inputs: Sequence[Tensor], outputs: Sequence[Any], kept_apart: Sequence[Any], recording: bool
) -> list[Any]:
    """The results as `apply` returns them; what is no tensor passes through.

    `kept_apart`: the tensors saved by a separate `setup_context`. Raises RuntimeError for results that were marked or
    saved in a way that cannot be recorded.
    """
    non_differentiable = marked(node.non_differentiable, "non_differentiable")
    dirty = marked(node.dirty_tensors, "dirty_tensors")
    for each in dirty:
        each.bump_version()
    node.non_differentiable = node.dirty_tensors = None
    is_input, is_dirty, is_cut, is_apart = map(identities, (inputs, dirty, non_differentiable, kept_apart))
    differentiable = [
        recording and isinstance(each, Tensor) and id(each) not in is_cut and each._array.dtype.kind in "fcV"
        for each in outputs
    ]
    if recording:
        node.result_facts = tuple(
            ResultFacts(each._array.shape, each._array.dtype, wanted) if isinstance(each, Tensor) else None
            for each, wanted in zip(outputs, differentiable, strict=True)
        )
        node.input_metadata = tuple(
            (each._array.shape, each._array.dtype) if wanted else UNDEFINED
            for each, wanted in zip(outputs, differentiable, strict=True)
        )
    results: list[Any] = []
    for number, (each, wanted) in enumerate(zip(outputs, differentiable, strict=True)):
        if not isinstance(each, Tensor):
            results.append(each)
            continue
        given, modified, apart = id(each) in is_input, id(each) in is_dirty, id(each) in is_apart
        if not wanted:
            result = cut_off(each, given, modified, apart)
        elif modified:
            result = written(each, node, number, given, len(outputs))
        else:
            result = each
            if given:
                result = view_of_input(each, apart)
            result._grad_fn = node
            result._output_nr = number
            if inference.used and result.is_inference():
                inference.leaves = True
            if result._view is not None:
                result._view.version = result._version
        if result._view is not None and not (given and modified):
            result._view.creation = DEFAULT if node.flags["_is_pure_view"] else IN_CUSTOM_FUNCTION
        results.append(result)
    if sum(differentiable) > 1:
        for each in results:
            if isinstance(each, Tensor) and each._view is not None:
                each._view.creation = MULTI_OUTPUT
    if not is_dirty <= identities(outputs):
        raise RuntimeError(texts.DIRTY_NOT_RETURNED)
    return results


def identities(values: Sequence[Any]) -> set[int]:
    return {id(each) for each in values}


def marked(tensors: Any, attribute: str) -> tuple[Tensor, ...]:
    """The tensors that `forward` marked.

    Raises RuntimeError if they are no tuple of tensors.
    """
    if tensors is None:
        return ()
    if not isinstance(tensors, tuple):
        raise RuntimeError(texts.function_attribute_no_tuple(attribute))  # noqa: TRY004
    for each in tensors:
        if not isinstance(each, Tensor):
            raise RuntimeError(  # noqa: TRY004
                texts.DIRTY_NO_TENSOR if attribute == "dirty_tensors" else texts.NON_DIFFERENTIABLE_NO_TENSOR
            )
    return tensors


def view_of_input(tensor: Tensor, apart: bool) -> Tensor:
    if apart:
        raise RuntimeError(texts.INPUT_RETURNED_AND_SAVED)
    with no_grad():
        view: Tensor = tensor.view_as(tensor)
    return view


def cut_off(tensor: Tensor, given: bool, modified: bool, apart: bool) -> Tensor:
    """A result without a gradient: it must not require grad, and an input must not change."""
    if not tensor.requires_grad:
        return view_of_input(tensor, apart) if given and not modified else tensor
    if given:
        return tensor.detach()
    if tensor._view is None:
        tensor.detach_()
    return tensor


def written(tensor: Tensor, node: Any, number: int, given: bool, outputs: int) -> Tensor:
    """A result that `forward` modified in place: it takes over the node as its history.

    Raises RuntimeError for a leaf, and for views that cannot be rebased.
    """
    if tensor.requires_grad and tensor._grad_fn is None:
        raise RuntimeError(texts.DIRTY_LEAF)
    if not given:
        if tensor._view is not None:
            raise RuntimeError(texts.DIRTY_NO_INPUT)
        warnings.warn(texts.DIRTY_NO_INPUT, UserWarning, stacklevel=5)
    if tensor._view is not None and outputs > 1:
        raise RuntimeError(texts.DIRTY_VIEW_AMONG_SEVERAL)
    tensor._held_grad = None
    if tensor._view is not None:
        check_inplace_view(tensor)
    rebase_history(tensor, node)
    if tensor._view is None:
        tensor._output_nr = number
    return tensor
