"""Attention: one fused operator where PyTorch has it, elementary ones everywhere else."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from refgrad.cpp_spelling import stored_type
from refgrad.operators import attention_texts as texts
from refgrad.operators.activations import SOFTMAX_BACKWARD, functional, softmax_forward
from refgrad.operators.declare import KEEP, operator
from refgrad.operators.formula_arithmetic import times
from refgrad.operators.matrix import matmul
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.underivable import underivable
from refgrad.tensor import Tensor


def safe_softmax_forward(a: Any, dim: int) -> Any:
    """Rows of nothing but -inf become zeros."""
    made = softmax_forward(a, dim)
    return np.where((a == -np.inf).all(dim, keepdims=True), a.dtype.type(0), made)


SAFE_SOFTMAX = operator(
    "_safe_softmax(Tensor self, int dim)",
    safe_softmax_forward,
    node="SafeSoftmaxBackward0",
    gradients={"self": lambda grad, result, dim: SOFTMAX_BACKWARD(grad, result, dim)},
    public=False,
)


def scores_of(query: Any, key: Any, mask: Any, is_causal: bool, scale: float | None) -> Any:
    """How much each row of the query attends to each of the key, before the softmax."""
    factor = query.dtype.type(1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) * factor
    if mask is not None:
        scores = scores + (np.where(mask, 0, -np.inf).astype(query.dtype) if mask.dtype == np.bool_ else mask)
    if is_causal:
        seen = np.tril(np.ones(scores.shape[-2:], bool))
        scores = np.where(seen, scores, query.dtype.type(-np.inf))
    return scores


def shared(query: Any, key: Any, value: Any) -> tuple[Any, Any]:
    """Keys and values that several heads of the query share, once for each."""
    times_each = query.shape[1] // key.shape[1]
    return (key, value) if times_each == 1 else (np.repeat(key, times_each, 1), np.repeat(value, times_each, 1))


def flash_forward(
    query: Any, key: Any, value: Any, mask: Any, dropout_p: float, is_causal: bool, scale: float | None
) -> tuple[Any, Any]:
    key, value = shared(query, key, value)
    scores = scores_of(query, key, mask, is_causal, scale)
    top = scores.max(-1, keepdims=True)
    top = np.where(np.isneginf(top), scores.dtype.type(0), top)
    weights = np.exp(scores - top)
    total = weights.sum(-1, keepdims=True)
    made = np.matmul(weights, value) / np.where(total == 0, scores.dtype.type(1), total)
    output = np.empty_like(query)
    output[...] = made
    return output, (np.log(total) + top)[..., 0]


def flash_backward_forward(
    grad: Any, query: Any, key: Any, value: Any, output: Any, logsumexp: Any, mask: Any, dropout_p: float,
    is_causal: bool, scale: float | None,
) -> tuple[Any, Any, Any]:  # fmt: skip
    heads = key.shape[1]
    keys, values = shared(query, key, value)
    factor = query.dtype.type(1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    weights = np.exp(scores_of(query, keys, mask, is_causal, scale) - logsumexp[..., None])
    weights = np.where(np.isfinite(weights), weights, query.dtype.type(0))
    to_values = np.matmul(np.swapaxes(weights, -1, -2), grad)
    slope = weights * (np.matmul(grad, np.swapaxes(values, -1, -2)) - (grad * output).sum(-1, keepdims=True)) * factor
    to_query, to_keys = np.matmul(slope, keys) + query.dtype.type(0), np.matmul(np.swapaxes(slope, -1, -2), query)
    if to_keys.shape[1] != heads:
        apart = (to_keys.shape[0], heads, to_keys.shape[1] // heads, *to_keys.shape[2:])
        to_keys, to_values = to_keys.reshape(apart).sum(2), to_values.reshape(apart).sum(2)
    return tuple(heads_inside(each) for each in (to_query, to_keys, to_values))


def heads_inside(a: Any) -> Any:
    """The same, with the heads of a row side by side in memory."""
    return np.ascontiguousarray(a.swapaxes(1, 2)).swapaxes(1, 2)


FLASH_BACKWARD: Any = operator(
    "_scaled_dot_product_flash_attention_for_cpu_backward(Tensor grad_out, Tensor query, Tensor key, Tensor value, "
    "Tensor output, Tensor logsumexp, Tensor? attn_mask, float dropout_p, bool is_causal, float? scale)",
    flash_backward_forward,
    dtype=KEEP,
    public=False,
)


def flash_gradients(
    grad: Any, query: Any, key: Any, value: Any, attn_mask: Any, dropout_p: float, is_causal: bool, scale: Any,
    output: Any, logsumexp: Any, needed: Any,
) -> Any:  # fmt: skip
    given = (grad, query, key, value, output, logsumexp)
    made = FLASH_BACKWARD(*given, attn_mask, dropout_p, is_causal, scale)
    return [
        underivable("aten::_scaled_dot_product_flash_attention_for_cpu_backward", each, given) if wanted else None
        for each, wanted in zip(made, needed, strict=True)
    ]


FLASH: Any = operator(
    "_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, Tensor? attn_mask, "
    "float dropout_p, bool is_causal, float? scale) -> (output, logsumexp)",
    flash_forward,
    node="ScaledDotProductFlashAttentionForCpuBackward0",
    gradients={"query, key, value": flash_gradients},
    dtype=KEEP,
    history=1,
    public=False,
)


def check_attention(query: Any, key: Any, value: Any, attn_mask: Any) -> None:
    """Raise RuntimeError for types that differ, for vectors, and for a mask of another type."""
    three = (query, key, value)
    kinds = [stored_type(each.dtype) for each in three]
    if len(set(kinds)) > 1:
        raise RuntimeError(texts.types(*kinds))
    if any(each.dim() < 2 for each in three):
        raise RuntimeError(texts.ranks(*(each.dim() for each in three)))
    if attn_mask is not None and attn_mask.dtype.name not in ("bool", "float32", query.dtype.name):
        raise RuntimeError(texts.mask_type(stored_type(attn_mask.dtype), kinds[0]))


def fuses(query: Any, key: Any, value: Any, attn_mask: Any, dropout_p: float, enable_gqa: bool) -> bool:
    """Whether PyTorch has one operator for this: batches of heads, alike, with nothing dropped."""
    shape, other = tuple(query.shape), tuple(key.shape)
    if len(shape) != 4 or not query._array.size or not key._array.size or dropout_p or not query.is_floating_point():
        return False
    alike = shape[:2] == other[:2] or (enable_gqa and shape[0] == other[0] and shape[1] % other[1] == 0)
    if not alike or other != tuple(value.shape) or shape[3] != other[3]:
        return False
    return attn_mask is None or (attn_mask.dim() in (2, 4) and not attn_mask.requires_grad)


@functional
def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False,
    scale: float | None = None, enable_gqa: bool = False,
) -> Any:  # fmt: skip
    """`softmax(Q K^T scale + mask) V`."""
    check_attention(query, key, value, attn_mask)
    if fuses(query, key, value, attn_mask, dropout_p, enable_gqa):
        mask = attn_mask
        if mask is not None and mask._array.dtype.kind == "b":
            mask = Tensor._of(np.where(mask._array, 0, -np.inf).astype(query._array.dtype))
        return FLASH(query, key, value, mask, dropout_p, is_causal, scale)[0]
    if not (query._array.size and value._array.size):
        made = query.new_zeros((*query.shape[:-1], value.shape[-1]))
        return made + times(query.sum() + key.sum() + value.sum(), 0)
    if is_causal and attn_mask is not None:
        raise RuntimeError(texts.MASK_TWICE)
    factor = math.sqrt(1 / math.sqrt(query.shape[-1]) if scale is None else abs(scale))
    if enable_gqa:
        if query.size(-3) % key.size(-3) or query.size(-3) % value.size(-3):
            raise RuntimeError(texts.HEADS)
        count = query.shape[-3] // key.shape[-3]
        key, value = key.repeat_interleave(count, -3), value.repeat_interleave(query.shape[-3] // value.shape[-3], -3)
    if is_causal:
        rows, columns = query.shape[-2], key.shape[-2]
        attn_mask = Tensor._of(np.tril(np.ones((rows, columns), bool)))
    if attn_mask is not None and attn_mask._array.dtype.kind == "b":
        attn_mask = Tensor._of(np.where(attn_mask._array, 0, -np.inf).astype(query._array.dtype))
    signed = -factor if scale is not None and scale < 0 else factor
    scores = matmul(times(query, signed), times(key.transpose(-2, -1), factor))
    weights = SAFE_SOFTMAX(scores if attn_mask is None else scores + attn_mask, -1)
    if dropout_p:
        weights = FUNCTIONS["dropout"](weights, dropout_p, True)
    return matmul(weights, value)
