"""What PyTorch says of a call of backward, and what backward says of gradients."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed


def wrong_number_of_node_arguments(expected: int, got: int) -> str:
    return f"expected {expected} arguments, got {got} instead"


def derivative_not_implemented(name: str) -> str:
    return f"derivative for {name} is not implemented"


def layout_contract(
    grad_sizes: Sequence[int], grad_strides: Sequence[int], sizes: Sequence[int], strides: Sequence[int]
) -> str:
    return (
        "grad and param do not obey the gradient layout contract. This is not an error, but may impair performance.\n"
        f"grad.sizes() = {listed(grad_sizes)}, strides() = {listed(grad_strides)}\n"
        f"param.sizes() = {listed(sizes)}, strides() = {listed(strides)}"
    )


def invalid_gradient(node_name: str | None, index: int, problem: str) -> str:
    given = f"invalid gradient at index {index} - {problem}"
    return given if node_name is None else f"Function {node_name} returned an {given}"


def gradient_shape(got: Sequence[int], wanted: Sequence[int]) -> str:
    return f"got {listed(got)} but expected shape compatible with {listed(wanted)}"


def wrong_number_of_gradients(node_name: str, expected: int, got: int) -> str:
    return f"Function {node_name} returned an invalid number of gradients - expected {expected}, but got {got}"


CALLBACK_OUTSIDE = "Final callbacks can only be installed during backward pass."
WILL_EXECUTE_OUTSIDE = "_get_should_execute_nodes should only be called during the backward pass"
WILL_EXECUTE_LEAF = (
    "A leaf node was passed to _will_engine_execute_node but we are currently running autograd.grad(). This is "
    "currently not supported."
)


def will_execute_no_node(kind: str) -> str:
    return f"_will_engine_execute_node expects an grad_fn, but got {kind}"


CREATE_GRAPH_CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
    "which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you "
    "have to use this function, make sure to reset the .grad fields of your parameters to None after use to break "
    "the cycle and avoid the leak."
)
SCALAR_OUTPUTS_ONLY = "grad can be implicitly created only for scalar outputs"
BACKWARD_INPUTS_EMPTY = "`inputs` argument to `backward()` cannot be empty."
GRAD_INPUTS_EMPTY = "`inputs` argument to `grad()` cannot be empty."
GRAD_VARIABLES_DEPRECATED = "`grad_variables` is deprecated. Use `grad_tensors` instead."
GRAD_TENSORS_TWICE = (
    "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. "
    "Please only use `grad_tensors`."
)
ONLY_INPUTS_DEPRECATED = (
    "only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate gradient for other parts "
    "of the graph, please use torch.autograd.backward."
)
ONE_DIFFERENTIATED_NEEDS_NO_GRAD = "One of the differentiated Tensors does not require grad"
BATCHED_EDGE = "Batched grads are not supported with GradientEdge"
MATERIALIZE_EDGE = "materialize_grads cannot be used when the given input is a GradientEdge"


def real_scalar_outputs_only(kind: object) -> str:
    return f"grad can be implicitly created only for real scalar outputs but got {kind}"


def grad_shape_mismatch(grad_index: int, grad_shape: object, output_index: int, output_shape: object) -> str:
    return (
        f"Mismatch in shape: grad_output[{grad_index}] has a shape of {grad_shape} and "
        f"output[{output_index}] has a shape of {output_shape}."
    )


def batched_grad_shape_mismatch(grad_index: int, grad_shape: object, output_index: int, output_shape: object) -> str:
    return (
        "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. "
        "The sizes of the remaining dimensions are expected to match the shape of corresponding output, but a "
        f"mismatch was detected: grad_output[{grad_index}] has a shape of {grad_shape} and output[{output_index}] "
        f"has a shape of {output_shape}. If you only want some tensors in `grad_output` to be considered batched, "
        "consider using vmap."
    )


def complex_dtype_mismatch(grad_index: int, grad_dtype: object, output_index: int, output_dtype: object) -> str:
    return (
        "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
        f"grad_output[{grad_index}] has a dtype of {grad_dtype} and output[{output_index}] has a dtype of "
        f"{output_dtype}."
    )


def gradient_is_no_tensor(kind: str) -> str:
    return f"gradients can be either Tensors or None, but got {kind}"


def inputs_must_be_dict(function: str, kind: str) -> str:
    return f"`inputs` argument to `{function}()` must be a dict, not {kind}. Other Mapping types are not supported."


def element_needs_no_grad(index: int) -> str:
    return f"element {index} of tensors does not require grad and does not have a grad_fn"


def gradient_missing(index: int) -> str:
    return f"element {index} of gradients tuple is None, but the corresponding Tensor requires grad"


def input_unused(index: int) -> str:
    return (
        f"The differentiated Tensor at index {index} appears to not have been used in the graph. "
        "Set allow_unused=True if this is the desired behavior."
    )


def input_is_no_tensor(kind: str) -> str:
    return f"all inputs have to be Tensors or GradientEdges, but got {kind}"


def wrong_number_of_tensors(tensors: int, gradients: int) -> str:
    return f"got {tensors} tensors and {gradients} gradients"


def unused_not_allowed(value: object) -> str:
    return f"Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused={value}."


LEAF_INSIDE_GRAPH = "leaf variable has been moved into the graph interior"

OUTPUT_NO_TENSOR = "Expected output to be a torch.Tensor"

COMPLEX_GRADIENT = (
    "Expected isFloatingType(grad.scalar_type()) || (input_is_complex == grad_is_complex) to be true, but got false.  "
    "(Could this error message be improved?  If so, please report an enhancement request to PyTorch.)"
)
GRADIENT_OF_INTEGERS = (
    "isDifferentiableType(grad.scalar_type()) INTERNAL ASSERT FAILED at "
    '"/__w/pytorch/pytorch/torch/csrc/autograd/engine.cpp":998, please report a bug to PyTorch. '
)


def no_history_for(scalar_name: str) -> str:
    return f"Autograd not support dtype: {scalar_name}"


# ---- run_backward -------------------------------------------------------------------------------------------------


def run_backward_no_tuple(name: str, kind: str) -> str:
    return f"{name} argument is expected to be a tuple, but got {kind}"


def neither_tensor_nor_edge(index: int) -> str:
    return f"element {index} of tensors tuple is neither a Tensor nor a GradientEdge"


def gradient_neither_tensor_nor_none(index: int) -> str:
    return f"element {index} of gradients tuple is not a Tensor or None"


RUN_BACKWARD_INPUTS = "inputs to run_backward must be a tuple"
RUN_BACKWARD_WITHOUT_INPUTS = (
    'accumulate_grad || !outputs.empty() INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/torch/csrc/autograd/engine.cpp'
    '":1321, please report a bug to PyTorch. grad requires non-empty inputs.'
)
