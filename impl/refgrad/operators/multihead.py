"""Attention with several heads: the function that modules call, and two operators for inference."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from refgrad.creation import zeros_like
from refgrad.dtypes import bool_
from refgrad.operators import multihead_texts as texts
from refgrad.operators.activations import FUNCTIONAL, functional, softmax_forward
from refgrad.operators.declare import FUNCTION, KEEP, function, operator
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.underivable import underivable
from refgrad.tensor import Tensor

# ---- masks --------------------------------------------------------------------------------------------------------


def additive_mask(mask: Any, name: str, target: Any, other: Any = None, other_name: str = "") -> Any:
    """A mask that is added to scores.

    Raises AssertionError for a mask of integers, and warns (UserWarning) where two masks are of different types.
    """
    if mask is None:
        return None
    if mask.dtype is not bool_ and not mask.is_floating_point():
        raise AssertionError(texts.mask_kind(name))
    if other is not None and mask.dtype is not other:
        warnings.warn(texts.masks_differ(name, other_name), stacklevel=3)
    if mask.is_floating_point():
        return mask
    return zeros_like(mask, dtype=target).masked_fill_(mask, float("-inf"))


def check_ranks(query: Any, key: Any, value: Any, padding: Any, mask: Any, heads: int) -> bool:
    """Whether these are batches. Raises AssertionError for ranks that do not fit."""
    if query.dim() not in (2, 3):
        raise AssertionError(texts.query_rank(query.dim()))
    rank = query.dim()
    batched: bool = rank == 3
    if key.dim() != rank or value.dim() != rank:
        raise AssertionError(texts.other_ranks(batched, key.dim(), value.dim()))
    if padding is not None and padding.dim() != rank - 1:
        raise AssertionError(texts.padding_rank(batched, padding.dim()))
    if mask is not None:
        if mask.dim() not in (2, 3):
            raise AssertionError(texts.mask_rank(batched, mask.dim()))
        expected = (heads, query.shape[0], key.shape[0])
        if not batched and mask.dim() == 3 and mask.shape != expected:
            raise AssertionError(texts.mask_of_heads(expected, mask.shape))
    return batched


def for_every_head(mask: Any, heads: int, batch: int, rows: int, columns: int) -> Any:
    """A mask of the scores with a dimension of batches. Raises RuntimeError for one of another size."""
    expected = (rows, columns) if mask.dim() == 2 else (batch * heads, rows, columns)
    if mask.shape != expected:
        raise RuntimeError(texts.mask_shape(mask.dim(), mask.shape, expected))
    return mask.unsqueeze(0) if mask.dim() == 2 else mask


# ---- projections --------------------------------------------------------------------------------------------------


def in_parts(projected: Any, count: int, width: int) -> Any:
    """Parts that lie side by side, one after the other."""
    apart = projected.unflatten(-1, (count, width)).unsqueeze(0).transpose(0, -2)
    return apart.squeeze(-2).contiguous()


def packed_projection(query: Any, key: Any, value: Any, weight: Any, bias: Any) -> tuple[Any, Any, Any]:
    """Projections by the blocks of one matrix: as few products as the tensors that are the same allow."""
    linear, width = FUNCTIONAL["linear"], query.size(-1)
    if key is not value:
        biases = (None, None, None) if bias is None else bias.chunk(3)
        first, second, third = (
            linear(each, part, shift)
            for each, part, shift in zip((query, key, value), weight.chunk(3), biases, strict=True)
        )
        return first, second, third
    if query is key:
        parts = in_parts(linear(query, weight, bias), 3, width)
        return parts[0], parts[1], parts[2]
    own, others = weight.split([width, width * 2])
    own_bias, other_bias = (None, None) if bias is None else bias.split([width, width * 2])
    made = linear(query, own, own_bias)
    parts = in_parts(linear(key, others, other_bias), 2, width)
    return made, parts[0], parts[1]


def separate_projections(inputs: Any, weights: Any, bias: Any) -> list[Any]:
    """Projections by three matrices. Raises AssertionError for one that is missing or does not fit."""
    for letter, weight in zip("qkv", weights, strict=True):
        if weight is None:
            raise AssertionError(texts.separate_weight(letter))
    biases = (None, None, None) if bias is None else bias.chunk(3)
    names, width = ("query", "key", "value"), inputs[0].size(-1)
    for name, each, weight in zip(names, inputs, weights, strict=True):
        if weight.shape != (width, each.size(-1)):
            raise AssertionError(texts.projection(name, "weights", (width, each.size(-1)), weight.shape))
    for name, shift in zip(names, biases, strict=True):
        if shift is not None and shift.shape != (width,):
            raise AssertionError(texts.projection(name, "bias", (width,), shift.shape))
    linear = FUNCTIONAL["linear"]
    return [linear(each, part, shift) for each, part, shift in zip(inputs, weights, biases, strict=True)]


def check_static(static: Any, letter: str, count: int, width: int) -> None:
    for dim, expected in ((0, count), (2, width)):
        if static.size(dim) != expected:
            raise AssertionError(texts.static_size(letter, dim, expected, static.size(dim)))


def check_biases(bias_k: Any, bias_v: Any, static_k: Any, static_v: Any) -> bool:
    """Whether keys and values get one more row. Raises AssertionError for what does not go together."""
    if bias_k is not None and bias_v is not None:
        if static_k is not None:
            raise AssertionError(texts.STATIC_KEY_BIAS)
        if static_v is not None:
            raise AssertionError(texts.STATIC_VALUE_BIAS)
        return True
    if bias_k is not None:
        raise AssertionError(texts.BIAS_OF_KEYS_ALONE)
    if bias_v is not None:
        raise AssertionError(texts.BIAS_OF_VALUES_ALONE)
    return False


# ---- the whole ----------------------------------------------------------------------------------------------------


@functional
def multi_head_attention_forward(
    query: Any, key: Any, value: Any, embed_dim_to_check: int, num_heads: int, in_proj_weight: Any, in_proj_bias: Any,
    bias_k: Any, bias_v: Any, add_zero_attn: bool, dropout_p: float, out_proj_weight: Any, out_proj_bias: Any,
    training: bool = True, key_padding_mask: Any = None, need_weights: bool = True, attn_mask: Any = None,
    use_separate_proj_weight: bool = False, q_proj_weight: Any = None, k_proj_weight: Any = None,
    v_proj_weight: Any = None, static_k: Any = None, static_v: Any = None, average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """Attention of every head by itself, of sequences that come first, and its weights if `need_weights`.

    Raises AssertionError and RuntimeError for sizes that do not fit.
    """
    batched = check_ranks(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    rows, batch, width = query.shape
    columns = key.shape[0]
    other = None if attn_mask is None else attn_mask.dtype
    padding = additive_mask(key_padding_mask, "key_padding_mask", query.dtype, other, "attn_mask")
    if is_causal and attn_mask is None:
        raise RuntimeError(texts.CAUSAL_WITHOUT_MASK)
    if is_causal and padding is None and not need_weights:
        mask = None
    else:
        mask = additive_mask(attn_mask, "attn_mask", query.dtype)
        is_causal = is_causal and padding is None
    if width != embed_dim_to_check:
        raise AssertionError(texts.embedding(embed_dim_to_check, width))
    part = width // num_heads
    if part * num_heads != width:
        raise AssertionError(texts.indivisible(width, num_heads))
    if use_separate_proj_weight:
        if key.shape[:2] != value.shape[:2]:
            raise AssertionError(texts.batches(key.shape[:2], value.shape[:2]))
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
        q, k, v = separate_projections((query, key, value), weights, in_proj_bias)
    else:
        if key.shape != value.shape:
            raise AssertionError(texts.shapes(key.shape, value.shape))
        if in_proj_weight is None:
            raise AssertionError(texts.PACKED_WEIGHT)
        q, k, v = packed_projection(query, key, value, in_proj_weight, in_proj_bias)
    if mask is not None:
        mask = for_every_head(mask, num_heads, batch, rows, columns)
    cat, pad = FUNCTIONS["cat"], FUNCTIONAL["pad"]
    if check_biases(bias_k, bias_v, static_k, static_v):
        k, v = cat([k, bias_k.repeat(1, batch, 1)]), cat([v, bias_v.repeat(1, batch, 1)])
        mask, padding = (each if each is None else pad(each, (0, 1)) for each in (mask, padding))
    count = batch * num_heads
    q = q.view(rows, count, part).transpose(0, 1)
    if static_k is None:
        k = k.view(k.shape[0], count, part).transpose(0, 1)
    else:
        check_static(static_k, "k", count, part)
        k = static_k
    if static_v is None:
        v = v.view(v.shape[0], count, part).transpose(0, 1)
    else:
        check_static(static_v, "v", count, part)
        v = static_v
    if add_zero_attn:
        k, v = (cat([each, each.detach().new_zeros((count, 1, part))], dim=1) for each in (k, v))
        mask, padding = (each if each is None else pad(each, (0, 1)) for each in (mask, padding))
    columns = k.size(1)
    if padding is not None:
        for dim, expected in ((0, batch), (1, columns)):
            if padding.shape[dim] != expected:
                raise AssertionError(texts.padding_size(dim, expected, padding.shape[dim]))
        spread = padding.view(batch, 1, 1, columns).expand(-1, num_heads, -1, -1).reshape(count, 1, columns)
        mask = spread if mask is None else mask + spread
    dropped = dropout_p if training else 0.0
    if need_weights:
        made, shown = with_weights(q, k, v, mask, dropped)
        made = made.transpose(0, 1).reshape(rows * batch, width)
        shown = shown.view(batch, num_heads, rows, columns)
        shown = shown if not average_attn_weights else shown.mean(dim=1)
        shown = shown if batched else shown.squeeze(0)
    else:
        if mask is not None:
            mask = mask.unsqueeze(0) if mask.size(0) == 1 else mask.view(batch, num_heads, -1, columns)
        q, k, v = (each.view(batch, num_heads, -1, part) for each in (q, k, v))
        made = FUNCTIONAL["scaled_dot_product_attention"](q, k, v, mask, dropped, is_causal)
        made, shown = made.permute(2, 0, 1, 3).reshape(batch * rows, width), None
    made = FUNCTIONAL["linear"](made, out_proj_weight, out_proj_bias)
    made = made.view(rows, batch, made.size(1))
    return made if batched else made.squeeze(1), shown


def with_weights(q: Any, k: Any, v: Any, mask: Any, dropped: float) -> tuple[Any, Any]:
    """Attention in single steps, and its weights."""
    scaled = q * math.sqrt(1.0 / float(q.shape[-1]))
    columns = k.transpose(-2, -1)
    scores = FUNCTIONS["bmm"](scaled, columns) if mask is None else FUNCTIONS["baddbmm"](mask, scaled, columns)
    weights = FUNCTIONAL["softmax"](scores, -1)
    if dropped > 0.0:
        weights = FUNCTIONS["dropout"](weights, dropped, True)
    return FUNCTIONS["bmm"](weights, v), weights


# ---- for inference ------------------------------------------------------------------------------------------------


def attended(a: Any, heads: int, weight: Any, bias: Any, out: Any, out_bias: Any, mask: Any, kind: Any) -> Any:
    """Attention of every element of a batch to itself, and the weights of every head."""
    batch, rows, width = a.shape
    joint = (a @ weight.T + bias).reshape(batch, rows, 3, heads, width // heads)
    q, k, v = np.moveaxis(joint, (2, 3), (0, 2))
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) * a.dtype.type(math.sqrt(heads / width))
    if mask is not None:
        hidden = mask.astype(bool)
        hidden = hidden.reshape(batch, 1, 1, rows) if kind == 1 else hidden if kind == 2 else hidden[None, None]
        scores = np.where(hidden, a.dtype.type(-np.inf), scores)
    weights = softmax_forward(scores, -1)
    made = np.matmul(weights, v).swapaxes(1, 2).reshape(batch, rows, width)
    return made @ out.T + out_bias, weights


def attention_forward(
    query: Any, key: Any, value: Any, weight: Any, bias: Any, out: Any, out_bias: Any, mask: Any, embed_dim: int,
    heads: int, need_weights: bool, average: bool, kind: Any,
) -> tuple[Any, Any]:  # fmt: skip
    made, weights = attended(query, heads, weight, bias, out, out_bias, mask, kind)
    return made, weights.mean(1) if average else weights


NATIVE_ATTENTION: Any = operator(
    "_native_multi_head_attention.rows(Tensor query, Tensor key, Tensor value, Tensor qkv_weight, Tensor qkv_bias, "
    "Tensor proj_weight, Tensor proj_bias, Tensor? mask, int embed_dim, int num_head, bool need_weights, "
    "bool average_attn_weights, int? mask_type) -> (output, weights)",
    attention_forward,
    dtype=KEEP,
    public=False,
)


@function("_native_multi_head_attention", public=FUNCTION)
def native_multi_head_attention(
    query: Any, key: Any, value: Any, embed_dim: int, num_head: int, qkv_weight: Any, qkv_bias: Any, proj_weight: Any,
    proj_bias: Any, mask: Any = None, need_weights: bool = True, average_attn_weights: bool = True,
    mask_type: int | None = None,
) -> tuple[Any, Any]:  # fmt: skip
    """Attention of a batch to itself in one operator, which has no derivative."""
    given = (query, key, value, qkv_weight, qkv_bias, proj_weight, proj_bias)
    made = NATIVE_ATTENTION(*given, mask, embed_dim, num_head, need_weights, average_attn_weights, mask_type)
    output, weights = (underivable("aten::_native_multi_head_attention", each, given) for each in made)
    return output, weights if need_weights else None


def normalized(a: Any, weight: Any, bias: Any, eps: float) -> Any:
    centred = a - a.mean(-1, keepdims=True)
    spread = (centred * centred).mean(-1, keepdims=True)
    return (centred / np.sqrt(spread + a.dtype.type(eps)) * weight + bias).astype(a.dtype)


def layer_forward(
    a: Any, weight: Any, bias: Any, out: Any, out_bias: Any, norm1: Any, norm1_bias: Any, norm2: Any, norm2_bias: Any,
    first: Any, first_bias: Any, second: Any, second_bias: Any, mask: Any, embed_dim: int, heads: int, use_gelu: bool,
    norm_first: bool, eps: float, kind: Any,
) -> Any:  # fmt: skip
    activate = FORWARDS["gelu" if use_gelu else "relu"]

    def fed(x: Any) -> Any:
        return activate(x @ first.T + first_bias) @ second.T + second_bias

    def seen(x: Any) -> Any:
        return attended(x, heads, weight, bias, out, out_bias, mask, kind)[0]

    if norm_first:
        a = a + seen(normalized(a, norm1, norm1_bias, eps))
        return a + fed(normalized(a, norm2, norm2_bias, eps))
    a = normalized(a + seen(a), norm1, norm1_bias, eps)
    return normalized(a + fed(a), norm2, norm2_bias, eps)


FORWARDS: dict[str, Any] = {
    "relu": lambda x: np.maximum(x, x.dtype.type(0)),
    "gelu": lambda x: FUNCTIONAL["gelu"](Tensor._of(x))._array,
}

NATIVE_LAYER: Any = operator(
    "_transformer_encoder_layer_fwd.rows(Tensor src, Tensor qkv_weight, Tensor qkv_bias, Tensor proj_weight, "
    "Tensor proj_bias, Tensor norm_weight_1, Tensor norm_bias_1, Tensor norm_weight_2, Tensor norm_bias_2, "
    "Tensor ffn_weight_1, Tensor ffn_bias_1, Tensor ffn_weight_2, Tensor ffn_bias_2, Tensor? mask, int embed_dim, "
    "int num_heads, bool use_gelu, bool norm_first, float eps, int? mask_type)",
    layer_forward,
    dtype=KEEP,
    public=False,
)


def native_encoder_layer(tensors: tuple[Any, ...], mask: Any, options: tuple[Any, ...]) -> Any:
    """A whole layer of an encoder in one operator, which has no derivative."""
    made = NATIVE_LAYER(*tensors, mask, *options)
    return underivable("aten::_transformer_encoder_layer_fwd", made, tensors)
