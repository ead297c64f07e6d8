"""Optimizers and schedules of rates: refgrad against PyTorch, live."""

import pytest

OPTIMIZERS = (
    "SGD(p, lr=0.1, momentum=0.9, nesterov=True)", "Adam(p, amsgrad=True)", "AdamW(p)", "RMSprop(p, momentum=0.5)",
    "Adagrad(p, lr_decay=0.1)", "Adadelta(p, weight_decay=0.1)", "Adamax(p, weight_decay=0.1)", "NAdam(p)",
    "NAdam(p, weight_decay=0.1, decoupled_weight_decay=True)", "RAdam(p, lr=0.1)", "RAdam(p, weight_decay=0.1)",
    "Rprop(p)", "Rprop(p, etas=(0.5, 0.9))", "ASGD(p, t0=2)", "ASGD(p, weight_decay=0.1)",
)  # fmt: skip


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_parameters_move_as_in_pytorch(same, optimizer):
    same(f"""
    p = [torch.tensor([0.5, -1.5, 2.0], dtype=torch.float64, requires_grad=True)]
    made = attempt(lambda: torch.optim.{optimizer})
    print(made)
    if not isinstance(made, str):
        for i in range(8):
            made.zero_grad()
            (p[0] ** 2 * torch.tensor([1.0, 0.5, -0.25 + 0.1 * i])).sum().backward()
            made.step()
            print([round(each * 1000) for each in p[0].tolist()])
    """)


SCHEDULERS = (
    "StepLR(o, 2)", "MultiStepLR(o, [1, 3])", "ExponentialLR(o, 0.5)", "LambdaLR(o, lambda e: 0.5 ** e)",
    "MultiplicativeLR(o, lambda e: 0.75)", "ConstantLR(o, 0.5, 3)", "LinearLR(o, total_iters=3)",
    "PolynomialLR(o, 4, 2.0)", "CosineAnnealingLR(o, 3)",
)  # fmt: skip


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_rates_change_as_in_pytorch(same, scheduler):
    same(f"""
    s = torch.optim.lr_scheduler
    o = torch.optim.SGD([torch.ones(2, requires_grad=True)], lr=0.8)
    made = s.{scheduler}
    for _ in range(7):
        print(round(o.param_groups[0]["lr"], 9), [round(each, 9) for each in made.get_last_lr()])
        o.step()
        made.step()
    """)


def test_a_plateau_lowers_the_rate(same):
    same("""
    o = torch.optim.SGD([torch.ones(2, requires_grad=True)], lr=0.8)
    made = torch.optim.lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=1)
    for number in (1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4, 0.4, 0.4):
        made.step(number)
        print(o.param_groups[0]["lr"])
    """)
