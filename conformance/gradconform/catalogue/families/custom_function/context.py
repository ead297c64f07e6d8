"""Custom Functions: what is saved with the context, and what is marked there."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import custom_function as generate

FAMILY = "custom-function"

_SAVE = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.function.FunctionCtx.save_for_backward.html"
_DIRTY = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.function.FunctionCtx.mark_dirty.html"
_NONDIFF = (
    "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.function.FunctionCtx.mark_non_differentiable.html"
)
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="custom-function.saved-tensors",
        family=FAMILY,
        statement="`save_for_backward` keeps tensors and None for `backward`; a later call replaces an earlier one.",
        expectation="An input comes back as itself, an output as a new tensor with this node, None as None.",
        level=Level.REQUIRED,
        clause=Clause(_SAVE, "In backward(), saved tensors can be accessed through the saved_tensors attribute."),
        examples=(
            code("""
                import torch
                class Save(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        y = x * 2
                        ctx.save_for_backward(x)
                        ctx.save_for_backward(x, None, y)
                        print(ctx.to_save is None)
                        return y
                    @staticmethod
                    def backward(ctx, grad):
                        a, b, c = ctx.saved_tensors
                        print(a is x, b, c is y, c.grad_fn is y.grad_fn)
                        return grad * 2
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Save.apply(x)
                y.sum().backward()
                observe(x, y)
            """),
        ),
        generator=generate.SAVES,
        needs=("custom-function", "backward"),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.saving-what-is-no-tensor",
        family=FAMILY,
        statement="Only tensors and None can be saved for backward or for forward.",
        expectation="TypeError from apply for the number; `save_for_forward` asserts.",
        level=Level.RECOMMENDED,
        clause=Clause(_SAVE, "only with tensors"),
        examples=(
            code("""
                import torch
                class Save(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x, 3)
                        return x * 2
                class Ahead(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_forward(3)
                        return x * 2
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                Save.apply(x)
                Ahead.apply(x)
                observe(x)
            """),
        ),
        needs=("custom-function",),
        depends=("custom-function.saved-tensors",),
    ),
    Behaviour(
        id="custom-function.saved-tensors-are-checked",
        family=FAMILY,
        statement="Reading `ctx.saved_tensors` raises if one of them was modified in place since; a tensor kept as "
        "an attribute is not checked.",
        expectation="RuntimeError with both versions; the attribute gives a gradient of the changed value.",
        level=Level.REQUIRED,
        clause=Clause(
            _SAVE, "a check is made to ensure they weren't used in any in-place operation that modified their content"
        ),
        examples=(
            code("""
                import torch
                class Saved(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x)
                        return x * x
                    @staticmethod
                    def backward(ctx, grad):
                        x, = ctx.saved_tensors
                        return grad * 2 * x
                class Kept(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.x = x
                        return x * x
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 2 * ctx.x
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x * 1
                y = Saved.apply(a)
                a.add_(1)
                y.sum().backward()
                b = x * 1
                z = Kept.apply(b)
                b.add_(1)
                z.sum().backward()
                observe(x)
            """),
        ),
        generator=generate.SAVES,
        needs=("custom-function", "backward", "saved-tensor-checks", "in-place"),
        depends=("custom-function.saved-tensors",),
    ),
    Behaviour(
        id="custom-function.saved-tensors-are-freed",
        family=FAMILY,
        statement="A backward frees what `save_for_backward` kept, unless the graph is retained.",
        expectation="The second reading raises, in a backward and from `grad_fn`.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Saved(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x)
                        return x * x
                    @staticmethod
                    def backward(ctx, grad):
                        x, = ctx.saved_tensors
                        return grad * 2 * x
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Saved.apply(x)
                s = y.sum()
                s.backward(retain_graph=True)
                s.backward()
                observe(x)
                s.backward()
                y.grad_fn.saved_tensors
                observe(x)
            """),
        ),
        generator=generate.SAVES,
        needs=("custom-function", "backward", "retain-graph"),
        depends=("custom-function.saved-tensors",),
    ),
    Behaviour(
        id="custom-function.saved-variables-is-deprecated",
        family=FAMILY,
        statement="`ctx.saved_variables` is the old name of `saved_tensors` and warns.",
        expectation="DeprecationWarning of PyTorch's text, and the tensors.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Save(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x)
                        return x * 2
                    @staticmethod
                    def backward(ctx, grad):
                        print(len(ctx.saved_variables))
                        return grad * 2
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                Save.apply(x).sum().backward()
                observe(x)
            """),
        ),
        needs=("custom-function", "backward", "warnings"),
        depends=("custom-function.saved-tensors",),
    ),
    Behaviour(
        id="custom-function.mark-shared-storage-is-deprecated",
        family=FAMILY,
        statement="`ctx.mark_shared_storage` does nothing but warn.",
        expectation="FutureWarning of PyTorch's text.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Shared(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.mark_shared_storage((x, x))
                        return x * 2
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 2
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Shared.apply(x)
                observe(y)
            """),
        ),
        needs=("custom-function", "warnings"),
    ),
    Behaviour(
        id="custom-function.mark-dirty",
        family=FAMILY,
        statement="An input that was modified in place and marked dirty is returned as itself, with the Function's "
        "node as its history.",
        expectation="The output is the input, its version is raised, and gradients go through the Function.",
        level=Level.REQUIRED,
        clause=Clause(
            _DIRTY, "Every tensor that's been modified in-place in a call to forward() should be given to this function"
        ),
        examples=(
            code("""
                import torch
                class AddOne(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        x.add_(1)
                        ctx.mark_dirty(x)
                        print(len(ctx.dirty_tensors))
                        return x
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 5
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x * 2
                y = AddOne.apply(a)
                print(y is a)
                (a * 3).sum().backward()
                observe(x, a)
            """),
        ),
        generator=generate.DIRTY,
        needs=("custom-function", "in-place", "backward"),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.mark-dirty-is-checked",
        family=FAMILY,
        statement="A dirty leaf that requires grad is refused, and so is a dirty input that is not returned.",
        expectation="RuntimeError with PyTorch's texts.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Lost(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        x.mul_(2)
                        ctx.mark_dirty(x)
                        return x * 1
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 2
                class Dirty(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        x.mul_(2)
                        ctx.mark_dirty(x)
                        return x
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 2
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x * 1
                Lost.apply(a)
                Dirty.apply(x)
                observe(x)
            """),
        ),
        generator=generate.DIRTY,
        needs=("custom-function", "in-place"),
        depends=("custom-function.mark-dirty",),
    ),
    Behaviour(
        id="custom-function.unmarked-write-is-not-noticed",
        family=FAMILY,
        statement="An input modified in place without being marked keeps its history; the output is an alias with "
        "the Function's node.",
        expectation="The input's node is still its own, both have the new values.",
        level=Level.INFORMATIONAL,
        clause=Clause(_DIRTY, "This should be called at most once"),
        examples=(
            code("""
                import torch
                class Sly(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        x.mul_(2)
                        return x
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 2
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x * 1
                y = Sly.apply(a)
                observe(a, y)
            """),
        ),
        needs=("custom-function", "in-place"),
        depends=("custom-function.mark-dirty",),
    ),
    Behaviour(
        id="custom-function.mark-dirty-on-views",
        family=FAMILY,
        statement="A dirty view is written through to its base; a view of a leaf and an output of a multi-output "
        "view are refused.",
        expectation="The base has a new history, the others raise PyTorch's texts.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class AddOne(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        x.add_(1)
                        ctx.mark_dirty(x)
                        return x
                    @staticmethod
                    def backward(ctx, grad):
                        return grad
                class AddTwo(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x, b):
                        x.add_(b)
                        ctx.mark_dirty(x)
                        return x, x + b
                    @staticmethod
                    def backward(ctx, one, two):
                        return one + two, one + two
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x * 1
                AddOne.apply(a[:1])
                observe(a)
                a.sum().backward()
                observe(x)
                AddOne.apply(x.view(2))
                AddOne.apply((x * 1).unbind()[0])
                AddTwo.apply((x * 1).view(2), x)
            """),
        ),
        needs=("custom-function", "in-place", "views"),
        depends=("custom-function.mark-dirty",),
    ),
    Behaviour(
        id="custom-function.mark-non-differentiable",
        family=FAMILY,
        statement="An output marked as not differentiable does not require grad, and `backward` gets zeros for it.",
        expectation="`requires_grad` is False with no node; the gradient that arrives for it is zero.",
        level=Level.REQUIRED,
        clause=Clause(_NONDIFF, "Mark outputs as non-differentiable."),
        examples=(
            code("""
                import torch
                class Order(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        y = x * 2
                        rank = x.round()
                        ctx.mark_non_differentiable(rank)
                        return y, rank
                    @staticmethod
                    def backward(ctx, grad, unused):
                        print(unused)
                        return grad * 2
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y, rank = Order.apply(x)
                observe(y, rank)
                (y * rank).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.CHAINS,
        needs=("custom-function", "backward"),
        depends=("custom-function.several-outputs",),
    ),
    Behaviour(
        id="custom-function.integers-are-not-differentiable",
        family=FAMILY,
        statement="An output of integers does not require grad without being marked.",
        expectation="`requires_grad` is False and `backward` gets integer zeros.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Argument(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2, x.argmax()
                    @staticmethod
                    def backward(ctx, grad, unused):
                        print(unused)
                        return grad * 2
                x = torch.tensor([1.0, 3.0], requires_grad=True)
                y, i = Argument.apply(x)
                observe(y, i)
                y.sum().backward()
                observe(x)
            """),
        ),
        needs=("custom-function", "backward", "dtypes"),
        depends=("custom-function.mark-non-differentiable",),
    ),
)
