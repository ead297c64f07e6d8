"""Schedulers that go up and down or stand on others: refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
s = torch.optim.lr_scheduler
def fresh(kind="SGD", groups=1, **options):
    parts = [{"params": [torch.ones(2, requires_grad=True)], "lr": 0.8 / (n + 1)} for n in range(groups)]
    return getattr(torch.optim, kind)(parts, lr=0.8, **options)
def rates(o, made):
    momenta = [group.get("momentum", group.get("betas")) for group in o.param_groups]
    return [group["lr"] for group in o.param_groups], made.get_last_lr(), momenta, made.last_epoch
def walk(o, made, steps=9):
    for _ in range(steps):
        print(rates(o, made))
        o.step()
        made.step()
    print(sorted((name, type(value).__name__) for name, value in made.state_dict().items()))
"""

MADE = {
    "CyclicLR(o, 0.1, 0.9, 3, cycle_momentum=False)": "fresh()",
    "CyclicLR(o, 0.1, 0.9, 2, 3, 'triangular2')": "fresh(momentum=0.5)",
    "CyclicLR(o, [0.1, 0.2], [0.8, 0.9], 3, mode='exp_range', gamma=0.5)": "fresh('Adam', 2)",
    "CyclicLR(o, 0.1, 0.9, 3, scale_fn=lambda x: 1 / x, max_momentum=0.7)": "fresh(momentum=0.5)",
    "CosineAnnealingWarmRestarts(o, 3)": "fresh()",
    "CosineAnnealingWarmRestarts(o, 2, 2, eta_min=0.25)": "fresh(groups=2)",
    "OneCycleLR(o, 2.0, 9)": "fresh(momentum=0.5)",
    "OneCycleLR(o, [1.0, 2.0], epochs=3, steps_per_epoch=3, anneal_strategy='linear')": "fresh('AdamW', 2)",
    "OneCycleLR(o, 2.0, 12, pct_start=0.25, three_phase=True, cycle_momentum=False)": "fresh()",
    "SequentialLR(o, [s.ConstantLR(o, 0.1, 2), s.ExponentialLR(o, 0.5)], [3])": "fresh()",
    "SequentialLR(o, [s.LinearLR(o, 0.25, total_iters=3), s.CosineAnnealingLR(o, 4), s.StepLR(o, 2)], [2, 5])":
        "fresh(groups=2)",
    "SequentialLR(o, [s.StepLR(o, 1), s.CosineAnnealingWarmRestarts(o, 2)], [3])": "fresh()",
    "ChainedScheduler([s.ConstantLR(o, 0.1, 2), s.ExponentialLR(o, 0.5)])": "fresh()",
    "SequentialLR(o, [s.ChainedScheduler([s.StepLR(o, 2), s.ExponentialLR(o, 0.5)]), s.StepLR(o, 1)], [4])": "fresh()",
}  # fmt: skip


@pytest.mark.parametrize("scheduler", MADE)
def test_rates_change_as_in_pytorch(same: Callable[[str], None], scheduler: str) -> None:
    same(HEAD + f"o = {MADE[scheduler]}\nwalk(o, attempt(lambda: s.{scheduler}))\n")


def test_what_does_not_fit_is_refused(same: Callable[[str], None]) -> None:
    same(
        HEAD
        + """
o, other = fresh(), fresh("SGD", 2, momentum=0.5)
for f in (lambda: s.CyclicLR(o, 0.1, 0.9), lambda: s.CyclicLR(1, 0.1, 0.9), lambda: s.CyclicLR(other, [0.1], 1.0),
          lambda: s.CyclicLR(other, 0.1, 0.9, mode="x"), lambda: s.CosineAnnealingWarmRestarts(o, 0),
          lambda: s.CosineAnnealingWarmRestarts(o, 2, 0), lambda: s.CosineAnnealingWarmRestarts(o, 2, eta_min="x"),
          lambda: s.CosineAnnealingWarmRestarts(o, 2).step(-1), lambda: s.OneCycleLR(1, 2.0),
          lambda: s.OneCycleLR(other, 2.0), lambda: s.OneCycleLR(other, 2.0, 0),
          lambda: s.OneCycleLR(other, 2.0, epochs=0, steps_per_epoch=2),
          lambda: s.OneCycleLR(other, 2.0, epochs=2, steps_per_epoch=0.5), lambda: s.OneCycleLR(o, 2.0, 4),
          lambda: s.OneCycleLR(other, 2.0, 4, pct_start=2), lambda: s.OneCycleLR(other, 2.0, 4, anneal_strategy="x"),
          lambda: s.OneCycleLR(other, [2.0], 4), lambda: s.SequentialLR(o, [], []),
          lambda: s.SequentialLR(o, [1], []), lambda: s.SequentialLR(o, [s.StepLR(o, 1)], [1]),
          lambda: s.SequentialLR(o, [s.ReduceLROnPlateau(o)], []), lambda: s.ChainedScheduler([]),
          lambda: s.ChainedScheduler([s.ReduceLROnPlateau(o)]), lambda: s.ChainedScheduler([1])):
    made = attempt(f)
    print(made if isinstance(made, str) else type(made).__name__)
print(attempt(lambda: s.SequentialLR(o, [s.StepLR(other, 1)], [])).split(" has ")[0])
made = s.OneCycleLR(other, 2.0, 2)
print([attempt(made.step) for _ in range(4)], rates(other, made))
"""
    )


def test_states_and_rates_that_are_asked_for(same: Callable[[str], None]) -> None:
    same(
        HEAD
        + """
o = fresh()
made = s.SequentialLR(o, [s.ConstantLR(o, 0.1, 2), s.ExponentialLR(o, 0.5)], [2])
[(o.step(), made.step()) for _ in range(3)]
kept = made.state_dict()
print(kept["last_epoch"], [each["last_epoch"] for each in kept["_schedulers"]], sorted(kept["_schedulers"][0]))
p = fresh()
twin = s.SequentialLR(p, [s.ConstantLR(p, 0.1, 2), s.ExponentialLR(p, 0.5)], [2])
twin.load_state_dict(kept)
print(twin.last_epoch, twin.get_last_lr(), twin.step(), twin.get_last_lr())
cyclic = s.CyclicLR(fresh(), 0.1, 0.9, 3, cycle_momentum=False)
kept = cyclic.state_dict()
print(kept["_scale_fn_custom"], cyclic.load_state_dict(kept), cyclic.scale_fn(3))
print(s.StepLR(fresh(), 2).get_lr(), s.LambdaLR(fresh(), lambda e: 0.5).get_lr(), cyclic.get_lr())
print(isinstance(s.ReduceLROnPlateau(fresh()), s.LRScheduler), sorted(s.ReduceLROnPlateau(fresh()).state_dict()))
restarts = s.CosineAnnealingWarmRestarts(o, 2, 2)
for epoch in (0.5, 1.75, 3, 6.5):
    restarts.step(epoch)
    print(restarts.T_cur, restarts.T_i, restarts.get_last_lr())
"""
    )


def test_a_plateau_of_more_groups_than_before(same: Callable[[str], None]) -> None:
    same(
        HEAD
        + """
for least in (0.1, [0.1]):
    o = fresh()
    made = s.ReduceLROnPlateau(o, patience=0, min_lr=least)
    o.add_param_group({"params": [torch.ones(1)]})
    print([attempt(lambda: made.step(1.0)) for _ in range(3)], [group["lr"] for group in o.param_groups])
"""
    )
