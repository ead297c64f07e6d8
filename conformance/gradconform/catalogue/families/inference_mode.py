"""Family 12: inference mode and the tensors that are made inside it."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import inference_mode as generate

FAMILY = "inference-mode"

_AUTOGRAD_GRAD_MODE_INFERENCE_MODE = (
    "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad_mode.inference_mode.html"
)
_IS_INFERENCE = "https://docs.pytorch.org/docs/2.13/generated/torch.is_inference.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="inference-mode.results-are-inference-tensors",
        family=FAMILY,
        statement="Tensors made inside `inference_mode` are inference tensors without history.",
        expectation="`is_inference()` True, `requires_grad` False; tensors from outside stay normal.",
        level=Level.REQUIRED,
        clause=Clause(_IS_INFERENCE, "if and only if it was allocated during inference mode."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.inference_mode():
                    y = x * 2
                    torch.is_inference_mode_enabled(), torch.is_grad_enabled()
                    z = torch.ones(2)
                y.is_inference(), z.is_inference(), x.is_inference(), torch.is_inference(y)
                torch.is_inference_mode_enabled(), torch.is_grad_enabled()
                y.requires_grad, y.is_leaf
                observe(x)
                """
            ),
        ),
        generator=generate.RESULTS,
        needs=("inference-mode",),
    ),
    Behaviour(
        id="inference-mode.inference-tensors-have-no-version",
        family=FAMILY,
        statement="An inference tensor has no version counter, so its version cannot be read or raised.",
        expectation="RuntimeError from `_version`.",
        level=Level.REQUIRED,
        clause=Clause(_AUTOGRAD_GRAD_MODE_INFERENCE_MODE, "disabling view tracking and version counter bumps."),
        examples=(
            code(
                """
                import torch
                with torch.inference_mode():
                    y = torch.ones(2)
                    y.add_(1)
                    y._version
                y._version
                torch.autograd.graph.increment_version(y)
                observe(y)
                """
            ),
        ),
        needs=(
            "inference-mode",
            "in-place",
        ),
        depends=("inference-mode.results-are-inference-tensors",),
    ),
    Behaviour(
        id="inference-mode.in-place-outside-is-refused",
        family=FAMILY,
        statement="Outside inference mode an inference tensor refuses in-place operations; inside it takes them.",
        expectation="RuntimeError that says how to make a normal tensor; the value stays.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                with torch.inference_mode():
                    y = torch.ones(2)
                    y.mul_(3)
                y.add_(1)
                y[0] = 5.0
                with torch.no_grad():
                    y.zero_()
                y.tolist()
                with torch.inference_mode():
                    y.zero_()
                y.tolist()
                """
            ),
        ),
        generator=generate.IN_PLACE,
        needs=(
            "inference-mode",
            "in-place",
        ),
        depends=("inference-mode.results-are-inference-tensors",),
    ),
    Behaviour(
        id="inference-mode.saving-is-refused",
        family=FAMILY,
        statement="An operation that would save an inference tensor for backward is refused.",
        expectation="RuntimeError that tells to make a clone; a clone made outside works.",
        level=Level.REQUIRED,
        clause=Clause(
            _AUTOGRAD_GRAD_MODE_INFERENCE_MODE,
            "tensors created in this mode cannot be used in computations recorded by autograd.",
        ),
        examples=(
            code(
                """
                import torch
                with torch.inference_mode():
                    c = torch.tensor([3.0, 4.0])
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * c
                y = x * c.clone()
                y.sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.SAVED,
        needs=(
            "inference-mode",
            "backward",
        ),
        depends=("inference-mode.results-are-inference-tensors",),
    ),
    Behaviour(
        id="inference-mode.operations-that-save-nothing-take-them",
        family=FAMILY,
        statement="An operation that saves nothing takes an inference tensor as operand and records as usual.",
        expectation="A normal result with history and a right gradient.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                with torch.inference_mode():
                    c = torch.tensor([3.0, 4.0])
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x + c
                y.is_inference()
                y.sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.UNSAVED,
        needs=(
            "inference-mode",
            "backward",
        ),
        depends=("inference-mode.saving-is-refused",),
    ),
    Behaviour(
        id="inference-mode.functional-results-outside-are-normal",
        family=FAMILY,
        statement="A result computed outside from inference tensors alone is a normal tensor that does not require "
        "grad.",
        expectation="`is_inference()` False, also where the inference tensor requires grad.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                with torch.inference_mode():
                    c = torch.tensor([1.0, 2.0])
                    d = torch.tensor([1.0, 2.0], requires_grad=True)
                y = c * c
                y.is_inference(), y.requires_grad, y.is_leaf
                z = d * d
                """
            ),
        ),
        needs=("inference-mode",),
        depends=("inference-mode.results-are-inference-tensors",),
    ),
    Behaviour(
        id="inference-mode.requires-grad-outside-is-refused",
        family=FAMILY,
        statement="Outside inference mode an inference tensor cannot be made to require grad.",
        expectation="RuntimeError; setting False is fine.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                with torch.inference_mode():
                    y = torch.ones(2)
                y.requires_grad_()
                y.requires_grad = True
                y.requires_grad_(False)
                y.requires_grad
                """
            ),
        ),
        needs=(
            "inference-mode",
            "requires-grad-toggle",
        ),
    ),
    Behaviour(
        id="inference-mode.requires-grad-inside",
        family=FAMILY,
        statement="A tensor made inside with `requires_grad=True` requires grad; what is computed from it inside "
        "does not.",
        expectation="The flags of both, and a gradient for the leaf where it is used outside in an operation that "
        "saves nothing.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                with torch.inference_mode():
                    y = torch.tensor([1.0, 2.0], requires_grad=True)
                    z = y * 2
                y.requires_grad, y.is_inference(), z.requires_grad
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                (y + x).sum().backward()
                y.grad
                observe(x)
                """
            ),
        ),
        needs=(
            "inference-mode",
            "backward",
        ),
        depends=("inference-mode.results-are-inference-tensors",),
    ),
    Behaviour(
        id="inference-mode.views-of-normal-tensors-are-normal",
        family=FAMILY,
        statement="A view of a normal tensor made inside is a normal tensor; in grad mode it refuses to be written.",
        expectation="`is_inference()` False; RuntimeError that names inference mode.",
        level=Level.REQUIRED,
        clause=Clause(
            _IS_INFERENCE,
            "A view tensor is an inference tensor if and only if the tensor it is a view of is an inference tensor.",
        ),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                b = x * 1
                with torch.inference_mode():
                    v = b.view(2)
                v.is_inference(), v.requires_grad
                v.add_(1)
                observe(b)
                b.add_(1)
                v.grad_fn
                observe(b)
                """
            ),
        ),
        generator=generate.VIEWS,
        needs=(
            "inference-mode",
            "views",
            "in-place",
        ),
    ),
    Behaviour(
        id="inference-mode.views-of-inference-tensors",
        family=FAMILY,
        statement="A view of an inference tensor is an inference tensor, wherever it is made, and its views are not "
        "tracked.",
        expectation="`is_inference()` True and `_is_view()` False.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                with torch.inference_mode():
                    y = torch.tensor([1.0, 2.0])
                    v = y.view(2)
                w = y.view(2)
                v.is_inference(), v._is_view(), w.is_inference(), w._is_view()
                with torch.inference_mode():
                    w.add_(1)
                y.tolist()
                """
            ),
        ),
        needs=(
            "inference-mode",
            "views",
        ),
        depends=("inference-mode.views-of-normal-tensors-are-normal",),
    ),
    Behaviour(
        id="inference-mode.in-place-on-normal-tensors-inside",
        family=FAMILY,
        statement="A normal tensor may be written inside inference mode; its version rises and it stays normal.",
        expectation="New values, `is_inference()` False; a saved tensor written there is refused by backward.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = x * 2
                y = h * h
                with torch.inference_mode():
                    h.add_(1)
                    x.add_(1)
                x.is_inference()
                observe(x, h)
                y.sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.NORMAL_WRITTEN,
        needs=(
            "inference-mode",
            "in-place",
            "saved-tensor-checks",
            "backward",
        ),
    ),
    Behaviour(
        id="inference-mode.inference-mode-can-be-off",
        family=FAMILY,
        statement="`inference_mode(False)` inside inference mode brings recording back until it ends.",
        expectation="The modes and the kinds of results, level by level.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.inference_mode():
                    with torch.inference_mode(False):
                        y = x * 2
                        torch.is_inference_mode_enabled(), torch.is_grad_enabled()
                    z = x * 2
                y.is_inference(), y.requires_grad, z.is_inference(), z.requires_grad
                with torch.inference_mode(mode=False):
                    w = x * 3
                observe(x, y, w)
                """
            ),
        ),
        generator=generate.NESTED,
        needs=("inference-mode",),
        depends=("inference-mode.results-are-inference-tensors",),
    ),
    Behaviour(
        id="inference-mode.enable-grad-inside",
        family=FAMILY,
        statement="`enable_grad` inside inference mode switches the grad mode on, and results still do not require "
        "grad.",
        expectation="`is_grad_enabled()` True; an inference tensor without history.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.inference_mode(), torch.enable_grad():
                    y = x * 2
                    torch.is_grad_enabled()
                y.requires_grad, y.is_inference()
                """
            ),
        ),
        needs=(
            "inference-mode",
            "grad-mode",
        ),
        depends=("inference-mode.results-are-inference-tensors",),
    ),
    Behaviour(
        id="inference-mode.decorator",
        family=FAMILY,
        statement="`inference_mode` decorates functions, with and without parentheses.",
        expectation="Inference tensors from both, and the mode is off behind the call.",
        level=Level.REQUIRED,
        clause=Clause(_AUTOGRAD_GRAD_MODE_INFERENCE_MODE, "Also functions as a decorator."),
        examples=(
            code(
                """
                import torch
                @torch.inference_mode()
                def f(t):
                    return t * 2
                @torch.inference_mode
                def g(t):
                    return t * 3
                @torch.inference_mode(False)
                def h(t):
                    return t * 4
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                f(x).is_inference(), g(x).is_inference(), h(x).is_inference()
                torch.is_inference_mode_enabled()
                """
            ),
        ),
        needs=(
            "inference-mode",
            "mode-decorators",
        ),
    ),
    Behaviour(
        id="inference-mode.backward-inside",
        family=FAMILY,
        statement="A backward inside inference mode runs and leaves an inference tensor in `.grad`.",
        expectation="The gradient's value and kind; a later pass outside cannot add into it.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * 2).sum()
                with torch.inference_mode():
                    y.backward()
                x.grad.tolist(), x.grad.is_inference()
                (x * 3).sum().backward()
                x.grad.tolist()
                """
            ),
        ),
        needs=(
            "inference-mode",
            "backward",
        ),
        depends=("inference-mode.results-are-inference-tensors",),
    ),
    Behaviour(
        id="inference-mode.copies-in-both-directions",
        family=FAMILY,
        statement="A normal tensor may be written from an inference tensor; an inference tensor refuses to be "
        "written from one that requires grad.",
        expectation="Success for the first, RuntimeError for the second.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                with torch.inference_mode():
                    y = torch.tensor([3.0, 4.0])
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.zeros(2)
                b.copy_(y)
                observe(b)
                y.copy_(x)
                y.tolist()
                """
            ),
        ),
        needs=(
            "inference-mode",
            "in-place",
        ),
        depends=("inference-mode.in-place-outside-is-refused",),
    ),
    Behaviour(
        id="inference-mode.clone-and-detach",
        family=FAMILY,
        statement="A clone made outside is a normal tensor, `detach` of an inference tensor is still one.",
        expectation="`is_inference()` of both, and the clone may be written and may require grad.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                with torch.inference_mode():
                    y = torch.tensor([3.0, 4.0])
                c = y.clone()
                d = y.detach()
                c.is_inference(), d.is_inference()
                c.add_(1).requires_grad_()
                (c * c).sum().backward()
                c.grad, c.is_leaf
                """
            ),
        ),
        needs=(
            "inference-mode",
            "detach",
        ),
        depends=("inference-mode.results-are-inference-tensors",),
    ),
)
