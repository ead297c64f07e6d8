"""Attention of several heads and transformers: refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
nn = torch.nn
def numbers(*sizes, dtype=torch.double):
    return torch.sin(torch.arange(torch.Size(sizes).numel(), dtype=dtype)).view(sizes)
def shown(x):
    if x is not None:
        return tuple(x.shape), x.stride(), [round(each, 7) + 0.0 for each in x.detach().reshape(-1).tolist()]
def names(x, found):
    node = x.grad_fn if isinstance(x, torch.Tensor) else x
    if node is not None and node not in found:
        found.append(node)
        for each, _ in node.next_functions:
            names(each, found)
    return found
def graph(x):
    return [each.name() for each in names(x, [])]
torch.manual_seed(3)
"""

ATTENTION = """
seq, same_q = numbers(3, 2, 4).requires_grad_(), numbers(2, 2, 4).requires_grad_()
padding = torch.tensor([[False, False, True], [False, True, True]])
hidden = torch.triu(torch.ones(3, 3, dtype=torch.bool), 1)
calls = [
    ({}, (seq, seq, seq), {}), ({}, (same_q, seq, seq), {}), ({}, (same_q, seq, seq + 0), {"need_weights": False}),
    ({"bias": False}, (seq, seq, seq), {"average_attn_weights": False}),
    ({"kdim": 3, "vdim": 5}, (same_q, numbers(3, 2, 3), numbers(3, 2, 5)), {}),
    ({"add_bias_kv": True}, (seq, seq, seq), {"key_padding_mask": padding, "attn_mask": hidden}),
    ({"add_zero_attn": True}, (seq, seq, seq), {"key_padding_mask": padding}),
    ({"add_zero_attn": True, "add_bias_kv": True}, (seq, seq, seq), {"attn_mask": hidden, "need_weights": False}),
    ({}, (seq[:, 0], seq[:, 0], seq[:, 0]), {"attn_mask": hidden.expand(2, 3, 3)}),
    ({}, (seq[:, 0], seq[:, 1], seq[:, 1]), {"key_padding_mask": padding[0], "need_weights": False}),
    ({}, (seq, seq, seq), {"attn_mask": hidden, "is_causal": True, "need_weights": False}),
    ({}, (seq, seq, seq), {"attn_mask": hidden, "is_causal": True}),
    ({}, (seq, seq, seq), {"attn_mask": hidden.double(), "key_padding_mask": padding}),
    ({"batch_first": True}, (seq, seq, seq), {}),
    ({"batch_first": True, "dropout": 0.5}, (seq, same_q[:1].expand(3, 2, 4), seq), {}),
    ({"dropout": 0.5}, (seq, seq, seq), {"need_weights": False}),
]
"""

PROGRAMS = {
    "attention": ATTENTION + """
for options, given, more in calls:
    module = nn.MultiheadAttention(4, 2, dtype=torch.double, **options)
    print(module, [(name, shown(each)) for name, each in module.named_parameters()])
    made, weights = module(*given, **more)
    print(graph(made), shown(made), shown(weights), weights is None or graph(weights))
    total = made.square().sum() + (0 if weights is None else weights.square().sum())
    inputs = [each for each in (seq, same_q, *module.parameters())]
    found = torch.autograd.grad(total, inputs, allow_unused=True)
    print([shown(each) for each in found])
    with torch.no_grad():
        made, weights = module.eval()(*given, **more)
        print(shown(made), shown(weights))
""",
    "derivatives": """
for options in ({}, {"add_bias_kv": True, "add_zero_attn": True}):
    module = nn.MultiheadAttention(4, 2, dtype=torch.double, **options)
    x = numbers(2, 1, 4).requires_grad_()
    print(torch.autograd.gradgradcheck(lambda x: module(x, x, x)[0], (x,)))
    print(torch.autograd.gradcheck(lambda x: module(x, x, x)[0], (x,), check_forward_ad=True))
x = numbers(2, 1, 4).requires_grad_()
print(attempt(lambda: torch.autograd.gradgradcheck(lambda x: module(x, x, x, need_weights=False)[0], (x,))))
""",
    "refused": """
module = nn.MultiheadAttention(4, 2, dtype=torch.double)
x, flag = numbers(3, 2, 4), torch.zeros(2, 3, dtype=torch.bool)
forward = nn.functional.multi_head_attention_forward
rest = (module.in_proj_weight, module.in_proj_bias)
def call(q=x, k=x, v=x, width=4, heads=2, weight=module.in_proj_weight, bias=module.in_proj_bias, bias_k=None,
         bias_v=None, **more):
    return forward(q, k, v, width, heads, weight, bias, bias_k, bias_v, False, 0.0, module.out_proj.weight,
                   module.out_proj.bias, **more)
one = numbers(1, 1, 4)
for f in (lambda: nn.MultiheadAttention(0, 2), lambda: nn.MultiheadAttention(4, 3), lambda: module(x[0, 0], x, x),
          lambda: module(x, x[0], x), lambda: module(x[0], x, x), lambda: module(x, x, x, key_padding_mask=flag[0]),
          lambda: module(x[0], x[0], x[0], key_padding_mask=flag), lambda: module(x, x, x, attn_mask=flag[0]),
          lambda: module(x[0], x[0], x[0], attn_mask=flag[0]), lambda: module(x, x, x, attn_mask=flag.long()),
          lambda: module(x[:, 0], x[:, 0], x[:, 0], attn_mask=flag[None]),
          lambda: module(x, x, x, attn_mask=flag), lambda: module(x, x, x, attn_mask=flag[None]),
          lambda: module(x, x, x, is_causal=True), lambda: module(x, x, x, key_padding_mask=flag[:, :2]),
          lambda: module(x, x, x, key_padding_mask=flag[:1]), lambda: module(x, x, x[:2]),
          lambda: module(numbers(3, 2, 6), x, x), lambda: call(heads=3), lambda: call(width=3),
          lambda: call(weight=None), lambda: call(bias_k=one), lambda: call(bias_v=one),
          lambda: call(bias_k=one, bias_v=one, static_k=x), lambda: call(bias_k=one, bias_v=one, static_v=x),
          lambda: call(static_k=x), lambda: call(static_v=numbers(4, 3, 3)),
          lambda: call(use_separate_proj_weight=True, k_proj_weight=one[0]),
          lambda: call(use_separate_proj_weight=True, q_proj_weight=one[0], k_proj_weight=one[0], v_proj_weight=one),
          lambda: call(v=x[:2], use_separate_proj_weight=True),
          lambda: module(x, x, x, attn_mask=torch.zeros(3, 3), key_padding_mask=flag)):
    print(attempt(lambda: f()[0].shape))
""",
    "layers": """
x, padding = numbers(3, 2, 4).requires_grad_(), torch.tensor([[False, False, True], [False, True, True]])
hidden = nn.Transformer.generate_square_subsequent_mask(3, dtype=torch.double)
print(hidden)
for options in ({}, {"norm_first": True, "activation": "gelu"}, {"bias": False, "activation": torch.tanh},
                {"layer_norm_eps": 0.5, "activation": nn.GELU(), "batch_first": True}):
    module = nn.TransformerEncoderLayer(4, 2, 6, dtype=torch.double, **options)
    print(module, list(module.state_dict()), [shown(each) for each in module.parameters()])
    for more in ({}, {"src_mask": hidden}, {"src_key_padding_mask": padding},
                 {"src_mask": hidden, "is_causal": True}):
        given = x.transpose(0, 1) if options.get("batch_first") else x
        if options.get("batch_first") and "src_mask" in more:
            continue
        more = more if not options.get("batch_first") or not more else {}
        made = module(given, **more)
        print(graph(made), shown(made))
        print([shown(each) for each in torch.autograd.grad(made.square().sum(), [x, *module.parameters()])])
    layer = nn.TransformerDecoderLayer(4, 2, 6, dtype=torch.double, **options)
    print(layer)
    memory = numbers(2, 2, 4)
    made = layer(x[:2] if options.get("batch_first") else x, memory)
    print(graph(made), shown(made))
    print([shown(each) for each in torch.autograd.grad(made.square().sum(), [x, *layer.parameters()])])
print(attempt(lambda: nn.TransformerEncoderLayer(4, 2, activation="tanh")))
""",
    "inference": """
warnings.simplefilter("ignore")  # PyTorch's compiler of scripts warns of its own
x = numbers(2, 3, 4)
padding = torch.tensor([[False, False, True], [False, True, True]])
module = nn.TransformerEncoderLayer(4, 2, 6, batch_first=True, activation="gelu", dtype=torch.double).eval()
whole = nn.TransformerEncoder(module, 2, nn.LayerNorm(4, dtype=torch.double))
fw = importlib.import_module(torch.__name__ + ".autograd.forward_ad")
hidden = torch.triu(torch.ones(3, 3, dtype=torch.bool), 1)
for run in (module, whole):
    for more in ({}, {"src_key_padding_mask": padding}, {"src_key_padding_mask": padding.flip(1) & False | padding}):
        print(shown(run(x, **more)), run(x, **more).grad_fn is None)
        with torch.no_grad():
            print(shown(run(x, **more)))
            torch.backends.mha.set_fastpath_enabled(False)
            print(shown(run(x, **more)))
            torch.backends.mha.set_fastpath_enabled(True)
with torch.no_grad():
    print(shown(module(x, hidden)), shown(module(x, src_mask=hidden, src_key_padding_mask=padding)))
    print(shown(whole(x, hidden)), shown(whole(x, hidden, padding)))
    print(shown(whole(x, src_key_padding_mask=padding.flip(1))[:, -1]))
    attention = nn.MultiheadAttention(4, 2, batch_first=True, dtype=torch.double).eval()
    with fw.dual_level():
        dual = fw.make_dual(x, x)
        print(attempt(lambda: attention(dual, dual, dual)), attempt(lambda: module(dual)))
given = [attention.in_proj_weight, attention.in_proj_bias, attention.out_proj.weight, attention.out_proj.bias]
made = torch._native_multi_head_attention(x, x, x, 4, 2, *given)
print(made[0].requires_grad, made[0].grad_fn.name(), attempt(lambda: made[0].sum().backward()))
""",
    "whole": """
for options in ({}, {"batch_first": True, "norm_first": True, "bias": False}, {"activation": "gelu"}):
    module = nn.Transformer(4, 2, 1, 2, 6, dtype=torch.double, **options)
    print(module, list(module.state_dict()), [shown(each) for each in module.parameters()])
    src, tgt = numbers(2, 2, 4).requires_grad_(), numbers(2, 2, 4) + 1
    made = module(src, tgt)
    print(graph(made), shown(made))
    print([shown(each) for each in torch.autograd.grad(made.square().sum(), [src, *module.parameters()])])
    mask = module.generate_square_subsequent_mask(2).double()
    print(shown(module.eval()(src, tgt, tgt_mask=mask, src_mask=mask)))
    print(shown(module(src[0], tgt[0])))
for f in (lambda: module(numbers(2, 1, 4), tgt), lambda: module(numbers(2, 2, 3), tgt),
          lambda: nn.TransformerEncoder(nn.Linear(2, 2), 1), lambda: nn.TransformerEncoder(
              nn.TransformerEncoderLayer(4, 1, 6, batch_first=True, bias=False), 1),
          lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(3, 3, 6, batch_first=True), 1),
          lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6, batch_first=True, activation="gelu"), 1)):
    print(attempt(f))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same("import importlib, warnings\n" + HEAD + PROGRAMS[name])
