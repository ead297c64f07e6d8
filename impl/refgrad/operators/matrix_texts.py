"""What PyTorch says when the arguments of matrix operators are wrong."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed

TENSORDOT_LENGTHS = "both dimension lists should have same length"
EINSUM_ALONE = (
    "einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts "
    "list"
)
EINSUM_SUBSCRIPT = "einsum(): subscript in subscript list is not within the valid range [0, 52)"
EINSUM_FEWER = "einsum(): fewer operands were provided than specified in the equation"
EINSUM_MORE = "einsum(): more operands were provided than specified in the equation"
GER_DEPRECATED = "torch.ger is deprecated and will be removed in a future PyTorch release. Use torch.outer instead."
TENSORDOT_TYPES = "both inputs should have same dtype"


def dot_out(got: str, wanted: str) -> str:
    return f"result dtype {got} does not match input dtype {wanted}"


def tensordot_out(wanted: str, got: str) -> str:
    return f"tensordot: Expected the output tensor to have dtype {wanted}, but got an output tensor with dtype {got}"


def batch_rank(name: str) -> str:
    return f"{name} must be a 3D tensor"


def mm_types(first: str, second: str) -> str:
    first, second = ("long int" if each == "long" else each for each in (first, second))
    return f"expected m1 and m2 to have the same dtype, but got: {first} != {second}"


def product_types(first: str, second: str) -> str:
    return f"mat1 and mat2 must have the same dtype, but got {first} and {second}"


def batch_types(first: str, second: str, third: str) -> str:
    return f"Input dtypes must be the same, got: input {first}, batch1: {second}, batch2: {third}"


def batch_counts(first: int, second: int) -> str:
    return f"batch1 and batch2 must have same number of batches, got {first} and {second}"


def batch_inner(first: Sequence[int], second: Sequence[int]) -> str:
    return f"Incompatible matrix sizes for bmm ({first[1]}x{first[2]} and {second[1]}x{second[2]})"


def scalar_types(first: str, second: str) -> str:
    return f"expected scalar type {first} but found {second}"


def vector_types(first: str, second: str) -> str:
    return f"dot : expected both vectors to have same dtype, but found {first} and {second}"


def mv_types(*kinds: str) -> str:
    return f"addmv input tensors must have the same dtype, but got {kinds[0]}, {kinds[1]}, and {kinds[2]}"


def no_kernel(name: str, kind: str) -> str:
    return f"\"{name}\" not implemented for '{kind}'"


def mv_ranks(first: int, matrix: int, vector: int) -> str:
    return f"vector + matrix @ vector expected, got {first}, {matrix}, {vector}"


def mv_sizes(count: int, matrix: Sequence[int], vector: int) -> str:
    return f"size mismatch, got input ({count}), mat ({matrix[0]}x{matrix[1]}), vec ({vector})"


def dot_ranks(first: int, second: int) -> str:
    return f"1D tensors expected, but got {first}D and {second}D tensors"


def dot_sizes(first: int, second: int) -> str:
    return (
        f"inconsistent tensor size, expected tensor [{first}] and src [{second}] to have the same number of "
        f"elements, but "
        f"got {first} and {second} elements respectively"
    )


def vector_expected(name: str, argument: str, ndim: int) -> str:
    return f"{name}: Expected 1-D argument {argument}, but got {ndim}-D"


def batch_sizes(wanted: Sequence[int], got: Sequence[int]) -> str:
    return f"Expected size for first two dimensions of batch2 tensor to be: {listed(wanted)} but got: {listed(got)}."


def matmul_ranks(first: int, second: int, name: str = "matmul") -> str:
    return f"both arguments to {name} need to be at least 1D, but they are {first}D and {second}D"


def inner_sizes(first: Sequence[int], second: Sequence[int]) -> str:
    return (
        "inner() the last dimension must match on both input tensors but got shapes "
        f"{listed(first)} and {listed(second)}"
    )


def matrix_expected(name: str, ndim: int) -> str:
    return f"{name} must be a matrix, got {ndim}-D tensor"


def trace_rank(ndim: int) -> str:
    return f"trace: expected a matrix, but got tensor with dim {ndim}"


def self_types(first: str, second: str) -> str:
    return f"self and mat2 must have the same dtype, but got {first} and {second}"


def tensordot_dims(dims: int) -> str:
    return f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}"


def tensordot_sizes(first: int, dim1: int, second: int, dim2: int) -> str:
    return (
        f"contracted dimensions need to match, but first has size {first} in dim {dim1} and second has size "
        f"{second} in "
        f"dim {dim2}"
    )


def einsum_output(label: str) -> str:
    return f"einsum(): output subscript {label} does not appear in the equation for any input operand"


def einsum_rank(count: int, ndim: int, operand: int) -> str:
    return (
        f"einsum(): the number of subscripts in the equation ({count}) does not match the number of dimensions "
        f"({ndim}) "
        f"for operand {operand} and no ellipsis was given"
    )


def einsum_repeated(label: str, operand: int, size: int, first: int) -> str:
    return f"einsum(): subscript {label} is repeated for operand {operand} but the sizes don't match, {size} != {first}"


def einsum_size(label: str, size: int, operand: int, seen: int) -> str:
    return (
        f"einsum(): subscript {label} has size {size} for operand {operand} which does not broadcast with "
        f"previously seen "
        f"size {seen}"
    )


def mm_shapes(first: Sequence[int], second: Sequence[int]) -> str:
    return f"mat1 and mat2 shapes cannot be multiplied ({first[0]}x{first[1]} and {second[0]}x{second[1]})"


def ranks_under_vmap(name: str, given: Sequence[int], wanted: Sequence[int]) -> str:
    if name == "dot":
        return "Got wrong shapes for dot"
    return (
        f"Shape mismatch: Got incorrect dims for {name}(a, b). a has dim {given[0]}and b has dim {given[1]}but expected"
        f" them to have dim {wanted[0]} and dim {wanted[1]}"
    )


def factor_floating(name: str) -> str:
    return f"For integral input tensors, argument {name} must not be a floating point number."


def factor_boolean(name: str) -> str:
    return f"Boolean {name} only supported for Boolean results."
