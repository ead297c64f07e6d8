"""`torch.amp.GradScaler`, `custom_fwd` and `custom_bwd`: refgrad against PyTorch, live."""

from __future__ import annotations

import pytest

BEFORE = """
    def made(**options):
        return torch.amp.GradScaler("cpu", **options)

    def with_loss(scaler, value=1.0, kind=torch.float32):
        w = torch.ones(2, dtype=kind, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=0.5)
        scaler.scale((w * w * value).sum()).backward()
        return w, optimizer
"""


def test_the_scale_grows_shrinks_and_is_set(same):
    same(
        BEFORE
        + """
    scaler = made(init_scale=4.0, growth_interval=2)
    print(scaler.state_dict(), scaler.scale([torch.ones(2), (torch.ones(1),)]))
    for value in (1.0, 2.0, float("inf"), 1.0):
        w, optimizer = with_loss(scaler, value)
        scaler.unscale_(optimizer)
        print(w.grad, w.grad._version, scaler._found_inf_per_device(optimizer))
        print(scaler.step(optimizer), w)
        scaler.update()
        print(scaler.state_dict(), scaler._scale, scaler._growth_tracker)
    for new in (16.0, torch.tensor(8.0), torch.ones(2), torch.ones((), requires_grad=True), "x", 3):
        print(attempt(lambda: scaler.update(new)), scaler.get_scale())
    """
    )


def test_what_comes_too_early_or_twice(same):
    same(
        BEFORE
        + """
    scaler = made()
    print(attempt(scaler.update), attempt(lambda: scaler.unscale_(None)), attempt(lambda: scaler.step(None)))
    w, optimizer = with_loss(scaler)
    print(attempt(lambda: scaler.step(torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=1.0))))
    print(attempt(scaler.update), attempt(lambda: scaler.step(optimizer, closure=lambda: 1)))
    print(attempt(lambda: scaler.unscale_(optimizer)), attempt(lambda: scaler.unscale_(optimizer)))
    print(attempt(lambda: scaler.step(optimizer)), attempt(lambda: scaler.step(optimizer)))
    print(attempt(lambda: scaler.unscale_(optimizer)))
    print(attempt(lambda: scaler.scale(3)), attempt(lambda: scaler.scale([1])))
    print(attempt(lambda: made(growth_factor=1.0)), attempt(lambda: made(backoff_factor=1.0)))
    print(attempt(lambda: made(init_scale="x").scale(torch.ones(1))))
    short, optimizer = with_loss(made(), kind=torch.float16)
    scaler.update()
    print(attempt(lambda: scaler.unscale_(optimizer)))
    """
    )


def test_states_are_kept_and_copied(same):
    same(
        BEFORE
        + """
    import copy
    import pickle
    scaler = made(init_scale=2.0)
    print(copy.deepcopy(scaler).state_dict(), attempt(lambda: scaler.load_state_dict({})))
    w, optimizer = with_loss(scaler)
    scaler.step(optimizer)
    print(attempt(lambda: pickle.dumps(scaler)))
    scaler.update(32.0)
    other = made()
    other.load_state_dict(scaler.state_dict())
    print(other.state_dict(), other.get_growth_factor(), other.get_backoff_factor(), other.get_growth_interval())
    other.set_growth_factor(3.0)
    other.set_backoff_factor(0.25)
    other.set_growth_interval(7)
    print(copy.deepcopy(other).state_dict(), other.is_enabled())
    """
    )


def test_a_scaler_that_does_nothing_and_the_older_names(same):
    same(
        BEFORE
        + """
    for scaler in (made(enabled=False), torch.amp.GradScaler(), torch.cuda.amp.GradScaler()):
        w, optimizer = with_loss(scaler)
        print(scaler.step(optimizer), w, scaler.update(), scaler.state_dict(), scaler.get_scale(), scaler.scale(3))
        print(scaler.load_state_dict({}), scaler._get_growth_tracker(), scaler.unscale_(optimizer))
    print(torch.cpu.amp.GradScaler(init_scale=2.0).state_dict(), torch.GradScaler is torch.amp.GradScaler)
    print(torch.cuda.amp.custom_fwd(lambda ctx: 1).__name__, torch.cuda.amp.custom_bwd(lambda ctx: 1).__name__)
    for block in (torch.cpu.amp.autocast(False), torch.cuda.amp.autocast()):
        with block:
            print(torch.is_autocast_enabled("cpu"))
    """
    )


def test_optimizers_that_unscale_by_themselves(same):
    same(
        BEFORE
        + """
    class Given(torch.optim.SGD):
        _step_supports_amp_scaling = True

        def step(self, closure=None, grad_scaler=None):
            print(grad_scaler._found_inf_per_device(self), self.param_groups[0]["params"][0].grad)
            return 7

    class Told(torch.optim.SGD):
        _step_supports_amp_scaling = True

        def step(self, closure=None):
            print(self.grad_scale, self.found_inf, self.param_groups[0]["params"][0].grad)
            return 8

    for kind in (Given, Told):
        for unscaled in (False, True):
            scaler, w = made(init_scale=2.0), torch.ones(1, requires_grad=True)
            optimizer = kind([w], lr=1.0)
            scaler.scale(w.sum()).backward()
            if unscaled:
                scaler.unscale_(optimizer)
            print(scaler.step(optimizer), hasattr(optimizer, "found_inf"), attempt(scaler.update))
    """
    )


def test_gradients_with_few_entries_are_unscaled(same):
    same(
        BEFORE
        + """
    table = torch.nn.Embedding(3, 2, sparse=True)
    scaler = made(init_scale=2.0)
    scaler.scale(table(torch.tensor([0, 0])).sum()).backward()
    scaler.unscale_(torch.optim.SGD(table.parameters(), lr=0.1))
    print(table.weight.grad)
    """
    )


FUNCTIONS = """
    class Double(torch.autograd.Function):
        @staticmethod
        @torch.amp.custom_fwd(device_type="cpu"{options})
        def forward(ctx, x, other=None):
            print(torch.is_autocast_enabled("cpu"), x.dtype, other, ctx._fwd_used_autocast, ctx._dtype)
            return x * 2

        @staticmethod
        @torch.amp.custom_bwd(device_type="cpu")
        def backward(ctx, grad):
            print(torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu"), grad.dtype)
            return grad * 2, None

    x = torch.ones(2, requires_grad=True)
    Double.apply(x, "text").sum().backward()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        made = Double.apply(x.bfloat16(), {{"a": x.detach().half(), "b": [x.detach().half(), 3]}})
    made.sum().backward()
    made = Double.apply(x.double())
    with torch.autocast("cpu"):
        made.sum().backward()
    print(x.grad)
"""


@pytest.mark.parametrize("options", ["", ", cast_inputs=torch.float32"])
def test_functions_run_forward_and_backward_in_the_same_block(same, options):
    pytest.importorskip("ml_dtypes")
    same(FUNCTIONS.format(options=options))


def test_a_device_type_is_a_string(same):
    same("""
    print(attempt(lambda: torch.amp.custom_fwd(device_type=3)), attempt(lambda: torch.amp.custom_bwd(device_type=3)))
    print(attempt(lambda: torch.amp.custom_fwd(lambda ctx: 1)))
    """)
