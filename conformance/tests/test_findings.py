"""The register of known divergences: every entry is reproduced, and its pattern knows what it may explain."""

from __future__ import annotations

import re

import pytest

from gradconform.catalogue import patterns
from gradconform.catalogue.findings import FINDINGS, Finding, Kind, explaining, told
from gradconform.catalogue.places import only_signs_of_zeros
from gradoracle.compare import Difference
from gradoracle.parse import parse_program
from gradoracle.trace import LEVELS, Step, Trace
from gradoracle.worker import Worker

EVERY = [pytest.param(one, id=one.id) for one in FINDINGS]
VERSION = "2.13.0"
ISSUE = re.compile(r"https://github\.com/pytorch/pytorch/(issues|pull)/(\d+)")


@pytest.fixture(scope="module")
def oracle():
    torch = pytest.importorskip("torch")
    if torch.__version__.partition("+")[0] != VERSION:
        pytest.skip(f"outcomes are recorded for PyTorch {VERSION}")
    with Worker("gradoracle.torch_engine:cpu") as worker:
        yield worker


def test_ids_are_unique() -> None:
    assert len({one.id for one in FINDINGS}) == len(FINDINGS)


@pytest.mark.parametrize("finding", EVERY)
def test_entries_are_complete(finding: Finding) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", finding.id)
    assert finding.statement.endswith(".")
    assert not finding.title.endswith(".")
    assert isinstance(finding.kind, Kind)
    assert finding.outcome
    assert finding.explains
    assert set(finding.explains) <= {*LEVELS, "crash"}
    match = ISSUE.fullmatch(finding.issue)
    assert match or not finding.issue
    if finding.id.startswith("pytorch-"):
        assert match
        assert finding.id == f"pytorch-{match[2]}"


@pytest.mark.parametrize("finding", EVERY)
def test_outcomes_are_what_pytorch_does(finding: Finding, oracle: Worker) -> None:
    assert told(oracle.run(parse_program(finding.program))) == finding.outcome[f"torch:cpu {VERSION}"]


@pytest.mark.parametrize("finding", EVERY)
def test_a_finding_may_explain_its_own_program(finding: Finding) -> None:
    program = parse_program(finding.program)
    for difference in finding.explains:
        assert finding in explaining(program, difference)


def test_only_crashes_and_what_refgrad_declines_are_not_copied() -> None:
    declined = [one.id for one in FINDINGS if "crash" in one.explains or one.kind is Kind.DECLINED]

    assert [one.id for one in FINDINGS if not one.copied] == declined


PLAIN = """
x = torch.tensor([1.0, 2.0], requires_grad=True)
w = torch.tensor([3.0, 4.0], requires_grad=True)
y = (x * w).sum()
y.backward(retain_graph=True)
torch.autograd.grad(y, [x, w])
"""


@pytest.mark.parametrize("difference", [*LEVELS, "crash"])
def test_nothing_explains_a_plain_program(difference: str) -> None:
    assert explaining(parse_program(PLAIN), difference) == ()


def test_told_is_prints_errors_and_the_end() -> None:
    steps = (
        Step((0,), ("value", ("none",)), (), (("print", "one"), ("call", "f"), ("print", "two"))),
        Step((1,), ("error", "ValueError", "three")),
    )
    assert told(Trace(steps)) == "one\ntwo\nValueError: three"
    assert told(Trace(steps[1:], ("crash", "SIGSEGV"))) == "ValueError: three\ncrash SIGSEGV"


LEAF = "x = torch.ones(4, requires_grad=True)\nb = x * 2\n"

HOLDS = {
    "reads_a_view_of_a_gradient": [
        "b.sgn().sum().backward()\nx.grad[1:].tolist()",
        "g = torch.autograd.grad(x.sgn().sum(), x)[0].view(2, 2)\nh = g.t()[1]\nh.numpy(force=True)",
    ],
    "writes_a_retained_later_result": [
        "class F(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n"
        "        return x * 2, x * 3\ny = F.apply(x)[1]\ny.retain_grad()\ny.mul_(2)",
        "m = torch.std_mean(x)[1]\nm.backward(inputs=[x, m])\nv = m.view(1)\nv += 1",
        "low, high = torch.aminmax(x)\nhigh.retain_grad()\nhigh.detach().zero_()",
        "high = torch.aminmax(x).max\nhigh.retain_grad()\nhigh[...] = 1",
    ],
    "multiplies_matrices": ["b @ b", "x.view(2, 2).mm(b.view(2, 2))", "torch.dot(x, b)"],
    "runs_a_bare_kernel": [
        "with torch.inference_mode():\n    y = x * 2\ny.roll(1)",
        "@torch.inference_mode()\ndef f(t):\n    return t * 2\ntorch.view_copy(f(x), (2, 2))",
    ],
    "runs_a_bare_kernel_on_a_leaf": [
        "with torch.inference_mode():\n    y = torch.ones(2, requires_grad=True)\ntorch.isfinite(y)"
    ],
    "hooks_a_written_view": [
        "v = b.view(2, 2)\nb.detach().zero_()\nv.register_hook(lambda g: g)",
        "v = b[1:]\nd = b.detach()\nd[0] = 3.0\nv.register_hook(lambda g: g)",
        "v = b.view(2, 2)\nw = v.t()\nwith torch.no_grad():\n    b.mul_(2)\nw.register_hook(lambda g: g)",
        "p, q = b.chunk(2)\nb.data = torch.ones(4)\nq.register_hook(lambda g: g)",
        "v = b.view(4)\nfor k in range(2):\n    v.register_hook(lambda g: g)\n    b += 1",
        "b.mul_(2)\nb.view(2, 2).register_hook(lambda g: g)",
        "v = torch.unsqueeze(b, 0)\ntorch.relu_(b)\nv.register_hook(lambda g: g)",
        "v = x.view(4)\nfor k in range(2):\n    v.sum().backward(x)\nv.register_hook(lambda g: g)",
        "v = b.view(4)\nx.grad = b\nb.sum().backward()\nv.register_hook(lambda g: g)",
        "v = b.view(4)\nx.grad = b\nx.grad += 1\nv.register_hook(lambda g: g)",
        "d = torch.autograd.forward_ad.make_dual(b, x)\nb.detach().zero_()\nd.register_hook(lambda g: g)",
        "g, = torch.autograd.grad(x.view(4), x, b, create_graph=True)\nb.detach().zero_()\n"
        "g.register_hook(lambda g: g)",
        "v = b.view(4)\nb.mul_(2)\ntorch.autograd.graph.register_multi_grad_hook((x, v), lambda g: g, mode='any')",
        "class F(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, t):\n"
        "        ctx.mark_dirty(t)\n        return t.mul_(2)\n"
        "v = b.view(4)\nF.apply(b)\nv.register_hook(lambda g: g)",
        "for v in (b[0], b[1]):\n    b.mul_(2)\n    v.register_hook(lambda g: g)",
    ],
    "accumulates_through_views": [
        "for k in range(2):\n    (x.view(4) + b.view(4)).sum().backward()",
        "b.retain_grad()\nb[0].backward(retain_graph=True)\nb.sum().backward()",
    ],
    "weighs_through_views": [
        "x.view(4).backward(torch.ones(4))",
        "torch.autograd.backward(x.T, torch.ones(4))",
        "x.reshape(4).backward(gradient=torch.ones(4))",
    ],
    "takes_view_while_disabled": [
        "with torch.no_grad():\n    v = x.view(4)",
        "with torch.set_grad_enabled(False), torch.enable_grad():\n    v = x[0]",
        "mode = torch.no_grad()\nwith mode:\n    v = x.view(4)",
        "torch.set_grad_enabled(False)\nv = x.t()",
        "@torch.no_grad()\ndef f(t):\n    return t.view(4)",
    ],
    "requires_grad_after_view": [
        "c = torch.ones(2)\nv = c.view(2)\nc.requires_grad_()",
        "c = torch.ones(2)\nv = c[0]\nc.requires_grad = True",
    ],
    "writes_before_backward": ["b.mul_(2)\nb.sum().backward()", "b[0] = 1.0\ntorch.autograd.grad(b.sum(), x)"],
    "writes_unrecorded": [
        "b.sum().backward()\nwith torch.no_grad():\n    x.add_(1)\n(x * 2).sum().backward()",
        "b.sum().backward(retain_graph=True)\nx.detach().zero_()\nb.sum().backward()",
    ],
    "writes_through_data": ["x.data.zero_()", "d = x.data\nd[0] = 1.0", "d = x.data.view(2, 2)\nd += 1"],
    "enters_mode_twice": [
        "mode = torch.no_grad()\nwith mode:\n    with torch.enable_grad():\n        with mode:\n            pass",
        "mode = torch.no_grad()\nwith mode, mode:\n    pass",
    ],
    "disables_inside_generator": ["def steps():\n    with torch.no_grad():\n        yield 1"],
    "grad_allows_unused": [
        "torch.autograd.grad(b.sum(), x, allow_unused=True)",
        "torch.autograd.grad(b.sum(), x, materialize_grads=True)",
    ],
    "grad_inside_a_function_and_outside": [
        "def f(t):\n    return torch.autograd.grad(t.sum(), x, create_graph=True)[0]\n"
        "torch.autograd.grad(f(b).sum(), x)",
    ],
    "grad_for_a_view": [
        "torch.autograd.grad(b.sum(), x[0])",
        "v = x.view(2, 2)\ntorch.autograd.grad(b.sum(), {'v': v})",
        "torch.autograd.grad(b.sum(), inputs=[x, x.t()])",
    ],
    "hooks_several_inputs": ["b.register_hook(lambda g: g)\ntorch.autograd.grad(b.sum(), [b, x])"],
    "gives_spare_weights": [
        "torch.autograd.backward([b], [torch.ones(4), torch.ones(4)])",
        "torch.autograd.backward(b, grad_tensors=(torch.ones(4), None))",
        "torch.autograd.grad(b, x, [torch.ones(4), None])",
    ],
    "gives_several_weights": ["torch.autograd.backward([b, b], [torch.ones(4), torch.ones(4)])"],
    "reads_flag_under_vmap": [
        "def f(t):\n    if t.requires_grad:\n        return t\n    return -t\ntorch.vmap(f)(x)",
        "torch.func.vmap(lambda t: t * t.requires_grad)(x)",
    ],
    "differentiates_a_composite_norm": [
        "g = x.renorm(2, 0, 1.0)\ntorch.autograd.grad(g.sum(), x, create_graph=True)",
    ],
    "writes_a_dual_from_itself": [
        "d = torch.autograd.forward_ad.make_dual(b, b)\nd.mul_(d)",
        "d = torch.autograd.forward_ad.make_dual(b, b)\nv = d[0]\nd += v",
        "d = torch.autograd.forward_ad.make_dual(b, x)\nd.mul_(b)",
    ],
    "infers_inside_function": [
        "class F(torch.autograd.Function):\n"
        "    @staticmethod\n    def forward(ctx, t):\n        with torch.inference_mode():\n            return t * 2\n"
        "    @staticmethod\n    def backward(ctx, g):\n        return g\n"
    ],
}

DOES_NOT = {
    "reads_a_view_of_a_gradient": [
        "b[1:].tolist()\nb.sum().backward()",
        "b.sgn().sum().backward()\nx.grad[1:].item()\nx.grad.tolist()",
    ],
    "writes_a_retained_later_result": [
        "class F(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n"
        "        return x * 2, x * 3\ny = F.apply(x)[0]\ny.retain_grad()\ny.mul_(2)",
        "m = torch.std_mean(x)[1]\nm.mul_(2)\nm.retain_grad()",
        "m = torch.std_mean(x)[1]\nb.retain_grad()\nb.mul_(2)\nm.mul_(2)",
        "v = x.split(2)[1]\nv.retain_grad()\nv.mul_(2)",
        "b.retain_grad()\nb.mul_(2)",
    ],
    "multiplies_matrices": ["b * b", "b.sum()"],
    "runs_a_bare_kernel": [
        "with torch.no_grad():\n    y = x * 2\ny.roll(1)",
        "with torch.inference_mode():\n    y = x * 2\ny.clone()\ny.abs()\ntorch.stack([y, y])\ny.sum()",
    ],
    "runs_a_bare_kernel_on_a_leaf": [
        "with torch.inference_mode():\n    y = x * 2\nz = torch.ones(2).requires_grad_()\ny.roll(1)",
        "with torch.inference_mode():\n    y = torch.ones(2, requires_grad=True)\ny.abs()",
    ],
    "hooks_a_written_view": [
        "v = b.view(2, 2)\nv.register_hook(lambda g: g)\nb.detach().zero_()",
        "b.mul_(2)\nb.register_hook(lambda g: g)",
        "v = b.view(2, 2)\nc = b.clone()\nc.zero_()\nv.register_hook(lambda g: g)",
        "b.mul_(2)\nb = x * 3\nb.view(2, 2).register_hook(lambda g: g)",
        "v = b.view(4)\nx.grad = b\nv.register_hook(lambda g: g)",
        "v = b.view(4)\nfor k in range(2):\n    torch.autograd.backward([b], inputs=[b])\nv.register_hook(lambda g: g)",
        "v = b.view(4)\nb.sum().backward()\nb.sum().backward()\nv.register_hook(lambda g: g)",
        "g, = torch.autograd.grad(x.view(4), x, x, create_graph=True)\nb.detach().zero_()\n"
        "g.register_hook(lambda g: g)",
        "class F(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, t):\n        return t.mul(2)\n"
        "v = b.view(4)\nF.apply(b)\nv.register_hook(lambda g: g)",
    ],
    "accumulates_through_views": [
        "(x.view(4) + b.view(4)).sum().backward()",
        "for k in range(2):\n    x.sum().backward()",
        "for k in range(2):\n    (x.view(4) + x.t()).sum().backward()",
    ],
    "weighs_through_views": ["x.view(4).sum().backward()", "b.backward(torch.ones(4))"],
    "takes_view_while_disabled": ["with torch.no_grad():\n    y = x * 2\nv = x.view(4)"],
    "requires_grad_after_view": ["c = torch.ones(2).requires_grad_()\nv = c.view(2)"],
    "writes_before_backward": ["b.sum().backward()\nb.mul_(2)", "b.requires_grad_()\nb.sum().backward()"],
    "writes_unrecorded": ["b.mul_(2)\nb.sum().backward(retain_graph=True)\nb.sum().backward()"],
    "writes_through_data": ["d = x.data\nd = x * 2\nd.zero_()", "x.detach().zero_()"],
    "enters_mode_twice": ["mode = torch.no_grad()\nwith mode:\n    pass\nwith mode:\n    pass"],
    "disables_inside_generator": ["def steps():\n    with torch.no_grad():\n        pass\n    yield 1"],
    "grad_allows_unused": ["torch.autograd.grad(b.sum(), x)"],
    "grad_inside_a_function_and_outside": [
        "g, = torch.autograd.grad(b.sum(), x, create_graph=True)\ntorch.autograd.grad(g.sum(), x)"
    ],
    "grad_for_a_view": ["torch.autograd.grad(x.view(4).sum(), x)"],
    "hooks_several_inputs": ["b.register_hook(lambda g: g)\ntorch.autograd.grad(b.sum(), [b])"],
    "gives_spare_weights": ["torch.autograd.backward([b, b], [torch.ones(4), None])"],
    "gives_several_weights": ["torch.autograd.backward([b], [torch.ones(4)])"],
    "reads_flag_under_vmap": ["torch.vmap(lambda t: t * 2)(x)\nx.requires_grad"],
    "infers_inside_function": ["with torch.inference_mode():\n    y = x * 2"],
    "differentiates_a_composite_norm": ["x.renorm(2, 0, 1.0).sum().backward()", "torch.autograd.grad(b.sum(), b)"],
    "writes_a_dual_from_itself": ["b.mul_(b)", "d = torch.autograd.forward_ad.make_dual(b, b)\nd.mul_(2).add_(x)"],
}


@pytest.mark.parametrize(
    ("expected", "got", "holds"),
    [
        ("tensor([-0., 1.])", "tensor([0., 1.])", True),
        ("tensor([[-0., 1.],\n [0., -0.]])", "tensor([[0., 1.], [-0., 0.]])", True),
        ("tensor([-0.5])", "tensor([0.5])", False),
        ("tensor([-0., 1.])", "tensor([0., -1.])", False),
        ("tensor(-0.)", "None", False),
    ],
)
def test_only_signs_of_zeros(expected: str, got: str, holds: bool) -> None:
    first = Difference(0, (0,), "value", "values", expected, got)

    assert holds == only_signs_of_zeros(Trace(()), first)


def test_every_pattern_is_tried() -> None:
    used = {one.pattern.__name__ for one in FINDINGS}
    assert used == set(HOLDS) == set(DOES_NOT)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in HOLDS.items() for text in texts])
def test_patterns_hold(name: str, text: str) -> None:
    assert getattr(patterns, name)(parse_program(LEAF + text))


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in DOES_NOT.items() for text in texts])
def test_patterns_do_not_hold(name: str, text: str) -> None:
    assert not getattr(patterns, name)(parse_program(LEAF + text))
