"""What PyTorch says about sparse tensors."""

from __future__ import annotations

from collections.abc import Sequence

from refgrad.cpp_spelling import listed

NO_NUMPY = "can't convert Sparse layout tensor to numpy. Use Tensor.to_dense() first."
NO_STORAGE = "Cannot access storage of SparseTensorImpl"
NO_POINTER = "Cannot access data pointer of Tensor that doesn't have storage"
SPARSE_AND_DENSE = "add(sparse, dense) is not supported. Use add(dense, sparse) instead."
INVARIANTS_UNCHECKED = (
    "Sparse invariant checks are implicitly disabled. Memory errors (e.g. SEGFAULT) will occur when operating on a "
    "sparse tensor which violates the invariants, but checks incur performance overhead. To silence this warning, "
    "explicitly opt in or out. See `torch.sparse.check_sparse_tensor_invariants.__doc__` for guidance."
)


SPARSE_AGAIN = (
    "to_sparse: conversion from Sparse to Sparse with sparse_dim argument !=self.sparse_dim() is not supported"
)
NO_SPARSE_DIMENSIONS = "dense_to_sparse: sparse_dim argument must be in >0 when self.dim()>0"


def dimensions_given(argument: str, most: int, given: int) -> str:
    return f"dense_to_sparse: {argument} argument must be in [0,{most}] range, but {given} is given"


def blocksize_length(given: int) -> str:
    return f"dense_to_sparse: blocksize needs to be a tuple of size 2, but got {given}"


def no_blocks(name: str, source: str, target: str) -> str:
    return f"{name}: conversion from {source} to {target} with blocksize argument given is not supported"


def places_shape(shape: Sequence[int]) -> str:
    return f"indices must be sparse_dim x nnz, but got: {listed(shape)}"


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
