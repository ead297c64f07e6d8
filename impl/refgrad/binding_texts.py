"""What PyTorch's bindings say of arguments before autograd sees them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from refgrad.type_names import type_name


def no_byte(number: int) -> str:
    return f"unsigned byte integer is {'less than minimum' if number < 0 else 'greater than maximum'}"


def takes_one_argument(kind: str, method: str, given: int) -> str:
    return f"{kind}.{method}() takes exactly one argument ({given} given)"


KEYWORDS_UNSUPPORTED = "keyword arguments are not supported"
NEGATIVE_TO_UNSIGNED = "can't convert negative int to unsigned"
HOOK_DICT_OF_NO_TENSOR = "_register_hook_dict expected a variable"
INTEGER_REQUIRED = "an integer is required"


def cannot_pickle(kind: str) -> str:
    return f"cannot pickle '{kind}' object"


NO_FILE_TO_WRITE = "expected 'f' to be string, path, or a file-like object with a 'write' attribute"

RESIZE_DEPRECATED = "non-inplace resize is deprecated"
RESIZE_AS_DEPRECATED = "non-inplace resize_as is deprecated"
VOLATILE_READ = "volatile was removed (Variable.volatile is always False)"
NO_CUDA_GENERATOR = (
    "Cannot get CUDA generator without ATen_cuda library. PyTorch splits its backend into two shared libraries: a CPU"
    " library and a CUDA library; this error has occurred because you are trying to use some CUDA functionality, but "
    "the CUDA library has not been loaded by the dynamic linker for some reason.  The CUDA library MUST be loaded, "
    "EVEN IF you don't directly use any symbols from the CUDA library! One common culprit is a lack of "
    "-Wl,--no-as-needed in your link arguments; many dynamic linkers will delete dynamic library dependencies if you "
    "don't depend on any of their symbols.  You can check if this has occurred by using ldd on your binary to see if "
    "there is a dependency on *_cuda.so library."
)
TENSOR_TYPE_DEPRECATED = (
    "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
    "torch.set_default_device() as alternatives."
)
TENSOR_TYPE_INVALID = "invalid type object: only floating-point types are supported as the default type"
EVENTS_UNRECORDED = "Both events must be recorded before calculating elapsed time."
DIM_ORDER_AMBIGUOUS = (
    "The tensor does not have unique dim order, or cannot map to exact one of the given memory formats."
)
DIM_ORDER_CHECK = "The ambiguity_check argument must be a bool or a list of memory formats."
NO_BYTES = "RNG state must be a torch.ByteTensor"
NEGATIVE_DEVICE = "Device index must not be negative"
NO_DEVICE_NAME = "Device string must not be empty"
NO_COMPARISON = "comparison not implemented"
NO_ACCELERATOR = "Cannot access accelerator device when none is available."


def invalid_device(name: str) -> str:
    return f"Invalid device string: '{name}'"


def no_device_type(known: Sequence[str], kind: str) -> str:
    return f"Expected one of {', '.join(known)} device type at start of device string: {kind}"


def two_indices(name: str) -> str:
    return f"type (string) must not include an index because index was passed explicitly: {name}"


def no_attribute(kind: str, name: str) -> str:
    return f"'{kind}' object has no attribute '{name}'"


def state_size(size: int, given: int) -> str:
    return f"Expected a CPUGeneratorImplState of size {size} but found the input RNG state size to be {given}"


def flush_denormal(given: str) -> str:
    return f"flush_denormal expects a bool, but got {given}"


def no_events(kind: str) -> str:
    return f"{kind} backend doesn't support events."


def no_such_file(name: str) -> str:
    return f"unable to open file <{name}> in read-only mode: No such file or directory (2)"


def file_too_small(name: str, size: int, wanted: int) -> str:
    return f"file <{name}> size <{size}> is smaller than the required mapping size <{wanted}>"


def no_state(given: str) -> str:
    return f"expected a torch.ByteTensor, but got {given}"


def resize_keeps_elements(wanted: Sequence[int], count: int, shape: Sequence[int], size: int) -> str:
    return (
        f"requested resize to {sizes(wanted)} ({count} elements in total), but the given tensor has a size of "
        f"{sizes(shape)} ({size} elements). autograd's resize can only change the shape of a given tensor, while "
        "preserving the number of elements. "
    )


def sizes(shape: Sequence[int]) -> str:
    return "x".join(str(each) for each in shape)


def not_this_device(kind: str) -> str:
    return f"Invalid device, must be {kind} device"


def no_such_accelerator(kind: str) -> str:
    return f"{kind.upper()} device type not an accelerator."


def device_deprecated(name: str) -> str:
    return f"The argument 'device' of Tensor.{name}() is deprecated. Please do not pass this argument."


def no_device_support(kind: str) -> str:
    return f"PyTorch is not linked with support for {kind} devices"


def compiled_without(kind: str) -> str:
    return f"Torch not compiled with {kind.upper()} enabled"


def edge_of_no_node(kind: str) -> str:
    return f"GradientEdge's first object must be an autograd.graph.Node but got {kind}"


NO_ARRAY_TYPE = (
    "can't convert np.ndarray of type {}. The only supported types are: float64, float32, float16, complex64, "
    "complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool."
)
SLICE_INDICES = "slice indices must be integers or None or have an __index__ method"
NO_RECIPROCAL = "'{}' object has no attribute 'reciprocal'"


def descriptor(name: str, kind: str) -> str:
    return f"descriptor '{name}' for 'torch._C.TensorBase' objects doesn't apply to a '{kind}' object"


def incompatible_arguments(function: str, signature: str, given: Sequence[object]) -> str:
    """What pybind11 says to arguments that fit no overload."""
    return (
        f"{function}(): incompatible function arguments. The following argument types are supported:\n"
        f"    1. ({signature}) -> None\n\nInvoked with: {', '.join(map(repr, given))}"
    )


def incompatible_constructor(kind: str, given: Sequence[object], named: Mapping[str, object]) -> str:
    """What pybind11 says where a class is made without arguments only."""
    keywords = ", ".join(f"{name}={value!r}" for name, value in named.items())
    told = "; ".join([*([", ".join(map(repr, given))] if given else []), *([f"kwargs: {keywords}"] if named else [])])
    return (
        "__init__(): incompatible constructor arguments. The following argument types are supported:\n"
        f"    1. {kind}()\n\nInvoked with: {told}"
    )


def not_a_bool(function: str, argument: str, position: int, value: object) -> str:
    return f"{function}(): argument '{argument}' (position {position}) must be bool, not {type_name(value)}"


def wrong_argument(function: str, argument: str, position: int | None, wanted: str, kind: str) -> str:
    where = "" if position is None else f" (position {position})"
    return f"{function}(): argument '{argument}'{where} must be {wanted}, not {kind}"


def results_given(wanted: int, given: int) -> str:
    return f"expected tuple of {wanted} elements but got {given}"


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

VOLATILE = "volatile was removed and now has no effect. Use `with torch.no_grad():` instead."
VARIABLE_FUNCTION = "torch.autograd.variable(...) is deprecated, use torch.tensor(...) instead"


def invalid_keyword(name: str) -> str:
    """The text is that of CPython's own parser of arguments, which PyTorch uses there."""
    if sys.version_info >= (3, 13):
        return f"this function got an unexpected keyword argument '{name}'"
    return f"'{name}' is an invalid keyword argument for this function"


def warn_always_no_bool(kind: str) -> str:
    return f"setWarnOnlyOnce expects a bool, but got {kind}"


MESSAGE_NO_TEXT = "argument 'msg' must be a string"


def two_arguments(got: int) -> str:
    return f"Requires two arguments, got {got}"


def argument_is_no_variable(place: int) -> str:
    return f"argument {place} is not a Variable"


def argument_owed(function: str, argument: str) -> str:
    return f'{function}() missing 1 required positional arguments: "{argument}"'


NO_TYPE = "dtype must be a type, str, or dtype object"


# ---- versions -----------------------------------------------------------------------------------------------------


def version_below_zero(version: int) -> str:
    return f"Cannot set a version_counter to a value below 0: {version}"


def versions_not_as_many(tensors: int, versions: int) -> str:
    return f"tensors_len={tensors}, versions_len={versions}"


VERSIONS_OVERLOAD = (
    "arg0: collections.abc.Sequence[torch.Tensor], "
    "arg1: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]"
)
NO_VIEW = (
    "Expected meta != nullptr to be true, but got false.  (Could this error message be improved?  If so, please report "
    "an enhancement request to PyTorch.)"
)


def enabled_not_a_bool(kind: str) -> str:
    return f"enabled must be a bool (got {kind})"


def debug_mode_type(kind: type) -> str:
    return f"debug_mode must be str or int, but got {kind}"


def debug_mode_name(name: str) -> str:
    return f"invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got {name}"


def debug_mode_number(number: int) -> str:
    return f"invalid value of debug_mode, expected 0, 1, or 2, but got {number}"


def precision_type(kind: str) -> str:
    return f"set_float32_matmul_precision expects a str, but got {kind}"


def precision_name(name: str) -> str:
    return (
        f"{name} is not one of 'highest', 'high', or 'medium'; the currentsetFloat32MatmulPrecision call has no effect."
    )
