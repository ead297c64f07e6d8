"""`torch.autograd`: `backward` and `grad`, with every check PyTorch makes, in PyTorch's order."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from refgrad import backward_texts, binding_texts
from refgrad.asking import looking_first
from refgrad.autograd import anomaly_mode as anomaly_mode
from refgrad.autograd import function as function
from refgrad.autograd import grad_mode as grad_mode
from refgrad.autograd import graph as graph
from refgrad.autograd.anomaly_mode import detect_anomaly as detect_anomaly
from refgrad.autograd.anomaly_mode import set_detect_anomaly as set_detect_anomaly
from refgrad.autograd.execution import _engine_run_backward as _engine_run_backward
from refgrad.autograd.function import Function as Function
from refgrad.autograd.function import NestedIOFunction as NestedIOFunction
from refgrad.autograd.grad_mode import _force_original_view_tracking as _force_original_view_tracking
from refgrad.autograd.grad_mode import is_view_replay_enabled as is_view_replay_enabled
from refgrad.autograd.graph import GradientEdge
from refgrad.autograd.profiler import _profiler_enabled as _profiler_enabled
from refgrad.autograd.variable import Variable as Variable
from refgrad.backward import Identity, engine, run_backward
from refgrad.dtypes import FROM_NUMPY, get_default_dtype
from refgrad.flags import enforce_grad_layout_policy as enforce_grad_layout_policy
from refgrad.flags import is_multithreading_enabled as is_multithreading_enabled
from refgrad.flags import set_multithreading_enabled as set_multithreading_enabled
from refgrad.forward_texts import BACKWARD_IN_TRANSFORM
from refgrad.levels import levels
from refgrad.memory import MemoryFormat
from refgrad.modes import _unsafe_preserve_version_counter as _unsafe_preserve_version_counter
from refgrad.modes import enable_grad as enable_grad
from refgrad.modes import inference_mode as inference_mode
from refgrad.modes import no_grad as no_grad
from refgrad.modes import set_grad_enabled as set_grad_enabled
from refgrad.node import Node
from refgrad.raw_saved import SavedTensor as SavedTensor
from refgrad.replay import replayed
from refgrad.size import Size
from refgrad.tensor import Tensor
from refgrad.type_names import type_name

Edge = tuple[Node, int]


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Accumulate the gradients of `tensors` into the leaves of their graph, or only into `inputs`.

    `grad_tensors`: for each tensor the gradient it starts with, of its shape; `None` for one with a single element.
    The graph is
    freed unless `retain_graph`, which defaults to `create_graph`; that records backward itself.
    Raises RuntimeError and TypeError as documented for
    https://docs.pytorch.org/docs/2.13/generated/torch.autograd.backward.html, details observed on PyTorch 2.13.0.
    """
    if levels.stack:
        raise RuntimeError(BACKWARD_IN_TRANSFORM)
    if grad_variables is not None:
        warnings.warn(backward_texts.GRAD_VARIABLES_DEPRECATED, FutureWarning, stacklevel=3)
        if grad_tensors is not None:
            raise RuntimeError(backward_texts.GRAD_TENSORS_TWICE)
        grad_tensors = grad_variables
    wanted = () if inputs is None else inputs_tuple(inputs, "backward")
    if inputs is not None and not wanted:
        raise RuntimeError(backward_texts.BACKWARD_INPUTS_EMPTY)
    outputs = one_or_several(tensors)
    gradients = made_gradients(outputs, gradients_tuple(grad_tensors, len(outputs)), False)
    run(outputs, gradients, create_graph if retain_graph is None else retain_graph, create_graph, wanted, True, True)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """The gradients of `outputs` with respect to `inputs`, a tuple (a dict if `inputs` is one); no `.grad` is touched.

    An input that the outputs do not depend on is an error unless `allow_unused` (then `None`) or `materialize_grads`
    (zeros).
    `is_grads_batched`: the first dimension of each gradient counts separate calls, whose results are stacked.
    Raises RuntimeError, TypeError and ValueError as documented for
    https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad.html, details observed on PyTorch 2.13.0.
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(backward_texts.unused_not_allowed(allow_unused))
    if allow_unused is None:
        allow_unused = materialize_grads
    plain = only_inputs and create_graph is False and not materialize_grads and type(allow_unused) is bool
    if plain and (retain_graph is True or (is_grads_batched and not retain_graph)):
        short = replayed(outputs, inputs, grad_outputs, keep_graph=retain_graph is True, batched=bool(is_grads_batched))
        if short is not None:
            return short
    given = one_or_several(outputs)
    wanted = inputs_tuple(inputs, "grad")
    if not wanted:
        raise RuntimeError(backward_texts.GRAD_INPUTS_EMPTY)
    if not only_inputs:
        warnings.warn(backward_texts.ONLY_INPUTS_DEPRECATED, FutureWarning, stacklevel=3)
    gradients = made_gradients(given, gradients_tuple(grad_outputs, len(given)), is_grads_batched)
    keep = create_graph if retain_graph is None else retain_graph
    if is_grads_batched:
        results = batched(given, gradients, keep, create_graph, wanted, allow_unused)
    else:
        results = run(given, gradients, keep, create_graph, wanted, allow_unused, False)
    if materialize_grads:
        results = materialized(results, wanted, create_graph)
    if type(inputs) is dict:
        return dict(zip(inputs.keys(), results, strict=True))
    return results


def one_or_several(tensors: Any) -> tuple[Any, ...]:
    return (tensors,) if isinstance(tensors, (Tensor, GradientEdge)) else tuple(tensors)


def inputs_tuple(inputs: Any, function: str) -> tuple[Any, ...]:
    if isinstance(inputs, (Tensor, GradientEdge)):
        return (inputs,)
    if type(inputs) is dict:
        return tuple(inputs.values())
    if isinstance(inputs, Mapping):
        raise TypeError(backward_texts.inputs_must_be_dict(function, type_name(inputs)))
    return tuple(inputs)


def gradients_tuple(gradients: Any, count: int) -> tuple[Any, ...]:
    if gradients is None:
        return (None,) * count
    return (gradients,) if isinstance(gradients, Tensor) else tuple(gradients)


def made_gradients(outputs: Sequence[Any], gradients: Sequence[Any], batched: bool) -> tuple[Any, ...]:
    """The gradients to start with: those given, checked, and ones where none is given.

    A wrong shape is reported with the places found by `index`, which compares tensors by `==`; where that is itself an
    error, it is that error which the caller sees (observed on PyTorch 2.13.0).
    """
    made: list[Any] = []
    for out, grad in zip(outputs, gradients, strict=False):
        if isinstance(out, Tensor):
            size, kind = out._array.shape, out._array.dtype
        elif isinstance(out, GradientEdge):
            size, known = out.node.input_metadata[out.output_nr]
            kind = get_default_dtype().numpy if known is None else known
        else:
            raise AssertionError(backward_texts.OUTPUT_NO_TENSOR)  # noqa: TRY004
        if isinstance(grad, Tensor):
            first = grad[0] if batched else grad  # type: ignore[index]
            if first._array.shape != size:
                if batched and isinstance(out, GradientEdge):
                    raise RuntimeError(backward_texts.BATCHED_EDGE)
                wording = backward_texts.batched_grad_shape_mismatch if batched else backward_texts.grad_shape_mismatch
                # With a batch PyTorch's message leaves out one dimension too many.
                shown = first.shape[1:] if batched else first.shape
                raise RuntimeError(wording(gradients.index(grad), shown, outputs.index(out), Size(size)))
            if (kind.kind == "c") != (grad._array.dtype.kind == "c"):
                raise RuntimeError(
                    backward_texts.complex_dtype_mismatch(
                        gradients.index(grad), grad.dtype, outputs.index(out), FROM_NUMPY[kind]
                    )
                )
            made.append(grad)
        elif grad is None:
            made.append(implicit_gradient(out, Size(size), FROM_NUMPY[kind]))
        else:
            raise TypeError(backward_texts.gradient_is_no_tensor(type(grad).__name__))
    return tuple(made)


def implicit_gradient(out: Any, size: Size, kind: Any) -> Tensor | None:
    from refgrad.creation import ones, ones_like

    if isinstance(out, Tensor) and not out.requires_grad:
        return None
    if not (out.numel() == 1 if isinstance(out, Tensor) else all(n == 1 for n in size)):
        raise RuntimeError(backward_texts.SCALAR_OUTPUTS_ONLY)
    if not kind.is_floating_point:
        raise RuntimeError(backward_texts.real_scalar_outputs_only(kind))
    if isinstance(out, Tensor) and levels.asks(out):
        from refgrad.operators.dispatching import made_by_asking

        told = {"memory_format": MemoryFormat("preserve")}
        return made_by_asking(ones_like, (out,), told, by_user=True)  # type: ignore[no-any-return]
    if levels.stack and isinstance(out, Tensor):
        from refgrad.operators.factories import on_levels

        return on_levels(ones_like)(out)  # type: ignore[no-any-return]
    return ones_like(out) if isinstance(out, Tensor) else ones(size, dtype=kind)


def run(
    outputs: Sequence[Any],
    gradients: Sequence[Any],
    keep_graph: Any,
    create_graph: Any,
    inputs: Sequence[Any],
    allow_unused: Any,
    accumulate: bool,
) -> tuple[Any, ...]:
    """The checks PyTorch's engine makes itself, and the run."""
    keep_graph, create_graph = flag(keep_graph), flag(create_graph)
    allow_unused = accumulate or flag(allow_unused)
    if len(outputs) != len(gradients):
        raise RuntimeError(backward_texts.wrong_number_of_tensors(len(outputs), len(gradients)))
    roots: list[Edge] = []
    for i, (out, grad) in enumerate(zip(outputs, gradients, strict=True)):
        if isinstance(out, Tensor):
            node, number = out.edge(), out._output_nr
        elif isinstance(out, GradientEdge):
            node, number = out.node, out.output_nr
        else:
            raise RuntimeError(backward_texts.neither_tensor_nor_edge(i))  # noqa: TRY004  # PyTorch's
        if node is None:
            raise RuntimeError(backward_texts.element_needs_no_grad(i))
        roots.append((node, number))
        if grad is None:
            raise RuntimeError(backward_texts.gradient_missing(i))
        if not isinstance(grad, Tensor):
            raise RuntimeError(backward_texts.gradient_neither_tensor_nor_none(i))  # noqa: TRY004  # PyTorch's
    if not inputs and not accumulate:
        raise RuntimeError(backward_texts.RUN_BACKWARD_WITHOUT_INPUTS)
    targets = [input_edge(each, accumulate) for each in inputs]
    found = run_backward(roots, list(gradients), keep_graph, create_graph, accumulate, targets)
    if not accumulate and not allow_unused:
        for i, each in enumerate(found):
            if each is None:
                raise RuntimeError(backward_texts.input_unused(i))
    return tuple(found)


def flag(value: Any) -> bool:
    """A truth value as PyTorch's engine reads it: a small integer.

    Raises TypeError for what is none, OverflowError for one that is not small.
    """
    if value is True or value is False:
        return value
    number = operator.index(value)
    if not 0 <= number < 256:
        raise OverflowError(binding_texts.no_byte(number))
    return number != 0


def input_edge(each: Any, accumulate: bool) -> Edge:
    if isinstance(each, GradientEdge):
        if not isinstance(each.node, Node):
            raise RuntimeError(binding_texts.edge_of_no_node(type(each.node).__name__))  # noqa: TRY004  # PyTorch's
        return each.node, each.output_nr
    if not isinstance(each, Tensor):
        raise RuntimeError(backward_texts.input_is_no_tensor(type_name(each)))  # noqa: TRY004
    node = each.grad_fn
    if node is None and each._accumulator is not None:
        node = each._accumulator()
    if accumulate:
        each.retain_grad()
    if not each.requires_grad:
        raise RuntimeError(backward_texts.ONE_DIFFERENTIATED_NEEDS_NO_GRAD)
    return (Identity((), ()), 0) if node is None else (node, each._output_nr)


def batched(
    outputs: Sequence[Any],
    gradients: Sequence[Any],
    keep_graph: bool,
    create_graph: bool,
    inputs: Sequence[Any],
    allow_unused: bool,
) -> tuple[Any, ...]:
    """One run for all indices of the gradients' first dimension at once: hooks see one batched tensor."""
    from refgrad.func.vmap import batch_size, unbatched
    from refgrad.levels import BatchLevel, entered, wrapped

    given_ones = [each for each in gradients if each is not None]
    count = batch_size([0] * len(given_ones), given_ones)
    with entered(lambda number: BatchLevel(number, count, "error", legacy=True)) as level:
        given = [None if each is None else wrapped(level, each, 0) for each in gradients]
        found = run(outputs, given, keep_graph, create_graph, inputs, allow_unused, False)
    return tuple(None if each is None else unbatched(level, each, 0, "vjp") for each in found)


def _is_checkpoint_valid() -> bool:
    """Whether reentrant checkpointing works in the running backward."""
    return engine.is_checkpoint_valid()


def materialized(results: Sequence[Any], inputs: Sequence[Any], create_graph: bool) -> tuple[Any, ...]:
    from refgrad.creation import zeros_like

    pairs = list(zip(results, inputs, strict=True))
    if any(result is None and not isinstance(each, Tensor) for result, each in pairs):
        raise RuntimeError(backward_texts.MATERIALIZE_EDGE)
    return tuple(zeros_like(each, requires_grad=create_graph) if result is None else result for result, each in pairs)


def variable(*args: Any, **kwargs: Any) -> Any:
    """The old name of `torch.tensor`, which hides the module of this name."""
    raise RuntimeError(binding_texts.VARIABLE_FUNCTION)


backward = looking_first(backward, "backward", "torch.autograd")
grad = looking_first(grad, "grad", "torch.autograd")
variable.Variable = Variable  # type: ignore[attr-defined]

__all__ = [  # noqa: RUF022  # in PyTorch's order
    "Variable", "Function", "backward", "grad_mode", "NestedIOFunction", "detect_anomaly", "enable_grad", "grad",
    "gradcheck", "gradgradcheck", "inference_mode", "no_grad", "set_detect_anomaly", "set_grad_enabled",
    "set_multithreading_enabled", "enforce_grad_layout_policy", "variable",
]  # fmt: skip
