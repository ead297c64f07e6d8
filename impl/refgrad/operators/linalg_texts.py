"""What PyTorch says when the arguments of `torch.linalg` are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from refgrad.cpp_spelling import listed, plain_number, stored_type
from refgrad.dtypes import dtype

COMPLEX_HALF = "ComplexHalf support is experimental and many operators don't support it yet."
EIG_OF_INTEGERS = "Unknown Complex ScalarType for "
RANK_TYPE = "This function doesn't handle types other than float and double"


CROSS_WITHOUT_DIM = (
    "Using torch.cross without specifying the dim arg is deprecated.\n"
    "Please either pass the dim explicitly or simply use torch.linalg.cross.\n"
    "The default value of dim will change to agree with that of linalg.cross in a future release."
)
CROSS_NO_DIM = "no dimension of size 3 in input"
QR_DEPRECATED = (
    "torch.qr is deprecated in favor of torch.linalg.qr and will be removed in a future PyTorch release.\n"
    "The boolean parameter 'some' has been replaced with a string parameter 'mode'.\n"
    "Q, R = torch.qr(A, some)\n"
    "should be replaced with\n"
    "Q, R = torch.linalg.qr(A, 'reduced' if some else 'complete')"
)
CHOLESKY_DEPRECATED = (
    "torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be removed in a future PyTorch release.\n"
    "L = torch.cholesky(A)\n"
    "should be replaced with\n"
    "L = torch.linalg.cholesky(A)\n"
    "and\n"
    "U = torch.cholesky(A, upper=True)\n"
    "should be replaced with\n"
    "U = torch.linalg.cholesky(A).mH\n"
    "This transform will produce equivalent results for all valid (symmetric positive definite) inputs."
)
CHAIN_MATMUL_DEPRECATED = (
    "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot "
    "instead, which accepts a list of two or more tensors rather than multiple parameters."
)
CHAIN_OF_NONE = "chain_matmul(): Expected one or more matrices"


def chain_rank(ndim: int) -> str:
    return f"Tensor dimension is {ndim}, expected 2 instead."


QR_WITHOUT_Q = (
    "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, "
    "mode='reduced') if you are going to differentiate through linalg.qr."
)
QR_COMPLETE = "The QR decomposition is not differentiable when mode='complete' and nrows > ncols."


def depends_on_phase(name: str) -> str:
    if name == "svd":
        return (
            "svd_backward: The singular vectors in the complex case are specified up to multiplication by e^{i phi}. "
            "The specified loss function depends on this phase term, making it ill-defined."
        )
    return (
        f"{name}_backward: The eigenvectors in the complex case are specified up to multiplication by e^{{i phi}}. The "
        "specified loss function depends on this quantity, so it is ill-defined."
    )


def matrix_rank_of(name: str, argument: str = "A") -> str:
    return f"{name}: The input tensor {argument} must have at least 2 dimensions."


def not_square(name: str, rows: int, columns: int) -> str:
    return f"{name}: A must be batches of square matrices, but they are {rows} by {columns} matrices"


def not_square_matrices(rows: int, columns: int) -> str:
    return f"A must be batches of square matrices, but they are {rows} by {columns} matrices"


def not_floating(name: str, kind: str) -> str:
    return f"{name}: Expected a floating point or complex tensor as input. Got {kind}"


def singular(name: str, place: int, batch: str = "") -> str:
    return (
        f"{name}: {batch}The diagonal element {place} is zero, the inversion could not be completed because the input "
        "matrix is singular."
    )


def not_positive(name: str, order: int, batch: str = "") -> str:
    return (
        f"{name}: {batch}The factorization could not be completed because the input is not positive-definite (the "
        f"leading minor of order {order} is not positive-definite)."
    )


def not_castable(name: str, subject: str, wanted: str, got: str) -> str:
    return f"{name}: Expected {subject} to be safely castable from {wanted} dtype, but got {subject} with dtype {got}"


def batch_element(i: int) -> str:
    return f"(Batch element {i}): "


def shown_order(order: Any) -> str:
    return order if isinstance(order, str) else plain_number(order)


def order_not_supported(order: Any) -> str:
    return f"linalg.matrix_norm: Order {shown_order(order)} not supported."


def complex_order(name: str) -> str:
    return f"{name}: Expected a non-complex scalar as the order of norm."


def norm_type(name: str, kind: str) -> str:
    return f"{name}: dtype should be floating point or complex, but got {kind}"


def norm_parts(name: str, parts: str, kind: str) -> str:
    return f"{name}: dtype should be {parts} for {parts} inputs, but got {kind}"


def norm_narrowing(name: str, own: str, kind: str) -> str:
    told = f"{name}: the dtype of the input ({own}) should be convertible without narrowing"
    return f"{told} to the specified dtype ({kind})"


def two_dims(name: str, dims: Sequence[int]) -> str:
    return f"{name}: dim must be a 2-tuple. Got {' '.join(map(str, dims))}"


def same_dims(name: str, first: int, second: int) -> str:
    return f"{name}: dims must be different. Got ({first}, {second})"


def norm_dims(dims: Sequence[int]) -> str:
    return f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {listed(dims)}"


COMPLEX_AS_DOUBLE = "value cannot be converted to type double without overflow"
COND_RANK = "linalg.cond: The input tensor must have at least 2 dimensions."


def cond_of(order: str) -> str:
    return f"linalg.cond(ord={order})"


def cond_order(order: Any) -> str:
    return f"linalg.cond got an invalid norm type: {shown_order(order)}"


def cross_length(dim: int, first: int, second: int) -> str:
    return f"linalg.cross: inputs dimension {dim} must have length 3. Got {first} and {second}"


CROSS_RANKS = "linalg.cross: inputs must have the same number of dimensions."
CROSS_WITHOUT_DIM = (
    "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim explicitly or simply "
    "use torch.linalg.cross.\nThe default value of dim will change to agree with that of linalg.cross in a future "
    "release."
)


def scalar_types(wanted: str, found: str) -> str:
    return f"expected scalar type {wanted} but found {found}"


def triangular_out(wanted: dtype, got: dtype) -> str:
    return scalar_types(wanted.scalar_name, got.scalar_name)


def norm_rank(ndim: int) -> str:
    return f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {ndim}D."


def complex_tolerance(name: str, tolerance: str, kind: str) -> str:
    return f"{name}: {tolerance} tensor of complex type is not supported. Got {kind}"


def pinv_type(kind: str, shape: Sequence[int]) -> str:
    return (
        f"linalg.pinv({kind}{{{listed(shape)}}}): expected a tensor with 2 or more dimensions of float, double, cfloat "
        "or cdouble types"
    )


def lu_rank(name: str, shape: Sequence[int]) -> str:
    return f"{name}: Expected tensor with 2 or more dimensions. Got size: {listed(shape)} instead"


LU_WITHOUT_PIVOTS = "linalg.lu_factor: LU without pivoting is not implemented on the CPU"
LU_DEPRECATED = (
    "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and will be removed in a "
    "future PyTorch release.\nLU, pivots = torch.lu(A, compute_pivots)\nshould be replaced with\nLU, pivots = "
    "torch.linalg.lu_factor(A, compute_pivots)\nand\nLU, pivots, info = torch.lu(A, compute_pivots, get_infos=True)\n"
    "should be replaced with\nLU, pivots, info = torch.linalg.lu_factor_ex(A, compute_pivots)"
)
TRIANGULAR_SOLVE_DEPRECATED = (
    "torch.triangular_solve is deprecated in favor of torch.linalg.solve_triangularand will be removed in a future "
    "PyTorch release.\ntorch.linalg.solve_triangular has its arguments reversed and does not return a copy of one of "
    "the inputs.\nX = torch.triangular_solve(B, A).solution\nshould be replaced with\nX = "
    "torch.linalg.solve_triangular(A, B)."
)
LU_SOLVE_DEPRECATED = (
    "torch.lu_solve is deprecated in favor of torch.linalg.lu_solveand will be removed in a future PyTorch release.\n"
    "Note that torch.linalg.lu_solve has its arguments reversed.\nX = torch.lu_solve(B, LU, pivots)\nshould be "
    "replaced with\nX = torch.linalg.lu_solve(LU, pivots, B)"
)
UNPACKED_PIVOTS_TYPE = (
    "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\nNote: this function is "
    "intended to be used with the output produced by torch.linalg.lu_factor"
)
UNPACKED_PIVOTS_RANGE = (
    "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive.Did you properly pass the result of "
    "lu_factor?"
)
LU_SOLVE_PIVOTS = "linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32"
LU_SOLVE_COUNT = "linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix"


def zero_pivot(name: str, place: int, batch: str = "") -> str:
    return (
        f"{name}: {batch}U[{place},{place}] is zero and using it on lu_solve would result in a division by zero. If "
        "you still want to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, "
        "pivot)"
    )


def different_types(name: str, first: str, second: str, kind: str, other: str) -> str:
    return (
        f"{name}: Expected {first} and {second} to have the same dtype, but found {first} of type {kind} and {second} "
        f"of type {other} instead"
    )


def solve_singular(name: str, place: int, batch: str = "") -> str:
    return f"{name}: {batch}The solver failed because the input matrix is singular."


def solve_shapes(name: str, shape: Sequence[int], other: Sequence[int], *, left: bool = True) -> str:
    return (
        f"{name}: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} "
        f"({shape[-2]}x{shape[-1]} and {other[-2]}x{other[-1]})"
    )


LEAST_SQUARES_RANK = "torch.linalg.lstsq: input must have at least 2 dimensions."
LEAST_SQUARES_OTHER = "torch.linalg.lstsq: other must have at least 1 dimension."
LEAST_SQUARES_ROWS = "torch.linalg.lstsq: input.size(-2) should match other.size(-2)"
LEAST_SQUARES_VECTOR = "torch.linalg.lstsq: input.size(-2) should match other.size(-1)"
LEAST_SQUARES_DRIVER = "torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"
HOUSEHOLDER_SHAPE = "torch.linalg.householder_product: input.shape[-2] must be greater than or equal to input.shape[-1]"
HOUSEHOLDER_FACTORS = "torch.linalg.householder_product: input.shape[-1] must be greater than or equal to tau.shape[-1]"


def least_squares_types(first: str, second: str) -> str:
    return (
        f"torch.linalg.lstsq: Expected input and other to have the same dtype, but got input's dtype {first} and "
        f"other's dtype {second}"
    )


LEAST_SQUARES_RANKS = (
    "torch.linalg.lstsq: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1"
)


def not_full_rank(name: str, place: int, batch: str = "") -> str:
    return (
        f"{name}: {batch}The least squares solution could not be computed because the input matrix does not have full "
        f"rank (error code: {place})."
    )


def householder_rank(tau: int, ndim: int) -> str:
    return (
        "torch.linalg.householder_product: Expected tau to have one dimension less than input, but got tau.ndim equal "
        f"to {tau} and input.ndim is equal to {ndim}"
    )


def householder_batch(shape: Sequence[int]) -> str:
    return (
        "torch.linalg.householder_product: Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
        f"{listed(shape)}"
    )


def matrix_needed(name: str, argument: str) -> str:
    return f"{name}: {argument} must have at least 2 dimensions."


def householder_types(tau: str, given: str) -> str:
    return f"torch.linalg.householder_product: tau dtype {tau} does not match input dtype {given}"


SVD_DRIVER = "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
EIG_NOT_FINITE = "torch.linalg.eig: input tensor should not contain infs or NaNs."
CROSS_WITHOUT_DIM = (
    "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim explicitly or simply "
    "use torch.linalg.cross.\nThe default value of dim will change to agree with that of linalg.cross in a future "
    "release."
)


def svd_not_finite(name: str, place: int, batch: str = "") -> str:
    return f"{name}: {batch}The algorithm failed to converge because the input matrix contained non-finite values."


def triangle(given: str) -> str:
    return f"Expected UPLO argument to be 'L' or 'U', but got {given}"


def qr_mode(mode: str) -> str:
    return f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"


def svd_rank(ndim: int) -> str:
    return f"linalg.svd: input should have at least 2 dimensions, but has {ndim} dimensions instead"


def cholesky_rank(name: str, ndim: int) -> str:
    return f"{name} should have at least 2 dimensions, but has {ndim} dimensions instead"


def triangular_rank(name: str, ndim: int) -> str:
    return (
        f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it has {ndim} dimensions instead"
    )


def multi_dot_count(count: int) -> str:
    return f"multi_dot(): expected at least 2 tensors but got {count}"


def multi_dot_end(which: str, rank: int) -> str:
    return f"multi_dot(): the {which} tensor must be 1D or 2D but got {rank}D"


def multi_dot_rank(place: int, rank: int) -> str:
    return f"multi_dot(): tensor {place} must be 2D but got {rank}D"


def multi_dot_types(first: str, place: int, other: str) -> str:
    return f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {first} and tensor {place} {other}"


def multi_dot_out(wanted: dtype, got: dtype) -> str:
    return f"multi_dot(): expected out tensor to have dtype {stored_type(wanted)} but got {stored_type(got)}"


def vecdot_out(wanted: dtype, got: dtype) -> str:
    return f"linalg.vecdot: Expected out of dtype{wanted.scalar_name} but found {got.scalar_name}"


def matrix_norm_out(wanted: dtype, got: dtype) -> str:
    return f"linalg.matrix_norm expected out tensor dtype {wanted.scalar_name} but got: {got.scalar_name}"


def norm_out(wanted: dtype, got: dtype) -> str:
    return f"linalg.norm expected out tensor dtype {wanted.scalar_name} but got: {got.scalar_name}"


def multi_dot_sizes(place: int, left: Any, right: Any) -> str:
    return (
        f"multi_dot(): tensors {place} and {place + 1} with shapes {list(left)} and {list(right)} cannot be multiplied"
    )


def unequal_halves(place: str, columns: int, rows: int) -> str:
    return (
        f"Expected self to satisfy the requirement prod(self.shape[{place}:]) == prod(self.shape[:{place}]), but got "
        f"{columns} != {rows}"
    )


def tensorinv_place(ind: int) -> str:
    return f"Expected a strictly positive integer for 'ind', but got {ind}"


def invalid_slice(place: int, count: int) -> str:
    return f"ArrayRef: invalid slice, N = {place}; size = {count}"


TENSORSOLVE_RANK = "cannot create std::vector larger than max_size()"


def ldl_failed(name: str, code: int) -> str:
    return (
        'false INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/aten/src/ATen/native/BatchLinearAlgebra.cpp":1642, '
        f"please report a bug to PyTorch. {name}: Unknown error code: {code}."
    )


def ldl_sizes(name: str, shape: Sequence[int], other: Sequence[int]) -> str:
    return (
        f"Incompatible matrix sizes for {name}: each A matrix is {shape[-1]} by {shape[-1]} but each b matrix is "
        f"{other[-2]} by {other[-1]}"
    )


def ldl_types(b: str, a: str) -> str:
    return f"Expected b and A to have the same dtype, but found b of type {b} and A of type {a} instead."


def pivots_shape(name: str, matrix: str, shape: Sequence[int]) -> str:
    return (
        f"{name}: Expected {matrix}.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
        f"{listed(shape)} instead"
    )


def ldl_pivots_type(kind: str) -> str:
    return f"torch.linalg.ldl_solve: Expected pivots to be integers. Got {kind}"


def ormqr_rank(name: str) -> str:
    return f"torch.ormqr: {name} must have at least 2 dimensions."


def ormqr_types(name: str, kind: str, other: str) -> str:
    return (
        f"torch.ormqr: Expected input and {name} to have the same dtype, but input has dtype{kind} and {name} has "
        f"dtype {other}"
    )


def ormqr_sizes(side: int) -> str:
    return f"torch.ormqr: other.shape[{side}] must be equal to input.shape[-2]"


def ormqr_factors(side: int) -> str:
    return f"torch.ormqr: tau.shape[-1] must be equal to min(other.shape[{side}], input.shape[-1])"


def ormqr_same_rank(other: int, rank: int) -> str:
    return (
        "torch.ormqr: Expected other to have the same number of dimensions as input, but got other.ndim equal to "
        f"{other} and input.ndim is equal to {rank}"
    )


def ormqr_tau_rank(tau: int, rank: int) -> str:
    return (
        "torch.ormqr: Expected tau to have one dimension less than input, but got tau.ndim equal to "
        f"{tau} and input.ndim is equal to {rank}"
    )


def vander_type(kind: str) -> str:
    return f"linalg.vander supports floating point, complex, and integer tensors, but got {kind}"


VANDER_COUNT = "N must be greater than 1."
FROBENIUS_DEPRECATED = (
    "at::frobenius_norm is deprecated and it is just left for JIT compatibility. It will be removed in a future "
    "PyTorch release. Please use `linalg.vector_norm(A, 2., dim, keepdim)` instead"
)
NUCLEAR_DEPRECATED = (
    "at::nuclear_norm is deprecated and it is just left for JIT compatibility. It will be removed in a future "
    "PyTorch release. Please use `linalg.matrix_norm(A, 'nuc', dim, keepdim)` instead"
)


def at_most_two(count: int) -> str:
    return f"Expected at most 2 dimensions, but got {count} dimensions instead."


def norm_of_integers(kind: str) -> str:
    return f"norm(): input dtype should be either floating point or complex. Got {kind} instead."


def pca_rank(q: int, most: int) -> str:
    return f"q(={q}) must be non-negative integer and not greater than min(m, n)={most}"


def pca_rounds(niter: int) -> str:
    return f"niter(={niter}) must be non-negative integer"
