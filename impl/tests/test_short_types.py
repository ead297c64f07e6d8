"""float16 and bfloat16 to the last bit: casts, numbers, reductions into a type, kernels that round in steps."""

from __future__ import annotations

import pytest

TIES = """
    import numpy as np
    near = np.abs(np.random.default_rng(0).standard_normal(400) * 1000).astype(np.float16)
    between = (near.astype(np.float64) + np.nextafter(near, np.float16(np.inf)).astype(np.float64)) / 2
    ties = between * (1 + np.random.default_rng(1).choice([-1, 1], 400) * 1e-9)  # float32 cannot tell them from the tie
    numbers, doubles, zeros = ties.tolist(), torch.tensor(ties), torch.zeros(400, dtype=torch.float16)
    one = torch.zeros(1, dtype=torch.float16)
"""
CASTS = (
    "doubles.half()", "doubles.to(torch.float16)", "torch.tensor(numbers, dtype=torch.float16)",
    "torch.tensor(ties, dtype=torch.float16)", "torch.as_tensor(ties, dtype=torch.float16)",
    "torch.zeros(400, dtype=torch.float16).copy_(doubles)", "zeros.clone().add_(doubles)",
    "doubles.new_tensor(numbers).half()", "torch.mul(doubles, 1.0, out=torch.empty(400, dtype=torch.float16))",
    "zeros.masked_scatter(zeros == 0, doubles.half())", "torch.where(zeros == 0, doubles, 0.0).half()",
    "torch.maximum(zeros, doubles[0])", "zeros + doubles[0]", "zeros * doubles[0]",
    "torch.autograd.grad(one.requires_grad_().double() * doubles[0], one)[0]",
)  # fmt: skip
WITH_NUMBER = (
    "one.clone().fill_(v)", "torch.full((1,), v, dtype=torch.float16)", "torch.full_like(one, v)",
    "one.new_full((1,), v)", "one + v", "v + one", "one - v", "v - one", "one[0] + v", "one.clone().add_(v)",
    "torch.add(one, one + 1, alpha=v)", "(one + 1) * v", "(one + 1) / v", "v / (one + 1)",
    "one.masked_fill(one == 0, v)", "torch.where(one == 0, v, one)", "one.index_fill(0, torch.tensor([0]), v)",
    "one.scatter(0, torch.tensor([0]), v)", "one.clamp(min=v)", "torch.arange(v, v + 2, dtype=torch.float16)",
    "torch.linspace(0, v, 4, dtype=torch.float16)", "torch.nan_to_num(one / 0, v)",
    "torch.scalar_tensor(v, dtype=torch.float16)", "(one + 5000) // (v / 100)", "(one + 5000) % (v / 100)",
    "torch.fmod(one + 5000, v / 100)", "torch.xlogy(one + 1, v)", "one + v == v",
    "torch.nn.functional.pad(one, (1, 0), value=v)", "torch.nn.functional.hardtanh(one, v, v + 1)",
    "torch.renorm(one.view(1, 1) + 60000, 2, 0, v)", "one.clone().view(1, 1).fill_diagonal_(v)",
)  # fmt: skip


@pytest.mark.parametrize("call", CASTS)
def test_float16_is_made_by_way_of_float32(same, call):
    same(TIES + f"    print(({call}).tolist())\n")


@pytest.mark.parametrize("call", WITH_NUMBER)
def test_numbers_are_rounded_as_pytorch_rounds_them(same, call):
    same(TIES + f"    print([({call}).tolist() for v in numbers])\n")


def test_an_element_is_assigned_by_way_of_float32(same):
    same(
        TIES
        + """
    for i, v in enumerate(numbers):
        zeros[i] = v
    print(zeros.tolist())
    zeros[:] = doubles
    print(zeros.tolist())
    """
    )


KINDS = ("float64", "float32", "float16", "bfloat16")
REDUCED = ("sum({dtype})", "sum(0, {dtype})", "mean({dtype})", "mean(1, {dtype})", "nansum({dtype})", "prod({dtype})",
           "prod(0, {dtype})", "cumsum(0, {dtype})", "cumprod(1, {dtype})")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("into", KINDS[2:])
def test_reductions_cast_before_they_add(same, kind, into):
    if "bfloat16" in (kind, into):
        pytest.importorskip("ml_dtypes")
    lines = [f"    print(x.{call.format(dtype=f'dtype=torch.{into}')}.tolist())" for call in REDUCED]
    same(
        f"""
    import numpy as np
    random = np.random.default_rng(3)
    for _ in range(20):
        x = torch.tensor(random.standard_normal((3, 4)) * 2).to(torch.{kind})
    """
        + "\n    ".join(["", *lines])
    )


STEPS = (
    "torch.logit(p)", "torch.logit(p, 0.1)", "torch.special.entr(q)", "torch.xlogy(a, q)", "torch.xlogy(a, 3.3)",
    "torch.special.xlog1py(a, q)", "torch.ldexp(a, b)", "torch.nextafter(a, b)", "torch.nan_to_num(a / 0)",
    "torch.linalg.cross(a.view(-1, 3), b.view(-1, 3))", "F.mse_loss(a, b)", "F.mse_loss(a, b, reduction='none')",
    "F.smooth_l1_loss(a, b, beta=0.7)", "F.smooth_l1_loss(a, b, beta=3.3, reduction='none')",
    "F.huber_loss(a, b, delta=0.7)", "F.huber_loss(a, b, delta=3.3, reduction='none')",
    "torch.renorm(a.view(10, 6), 2, 0, 1.3)", "q[:7].rsqrt()", "q[:50].rsqrt()", "(1 + a / 100).prod()",
    "(1 + a / 100).view(10, 6).prod(0)", "(1 + a / 100).view(10, 6).t().prod()", "a ** 3", "3.3 / q",
    "torch.div(a, 3.3, rounding_mode='trunc')", "a // q", "F.softsign(a)", "F.tanhshrink(a)",
    "torch.add(a, b, alpha=0.7)",
    "torch.addr(a.view(10, 6), b[:10], b[10:16], beta=0.7, alpha=0.3)", "a.view(12, 5).softmax(0)",
    "torch.cat([a, b]).view(3, 40).softmax(0)", "a.view(3, 4, 5).softmax(1)", "a.view(10, 6).softmax(1)",
    "F.binary_cross_entropy(p, p.flip(0))", "slope(F.binary_cross_entropy, p, p.flip(0))", "slope(F.mse_loss, a, b)",
    "slope(F.glu, a)", "slope(F.softmax, a.view(10, 6), 0)", "slope(F.avg_pool2d, a.view(1, 1, 10, 6), 3, 2, 1)",
    "F.softshrink(a, 0.3)", "F.softshrink(a[::2], 0.3)", "torch.sub(a[::2], b[::2], alpha=0.7)",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS[2:])
@pytest.mark.parametrize("call", STEPS)
def test_kernels_round_in_steps_where_pytorch_does(same, call, kind):
    if kind == "bfloat16":
        pytest.importorskip("ml_dtypes")
    same(
        f"""
    import numpy as np
    F = torch.nn.functional
    random = np.random.default_rng(3)
    a, b = (torch.tensor(random.standard_normal(60) * 2).to(torch.{kind}) for _ in range(2))
    p = torch.tensor(random.random(60)).to(torch.{kind})
    q = a.abs() + 0.01

    def slope(function, x, *others):
        x = x.clone().requires_grad_()
        function(x, *others).sum().backward()
        return x.grad

    print(({call}).tolist())
    """
    )
