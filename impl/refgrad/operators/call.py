"""Running a declared operator: promote, compute, record.

`call` is the one road every operator takes. When gradients are wanted it makes the node, with the edges and the saved
tensors that the row asks for; otherwise the result is a plain tensor.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import backward_texts, binding_texts, dtypes, inplace_texts, memory, memory_texts, shapes
from refgrad.bfloat import FACTORS, SHORT, forward_of
from refgrad.cpp_spelling import stored_type
from refgrad.half import on_the_way
from refgrad.inplace import check_inplace, rebase_history
from refgrad.levels import levels
from refgrad.modes import modes
from refgrad.node import OperatorNode
from refgrad.once import warn_once
from refgrad.operators import complex_texts
from refgrad.operators import texts as operator_texts
from refgrad.operators.below import seen_below
from refgrad.operators.declare import Rule, Save, View, named_results
from refgrad.pool import MANY, fresh
from refgrad.saved import SavedList, save_input, save_output
from refgrad.silence import silent
from refgrad.tensor import Tensor, wrapped_number
from refgrad.type_names import type_name
from refgrad.versions import inference, only_inference
from refgrad.views import MULTI_OUTPUT, mark_view

if TYPE_CHECKING:
    from refgrad.dtypes import Array, NumpyType
    from refgrad.operators.declare import Operator

FILLING_PARTS = {"masked_fill": "tensor[mask] = scalar", "index_fill": "tensor[mask] = scalar"}
"""Operators that may still write memory that is held several times, with a warning, and the other way to say it."""
FILLING = frozenset(("fill", "zero", "tril", "triu", "threshold_", *FILLING_PARTS))
"""Operators that may write it: all its elements get the same, or nobody looks."""
STAYING_ZERO = {"mul": "any", "dot": "any", "vdot": "any", "div": "first", "add": "all", "sub": "all"}
"""Operators whose result has no memory where that is so of any operand, of the first alone, or of all."""
WITH_NUMBERS = frozenset(("Scalar", "Tensor_mode", "sparse"))
"""Overloads of these, but for products, that make ordinary zeros of them first."""
SECOND_FIRST = frozenset(("threshold_backward", "leaky_relu_backward", "soft_margin_loss_backward"))
"""Operators whose result is laid out as the second operand is, where the two differ."""
LAID_AS_CLONED = {
    "nan_to_num": 0,
    "hardtanh": 0,
    "deg2rad": 0,
    "rad2deg": 0,
    "log_sigmoid_backward": 0,
    "binary_cross_entropy_backward": 1,
}
"""Operators that take the layout of one operand as `clone()` does: strides of single elements are kept."""
LAID_BY_INDEX = frozenset(("logsumexp", "mse_loss_backward", "smooth_l1_loss_backward", "huber_loss_backward"))
"""Operators whose result lies in the order of its indices, whatever the operands do."""
NEVER_EXPANDED = frozenset(("addmv", "baddbmm"))
"""Operators of matrices whose result has a size of its own, which is held against that of the target."""
WITHOUT_NUMBERS = frozenset(("gcd", "lcm", "igamma", "igammac", "nextafter", "addcmul", "addcdiv"))
"""Operators of tensors alone."""
NUMBERS = (bool, int, float, complex, np.number, np.bool_)


def call(row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...]) -> Any:
    """Run `row` on tensors (or Python numbers) and attributes, in the order of its signature.

    Raises TypeError if an operand is neither tensor nor number, and what the operator's forward raises.
    """
    if row.list_input:
        tensors = checked_list(row, tensors)
    if levels.active and not (inference.leaves and not levels.stack and unheard(row, tensors, attributes)):
        return call_transformed(row, tensors, attributes)
    if row.node_class is not None and modes.grad:
        if row.refuses:
            refuse_gradients(row, tensors)
        for i in range(len(tensors)) if row.list_input else row.differentiable:
            each = tensors[i]
            if isinstance(each, Tensor) and (
                each._requires_grad or each._node is not None or (each._view is not None and each.requires_grad)
            ):
                if inference.leaves and unheard(row, tensors, attributes):
                    break
                return record(row, row.node_class, tensors, attributes)
    made = compute(row, tensors, attributes)
    kernel = row.kernel if inference.used and not modes.inference and unheard(row, tensors, attributes) else None
    if type(made) is tuple:
        results = [Tensor._of(np.asarray(each)) for each in made]
        if kernel is not None:
            seen_below(kernel, tensors, attributes, results)
        return finish_several(row, tensors[0], results)
    result = Tensor._of(made if type(made) is np.ndarray else np.asarray(made))
    if kernel is not None:
        seen_below(kernel, tensors, attributes, (result,))
    if row.view is not None:
        mark_view(result, tensors[0], None)
    return result


def refuse_gradients(row: Operator, tensors: tuple[Any, ...]) -> None:
    """Raise RuntimeError if a tensor requires grad that has no gradient to be had."""
    for i in row.refuses:
        if tensors[i] is not None and tensors[i].requires_grad:
            raise RuntimeError(operator_texts.not_differentiable(row.name, row.tensor_names[i]))


def unheard(row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    """Whether autograd never sees the operator: all its tensors are inference tensors, indices among them."""
    indices = [
        each
        for name, given in zip(row.attribute_names, attributes, strict=True)
        if row.attribute_kinds[name] == "Tensor?[]"
        for each in given
    ]
    return only_inference((*tensors, *indices))


def compute(row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...]) -> Any:
    """The forward on arrays, its result in the layout PyTorch would give it."""
    arrays = prepare(row, tensors)
    if memory.unusual.seen and row.view is None:
        if row.name in STAYING_ZERO and (row.name == "mul" or row.overload not in WITH_NUMBERS):
            made = of_zeros(row, tensors, arrays, attributes)
            if made is not None:
                return made
        arrays = [memory.allocated(each) if type(each) is np.ndarray else each for each in arrays]
    forward = forward_of(row, arrays)
    try:
        if row.list_input:
            return forward(tuple(arrays), *attributes)
        if row.writes is not None and type(arrays[0]) is np.ndarray and arrays[0].size >= MANY:
            made = compute_large(row, arrays, attributes)
        else:
            made = forward(*arrays, *attributes)
    except ValueError:
        shapes.raise_broadcast_error([each for each in arrays if each is not None])
        raise
    if row.rule is not Rule.KEEP and type(made) is np.ndarray and made.ndim:
        if row.name in LAID_AS_CLONED:
            return memory.preserved(made, arrays[LAID_AS_CLONED[row.name]])
        if made.ndim == 1:
            return made
        if row.name in LAID_BY_INDEX:
            return memory.indexed(made)
        return memory.laid_out(made, arrays[1::-1] if row.name in SECOND_FIRST else arrays)
    return made


def compute_large(row: Operator, arrays: Sequence[Any], attributes: tuple[Any, ...]) -> Any:
    """The forward, on memory from the pool where it can be told beforehand what the result is like."""
    first = arrays[0]
    if row.writes is not None and can_write(first, arrays, attributes) and first.flags.c_contiguous:
        return row.writes(*arrays, *attributes, fresh(first.shape, first.dtype))
    return row.forward(*arrays, *attributes)


def of_zeros(row: Operator, tensors: Sequence[Any], arrays: list[Any], attributes: tuple[Any, ...]) -> Any:
    """The result of zeros without memory: it has none either, or is the other term of a sum; `None` for other arrays.

    Nothing is added to that term, so that a negative zero stays one.
    """
    zero = [isinstance(each, Tensor) and memory.is_unallocated(each._array) for each in tensors]
    if not any(zero):
        return None
    rule = STAYING_ZERO[row.name]
    shape = () if row.name in ("dot", "vdot") else np.broadcast_shapes(*[np.shape(each) for each in arrays])
    kind = np.result_type(*arrays)
    if all(zero) if rule == "all" else zero[0] and not any(zero[1:]) if rule == "first" else True:
        return memory.unallocated(shape, kind)
    if rule != "all":
        return None
    factor = 1 if zero[1] else attributes[0] if row.name == "add" else -attributes[0]
    other = arrays[1 if zero[0] else 0]
    term = np.array(np.broadcast_to(other, shape), kind, order="C")
    term = memory.preserved(term, other) if other.shape == shape else term
    return term if factor == 1 else np.multiply(term, kind.type(factor))


def record(row: Operator, node_class: type[OperatorNode], tensors: tuple[Any, ...], attributes: tuple[Any, ...]) -> Any:
    """Run the operator and hang its results on a new node.

    The edges come first: looking a stale view's history up may be an error, and that is the one to be seen.
    """
    nodes, numbers = edges(row, tensors)
    try:
        made = compute(row, tensors, attributes)
    except Exception:
        saved_values(row, tensors, attributes, nodes)  # PyTorch saves first: hooks see it, and it may be refused
        raise
    node = node_class(nodes, numbers, saved_values(row, tensors, attributes, nodes))
    if type(made) is tuple:
        results = [Tensor._of(np.asarray(each)) for each in made]
        if results:  # of no elements `unbind` makes none
            refuse_integers(results[0]._array)
        node.input_metadata = tuple(
            [
                (each._array.shape, each._array.dtype)
                for each in results[: row.history]
                if each._array.dtype.kind in "fcV"
            ]
        )
        results = finish_several(row, tensors[0], results)
        for number, result in enumerate(results[: row.history]):
            if result._array.dtype.kind in "fcV":
                result._node = node
                result._output_nr = number
        save_outputs(node, row, results)
        return results
    result = Tensor._of(made if type(made) is np.ndarray else np.asarray(made))
    array = result._array
    refuse_integers(array)
    node.input_metadata = ((array.shape, array.dtype),)
    if row.view is not None:
        mark_view(result, tensors[0], None)
    result._node = node
    if row.saves_outputs:
        save_outputs(node, row, (result,))
    return result


def refuse_integers(result: Array) -> None:
    """Raise RuntimeError for a result of integers: they have no history, though a write may give them one."""
    if result.dtype.kind not in "fcV":
        raise RuntimeError(backward_texts.no_history_for(dtypes.FROM_NUMPY[result.dtype].scalar_name))


def edges(row: Operator, tensors: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """Where the gradients of the differentiable inputs go."""
    inputs = tensors if row.list_input else [tensors[i] for i in row.differentiable]
    nodes, numbers = [], []
    for each in inputs:
        node = each.edge() if isinstance(each, Tensor) else None
        nodes.append(node)
        numbers.append(0 if node is None else each._output_nr)
    return tuple(nodes), tuple(numbers)


def make_node(
    node_class: type[OperatorNode], row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...]
) -> OperatorNode:
    """A node with its edges and everything saved but the results."""
    nodes, numbers = edges(row, tensors)
    return node_class(nodes, numbers, saved_values(row, tensors, attributes, nodes))


def saved_values(
    row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...], nodes: tuple[Any, ...]
) -> tuple[Any, ...]:
    saved: list[Any] = []
    for slot in row.saved:
        kind = slot.kind
        if kind is Save.TENSOR:
            tensor = tensors[slot.index]
            if tensor is None or (slot.only_if is not None and nodes[slot.only_if] is None):
                saved.append(None)
            else:
                saved.append(save_input(tensor if isinstance(tensor, Tensor) else wrapped_number(tensor)))
        elif kind is Save.ATTRIBUTE:
            saved.append(attributes[slot.index])
        elif kind is Save.INDICES:
            saved.append(SavedList(attributes[slot.index]))
        elif kind is Save.OUTPUT:
            saved.append(None)
        elif kind is Save.FACT:
            assert slot.fact is not None
            if slot.only_if is not None and nodes[slot.only_if] is None:
                saved.append(())
                continue
            if row.list_input:
                saved.append(tuple(slot.fact(each) for each in tensors))
            else:
                tensor = tensors[slot.index]
                saved.append(slot.fact(tensor if isinstance(tensor, Tensor) else wrapped_number(tensor)))
        else:
            saved.append(SavedList(tensors))
    return tuple(saved)


def save_outputs(node: OperatorNode, row: Operator, results: Sequence[Tensor], in_place_on_view: bool = False) -> None:
    if row.saves_outputs:
        node.saved = tuple(
            value
            if slot.kind is not Save.OUTPUT
            else save_output(results[slot.index], in_place_on_view)
            if row.history is None or slot.index < row.history
            else save_input(results[slot.index])
            for slot, value in zip(row.saved, node.saved, strict=True)
        )


def finish_several(row: Operator, source: Tensor, results: list[Tensor]) -> Any:
    if row.view is View.MULTI:
        for result in results:
            mark_view(result, source, MULTI_OUTPUT)
    return row.made_of(results)


def checked_list(row: Operator, tensors: tuple[Any, ...]) -> tuple[Any, ...]:
    given = tensors[0]
    if isinstance(given, Tensor) or not isinstance(given, (tuple, list)):
        raise TypeError(binding_texts.not_a_tuple_of_tensors(row.name, row.tensor_names[0], type_name(given)))
    for i, each in enumerate(given):
        if not isinstance(each, Tensor):
            raise TypeError(binding_texts.element_is_no_tensor(row.name, row.tensor_names[0], i, type_name(each)))
    return tuple(given)


def prepare(row: Operator, tensors: tuple[Any, ...], name: str = "") -> list[Any]:
    """The operands' arrays, converted as the row's dtype rule says; errors call the operator `name`."""
    arrays = [each._array if isinstance(each, Tensor) else each for each in tensors]
    rule = row.rule
    if rule is Rule.KEEP:
        return arrays
    first = arrays[0]
    if type(first) is np.ndarray:
        common = first.dtype
        for each in arrays:
            if type(each) is not np.ndarray or (each.dtype is not common and each.dtype != common):
                break
        else:
            if rule is Rule.PROMOTE or common.kind in "fcV":
                return arrays
    refuse_numbers(row, name or row.name, tensors)
    target = result_type(name or row.name, tensors)
    if rule is Rule.FLOAT and target.category < dtypes.FLOATING:
        target = dtypes.get_default_dtype()
    if row.name in FACTORS and target.numpy in SHORT and np.ndim(arrays[1]) == 0:
        return [convert(arrays[0], target), convert(arrays[1], dtypes.float32)]
    return [convert(each, target) for each in arrays]


def refuse_numbers(row: Operator, name: str, tensors: tuple[Any, ...]) -> None:
    """Raises TypeError for `None` where the second operand should stand, and for a number where none may be."""
    if row.name in WITHOUT_NUMBERS:
        for each in tensors:
            if not isinstance(each, Tensor):
                raise TypeError(binding_texts.not_a_tensor(name, type_name(each)))
    if len(tensors) == 2 and tensors[1] is None and row.tensor_names[1] == "other":
        raise TypeError(binding_texts.not_a_tensor(name, "NoneType"))


def convert(value: Any, target: dtypes.dtype) -> Array | None:
    if value is None:
        return None
    kept = type(value) is np.ndarray and value.dtype == target.numpy
    made: Array = value if kept else cast(value, target.numpy)
    return made


@silent
def cast(value: Any, kind: NumpyType) -> Array:
    """An array of another type; what is too large for it is infinite, without a warning."""
    array: Array = on_the_way(np.asarray(value), kind)
    if array.ndim < 2 or (array.flags.c_contiguous and array.size and 1 not in array.shape):
        return array.astype(kind)
    made = memory.empty_like(array, kind)
    np.copyto(made, array, casting="unsafe")
    return made


def result_type(name: str, tensors: Sequence[Any]) -> dtypes.dtype:
    """The common type of operands, by PyTorch's three groups.

    Raises TypeError for an operand that is neither tensor nor number.
    """
    groups: list[dtypes.dtype | None] = [None, None, None]
    for each in tensors:
        if isinstance(each, Tensor):
            group = 2 if each._is_number() else 1 if each._array.ndim == 0 else 0
            kind = dtypes.FROM_NUMPY[each._array.dtype]
            if group == 2:
                kind = dtypes.of_number(each._array[()])
        elif isinstance(each, NUMBERS):
            group, kind = 2, dtypes.of_number(each)
        elif each is None:
            continue
        else:
            raise TypeError(binding_texts.not_a_tensor(name, type_name(each)))
        known = groups[group]
        groups[group] = kind if known is None else dtypes.promote_types(known, kind)
    return dtypes.result_dtype(*groups)


def call_inplace(
    row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...], original: Tensor | None = None
) -> Tensor:
    """Run `row` and write the result into its first tensor, which takes over the new history.

    `original` is a copy of that tensor to save, if there is one that knows more than a plain copy: its tangent.
    Raises RuntimeError if that tensor is a leaf that requires grad, a view of one, or a view that may not be
    written, if the result has another shape, or a type that does not fit.
    """
    name = row.name.removesuffix("_") + "_"
    refuse_numbers(row, name, tensors)
    if levels.active:
        transformed: Tensor = inplace_transformed(row, tensors, attributes)
        return transformed
    target: Tensor = tensors[0]
    recording = row.node_class is not None and is_recorded(tensors, row.differentiable)
    check_inplace(target, recording)
    node = inplace_node(row, tensors, attributes, original) if recording else None
    arrays = prepare(row, tensors, name)
    repeating = memory.repeats(target._array)
    if repeating:
        check_repeating(row)
    if row.rule is not Rule.KEEP:
        for each in tensors[1:]:
            if isinstance(each, Tensor):
                memory.check_overlap(target._array, each._array)
    made = target._array
    directly = row.writes is not None and can_write(made, arrays, attributes)
    if not directly:
        try:
            made = np.asarray(forward_of(row, arrays)(*arrays, *attributes))
        except ValueError:
            shapes.raise_broadcast_error([each for each in arrays if each is not None])
            raise
        except (NotImplementedError, RuntimeError) as error:
            kind = common_type(row, tensors, attributes) if is_of_kernel(error) else None
            if kind is not None:
                check_target(row.name, kind, tensors, target)
            raise
    result_kind, target_kind = dtypes.FROM_NUMPY[made.dtype], target.dtype
    if made.shape != target._array.shape:
        told = inplace_texts.wrong_size if row.name in NEVER_EXPANDED else inplace_texts.output_shape_mismatch
        raise RuntimeError(told(target._array.shape, made.shape))
    if not dtypes.can_cast(result_kind, target_kind):
        raise RuntimeError(inplace_texts.cannot_cast_result(result_kind.scalar_name, target_kind.scalar_name))
    if directly:
        assert row.writes is not None
        row.writes(*arrays, *attributes, target._array)
    elif repeating:
        memory.write_changed(target._array, made)
    else:
        if result_kind is dtypes.bool_ and target_kind.category == dtypes.FLOATING and arrays[0].dtype.kind == "c":
            warn_once(complex_texts.IMAGINARY_DISCARDED, "imaginary")
        np.copyto(target._array, on_the_way(made, target._array.dtype), casting="unsafe")
    target.bump_version()
    if node is not None:
        array = target._array
        node.input_metadata = ((array.shape, array.dtype),)
        on_view = target._view is not None
        rebase_history(target, node)
        save_outputs(node, row, (target,), on_view)
    return target


def check_repeating(row: Operator) -> None:
    """Raise RuntimeError, or warn, where a target holds one place in memory several times."""
    if row.name not in FILLING:
        raise RuntimeError(memory_texts.INTERNAL_OVERLAP)
    if row.name in FILLING_PARTS:
        warnings.warn(inplace_texts.filled_repeatedly(row.name, FILLING_PARTS[row.name]), UserWarning, stacklevel=4)


def is_recorded(tensors: Sequence[Any], places: Sequence[int]) -> bool:
    """Whether a write of these tensors is recorded; it is the ones in these places that it can be differentiated by."""
    if modes.grad and not (inference.leaves and only_inference(tensors)):
        for i in places:
            if isinstance(tensors[i], Tensor) and tensors[i].requires_grad:
                return True
    return False


def inplace_node(
    row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...], original: Tensor | None
) -> OperatorNode | None:
    """The node of a write that comes next; like PyTorch's it has saved what it needs before anything can go wrong."""
    node_class = row.inplace_class
    if node_class is None:
        return None
    nodes, numbers = edges(row, tensors)
    node = node_class(nodes, numbers, ())
    originals = tensors
    saves_self = any(slot.kind is Save.TENSOR and slot.index == 0 for slot in row.saved)
    if saves_self and saved_under(row, "self", tensors):
        originals = (tensors[0].clone() if original is None else original, *tensors[1:])
    node.saved = saved_values(row, originals, attributes, nodes)
    return node


def can_write(target: Array, arrays: Sequence[Any], attributes: tuple[Any, ...]) -> bool:
    """Whether the result can be computed in the target's memory: real numbers of one type, nothing to be refused."""
    kind = target.dtype
    return (
        kind.kind == "f"
        and arrays[0] is target
        and all(each.dtype is kind and (each.shape == target.shape or each.ndim == 0) for each in arrays)
        and all(type(each) in (int, float) for each in attributes)
    )


def call_out(row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...], out: Any) -> Any:
    """Run `row` and write the result into `out`, which takes the result's shape.

    Raises RuntimeError if one of the tensors requires grad in grad mode: this form is never recorded.
    """
    out = as_target(row.name, out)
    targets = out if isinstance(out, (tuple, list)) else (out,)
    for each in targets:
        if not isinstance(each, Tensor):
            raise TypeError(binding_texts.wrong_argument(row.name, "out", None, "Tensor", type_name(each)))
    recorded = modes.grad and (row.node_class is not None or row.name in inplace_texts.UNDERIVABLE_OUT)
    if recorded and any(isinstance(each, Tensor) and each.requires_grad for each in (*tensors, *targets)):
        raise RuntimeError(inplace_texts.out_requires_grad(row.name))
    if levels.active:
        refuse_out(row.name, (*tensors, *targets))
        if is_anybody_asked((*tensors, *targets)):
            return written_by_asking(row.name, out, *told(row, tensors, attributes), writing(row, tensors, attributes))
    if row.rule is not Rule.KEEP:  # element by element
        for each in targets:
            memory.check_single_places(each._array)
    check_before(row.name, tensors, out)
    try:
        made = compute(row, tensors, attributes)
    except (NotImplementedError, RuntimeError) as error:
        kind = common_type(row, tensors, attributes) if is_of_kernel(error) else None
        if kind is not None:
            check_out_target(row.name, kind, tensors, targets[0])
        raise
    if row.name in OF_ONE_TYPE:
        arrays = made if type(made) is tuple else (made,)
        check_types(row.name, [dtypes.FROM_NUMPY[each.dtype] for each in arrays], targets)
    if row.rule is not Rule.KEEP and type(made) is np.ndarray and made.shape != out._array.shape:
        kind = common_type(row, tensors, attributes)
        assert kind is not None
        warn_of_copy(row.name, kind, made.shape, out)
    if type(made) is tuple:
        for target, each in zip(targets, made, strict=True):
            written(target, np.asarray(each))
        return named_results(f"{row.name}_out", row.result_names)(*targets)
    made = made if type(made) is np.ndarray else np.asarray(made)
    if row.name == "narrow_copy" and out._array.shape != made.shape:  # which says nothing of it
        out._array = np.empty(made.shape, out._array.dtype)
    return written(out, made)


def writing(row: Operator, *before: tuple[Any, ...]) -> Callable[..., Any]:
    """`call_out` with the arguments as PyTorch orders them; `before`: those at first, in the order of the row."""

    def last(*args: Any, out: Any, **kwargs: Any) -> Any:
        return call_out(row, *given_to_row(row, args, kwargs, (*before[0], *before[1])), out)

    return last


def written(out: Tensor, array: Array) -> Tensor:
    """`out` with the elements of `array`, and its shape.

    Raises RuntimeError if the type does not fit.
    """
    result_kind, target_kind = dtypes.FROM_NUMPY[array.dtype], out.dtype
    if not dtypes.can_cast(result_kind, target_kind):
        raise RuntimeError(inplace_texts.cannot_cast_result(result_kind.scalar_name, target_kind.scalar_name))
    check_inplace(out, recording=False)
    if out._array.shape == array.shape:
        memory.check_single_places(out._array)
    else:
        resized(out, array.shape)
    np.copyto(out._array, on_the_way(array, out._array.dtype), casting="unsafe")
    if not modes.below:
        out.bump_version()
    return out


def written_alike(out: Tensor, array: Any) -> Tensor:
    """`out` with the elements of `array`, and its shape. Raises RuntimeError if it is of another type."""
    if out._array.shape != array.shape:
        resized(out, array.shape)
    kind = dtypes.FROM_NUMPY[array.dtype]
    if out.dtype is not kind:
        raise RuntimeError(operator_texts.out_type(stored_type(kind), stored_type(out.dtype)))
    return written(out, array)


def saved_under(row: Operator, name: str, tensors: tuple[Any, ...]) -> bool:
    """Whether the tensor called `name` will really be saved, given which inputs require grad."""
    slot = row.saved[row.slot_of[name]]
    if slot.only_if is None:
        return True
    wanted = tensors[row.differentiable[slot.only_if]]
    return isinstance(wanted, Tensor) and bool(wanted.requires_grad)


# Down here because they run operators with the functions above.
from refgrad.operators.aten_arguments import given_to_row, told  # noqa: E402
from refgrad.operators.dispatching import is_anybody_asked, written_by_asking  # noqa: E402
from refgrad.operators.kernel_checks import (  # noqa: E402
    check_out_target,
    check_target,
    common_type,
    is_of_kernel,
    warn_of_copy,
)
from refgrad.operators.out_refusals import OF_ONE_TYPE, as_target, check_before, check_types, resized  # noqa: E402
from refgrad.operators.transformed import call_transformed, inplace_transformed, refuse_out  # noqa: E402
