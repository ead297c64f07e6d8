"""The longer road of an operator: with tangents, and through the levels of `torch.func` (see `refgrad/levels.py`).

On each level the same happens as on the ordinary road, in the same order: the edges, the result (here: what the next
level makes of what the operands stand on), the node, and then the tangents.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import forward_texts as texts
from refgrad import lazy, memory
from refgrad.inplace import check_inplace, rebase_history
from refgrad.levels import (
    BatchLevel,
    Level,
    Lowered,
    Untransformed,
    Wrapper,
    hold_tangent,
    is_batched,
    levels,
    lifted,
    settled,
    wrapped,
    wrapper_of,
)
from refgrad.levels import lowered as lowered_one
from refgrad.modes import modes
from refgrad.operators import call as ordinary
from refgrad.operators.declare import KEEP, VIEW, Save, View, operator
from refgrad.operators.dispatching import (
    dispatched,
    dispatched_in_place,
    is_anybody_asked,
    is_laid_out_alike,
    primal_by_asking,
)
from refgrad.operators.tangents import check_forward_mode, result_tangents
from refgrad.tensor import Tensor
from refgrad.views import MULTI_OUTPUT, mark_view, taken

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator

FW_PRIMAL = operator(
    "_fw_primal(Tensor self, int level)",
    lambda a, level: a.view(),
    node="Identity",
    gradients={"self": lambda grad: grad},
    dtype=KEEP,
    view=VIEW,
    public=False,
)
assert FW_PRIMAL.node_class is not None
FW_PRIMAL.node_class.cpp_name = "torch::autograd::Identity"
FW_PRIMAL.node_class.__name__ = "CppFunction"  # of a node that PyTorch has no Python class for


# ---- tangents -----------------------------------------------------------------------------------------------------


def tangent_of(tensor: Any) -> Any:
    """The tangent of `tensor` on its level; a view takes its own from its base's."""
    if not isinstance(tensor, Tensor):
        return None
    extra = tensor._extra
    if extra is not None and extra.tangent is not None:
        return extra.tangent
    view = tensor._view
    if view is None or view.forward is None:
        return None
    base = view.forward._extra
    if base is None or base.tangent is None:
        return None
    whole = base.tangent
    made = view_alike(whole, tensor)
    hold_tangent(tensor, made)
    return made


def view_alike(whole: Any, view: Tensor) -> Any:
    """The view of `whole` that `view` is of what it has its tangent from."""
    info = view._view
    assert info is not None
    assert info.forward is not None
    if info.steps:
        above = info.forward._view
        return taken(whole, info.steps if above is None else info.steps[len(above.steps) :])
    return whole.as_strided(view._array.shape, view.stride(), view.storage_offset())


def set_tangent(tensor: Tensor, tangent: Any, in_place: bool) -> None:
    """Give `tensor` its tangent, copied if it does not lie in memory as the tensor does.

    Written in place, a view hands it on to its base, and holds a view of the base's.
    Raises RuntimeError for another size or a tangent that has one itself.
    """
    if tangent_of(tangent) is not None:
        raise RuntimeError(texts.TANGENT_OF_TANGENT)
    if tangent._array.shape != tensor._array.shape:
        raise RuntimeError(texts.tangent_size(tensor._array.shape, tangent._array.shape))
    if is_anybody_asked((tensor, tangent)) and is_laid_out_alike(tensor, tangent):
        hold_tangent(tensor, tangent)
        return
    view = tensor._view
    if in_place and view is not None and view.forward is not None:
        base = view.forward
        if tangent_of(base) is None:
            if same_place(tangent, base) and same_place(tangent, tensor):
                whole = tangent
            else:
                whole = zeros_laid_out(base if view.steps else tangent, base)
                part = view_alike(whole, tensor)
                part.copy_(tangent)
                tangent = part
            set_tangent(base, whole, False)
    if (in_place or not levels.stack) and not same_place(tangent, tensor):
        made = zeros_laid_out(tangent, tensor)
        made.copy_(tangent)
        tangent = made
    hold_tangent(tensor, tangent)


def same_place(one: Tensor, other: Tensor) -> bool:
    """Whether both lie in their storages alike."""
    a, b = one._array, other._array
    return (
        a.shape == b.shape
        and all(n == 1 or s == t for n, s, t in zip(a.shape, memory.strides(a), memory.strides(b), strict=True))
        and memory.offset(a) == memory.offset(b)
        and storage_size(one) == storage_size(other)
        and all(lazy.reads(one, each) is lazy.reads(other, each) for each in (np.conj, np.negative))
    )


def storage_size(tensor: Tensor) -> int:
    """How many elements of the tensor's type its storage has room for."""
    array = tensor._array
    return int(memory.root(array).nbytes // array.itemsize)


def zeros_laid_out(like: Any, other: Tensor) -> Any:
    """Zeros of the type of `like`, in a storage as that of `other`, and read as it is."""
    from refgrad.operators.convert import opposite

    if lazy.reads(other, np.conj):
        return zeros_as_strided(like, other).conj()
    if lazy.reads(other, np.negative):
        return opposite(zeros_as_strided(like, other))
    return zeros_as_strided(like, other)


def zeros_as_strided(like: Any, other: Tensor) -> Any:
    if other._array.flags.c_contiguous and storage_size(other) == other._array.size:
        return like.new_zeros(other._array.shape)
    if not levels.stack:
        memory_of_zeros = np.zeros(storage_size(other), like._array.dtype)
        shape, start = other._array.shape, other.storage_offset()
        return Tensor._of(memory.strided(memory_of_zeros, shape, other.stride(), start))
    storage = like.new_zeros((storage_size(other),))
    return storage.as_strided(other._array.shape, other.stride(), other.storage_offset())


def primal_of(tensor: Any, *, always: bool = False, unread: bool = False) -> Any:
    """`tensor` without its tangent on this level; its history stays, and all it has on other levels.

    `unread`: only its shape and type count, so that no class is asked for it.
    """
    if not always and tangent_of(tensor) is None:
        return tensor
    asked = not unread and levels.asks(tensor)
    made = primal_by_asking(tensor) if asked else Tensor._of(tensor._array.view())
    extra = made.own_extra()
    extra.wrapper = aliased_below(wrapper_of(tensor))
    extra.wrapped = tensor._is_number()
    node_class = FW_PRIMAL.node_class
    recording = modes.grad and tensor.requires_grad
    mark_view(made, tensor, None)
    if made._view is not None:
        made._view.forward = None
    if recording:
        assert node_class is not None
        made._grad_fn = node_class(*ordinary.edges(FW_PRIMAL, (tensor,)), ())
        made._grad_fn.input_metadata = ((made._array.shape, made._array.dtype),)
    return made


def aliased_below(wrapper: Wrapper | None) -> Wrapper | None:
    """What an alias of a tensor of the innermost transform stands on: below it the alias is one more operator."""
    if wrapper is None or wrapper.dim is not None or not levels.stack or wrapper.level is not levels.stack[-1]:
        return wrapper
    if wrapper_of(wrapper.inner) is None and not wrapper.inner.requires_grad:
        return wrapper  # nobody would see it
    from refgrad.operators.getitem import ALIAS

    with Lowered(wrapper.level):
        return Wrapper(wrapper.level, redispatch(ALIAS, (wrapper.inner,), ()), None)


def is_operand(each: Any) -> bool:
    """Whether formulas take a view of it, with a tangent or without: a tensor that is no number."""
    return isinstance(each, Tensor) and each._array.dtype.kind in "fcV" and not each._is_number()


def tangents_of(row: Operator, tensors: Sequence[Any]) -> list[Any] | None:
    """The tangents of the differentiable operands; `None` if there is none."""
    unseen = (modes.inference or not levels.forward) and row.view is None
    if levels.dual is None or row.node_class is None or unseen:
        return None
    places = range(len(tensors)) if row.list_input else row.differentiable
    found: list[Any] = [None] * len(tensors)
    for i in places:
        found[i] = tangent_of(tensors[i])
    return found if any(each is not None for each in found) else None


# ---- out of place -------------------------------------------------------------------------------------------------


def call_transformed(row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...]) -> Any:
    """`call`, on the innermost level."""
    if not levels.stack:
        if levels.escaped:
            levels.update()  # when they are gone, operators take the short road again
        return differentiated(row, tuple(settled_or_number(row, each) for each in tensors), attributes, plain)
    level = levels.stack[-1]
    if isinstance(level, BatchLevel):
        from refgrad.operators.batched import call_batched

        return call_batched(level, row, tuple(settled_or_number(row, each) for each in tensors), attributes)

    if level.transform == "functionalize" and not on_functional_level(level, tensors):
        with Lowered(level):
            return redispatch(row, tensors, attributes)

    def below(row: Operator, tensors: Sequence[Any], attributes: tuple[Any, ...]) -> Any:
        inner = tuple(lower(level, each) for each in tensors)
        with Lowered(level):
            made = redispatch(row, inner, lower_attributes(level, row, attributes))
        if isinstance(made, (tuple, list)):
            return [wrapped(level, each) for each in made]
        return wrapped(level, made)

    return differentiated(row, tuple(lift(level, each) for each in tensors), attributes, below)


def on_functional_level(level: Level, tensors: Sequence[Any]) -> bool:
    """Whether one of the tensors is one of `level`; `functionalize` leaves others alone."""
    wrappers = (wrapper_of(each) for each in tensors if isinstance(each, Tensor))
    return any(each is not None and each.level is level for each in wrappers)


def redispatch(row: Operator, tensors: Sequence[Any], attributes: tuple[Any, ...]) -> Any:
    return ordinary.call(row, (tensors,) if row.list_input else tuple(tensors), attributes)


def settled_or_number(row: Operator, each: Any, *, in_place: bool = False) -> Any:
    """Raises RuntimeError for a tensor that left its `vmap`."""
    if not isinstance(each, Tensor):
        return each
    wrapper = wrapper_of(each)
    if wrapper is not None and wrapper.dim is not None and not wrapper.level.alive:
        number = wrapper.level.number
        if len(levels.stack) >= number and isinstance(levels.stack[number - 1], BatchLevel):
            return each
        raise RuntimeError(texts.escaped(row.name, in_place=in_place))
    return settled(each)


def lift(level: Level, each: Any) -> Any:
    return lifted(level, each) if isinstance(each, Tensor) else each


def lower(level: Level, each: Any) -> Any:
    return lowered_one(level, each) if isinstance(each, Tensor) else each


def lower_attributes(level: Level, row: Operator, attributes: tuple[Any, ...]) -> tuple[Any, ...]:
    """The index tensors among the attributes, as they are below `level`."""
    if not row.index_lists:
        return attributes
    return tuple(
        tuple(lower(level, one) for one in each) if place in row.index_lists else each
        for place, each in enumerate(attributes)
    )


def plain(row: Operator, tensors: Sequence[Any], attributes: tuple[Any, ...]) -> Any:
    """The bare result, on memory, or as a mode gives it."""
    if is_anybody_asked((*tensors, *attributes) if row.index_lists else tensors):
        return dispatched(row, tuple(tensors), attributes)
    made = ordinary.compute(row, tuple(tensors), attributes)
    if type(made) is tuple:
        return [Tensor._of(np.asarray(each)) for each in made]
    return Tensor._of(np.asarray(made))


def retaking(row: Operator, others: tuple[Any, ...], attributes: tuple[Any, ...]) -> Callable[[Any], Any]:
    """How to take a view once more by its own operator."""
    return lambda base: ordinary.call(row, (base, *others), attributes)


def differentiated(
    row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...], below: Callable[..., Any]
) -> Any:
    """Run the operator on one level: `below` makes the result, and history and tangents are added to it."""
    node_class = row.node_class
    inputs = tensors if row.list_input else [tensors[i] for i in row.differentiable]
    recording = (
        node_class is not None
        and modes.grad
        and any(isinstance(each, Tensor) and each.requires_grad for each in inputs)
    )
    if row.refuses and modes.grad:
        ordinary.refuse_gradients(row, tensors)
    tangents = tangents_of(row, tensors)
    if tangents is not None:
        check_forward_mode(row)
    nodes: tuple[Any, ...] = ()
    numbers: tuple[int, ...] = ()
    if recording:
        nodes, numbers = ordinary.edges(row, tensors)
    try:
        made = below(row, tensors, attributes)
    except Exception:
        if recording and not levels.stack:
            ordinary.saved_values(row, tensors, attributes, nodes)  # PyTorch saves first, see `record`
        raise
    several = isinstance(made, list)
    results: list[Any] = made if several else [made]
    if made is None:
        return None
    if row.view is not None:
        for each in results:
            if modes.below:
                follow_below(each, tensors[0])
            else:
                again = id(tensors[0]) in levels.without_memory or (levels.replaying and row.view is not View.MULTI)
                anew = retaking(row, tensors[1:], attributes) if again else None
                mark_view(each, tensors[0], MULTI_OUTPUT if row.view is View.MULTI else None, anew)
    node = None
    if recording:
        assert node_class is not None
        node = node_class(nodes, numbers, ordinary.saved_values(row, tensors, attributes, nodes))
        node.input_metadata = tuple((each._array.shape, each._array.dtype) for each in results[: row.history])
        for number, each in enumerate(results[: row.history]):
            if each._array.dtype.kind in "fcV":
                each._grad_fn = node
                each._output_nr = number
    if tangents is not None:
        unread = not row.saves_tensors
        primals = [primal_of(each, always=is_operand(each), unread=unread) for each in tensors]
        found = result_tangents(row, primals, tangents, attributes, results)
        for each, tangent in zip(results[: row.history], found, strict=False):
            if tangent is not None and each._array.dtype.kind in "fcV":
                set_tangent(each, tangent, False)
    if node is not None:
        ordinary.save_outputs(node, row, results)
    return row.made_of(results) if several else made


# ---- in place -----------------------------------------------------------------------------------------------------


OVERWRITING = frozenset(("copy", "fill", "zero"))
"""Writes that ask nothing of the tangent that was there, not even its history, which may have to be made anew."""


def inplace_transformed(
    row: Operator,
    tensors: tuple[Any, ...],
    attributes: tuple[Any, ...],
    write: Callable[..., Any] | None = None,
) -> Any:
    """`call_inplace`, on the innermost level; `write(tensors, attributes)` does it on the ordinary road.

    Raises RuntimeError where a transform forbids to write the target.
    """
    if not levels.stack:
        settled_tensors = tuple(settled_or_number(row, each, in_place=True) for each in tensors)

        def on_memory(tensors: tuple[Any, ...]) -> None:
            saved = row.name not in OVERWRITING and tangent_of(tensors[0]) is not None
            original = tensors[0].clone() if saved else None
            if is_anybody_asked(tensors):
                write_below(row, tensors, attributes, original, write_plain)
            else:
                write_plain(tensors, attributes, original)

        def write_plain(tensors: tuple[Any, ...], attributes: tuple[Any, ...], original: Any = None) -> None:
            uncounted = modes.below and not tensors[0].is_inference()
            count = tensors[0]._version if uncounted else 0
            with Untransformed():
                if write is None:
                    ordinary.call_inplace(row, tensors, attributes, original)
                else:
                    write(tensors, attributes)
            if uncounted:
                tensors[0].shared_versions().value = count

        inplace_differentiated(row, settled_tensors, attributes, on_memory)
        return tensors[0]
    level = levels.stack[-1]
    if isinstance(level, BatchLevel):
        from refgrad.operators.batched import inplace_batched

        return inplace_batched(
            level, row, tuple(settled_or_number(row, each, in_place=True) for each in tensors), attributes, write
        )
    wrapper = wrapper_of(tensors[0])
    if wrapper is None or wrapper.level is not level:
        if level.transform == "functionalize":
            if on_functional_level(level, tensors[1:]):
                raise RuntimeError(texts.written_unfunctional(row.name, row.overload))
            return written_under(level, row, tensors, attributes, write)
        raise RuntimeError(texts.captured_tensor_written(in_place_name(row)))

    def on_level(tensors: tuple[Any, ...]) -> None:
        write_on_level(level, row, tensors, attributes, write)

    inplace_differentiated(row, tuple(lift(level, each) for each in tensors), attributes, on_level)
    return tensors[0]


def write_below(
    row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...], original: Any, write: Callable[..., Any]
) -> None:
    """Let those who are asked write the target, and record it."""
    target: Tensor = tensors[0]
    check_inplace(target, row.node_class is not None and ordinary.is_recorded(tensors, row.differentiable))
    recording = row.inplace_class is not None and ordinary.is_recorded(tensors, row.differentiable)
    node = ordinary.inplace_node(row, tensors, attributes, original) if recording else None
    dispatched_in_place(row, tensors, attributes, write)
    if modes.below:
        return
    target.bump_version()
    if node is not None:
        hang_written(row, target, node)


def in_place_name(row: Operator) -> str:
    return f"{row.name.removeprefix('_').removesuffix('_')}_{'.' + row.overload if row.overload else ''}"


def inplace_differentiated(
    row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...], write: Callable[..., Any]
) -> None:
    target: Tensor = tensors[0]
    tangents = tangents_of(row, tensors)
    tangent: Any = None
    made: Any = None
    primals: list[Any] = []
    if tangents is not None and target._array.dtype.kind in "fcV":
        check_inplace(target, row.node_class is not None and ordinary.is_recorded(tensors, row.differentiable))
        if row.name in OVERWRITING and tangent_of(target) is not None and not levels.stack:
            write(tensors)
            overwrite_tangent(tangent_of(target), tangents[1] if len(tensors) > 1 else None)
            return
        original = target.clone()
        primals = [primal_of(each, always=is_operand(each)) for each in (original, *tensors[1:])]
        tangents[0] = tangent_of(original)
        if tangents[0] is None and row.name not in (*OVERWRITING, "mul"):
            tangents[0] = original.new_zeros(original._array.shape)  # which of two zeros is left depends on it
        made = ordinary.call(row, tuple(primals), attributes)
    write(tensors)
    if tangents is not None and made is not None and made._array.shape == target._array.shape:
        # After the write, so that another operand in the same memory is read as it is now: so does PyTorch.
        try:
            tangent = result_tangents(row, primals, tangents, attributes, [made])[0]
        except NotImplementedError as error:
            raise NotImplementedError(texts.inplace_forward_mode_unsupported(row.name)) from error
    if tangent is not None:
        old = tangent_of(target)
        if old is None:
            if row.name == "copy" and tangents is not None:  # PyTorch copies the source's as it is
                tangent = tangents[1].clone().expand(target._array.shape)
            elif any(each is not None and np.may_share_memory(each._array, tangent._array) for each in tangents or ()):
                tangent = tangent.clone()
            set_tangent(target, tangent, True)
        elif row.name == "zero" or (row.name, row.overload) == ("fill", "Scalar"):
            old.zero_()  # which may be written where elements share memory
        elif (row.name, row.overload) == ("masked_fill", "Scalar"):
            old.masked_fill_(tensors[1], 0)
        elif old is not tangent:
            old.copy_(tangent)


def overwrite_tangent(old: Any, new: Any) -> None:
    if new is None:
        old.zero_()
    else:
        old.copy_(new.clone() if np.may_share_memory(old._array, new._array) else new)


def write_on_level(
    level: Level,
    row: Operator,
    tensors: tuple[Any, ...],
    attributes: tuple[Any, ...],
    write: Callable[..., Any] | None,
) -> None:
    """Write what the target stands on, and rebase its history on this level."""
    target: Tensor = tensors[0]
    inputs = [tensors[i] for i in row.differentiable] if row.node_class is not None else []
    recording = modes.grad and any(isinstance(each, Tensor) and each.requires_grad for each in inputs)
    check_inplace(target, recording)
    node = None
    node_class = row.inplace_class
    if recording and node_class is not None:
        nodes, numbers = ordinary.edges(row, tensors)
        node = node_class(nodes, numbers, ())
        originals = tensors
        if any(slot.kind is Save.TENSOR and slot.index == 0 for slot in row.saved):
            originals = (target.clone(), *tensors[1:])
        node.saved = ordinary.saved_values(row, originals, attributes, nodes)
    written_under(level, row, tuple(lower(level, each) for each in tensors), attributes, write)
    target.bump_version()
    if node is not None:
        hang_written(row, target, node)


def written_under(
    level: Level,
    row: Operator,
    tensors: tuple[Any, ...],
    attributes: tuple[Any, ...],
    write: Callable[..., Any] | None,
) -> Any:
    """Write the target below `level`."""
    with Lowered(level):
        deeper = lower_attributes(level, row, attributes)
        if levels.active:
            inplace_transformed(row, tensors, deeper, write)
        elif write is None:
            ordinary.call_inplace(row, tensors, deeper)
        else:
            write(tensors, deeper)
    return tensors[0]


def hang_written(row: Operator, target: Tensor, node: Any) -> None:
    """Make a node the history of the tensor that was written."""
    node.input_metadata = ((target._array.shape, target._array.dtype),)
    on_view = target._view is not None
    rebase_history(target, node)
    ordinary.save_outputs(node, row, (target,), on_view)


def follow_below(view: Tensor, source: Tensor) -> None:
    """What a view takes over where views are not tracked."""
    if lazy.living:
        lazy.follow(view, source)


def refuse_out(name: str, tensors: Sequence[Any]) -> None:
    """Raise NotImplementedError or RuntimeError: the `out=` form knows no tangents and no batches."""
    given = [each for each in tensors if isinstance(each, Tensor)]
    if any(is_batched(each) for each in given):
        raise RuntimeError(texts.batched_out_form(name))
    if any(tangent_of(each) is not None for each in given):
        raise NotImplementedError(texts.out_form(f"{name}_out"))


def refuse_tangents(name: str, operands: Sequence[Any]) -> None:
    """Raise NotImplementedError if one has a tangent: the operator `name` has no derivative."""
    if any(tangent_of(each) is not None for each in operands):
        raise NotImplementedError(texts.no_tangent(name))


def turn_transformed(row: Operator, tensor: Any, attributes: tuple[Any, ...], turn: Callable[[Any], Any]) -> None:
    """Where a tensor changes its shape in place: what it stands on and its tangent change theirs."""
    from refgrad.operators.batched import strided
    from refgrad.operators.batching_decomposed import turned_in_place

    tangent = tangent_of(tensor)
    if tangent is not None:
        turn(tangent)
    wrapper = wrapper_of(tensor)
    if wrapper is None:
        return
    with Lowered(wrapper.level):
        if wrapper.dim is None:
            turn(wrapper.inner)
            return
        assert isinstance(wrapper.level, BatchLevel)
        plain_batch = wrapper.dim == 0 and not wrapper.level.legacy
        if plain_batch and turned_in_place(row, wrapper.inner, tensor._array.ndim, attributes):
            return
        inner = strided(wrapper.level, row, wrapper.inner, wrapper.dim, attributes)
    tensor.own_extra().wrapper = Wrapper(wrapper.level, inner, 0)
