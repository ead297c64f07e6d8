"""Modes that see every operator below autograd, and what is built on them: selective checkpointing."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

HEAD = """
import importlib
from functools import partial
C = importlib.import_module(torch.__name__ + ".utils.checkpoint")
Base = importlib.import_module(torch.__name__ + ".utils._python_dispatch").TorchDispatchMode
checkpoint, contexts, Policy = C.checkpoint, C.create_selective_checkpoint_contexts, C.CheckpointPolicy
aten = torch.ops.aten
x = torch.ones(2, 2, requires_grad=True)
log = []
class Log(Base):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        log.append((str(func), len(args), types))
        return func(*args, **(kwargs or {}))
"""

MODES = [
    """
    calls = dict(
        add=lambda: x + x, number=lambda: x + 1, rsub=lambda: 1 - x, power=lambda: x ** 2, total=lambda: x.sum(0),
        first=lambda: x[0], part=lambda: x[:1], product=lambda: x @ x, joined=lambda: torch.cat([x, x]),
        written=lambda: x.clone().add_(1), filled=lambda: x.clone().zero_(), largest=lambda: x.max(0),
        less=lambda: x < 1, soft=lambda: x.softmax(0), linear=lambda: torch.nn.functional.linear(x, x),
        kept=lambda: x.detach(), turned=lambda: x.transpose(0, 1), plain=lambda: x.double(),
        ones=lambda: torch.ones_like(x), cut=lambda: x.split(1),
    )
    with Log():
        for name, call in calls.items():
            log.clear()
            call()
            print(name, [each[0] for each in log if name == "kept" or "detach" not in each[0]])
    """,
    """
    class Told(Base):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            made = func(*args, **(kwargs or {}))
            print(func, types, [getattr(each, "requires_grad", each) for each in args], kwargs, made.requires_grad)
            return made
    with Told():
        y = x.sin() * 3
    print(y.requires_grad, y.grad_fn.name())
    """,
    """
    class Cosine(Base):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            return aten.cos.default(*args) if func == aten.sin.default else func(*args, **(kwargs or {}))
    with Cosine():
        y = torch.zeros(2, requires_grad=True).sin()
        print(y, y.grad_fn.name())
    class Named(Base):
        def __init__(self, name):
            super().__init__()
            self.name = name
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            print(self.name, func)
            return func(*args, **(kwargs or {}))
    with Named("outer"), Named("inner"):
        torch.ones(2).sin().mul_(3)
    class Refuses(Base):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            raise ValueError(str(func))
    def refused():
        with Refuses():
            x.sin()
    print(attempt(refused), x.sin().requires_grad)
    def nothing():
        with Base():
            x.sin()
    print(attempt(nothing))
    """,
    """
    with Log():
        y = (x.sin() * x).sum()
        log.clear()
        g, = torch.autograd.grad(y, x, torch.tensor(1.0))
    print([each[0] for each in log if "detach" not in each[0] and "lift" not in each[0]], g)
    """,
    """
    print(aten.mm, aten.mm.default, aten.add.Tensor, type(aten.mm.default).__name__, type(aten.mm).__name__)
    print(aten.mm.default is torch.ops.aten.mm.default, aten.mm.default.name(), aten.add.Tensor.name())
    print(repr(aten.mm.default))
    print(aten.mm.default.__name__, aten.mm.__name__, aten.add.Tensor._overloadname, aten.add.Tensor.namespace)
    print(attempt(lambda: aten.foo), attempt(lambda: aten.mm.foo), attempt(lambda: torch.ops.foo.bar), aten)
    one = torch.ones(2)
    print(aten.add.Tensor(one, one), aten.add(one, 2), aten.sum.dim_IntList(one, [0]), aten.mul_.Tensor(one, one))
    print(aten.detach.default(one), aten.mul.Tensor(x, x).grad_fn.name(), aten.ones.default([2]))
    print(aten.alias(x)._is_view())
    """,
]

SELECTIVE = [
    """
    def policy(ctx, op, *args, **kwargs):
        log.append((str(op), ctx.is_recompute, len(args), kwargs))
        return Policy.MUST_SAVE if op == aten.mm.default else Policy.PREFER_RECOMPUTE
    y = checkpoint(lambda t: t.sin().mm(t).exp(), x, use_reentrant=False, context_fn=partial(contexts, policy))
    print(log)
    log.clear()
    y.sum().backward()
    print(log, x.grad)
    """,
    """
    f = lambda t: t.sin().cos().sin().exp() * t
    for saved in ([aten.sin.default], [aten.cos.default], [aten.exp.default], []):
        y = checkpoint(f, x, use_reentrant=False, context_fn=partial(contexts, saved))
        log.clear()
        with Log():
            g, = torch.autograd.grad(y.sum(), x, retain_graph=True)
        print([name for name, *_ in log if name[5:8] in ("sin", "cos", "exp")], g)
        print(attempt(lambda: torch.autograd.grad(y.sum(), x)))
    """,
    """
    for policy in (*Policy, True, False, None, 3):
        y = checkpoint(lambda t: t.sin().exp(), x, use_reentrant=False, context_fn=partial(contexts, lambda *_: policy))
        print(policy, torch.autograd.grad(y.sum(), x))
    def written(t):
        u = t.sin()
        v = u * 1
        v.mul_(3)
        return v.exp()
    for saved in (aten.sin.default, aten.mul.Tensor, aten.mul_.Tensor, aten.exp.default):
        for allowed in (False, True):
            make = partial(contexts, [saved], allow_cache_entry_mutation=allowed)
            y = checkpoint(written, x, use_reentrant=False, context_fn=make)
            if not (allowed and saved is not aten.sin.default):
                print(saved, allowed, attempt(lambda: torch.autograd.grad(y.sum(), x)))
    """,
    """
    runs = [0]
    def changes(t):
        runs[0] += 1
        return t.sin().exp() if runs[0] == 1 else t.cos().exp()
    y = checkpoint(changes, x, use_reentrant=False, context_fn=partial(contexts, []))
    print(attempt(lambda: y.sum().backward()))
    for wrong in ([3], ["a"], [aten.mm], 3, None, (aten.mm.default,)):
        print(attempt(lambda: contexts(wrong)))
    print([type(each).__name__ for each in contexts([])], list(Policy))
    print(C.SelectiveCheckpointContext(is_recompute=True).is_recompute)
    print(C.__all__, aten.detach.default in C.SAC_IGNORED_OPS, aten.mm.default in C.SAC_IGNORED_OPS)
    """,
    """
    first, second = contexts([aten.sin.default])
    with first:
        a = x.sin()
        b = a.exp()
        x.sin()
    print({op: len(kept) for op, kept in first.storage.items()}, first.func_counter)
    with second:
        s = x.sin()
        print(attempt(lambda: x.tan()))
    print(s.data_ptr() == a.data_ptr(), second.func_counter)
    with second:
        print(attempt(lambda: x.sin()), x.sin().shape, attempt(lambda: x.exp().shape))
    """,
]


@pytest.mark.parametrize("program", MODES + SELECTIVE)
def test_programs(same: Callable[[str], None], program: str) -> None:
    same(HEAD + textwrap.dedent(program))


def test_what_is_made_of_data_and_what_is_written_elsewhere(same: Callable[..., None]) -> None:
    program = """
    import numpy as np
    from torch.utils._python_dispatch import TorchDispatchMode
    class Seen(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            named = {name: getattr(each, "shape", each) for name, each in (kwargs or {}).items()}
            print(func, [(each.shape, each.dtype) if isinstance(each, torch.Tensor) else each for each in args], named)
            return func(*args, **(kwargs or {}))
    array, x, o, less = np.ones(3), torch.ones(2, 2), torch.zeros(2, 2), torch.zeros(2, 2, dtype=torch.bool)
    made = [
        lambda: torch.from_numpy(array), lambda: torch.as_tensor(array), lambda: torch.as_tensor([1.0]),
        lambda: torch.as_tensor(array, dtype=torch.float32), lambda: torch.tensor(array), lambda: torch.asarray(array),
        lambda: torch.asarray([1.0]), lambda: torch.frombuffer(bytearray(8), dtype=torch.float32),
        lambda: x.new_tensor([1.0]), lambda: x.new_tensor(x), lambda: torch.tensor(x), lambda: torch.nn.Parameter(x),
        lambda: x.isfinite(), lambda: torch.isclose(x, x, equal_nan=True), lambda: torch.where(x > 0, 1.0, 2),
        lambda: torch.where(x > 0, x, 2), lambda: x.clone().t_(), lambda: x.clone().unsqueeze_(0),
        lambda: x.view(torch.int32),
    ]
    written = [
        lambda: torch.add(x, x, out=o), lambda: torch.add(x, 1, alpha=2, out=o), lambda: torch.sin(x, out=o),
        lambda: torch.mm(x, x, out=o), lambda: torch.pow(x, 2, out=o), lambda: torch.lt(x, 1, out=less),
        lambda: torch.maximum(x, x, out=o), lambda: torch.cat([x, x], out=torch.zeros(4, 2)),
    ]
    with Seen():
        for call in made:
            print(call().dtype)
        for call in written:
            before = o._version
            print(call() is o, o._version - before, o)
    """
    same(program.replace("from torch", "from refgrad"), program)
