"""What PyTorch says of a tensor: its attributes, its types, its conversions to Python and NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from refgrad.cpp_spelling import listed, stored_type


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


INVALID_DTYPE_OBJECT = "invalid dtype object: only floating-point types are supported as the default type"
DEFAULT_DTYPE_NOT_FLOATING = "only floating-point types are supported as the default type"
ZERO_TENSOR_TO_LIST = "tolist() shouldn't be called on a tensor with unallocated storage"
ZERO_TENSOR_TO_NUMPY = " Cannot convert a ZeroTensor to numpy. Set force=True if you need the zero array."
STATE_OF_NON_LEAF = "__setstate__ can be only called on leaf Tensors"
CONJUGATED_TO_NUMPY = (
    "Can't call numpy() on Tensor that has conjugate bit set. Use tensor.resolve_conj().numpy() instead."
)
NEGATED_TO_NUMPY = "Can't call numpy() on Tensor that has negative bit set. Use tensor.resolve_neg().numpy() instead."

ONE_ELEMENT_TENSORS = "only one element tensors can be converted to Python scalars"


def value_overflows(kind: str) -> str:
    return f"value cannot be converted to type {kind} without overflow"


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


# ---- inference tensors --------------------------------------------------------------------------------------------

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


SET_DATA_LAYOUT = (
    "Attempted to call `variable.set_data(tensor)`, but `variable` and `tensor` have incompatible tensor type."
)


def no_sizes(place: int, kind: str) -> str:
    return f"torch.Size() takes an iterable of 'int' (item {place} is '{kind}')"
