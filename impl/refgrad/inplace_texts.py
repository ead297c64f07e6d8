"""What PyTorch says of writing in place, through views and to `out=`."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed, short_name

INPLACE_ON_LEAF = "a leaf Variable that requires grad is being used in an in-place operation."
INPLACE_ON_VIEW_OF_LEAF = "a view of a leaf Variable that requires grad is being used in an in-place operation."
ZERO_TENSOR_WRITTEN = (
    "ZeroTensors are immutable. Please use the materialized zero tensor obtained using .clone() if you want a mutable "
    "tensor."
)
ZERO_TENSOR_COPIED_OVER = (
    "ZeroTensors are immutable. Please materialize the tensor using `.clone()`, if you want a mutable zero tensor."
)


def filled_repeatedly(name: str, example: str) -> str:
    return (
        f"Use of {name}_ on expanded tensors is deprecated. Please clone() the tensor before performing this "
        f"operation. This also applies to advanced indexing e.g. {example}"
    )


SAID_BY = {
    "argsort": "sort", "msort": "sort", "clip": "clamp", "nanmean": "nansum", "diff": "sub", "subtract": "sub",
    "true_divide": "div", "divide": "div", "square": "pow", "arctan2": "atan2", "multigammaln": "mvlgamma",
    "outer": "mul", "ger": "mul", "kron": "mul", "take_along_dim": "gather", "cross": "linalg_cross",
    **dict.fromkeys("hstack vstack dstack row_stack column_stack concat concatenate".split(), "cat"),
    **{name: f"special_{name}" for name in "i0e i1 i1e erfcx ndtri log_ndtr entr xlog1py zeta".split()},
}  # fmt: skip
"""Functions that are others, or made of them, and the operators that refuse an `out=` in their place."""


COPIED = """
    alias as_strided detach diagonal expand permute select slice squeeze t transpose unfold unsqueeze view
    view_as_complex view_as_real
""".split()
"""Views whose copies are written without a derivative."""
UNDERIVABLE_OUT = frozenset((
    "floor_divide", "slice_scatter", "gcd", "lcm", "heaviside", "bitwise_not", "bitwise_and", "bitwise_or",
    "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift", *(f"{each}_copy" for each in COPIED),
))  # fmt: skip
"""Operators of which PyTorch's general refusal speaks, by their full names."""


def out_requires_grad(name: str) -> str:
    name = f"aten::{name}" if name in UNDERIVABLE_OUT else SAID_BY.get(name, name)
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


def cannot_cast_result(result: str, target: str) -> str:
    return f"result type {result} can't be cast to the desired output type {target}"


def wrong_size(shape: Sequence[int], wanted: Sequence[int]) -> str:
    return f"Bad in-place call: input tensor size {listed(shape)} and output tensor size {listed(wanted)} should match"


def output_shape_mismatch(output: Sequence[int], broadcast: Sequence[int]) -> str:
    return f"output with shape {listed(output)} doesn't match the broadcast shape {listed(broadcast)}"


def fill_value_dimensions(ndim: int) -> str:
    return f"fill_ only supports 0-dimension value tensor but got tensor with {ndim} dimensions."
