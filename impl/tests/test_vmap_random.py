"""Random functions under vmap, for each of its ways to draw: alone, one in another, and in chunks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
import importlib
vmap = importlib.import_module(torch.__name__ + ".func").vmap
x = torch.arange(6.0).reshape(3, 2)
calls = dict(
    rand=lambda a: torch.rand(2), randn=lambda a: torch.randn(2), randint=lambda a: torch.randint(5, (2,)),
    randint2=lambda a: torch.randint(2,5, (2,)), randperm=lambda a: torch.randperm(3),
    normal=lambda a: torch.normal(0.,1., (2,)), normal_t=lambda a: torch.normal(a, 1.),
    normal_tt=lambda a: torch.normal(a, a.abs()+1), normal_ut=lambda a: torch.normal(torch.zeros(2), a.abs()+1),
    normal_u=lambda a: torch.normal(torch.zeros(2), 1.), rand_like=lambda a: torch.rand_like(a),
    randn_like=lambda a: torch.randn_like(a), randint_like=lambda a: torch.randint_like(a, 5),
    rand_like_u=lambda a: torch.rand_like(torch.zeros(2)), bern=lambda a: torch.bernoulli(a.sigmoid()),
    bern_p=lambda a: torch.bernoulli(a, 0.5), bern_u=lambda a: torch.bernoulli(torch.full((2,),.5)),
    poisson=lambda a: torch.poisson(a), multi=lambda a: torch.multinomial(a+1, 1),
    multi_u=lambda a: torch.multinomial(torch.ones(2), 1),
    dropout=lambda a: torch.nn.functional.dropout(a, 0.5),
    dropout_u=lambda a: torch.nn.functional.dropout(torch.ones(2), 0.5),
    dropout0=lambda a: torch.nn.functional.dropout(a, 0.0),
    dropout1=lambda a: torch.nn.functional.dropout(a, 1.0),
    dropout_e=lambda a: torch.nn.functional.dropout(a, 0.5, training=False),
    alpha=lambda a: torch.nn.functional.alpha_dropout(a, 0.5, training=True),
    feat=lambda a: torch.nn.functional.dropout1d(a[None], 0.5),
    rrelu=lambda a: torch.nn.functional.rrelu(a, training=True),
    gumbel=lambda a: torch.nn.functional.gumbel_softmax(a), normal_=lambda a: a.clone().normal_(),
    uniform_=lambda a: a.clone().uniform_(), random_=lambda a: a.clone().random_(5),
    exponential_=lambda a: a.clone().exponential_(), bern_=lambda a: a.clone().bernoulli_(0.5),
    bern_t=lambda a: a.clone().bernoulli_(a.sigmoid()), geometric_=lambda a: a.clone().geometric_(0.5),
    cauchy_=lambda a: a.clone().cauchy_(), log_normal_=lambda a: a.clone().log_normal_(),
    u_normal_=lambda a: torch.zeros(2).normal_(), u_uniform_=lambda a: torch.zeros(2).uniform_(),
    u_random_=lambda a: torch.zeros(2).random_(5), u_bern_t=lambda a: torch.zeros(2).bernoulli_(a.sigmoid()),
    new_normal=lambda a: a.new_zeros(2).normal_(), empty_u=lambda a: torch.empty_like(a).uniform_(),
    gen=lambda a: torch.rand(2, generator=torch.Generator().manual_seed(1)),
)
def shown(made):
    if isinstance(made, torch.Tensor):
        return made.shape, made.dtype, made.double().mul(1000).round().tolist()
    return made
def show(*given):
    torch.manual_seed(0)
    print(*given[:2], shown(attempt(given[2])))
"""

ALONE = """
for name, call in calls.items():
    show(name, WAY, lambda: vmap(call, randomness=WAY)(x))
"""

NESTED = """
wide = x[None].expand(2, 3, 2)
for name, call in calls.items():
    if name != "bern_":
        show(name, "same", lambda: vmap(vmap(call, randomness="different"), randomness="same")(wide))
    show(name, "different", lambda: vmap(vmap(call, randomness="same"), randomness="different")(wide))
"""

CHUNKS = """
for name, call in calls.items():
    for way in ("same", "different"):
        show(name, way, lambda: vmap(call, randomness=way, chunk_size=2)(x))
"""


@pytest.mark.parametrize("way", ["error", "same", "different", "other"])
def test_alone(same: Callable[..., None], way: str) -> None:
    same(HEAD + ALONE.replace("WAY", repr(way)))


@pytest.mark.parametrize("program", [NESTED, CHUNKS])
def test_several_levels_and_chunks(same: Callable[..., None], program: str) -> None:
    same(HEAD + program)
