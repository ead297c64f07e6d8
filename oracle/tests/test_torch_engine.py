"""What is special about reading real PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gradoracle.compare import elements  # noqa: E402
from gradoracle.torch_engine import cpu, meta  # noqa: E402


@pytest.mark.parametrize(
    "tensor",
    [
        torch._efficientzerotensor(2),
        torch._efficientzerotensor(2)[1:],
        torch.tensor([1 + 2j]).conj(),
        torch.tensor([1 + 2j]).conj().imag,
        torch.ones(2, dtype=torch.bfloat16),
        torch.ones(2, 3).t(),
        torch.ones(2, requires_grad=True),
    ],
    ids=[
        "zero tensor",
        "view into a zero tensor",
        "lazy conjugate",
        "lazy negation",
        "bfloat16",
        "transposed",
        "requires grad",
    ],
)
def test_every_kind_of_tensor_can_be_read(tensor):
    fact = cpu().tensor_fact(tensor)

    wide = tensor.detach().clone().resolve_conj().resolve_neg()
    expected = (wide.float() if wide.dtype == torch.bfloat16 else wide).numpy()
    np.testing.assert_array_equal(expected, elements(fact))


def test_a_reset_leaves_the_dual_level():
    engine = cpu()
    forward_ad = engine.module.autograd.forward_ad
    forward_ad.enter_dual_level()
    forward_ad._set_fwd_grad_enabled(False)
    engine.reset()

    assert forward_ad._is_fwd_grad_enabled()
    assert forward_ad.enter_dual_level() == 0
    engine.reset()


def test_a_reset_puts_modes_back():
    engine = cpu()
    torch.set_grad_enabled(False)
    torch.set_default_dtype(torch.float64)
    torch.autograd.set_multithreading_enabled(False)
    if hasattr(torch.autograd, "enforce_grad_layout_policy"):
        torch.autograd.enforce_grad_layout_policy(False)

    engine.reset()

    assert (True, torch.float32) == (torch.is_grad_enabled(), torch.get_default_dtype())
    assert torch.autograd.is_multithreading_enabled()
    assert getattr(torch._C, "_is_grad_layout_enforcement_enabled", lambda: True)()


def test_what_torch_lacks_is_an_error_of_the_program():
    with pytest.raises(AttributeError, match="module 'torch' has no attribute 'no_such_thing'"):
        cpu().resolve("torch.no_such_thing")


def test_a_tensor_of_the_device_meta_has_a_shape_and_no_values():
    engine = meta()

    assert ("transformed", "torch.float32", (2, 3)) == engine.tensor_fact(engine.resolve("torch.ones")(2, 3))
