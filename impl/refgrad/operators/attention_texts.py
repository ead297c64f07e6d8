"""What PyTorch says of attention whose arguments do not fit."""

from __future__ import annotations

MASK_TWICE = "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"
HEADS = "Number of heads in key and value must divide the number of heads in "


def types(query: str, key: str, value: str) -> str:
    return (
        f"Expected query, key, and value to have the same dtype, but got query.dtype: {query} key.dtype: {key} and "
        f"value.dtype: {value} instead."
    )


def ranks(query: int, key: int, value: int) -> str:
    return (
        f"Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: {query} key.dim: {key} "
        f"and value.dim: {value} instead."
    )


def mask_type(mask: str, query: str) -> str:
    return (
        f"Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: {mask} and  "
        f"query.dtype: {query} instead."
    )
