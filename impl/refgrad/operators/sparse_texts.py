"""What PyTorch says about sparse tensors."""

from __future__ import annotations

NO_NUMPY = "can't convert Sparse layout tensor to numpy. Use Tensor.to_dense() first."
NO_STORAGE = "Cannot access storage of SparseTensorImpl"
NO_POINTER = "Cannot access data pointer of Tensor that doesn't have storage"
SPARSE_AND_DENSE = "add(sparse, dense) is not supported. Use add(dense, sparse) instead."
INVARIANTS_UNCHECKED = (
    "Sparse invariant checks are implicitly disabled. Memory errors (e.g. SEGFAULT) will occur when operating on a "
    "sparse tensor which violates the invariants, but checks incur performance overhead. To silence this warning, "
    "explicitly opt in or out. See `torch.sparse.check_sparse_tensor_invariants.__doc__` for guidance."
)


def uncoalesced(what: str) -> str:
    return f"Cannot get {what} on an uncoalesced tensor, please call .coalesce() first"


def dense_given(name: str, expected: str) -> str:
    return f"{name} expected {expected} layout but got Strided"


def counts(places: int, values: int) -> str:
    return f"indices and values must have same nnz, but got nnz from indices: {places}, nnz from values: {values}"


def density(first: int, second: int) -> str:
    return (
        f"add: expected 'self' and 'other' to have same density, but 'self' has {first} sparse dimensions while "
        f"'other' has {second} sparse dimensions"
    )


def negative_place(place: int, dim: int) -> str:
    return f"found negative index {place} for dim {dim}"


def dimensions(size: int, sparse: int, dense: int) -> str:
    return (
        f"'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = {size}, sparse_dim = {sparse}, dense_dim "
        f"= {dense}"
    )


def place_outside(dim: int, size: int, place: int) -> str:
    return f"size is inconsistent with indices: for dim {dim}, size is {size} but found index {place}"
