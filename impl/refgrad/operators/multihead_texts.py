"""What PyTorch says of attention with several heads whose arguments do not fit."""

from __future__ import annotations

from typing import Any

CAUSAL_WITHOUT_MASK = (
    "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
    "`generate_square_subsequent_mask` to create this mask."
)
PACKED_WEIGHT = "use_separate_proj_weight is False but in_proj_weight is None"
STATIC_KEY_BIAS = "bias cannot be added to static key."
STATIC_VALUE_BIAS = "bias cannot be added to static value."
BIAS_OF_KEYS_ALONE = "bias_k is set but bias_v is None"
BIAS_OF_VALUES_ALONE = "bias_v is set but bias_k is None"
HEADS_DO_NOT_FIT = "embed_dim must be divisible by num_heads"
BATCHES_DIFFER = "the batch number of src and tgt must be equal"
FEATURES_DIFFER = "the feature number of src and tgt must be equal to d_model"
NESTED_PROTOTYPE = (
    "The PyTorch API of nested tensors is in prototype stage and will change in the near future. We recommend "
    "specifying layout=torch.jagged when constructing a nested tensor, as this layout receives active development, has "
    "better operator coverage, and works with torch.compile."
)


def sizes(embed_dim: Any, num_heads: Any) -> str:
    return (
        f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} instead"
    )


def query_rank(rank: int) -> str:
    return f"query should be unbatched 2D or batched 3D tensor but received {rank}-D query tensor"


def start(batched: bool) -> str:
    return f"For {'batched (3-D)' if batched else 'unbatched (2-D)'} `query`, expected"


def other_ranks(batched: bool, key: int, value: int) -> str:
    return (
        f"{start(batched)} `key` and `value` to be {3 if batched else 2}-D but found {key}-D and {value}-D tensors "
        "respectively"
    )


def padding_rank(batched: bool, rank: int) -> str:
    return (
        f"{start(batched)} `key_padding_mask` to be `None` or {2 if batched else 1}-D but found {rank}-D tensor instead"
    )


def mask_rank(batched: bool, rank: int) -> str:
    return f"{start(batched)} `attn_mask` to be `None`, 2-D or 3-D but found {rank}-D tensor instead"


def mask_of_heads(expected: tuple[int, ...], shape: Any) -> str:
    return f"Expected `attn_mask` shape to be {expected} but got {shape}"


def mask_kind(name: str) -> str:
    return f"only bool and floating types of {name} are supported"


def masks_differ(name: str, other: str) -> str:
    return f"Support for mismatched {name} and {other} is deprecated. Use same type for both instead."


def mask_shape(rank: int, shape: Any, expected: tuple[int, ...]) -> str:
    return f"The shape of the {rank}D attn_mask is {shape}, but should be {expected}."


def embedding(expected: Any, found: Any) -> str:
    return f"was expecting embedding dimension of {expected}, but got {found}"


def indivisible(embed_dim: Any, num_heads: Any) -> str:
    return f"embed_dim {embed_dim} not divisible by num_heads {num_heads}"


def batches(key: Any, value: Any) -> str:
    return f"key's sequence and batch dims {key} do not match value's {value}"


def shapes(key: Any, value: Any) -> str:
    return f"key shape {key} does not match value shape {value}"


def separate_weight(letter: str) -> str:
    return f"use_separate_proj_weight is True but {letter}_proj_weight is None"


def projection(name: str, part: str, expected: tuple[int, ...], shape: Any) -> str:
    return f"expecting {name} {part} shape of {expected}, but got {shape}"


def static_size(letter: str, dim: int, expected: int, found: int) -> str:
    return f"expecting static_{letter}.size({dim}) of {expected}, but got {found}"


def padding_size(dim: int, expected: int, found: int) -> str:
    return f"Expected key_padded_mask.shape[{dim}] to be {expected}, but got {found}"


def activation(name: object) -> str:
    return f"activation should be relu/gelu, not {name}"


def no_nested(reason: str) -> str:
    return f"enable_nested_tensor is True, but self.use_nested_tensor is False because {reason}"
