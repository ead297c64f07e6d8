"""Making tensors: from data, filled, random."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from refgrad import binding_texts, creation_texts, dtypes, forward_texts, memory, spaced, tensor_texts
from refgrad.device import check_available
from refgrad.dtypes import Array
from refgrad.dtypes import dtype as DType
from refgrad.generator import Generator, in_memory_order
from refgrad.given_numbers import array_in_silence, as_elements, full_in_silence, holds_any_integer
from refgrad.levels import is_batched, levels, refuse_reading
from refgrad.modes import modes
from refgrad.once import warn_once
from refgrad.refused_data import refuse_data
from refgrad.signatures.texts import missing, too_many
from refgrad.tensor import Tensor
from refgrad.type_names import type_name
from refgrad.versions import inference

random_state = Generator()


def finished(array: Array, requires_grad: object, function: str) -> Tensor:
    """Wrap a new array.

    Raises TypeError if `requires_grad` is no bool, RuntimeError if the type cannot require grad.
    """
    made = Tensor._of(array)
    if requires_grad is not False:
        if not isinstance(requires_grad, bool):
            raise TypeError(
                binding_texts.wrong_argument(function, "requires_grad", None, "bool", type_name(requires_grad))
            )
        if array.dtype.kind not in "fcV":
            raise RuntimeError(tensor_texts.DTYPE_CANNOT_REQUIRE_GRAD_FACTORY)
        if inference.used:
            made._set_requires_grad(requires_grad)
        else:
            made._requires_grad = requires_grad
    return made


def numpy_type(dtype: DType | None) -> np.dtype[Any]:
    return PYTHON_TYPES.get(dtype, dtype or dtypes.get_default_dtype()).numpy


def array_of(data: Any, dtype: DType | None = None) -> Array:
    """Nested lists, numbers, arrays or tensors as an array of the type PyTorch would infer."""
    if isinstance(data, np.ndarray):
        return checked_array(data)
    if isinstance(data, np.generic):
        return np.asarray(data)
    if isinstance(data, Tensor):
        return data._array
    if isinstance(data, (list, tuple)):
        check_lengths(data)
        try:
            array = np.array(without_tensors(data))
        except ValueError:
            refuse_data(data, dtype)
            raise
        if array.dtype.kind in "USO" or (array.dtype.kind in "fu" and np.abs(array).max(initial=0) >= 2**63):
            refuse_data(data, dtype)
            refuse_elements(data, dtype)
        if dtype is not None:
            return as_elements(array, dtype)
        if array.size == 0 and array.dtype.kind == "f":
            return array_in_silence(array, numpy_type(None))
        if array.dtype.kind == "f" and not holds_numpy(data):
            return array_in_silence(array, numpy_type(None))
        if array.dtype.kind == "c":
            return array_in_silence(array, dtypes.get_default_dtype().to_complex().numpy)
        return array
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return array_of(list(data), dtype)
    if isinstance(data, (str, bytes)):
        raise TypeError(creation_texts.index_is_text(type_name(data)))
    if isinstance(data, int) and not -(2**63) <= data < 2**63 and not holds_any_integer(dtype):
        raise ValueError(creation_texts.TOO_LONG)
    if not isinstance(data, (bool, int, float, complex)):
        refuse_data(data, dtype)
        raise RuntimeError(creation_texts.no_dtype_of(type_name(data)))  # noqa: TRY004
    return as_elements(np.asarray(data), dtype or dtypes.of_number(data))


def refuse_elements(data: Any, dtype: DType | None) -> None:
    """Raise for the first element of nested lists that is no number, or a whole number of more than 64 bits."""
    for each in data:
        if isinstance(each, (list, tuple)):
            refuse_elements(each, dtype)
        elif not isinstance(each, (Tensor, np.generic, np.ndarray)):
            array_of(each, dtype)


def check_lengths(data: Any) -> None:
    """Raise ValueError where nested lists of one level differ in length."""
    level, dim = [data], 0
    while level and isinstance(level[0], (list, tuple)):
        length = len(level[0])
        for each in level:
            if isinstance(each, (list, tuple)) and len(each) != length:
                raise ValueError(creation_texts.ragged(length, dim, len(each)))
        level = [inner for each in level if isinstance(each, (list, tuple)) for inner in each]
        dim += 1


def without_tensors(data: Any) -> Any:
    """Nested lists with every tensor replaced by its number; one that requires grad warns."""
    if isinstance(data, Tensor):
        return data.item() if data._array.size == 1 and not data.requires_grad else number_of(data)
    if isinstance(data, (list, tuple)):
        return [without_tensors(each) for each in data]
    return data


def number_of(tensor: Tensor) -> Any:
    if tensor._array.size != 1:
        raise ValueError(tensor_texts.ONE_ELEMENT_TENSORS)
    return float(tensor) if tensor.is_floating_point() else tensor.item()


def holds_numpy(data: Any) -> bool:
    if isinstance(data, (list, tuple)):
        return any(holds_numpy(each) for each in data)
    return isinstance(data, (np.generic, np.ndarray))


PYTHON_TYPES: dict[Any, DType] = {
    bool: dtypes.bool_, int: dtypes.int64, float: dtypes.float64, complex: dtypes.complex128,
}  # fmt: skip
"""What Python's own types stand for as `dtype`."""


def element_type(function: str, given: Any) -> DType:
    """The type that one of Python's stands for. Raises TypeError for what is no type."""
    if isinstance(given, type) and given in PYTHON_TYPES:
        return PYTHON_TYPES[given]
    raise TypeError(binding_texts.wrong_argument(function, "dtype", None, "torch.dtype", type_name(given)))


class Owed:
    """The default of what has to be given."""


OWED: Any = Owed()


def wrong_count(function: str, parameter: str, data: Any, more: tuple[Any, ...]) -> TypeError:
    """What PyTorch's parser says of a function of one argument that is given none, or several."""
    if data is OWED:
        return TypeError(missing(function, [parameter]))
    return TypeError(too_many(function, 1, 1, 1 + len(more)))


def refuse_batched(data: Any) -> None:
    """Raise RuntimeError for data of which `vmap` hides elements: they are read one by one."""
    if isinstance(data, Tensor):
        if is_batched(data):
            warnings.warn(creation_texts.COPY_CONSTRUCT, UserWarning, stacklevel=2)
            data.clone().detach_()
    elif isinstance(data, (list, tuple)):
        for each in data:
            if isinstance(each, Tensor):
                refuse_reading(each, forward_texts.ITEM, "item")
            else:
                refuse_batched(each)


def tensor(
    data: Any = OWED, *more: Any, dtype: DType | None = None, device: Any = None, requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A new leaf with a copy of `data`. A tensor as data warns (UserWarning) and loses its history."""
    if more or data is OWED:
        raise wrong_count("tensor", "data", data, more)
    if levels.active:
        if levels.stack:
            from refgrad.operators.factories import made_on

            refuse_batched(data)
            options = {"dtype": dtype, "requires_grad": requires_grad}
            made: Tensor = made_on(len(levels.stack), tensor, (data,), options)
            return made
        if levels.dispatch:
            from refgrad.operators.dispatching import lifted_fresh

            if isinstance(data, Tensor):
                warnings.warn(creation_texts.COPY_CONSTRUCT, UserWarning, stacklevel=2)
            return lifted_fresh(tensor, data, dtype, requires_grad)  # type: ignore[no-any-return]
    if device is not None:
        check_available(device)
    if dtype is not None and type(dtype) is not DType:
        dtype = element_type("tensor", dtype)
    if type(data) is float and (dtype is None or dtype.category != dtypes.INTEGER):
        return finished(array_in_silence(data, numpy_type(dtype)), requires_grad, "tensor")
    if isinstance(data, Tensor):
        warnings.warn(creation_texts.COPY_CONSTRUCT, UserWarning, stacklevel=2)
    array = array_of(data, dtype)
    return finished(array_in_silence(array, dtype.numpy if dtype else None), requires_grad, "tensor")


def as_tensor(data: Any = OWED, *more: Any, dtype: DType | None = None, device: Any = None) -> Tensor:
    """`data` itself if it is a tensor of that type, sharing the memory of an array, else a copy."""
    if more or data is OWED:
        raise wrong_count("as_tensor", "data", data, more)
    if dtype is not None and type(dtype) is not DType:
        dtype = element_type("as_tensor", dtype)
    if device is not None:
        check_available(device)
    if isinstance(data, Tensor):
        return data if dtype is None or data.dtype is dtype else data.to(dtype)
    if levels.dispatch:
        from refgrad.operators.dispatching import lifted_fresh

        return lifted_fresh(as_tensor, data, dtype, False)  # type: ignore[no-any-return]
    array = array_of(data, dtype)
    return Tensor._of(array if dtype is None or array.dtype == dtype.numpy else array_in_silence(array, dtype.numpy))


def asarray(
    obj: Any = OWED,
    *more: Any,
    dtype: DType | None = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """`as_tensor` with control over copying and over the history of a tensor.

    Raises ValueError where memory should be shared and cannot be.
    """
    if more or obj is OWED:
        raise wrong_count("asarray", "obj", obj, more)
    if dtype is not None and type(dtype) is not DType:
        dtype = element_type("asarray", dtype)
    if copy is not None and not isinstance(copy, bool):
        raise TypeError(binding_texts.wrong_argument("asarray", "copy", None, "bool", type_name(copy)))
    if device is not None:
        check_available(device)
    if isinstance(obj, Tensor):
        return tensor_again(obj, dtype, copy, requires_grad)
    shared = isinstance(obj, np.ndarray) or hasattr(obj, "__array__")
    if isinstance(obj, (bytes, bytearray, memoryview)):
        made = frombuffer(obj, dtype=dtype or dtypes.get_default_dtype())
        dtype = None
    elif copy is False and not shared:
        raise ValueError(creation_texts.SEQUENCE_ALIASED)
    else:
        made = from_numpy(np.asarray(obj)) if shared else Tensor._of(array_of(obj, dtype))
        if levels.dispatch and not shared:
            made = lifted_where_asked(made)
    if dtype is not None and made.dtype is not dtype:
        if copy is False:
            raise ValueError(creation_texts.aliased_type(made.dtype.scalar_name, dtype.scalar_name))
        made = made.to(dtype)
    elif copy and shared:
        made = made.clone()
    return finished(made._array, True, "asarray") if requires_grad else made


def tensor_again(obj: Tensor, dtype: DType | None, copy: bool | None, requires_grad: bool | None) -> Tensor:
    """What `asarray` makes of a tensor."""
    if requires_grad is None and obj.requires_grad:
        warn_once(creation_texts.ASARRAY_REQUIRES_GRAD, "asarray")
    made = obj
    if dtype is not None and obj.dtype is not dtype:
        if copy is False:
            raise ValueError(creation_texts.aliased_type(obj.dtype.scalar_name, dtype.scalar_name))
        made = obj.to(dtype)
    elif copy:
        made = obj.clone()
    if requires_grad is None or requires_grad == made.requires_grad:
        return made
    if not requires_grad:
        return made.detach()
    return finished(made._array, True, "asarray") if made.dtype.category < dtypes.FLOATING else made.requires_grad_()


def from_numpy(ndarray: Array) -> Tensor:
    """A tensor on the memory of an array.

    Raises TypeError if it is none, ValueError if it runs backwards.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(creation_texts.expected_ndarray(type_name(ndarray)))
    if ndarray.dtype not in dtypes.FROM_NUMPY:
        kind = ndarray.dtype.type
        raise TypeError(binding_texts.NO_ARRAY_TYPE.format(f"{kind.__module__}.{kind.__name__}"))
    made = Tensor._of(checked_array(ndarray))
    return lifted_where_asked(made) if levels.dispatch else made


def lifted_where_asked(made: Tensor) -> Tensor:
    from refgrad.operators.dispatching import lifted

    return lifted(made)  # type: ignore[no-any-return]


def checked_array(array: Array) -> Array:
    """Warn of an array that may not be written. Raises ValueError if it runs backwards."""
    if any(step < 0 for step in array.strides):
        raise ValueError(creation_texts.NEGATIVE_STRIDES)
    if not array.flags.writeable:
        warn_once(creation_texts.NOT_WRITABLE_ARRAY, "not writable")
    return array


def size_of(size: tuple[Any, ...]) -> tuple[int, ...]:
    """The sizes, however they were given. Raises RuntimeError for a negative one."""
    return not_negative(sizes_given(size))


def sizes_given(size: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else size


def not_negative(sizes: tuple[Any, ...]) -> tuple[Any, ...]:
    for each in sizes:
        if isinstance(each, int) and each < 0:
            raise RuntimeError(creation_texts.negative_dimension(sizes))
    return sizes


def zeros(*size: Any, dtype: DType | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    if not size:
        raise TypeError(binding_texts.argument_owed("zeros", "size"))
    if any(isinstance(each, int) and each < 0 for each in sizes_given(size)):
        raise RuntimeError(creation_texts.ZEROS_NEGATIVE)
    return finished(np.zeros(size_of(size), numpy_type(dtype)), requires_grad, "zeros")


def ones(*size: Any, dtype: DType | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    if not size:
        raise TypeError(binding_texts.argument_owed("ones", "size"))
    return finished(np.ones(size_of(size), numpy_type(dtype)), requires_grad, "ones")


def empty(
    *size: Any, dtype: DType | None = None, device: Any = None, requires_grad: bool = False, memory_format: Any = None
) -> Tensor:
    if not size:
        raise TypeError(binding_texts.argument_owed("empty", "size"))
    made = np.zeros(size_of(size), numpy_type(dtype))
    if memory_format in memory.CHANNELS_LAST:
        made = memory.formatted(made, memory_format)
    elif memory_format == "preserve":
        raise RuntimeError(creation_texts.UNSUPPORTED_PRESERVE)
    return finished(made, requires_grad, "empty")


def empty_permuted(
    size: Sequence[int], physical_layout: Sequence[int], *, dtype: DType | None = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """New memory with the dimensions in this order, the outermost first. Raises RuntimeError if it is no order."""
    count = len(size)
    if count != len(physical_layout):
        raise RuntimeError(creation_texts.layout_length(count, len(physical_layout)))
    for place, dim in enumerate(physical_layout):
        if not 0 <= dim < count:
            raise RuntimeError(creation_texts.layout_range(count, dim, place))
        if dim in physical_layout[:place]:
            raise RuntimeError(creation_texts.LAYOUT_TWICE)
    made: Array = np.zeros([size[dim] for dim in physical_layout], numpy_type(dtype))
    return finished(made.transpose(np.argsort(physical_layout)), requires_grad, "empty_permuted")


def full(
    size: Sequence[int], fill_value: Any, *, dtype: DType | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    if isinstance(fill_value, str):
        raise TypeError(binding_texts.wrong_argument("full", "fill_value", 2, "Number", "str"))
    kind = dtype or dtypes.of_number(fill_value)
    made = full_in_silence(not_negative(tuple(size)), dtypes.filling(fill_value, kind, math.prod(size)), kind.numpy)
    return finished(made, requires_grad, "full")


def arange(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from `start` up to and without `end`; int64 if all three are integers."""
    if end is None:
        start, end = 0, start
    start, end, step = (each.item() if isinstance(each, Tensor) else each for each in (start, end, step))
    whole = all(isinstance(each, (int, np.integer)) for each in (start, end, step))
    kind = dtype or (dtypes.int64 if whole else dtypes.get_default_dtype())
    if step == 0 or step != step:
        raise RuntimeError(creation_texts.STEP_ZERO)
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(creation_texts.range_unbounded(start, end))
    if (end - start) * step < 0:
        raise RuntimeError(creation_texts.STEP_SIGN)
    if kind is dtypes.int64:
        start, end, step = int(start), int(end), int(step)
        if step == 0:
            raise ValueError(creation_texts.STEP_ZERO)
    count = math.ceil((end - start) / step)
    if kind.category == dtypes.INTEGER:
        start, step = (int(dtypes.element(each, dtypes.int64)) for each in (start, step))
    if kind.category == dtypes.FLOATING:
        for each in (start, end, step) if kind.itemsize == 2 else ():
            dtypes.element(each, dtypes.float32)  # in which short ones are counted
        return finished(spaced.by_step(start, step, count, kind.numpy), requires_grad, "arange")
    return finished(array_in_silence(start + step * np.arange(count), kind.numpy), requires_grad, "arange")


def endpoints(name: str, start: Any, end: Any, steps: int) -> tuple[Any, Any]:
    """Both ends as numbers.

    Raises RuntimeError for tensors with dimensions, and for a negative number of steps.
    """
    ranks = [each.dim() if isinstance(each, Tensor) else 0 for each in (start, end)]
    if any(ranks):
        raise RuntimeError(creation_texts.endpoints_dimensioned(name, *ranks))
    if steps < 0:
        raise RuntimeError(creation_texts.STEPS_NEGATIVE)
    first, last = (each.item() if isinstance(each, Tensor) else each for each in (start, end))
    return first, last


def linspace(
    start: Any, end: Any, steps: int, *, dtype: DType | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers from `start` to `end`, both included; the second half is counted back from the end."""
    start, end = endpoints("linspace", start, end, steps)
    if dtype is None and any(isinstance(each, complex) for each in (start, end)):
        dtype = dtypes.get_default_dtype().to_complex()
    for each in (start, end):
        dtypes.element(each, dtype or dtypes.get_default_dtype())
    return finished(spaced.between(start, end, steps, numpy_type(dtype)), requires_grad, "linspace")


def eye(
    n: int, m: int | None = None, *, dtype: DType | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    for name, each in (("n", n), ("m", n if m is None else m)):
        if each < 0:
            raise RuntimeError(creation_texts.eye_negative(name, each))
    return finished(np.eye(n, n if m is None else m, dtype=numpy_type(dtype)), requires_grad, "eye")


def rand(
    *size: Any, generator: Any = None, dtype: DType | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Uniform numbers of [0, 1)."""
    return finished((generator or random_state).drawn_uniform(size_of(size), numpy_type(dtype)), requires_grad, "rand")


def randn(
    *size: Any, generator: Any = None, dtype: DType | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Normal numbers of mean 0 and variance 1."""
    return finished((generator or random_state).drawn_normal(size_of(size), numpy_type(dtype)), requires_grad, "randn")


def randint(
    low: int, high: Any = None, size: Any = None, *, generator: Any = None, dtype: DType | None = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    if size is None:
        low, high, size = 0, low, high
    if low >= high:
        raise RuntimeError(creation_texts.random_range(low, high))
    drawn = (generator or random_state).drawn_integers(low, high, not_negative(tuple(size)))
    return finished(drawn.astype((dtype or dtypes.int64).numpy), requires_grad, "randint")


def randperm(
    n: int, *, generator: Any = None, dtype: DType | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    if n < 0:
        raise RuntimeError(creation_texts.negative_dimension((n,)))
    drawn = (generator or random_state).drawn_permutation(n).astype((dtype or dtypes.int64).numpy)
    return finished(drawn, requires_grad, "randperm")


def manual_seed(seed: int) -> Generator:
    """Start the random numbers anew, and give what draws them."""
    return random_state.manual_seed(seed)


def laid_out(array: Array, kind: Any, memory_format: Any) -> Array:
    """New memory in a memory format, or in the layout of `array`."""
    if memory_format in memory.CHANNELS_LAST:
        return memory.formatted(np.empty(array.shape, kind), memory_format)
    return np.empty(array.shape, kind) if memory_format == "contiguous" else memory.empty_like(array, kind)


def like(array: Array, values: Any, dtype: DType | None, memory_format: Any = None) -> Array:
    """New memory in the layout of `array`, filled."""
    kind = array.dtype if dtype is None else dtype.numpy
    made = laid_out(array, kind, memory_format)
    made[...] = array_in_silence(dtypes.filling(values, dtypes.FROM_NUMPY[kind], array.size), kind)
    return made


def array_like(function: str, given: object) -> Array:
    """The array of an argument. Raises TypeError for what is no tensor."""
    if not isinstance(given, Tensor):
        raise TypeError(binding_texts.first_is_no_tensor(function, type_name(given)))
    return given._array


def zeros_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    return finished(like(array_like("zeros_like", input), 0, dtype, memory_format), requires_grad, "zeros_like")


def ones_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    return finished(like(array_like("ones_like", input), 1, dtype, memory_format), requires_grad, "ones_like")


def empty_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    return finished(like(input._array, 0, dtype, memory_format), requires_grad, "empty_like")


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    return finished(like(array_like("full_like", input), fill_value, dtype, memory_format), requires_grad, "full_like")


def drawn_like(array: Array, dtype: DType | None, memory_format: Any, draw: Any, *, normal: bool = False) -> Array:
    """New memory in the layout of `array`, with what `draw(shape, type)` gives in the order of memory."""
    made = laid_out(array, array.dtype if dtype is None else dtype.numpy, memory_format)
    options = {"in_blocks": False} if normal and not made.flags.c_contiguous else {}
    made[...] = in_memory_order(made, lambda shape: draw(shape, made.dtype, **options))
    return made


def rand_like(
    input: Tensor,
    *,
    generator: Any = None,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    return finished(
        drawn_like(input._array, dtype, memory_format, (generator or random_state).drawn_uniform),
        requires_grad,
        "rand_like",
    )


def randn_like(
    input: Tensor,
    *,
    generator: Any = None,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    return finished(
        drawn_like(input._array, dtype, memory_format, (generator or random_state).drawn_normal, normal=True),
        requires_grad,
        "randn_like",
    )


def new_empty_strided(
    self: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    not_negative(tuple(size))
    if len(size) != len(stride):
        raise RuntimeError(creation_texts.strides_length(len(size), len(stride)))
    kind = self._array.dtype if dtype is None else dtype.numpy
    return finished(memory.empty_strided(tuple(size), tuple(stride), kind), requires_grad, "new_empty_strided")


def filled_below(made: Tensor, like: Tensor) -> Tensor:
    """`made`, which PyTorch fills where that is seen if `like` is an inference tensor outside of inference mode."""
    if inference.used and not modes.inference and like.is_inference():
        made.bump_version()
    return made


def new_zeros(
    self: Tensor, *size: Any, dtype: DType | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    return filled_below(zeros(size_of(size), dtype=dtype or self.dtype, requires_grad=requires_grad), self)


def new_ones(
    self: Tensor, *size: Any, dtype: DType | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    return filled_below(ones(*size, dtype=dtype or self.dtype, requires_grad=requires_grad), self)


def new_empty(
    self: Tensor, *size: Any, dtype: DType | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    return empty(*size, dtype=dtype or self.dtype, requires_grad=requires_grad)


def new_full(
    self: Tensor,
    size: Any,
    fill_value: Any,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    return filled_below(full(size, fill_value, dtype=dtype or self.dtype, requires_grad=requires_grad), self)


def new_tensor(
    self: Tensor, data: Any = OWED, *more: Any, dtype: DType | None = None, device: Any = None,
    requires_grad: Any = False,
) -> Tensor:  # fmt: skip
    if more or data is OWED:
        raise wrong_count("new_tensor", "data", data, more)
    if not isinstance(requires_grad, bool):
        kind = type_name(requires_grad)
        raise TypeError(binding_texts.wrong_argument("new_tensor", "requires_grad", None, "bool", kind))
    if isinstance(data, Tensor) and not levels.stack:
        warnings.warn(creation_texts.COPY_CONSTRUCT_METHOD, UserWarning, stacklevel=2)
        if levels.dispatch:
            from refgrad.operators.dispatching import lifted_fresh

            return lifted_fresh(tensor, data, dtype or self.dtype, requires_grad)  # type: ignore[no-any-return]
        data = data.detach()._array.copy()
    return tensor(data, dtype=dtype or self.dtype, requires_grad=requires_grad)


def legacy_tensor(cls: type[Tensor], *data: Any, **options: Any) -> Tensor:
    """`torch.Tensor(2, 3)` (uninitialised) and `torch.Tensor([1., 2.])`, always of the default type."""
    if len(data) == 1 and isinstance(data[0], Tensor):
        made = data[0].detach()
    elif len(data) == 1 and isinstance(data[0], (list, tuple, np.ndarray)):
        made = tensor(data[0], dtype=dtypes.get_default_dtype())
    else:
        made = zeros(*data) if data else zeros(0)
    if cls is not Tensor:
        from refgrad.subclassing import retyped

        made = retyped(made, cls)
    return made


def logspace(
    start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: DType | None = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Powers of `base` whose exponents are spaced evenly."""
    start, end = endpoints("logspace", start, end, steps)
    if dtype is not None and dtype.category == dtypes.INTEGER:
        start, end = int(start), int(end)
    exponents = linspace(start, end, steps, dtype=dtypes.float64)._array
    return finished(array_in_silence(base**exponents, numpy_type(dtype)), requires_grad, "logspace")


def scalar_tensor(s: Any, *, dtype: DType | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A 0-dim tensor, of the default type whatever the number."""
    number = dtypes.filling(s, dtype or dtypes.get_default_dtype())
    return finished(array_in_silence(number, numpy_type(dtype)), requires_grad, "scalar_tensor")


def empty_strided(
    size: Sequence[int], stride: Sequence[int], *, dtype: DType | None = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    made = memory.empty_strided(tuple(size), tuple(stride), numpy_type(dtype))
    return finished(made, requires_grad, "empty_strided")


def randint_like(
    input: Tensor, low: Any, high: int | None = None, *, generator: Any = None, dtype: DType | None = None,
    device: Any = None, requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    if isinstance(low, Tensor):
        if low.dim():
            raise RuntimeError(creation_texts.HIGH_NO_SCALAR)
        low = int(low.item())
    low, high = (0, low) if high is None else (low, high)
    if low >= high:
        raise RuntimeError(creation_texts.random_range(low, high))

    def draw(shape: tuple[int, ...], _: Any) -> Any:
        return (generator or random_state).drawn_integers(low, high, shape)

    made = drawn_like(input._array, dtype, memory_format, draw)
    return finished(made, requires_grad, "randint_like")


def frombuffer(buffer: Any, *, dtype: DType, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A tensor on the memory of an object that has a buffer."""
    return finished(np.frombuffer(buffer, dtype.numpy, count, offset), requires_grad, "frombuffer")


def _efficientzerotensor(*size: Any, dtype: DType | None = None, device: Any = None) -> Tensor:
    """Zeros without memory, that cannot be written."""
    return Tensor._of(memory.unallocated(size_of(size), numpy_type(dtype)))


FACTORIES = (
    logspace, scalar_tensor, empty_strided, empty_permuted, randint_like, frombuffer, _efficientzerotensor,
    tensor, as_tensor, asarray, from_numpy, zeros, ones, empty, full, arange, linspace, eye, rand, randn, randint,
    randperm, manual_seed, zeros_like, ones_like, empty_like, full_like, rand_like, randn_like,
)  # fmt: skip
METHODS = (new_empty_strided, new_zeros, new_ones, new_empty, new_full, new_tensor)
