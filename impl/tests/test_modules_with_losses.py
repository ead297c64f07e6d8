"""Losses that hold modules, and pooling at random: refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
nn, F = torch.nn, torch.nn.functional
torch.manual_seed(5)
def numbers(*sizes):
    return torch.sin(torch.arange(torch.Size(sizes).numel(), dtype=torch.double)).view(sizes)
def shown(x):
    return tuple(x.shape), [round(each, 8) + 0.0 for each in x.detach().reshape(-1).tolist()]
"""

PROGRAMS = {
    "linear cross entropy": """
x, target = numbers(3, 4).requires_grad_(), torch.tensor([0, 2, 1])
for given in ({}, {"bias": True, "reduction": "sum"}, {"ignore_index": 2}, {"label_smoothing": 0.5},
              {"weight": torch.tensor([1.0, 2.0, 0.5]).double(), "reduction": "none"}):
    module = nn.LinearCrossEntropyLoss(4, 3, dtype=torch.double, **given)
    made = module(x, target)
    print(module, list(module.state_dict()), made.grad_fn.name(), shown(made))
    print([shown(each) for each in torch.autograd.grad(made.sum(), [x, *module.parameters()])])
    print(shown(module(x[0], target[0])))
module = nn.LinearCrossEntropyLoss(4, 3, out_features=(2,), bias=True, dtype=torch.double)
print(module, shown(module(x, torch.tensor([[0, 1], [2, 2], [1, 0]]))))
w = numbers(3, 4)
for f in (lambda: F.linear_cross_entropy(x[None], w, target), lambda: F.linear_cross_entropy(x, w[0], target),
          lambda: F.linear_cross_entropy(x, w[:, :2], target), lambda: module(x[0], target[0]),
          lambda: F.linear_cross_entropy(x, w, target, linear_bias=w[0]),
          lambda: F.linear_cross_entropy(x, w, numbers(3, 3), ignore_index=1),
          lambda: nn.LinearCrossEntropyLoss(4, 3, weight=w),
          lambda: nn.LinearCrossEntropyLoss(4, 3, label_smoothing=2)):
    print(attempt(f))
""",
    "triplets": """
a, p, n = numbers(3, 4).requires_grad_(), numbers(3, 4) + 1, numbers(3, 4) - 1
for given in ({}, {"swap": True, "margin": 0.5}, {"distance_function": lambda x, y: (x - y).abs().sum(-1)},
              {"reduction": "none"}):
    module = nn.TripletMarginWithDistanceLoss(**given)
    made = module(a, p, n)
    print(module, made.grad_fn.name(), shown(made), shown(torch.autograd.grad(made.sum(), a)[0]))
print(attempt(lambda: nn.TripletMarginWithDistanceLoss(margin=-1)), attempt(lambda: module(a, p[0], n)))
""",
    "adaptive softmax": """
module = nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 6], div_value=2.0, dtype=torch.double)
print(module, list(module.state_dict()))
x, target = numbers(5, 8).requires_grad_(), torch.tensor([0, 5, 11, 2, 7])
made = module(x, target)
print(type(made).__name__, made._fields, made, [shown(each) for each in made])
print([shown(each) for each in torch.autograd.grad(made.loss, [x, *module.parameters()])])
print(shown(module.log_prob(x)), module.predict(x), shown(module(x[0], target[0]).output))
print(module.predict(x * 100), module.log_prob(x).grad_fn.name())
for f in (lambda: nn.AdaptiveLogSoftmaxWithLoss(8, 12, []), lambda: nn.AdaptiveLogSoftmaxWithLoss(8, 12, [4, 3]),
          lambda: nn.AdaptiveLogSoftmaxWithLoss(8, 12, [12]), lambda: module(x, target[:2]),
          lambda: module(x[0], target),
          lambda: module(x, target[0]), lambda: module(x, target[None]), lambda: module(x, target + 1)):
    print(attempt(f))
""",
    "pooling": """
x = numbers(1, 1, 5, 5)
print(nn.FractionalMaxPool2d(2, 3), shown(nn.FractionalMaxPool2d(2, 3)(x)))
print(shown(nn.FractionalMaxPool2d(2, output_ratio=0.5, return_indices=True)(x)[1]))
print(shown(nn.FractionalMaxPool3d(2, 2)(numbers(1, 1, 4, 5, 5))), nn.LPPool3d(2, 2), shown(nn.LPPool3d(2, 1)(x[None])))
for f in (lambda: nn.FractionalMaxPool2d(2), lambda: nn.FractionalMaxPool3d(2, 3, 0.5),
          lambda: nn.FractionalMaxPool2d(2, output_ratio=2.0)):
    print(attempt(f))
print(shown(F.upsample_nearest(x, 2)), shown(F.upsample_bilinear(x, scale_factor=2)))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
