"""`torch.nn.Transformer` and its parts: layers of attention and of two linear maps."""

from __future__ import annotations

import copy
import warnings
from typing import Any

from refgrad import creation
from refgrad.amp import is_autocast_enabled
from refgrad.nn import functional, init
from refgrad.nn.containers import ModuleList
from refgrad.nn.layers import LayerNorm, Linear
from refgrad.nn.module import Module
from refgrad.nn.multihead import MultiheadAttention, may_be_one_operator
from refgrad.nn.plain import MODULES
from refgrad.once import warn_once
from refgrad.operators import multihead_texts as texts
from refgrad.operators.factories import on_levels
from refgrad.operators.multihead import additive_mask, native_encoder_layer
from refgrad.operators.names import FUNCTIONS
from refgrad.platform import backends

Dropout, GELU, ReLU = MODULES["Dropout"], MODULES["GELU"], MODULES["ReLU"]
full = on_levels(creation.full)


def activation_of(given: Any) -> Any:
    """The function of that name, or what was given. Raises RuntimeError for another name."""
    if not isinstance(given, str):
        return given
    if given not in ("relu", "gelu"):
        raise RuntimeError(texts.activation(given))
    return getattr(functional, given)


def later_hidden(size: int, dtype: Any = None, device: Any = None) -> Any:
    """A mask that hides from every row what comes later."""
    return FUNCTIONS["triu"](full((size, size), float("-inf"), dtype=dtype, device=device), diagonal=1)


def is_causal_mask(mask: Any, said: bool | None, size: int) -> bool:
    """What was said, or whether the mask hides just what comes later."""
    if said is not None or mask is None:
        return said is True
    causal = later_hidden(size, mask.dtype)
    return mask.shape == causal.shape and bool((mask == causal).all())


def length_of(x: Any, batch_first: bool) -> int:
    return int(x.shape[0 if x.dim() == 2 or not batch_first else 1])


def clones(module: Module, count: int) -> ModuleList:
    return ModuleList([copy.deepcopy(module) for _ in range(count)])


def feed_forward(self: Any, x: Any, dropout: Module) -> Any:
    return dropout(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerEncoderLayer(Module):
    """Attention of a sequence to itself, then two linear maps; both are added to what came in."""

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1, activation: Any = "relu",
        layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        options = {"bias": bias, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout=dropout, batch_first=batch_first, **options)
        self.linear1 = Linear(d_model, dim_feedforward, **options)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **options)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, **options)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps, **options)
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)
        chosen = activation_of(activation)
        is_relu = chosen is functional.relu or isinstance(chosen, ReLU)
        is_gelu = chosen is functional.gelu or isinstance(chosen, GELU)
        self.activation_relu_or_gelu = 1 if is_relu else 2 if is_gelu else 0
        self.activation = chosen

    def tensors(self, src: Any) -> tuple[Any, ...]:
        """What the operator for inference takes."""
        inner = (self.self_attn.in_proj_weight, self.self_attn.in_proj_bias)
        parts = (self.self_attn.out_proj, self.norm1, self.norm2, self.linear1, self.linear2)
        return (src, *inner, *(tensor for each in parts for tensor in (each.weight, each.bias)))

    def is_one_operator(self, src: Any) -> bool:
        """Whether PyTorch runs the operator for inference, which has no derivative."""
        attention = self.self_attn
        if src.dim() != 3 or self.training or not attention.batch_first or not backends.mha.get_fastpath_enabled():
            return False
        if attention.in_proj_bias is None or not attention._qkv_same_embed_dim or attention.num_heads % 2:
            return False
        if not self.activation_relu_or_gelu or self.norm1.eps != self.norm2.eps or is_autocast_enabled():
            return False
        if any(each._forward_hooks or each._forward_pre_hooks for each in self.modules()):
            return False
        return may_be_one_operator(self.tensors(src))

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        other = None if src_mask is None else src_mask.dtype
        padding = additive_mask(src_key_padding_mask, "src_key_padding_mask", src.dtype, other, "src_mask")
        mask = additive_mask(src_mask, "src_mask", src.dtype)
        if self.is_one_operator(src):
            merged, kind = self.self_attn.merge_masks(mask, padding, src)
            sizes = (self.self_attn.embed_dim, self.self_attn.num_heads)
            options = (self.activation_relu_or_gelu == 2, self.norm_first, self.norm1.eps, kind)
            return native_encoder_layer(self.tensors(src), merged, (*sizes, *options))
        if self.norm_first:
            src = src + self._sa_block(self.norm1(src), mask, padding, is_causal=is_causal)
            return src + self._ff_block(self.norm2(src))
        src = self.norm1(src + self._sa_block(src, mask, padding, is_causal=is_causal))
        return self.norm2(src + self._ff_block(src))

    def _sa_block(self, x: Any, attn_mask: Any, key_padding_mask: Any, is_causal: bool = False) -> Any:
        options = {"key_padding_mask": key_padding_mask, "attn_mask": attn_mask, "is_causal": is_causal}
        return self.dropout1(self.self_attn(x, x, x, need_weights=False, **options)[0])

    def _ff_block(self, x: Any) -> Any:
        return feed_forward(self, x, self.dropout2)


def why_never_nested(layer: Any) -> str:
    """What keeps the layers of an encoder from leaving hidden rows out; nothing if it is empty."""
    if not isinstance(layer, TransformerEncoderLayer):
        return "encoder_layer was not TransformerEncoderLayer"
    attention: Any = layer.self_attn
    reasons = {
        ".norm_first was True": layer.norm_first,
        ".self_attn.batch_first was not True(use batch_first for better inference performance)":
            not attention.batch_first,
        ".self_attn._qkv_same_embed_dim was not True": not attention._qkv_same_embed_dim,
        ".self_attn was passed bias=False": attention.in_proj_bias is None,
        ".activation_relu_or_gelu was not True": not layer.activation_relu_or_gelu,
        ".norm1.eps was not equal to encoder_layer.norm2.eps": layer.norm1.eps != layer.norm2.eps,
        ".self_attn.num_heads is odd": attention.num_heads % 2 == 1,
    }  # fmt: skip
    return next(("encoder_layer" + text for text, holds in reasons.items() if holds), "")


class TransformerEncoder(Module):
    """Several layers, one after the other."""

    def __init__(
        self, encoder_layer: Module, num_layers: int, norm: Module | None = None, enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.layers = clones(encoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm
        self.enable_nested_tensor = self.use_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check
        reason = why_never_nested(encoder_layer)
        if enable_nested_tensor and reason:
            warnings.warn(texts.no_nested(reason), stacklevel=2)
            self.use_nested_tensor = False

    def leaves_out(self, src: Any, mask: Any, padding: Any) -> bool:
        """Whether PyTorch computes nothing for rows that are hidden, which come out as zeros then."""
        first: Any = self.layers[0]
        if not self.use_nested_tensor or first.training or src.dim() != 3 or padding is None or mask is not None:
            return False
        if is_autocast_enabled() or not backends.mha.get_fastpath_enabled():
            return False
        seen = padding._array == 0
        if self.mask_check and bool((seen[:, 1:] & ~seen[:, :-1]).any()):
            return False
        return may_be_one_operator(first.tensors(src))

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Any:
        other = None if mask is None else mask.dtype
        padding = additive_mask(src_key_padding_mask, "src_key_padding_mask", src.dtype, other, "mask")
        mask = additive_mask(mask, "mask", src.dtype)
        first: Any = self.layers[0]
        left_out = self.leaves_out(src, mask, padding)
        causal = is_causal_mask(mask, is_causal, length_of(src, first.self_attn.batch_first))
        for each in self.layers:
            src = each(src, src_mask=mask, is_causal=causal, src_key_padding_mask=padding)
        if left_out:
            warn_once(texts.NESTED_PROTOTYPE, "nested")
            src = src.masked_fill((padding != 0).unsqueeze(-1), 0.0)
        return src if self.norm is None else self.norm(src)


class TransformerDecoderLayer(Module):
    """Attention of a sequence to itself, then to a memory, then two linear maps."""

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1, activation: Any = "relu",
        layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        options = {"bias": bias, "device": device, "dtype": dtype}
        heads = {"dropout": dropout, "batch_first": batch_first, **options}
        self.self_attn = MultiheadAttention(d_model, nhead, **heads)
        self.multihead_attn = MultiheadAttention(d_model, nhead, **heads)
        self.linear1 = Linear(d_model, dim_feedforward, **options)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **options)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, **options)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps, **options)
        self.norm3 = LayerNorm(d_model, eps=layer_norm_eps, **options)
        self.dropout1, self.dropout2, self.dropout3 = Dropout(dropout), Dropout(dropout), Dropout(dropout)
        self.activation = activation_of(activation)

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None, tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None, tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        own = (tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        others = (memory_mask, memory_key_padding_mask, memory_is_causal)
        if self.norm_first:
            tgt = tgt + self._sa_block(self.norm1(tgt), *own)
            tgt = tgt + self._mha_block(self.norm2(tgt), memory, *others)
            return tgt + self._ff_block(self.norm3(tgt))
        tgt = self.norm1(tgt + self._sa_block(tgt, *own))
        tgt = self.norm2(tgt + self._mha_block(tgt, memory, *others))
        return self.norm3(tgt + self._ff_block(tgt))

    def _sa_block(self, x: Any, attn_mask: Any, key_padding_mask: Any, is_causal: bool = False) -> Any:
        options = {"attn_mask": attn_mask, "key_padding_mask": key_padding_mask, "is_causal": is_causal}
        return self.dropout1(self.self_attn(x, x, x, need_weights=False, **options)[0])

    def _mha_block(self, x: Any, mem: Any, attn_mask: Any, key_padding_mask: Any, is_causal: bool = False) -> Any:
        options = {"attn_mask": attn_mask, "key_padding_mask": key_padding_mask, "is_causal": is_causal}
        return self.dropout2(self.multihead_attn(x, mem, mem, need_weights=False, **options)[0])

    def _ff_block(self, x: Any) -> Any:
        return feed_forward(self, x, self.dropout3)


class TransformerDecoder(Module):
    """Several layers, all of which look at one memory."""

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = clones(decoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None, tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None, tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        first: Any = self.layers[0]
        causal = is_causal_mask(tgt_mask, tgt_is_causal, length_of(tgt, first.self_attn.batch_first))
        for each in self.layers:
            tgt = each(
                tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )  # fmt: skip
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """An encoder, and a decoder that looks at what it made."""

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, num_decoder_layers: int = 6,
        dim_feedforward: int = 2048, dropout: float = 0.1, activation: Any = "relu", custom_encoder: Any = None,
        custom_decoder: Any = None, layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        place = {"bias": bias, "device": device, "dtype": dtype}
        rest = (dropout, activation, layer_norm_eps, batch_first, norm_first)
        if custom_encoder is None:
            layer: Module = TransformerEncoderLayer(d_model, nhead, dim_feedforward, *rest, **place)
            norm = LayerNorm(d_model, eps=layer_norm_eps, **place)
            custom_encoder = TransformerEncoder(layer, num_encoder_layers, norm)
        self.encoder = custom_encoder
        if custom_decoder is None:
            layer = TransformerDecoderLayer(d_model, nhead, dim_feedforward, *rest, **place)
            norm = LayerNorm(d_model, eps=layer_norm_eps, **place)
            custom_decoder = TransformerDecoder(layer, num_decoder_layers, norm)
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def forward(
        self, src: Any, tgt: Any, src_mask: Any = None, tgt_mask: Any = None, memory_mask: Any = None,
        src_key_padding_mask: Any = None, tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None, tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        """What the decoder makes of `tgt` and the encoded `src`. Raises RuntimeError for sizes that do not fit."""
        batches = 0 if self.batch_first else 1
        if src.size(batches) != tgt.size(batches) and src.dim() == 3:
            raise RuntimeError(texts.BATCHES_DIFFER)
        if src.size(-1) != self.d_model or tgt.size(-1) != self.d_model:
            raise RuntimeError(texts.FEATURES_DIFFER)
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )  # fmt: skip

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """A mask that hides from every row what comes later."""
        return later_hidden(sz, dtype, device)

    def _reset_parameters(self) -> None:
        for each in self.parameters():
            if each.dim() > 1:
                init.xavier_uniform_(each)
