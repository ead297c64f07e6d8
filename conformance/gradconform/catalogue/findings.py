"""The register of known divergences: what PyTorch itself does that no one would expect, pinned as programs.

A campaign on random programs meets the same few of these again and again. A difference that a finding may explain is
counted apart from failures, and shown with the finding.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import cleandoc as code

from gradconform.catalogue import patterns
from gradconform.catalogue.places import (
    Where,
    anywhere,
    both_raise,
    engine_is_stricter,
    only_signs_of_zeros,
    pytorch_says,
)
from gradoracle.program import Program
from gradoracle.trace import Trace


class Kind(enum.StrEnum):
    """Whose divergence it is."""

    DEFECT = "PyTorch defect"
    QUIRK = "documented quirk"
    DECLINED = "declined by refgrad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One known divergence.

    `outcome` is what `program` told (see `told`) by oracle and version ("torch:cpu 2.13.0"). `copied` says that refgrad
    does the same. `pattern` says which programs may show it, and `explains` which differences it may then explain:
    levels of `gradoracle.trace.LEVELS`, and "crash". `first` says where the first of them must show.
    """

    id: str
    title: str
    kind: Kind
    issue: str
    statement: str
    outcome: Mapping[str, str]
    copied: bool
    program: str
    pattern: Callable[[Program], bool]
    explains: tuple[str, ...]
    first: Where = anywhere


def told(trace: Trace) -> str:
    """What a run printed and raised, and how it ended if it did not finish: a line for each."""
    lines: list[str] = []
    for step in trace.steps:
        lines += [event[1] for event in step.events if event[0] == "print"]
        if step.outcome[0] == "error":
            lines.append(f"{step.outcome[1]}: {step.outcome[2]}")
    if not trace.finished:
        lines.append(" ".join(str(part) for part in trace.ending))
    return "\n".join(lines)


def explaining(program: Program, difference: str) -> tuple[Finding, ...]:
    """The findings that may explain a difference of this level (or "crash") on a program."""
    return tuple(one for one in FINDINGS if difference in one.explains and one.pattern(program))


_ISSUE = "https://github.com/pytorch/pytorch/issues/"
_CPU = "torch:cpu 2.13.0"

FINDINGS: tuple[Finding, ...] = (
    Finding(
        id="pytorch-196459",
        title="A hook on a view kills the process when its base was written through another alias",
        kind=Kind.DEFECT,
        issue=f"{_ISSUE}196459",
        statement="`register_hook` prepares the view's hooks, then refreshes the view's history, which throws them "
        "away, and goes on with what is gone.",
        outcome={_CPU: "crash SIGSEGV"},
        copied=False,
        program=code(
            """
            import torch
            x = torch.ones(2, requires_grad=True).clone()
            v = x.view(2)
            x.detach().zero_()
            v.register_hook(lambda g: g)
            print("survived")
            """
        ),
        pattern=patterns.hooks_a_written_view,
        explains=("crash", "errors", "values", "state"),
    ),
    Finding(
        id="retained-later-result",
        title="A write in place to a retained result that is not a node's first one is an internal error, or kills",
        kind=Kind.DEFECT,
        issue="",
        statement="`retain_grad` on a result with `output_nr` 1 or more, then a write in place: the hook that retains "
        "is looked for at another number than the one where it is. Found by a campaign.",
        outcome={_CPU: "RuntimeError: out != nullptr INTERNAL ASSERT FAILED, please report a bug to PyTorch. "},
        copied=False,
        program=code(
            """
            import torch
            class Pair(torch.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    return x * 2, x * 3
                @staticmethod
                def backward(ctx, a, b):
                    return a * 2 + b * 3
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = Pair.apply(x)[1]
            y.retain_grad()
            y.mul_(2)
            """
        ),
        pattern=patterns.writes_a_retained_later_result,
        explains=("crash", "errors", "values", "state", "graph"),
        first=pytorch_says("out != nullptr INTERNAL ASSERT FAILED"),
    ),
    Finding(
        id="view-without-memory",
        title="Reading the elements of a view into a gradient that has no memory kills the process",
        kind=Kind.DEFECT,
        issue="",
        statement="A gradient that is 0 everywhere may be zeros without memory, whose `tolist()` is refused. A view "
        "into it that does not begin at its first element is not: its address is its offset, not null, and `tolist()` "
        "and `numpy(force=True)` read there. Found by a campaign.",
        outcome={_CPU: "tensor([0.])\ncrash SIGSEGV"},
        copied=False,
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            x.sgn().sum().backward()
            print(x.grad[1:])
            x.grad[1:].tolist()
            """
        ),
        pattern=patterns.reads_a_view_of_a_gradient,
        explains=("crash",),
    ),
    Finding(
        id="pytorch-34082",
        title="Two leaves share the memory of their gradients",
        kind=Kind.DEFECT,
        issue=f"{_ISSUE}34082",
        statement="A leaf takes over a gradient that arrives as a view, without asking who else holds its memory: "
        "with two such leaves every later accumulation reaches both.",
        outcome={
            _CPU: "tensor([1., 1.]) tensor([1., 1.])\n"
            "tensor([3., 3.]) tensor([3., 3.])\n"
            "tensor([5., 5.]) tensor([5., 5.])"
        },
        copied=True,
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = torch.tensor([1.0, 2.0], requires_grad=True)
            w = torch.ones(1, 2)
            for k in range(3):
                ((x.unsqueeze(0) + y.unsqueeze(0)) * w).sum().backward()
                print(x.grad, y.grad)
            """
        ),
        pattern=patterns.accumulates_through_views,
        explains=("values", "state"),
    ),
    Finding(
        id="weight-becomes-the-grad",
        title="The weight given to backward becomes the leaf's gradient and is written by the next backward",
        kind=Kind.DEFECT,
        issue=f"{_ISSUE}34082",
        statement="Through operators that pass their gradient on as a view, `.grad` is the caller's own tensor, so a "
        "second backward adds into the caller's weight.",
        outcome={_CPU: "tensor([2.0000, 1.5000]) tensor([2.0000, 1.5000])"},
        copied=True,
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            g = torch.tensor([1.0, 0.5])
            x.view(2).backward(g)
            x.view(2).backward(torch.ones(2))
            print(x.grad, g)
            """
        ),
        pattern=patterns.weighs_through_views,
        explains=("values", "state"),
    ),
    Finding(
        id="pytorch-11390",
        title="A view taken under no_grad says that it requires grad and is a dead end",
        kind=Kind.QUIRK,
        issue=f"{_ISSUE}11390",
        statement="The view takes `requires_grad` from its base and has no node, so backward ends there and tells "
        "nobody.",
        outcome={_CPU: "True True None\nNone None"},
        copied=True,
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            with torch.no_grad():
                v = x.view(-1)
            print(v.requires_grad, v.is_leaf, v.grad_fn)
            (v * 3).sum().backward()
            print(x.grad, v.grad)
            """
        ),
        pattern=patterns.takes_view_while_disabled,
        explains=("values", "state", "errors", "messages", "graph"),
    ),
    Finding(
        id="view-before-requires-grad",
        title="A view taken before its base requires grad says that it requires grad and is a dead end",
        kind=Kind.QUIRK,
        issue="",
        statement="`requires_grad_` on the base reaches views that exist already, which have no node.",
        outcome={_CPU: "True True None\nNone None"},
        copied=True,
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0])
            v = x.view(-1)
            x.requires_grad_()
            print(v.requires_grad, v.is_leaf, v.grad_fn)
            (v * 3).sum().backward()
            print(x.grad, v.grad)
            """
        ),
        pattern=patterns.requires_grad_after_view,
        explains=("values", "state", "errors", "graph"),
    ),
    Finding(
        id="pytorch-9391",
        title="Equal mathematics, unequal detection of in-place writes",
        kind=Kind.QUIRK,
        issue=f"{_ISSUE}9391",
        statement="Whether a write is refused depends on what the operators happen to save: `sigmoid` saves its "
        "result, the same function written out does not.",
        outcome={
            _CPU: "RuntimeError: one of the variables needed for gradient computation has been modified by an inplace "
            "operation: [torch.FloatTensor [2]], which is output 0 of Sigmoid, is at version 1; expected version "
            "0 instead. Hint: enable anomaly detection to find the operation that failed to compute its "
            "gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False).\n"
            "None\n"
            "tensor([0.2500, 0.0000])"
        },
        copied=True,
        program=code(
            """
            import torch
            a = torch.tensor([0.0, 1.0], requires_grad=True)
            b = a.sigmoid()
            b[1] = 2.0
            b.sum().backward()
            print(a.grad)
            b = 1 / ((-a).exp() + 1)
            b[1] = 2.0
            b.sum().backward()
            print(a.grad)
            """
        ),
        pattern=patterns.writes_before_backward,
        explains=("errors", "messages", "values"),
        first=engine_is_stricter,
    ),
    Finding(
        id="pytorch-6990",
        title="Writes through .data are invisible",
        kind=Kind.QUIRK,
        issue=f"{_ISSUE}6990",
        statement="`.data` has a version counter of its own, so backward uses saved tensors that were overwritten.",
        outcome={_CPU: "tensor([0., 0.])"},
        copied=True,
        program=code(
            """
            import torch
            a = torch.tensor([0.0, 1.0], requires_grad=True)
            o = a.sigmoid()
            o.data.zero_()
            o.sum().backward()
            print(a.grad)
            """
        ),
        pattern=patterns.writes_through_data,
        explains=("errors", "messages", "values", "state"),
    ),
    Finding(
        id="pytorch-197054",
        title="A write between two backward passes goes unnoticed where nothing was saved",
        kind=Kind.QUIRK,
        issue=f"{_ISSUE}197054",
        statement="Versions are checked for saved tensors only, so a graph of views and scalings is used again after "
        "its leaf was written.",
        outcome={_CPU: "(tensor([2., 2.]),)\n(tensor([2., 2.]),)"},
        copied=True,
        program=code(
            """
            import torch
            v = torch.tensor([1.0, 2.0], requires_grad=True)
            o = v.view(-1) * 2
            print(torch.autograd.grad(o.sum(), v, retain_graph=True))
            with torch.no_grad():
                v.add_(1)
            print(torch.autograd.grad(o.sum(), v))
            """
        ),
        pattern=patterns.writes_unrecorded,
        explains=("errors", "messages"),
        first=engine_is_stricter,
    ),
    Finding(
        id="mode-object-entered-twice",
        title="A no_grad object entered inside itself leaves grad disabled",
        kind=Kind.DEFECT,
        issue="",
        statement="The object remembers one mode, the one of its last entry; leaving the outer block restores that "
        "one.",
        outcome={_CPU: "False"},
        copied=True,
        program=code(
            """
            import torch
            mode = torch.no_grad()
            with mode:
                with mode:
                    pass
            print(torch.is_grad_enabled())
            """
        ),
        pattern=patterns.enters_mode_twice,
        explains=("values", "state", "errors", "graph"),
    ),
    Finding(
        id="pytorch-49017",
        title="no_grad inside a generator reaches the caller",
        kind=Kind.QUIRK,
        issue="https://github.com/pytorch/pytorch/pull/49017",
        statement="The block stays open while the generator waits, and the mode belongs to the thread. Decorated "
        "generators are safe.",
        outcome={_CPU: "1 False\n2 False\nTrue"},
        copied=True,
        program=code(
            """
            import torch
            def steps():
                with torch.no_grad():
                    yield 1
                    yield 2
            for step in steps():
                print(step, torch.is_grad_enabled())
            print(torch.is_grad_enabled())
            """
        ),
        pattern=patterns.disables_inside_generator,
        explains=("values", "state", "errors", "graph"),
    ),
    Finding(
        id="pytorch-115918",
        title="allow_unused does not allow inputs that do not require grad",
        kind=Kind.QUIRK,
        issue=f"{_ISSUE}115918",
        statement="An input that does not require grad is refused although its gradient could only be None.",
        outcome={_CPU: "RuntimeError: One of the differentiated Tensors does not require grad"},
        copied=True,
        program=code(
            """
            import torch
            a = torch.tensor([1.0, 2.0])
            b = torch.tensor([3.0, 4.0], requires_grad=True)
            torch.autograd.grad(a @ b, [a, b], allow_unused=True)
            """
        ),
        pattern=patterns.grad_allows_unused,
        explains=("errors", "messages"),
        first=pytorch_says("One of the differentiated Tensors does not require grad"),
    ),
    Finding(
        id="pytorch-120538",
        title="The gradient for a fresh view of a used leaf is None",
        kind=Kind.QUIRK,
        issue=f"{_ISSUE}120538",
        statement="A slice taken after the fact is a new tensor that nothing was computed from.",
        outcome={
            _CPU: "(None,)\n"
            "RuntimeError: The differentiated Tensor at index 0 appears to not have been used in the graph. Set "
            "allow_unused=True if this is the desired behavior."
        },
        copied=True,
        program=code(
            """
            import torch
            w = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
            loss = (w * w).sum()
            print(torch.autograd.grad(loss, w[0], allow_unused=True, retain_graph=True))
            torch.autograd.grad(loss, w[0])
            """
        ),
        pattern=patterns.grad_for_a_view,
        explains=("errors", "messages", "values"),
    ),
    Finding(
        id="pytorch-32576",
        title="A nested gradient does not tell its variable from the outer one",
        kind=Kind.QUIRK,
        issue=f"{_ISSUE}32576",
        statement="`grad` differentiates with respect to a tensor wherever it stands, so the derivative by the inner "
        "variable also takes the outer one: 0 instead of -1.",
        outcome={_CPU: "tensor(0.)"},
        copied=True,
        program=code(
            """
            import torch
            def outer(x):
                def inner(y):
                    return y * (x - y)
                return torch.autograd.grad(inner(x), x, create_graph=True)[0]
            x = torch.tensor(1.0, requires_grad=True)
            print(torch.autograd.grad(outer(x), x)[0])
            """
        ),
        pattern=patterns.grad_inside_a_function_and_outside,
        explains=("values",),
    ),
    Finding(
        id="hook-of-an-upper-input",
        title="The gradient returned for an input leaves its hook out when another input lies below it",
        kind=Kind.DEFECT,
        issue="",
        statement="`grad` runs a result's hooks before it takes the gradient when the result is the end of the pass, "
        "and after it when the pass goes on to another input.",
        outcome={_CPU: "(tensor([20., 20.]),)\n(tensor([2., 2.]), tensor([60., 60.]))"},
        copied=True,
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = x * 3
            y.register_hook(lambda g: g * 10)
            z = (y * 2).sum()
            print(torch.autograd.grad(z, [y], retain_graph=True))
            print(torch.autograd.grad(z, [y, x]))
            """
        ),
        pattern=patterns.hooks_several_inputs,
        explains=("values",),
    ),
    Finding(
        id="spare-weights-are-ignored",
        title="Weights beyond the last root are ignored",
        kind=Kind.DEFECT,
        issue="",
        statement="Roots and weights are paired by `zip`; too few weights are noticed later, too many never.",
        outcome={_CPU: "tensor([2., 2.])\nRuntimeError: got 2 tensors and 1 gradients"},
        copied=True,
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            torch.autograd.backward([x * 2], [torch.ones(2), torch.full((5,), 7.0)])
            print(x.grad)
            torch.autograd.backward([x * 2, x * 3], [torch.ones(2)])
            """
        ),
        pattern=patterns.gives_spare_weights,
        explains=("errors", "messages", "values"),
    ),
    Finding(
        id="wrong-shape-of-a-later-weight",
        title="A later weight of a wrong shape gives an error about something else",
        kind=Kind.DEFECT,
        issue="",
        statement="The message looks the weight and its root up by `==`, which compares tensors element by element: "
        "another error, or the wrong position.",
        outcome={
            _CPU: "RuntimeError: Boolean value of Tensor with more than one value is ambiguous\n"
            "RuntimeError: The size of tensor a (2) must match the size of tensor b (3) at non-singleton "
            "dimension 0\n"
            "RuntimeError: Mismatch in shape: grad_output[1] has a shape of torch.Size([3]) and output[0] has a "
            "shape of torch.Size([]).\n"
            "RuntimeError: Mismatch in shape: grad_output[0] has a shape of torch.Size([3]) and output[0] has a "
            "shape of torch.Size([2])."
        },
        copied=True,
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            torch.autograd.backward([x.sum(), x * 2], [None, torch.ones(3)])
            torch.autograd.backward([x * 2, x * 3], [torch.ones(2), torch.ones(3)])
            torch.autograd.backward([x.sum(), x.sum()], [None, torch.ones(3)])
            torch.autograd.backward([x * 2, x * 3], [torch.ones(3), torch.ones(2)])
            """
        ),
        pattern=patterns.gives_several_weights,
        explains=("errors", "messages"),
        first=both_raise,
    ),
    Finding(
        id="pytorch-77967",
        title="A custom Function may return an inference tensor with a history",
        kind=Kind.DEFECT,
        issue=f"{_ISSUE}77967",
        statement="Under `inference_mode` inside `forward` the result is an inference tensor that requires grad; "
        "arithmetic with it is recorded, functions such as `sum` and `sin` of it are not.",
        outcome={
            _CPU: "True True <torch.autograd.function.TripleBackward object at 0xADDRESS>\nTrue True\nFalse False"
        },
        copied=True,
        program=code(
            """
            import torch
            class Triple(torch.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    with torch.inference_mode():
                        return x * 3
                @staticmethod
                def backward(ctx, g):
                    return g * 3
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = Triple.apply(x)
            print(y.requires_grad, y.is_inference(), y.grad_fn)
            print((y * 2).requires_grad, (y + 1).requires_grad)
            print(y.sum().requires_grad, y.sin().requires_grad)
            """
        ),
        pattern=patterns.infers_inside_function,
        explains=("values", "state", "errors", "graph"),
    ),
    Finding(
        id="pytorch-158610",
        title="requires_grad reads False inside vmap",
        kind=Kind.QUIRK,
        issue=f"{_ISSUE}158610",
        statement="A function that branches on `requires_grad` takes another branch under `vmap` than outside.",
        outcome={_CPU: "tensor([0., 1.], grad_fn=<SubBackward0>)\ntensor([2., 3.], grad_fn=<AddBackward0>)"},
        copied=True,
        program=code(
            """
            import torch
            def branch(t):
                if t.requires_grad:
                    return t - 1
                return t + 1
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            print(branch(x))
            print(torch.vmap(branch)(x))
            """
        ),
        pattern=patterns.reads_flag_under_vmap,
        explains=("values", "state"),
    ),
    Finding(
        id="dual-written-from-itself",
        title="A write in place that reads its own target gives a wrong tangent",
        kind=Kind.DEFECT,
        issue="",
        statement="The tangent of `x.mul_(x)` is made after the write, from the other operand as it is then: the "
        "square of x instead of x.",
        outcome={_CPU: "tensor([ 6., 12.])\ntensor([4., 6.])"},
        copied=True,
        program=code(
            """
            import torch
            import torch.autograd.forward_ad as fwad
            with fwad.dual_level():
                x = fwad.make_dual(torch.tensor([2.0, 3.0]), torch.ones(2))
                x.mul_(x)
                print(fwad.unpack_dual(x).tangent)
                y = fwad.make_dual(torch.tensor([2.0, 3.0]), torch.ones(2))
                print(fwad.unpack_dual(y * y).tangent)
            """
        ),
        pattern=patterns.writes_a_dual_from_itself,
        explains=("values",),
    ),
    Finding(
        id="refgrad-graph-of-composite-norms",
        title="Inside the second derivative of group_norm and renorm refgrad has another graph",
        kind=Kind.DECLINED,
        issue="",
        statement="refgrad gets the same second derivatives by other steps: PyTorch's decomposition of these two is "
        "long and private.",
        outcome={_CPU: "ViewBackward0\nAddBackward0"},
        copied=False,
        program=code(
            """
            import torch
            b = torch.ones(2, 2, 3, requires_grad=True)
            result = torch.nn.functional.group_norm(b, 1)
            (first,) = torch.autograd.grad((result * result).sum(), b, create_graph=True)
            print(first.grad_fn.name())
            print(first.grad_fn.next_functions[0][0].name())
            """
        ),
        pattern=patterns.differentiates_a_composite_norm,
        explains=("graph", "state"),
    ),
    Finding(
        id="refgrad-zeros-of-products",
        title="The sign of a zero in a product of matrices is up to the library that multiplies",
        kind=Kind.DECLINED,
        issue="",
        statement="A product over one element is a sum that may begin with 0 or with the first product, as shape, "
        "layout and processor have it: the zero that comes of it is 0 or -0.",
        outcome={_CPU: "True"},
        copied=False,
        program=code(
            """
            import torch
            a = torch.zeros(3, 1) @ torch.full((1, 3), -2.0)
            print((a == 0).all().item())
            """
        ),
        pattern=patterns.multiplies_matrices,
        explains=("values", "messages"),
        first=only_signs_of_zeros,
    ),
    Finding(
        id="refgrad-copies-of-inference-tensors",
        title="Some operators on inference tensors outside of inference mode show how PyTorch's kernels are written",
        kind=Kind.DECLINED,
        issue="",
        statement="Outside of inference mode kernels run on inference tensors without the layer that hides their "
        "writes, so a result has been written before anyone sees it, or is a view of something. refgrad copies that "
        "for common operators, not for padding, convolutions, linear algebra and what scatters.",
        outcome={_CPU: "2 True"},
        copied=False,
        program=code(
            """
            import torch
            with torch.inference_mode():
                a = torch.tensor([[1.0]])
            print(torch.nn.functional.pad(a, (1, 2))._version, a.roll(1)._is_view())
            """
        ),
        pattern=patterns.runs_a_bare_kernel,
        explains=("state",),
    ),
    Finding(
        id="refgrad-inference-leaf-outside",
        title="Some operators fail on a leaf that requires grad and was made in inference mode, or are recorded",
        kind=Kind.DECLINED,
        issue="",
        statement="An inference tensor may require grad; outside of inference mode an operator that PyTorch makes of "
        "other operators fails on it, or has the history of one of these. refgrad copies that for common operators.",
        outcome={
            _CPU: "RuntimeError: abs(): functions with out=... arguments don't support automatic differentiation, but "
            "one of the arguments requires grad."
        },
        copied=False,
        program=code(
            """
            import torch
            with torch.inference_mode():
                b = torch.tensor([1.0], requires_grad=True)
            torch.isfinite(b)
            """
        ),
        pattern=patterns.runs_a_bare_kernel_on_a_leaf,
        explains=("errors", "state", "graph"),
    ),
)
"""Crashes first, then by how often campaigns meet them, last what refgrad declines to copy."""
