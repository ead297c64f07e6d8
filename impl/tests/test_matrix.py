"""Products of vectors and matrices against PyTorch: values, decompositions, gradients twice, errors."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
sys.path.append(str(Path(__file__).parent))

from facts import Input, cases, check, check_all, named, ramp

SHAPES = [
    ((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((2, 4, 3), (3,)), ((3,), (2, 3, 4)),
    ((2, 4, 3), (3, 5)), ((5, 3), (2, 3, 4)), ((2, 4, 3), (2, 3, 5)), ((1, 4, 3), (2, 3, 5)),
    ((2, 4, 3), (1, 3, 5)), ((1, 4, 3), (1, 3, 5)), ((2, 1, 4, 3), (2, 3, 5)), ((2, 1, 4, 3), (1, 2, 3, 2)),
    ((2, 2, 4, 3), (3, 2)), ((2, 2, 4, 3), (3,)), ((1, 1, 4, 3), (2, 3, 5)), ((2, 2, 4, 3), (1, 3, 5)),
    ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((0, 4, 3), (3, 5)), ((1, 3), (3, 1)), ((1, 1), (1, 1)), ((2, 3), (2, 3)),
    ((3,), (2,)), ((2, 3), (2,)), ((2, 2, 3), (2, 2, 3)), ((2, 2, 3), (3, 3, 2)), ((), (3,)), ((2, 3), ()),
    ((3,), (2, 3)),
]  # fmt: skip

PRODUCTS = """
x.mm(y.t()) | x.t().mm(y) | x.mv(y[0]) | x.t().mv(y[:, 0]) | x[0].dot(y[0]) | x[0].vdot(y[0]) | x[0].outer(y[1])
t.ger(x[0], y[0]) | t.inner(x, y) | t.inner(x[0], y[0]) | t.inner(x, y[0]) | t.inner(x[0, 0], y) | x @ y.t()
x.matmul(y[0]) | x.t() @ y | t.kron(x, y) | t.kron(x, y[0]) | t.kron(x[0, 0], y) | t.tensordot(x, y)
t.tensordot(x, y, 0) | t.tensordot(x, y, ([1], [1])) | t.tensordot(x, y, ([0], [0])) | t.tensordot(x, y.t(), 1)
t.tensordot(x[0], y[0], 1) | t.tensordot(x, y[0], ([1], [0])) | t.tensordot(x, y, ([0, 1], [0]))
t.tensordot(x, y, 1) | t.tensordot(x, y, 5) | t.tensordot(x, y, ([1, 0], [1, 0])) | x[:, :2].trace() | x.trace()
x[0].trace() | x.mm(y) | x.mm(y[0]) | x.mm(y.t().float()) | x.mv(y) | x.mv(y[0, :2]) | x.mv(y[0].float())
x[0].dot(y) | x[0].dot(y[0, :2]) | x[0].dot(y[0].float()) | x[0].outer(y) | t.inner(x, y[0, :2]) | x.bmm(y)
x.mm(x.t()) | x[:1].mm(y[:1].t())
"""

ADDED = """
t.addmm(z, x, y) | t.addmm(z, x, y, beta=2, alpha=3) | t.addmm(z[0], x, y) | t.addmm(z, x, y, beta=0) | z.addmm(x, y)
z.clone().addmm_(x, y) | t.addmv(z[:, 0], x, y[:, 0]) | t.addmv(z[:, 0], x, y[:, 0], beta=2, alpha=0.5)
t.addmv(z[0, 0], x, y[:, 0]) | t.addr(z, x[:, 0], y[0]) | t.addr(z, x[:, 0], y[0], beta=2, alpha=3)
t.baddbmm(z[None], x[None], y[None]) | t.baddbmm(z[None], x[None], y[None], beta=2, alpha=3)
t.addbmm(z, x[None].expand(2, 2, 3), y[None].expand(2, 3, 4)) | t.addbmm(z, x[None], y[None], beta=2, alpha=3)
x[None].bmm(y[None]) | t.bmm(x[None], y[None]) | t.addmm(z, x, x) | t.addmm(z[:, :3], x, y) | t.addmm(z, x[0], y)
t.addmm(z.float(), x, y) | x[None].bmm(x[None]) | x[None].bmm(y) | t.addmv(z, x, y[:, 0]) | t.addr(z, x, y[0])
"""

EINSUM = """
t.einsum("ij,jk", x, y.t()) | t.einsum("ij,kj->ik", x, y) | t.einsum("ij,jk->ki", x, y.t())
t.einsum("ij,ij->", x, y) | t.einsum("ij,ij->ij", x, y) | t.einsum("ij,kj->ikj", x, y) | t.einsum("ij->ji", x)
t.einsum("ij->", x) | t.einsum("ij->i", x) | t.einsum("i,j->ij", x[0], y[1]) | t.einsum("i,i->", x[0], y[0])
t.einsum("ii->i", x[:, :2]) | t.einsum("ii", x[:, :2]) | t.einsum("bij,bjk->bik", x[None], y.t()[None])
t.einsum("...ij,...jk->...ik", x[None], y.t()[None]) | t.einsum("ij,jk,kl->il", x, y.t(), x)
t.einsum("ij,j", x, y[0]) | t.einsum("ij,j->j", x, y[0]) | t.einsum("ij->ki", x) | t.einsum("ij,jk", x)
t.einsum("i", x) | t.einsum("ij,j", x, y[0, :2]) | t.einsum("ij , jk -> ik", x, y.t())
t.einsum("i,ij,j->", x[:, 0], x, y[0]) | t.einsum("...->...", x)
"""


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("which", ["both", "first", "second"])
def test_matmul(shapes: tuple[tuple[int, ...], tuple[int, ...]], which: str) -> None:
    first, second = shapes
    given = (ramp(*first, requires_grad=which != "second"), ramp(*second, requires_grad=which != "first"))
    check_all("x @ y", *given)


@pytest.mark.parametrize(
    "code", ["x.transpose(1, 2) @ y", "x.transpose(1, 2) @ y.detach()", "x.transpose(0, 1) @ y.detach()"]
)
def test_matmul_of_turned_batches(code: str) -> None:
    check_all(code, ramp(3, 3, 3), ramp(3, 3))
    check_all(code, ramp(3, 3, 3), ramp(3))


@pytest.mark.parametrize("code", cases(PRODUCTS))
def test_products(code: str) -> None:
    check_all(code, ramp(2, 3), ramp(2, 3))


@pytest.mark.parametrize("code", cases(ADDED))
def test_sums_of_products(code: str) -> None:
    check_all(code, ramp(2, 3), ramp(3, 4), ramp(2, 4))


@pytest.mark.parametrize("code", cases(EINSUM))
def test_einsum(code: str) -> None:
    check_all(code, ramp(2, 3), ramp(2, 3))


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@pytest.mark.parametrize(
    "code", ["x @ y", "x.mv(y[:, 0])", "x[0].dot(y[:, 0])", "t.outer(x[0], y[0])", "x[:, :2].trace()"]
)
def test_other_types(code: str, dtype: str) -> None:
    check(named(code), ramp(2, 3, dtype=dtype), ramp(3, 2, dtype=dtype))


@pytest.mark.parametrize("shape", [(2, 3), (3,), (2, 2, 3), (2, 2, 2, 3)], ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_linear(shape: tuple[int, ...], bias: bool) -> None:
    code = "t.nn.functional.linear(x, y, z)" if bias else "t.nn.functional.linear(x, y)"
    inputs: list[Input] = [ramp(*shape), ramp(4, 3), ramp(4)]
    check_all(code, *inputs)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [1, 2, 3, 200])
@pytest.mark.parametrize("columns", [1, 2, 150])
def test_zeros_of_a_column_times_a_row(same: Any, dtype: str, rows: int, columns: int) -> None:
    same(f"""
    x = torch.tensor([[(-1.0) ** i * (i % 3)] for i in range({rows})], dtype=torch.{dtype}, requires_grad=True)
    y = torch.tensor([[-(i % 4) / 2 for i in range({columns})]], dtype=torch.{dtype}, requires_grad=True)
    z = x @ y
    z.sum().backward()
    weight = torch.tensor([[-0.0]] * {rows}, dtype=torch.{dtype}, requires_grad=True)
    (weight.t() @ x).sum().backward()
    for each in (z, x.grad, y.grad, weight.grad):
        print(each.signbit().tolist(), each.tolist() if each.numel() < 100 else each.sum())
    """)


def test_vector_products_without_a_dimension_and_of_wrong_sizes(same: Any) -> None:
    same("""
        print(torch.cross(torch.arange(6.0).view(3, 2), torch.ones(3, 2)))
        for one, other in (((2,), (2,)), ((), ()), ((3,), (2, 3)), ((3, 2), (2, 3))):
            print(attempt(lambda: torch.cross(torch.ones(one), torch.ones(other))))
        print(attempt(lambda: torch.linalg.cross(torch.ones(2, 3), torch.ones(2, 3), dim=5)))
    """)


def test_tangents_of_complex_singular_vectors(same: Callable[..., None]) -> None:
    same("""
    torch.manual_seed(2)
    mode = torch.autograd.forward_ad
    for shape in ((3, 3), (4, 2), (2, 4), (2, 2, 3)):
        a, moving = torch.randn(*shape, dtype=torch.complex128), torch.randn(*shape, dtype=torch.complex128)
        for full in (False, True):
            with mode.dual_level():
                for each in torch.linalg.svd(mode.make_dual(a, moving), full_matrices=full):
                    print(mode.unpack_dual(each).tangent)
    """)
