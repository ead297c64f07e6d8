"""Every error and warning text of the engine, verbatim as PyTorch 2.13.0 words it.

Texts without arguments are constants, the others functions. The operators' own texts stand in `operators/texts.py`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any


def listed(values: Sequence[object]) -> str:
    """A shape as PyTorch's C++ prints it: `[2, 3]`."""
    return "[" + ", ".join(map(str, values)) + "]"


# ---- saved tensors ------------------------------------------------------------------------------------------------

BACKWARD_TWICE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
    "saved tensors after calling backward."
)

SAVED_DETACHED = (
    "Trying to use a saved tensor that has been detached in-place, i.e. with .detach_()."
    "This is not supported, please use out-of-place `.detach()` instead"
)

PACK_MODIFIED = (
    "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be "
    "modified by in-place operations as this can lead to unexpected side-effects. Please open an issue if you need to "
    "perform in-place operations on the input to a pack hook."
)
SAVED_FROM_PYTHON = "Trying to create a SavedTensor object from Python is forbidden."
SAVED_HOOKS_TWICE = (
    "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of hooks is "
    "allowed at a time."
)
SAVED_HOOKS_ON_NONE = "Calling register_hooks on a saved tensor with value None is forbidden"
SAVED_HOOKS_FREED = (
    "Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values of the graph are "
    "freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved variables after calling backward."
)
SAVED_OUTSIDE_MUTATION = (
    "Trying to backward outside of the 'allow_mutation_on_saved_tensors' contextin which the graph was originally "
    "recorded."
)
MUTATION_NESTED = "allow_mutation_on_saved_tensors contexts cannot be nested"


def unpacked_no_tensor(kind: str) -> str:
    return f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type {kind}"


def incompatible_arguments(function: str, signature: str, given: Sequence[object]) -> str:
    """What pybind11 says to arguments that fit no overload."""
    return (
        f"{function}(): incompatible function arguments. The following argument types are supported:\n"
        f"    1. ({signature}) -> None\n\nInvoked with: {', '.join(map(repr, given))}"
    )


ANOMALY_HINT = (
    " Hint: enable anomaly detection to find the operation that failed to compute its gradient, "
    "with torch.autograd.set_detect_anomaly(True, check_nan=False)."
)
BACKTRACE_HINT = (
    " Hint: the backtrace further above shows the operation that failed to compute its gradient. The variable in "
    "question was changed in there or anywhere later. Good luck!"
)


def modified_in_place(
    kind: str, shape: Sequence[int], output_nr: int, node: Any, version: int, expected: int, *, anomaly: bool = False
) -> str:
    made = "" if node is None else f", which is output {output_nr} of {short_name(node.name())},"
    kind = re.sub("^torch.(Bool|BFloat16|Complex.*)Tensor$", r"CPU\1Type", kind)
    return (
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[{kind} {listed(shape)}]{made} is at version {version}; expected version {expected} instead."
        + (BACKTRACE_HINT if anomaly else ANOMALY_HINT)
    )


def short_name(node_name: str) -> str:
    """A node's name as errors give it: `ExpBackward0` is `Exp`, `PowBackward1` is `Pow1`, `MineBackward` is `Mine`."""
    return re.sub(r"Backward(0?$|(?=[1-9]\d*$))", "", node_name)


# ---- tensors ------------------------------------------------------------------------------------------------------


def not_writable(attribute: str) -> str:
    return f"attribute '{attribute}' of 'torch._C.TensorBase' objects is not writable"


def node_not_writable(attribute: str, node_class: str) -> str:
    return f"attribute '{attribute}' of '{node_class}' objects is not writable"


REQUIRES_GRAD_NOT_BOOL = "requires_grad must be a bool"
DTYPE_CANNOT_REQUIRE_GRAD = "only Tensors of floating point and complex dtype can require gradients"
DTYPE_CANNOT_REQUIRE_GRAD_METHOD = "only Tensors of floating point dtype can require gradients"
DTYPE_CANNOT_REQUIRE_GRAD_FACTORY = "Only Tensors of floating point and complex dtype can require gradients"


def requires_grad_of_non_leaf(requires_grad: bool) -> str:
    advice = (
        ""
        if requires_grad
        else " If you want to use a computed variable in a subgraph that doesn't require differentiation "
        "use var_no_grad = var.detach()."
    )
    return "you can only change requires_grad flags of leaf variables." + advice


GRAD_OF_NON_LEAF = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
    "populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, "
    "use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access "
    "the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more information."
)


def grad_is_no_tensor(kind: str) -> str:
    return f"assigned grad expected to be a Tensor or None but got grad of type {kind}"


GRAD_IS_ITSELF = "can't assign Variable as its own grad"


def grad_dtype_mismatch(got: Any, wanted: Any) -> str:
    return (
        f"attempting to assign a gradient with dtype '{stored_type(got)}' to a tensor with grad_dtype "
        f"'{wanted.scalar_name}'. The gradient must match the tensor's grad_dtype (defaults to the tensor's dtype). "
        "You can set the tensor's grad_dtype attribute with a specific dtype, or None to allow any dtype. Set "
        "grad_dtype with caution. Diverging the dtypes of a tensor and its gradient may break downstream systems "
        "that assume they match."
    )


def no_numpy_type(kind: str) -> str:
    return f"Got unsupported ScalarType {kind}"


def cpp_type(kind: Any) -> str:
    """The C++ name of an element type, as `caffe2::TypeMeta` prints it."""
    return {
        "float32": "float", "float64": "double", "float16": "c10::Half", "int64": "long", "int32": "int",
        "bfloat16": "c10::BFloat16",
        "int16": "short int", "int8": "signed char", "uint8": "unsigned char", "bool": "bool",
        "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
    }[kind.name]  # fmt: skip


def stored_type(kind: Any) -> str:
    """The C++ name of the element type of an existing tensor: that of `int64` is the compiler's."""
    return "long int" if kind.name == "int64" else cpp_type(kind)


def grad_size_mismatch(got: Sequence[int], wanted: Sequence[int]) -> str:
    return (
        f"attempting to assign a gradient of size '{listed(got)}' to a tensor of size '{listed(wanted)}'. "
        "Please ensure that the gradient and the tensor are the same size"
    )


GRAD_DTYPE_SET_NON_LEAF = "grad_dtype can only be set on leaf tensors."
GRAD_DTYPE_READ_NON_LEAF = "grad_dtype can only be accessed on leaf tensors."


def grad_dtype_not_a_dtype(kind: str) -> str:
    return f"grad_dtype must be a torch.dtype or None, but got {kind}"


def grad_dtype_conflict(wanted: Any, present: Any) -> str:
    return (
        f"Cannot set grad_dtype to '{wanted.scalar_name}' because there is already a gradient with dtype "
        f"'{stored_type(present)}'. Please clear the gradient (.grad = None) before changing grad_dtype, "
        "or ensure the new grad_dtype matches the existing gradient's dtype."
    )


RETAIN_WITHOUT_GRAD = "can't retain_grad on Tensor that has requires_grad=False"
DATA_DTYPE = "data set to a tensor that requires gradients must be floating point or complex dtype"


def data_is_no_tensor(kind: str) -> str:
    return f"Variable data has to be a tensor, but got {kind}"


DELETE_DATA = "Deleting tensor data is not allowed. Delete tensor instead!"
DELETE_HOOKS = "Deletion of _backwards_hooks not allowed!"
DETACH_VIEW = (
    "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for training, "
    "and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() cannot be "
    "called on these gradients. To fix this error, please refer to the Optimizer.zero_grad() function in "
    "torch/optim/optimizer.py as the solution."
)


def not_one_element(count: int) -> str:
    return f"a Tensor with {count} elements cannot be converted to Scalar"


NUMPY_REQUIRES_GRAD = "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
DLPACK_CONJUGATE = "Can't export tensors with the conjugate bit set"
DLPACK_REQUIRES_GRAD = "Can't export tensors that require gradient, use tensor.detach()"
SCALAR_OF_REQUIRES_GRAD = (
    "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
    "Consider using tensor.detach() first."
)
NOT_AN_INDEX = "only integer tensors of a single element can be converted to an index"
BOOL_OF_EMPTY = "Boolean value of Tensor with no values is ambiguous"
BOOL_OF_SEVERAL = "Boolean value of Tensor with more than one value is ambiguous"
LEN_OF_SCALAR = "len() of a 0-d tensor"
ITERATION_OVER_SCALAR = "iteration over a 0-d tensor"
DEEPCOPY_OF_SUBCLASS = (
    "The default implementation of __deepcopy__() for non-wrapper subclasses only works for subclass types that "
    "implement new_empty() and for which that function returns another instance of the same subclass. You should "
    "either properly implement new_empty() for your subclass or override __deepcopy__() if it is intended behavior for "
    "new_empty() to return an instance of a different type."
)
DEEPCOPY_OF_NON_LEAF = (
    "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If you "
    "were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see "
    "https://github.com/pytorch/pytorch/pull/103001"
)


def contains_unsupported(kind: type) -> str:
    return f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {kind}."


# ---- types --------------------------------------------------------------------------------------------------------


INVALID_DTYPE_OBJECT = "invalid dtype object: only floating-point types are supported as the default type"
DEFAULT_DTYPE_NOT_FLOATING = "only floating-point types are supported as the default type"


# ---- hooks --------------------------------------------------------------------------------------------------------

HOOK_WITHOUT_GRAD = "cannot register a hook on a tensor that doesn't require gradient"
POST_HOOK_ON_NON_LEAF = "post accumulate grad hooks cannot be registered on non-leaf tensors"
POST_HOOK_RETURNED = "Tensor post accumulate grad hooks should return None."
HOOK_REPLACED_NONE = "can't replace a None gradient with a non-None value"


def hook_returned_no_tensor(kind: str) -> str:
    return f"expected Variable, but hook returned '{kind}'"


def hook_returned_no_tuple(kind: str) -> str:
    return f"expected tuple, but hook returned '{kind}'"


def hook_returned_wrong_number(name: str, got: int, expected: int) -> str:
    return f"hook '{name}' has returned an incorrect number of values (got {got}, but expected {expected})"


def hook_changed_type(name: str, old: Any, new: Any) -> str:
    return f"hook '{name}' has changed the type of value (was {legacy_type(old)} got {legacy_type(new)})"


def legacy_type(kind: Any) -> str:
    """The name of the class that tensors of an element type once had; younger types never had one."""
    name = kind.scalar_name
    return f"CPU{name}Type" if name.startswith(("Complex", "Bool", "BFloat")) else f"torch.{name}Tensor"


def hook_changed_size(name: str) -> str:
    return f"hook '{name}' has changed the size of value"


# ---- views and in-place -------------------------------------------------------------------------------------------

INPLACE_ON_LEAF = "a leaf Variable that requires grad is being used in an in-place operation."
INPLACE_ON_VIEW_OF_LEAF = "a view of a leaf Variable that requires grad is being used in an in-place operation."
ZERO_TENSOR_WRITTEN = (
    "ZeroTensors are immutable. Please use the materialized zero tensor obtained using .clone() if you want a mutable "
    "tensor."
)
ZERO_TENSOR_COPIED_OVER = (
    "ZeroTensors are immutable. Please materialize the tensor using `.clone()`, if you want a mutable zero tensor."
)
ZERO_TENSOR_TO_LIST = "tolist() shouldn't be called on a tensor with unallocated storage"
ZERO_TENSOR_TO_NUMPY = " Cannot convert a ZeroTensor to numpy. Set force=True if you need the zero array."


def filled_repeatedly(name: str, example: str) -> str:
    return (
        f"Use of {name}_ on expanded tensors is deprecated. Please clone() the tensor before performing this "
        f"operation. This also applies to advanced indexing e.g. {example}"
    )


INTERNAL_OVERLAP = (
    "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
    "Please clone() the tensor before performing the operation."
)
PARTIAL_OVERLAP = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
    "location. Please clone() the tensor before performing the operation."
)


def out_requires_grad(name: str) -> str:
    return (
        f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
        "arguments requires grad."
    )


def out_resized(shape: Sequence[int], wanted: Sequence[int]) -> str:
    return (
        f"An output with one or more elements was resized since it had shape {listed(shape)}, which does not match the "
        f"required output shape {listed(wanted)}. This behavior is deprecated, and in a future PyTorch release outputs "
        "will not be resized unless they have zero elements. You can explicitly reuse an out tensor t by resizing it, "
        "inplace, to zero elements with t.resize_(0)."
    )


def view_modified(
    node_name: str | None,
    output_nr: int,
    *,
    indirect: bool,
    inference: bool,
    no_grad: bool,
    several: bool,
    custom_function: bool,
) -> str:
    what = "its base or another view of its base has been" if indirect else "is being"
    made = "" if node_name is None else f"Output {output_nr} of {short_name(node_name)}"
    if inference or no_grad or node_name is None:
        start = f"{made} is a view of a view which was created in" if made else "A view was created in"
        if inference:
            text = f"{start} inference mode and {what} modified inplace in normal mode."
        else:
            text = f"{start} no_grad mode and {what} modified inplace with grad mode enabled."
    else:
        text = f"{made} is a view and {what} modified inplace."
    if several:
        return text + (
            " This view is the output of a function that returns multiple views. Such functions do not allow the "
            "output views to be modified inplace. You should replace the inplace operation by an out-of-place one."
        )
    if custom_function:
        return text + (
            " This view was created inside a custom Function (or because an input was returned as-is) and the "
            "autograd logic to handle view+inplace would override the custom backward associated with the custom "
            "Function, leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the "
            "output of the custom Function."
        )
    block = "inference_mode" if inference else "no_grad"
    return text + (
        " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving "
        f"both the view and the inplace either both inside the {block} block (if you don't want the inplace to be "
        "tracked) or both outside (if you want the inplace to be tracked)."
    )


STRIDED_LENGTHS = "mismatch in length of strides and shape"


def negative_strides(strides: Sequence[int]) -> str:
    return f"as_strided: Negative strides are not supported at the moment, got strides: {listed(strides)}"


def cannot_cast_result(result: str, target: str) -> str:
    return f"result type {result} can't be cast to the desired output type {target}"


def output_shape_mismatch(output: Sequence[int], broadcast: Sequence[int]) -> str:
    return f"output with shape {listed(output)} doesn't match the broadcast shape {listed(broadcast)}"


# ---- backward -----------------------------------------------------------------------------------------------------


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


def invalid_gradient(node_name: str, index: int, problem: str) -> str:
    return f"Function {node_name} returned an invalid gradient at index {index} - {problem}"


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


# ---- arguments ----------------------------------------------------------------------------------------------------


def not_a_bool(function: str, argument: str, position: int, kind: str) -> str:
    return f"{function}(): argument '{argument}' (position {position}) must be bool, not {kind}"


def wrong_argument(function: str, argument: str, position: int | None, wanted: str, kind: str) -> str:
    where = "" if position is None else f" (position {position})"
    return f"{function}(): argument '{argument}'{where} must be {wanted}, not {kind}"


LEAF_INSIDE_GRAPH = "leaf variable has been moved into the graph interior"


def first_is_no_tensor(function: str, kind: str) -> str:
    return f"{function}(): argument 'input' (position 1) must be Tensor, not {kind}"


def not_a_tensor(function: str, kind: str) -> str:
    return f"{function}(): argument 'other' (position 1) must be Tensor, not {kind}"


def not_a_tuple_of_tensors(function: str, argument: str, kind: str) -> str:
    return f"{function}(): argument '{argument}' (position 1) must be tuple of Tensors, not {kind}"


def element_is_no_tensor(function: str, argument: str, index: int, kind: str) -> str:
    return f"expected Tensor as element {index} in argument 0, but got {kind}"


DECORATING_CLASSES = (
    "Decorating classes is deprecated and will be disabled in future versions. You should only decorate functions or "
    "methods. To preserve the current behavior of class decoration, you can directly decorate the `__init__` method "
    "and nothing else."
)


# ---- shapes -------------------------------------------------------------------------------------------------------

ONE_DIMENSION_INFERRED = "only one dimension can be inferred"
VIEW_INCOMPATIBLE = (
    "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
    "contiguous subspaces). Use .reshape(...) instead."
)


def invalid_dimension(size: int, index: int, shape: Sequence[int]) -> str:
    return f"invalid shape dimension {size} at index {index} of shape {listed(shape)}"


def invalid_shape(shape: Sequence[int], numel: int) -> str:
    return f"shape '{listed(shape)}' is invalid for input of size {numel}"


def ambiguous_reshape(shape: Sequence[int]) -> str:
    return (
        f"cannot reshape tensor of 0 elements into shape {listed(shape)} because the unspecified dimension size -1 "
        "can be any value and is ambiguous"
    )


def dim_out_of_range(low: int, high: int, dim: int) -> str:
    return f"Dimension out of range (expected to be in range of [{low}, {high}], but got {dim})"


def broadcast_mismatch(first: int, second: int, dim: int) -> str:
    return f"The size of tensor a ({first}) must match the size of tensor b ({second}) at non-singleton dimension {dim}"


def expand_too_few(kind: str, shape: Sequence[int], size: Sequence[int]) -> str:
    return (
        f"expand(torch.{kind}{{{listed(shape)}}}, size={listed(size)}): the number of sizes provided "
        f"({len(size)}) must be greater or equal to the number of dimensions in the tensor ({len(shape)})"
    )


def expand_new_dimension(size: int, dim: int) -> str:
    return f"The expanded size of the tensor ({size}) isn't allowed in a leading, non-existing dimension {dim}"


def expand_mismatch(size: int, old: int, dim: int, target: Sequence[int], shape: Sequence[int]) -> str:
    return (
        f"The expanded size of the tensor ({size}) must match the existing size ({old}) at non-singleton dimension "
        f"{dim}.  Target sizes: {listed(target)}.  Tensor sizes: {listed(shape)}"
    )


def mm_shapes(first: Sequence[int], second: Sequence[int]) -> str:
    return f"mat1 and mat2 shapes cannot be multiplied ({first[0]}x{first[1]} and {second[0]}x{second[1]})"


def out_of_storage(shape: Sequence[int], strides: Sequence[int], offset: int, itemsize: int, available: int) -> str:
    reach = (1 + offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))) * itemsize
    return (
        f"setStorage: sizes {listed(shape)}, strides {listed(strides)}, storage offset {offset}, and itemsize "
        f"{itemsize} requiring a storage size of {reach} are out of bounds for storage of size {available}"
    )


# ---- creation -----------------------------------------------------------------------------------------------------

COPY_CONSTRUCT = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor)."
)
COPY_CONSTRUCT_METHOD = COPY_CONSTRUCT.replace("torch.tensor(", "tensor.new_tensor(")
NOT_WRITABLE_ARRAY = (
    "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means writing to "
    "this tensor will result in undefined behavior. You may want to copy the array to protect its data or make it "
    "writable before converting it to a tensor. This type of warning will be suppressed for the rest of this program."
)
NEGATIVE_STRIDES = (
    "At least one stride in the given numpy array is negative, and tensors with negative strides are not currently "
    "supported. (You can probably work around this by making a copy of your array  with array.copy().) "
)
STATE_OF_NON_LEAF = "__setstate__ can be only called on leaf Tensors"
CONJUGATED_TO_NUMPY = (
    "Can't call numpy() on Tensor that has conjugate bit set. Use tensor.resolve_conj().numpy() instead."
)
NEGATED_TO_NUMPY = "Can't call numpy() on Tensor that has negative bit set. Use tensor.resolve_neg().numpy() instead."
ASARRAY_REQUIRES_GRAD = (
    "torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead of False. Pass "
    "requires_grad=False explicitly to get the old behavior and silence this warning."
)


ONE_ELEMENT_TENSORS = "only one element tensors can be converted to Python scalars"


def ragged(length: int, dim: int, got: int) -> str:
    return f"expected sequence of length {length} at dim {dim} (got {got})"


def no_dtype_of(kind: str) -> str:
    return f"Could not infer dtype of {kind}"


def expected_ndarray(kind: str) -> str:
    return f"expected np.ndarray (got {kind})"


# ---- graph --------------------------------------------------------------------------------------------------------

OUTPUT_NO_TENSOR = "Expected output to be a torch.Tensor"
NO_GRADIENT_FUNCTION = "Expected gradient function to be set"
HOOK_OUTSIDE_BACKWARD = "expected this hook to be called inside a backward call"
VERSION_NO_ITERABLE = "increment_version expect a Iterable[Tensor] as input"
VERSION_NO_TENSOR = "increment_version expects each element of the iterable to be a tensor"
BUDGET_EAGER = (
    "torch.autograd.graph.region_activation_memory_budget can only be used inside a torch.compile region; it has no "
    "effect in eager mode."
)


def budget_type(kind: str) -> str:
    return f"torch.autograd.graph.region_activation_memory_budget: expects a float, got {kind}"


def budget_range(budget: object) -> str:
    return f"torch.autograd.graph.region_activation_memory_budget: must be in [0, 1], got {budget}"


def switch_not_a_bool(kind: str) -> str:
    return f"enabled must be a bool, but got {kind}"


def multi_grad_mode(mode: object) -> str:
    return f"Expects mode to be one of ('all', 'any') but got {mode}"


EDGE_WITHOUT_GRAD = "It is not possible to get the gradient edge for a Tensor that does not require gradients"


IMAGINARY_DISCARDED = "Casting complex values to real discards the imaginary part"
IMAG_OF_REAL = "imag is not implemented for tensors with non-complex dtypes."


def fill_value_dimensions(ndim: int) -> str:
    return f"fill_ only supports 0-dimension value tensor but got tensor with {ndim} dimensions."


# ---- indexing -----------------------------------------------------------------------------------------------------

SELECT_OF_SCALAR = "select() cannot be applied to a 0-dim tensor."
SLICE_OF_SCALAR = "slice() cannot be applied to a 0-dim tensor."
SLICE_STEP = "slice step must be positive"
SLICE_STEP_ZERO = "slice step cannot be zero"
SLICE_STEP_VALUE = "step must be greater than zero"
INDEX_OF_SCALAR = (
    "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim "
    "tensor to a number"
)
INDEX_TENSOR_TYPE = "tensors used as indices must be long, int, byte or bool tensors"


REPEATED_DIM = "dim {} appears multiple times in the list of dims"
SEQUENCE_AS_TUPLE = (
    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use "
    "x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, x[torch.tensor(seq)], "
    "which will result either in an error or a different result"
)


def select_out_of_range(index: int, shape: Sequence[int], dim: int) -> str:
    return f"select(): index {index} out of range for tensor of size {listed(shape)} at dimension {dim}"


INDEX_INTO_NOTHING = "index is out of bounds for dimension with size 0"


def index_out_of_range(index: int, dim: int, size: int) -> str:
    return f"index {index} is out of bounds for dimension {dim} with size {size}"


def too_many_indices(ndim: int) -> str:
    return f"too many indices for tensor of dimension {ndim}"


def invalid_index(kind: str) -> str:
    return (
        f"only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got {kind})"
    )


def index_is_text(kind: str) -> str:
    return f"new(): invalid data type '{kind}'"


def index_broadcast(shapes: Sequence[Sequence[int]]) -> str:
    return "shape mismatch: indexing tensors could not be broadcast together with shapes " + ", ".join(
        listed(each) for each in shapes
    )


def mask_shape(mask: Sequence[int], mask_dim: int, shape: Sequence[int], dim: int) -> str:
    return (
        f"The shape of the mask {listed(mask)} at index {mask_dim} does not match the shape of the indexed tensor "
        f"{listed(shape)} at index {dim}"
    )


def index_put_types(target: str, source: str) -> str:
    return (
        f"Index put requires the source and destination dtypes match, got {target} for the destination and {source} "
        "for the source."
    )


NARROW_NEGATIVE = "narrow(): length must be non-negative."


def start_out_of_range(low: int, high: int, start: int) -> str:
    return f"start out of range (expected to be in range of [{low}, {high}], but got {start})"


def scalar_type(kind: Any) -> str:
    """The C++ name of an element type, as the conversion of a number names it."""
    sized = kind.name.startswith(("int", "uint")) and kind.name != "int32"
    return f"{kind.name}_t" if sized else cpp_type(kind)


def value_overflows(kind: str) -> str:
    return f"value cannot be converted to type {kind} without overflow"


NARROW_START = "start must be an 0-dim integral Tensor."
NARROW_OF_SCALAR = "narrow() cannot be applied to a 0-dim tensor."


def index_put_shapes(values: Sequence[int], picked: Sequence[int]) -> str:
    return (
        f"shape mismatch: value tensor of shape {listed(values)} cannot be broadcast to indexing result of shape "
        f"{listed(picked)}"
    )


def set_value(kind: str, target: str) -> str:
    return f"can't assign a {kind} to a {target}"


def narrow_out_of_range(start: int, length: int, size: int) -> str:
    return f"start ({start}) + length ({length}) exceeds dimension size ({size})."


def hook_not_serialized(hook: object) -> str:
    return (
        f"backward hook {hook!r} on tensor will not be serialized.  If this is expected, you can decorate the function "
        "with @torch.utils.hooks.unserializable_hook to suppress this warning"
    )


# ---- custom functions ---------------------------------------------------------------------------------------------

FORWARD_MISSING = "You must implement the forward function for custom autograd.Function."
SETUP_CONTEXT_MISSING = "setup_context is not implemented."
BACKWARD_MISSING = (
    "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward "
    "mode AD."
)
JVP_MISSING = "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
VMAP_MISSING = (
    "To use autograd.Function with vmap, you must either override the vmap staticmethod or set generate_vmap_rule=True."
)
BACKWARD_AND_VJP = (
    "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement one of "
    "them."
)
LEGACY_FUNCTION = (
    "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
    "with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
)
FUNCTORCH_NEEDS_SETUP_CONTEXT = (
    "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must override "
    "the setup_context staticmethod. For more details, please see "
    "https://pytorch.org/docs/main/notes/extending.func.html"
)
SAVE_FOR_FORWARD = (
    "save_for_forward expects all arguments to be tensors; you should save non-tensors as attributes on ctx."
)
MARK_SHARED_STORAGE = (
    "`mark_shared_storage` is deprecated. Tensors with shared storages are automatically tracked. Note that calls to "
    "`set_()` are not tracked"
)
SAVED_VARIABLES = "'saved_variables' is deprecated; use 'saved_tensors'"
SAVED_TENSORS_ONCE = (
    "saved_tensors can only be accessed once when clear_saved_tensors_on_access=True is set on the autograd.Function. "
    "Either access saved_tensors only once, or set clear_saved_tensors_on_access=False."
)
HOOK_DICT_OF_NO_TENSOR = "_register_hook_dict expected a Tensor"
DIRTY_LEAF = "a leaf Variable that requires grad has been used in an in-place operation."
DIRTY_NO_TENSOR = "mark_dirty can only accept variables, but argument "
DIRTY_NO_INPUT = (
    "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that have been mutated should be "
    "passed to ctx.mark_dirty()."
)
DIRTY_NOT_RETURNED = (
    "Some elements marked as dirty during the forward method were not returned as output. The inputs that are modified "
    "inplace must all be outputs of the Function."
)
DIRTY_VIEW_AMONG_SEVERAL = (
    "If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return more "
    "than one Tensor. This is not supported by the current autograd engine. You should either make sure the input is "
    "not a view (using .clone() for example) or make your Function only return one Tensor (potentially splitting it "
    "into two Functions: one doing the inplace that returns a single Tensor and a second one that does the other "
    "operations). You can ask on the forum https://discuss.pytorch.org/ if you need help to do this change."
)
NON_DIFFERENTIABLE_NO_TENSOR = "mark_non_differentiable only accepts variable arguments, but got "
INPUT_RETURNED_AND_SAVED = (
    "An input that has been returned as-is as output is being saved for backward. This is not supported if you "
    "override setup_context. You should return and save a view of the input instead, e.g. with x.view_as(x) or setup "
    "ctx inside the forward function itself."
)
ONCE_DIFFERENTIABLE = "trying to differentiate twice a function that was marked with @once_differentiable"


def function_instantiated(kind: type) -> str:
    return (
        f"{kind} should not be instantiated. Methods on autograd functions are all static, so you should invoke them "
        "on the class itself. Instantiating an autograd function will raise an error in a future version of PyTorch."
    )


def function_attribute(name: str, lacks: str) -> str:
    return f"attribute '{name}' of 'torch._C._FunctionBase' objects is not {lacks}"


def function_attribute_no_tuple(name: str) -> str:
    return f"autograd internal error: {name} attribute is expected to be a tuple but is "


def not_one_bool(function: str) -> str:
    return f"{function} received an invalid combination of arguments - got (), but expected (bool)"


def saved_no_tensor(index: int, kind: str) -> str:
    return f"save_for_backward can only save variables, but argument {index} is of type {kind}"


def incorrect_number_of_gradients(name: str, expected: int, got: int) -> str:
    return f"function {name} returned an incorrect number of gradients (expected {expected}, got {got})"


def gradient_of_no_tensor(name: str, position: int) -> str:
    return (
        f"function {name} returned a gradient different than None at position {position}, but the corresponding "
        "forward input was not a Variable"
    )


def expected_variable_or_none(kind: str) -> str:
    return f"expected Variable or None (got {kind})"


def unexpected_keyword(name: str) -> str:
    return f"forward() got an unexpected keyword argument '{name}'"


def multiple_values(name: str) -> str:
    return f"forward() got multiple values for argument '{name}'"


def missing_argument(name: str, position: int) -> str:
    return f"forward() missing required argument: '{name}' (position {position})"


def cannot_nest(kind: type) -> str:
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return (
        f"Auto nesting doesn't know how to process an input object of type {name}. Accepted types: Tensors, or "
        "lists/tuples of them"
    )


COMPLEX_GRADIENT = (
    "Expected isFloatingType(grad.scalar_type()) || (input_is_complex == grad_is_complex) to be true, but got false.  "
    "(Could this error message be improved?  If so, please report an enhancement request to PyTorch.)"
)


TANGENT_NOT_FLOATING = (
    "(new_grad_base.is_floating_point() || new_grad_base.is_complex()) && (self_base.is_floating_point() || "
    'self_base.is_complex()) INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/torch/csrc/autograd/autograd_meta.cpp":159'
    ", please report a bug to PyTorch. Expected both tensor and its forward grad to be floating point or complex"
)
TANGENT_NOT_MODIFIED = (
    "An inplace custom Function is not modifying the forward mode gradients inplace. If the forward is modifying an "
    "input inplace, then the jvp function must modify the corresponding gradient inplace."
)
TANGENT_NOT_RETURNED = (
    "An inplace custom Function is not returning the forward mode gradients as-is. If the forward is modifying an "
    "input inplace, then the jvp function must modify the gradient inplace and return it as-is."
)
TANGENT_NO_VIEW = (
    "A custom Function's forward is returning a view (or an input as-is) but the jvp is not returning a view."
)
TANGENT_OTHER_VIEW = (
    "A custom Function is returning a view but the jvp is not returning a view of the given grad input."
)


def tangent_is_no_tensor(kind: str, index: int) -> str:
    return f"expected Variable or None (got {kind}) for grad output {index}."


def wrong_number_of_tangents(expected: int, got: int) -> str:
    return f"Function's jvp returned an invalid number of forward gradients (expected {expected} but got {got})"


def tangent_of_no_differentiable(index: int) -> str:
    return (
        f"Function's jvp returned a gradient at position {index}, but  the corresponding forward output is not a "
        "differentiable Tensor.You should return None at that position instead."
    )


SEE_EXTENDING_FUNC = "For more details, please see https://pytorch.org/docs/main/notes/extending.func.html"
VMAP_TWO_RETURNS = (
    "Expected the vmap staticmethod to have two returns, an output and out_dims with pytree structure compatible with "
    "the output. "
)


def two_vmap_rules(name: str) -> str:
    return (
        f"You tried to vmap over {name}, but it has both generate_vmap_rule=True and an overridden vmap staticmethod. "
        "Please set generate_vmap_rule=False or delete the overridden vmap staticmethod to avoid ambiguity. "
        + SEE_EXTENDING_FUNC
    )


def no_vmap_rule(name: str) -> str:
    return (
        f"You tried to vmap over {name}, but it does not have vmap support. Please override and implement the vmap "
        "staticmethod or set generate_vmap_rule=True. " + SEE_EXTENDING_FUNC
    )


def vmap_returned_no_tuple(kind: type) -> str:
    return f"{VMAP_TWO_RETURNS}Got a {kind} instead"


def vmap_out_dims(out_dims: object, dims_spec: object, output_spec: object) -> str:
    return (
        "The autograd.Function's vmap staticmethod returned an incompatible (output, out_dims) tuple. Expected "
        f"out_dims={out_dims} to be compatible with the structure of `output`. out_dims has structure {dims_spec} but "
        f"output has structure {output_spec}. " + SEE_EXTENDING_FUNC
    )


def vmap_returned(count: int) -> str:
    return f"{VMAP_TWO_RETURNS}Got {count} returns instead"


# ---- anomaly mode -------------------------------------------------------------------------------------------------

ANOMALY_ENABLED = (
    "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging."
)


def nan_returned(node_name: str, index: int) -> str:
    return f"Function '{node_name}' returned nan values in its {index}th output."


def error_detected(node_name: str, stack: str | None) -> str:
    if stack is None:
        return no_forward_information(node_name)
    return f"Error detected in {node_name}. Traceback of forward call that caused the error:\n{stack}"


def previous_calculation(node_name: str, stack: str | None) -> str:
    if stack is None:
        return no_forward_information(node_name)
    return (
        f"\n\nPrevious calculation was induced by {node_name}. Traceback of forward call that induced the previous "
        f"calculation:\n{stack}"
    )


def no_forward_information(node_name: str) -> str:
    return (
        f"Error detected in {node_name}. No forward pass information available. Enable detect anomaly during forward "
        "pass for more information."
    )


# ---- inference mode -----------------------------------------------------------------------------------------------

INFERENCE_VERSION = "Inference tensors do not track version counter."
INFERENCE_WRITTEN = (
    "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal "
    "tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
)
INFERENCE_SAVED = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
    "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in "
    "autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
)
INFERENCE_REQUIRES_GRAD = "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."


def is_inference_of(kind: str) -> str:
    return f"is_inference(): argument 'input' (position 1) must be Tensor, not {kind}"


PRESERVE_VERSIONS_TUPLE = "Expected tensors to be a tuple"


# ---- old names ----------------------------------------------------------------------------------------------------

VOLATILE = "volatile was removed and now has no effect. Use `with torch.no_grad():` instead."
VARIABLE_FUNCTION = "torch.autograd.variable(...) is deprecated, use torch.tensor(...) instead"
REINFORCE = """reinforce() was removed.
Use torch.distributions instead.
See https://pytorch.org/docs/main/distributions.html

Instead of:

probs = policy_network(state)
action = probs.multinomial()
next_state, reward = env.step(action)
action.reinforce(reward)
action.backward()

Use:

probs = policy_network(state)
# NOTE: categorical is equivalent to what used to be called multinomial
m = torch.distributions.Categorical(probs)
action = m.sample()
next_state, reward = env.step(action)
loss = -m.log_prob(action) * reward
loss.backward()
"""
DELETE_POST_HOOKS = "Deletion of _post_accumulate_grad_hooks not allowed!"
DELETE_GRAD_FN = "Deletion of _grad_fn not allowed. Detach tensor instead!"


def invalid_keyword(name: str) -> str:
    """The text is that of CPython's own parser of arguments, which PyTorch uses there."""
    if sys.version_info >= (3, 13):
        return f"this function got an unexpected keyword argument '{name}'"
    return f"'{name}' is an invalid keyword argument for this function"


def warn_always_no_bool(kind: str) -> str:
    return f"setWarnOnlyOnce expects a bool, but got {kind}"


# ---- torch._C._functions ------------------------------------------------------------------------------------------

MESSAGE_NO_TEXT = "argument 'msg' must be a string"


def two_arguments(got: int) -> str:
    return f"Requires two arguments, got {got}"


def argument_is_no_variable(place: int) -> str:
    return f"argument {place} is not a Variable"


# ---- overriding functions -----------------------------------------------------------------------------------------


def no_implementation(name: str, types: Sequence[type], modes: Sequence[object] = ()) -> str:
    asked = "".join(f" nor in mode {each!r}" for each in modes)
    return f"no implementation found for '{name}' on types that implement __torch_function__: {types}{asked}"


PLAIN_TORCH_FUNCTION = (
    "Defining your `__torch_function__` as a plain method is deprecated and will be an error in future, please define "
    "it as a classmethod."
)


def dispatch_failed(name: str, modes: Sequence[object], types: Sequence[type]) -> str:
    listed = "".join(
        [f"\n  - mode object {each!r}" for each in modes] + [f"\n  - tensor subclass {each!r}" for each in types]
    )
    return (
        f"Multiple dispatch failed for '{name}'; all __torch_function__ handlers returned NotImplemented:\n{listed}\n\n"
        "For more information, try re-running with TORCH_LOGS=not_implemented"
    )


# ---- checkpoint ---------------------------------------------------------------------------------------------------

REENTRANT_IMPLICIT = (
    "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, calling "
    "checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended, but if you need to "
    "preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
    "differences between the two variants."
)
REENTRANT_IMPLICIT_SEQUENTIAL = (
    "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed explicitly. In version "
    "2.9 we will raise an exception if use_reentrant is not passed. use_reentrant=False is recommended, but if you "
    "need to preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details on "
    "the differences between the two variants."
)
REENTRANT_OPTIONS = "Passing `context_fn` or `debug` is only supported when use_reentrant=False."
NO_INPUT_REQUIRES_GRAD = "None of the inputs have requires_grad=True. Gradients will be None"
REENTRANT_NOT_VALID = (
    "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter to "
    ".backward(). To resolve this error, you can either set use_reentrant=False, or call .backward() without passing "
    "the `inputs` argument."
)
CHECKPOINT_NOT_NECESSARY = "none of output has requires_grad=True, this checkpoint() is not necessary"
CHECKPOINT_SUPPRESSED = (
    "torch.utils.checkpoint: the forward context provided by context_fn suppressed an exception raised during the "
    "checkpointed forward. This is not supported because checkpoint cannot return a value for a failed forward."
)
SELECTIVE_TWICE = (
    "Trying to backward an extra time. You are only allowed to backward once on any region computed under selective "
    "activation checkpoint."
)
SELECTIVE_MUTATED = "Tensor cached during selective activation checkpoint has been mutated"
SELECTIVE_POLICY = "policy_fn_or_list must be either a function or a list of ops."


def selective_not_found(op: object) -> str:
    return (
        f"{op} encountered during backward but not found in storage. This can happen if the operations in the "
        "checkpointed region are nondeterministic or depend on global state that changed between forward and backward."
    )


def selective_no_overload(op: object, is_packet: bool) -> str:
    hint = (
        f"Please update the OpOverloadPacket to a specific OpOverload.For example, if you have `torch.ops.{op}`, "
        f"change it to `torch.ops.{op}.default`."
    )
    return f"Expected op in `op_list` to be an OpOverload but got: {op} of type {type(op)}. {hint if is_packet else ''}"


CHECKPOINT_DEBUG_CONTEXT = "debug=True is incompatible with non-default context_fn"
CHECKPOINT_TIP = """
Tip: To see a more detailed error message, either pass `debug=True` to
`torch.utils.checkpoint.checkpoint(...)` or wrap the code block
with `with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to
enable checkpoint\u2011debug mode globally.

If this error occurs under torch.compile with automatic_dynamic_shapes enabled,
it may be because the recomputation selected a different compiled graph than the
forward pass (e.g., a dynamic graph instead of the original static graph).
To fix this, either:
  - Use torch._dynamo.mark_dynamic() to explicitly mark varying dimensions as
    dynamic upfront, avoiding the static-to-dynamic transition.
  - Call torch._C._dynamo.eval_frame._set_lru_cache(False) to disable LRU cache
    reordering, which can change which graph is checked first between forward
    and recompute.
See https://github.com/pytorch/pytorch/issues/166926 for more details and
workaround examples.
"""
CHECKPOINT_MORE_SAVED = (
    "torch.utils.checkpoint: trying to save more tensors during recomputation than during the original forward pass.\n"
    + CHECKPOINT_TIP
)


def unexpected_keywords(names: Sequence[str]) -> str:
    return "Unexpected keyword arguments: " + ",".join(names)


def only_tuple_of_tensors(kind: str) -> str:
    return f"Only tuple of tensors is supported. Got Unsupported input type: {kind}"


def determinism_check(allowed: Sequence[str], got: object) -> str:
    return f"determinism_check should be one of {list(allowed)}, but got {got}"


def checkpoint_number(forward: int, recomputed: int) -> str:
    return (
        "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
        f"recomputation.\nNumber of tensors saved during forward: {forward}\n"
        f"Number of tensors saved during recomputation: {recomputed}.\n{CHECKPOINT_TIP}"
    )


def checkpoint_metadata(different: Sequence[tuple[int, object, object]]) -> str:
    listing = "".join(
        f"tensor at position {place}:\nsaved metadata: {saved}\nrecomputed metadata: {recomputed}\n"
        for place, saved, recomputed in different
    )
    return (
        "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during the "
        f"forward pass.\n{listing}.\n{CHECKPOINT_TIP}"
    )


def checkpoint_unpacked_twice(*, grouped: bool) -> str:
    group = (
        "Performing two backward calls that overlap (i.e. require the same saved activation in order to compute "
        "gradients) is not allowed while under the torch.utils.checkpoint.GraphExecGroup context. "
    )
    return (
        "torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. "
        f"{group if grouped else ''}If you are calling ctx.saved_tensors in backward, make sure to do so only once. "
        "Otherwise please open an issue with details on your use case."
    )


def groups_nested(group: object) -> str:
    return f"GraphExecGroup contexts cannot be nested. Already inside group {group}"


# ---- random numbers and memory ------------------------------------------------------------------------------------

RESIZE_REQUIRES_GRAD = "cannot resize variables that require grad"
NUMEL_OVERFLOW = "numel: integer multiplication overflow"
BERNOULLI_TENSOR = (
    "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If so, please "
    "report an enhancement request to PyTorch.)"
)


def plain_number(value: Any) -> str:
    """A number as C++ streams print it."""
    return f"{value:g}"


def argument_owed(function: str, argument: str) -> str:
    return f'{function}() missing 1 required positional arguments: "{argument}"'


def set_types(source: Any, target: Any) -> str:
    return f"Could not set tensor of type {stored_type(source)} to a tensor of type {stored_type(target)}"


def normal_std(std: Any) -> str:
    return f"normal expects std >= 0.0, but found std {plain_number(std)}"


def uniform_range(low: Any, high: Any) -> str:
    return (
        f"uniform_ expects to return a [from, to) range, but found from={plain_number(low)} > to={plain_number(high)}"
    )


def random_range(low: Any, high: Any) -> str:
    return f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"


def continuous_distribution(name: str, kind: str) -> str:
    return (
        f"{name} distribution is a continuous probability distribution. dtype must be a floating point but you "
        f"specified {kind}"
    )


def exponential_rate(rate: Any) -> str:
    return f"exponential_ expects lambda > 0.0, but found lambda={plain_number(rate)}"


def bernoulli_p(p: Any) -> str:
    return f"bernoulli_ expects p to be in [0, 1], but got p={plain_number(p)}"


def geometric_p(p: Any) -> str:
    return f"geometric_ expects p to be in (0, 1), but got p={plain_number(p)}"


def cauchy_sigma(sigma: Any) -> str:
    return f"cauchy_ expects sigma > 0.0, but found sigma={plain_number(sigma)}"


def log_normal_std(std: Any) -> str:
    return f"log_normal_ expects std > 0.0, but found std={plain_number(std)}"


def dropout_p(p: float) -> str:
    return f"dropout probability has to be between 0 and 1, but got {p}"


def channels_last_rank(rank: int, name: str) -> str:
    return f"required rank {rank} tensor to use {name} format"


def reinterpreted(problem: str, source: Any, target: Any) -> str:
    condition, got = problem.split("|")
    return f"{condition} to view {source.scalar_name} as {target.scalar_name} (different element sizes){got}"


RETAINED_BEFORE_DETACHING = (
    'old_fn INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/torch/csrc/autograd/variable.cpp":205, '
    "please report a bug to PyTorch. "
)
RETAINED_ELSEWHERE = (
    'out != nullptr INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/torch/csrc/autograd/variable.cpp":207, '
    "please report a bug to PyTorch. "
)
GRADIENT_OF_INTEGERS = (
    "isDifferentiableType(grad.scalar_type()) INTERNAL ASSERT FAILED at "
    '"/__w/pytorch/pytorch/torch/csrc/autograd/engine.cpp":998, please report a bug to PyTorch. '
)


def no_history_for(scalar_name: str) -> str:
    return f"Autograd not support dtype: {scalar_name}"
