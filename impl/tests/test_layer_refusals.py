"""Inputs that layers do not take: refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
nn = torch.nn
F = nn.functional
torch.manual_seed(1)
def t(*s):
    return torch.ones(s)
def numbers(*s, dtype=torch.float32):
    return torch.arange(float(torch.Size(s).numel())).view(s).to(dtype) if s else torch.tensor(1.).to(dtype)
inputs = [numbers(), numbers(3), numbers(2, 3), numbers(2, 3, 4), numbers(1, 2, 3, 4), numbers(1, 2, 2, 2, 2),
    numbers(0, 3), numbers(2, 0), numbers(1, 2, 2, 2, 2, 2), numbers(2, 3, dtype=torch.float64),
    numbers(2, 3, dtype=torch.int64), numbers(2, 3, dtype=torch.bool), numbers(2, 3, dtype=torch.complex64),
    numbers(2, 3, dtype=torch.float16)]
def sweep(*modules):
    for m in modules:
        for x in inputs:
            r = attempt(lambda: m(x))
            print(m, tuple(x.shape), x.dtype,
                r if isinstance(r, str) else (r.shape, r.dtype) if isinstance(r,
                torch.Tensor) else type(r).__name__)
"""

PROGRAMS = {
    "linear of many inputs": """
sweep(nn.Linear(3, 2), nn.Linear(2, 2, bias=False))
""",
    "conv of many inputs": """
sweep(nn.Conv1d(3, 2, 2), nn.Conv2d(2, 2, 2), nn.Conv3d(2, 2, 2), nn.Conv2d(2, 2, 9))
""",
    "att of many inputs": """
sweep(nn.TransformerEncoderLayer(4, 2, 4), nn.TransformerEncoderLayer(3, 1, 4, batch_first=True))
""",
    "shuffles": """
for x in (t(), t(3), t(2, 3), t(2, 4, 2), t(2, 3, 2)):
    print(attempt(lambda: nn.ChannelShuffle(2)(x).shape), attempt(lambda: nn.Unfold(1)(x).shape),
        attempt(lambda: F.linear(x, t(2, 3))), attempt(lambda: nn.Linear(3, 2)(x).shape),
        attempt(lambda: F.glu(x).shape))
for x in (t(0, 3), t(2, 0), t(1, 2, 2, 2, 2), t(0, 2, 3, 3), t(2, 0, 3, 3), t(2, 3, 0, 3)):
    print(attempt(lambda: nn.Unfold(1)(x).shape), attempt(lambda: nn.ChannelShuffle(2)(x).shape))
""",
    "convt": """
for x in (t(2, 3).double(), t(3, 2).double(), t(1, 3, 2).double(), t(1, 3, 2), t(1, 2, 2), t(1, 3, 2).long(),
    t(2).double(), t(1, 3, 2, 2).double()):
    for k in (nn.ConvTranspose1d(3, 2, 2), nn.Conv1d(3, 2, 2), nn.ConvTranspose1d(3, 2, 2, bias=False),
        nn.Conv1d(3, 2, 2, padding="same")):
        print(attempt(lambda: k(x).shape))
""",
    "scalar sizes": """
x = torch.tensor(1.)
for d in (0, -1, 1, 5, -3):
    print(attempt(lambda: x.size(d)), attempt(lambda: x.stride(d)), attempt(lambda: x.shape[d]))
print(x.size(), x.stride(), attempt(lambda: torch.ones(2).size(-3)))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
