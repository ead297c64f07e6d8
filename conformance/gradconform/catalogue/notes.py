"""Nine study notes on autograd as a student writes them, each with a program that shows what PyTorch really does.

The programs are the student's: they print. Where a note says less than PyTorch does, or something else, its program
goes on to show that.
"""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Note, Observed

FAMILY = "notes"

_METHOD = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.backward.html"
_BACKWARD = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.backward.html"
_GRAD = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad.html"
_IS_LEAF = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.is_leaf.html"
_RETAIN_GRAD = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.retain_grad.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="notes.n1-second-backward-raises",
        family=FAMILY,
        statement="After `y.backward()` a backward from `z = y * 3` goes through the freed graph of `y` and raises.",
        expectation="`a.grad` is 2; RuntimeError says that the graph is used a second time; `a.grad` is still 2.",
        level=Level.REQUIRED,
        clause=Clause(_METHOD, "If False, the graph used to compute the grads will be freed"),
        examples=(
            code(
                """
                import torch
                a = torch.tensor(1.0, requires_grad=True)
                y = a ** 2
                z = y * 3
                y.backward()
                print(a.grad)
                try:
                    z.backward(retain_graph=True)
                except RuntimeError as error:
                    print(error)
                print(a.grad)
                """
            ),
        ),
        needs=("backward", "retain-graph"),
    ),
    Behaviour(
        id="notes.n2-retain-graph-allows-another-backward",
        family=FAMILY,
        statement="With `retain_graph=True` both backwards run, and their gradients add up in `a.grad`.",
        expectation="`a.grad` is 2 after the first backward and 8 after the second.",
        level=Level.REQUIRED,
        clause=Clause(_METHOD, "This function accumulates gradients in the leaves"),
        examples=(
            code(
                """
                import torch
                a = torch.tensor(1.0, requires_grad=True)
                y = a ** 2
                z = y * 3
                y.backward(retain_graph=True)
                print(a.grad)
                z.backward(retain_graph=True)
                print(a.grad)
                """
            ),
        ),
        needs=("backward", "retain-graph"),
    ),
    Behaviour(
        id="notes.n3-results-hold-no-gradient",
        family=FAMILY,
        statement="The result in the middle holds no gradient after backward, and reading its `.grad` warns.",
        expectation="`y.grad` is None with a UserWarning about a tensor that is not a leaf; `a.grad` is 6.",
        level=Level.REQUIRED,
        clause=Clause(_IS_LEAF, "Only leaf Tensors will have their grad populated during a call"),
        examples=(
            code(
                """
                import torch
                a = torch.tensor(1.0, requires_grad=True)
                y = a ** 2
                z = y * 3
                z.backward(retain_graph=True)
                print(y.grad)
                print(a.grad)
                """
            ),
        ),
        needs=("backward", "warnings"),
    ),
    Behaviour(
        id="notes.n4-retain-grad-keeps-the-gradient",
        family=FAMILY,
        statement="`retain_grad` makes a result hold its gradient, and `retains_grad` tells so.",
        expectation="`y.retains_grad` is False, then True; after the backward `y.grad` is 3 and `a.grad` is 6.",
        level=Level.REQUIRED,
        clause=Clause(_RETAIN_GRAD, "This is a no-op for leaf tensors."),
        examples=(
            code(
                """
                import torch
                a = torch.tensor(1.0, requires_grad=True)
                y = a ** 2
                z = y * 3
                print(y.retains_grad)
                y.retain_grad()
                print(y.retains_grad)
                z.backward(retain_graph=True)
                print(y.grad)
                print(a.grad)
                """
            ),
        ),
        needs=("backward", "retain-grad"),
    ),
    Behaviour(
        id="notes.n5-leaf-tensors",
        family=FAMILY,
        statement="Leaves keep their gradient, results with a history do not; whether something is a leaf depends on "
        "its history.",
        expectation="`a` is a leaf, `y` and `z` are not; a result that needs no gradient is a leaf too, and a tensor "
        "that the user converts after asking for a gradient is none.",
        level=Level.REQUIRED,
        clause=Clause(_IS_LEAF, "Tensors that have requires_grad which is False will be leaf Tensors by convention."),
        examples=(
            code(
                """
                import torch
                a = torch.tensor(1.0, requires_grad=True)
                y = a ** 2
                z = y * 3
                print(a.is_leaf, y.is_leaf, z.is_leaf)
                b = torch.tensor(2.0)
                c = b * 5
                print(b.is_leaf, c.is_leaf, c.grad_fn)
                d = y.detach()
                print(d.is_leaf, d.requires_grad)
                e = torch.tensor(1.0, requires_grad=True).to(torch.float64)
                print(e.is_leaf, e.requires_grad)
                (z * c * d * e).backward()
                print(a.grad, c.grad, d.grad, e.grad)
                """
            ),
        ),
        needs=("backward", "dtypes", "detach"),
    ),
    Behaviour(
        id="notes.n6-backward-as-method-and-as-function",
        family=FAMILY,
        statement="`torch.autograd.backward` is `tensor.backward`; `grad_tensors` weighs the elements of what is no "
        "scalar.",
        expectation="Equal gradients from both; with weights the gradient of the weighted sum; a tensor of one "
        "element needs no weight; a weight of another shape raises.",
        level=Level.REQUIRED,
        clause=Clause(_BACKWARD, "non-scalar (i.e. their data has more than one element) and require gradient"),
        examples=(
            code(
                """
                import torch
                a = torch.tensor(1.0, requires_grad=True)
                (a ** 2).backward()
                print(a.grad)
                torch.autograd.backward(a ** 2)
                print(a.grad)
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                w = torch.tensor([[1.0, 0.0], [0.5, 10.0]])
                torch.autograd.backward(x ** 2, grad_tensors=w)
                print(x.grad)
                x.grad = None
                (w * x ** 2).sum().backward()
                print(x.grad)
                try:
                    torch.autograd.backward(x ** 2, grad_tensors=torch.ones(2))
                except RuntimeError as error:
                    print(error)
                v = torch.tensor([[3.0]], requires_grad=True)
                (v ** 2).backward()
                print(v.grad)
                """
            ),
        ),
        needs=("backward",),
    ),
    Behaviour(
        id="notes.n7-what-a-backward-frees",
        family=FAMILY,
        statement="A backward frees what the nodes saved, not the graph: where nothing was saved a second backward "
        "runs.",
        expectation="`a ** 2` raises the second time unless `retain_graph=True`; `a + 1` runs any number of times; "
        "`grad_fn` stays.",
        level=Level.REQUIRED,
        clause=Clause(_METHOD, "If False, the graph used to compute the grads will be freed"),
        examples=(
            code(
                """
                import torch
                a = torch.tensor(1.0, requires_grad=True)
                y = a ** 2
                y.backward(retain_graph=True)
                y.backward()
                print(a.grad)
                try:
                    y.backward()
                except RuntimeError as error:
                    print(error)
                print(y.grad_fn is None)
                a.grad = None
                s = a + 1
                s.backward()
                s.backward()
                print(a.grad)
                """
            ),
        ),
        needs=("backward", "retain-graph"),
    ),
    Behaviour(
        id="notes.n8-grad-for-chosen-inputs",
        family=FAMILY,
        statement="`torch.autograd.grad` gives gradients for the chosen inputs alone, whatever `only_inputs` says.",
        expectation="The gradients are returned, `.grad` of every leaf stays None; `only_inputs=False` warns and "
        "changes nothing; an input that was not used is an error.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "only_inputs argument is deprecated and is ignored now"),
        examples=(
            code(
                """
                import torch
                a = torch.tensor(1.0, requires_grad=True)
                b = torch.tensor(2.0, requires_grad=True)
                y = a ** 2 * b
                print(torch.autograd.grad(y, a, retain_graph=True))
                print(torch.autograd.grad(y, [a, b], retain_graph=True))
                print(a.grad, b.grad)
                print(torch.autograd.grad(y, a, retain_graph=True, only_inputs=False))
                print(a.grad, b.grad)
                c = torch.tensor(3.0, requires_grad=True)
                try:
                    torch.autograd.grad(y, c, retain_graph=True)
                except RuntimeError as error:
                    print(error)
                print(torch.autograd.grad(y, c, allow_unused=True))
                """
            ),
        ),
        needs=("backward", "autograd-grad", "warnings"),
    ),
    Behaviour(
        id="notes.n9-three-ways-to-stop-gradients",
        family=FAMILY,
        statement="`no_grad` stops recording for a while, `requires_grad=False` for a leaf, `detach` at one place of "
        "the graph.",
        expectation="A result under `no_grad` has no history; a frozen leaf gets no gradient while others do; through "
        "`detach` nothing flows while other paths do, and the detached tensor shares memory and version.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                a = torch.tensor(3.0, requires_grad=True)
                with torch.no_grad():
                    y = a ** 2
                print(y.requires_grad, y.grad_fn, torch.is_grad_enabled())
                w = torch.tensor(2.0, requires_grad=True)
                w.requires_grad_(False)
                y = a * w
                y.backward()
                print(a.grad, w.grad)
                a.grad = None
                y = a ** 2
                d = y.detach()
                (y * d).backward()
                print(a.grad, d.requires_grad)
                y = a.relu()
                y.detach().mul_(2)
                print(y)
                try:
                    y.backward()
                except RuntimeError as error:
                    print(error)
                """
            ),
        ),
        needs=("backward", "grad-mode", "detach", "requires-grad-toggle", "in-place", "saved-tensor-checks"),
    ),
)

NOTES: tuple[Note, ...] = (
    Note(
        id="N1",
        claim="With y = a ** 2 and z = y * 3: after y.backward(), a.grad is 2; z.backward(retain_graph=True) then "
        "raises, because the graph was freed.",
        agrees=True,
        truth="So it is. Asking to retain the graph in the second call does not help: what y saved went with the "
        "first call.",
        behaviours=("notes.n1-second-backward-raises",),
    ),
    Note(
        id="N2",
        claim="y.backward(retain_graph=True) gives a.grad 2; z.backward(retain_graph=True) then gives 8.",
        agrees=True,
        truth="So it is: the graph is kept, and gradients accumulate, 2 + 6.",
        behaviours=("notes.n2-retain-graph-allows-another-backward",),
    ),
    Note(
        id="N3",
        claim="After z.backward(retain_graph=True), y.grad is None with a warning, and a.grad is 6.",
        agrees=True,
        truth="So it is: the UserWarning comes from reading `.grad` of a tensor that is not a leaf.",
        behaviours=("notes.n3-results-hold-no-gradient",),
    ),
    Note(
        id="N4",
        claim="y.retains_grad is False; after y.retain_grad() it is True, and z.backward(retain_graph=True) then "
        "leaves y.grad 3 and a.grad 6.",
        agrees=True,
        truth="So it is. On a leaf `retain_grad` does nothing and `retains_grad` stays False, since a leaf keeps its "
        "gradient anyway.",
        behaviours=("notes.n4-retain-grad-keeps-the-gradient",),
    ),
    Note(
        id="N5",
        claim="Leaf tensors keep their gradient, result tensors do not. All tensors that the user creates are leaves.",
        agrees=False,
        truth="A leaf is a tensor without a history. Results that do not require grad are leaves too, and keep no "
        "gradient because they get none; what the user creates and converts after asking for a gradient, such as "
        "`torch.tensor(1.0, requires_grad=True).to(torch.float64)`, is no leaf.",
        behaviours=("notes.n5-leaf-tensors",),
    ),
    Note(
        id="N6",
        claim="torch.autograd.backward(t) is t.backward(). For a vector or matrix grad_tensors gives the weights of "
        "its elements, in the same shape.",
        agrees=False,
        truth="Both are right as far as they go, but the line is drawn by the number of elements and not of "
        "dimensions: a vector or matrix with a single element needs no weight.",
        behaviours=(
            "notes.n6-backward-as-method-and-as-function",
            "grad-tensors.one-element-needs-no-weight",
            "grad-tensors.method-equals-function",
            "grad-tensors.weights-each-element",
        ),
    ),
    Note(
        id="N7",
        claim="After a backward the graph is gone, unless retain_graph=True was given.",
        agrees=False,
        truth="What is freed is what the nodes saved for their derivatives. The nodes stay, `grad_fn` still names "
        "them, and through operators that saved nothing, such as the addition of a number, a second backward runs "
        "without `retain_graph`.",
        behaviours=("notes.n7-what-a-backward-frees",),
    ),
    Note(
        id="N8",
        claim="torch.autograd.grad computes gradients for chosen inputs, or for all leaves through only_inputs, which "
        "is True by default.",
        agrees=False,
        truth="The first half is right. `only_inputs` is deprecated and ignored: False gives a FutureWarning and the "
        "same result, and no leaf's `.grad` is filled. To accumulate into all leaves one calls backward.",
        behaviours=(
            "notes.n8-grad-for-chosen-inputs",
            "autograd-grad.only-inputs-is-ignored",
            "autograd-grad.leaves-grad-untouched",
        ),
    ),
    Note(
        id="N9",
        claim="no_grad, requires_grad=False and detach each keep gradients from being computed.",
        agrees=True,
        truth="They do, at different places: `no_grad` for everything computed inside the block, "
        "`requires_grad=False` for one leaf, `detach` at one place of the graph while other paths stay open. A "
        "detached tensor shares memory and version with the original, so writing through it is caught by a later "
        "backward.",
        behaviours=(
            "notes.n9-three-ways-to-stop-gradients",
            "grad-modes.no-grad-results-have-no-history",
            "detach.cuts-the-gradient",
            "detach.frozen-leaf-gets-no-gradient",
        ),
    ),
)
"""In the order of the study notes; a note names the behaviour that shows it first, then those that go deeper."""
