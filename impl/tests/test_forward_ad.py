"""Forward-mode AD against PyTorch: levels, dual tensors, views, in-place operators, tangents of all operators."""

from __future__ import annotations

import functools
import sys
import textwrap
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import refgrad

torch = pytest.importorskip("torch")
sys.path.append(str(Path(__file__).parent))

import forward_sweep  # noqa: E402
import sweep  # noqa: E402

HEAD = """
import importlib
fw = importlib.import_module(torch.__name__ + ".autograd.forward_ad")
def parts(x):
    p, t = fw.unpack_dual(x)
    return p, t, t is not None and (t.stride(), t.storage_offset(), t.requires_grad, t._is_view())
x = torch.tensor([1., 2.], requires_grad=True)
s = torch.tensor([1., 10.])
"""

LEVELS = """
fw.make_dual(torch.ones(1), torch.ones(1))
fw.unpack_dual(x)
fw.unpack_dual(3)
fw.exit_dual_level()
fw.exit_dual_level(level=0)
fw._current_level, fw._is_fwd_grad_enabled(), fw.UnpackedDualTensor._fields
(fw.enter_dual_level(), attempt(fw.enter_dual_level), fw._current_level, fw.exit_dual_level(), fw._current_level)
(fw.enter_dual_level(), attempt(lambda: fw.exit_dual_level(level=5)), fw.exit_dual_level(level=0), fw._current_level)
fw.dual_level()(lambda: fw._current_level)()
""".strip().splitlines()

DUALS = """
fw.make_dual(x, s)
fw.make_dual(x, s) * 3
fw.make_dual(torch.ones(2), torch.ones(3))
fw.make_dual(torch.ones(2), s.double())
fw.make_dual(torch.ones(2), torch.ones(2, dtype=torch.cfloat))
fw.make_dual(torch.ones(2, dtype=torch.int), s)
fw.make_dual(torch.ones(2), torch.ones(2, dtype=torch.long))
fw.make_dual(torch.ones(2), 3)
fw.make_dual(3, s)
fw.make_dual(x, s, level=3)
fw.make_dual(x, s, level=-1)
fw.unpack_dual(x, level=1)
fw.unpack_dual(torch.ones(2))[0]._is_view()
fw.make_dual(fw.make_dual(x, s), s)
fw.make_dual(x, fw.make_dual(x, s))
parts(fw.make_dual(torch.ones(2, 3).t(), torch.ones(3, 2)))
parts(fw.make_dual(torch.ones(4)[1:3], s))
parts(fw.make_dual(torch.ones(2), torch.ones(4)[1:3]))
fw.make_dual(torch.ones(1).expand(2), s)
fw.unpack_dual(fw.make_dual(x, s)).tangent is s
fw.unpack_dual(fw.make_dual(x, s)).primal.data_ptr() == x.data_ptr()
fw.make_dual(x, s).is_leaf, fw.make_dual(torch.ones(2), s).is_leaf, fw.make_dual(torch.ones(2), s)._is_view()
fw.make_dual(x, s).detach()
fw.make_dual(x, s).data
fw.make_dual(x, s).clone()
fw.make_dual(x, s).long()
fw.make_dual(x, s).double()
fw.make_dual(torch.ones(2), s).requires_grad_()
torch.ones_like(fw.make_dual(x, s))
fw.make_dual(torch.ones(2), s).tolist(), fw.make_dual(torch.ones(2), s).numpy()
fw.make_dual(torch.ones(2), s)[1].item()
torch.add(fw.make_dual(torch.ones(2), s), 1, out=torch.zeros(2))
fw.make_dual(x, s) // 2
fw.make_dual(x, s) > 1
fw.make_dual(x, s).argmax()
fw.make_dual(x, s).max(0)
fw.make_dual(x, s).sort()
parts(fw.make_dual(x, s).view(2, 1))
parts(fw.make_dual(x, s)[1:])
parts(fw.make_dual(x, s).expand(3, 2))
[parts(each) for each in fw.make_dual(x, s).unbind()]
torch.cat([fw.make_dual(x, s), x])
torch.stack([x, fw.make_dual(x, s)])
torch.where(x > 1, fw.make_dual(x, s), x)
1 / fw.make_dual(x, s)
2 ** fw.make_dual(x, s)
fw.make_dual(x, s) - 1
1 - fw.make_dual(x, s)
fw.make_dual(x, s) + x.detach()
fw.make_dual(x, s).view(1, 2) @ x.view(2, 1)
torch.autograd.grad((fw.make_dual(torch.ones(2, requires_grad=True), s) ** 3).sum(), x, allow_unused=True)
torch.autograd.grad(fw.unpack_dual(fw.make_dual(x, s) ** 3).tangent.sum(), x)
fw.make_dual(torch.ones(2), torch.ones(2, requires_grad=True)) * 2
fw.make_dual(torch.tensor([1 + 1j]), torch.tensor([1j])).abs()
fw.make_dual(torch.tensor([1 + 1j]), torch.tensor([1j])).real
fw.make_dual(torch.tensor([1 + 1j]), torch.tensor([1j])) ** 2
fw.make_dual(torch.tensor([1 + 1j]), torch.tensor([1j])).conj()
""".strip().splitlines()

PROGRAMS = [
    """
    with fw.dual_level():
        d = fw.make_dual(torch.ones(2), torch.ones(2))
        print(torch._C._is_fwd_grad_enabled())
        with fw._set_fwd_grad_enabled(False):
            print(torch._C._is_fwd_grad_enabled(), fw.unpack_dual(d * 2))
        with torch.inference_mode():
            print(torch._C._is_fwd_grad_enabled(), d, fw.unpack_dual(d), fw.unpack_dual(d * 2))
    """,
    """
    with fw.dual_level():
        d = fw.make_dual(torch.ones(2), torch.full((2,), 2.0))
        z = torch.zeros(2, dtype=torch.cfloat)
        z.real.copy_(d)
        print(fw.unpack_dual(z))
        z.imag.mul_(3)
        print(fw.unpack_dual(z), fw.unpack_dual(z.conj()))
        lazy = torch.tensor([1 + 2j]).conj()
        for primal, tangent in ((lazy, lazy.clone()), (lazy.clone(), lazy), (lazy.imag, torch.ones(1))):
            made = fw.unpack_dual(fw.make_dual(primal, tangent))
            print(made, made.tangent.is_conj(), made.tangent.is_neg())
        print(fw.unpack_dual(torch.matrix_exp(torch.diag(d))).tangent.requires_grad)
    """,
    """
    def function(changed):
        class F(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, n):
                ctx.mark_dirty(x)
                return x.mul_(2)
            @staticmethod
            def jvp(ctx, t, n):
                print(t, n)
                return changed(t)
        return F
    with fw.dual_level():
        for changed in (lambda t: t.mul_(2), lambda t: t * 2, lambda t: None):
            d = fw.make_dual(torch.ones(2), torch.ones(2))
            print(attempt(lambda: fw.unpack_dual(function(changed).apply(d, torch.ones(2, dtype=torch.int64)))))
    """,
    """
    d = fw.make_dual(torch.ones(2), s)
    d.mul_(4)
    print(d, s, s._version)
    d.zero_()
    print(d)
    d.fill_(3)
    print(d)
    """,
    """
    d = fw.make_dual(torch.ones(2), torch.ones(2))
    d.mul_(d)
    print(d)
    d.add_(x.detach(), alpha=2)
    print(d)
    d.copy_(s)
    print(d, attempt(lambda: x.add_(d)), attempt(lambda: torch.ones(2, dtype=torch.long).add_(d)))
    """,
    """
    b = torch.zeros(3)
    v = b[1:]
    v.add_(fw.make_dual(torch.ones(2), s))
    print(b, v, fw.unpack_dual(v).tangent._base is fw.unpack_dual(b).tangent)
    b.mul_(2)
    print(b, v, b[0])
    """,
    """
    b = torch.zeros(2, 2)
    row, column = b[0], b[:, 1]
    b.add_(fw.make_dual(torch.ones(2), s))
    print(row, column)
    row.mul_(3)
    print(b, column)
    p, t = fw.unpack_dual(row)
    print(p, fw.unpack_dual(p).tangent)
    """,
    """
    b = torch.zeros(2)
    b.add_(fw.make_dual(torch.ones(2), s))
    p = fw.unpack_dual(b).primal
    print(p, p * 2, p[0], b[0])
    c = torch.zeros(2)
    c[0] = fw.make_dual(torch.tensor(1.), torch.tensor(7.))
    print(c)
    c[torch.tensor([1])] = fw.make_dual(torch.ones(1), torch.ones(1))
    print(c)
    c.masked_fill_(torch.tensor([True, False]), fw.make_dual(torch.tensor(1.), torch.tensor(5.)))
    print(c)
    """,
    """
    leaf = torch.ones(2, requires_grad=True)
    d = fw.make_dual(leaf, s)
    (d ** 3).sum().backward()
    print(leaf.grad, d.is_leaf, torch.autograd.grad((d * d * d).sum(), d))
    print(torch.autograd.grad((d.exp() * d).sum(), leaf))
    g, = torch.autograd.grad((d ** 3).sum(), d, create_graph=True)
    print(g)
    """,
    """
    with torch.no_grad():
        print(fw.make_dual(x, s) * 3)
    with torch.inference_mode():
        print(fw.unpack_dual(fw.make_dual(torch.ones(2), s) * 2))
    with fw._set_fwd_grad_enabled(False):
        print(fw.make_dual(torch.ones(2), s), fw.make_dual(torch.ones(2), s) * 2, fw._is_fwd_grad_enabled())
    print(fw.make_dual(torch.ones(2), s) * 2, fw._is_fwd_grad_enabled())
    """,
    """
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2
        @staticmethod
        def backward(ctx, g):
            return g * 2
        @staticmethod
        def jvp(ctx, t):
            return t * 2
    print(Double.apply(fw.make_dual(torch.ones(2), s)))
    """,
    """
    d = fw.make_dual(torch.arange(4., dtype=torch.double), torch.ones(4, dtype=torch.double))
    d.unsqueeze_(0)
    print(d)
    d.t_()
    print(d.squeeze_(1), d.quantile(0.5), d.prod(), d.cumprod(0), d.softmax(0), d.std(), d.norm(), d.logsumexp(0))
    """,
]


@pytest.fixture(autouse=True, scope="module")
def loaded() -> None:
    """PyTorch warns of its own code when forward mode is first used."""
    from torch.autograd import forward_ad

    with warnings.catch_warnings(), forward_ad.dual_level():
        warnings.simplefilter("ignore")
        forward_ad.make_dual(torch.ones(1), torch.ones(1))


@pytest.mark.parametrize("case", LEVELS)
def test_levels(same: Callable[[str], None], case: str) -> None:
    same(f"{HEAD}\nprint(attempt(lambda: ({case})))\nwhile fw._current_level >= 0: fw.exit_dual_level()")


@pytest.mark.parametrize("case", DUALS)
def test_dual_tensors(same: Callable[[str], None], case: str) -> None:
    same(f"{HEAD}\nwith fw.dual_level(): print(attempt(lambda: ({case})))")


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs(same: Callable[[str], None], program: str) -> None:
    same(f"{HEAD}\nwith fw.dual_level():\n{textwrap.indent(textwrap.dedent(program), '    ')}")


def test_tangents_end_with_the_level(same: Callable[[str], None]) -> None:
    same(f"""{HEAD}
with fw.dual_level():
    d = fw.make_dual(torch.ones(2), s)
    e = d * 2
print(d, e, fw.unpack_dual(e), fw.unpack_dual(e).primal is e)
with fw.dual_level():
    print(fw.unpack_dual(e).tangent, e * 2)
try:
    with fw.dual_level():
        raise ValueError("inside")
except ValueError:
    print(fw._current_level)
""")


def agree(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, (tuple, list)) and not (len(theirs) == 4 and theirs[0] == "tensor"):
        return isinstance(ours, (tuple, list)) and len(ours) == len(theirs) and all(map(agree, ours, theirs))
    if not isinstance(theirs, tuple):
        return bool(ours == theirs)
    return bool(
        isinstance(ours, tuple)
        and ours[1].split(".")[-1] == theirs[1].split(".")[-1]
        and ours[2] == theirs[2]
        and np.allclose(ours[3], theirs[3], rtol=1e-4, atol=1e-6, equal_nan=True)
    )


NOT_THE_SAME = (
    "T.nextafter(a, b) | f w", "linalg.eigh(a) | h", "matrix_exp", "chain_matmul",
    "cdist", "dot(a, b) | C v", "dot(a, b) | v C",
    "split_copy", "T.as_strided_scatter",
)  # fmt: skip
"""Decompositions, whose vectors are free up to a sign and where PyTorch's forward mode takes matrices that need not
stay symmetric; words of errors; and what PyTorch itself gets wrong or refuses
under `vmap`."""

CALLS = list(sweep.calls((Path(__file__).parent / "operator_calls.txt").read_text()))
LOOKS = [forward_sweep.forward, forward_sweep.mapped, forward_sweep.jacobians]


@functools.cache
def apart(look: Callable[..., forward_sweep.Facts]) -> dict[str, Any]:
    """The calls that differ in this look, and what both give."""
    found = {}
    for expression, kinds in CALLS:
        ours, theirs = (look(engine, expression, kinds) for engine in (refgrad, torch))
        if not all(agree(ours[name], theirs[name]) for name in theirs):
            found[f"{expression} | {' '.join(kinds)}"] = ours, theirs
    return found


@pytest.mark.parametrize("look", LOOKS)
def test_operators(look: Callable[..., forward_sweep.Facts]) -> None:
    wrong = {call: both for call, both in apart(look).items() if not any(each in call for each in NOT_THE_SAME)}
    assert not wrong, list(wrong.items())[:3]
    assert len(CALLS) > 1500


def test_what_is_not_the_same_differs_indeed() -> None:
    calls = [call for look in LOOKS for call in apart(look)]
    assert [each for each in NOT_THE_SAME if not any(each in call for call in calls)] == []


OTHER_GRAPHS = (
    "conj_physical_", "polygamma_", "bilinear", "cosine_embedding", "label_smoothing", "F.glu", "group_norm",
    "hinge_embedding", "margin_ranking", "circular", "pairwise_distance", "log_input=False", "rms_norm",
    "scaled_dot_product", "triplet_margin", "_copy(", "combinations", "corrcoef", "linalg.eig", "lstsq",
    "linalg.lu", "matrix_exp", "matrix_norm", "matrix_power(a, 0)", "'nuc'", "T.linalg.norm(a, 2)", "svd", "nextafter",
    "special.ndtr(", "vander", "stft(a, 3",
)  # fmt: skip
"""Calls whose tangents have another graph in PyTorch: composites that write in place there, and decompositions."""


def test_graphs_of_tangents() -> None:
    """The other operands have no tangents: PyTorch's formulas have zeros for them, which can be seen."""
    wrong = {}
    for expression, kinds in CALLS:
        ours, theirs = (forward_sweep.histories(engine, expression, kinds) for engine in (refgrad, torch))
        if ours != theirs:
            wrong[f"{expression} | {' '.join(kinds)}"] = ours, theirs
    assert [each for each in OTHER_GRAPHS if not any(each in call for call in wrong)] == []
    wrong = {call: both for call, both in wrong.items() if not any(each in call for each in OTHER_GRAPHS)}
    assert not wrong, list(wrong.items())[:3]


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("transpose", [False, True])
def test_old_triangular_solve(same: Callable[[str], None], upper: bool, transpose: bool) -> None:
    same(f"""{HEAD}
import warnings
warnings.simplefilter("ignore")
a, b = torch.tensor([[2.0, 0.5], [0.25, 1.5]]), torch.tensor([[1.0], [-2.0]])
with fw.dual_level():
    da = fw.make_dual(a, torch.tensor([[1.0, 2.0], [3.0, -1.0]]))
    for given in ((b, da), (fw.make_dual(b, b), a), (fw.make_dual(b, b), da)):
        for each in torch.triangular_solve(*given, upper={upper}, transpose={transpose}):
            print(fw.unpack_dual(each).tangent)
""")


def test_derivatives_that_have_no_forward_mode(same: Callable[[str], None]) -> None:
    same(f"""{HEAD}
with fw.dual_level():
    d = fw.make_dual(torch.ones(2), torch.ones(2))
    print(attempt(lambda: torch.igamma(torch.ones(2), d)))
    print(attempt(lambda: torch.igammac(torch.ones(2), d)))
    print(torch.linalg.det(fw.make_dual(torch.ones(2, 2), torch.eye(2))))
""")


def test_a_reduced_loss_stays_in_the_memory_of_its_elements(same: Callable[[str], None]) -> None:
    same("""
F, a, b = torch.nn.functional, torch.full((5,), 0.5), torch.ones(5)
for reduction in ("none", "mean", "sum"):
    for loss in (F.mse_loss, F.smooth_l1_loss, F.huber_loss, F.binary_cross_entropy, F.soft_margin_loss):
        print(loss.__name__, loss(a, b, reduction=reduction).untyped_storage().nbytes())
""")


def test_a_dual_level_is_that_of_all_threads(same: Callable[[str], None]) -> None:
    same("""
        import importlib, threading
        fw = importlib.import_module(torch.__name__ + ".autograd.forward_ad")
        def elsewhere(function):
            found = []
            thread = threading.Thread(target=lambda: found.append(attempt(function)))
            thread.start()
            thread.join()
            print(found)
        elsewhere(lambda: torch.ones(1) * 2)
        with fw.dual_level():
            d = fw.make_dual(torch.ones(1), torch.full((1,), 2.0))
            elsewhere(lambda: fw.unpack_dual(d))
            elsewhere(lambda: fw.unpack_dual(d * 2))
            elsewhere(lambda: fw.unpack_dual(fw.make_dual(torch.ones(1), torch.ones(1)) * d))
            elsewhere(fw.enter_dual_level)
            print(fw.unpack_dual(torch.utils.checkpoint.checkpoint(torch.sin, d, use_reentrant=False)))
        elsewhere(lambda: fw.unpack_dual(d))
        elsewhere(fw.enter_dual_level)
        print(fw.unpack_dual(d))
        fw.exit_dual_level()
        print(attempt(fw.exit_dual_level))
    """)
