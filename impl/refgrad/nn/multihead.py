"""`torch.nn.MultiheadAttention`: projections, attention of every head, one projection back."""

from __future__ import annotations

from typing import Any

from refgrad.amp import is_autocast_enabled
from refgrad.modes import is_grad_enabled
from refgrad.nn import functional, init
from refgrad.nn.layers import Linear, empty
from refgrad.nn.module import Module
from refgrad.nn.parameter import Parameter
from refgrad.operators import multihead_texts as texts
from refgrad.operators.multihead import additive_mask, native_multi_head_attention
from refgrad.overrides import has_torch_function
from refgrad.platform import backends


class NonDynamicallyQuantizableLinear(Linear):
    """A linear layer under another name, which is printed."""


class MultiheadAttention(Module):
    """What queries find in keys and values, in several parts of the width at once."""

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, add_bias_kv: bool = False,
        add_zero_attn: bool = False, kdim: int | None = None, vdim: int | None = None, batch_first: bool = False,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(texts.sizes(embed_dim, num_heads))
        super().__init__()
        place = {"device": device, "dtype": dtype}
        self.embed_dim = embed_dim
        self.kdim, self.vdim = embed_dim if kdim is None else kdim, embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads, self.dropout, self.batch_first = num_heads, dropout, batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != self.embed_dim:
            raise AssertionError(texts.HEADS_DO_NOT_FIT)
        separate = {"q_proj_weight": embed_dim, "k_proj_weight": self.kdim, "v_proj_weight": self.vdim}
        if self._qkv_same_embed_dim:
            self.in_proj_weight = Parameter(empty((3 * embed_dim, embed_dim), **place))
            for name in separate:
                self.register_parameter(name, None)
        else:
            for name, width in separate.items():
                setattr(self, name, Parameter(empty((embed_dim, width), **place)))
            self.register_parameter("in_proj_weight", None)
        self.register_parameter("in_proj_bias", Parameter(empty(3 * embed_dim, **place)) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, dtype=dtype)
        self.bias_k: Any = Parameter(empty((1, 1, embed_dim), **place)) if add_bias_kv else None
        self.bias_v: Any = Parameter(empty((1, 1, embed_dim), **place)) if add_bias_kv else None
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for each in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if each is not None:
                init.xavier_uniform_(each)
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)
        for each in (self.bias_k, self.bias_v):
            if each is not None:
                init.xavier_normal_(each)

    def merge_masks(self, attn_mask: Any, key_padding_mask: Any, query: Any) -> tuple[Any, int | None]:
        """Both masks as one, and which kind of mask that is."""
        if attn_mask is None:
            return key_padding_mask, None if key_padding_mask is None else 1
        batch, size, _ = query.shape
        if attn_mask.dim() == 3:
            made = attn_mask.view(batch, -1, size, size)
        else:
            made = attn_mask.view(1, 1, size, size).expand(batch, self.num_heads, -1, -1)
        if key_padding_mask is not None:
            made = made + key_padding_mask.view(batch, 1, 1, size).expand(-1, self.num_heads, -1, -1)
        return made, 2

    def is_one_operator(self, query: Any, key: Any, value: Any, with_numbers: bool) -> bool:
        """Whether PyTorch runs the operator for inference, which has no derivative."""
        weight, bias = self.in_proj_weight, self.in_proj_bias
        plain = self.batch_first and self.bias_k is None and self.bias_v is None and not self.add_zero_attn
        if with_numbers or not plain or self.training or self.num_heads % 2 or not backends.mha.get_fastpath_enabled():
            return False
        if query.dim() != 3 or query is not key or key is not value or weight is None or bias is None:
            return False
        if query.dtype is not bias.dtype or query.dtype is not weight.dtype or is_autocast_enabled():
            return False
        return may_be_one_operator((query, weight, bias, self.out_proj.weight, self.out_proj.bias))

    def forward(
        self, query: Any, key: Any, value: Any, key_padding_mask: Any = None, need_weights: bool = True,
        attn_mask: Any = None, average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Any, Any]:  # fmt: skip
        given = [each for each in (attn_mask, key_padding_mask) if each is not None]
        with_numbers = any(each.is_floating_point() for each in given)
        other = None if attn_mask is None else attn_mask.dtype
        padding = additive_mask(key_padding_mask, "key_padding_mask", query.dtype, other, "attn_mask")
        mask = additive_mask(attn_mask, "attn_mask", query.dtype)
        if self.is_one_operator(query, key, value, with_numbers):
            merged, kind = self.merge_masks(mask, padding, query)
            inner = (self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias)
            outer = (self.out_proj.weight, self.out_proj.bias)
            return native_multi_head_attention(
                query, key, value, *inner, *outer, merged, need_weights, average_attn_weights, kind
            )
        turned = self.batch_first and query.dim() == 3
        if turned:
            query, key, value = with_sequences_first(query, key, value)
        separate = not self._qkv_same_embed_dim
        made, weights = functional.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k,
            self.bias_v, self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias,
            training=self.training, key_padding_mask=padding, need_weights=need_weights, attn_mask=mask,
            use_separate_proj_weight=separate, q_proj_weight=self.q_proj_weight, k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight, average_attn_weights=average_attn_weights, is_causal=is_causal,
        )  # fmt: skip
        return (made.transpose(1, 0) if turned else made), weights


def with_sequences_first(query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
    """The three with their first two dimensions exchanged; what is one tensor stays one."""
    if key is not value:
        return query.transpose(1, 0), key.transpose(1, 0), value.transpose(1, 0)
    first = query.transpose(1, 0)
    second = first if query is key else key.transpose(1, 0)
    return first, second, second


def may_be_one_operator(tensors: tuple[Any, ...]) -> bool:
    """Whether nobody looks out for these tensors, and none of them is recorded."""
    return not has_torch_function(tensors) and not (is_grad_enabled() and any(each.requires_grad for each in tensors))
