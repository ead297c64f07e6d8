"""Generators for broadcasting: pairs of shapes that fit or do not, expansions, products, choices and sums."""

from __future__ import annotations

from inspect import cleandoc

from gradconform.generate.spoken import spoken

_OPERANDS = (
    "torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)",
    "torch.tensor([1.0, -1.0], requires_grad=True)",
    "torch.tensor(2.0, requires_grad=True)",
    "torch.tensor([[1.0], [0.5]], requires_grad=True)",
    "torch.tensor([[3.0, 4.0]], requires_grad=True)",
    "torch.tensor([2.0], requires_grad=True)",
    "torch.tensor([[[1.0], [2.0]], [[3.0], [-4.0]], [[0.0], [1.0]]], requires_grad=True)",
    "torch.tensor([[[1.0, 2.0]]], requires_grad=True)",
    "torch.zeros(0, 2, requires_grad=True)",
    "torch.tensor([1.0, 2.0, 3.0], requires_grad=True)",
    "torch.tensor([[1.0, 2.0]])",
    "torch.zeros(2, 0, requires_grad=True)",
    "torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)",
)

PAIRS = spoken(
    cleandoc("""
        a$n = $one
        b$n = $two
        y$n = $both
        y$n.sum().backward()
        observe(a$n, b$n, y$n)
    """),
    one=_OPERANDS,
    two=_OPERANDS,
    both=(
        "a$n + b$n",
        "a$n * b$n",
        "a$n - b$n",
        "b$n - a$n * 2",
        "torch.maximum(a$n, b$n)",
        "torch.add(a$n, b$n, alpha=2)",
        "a$n * b$n * a$n",
        "torch.where(a$n > b$n, a$n, b$n)",
    ),
)

_STRETCHED = tuple(text for text in _OPERANDS if "(2.0," not in text)
"""Not those without dimensions: PyTorch 2.13.0 takes a size of -1 for them and gives a tensor of that size."""

EXPANDS = spoken(
    cleandoc("""
        a$n = $one
        y$n = $wide
        (y$n * $weight).sum().backward()
        observe(a$n, y$n)
    """),
    one=_STRETCHED,
    wide=(
        "a$n.expand(2, 2)",
        "a$n.expand(3, -1, 2)",
        "a$n.expand(2, 3, 2, 2)",
        "a$n.expand_as(torch.ones(2, 2))",
        "torch.broadcast_to(a$n, (3, 2, 2))",
        "torch.broadcast_tensors(a$n, torch.ones(3, 1, 2))[0]",
        "a$n.sum_to_size(1)",
        "a$n.sum_to_size(1, 2)",
        "a$n.sum_to_size(())",
        "a$n.expand(-1)",
        "a$n.expand(3, 2, -1)",
        "a$n.unsqueeze(0).expand(4, 2, 2)",
    ),
    weight=("1", "2", "torch.tensor([1.0, 10.0])", "torch.tensor([[1.0], [3.0]])"),
)

_MATRICES = (
    "torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)",
    "torch.tensor([1.0, -1.0], requires_grad=True)",
    "torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)",
    "torch.tensor([[1.0], [2.0]], requires_grad=True)",
    "torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[0.5, 1.0], [0.0, -1.0]]], requires_grad=True)",
    "torch.tensor([[[[1.0, 2.0]]], [[[3.0, 4.0]]]], requires_grad=True)",
    "torch.tensor([1.0, 2.0, 3.0], requires_grad=True)",
    "torch.tensor(2.0, requires_grad=True)",
    "torch.zeros(0, 2, requires_grad=True)",
    "torch.tensor([[1.0, 0.0], [2.0, 1.0], [3.0, -1.0]], requires_grad=True)",
)

PRODUCTS = spoken(
    cleandoc("""
        a$n = $one
        b$n = $two
        y$n = $both
        (y$n * $factor).sum().backward()
        observe(a$n, b$n, y$n)
    """),
    one=_MATRICES,
    two=_MATRICES,
    both=("a$n @ b$n", "torch.matmul(a$n, b$n)", "b$n @ a$n", "a$n.matmul(b$n.mT)", "a$n @ b$n @ b$n"),
    factor=("1", "2", "torch.tensor([1.0, 3.0])"),
)

CHOICES = spoken(
    cleandoc("""
        a$n = $one
        b$n = $two
        y$n = torch.where($test, a$n, b$n)
        (y$n * $factor).sum().backward()
        observe(a$n, b$n, y$n)
    """),
    one=_OPERANDS,
    two=_OPERANDS,
    test=(
        "torch.tensor([[True], [False]])",
        "torch.tensor([True, False])",
        "torch.tensor(True)",
        "a$n > 1",
        "b$n <= 1",
        "torch.tensor([[[True]], [[False]], [[True]]])",
    ),
    factor=("1", "-2", "torch.tensor([1.0, 3.0])"),
)

SUMS = spoken(
    cleandoc("""
        x$n = $one
        y$n = $total
        (y$n * $factor).sum().backward()
        observe(x$n, y$n)
    """),
    one=_OPERANDS,
    total=(
        "x$n.sum()",
        "x$n.sum(0)",
        "x$n.sum(-1)",
        "x$n.sum(-1, keepdim=True)",
        "x$n.sum((0, 1))",
        "x$n.sum((0, -1), keepdim=True)",
        "x$n.sum([])",
        "x$n.mean()",
        "x$n.mean(0)",
        "x$n.mean(-1, keepdim=True)",
        "x$n.sum(2)",
        "x$n.sum((0, 0))",
        "x$n.nansum(0)",
    ),
    factor=("1", "3", "-0.5"),
)
