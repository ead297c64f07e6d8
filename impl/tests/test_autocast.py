"""Automatic casts: refgrad against PyTorch, live."""

import pytest

pytest.importorskip("ml_dtypes")

BEFORE = """
    F = torch.nn.functional
    a = torch.tensor([[0.5, -1.25], [2.0, 0.75]], requires_grad=True)
    b = torch.tensor([[1.5, 0.25], [-0.5, 1.0]], requires_grad=True)
    image, kernel = torch.arange(16.0).reshape(1, 1, 4, 4), torch.ones(1, 1, 2, 2, requires_grad=True)
    short = torch.bfloat16
"""
CALLS = (
    "a @ b", "torch.mm(a, b)", "a.mm(b)", "torch.bmm(a[None], b[None])", "torch.mv(a, b[0])", "torch.addmm(a, a, b)",
    "F.linear(a, b)", "F.linear(a, b, b[0])", "F.conv2d(image, kernel)", "a + b", "a.exp()", "a.softmax(0)[0]",
    "F.mse_loss(a, b)", "a.sum()", "torch.cat([a, a.bfloat16()])", "a.double() @ b.double()",
    "torch.einsum('ij,jk->ik', a, b)", "a.bfloat16() + b", "torch.dot(a[0], b[0])",
    "F.mse_loss(a.bfloat16(), b.bfloat16())",
    "a.bfloat16().prod()", "F.cross_entropy(a.bfloat16(), torch.tensor([0, 1]))", "torch.linalg.inv(a.bfloat16())",
    "torch.ones(2, 2).long() @ torch.ones(2, 2).long()", "F.gelu(a)",
)  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_operands_are_cast_as_in_pytorch(same, call):
    same(
        BEFORE
        + f"""
    with torch.autocast("cpu", dtype=short):
        made = {call}
        print(made)
    if made.requires_grad:
        made.sum().backward()
        print(a.grad, b.grad, kernel.grad)
    """
    )


def test_blocks_nest_end_and_are_remembered_by_checkpoints(same):
    same(
        BEFORE
        + """
    checkpoint = torch.utils.checkpoint.checkpoint
    print(torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu"))
    with torch.autocast("cpu"):
        print(torch.is_autocast_enabled(), torch.is_autocast_enabled("cpu"), (a @ b).dtype)
        first, second = torch.mm(a, b), torch.mm(a, b)
        print(first.grad_fn.next_functions[0][0] is second.grad_fn.next_functions[0][0])
        with torch.autocast("cpu", enabled=False):
            print((a @ b).dtype)
        again = checkpoint(lambda x: x @ x, a, use_reentrant=False)
    print((a @ b).dtype, again.dtype)
    again.sum().backward()
    print(a.grad)

    @torch.amp.autocast("cpu", dtype=torch.float16)
    def product(x):
        return x @ x

    print(product(a).dtype)
    print(attempt(lambda: torch.autocast("cpu", dtype=torch.float64)._enabled), attempt(lambda: torch.autocast("foo")))
    print(attempt(lambda: torch.autocast(5)), attempt(lambda: torch.autocast("cuda")._enabled))
    """
    )
