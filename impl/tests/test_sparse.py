"""Sparse tensors and sparse gradients: refgrad against PyTorch, live."""

import pytest

MADE = """
    i, v = torch.tensor([[0, 1, 1], [2, 0, 2]]), torch.tensor([3.0, 4.0, 5.0])
    s = torch.sparse_coo_tensor(i, v, (2, 3))
    r = torch.sparse_coo_tensor(torch.tensor([[0, 1], [0, 0]]), torch.tensor([1.0, 1.0]), (2, 3))
    u = torch.sparse_coo_tensor(torch.tensor([[1, 0, 0]]), torch.tensor([1.0, 1.0, 2.0]), (3,))
    d = torch.tensor([[0.0, 1.0, 0.0], [2.0, 0.0, 3.0]])
"""
SHOWN = (
    "s", "s.coalesce()", "u.coalesce()", "s.is_coalesced()", "s.indices()", "s._indices()", "s.coalesce().values()",
    "(s.shape, s.dim(), s.sparse_dim(), s.dense_dim(), s.layout, s.is_sparse, s.dtype, s._nnz(), s.numel())",
    "s.to_dense()", "d.to_sparse()", "d.to_sparse(1)", "s + r", "s + s", "u + u", "d + s", "s * 2", "s * d", "-s",
    "s / 2", "s @ d.t()", "torch.sparse.mm(s, d.t())", "torch.sparse.sum(s)", "s.t()", "s.clone()", "s.numpy()",
    "s.stride()", "s.untyped_storage()", "d.values()", "d.indices()", "d.coalesce()", "d.is_coalesced()",
    "d.to_dense() is d", "torch.sparse_coo_tensor(size=(2, 2))", "torch.sparse_coo_tensor(i, v, (2,))",
    "torch.sparse_coo_tensor(i, torch.ones(2), (2, 3))",
    "torch.sparse_coo_tensor(i + 5, v, (2, 3), check_invariants=True)",
    "torch.sparse_coo_tensor(torch.tensor([[0, 2]]), torch.ones(2, 2), (3, 2))",
)  # fmt: skip


@pytest.mark.parametrize("shown", SHOWN)
def test_a_sparse_tensor_shows_what_pytorch_shows(same, shown):
    same(MADE + f"    print(attempt(lambda: {shown}))")


LEAF = """
    import warnings
    F = torch.nn.functional
    w, at = torch.ones(4, 2, requires_grad=True), torch.tensor([1, 1, 3])
    def rows(**options):
        return F.embedding(at, w, **options)
"""
GRADIENTS = (
    "rows(sparse=True).sum().backward()",
    "rows(sparse=True).sum().backward(); rows(sparse=True).sum().backward()",
    "rows(sparse=True).sum().backward(); (w * 2).sum().backward()",
    "(w * 2).sum().backward(); g = w.grad; rows(sparse=True).sum().backward(); print(g is w.grad)",
    "(rows(sparse=True).sum() + rows(sparse=True).sum()).backward()",
    "(rows(sparse=True).sum() + (w * w).sum()).backward()",
    "torch.gather(w, 0, torch.tensor([[1, 1], [3, 3]]), sparse_grad=True).sum().backward()",
    "rows(sparse=True, padding_idx=1).sum().backward()", "rows(scale_grad_by_freq=True).sum().backward()",
    "print(attempt(lambda: rows(sparse=True, scale_grad_by_freq=True).sum().backward()))",
    "print(torch.autograd.grad(rows(sparse=True).pow(2).sum(), w, create_graph=True))",
    "F.embedding_bag(at, w, torch.tensor([0, 2]), mode='mean', sparse=True).sum().backward()",
    "w.register_hook(lambda g: g * 2); rows(sparse=True).sum().backward()",
    "torch.sparse.mm(torch.eye(4).to_sparse(), w).sum().backward()",
    "w.to_sparse().to_dense().sum().backward()", "rows(max_norm=0.5).sum().backward(); print(w)",
    "rows(sparse=True).sum().backward(); torch.optim.SGD([w], lr=0.5).step(); print(w)",
    "rows(sparse=True).sum().backward(); torch.optim.SGD([w], lr=0.5).zero_grad(set_to_none=False)",
)  # fmt: skip


@pytest.mark.parametrize("program", GRADIENTS)
def test_a_sparse_gradient_arrives_as_in_pytorch(same, program):
    same(LEAF + f"    {program}\n    print(w.grad)")


def test_the_gradient_of_a_sparse_leaf_has_its_places(same):
    same(MADE + "    s.requires_grad_()\n    (s.to_dense() * 2).sum().backward()\n    print(s, s.grad)")


@pytest.mark.parametrize("options", ["mode='sum'", "mode='mean'", "mode='max'", "mode='mean', padding_idx=1",
                                     "mode='sum', per_sample_weights=p"])  # fmt: skip
def test_bags_of_rows(same, options):
    same(f"""
    w, p = torch.arange(1.0, 11.0).reshape(5, 2).requires_grad_(), torch.tensor([1.0, 2.0, 0.5, 3.0])
    made = torch.nn.functional.embedding_bag(torch.tensor([1, 1, 3, 0]), w, torch.tensor([0, 2, 2]), {options})
    made.backward(torch.arange(6.0).reshape(3, 2))
    print(made, w.grad)
    """)


@pytest.mark.parametrize("offsets", ["0, 2, 4", "0, 2", "0, 0", "0, 1, 1"])
@pytest.mark.parametrize("kind", ["int32", "int64"])
def test_bags_whose_last_offset_is_an_end(same, offsets, kind):
    """Of sums and means alone; with a row that is left out it is none."""
    same(f"""
    w, at = torch.arange(6.0).reshape(3, 2), torch.tensor([0, 1, 2, 1], dtype=torch.{kind})
    for recorded in (False, True):
        for mode, padding in ((0, None), (0, 1), (1, None), (1, 1), (2, None), (2, 1)):
            weights = torch.tensor([1.0, 2.0, 3.0, 4.0]) if mode == 0 else None
            given = (False, mode, False, weights, True, padding)
            print(torch.embedding_bag(w.clone().requires_grad_(recorded), at, torch.tensor([{offsets}]), *given))
    """)
