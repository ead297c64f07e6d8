"""Generators for the nodes of the graph: names and edges of many operators, nodes called, gradients by edge."""

from __future__ import annotations

from inspect import cleandoc

from gradconform.generate.spoken import spoken

_START = cleandoc("""
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    w = torch.tensor([[0.5, -1.0], [2.0, 1.0]], requires_grad=True)
    c = torch.ones(2, 2)
""")
_OF_ONE = (
    "$a * 2",
    "$a + 1",
    "1 - $a",
    "3 / $a",
    "$a / 4",
    "$a ** 2",
    "2 ** $a",
    "-$a",
    "$a.exp()",
    "$a.sum()",
    "$a.sum(0)",
    "$a.mean()",
    "$a.mean(1)",
    "$a.prod()",
    "$a.amax(0)",
    "$a.max(1)[0]",
    "$a.min()",
    "$a.abs()",
    "$a.relu()",
    "$a.clamp(-1, 1)",
    "$a.clamp(min=0)",
    "$a.t()",
    "$a.view(4)",
    "$a.reshape(1, 4)",
    "$a[0]",
    "$a[:, 1]",
    "$a[:, :1]",
    "$a.unsqueeze(0)",
    "$a.expand(3, 2, 2)",
    "$a.permute(1, 0)",
    "$a.flip(0)",
    "$a.cumsum(0)",
    "$a.tril()",
    "$a.diagonal()",
    "$a.double()",
    "$a.clone()",
    "$a.sqrt()",
    "$a.sigmoid()",
    "$a.tanh()",
    "$a.log_softmax(0)",
    "$a.detach()",
    "$a.square()",
    "$a.reciprocal()",
    "$a.masked_fill($a > 1, 0)",
    "$a.index_select(0, torch.tensor([1, 0]))",
    "$a.norm()",
    "$a.var()",
    "$a.unbind()[1]",
    "$a.split(1)[0]",
    "$a.roll(1)",
    "$a.repeat(1, 2)",
)
_OF_TWO = (
    "$a + $b",
    "$a * $b",
    "$a - $b",
    "$a / $b",
    "$a ** $b",
    "$a @ $b",
    "torch.maximum($a, $b)",
    "torch.where($a > $b, $a, $b)",
    "torch.cat([$a, $b])",
    "torch.stack([$a, $b], 1)",
    "torch.add($a, $b, alpha=2)",
    "torch.addcmul($a, $b, $b)",
    "torch.lerp($a, $b, 0.5)",
    "torch.atan2($a, $b)",
)
_OPERANDS = ("x", "w", "c", "(x + w)", "(x * 2)")

NAMES = spoken(
    "y$n = $one\nprint(y$n.grad_fn, y$n.requires_grad)\nobserve(y$n)",
    start=_START,
    one=(*_OF_ONE, *_OF_TWO),
    a=_OPERANDS,
    b=_OPERANDS,
)

EDGES = spoken(
    cleandoc("""
        y$n = $one
        z$n = y$n * 2
        print([(node and node.name(), number) for node, number in z$n.grad_fn.next_functions])
        observe(y$n, z$n)
    """),
    start=_START,
    one=(*_OF_TWO, *_OF_ONE),
    a=_OPERANDS,
    b=_OPERANDS,
)

CALLS = spoken(
    "y$n = $one\nprint(y$n.grad_fn($given))\nobserve(x, w, y$n)",
    start=_START,
    one=tuple(text for text in (*_OF_ONE, *_OF_TWO) if "unbind" not in text and "split" not in text),
    given=("torch.ones_like(y$n)", "y$n.detach() * 2", "torch.ones_like(y$n), None", "", "torch.zeros_like(y$n)"),
    a=("x", "w", "(x + w)", "(x * 2)"),
    b=_OPERANDS,
)

EDGE = spoken(
    cleandoc("""
        a$n = $one
        e$n = torch.autograd.graph.get_gradient_edge(a$n)
        y$n = (a$n * a$n).sum()
        $run
        observe(x, w, a$n)
    """),
    start=_START,
    one=("x * 2", "x * w", "w + 1", "x", "x @ w", "w.sum()", "x[0]", "x.unbind()[1]", "c"),
    run=(
        "print(torch.autograd.grad(y$n, e$n))",
        "print(torch.autograd.grad(y$n, [e$n, a$n]))",
        "torch.autograd.backward(e$n, torch.ones_like(a$n))",
        "y$n.backward(inputs=[torch.autograd.graph.get_gradient_edge(x)])",
        "torch.autograd.backward([e$n, y$n], [torch.ones_like(a$n), None])",
        "print(e$n.output_nr, e$n.node is a$n.grad_fn)",
    ),
)
