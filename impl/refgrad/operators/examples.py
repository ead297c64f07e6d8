"""The first rows: one of each kind of operator, to read and to copy from.

Add with a scale, multiplication, powers with three overloads, a saved result, reductions, views, a matrix product, a
selection, comparisons.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from refgrad import binding_texts, cpp_spelling, dimension_texts, dtypes, memory, memory_texts, shapes
from refgrad.operators import matrix_texts, shape_texts
from refgrad.operators import texts as operator_texts
from refgrad.operators.declare import FLOAT, KEEP, VIEW, Batched, Reshaping, Viewing, function, operator, passed_on
from refgrad.operators.kernels import without_imaginary
from refgrad.operators.precise import precise
from refgrad.pool import MANY, fresh


def to_real(grad: Any, kind: Any) -> Any:
    """The gradient of a real input out of a complex formula."""
    return grad.real if grad.is_complex() and not kind.is_complex else grad


def scaled(value: Any, alpha: Any) -> Any:
    """`value * alpha`, without a node where alpha is 1; the number stays an attribute, as it does in PyTorch."""
    from refgrad.operators.formula_arithmetic import times

    return value if alpha == 1 else times(value, alpha)


def add_forward(a: Any, b: Any, alpha: Any) -> Any:
    if type(alpha) is not int:
        check_alpha(a, alpha)
    if a.dtype == np.bool_:
        return np.logical_or(a, b if alpha == 1 else b * a.dtype.type(alpha))
    return add_scaled(a, b, alpha, None)


def add_scaled(a: Any, b: Any, alpha: Any, out: Any) -> Any:
    """`a + alpha * b`; of float32 rounded once, as the fused multiply-add of PyTorch's kernels does."""
    if alpha == 1:
        return np.add(a, b, out)
    alpha = dtypes.element(alpha, dtypes.of_array(a))
    if a.dtype == np.float32:
        wide = np.multiply(b, np.float64(np.float32(alpha)), dtype=np.float64)
        return np.add(a, wide, out, dtype=np.float64, casting="unsafe").astype(np.float32, copy=False)
    return np.add(a, b * a.dtype.type(alpha), out)


def check_alpha(a: Any, alpha: Any) -> None:
    """Raise RuntimeError for a scale that does not suit the type of the result."""
    if isinstance(alpha, bool) and a.dtype.kind != "b":
        raise RuntimeError(operator_texts.ALPHA_BOOL)
    if isinstance(alpha, (float, complex)) and a.dtype.kind in "biu":
        raise RuntimeError(operator_texts.ALPHA_FLOAT)
    if isinstance(alpha, complex) and a.dtype.kind != "c":
        raise RuntimeError(operator_texts.ALPHA_COMPLEX)


ADD = operator(
    "add.Tensor(Tensor self, Tensor other, *, Number alpha=1)",
    add_forward,
    node="AddBackward0",
    gradients={
        "self": lambda grad, self_scalar_type: to_real(grad, self_scalar_type),
        "other": lambda grad, other_scalar_type, alpha: to_real(scaled(grad, alpha), other_scalar_type),
    },
    inplace=True,
    kernels={"self": passed_on, "other": lambda grad, alpha: grad if alpha == 1 else None},
    writes=add_scaled,
)

MUL = operator(
    "mul.Tensor(Tensor self, Tensor other)",
    np.multiply,
    node="MulBackward0",
    gradients={
        "self": lambda grad, other, self_scalar_type: to_real(grad * other.conj(), self_scalar_type),
        "other": lambda grad, self, other_scalar_type: to_real(grad * self.conj(), other_scalar_type),
    },
    inplace=True,
    aliases=("multiply",),
    kernels={
        "self": lambda grad, other, out=None: np.multiply(grad, other, out),
        "other": lambda grad, self, out=None: np.multiply(grad, self, out),
    },
    writes=np.multiply,
)


EXP = operator(
    "exp(Tensor self)",
    precise(np.exp),
    node="ExpBackward0",
    gradients={"self": lambda grad, result: grad * result.conj()},
    dtype=FLOAT,
    inplace=True,
    kernels={"self": lambda grad, result, out=None: np.multiply(grad, result, out)},
)


def sum_forward(a: Any, dtype: Any) -> Any:
    if dtype:
        return np.sum(without_imaginary(a, dtype.numpy), dtype=dtype.numpy)
    return np.sum(a, dtype=np.int64 if a.dtype.kind in "biu" else None)


SUM = operator(
    "sum(Tensor self, *, dtype? dtype=None)",
    sum_forward,
    node="SumBackward0",
    gradients={"self": lambda grad, self_sym_sizes: grad.expand(self_sym_sizes)},
    dtype=KEEP,
    public=False,
    kernels={"self": Viewing(lambda grad, self_sym_sizes: expand_forward(grad, self_sym_sizes, False))},
)


def sum_dim_forward(a: Any, dim: Any, keepdim: bool, dtype: Any) -> Any:
    axes = shapes.checked_dims(dim or (), a.ndim) or None
    if a.ndim == 0:
        axes = None
    kind = dtype.numpy if dtype else np.int64 if a.dtype.kind in "biu" else None
    a = without_imaginary(a, kind) if dtype else a
    return memory.in_order(np.sum(a, axis=axes, keepdims=keepdim, dtype=kind), a)


def sum_dim_gradient(grad: Any, self_sym_sizes: Any, dim: Any, keepdim: bool) -> Any:
    if not keepdim and self_sym_sizes:
        for each in sorted(shapes.checked_dim(each, len(self_sym_sizes)) for each in dim or ()):
            grad = grad.unsqueeze(each)
    return grad.expand(self_sym_sizes)


SUM_DIM = operator(
    "sum.dim_IntList(Tensor self, int[]? dim, bool keepdim=False, *, dtype? dtype=None)",
    sum_dim_forward,
    node="SumBackward1",
    gradients={"self": sum_dim_gradient},
    dtype=KEEP,
    public=False,
    kernels={},
)


def view_forward(a: Any, size: Any) -> Any:
    shape = shapes.inferred_shape(size, a.size)
    made = memory.reshaped_view(a, shape)
    if made is None:
        raise RuntimeError(dimension_texts.VIEW_INCOMPATIBLE)
    return made


RESHAPED = Reshaping(
    lambda grad, self_sym_sizes: memory.reshaped_view(grad, self_sym_sizes) if grad.flags.c_contiguous else None
)


VIEW_ = operator(
    "view(Tensor self, int[] size)",
    view_forward,
    node="ViewBackward0",
    gradients={"self": lambda grad, self_sym_sizes: grad.reshape(self_sym_sizes)},
    dtype=KEEP,
    view=VIEW,
    kernels={"self": RESHAPED},
    public=False,
)


@function("view")
def view(self: Any, *sizes: Any, size: Any = None, dtype: Any = None) -> Any:
    """The same elements under another shape, without copying; or the same memory as elements of another type."""
    kind = sizes[0] if len(sizes) == 1 else dtype
    if isinstance(kind, dtypes.dtype):
        from refgrad.operators.storage import reinterpreted

        return reinterpreted(self, kind)
    return VIEW_(self, unpacked(sizes, size))


def unpacked(sizes: tuple[Any, ...], named: Any = None, owed: tuple[str, str] | None = None) -> tuple[int, ...]:
    """`f(2, 3)`, `f((2, 3))` and `f(size=(2, 3))` mean the same.

    `owed` is the function and the argument that it cannot do without. Raises TypeError where that is missing.
    """
    if owed is not None and named is None and not sizes:
        raise TypeError(binding_texts.argument_owed(*owed))
    if named is not None:
        return (named,) if isinstance(named, int) else tuple(named)
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes


UNSAFE_VIEW = operator(
    "_unsafe_view(Tensor self, int[] size)",
    lambda a, size: a.reshape(size),
    node="UnsafeViewBackward0",
    gradients={"self": lambda grad, self_sym_sizes: grad.reshape(self_sym_sizes)},
    dtype=KEEP,
    kernels={"self": RESHAPED},
    public=False,
)


def expand_forward(a: Any, size: Any, implicit: bool) -> Any:
    """Broadcast without copying; -1 keeps a dimension.

    Raises RuntimeError where a dimension other than 1 would change.
    """
    shape = shapes.expanded_shape(a.shape, size, kind=cpp_spelling.legacy_type(dtypes.of_array(a)))
    if any(n < 0 for n in shape):
        raise RuntimeError(memory_texts.NUMEL_OVERFLOW)
    return memory.broadcast(a, shape)


EXPAND = operator(
    "expand(Tensor self, int[] size, *, bool implicit=False)",
    expand_forward,
    node="ExpandBackward0",
    gradients={"self": lambda grad, self_sym_sizes: sum_to(grad, self_sym_sizes)},
    dtype=KEEP,
    view=VIEW,
    kernels={},
    public=False,
)


@function("expand")
def expand(self: Any, *sizes: Any, size: Any = None, implicit: bool = False) -> Any:
    return EXPAND(self, unpacked(sizes, size, ("expand", "size")), implicit)


def sum_to(grad: Any, shape: Any) -> Any:
    """Sum `grad` over the dimensions that broadcasting from `shape` added or stretched."""
    if len(shape) == 0:
        return SUM(grad, None)
    lead = grad.dim() - len(shape)
    dims = [i for i in range(grad.dim()) if i < lead or (shape[i - lead] == 1 and grad.shape[i] != 1)]
    if dims:
        grad = SUM_DIM(grad, tuple(dims), True, None)
    return VIEW_(grad, tuple(shape)) if lead > 0 else grad


UNSQUEEZE = operator(
    "unsqueeze(Tensor self, int dim)",
    lambda a, dim: memory.unsqueezed(a, shapes.checked_dim(dim, a.ndim + 1)),
    node="UnsqueezeBackward0",
    gradients={"self": lambda grad, dim: grad.squeeze(dim)},
    dtype=KEEP,
    view=VIEW,
    kernels={"self": Reshaping(lambda grad, dim: memory.squeezed(grad, (dim,)) if grad.shape[dim] == 1 else None)},
)


def transpose_forward(a: Any, dim0: int, dim1: int) -> Any:
    first, second = shapes.checked_dim(dim0, a.ndim), shapes.checked_dim(dim1, a.ndim)
    if not a.size:
        a = memory.explicit(a)
    return a.view() if a.ndim == 0 else a.swapaxes(first, second)


def behind(dim: int) -> int:
    """The number of a dimension where one more stands before all others."""
    return dim + 1 if dim >= 0 else dim


TRANSPOSE = operator(
    "transpose(Tensor self, int dim0, int dim1)",
    transpose_forward,
    node="TransposeBackward0",
    gradients={"self": lambda grad, dim0, dim1: grad.transpose(dim0, dim1)},
    dtype=KEEP,
    view=VIEW,
    kernels={
        "self": Viewing(
            transpose_forward,
            lambda grad, dim0, dim1: grad.swapaxes(behind(dim0), behind(dim1)) if grad.ndim > 1 else None,
        )
    },
    aliases=("swapaxes", "swapdims"),
)


def t_forward(a: Any) -> Any:
    if a.ndim > 2:
        raise RuntimeError(shape_texts.transpose_rank("t", a.ndim))
    return a.T if a.size else memory.explicit(a).T


T = operator(
    "t(Tensor self)",
    t_forward,
    node="TBackward0",
    gradients={"self": lambda grad: grad.t()},
    dtype=KEEP,
    view=VIEW,
    kernels={"self": Viewing(t_forward, lambda grad: grad.swapaxes(1, 2) if grad.ndim == 3 else None)},
)


def mm_forward(a: Any, b: Any) -> Any:
    for name, each in (("self", a), ("mat2", b)):
        if each.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix")
    if a.shape[1] != b.shape[0]:
        raise RuntimeError(matrix_texts.mm_shapes(a.shape, b.shape))
    if a.dtype != b.dtype:
        raise RuntimeError(matrix_texts.mm_types(*(cpp_spelling.cpp_type(dtypes.of_array(each)) for each in (a, b))))
    if a.dtype == np.bool_:
        raise NotImplementedError(matrix_texts.no_kernel("addmm_impl_cpu_", "Bool"))
    return product(a, b)


def product(a: Any, b: Any) -> Any:
    """The product of two matrices, contiguous.

    Of a column and a row it is not a sum of anything: PyTorch's negative zeros stay, and it is several times faster.
    """
    rows, columns = a.shape[0], b.shape[1]
    if a.shape[1] == 1 and a.dtype.kind == "f" and min(rows, columns) > 1:
        return np.multiply(a, b, fresh((rows, columns), a.dtype))
    if rows * columns < MANY:
        return np.ascontiguousarray(a @ b)
    return np.matmul(a, b, fresh((rows, columns), a.dtype))


def by_columns(sizes: Any, strides: Any) -> bool:
    """Whether a matrix lies in memory column by column: its gradient is then made that way too."""
    return bool(strides[0] == 1 and strides[1] == sizes[0])


def mm_first_gradient(grad: Any, mat2: Any, self_sym_sizes: Any, self_sym_strides: Any) -> Any:
    if by_columns(self_sym_sizes, self_sym_strides):
        return mat2.conj().mm(grad.t()).t()
    return grad.mm(mat2.t().conj())


def mm_second_gradient(grad: Any, self: Any, mat2_sym_sizes: Any, mat2_sym_strides: Any) -> Any:
    if by_columns(mat2_sym_sizes, mat2_sym_strides):
        return grad.t().mm(self.conj()).t()
    return self.t().conj().mm(grad)


def mm_first_kernel_batched(grad: Any, mat2: Any, self_sym_sizes: Any, self_sym_strides: Any) -> Any:
    """The matrices of the batch as one, if they lie like that in memory."""
    count, rows, columns = grad.shape
    if by_columns(self_sym_sizes, self_sym_strides) or memory.strides(grad) != memory.contiguous_strides(grad.shape):
        return None
    return product(grad.reshape(count * rows, columns), mat2.T).reshape(count, rows, mat2.shape[0])


MM = operator(
    "mm(Tensor self, Tensor mat2)",
    mm_forward,
    node="MmBackward0",
    gradients={"self": mm_first_gradient, "mat2": mm_second_gradient},
    dtype=KEEP,
    kernels={
        "self": Batched(
            lambda grad, mat2, self_sym_sizes, self_sym_strides: (
                None if by_columns(self_sym_sizes, self_sym_strides) else product(grad, mat2.T)
            ),
            mm_first_kernel_batched,
        ),
        "mat2": lambda grad, self, mat2_sym_sizes, mat2_sym_strides: (
            None if by_columns(mat2_sym_sizes, mat2_sym_strides) else product(self.T, grad)
        ),
    },
)


def clone_forward(a: Any, memory_format: Any) -> Any:
    return memory.formatted(a, memory_format)


CLONE = operator(
    "clone(Tensor self, *, MemoryFormat? memory_format=None)",
    clone_forward,
    node="CloneBackward0",
    gradients={"self": lambda grad: grad},
    dtype=KEEP,
    kernels={},
)

EQ = operator(
    "eq(Tensor self, Tensor other)",
    np.equal,
    kernels={},
)
GT = operator(
    "gt(Tensor self, Tensor other)",
    np.greater,
    kernels={},
)
