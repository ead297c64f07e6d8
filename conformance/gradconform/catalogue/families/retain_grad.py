"""Family 3: gradients of tensors that are no leaves."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import retain_grad as generate

FAMILY = "retain-grad"

_RETAIN = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.retain_grad.html"
_RETAINS = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.retains_grad.html"
_IS_LEAF = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.is_leaf.html"
_GRAD = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.grad.html"
_BACKWARD = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.backward.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="retain-grad.fills-grad-of-a-non-leaf",
        family=FAMILY,
        statement="A backward fills `.grad` of a non-leaf on which `retain_grad` was called before.",
        expectation="`.grad` of that tensor is the derivative of the root by it; others that are no leaves have None.",
        level=Level.REQUIRED,
        clause=Clause(_RETAIN, "Enables this Tensor to have their grad populated during backward()."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.retain_grad()
                z = y * y
                z.sum().backward()
                observe(x, y, z)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                z = (x * x).sum()
                z.retain_grad()
                z.backward()
                observe(x, z)
            """),
        ),
        generator=generate.FILLED,
        needs=("backward", "retain-grad"),
    ),
    Behaviour(
        id="retain-grad.no-op-on-a-leaf",
        family=FAMILY,
        statement="On a leaf that requires grad `retain_grad` does nothing: its gradient is kept anyway.",
        expectation="No error, `retains_grad` stays False, and `.grad` is what it is without the call.",
        level=Level.REQUIRED,
        clause=Clause(_RETAIN, "This is a no-op for leaf tensors."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.retain_grad()
                x.retains_grad
                (x * 2).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.LEAF,
        needs=("backward", "retain-grad"),
    ),
    Behaviour(
        id="retain-grad.refused-without-requires-grad",
        family=FAMILY,
        statement="`retain_grad` on a tensor that does not require grad is an error, although such a tensor is a leaf.",
        expectation="RuntimeError with PyTorch's text for constants, detached tensors and results under `no_grad`.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                c = torch.tensor([1.0, 2.0])
                c.retain_grad()
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                d = (x * 2).detach()
                d.retain_grad()
                with torch.no_grad():
                    y = x * 2
                y.retain_grad()
                observe(c, d, y)
            """),
        ),
        generator=generate.UNTRACKED,
        needs=("retain-grad",),
    ),
    Behaviour(
        id="retain-grad.twice-is-once",
        family=FAMILY,
        statement="Calling `retain_grad` again changes nothing.",
        expectation="The gradient is counted once.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.retain_grad()
                y.retain_grad()
                (y * 2).sum().backward()
                observe(x, y)
            """),
        ),
        generator=generate.TWICE,
        needs=("backward", "retain-grad"),
        depends=("retain-grad.fills-grad-of-a-non-leaf",),
    ),
    Behaviour(
        id="retain-grad.after-the-backward-is-too-late",
        family=FAMILY,
        statement="`retain_grad` acts on backwards to come: called after one, it brings no gradient back.",
        expectation="`.grad` is None until the next backward and then has that one's gradient only.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                z = (y * y).sum()
                z.backward(retain_graph=True)
                y.retain_grad()
                observe(x, y)
                z.backward()
                observe(x, y)
            """),
        ),
        generator=generate.LATE,
        needs=("backward", "retain-grad", "retain-graph"),
        depends=("retain-grad.fills-grad-of-a-non-leaf",),
    ),
    Behaviour(
        id="retain-grad.unretained-grad-warns",
        family=FAMILY,
        statement="Reading `.grad` of a tensor that is no leaf, does not retain and has none gives None and a "
        "UserWarning.",
        expectation="The warning with PyTorch's text at every such read, before and after backward, and at no other.",
        level=Level.RECOMMENDED,
        clause=Clause(_IS_LEAF, "To get grad populated for non-leaf Tensors, you can use retain_grad()."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.grad
                y.sum().backward()
                y.grad
                x.grad
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.grad = torch.ones(2)
                y.grad
                z = x * 2
                z.retain_grad()
                z.grad
                c = torch.ones(2) * 2
                c.grad
            """),
        ),
        generator=generate.WARNED,
        needs=("backward", "retain-grad", "warnings"),
    ),
    Behaviour(
        id="retain-grad.flag-says-so",
        family=FAMILY,
        statement="`retains_grad` is True for a non-leaf after `retain_grad` and False for every other tensor.",
        expectation="The flag of leaves, constants, fresh results, detached tensors and retaining ones is PyTorch's; "
        "it cannot be assigned.",
        level=Level.REQUIRED,
        clause=Clause(_RETAINS, "Is True if this Tensor is non-leaf and its grad is enabled to be populated"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.retains_grad
                y.retain_grad()
                y.retains_grad
                y.detach().retains_grad
                y.clone().retains_grad
                x.retains_grad
                torch.ones(2).retains_grad
                y.retains_grad = False
                observe(x, y)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.retain_grad()
                y.detach_()
                y.is_leaf
                y.retains_grad
            """),
        ),
        generator=generate.FLAGS,
        needs=("retain-grad", "detach"),
    ),
    Behaviour(
        id="retain-grad.accumulates-over-backwards",
        family=FAMILY,
        statement="The gradient of a retaining tensor adds up over backwards as a leaf's does, but out of place.",
        expectation="After k backwards `.grad` is k times the gradient, and a name bound to the earlier `.grad` keeps "
        "the earlier value.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "future calls to backward() will accumulate (add) gradients into it."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.retain_grad()
                z = (y * y).sum()
                z.backward(retain_graph=True)
                held = y.grad
                z.backward(retain_graph=True)
                held is y.grad
                observe(y, held)
                y.grad = None
                z.backward()
                observe(x, y)
            """),
        ),
        generator=generate.SEVERAL,
        needs=("backward", "retain-grad", "retain-graph"),
        depends=("retain-grad.fills-grad-of-a-non-leaf", "leaf-gradients.backwards-accumulate"),
    ),
    Behaviour(
        id="retain-grad.sums-every-use",
        family=FAMILY,
        statement="The retained gradient is the sum over all uses of the tensor, those made before `retain_grad` "
        "included.",
        expectation="`.grad` has the contributions of every path from the root.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                early = y * y
                y.retain_grad()
                late = y * 5
                (early + late + y).sum().backward()
                observe(x, y)
            """),
        ),
        generator=generate.ALL_USES,
        needs=("backward", "retain-grad"),
        depends=("retain-grad.fills-grad-of-a-non-leaf", "leaf-gradients.uses-add-up"),
    ),
    Behaviour(
        id="retain-grad.not-reached-stays-none",
        family=FAMILY,
        statement="A retaining tensor that the root does not depend on keeps None, and reading that does not warn.",
        expectation="`.grad` is None without a warning.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "This attribute is None by default and becomes a Tensor the first time"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.retain_grad()
                (x * 2).sum().backward()
                y.grad
                observe(x, y)
            """),
        ),
        generator=generate.NOT_REACHED,
        needs=("backward", "retain-grad"),
        depends=("retain-grad.fills-grad-of-a-non-leaf",),
    ),
    Behaviour(
        id="retain-grad.sees-what-hooks-made",
        family=FAMILY,
        statement="The retained gradient is the one after all hooks of the tensor, whichever was registered first.",
        expectation="A hook that scales the gradient scales the retained one and the leaf's alike; after an in-place "
        "operation the hook still belongs to the old value and the retained gradient to the new one.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.retain_grad()
                y.register_hook(lambda grad: grad * 10)
                (y * 2).sum().backward()
                observe(x, y)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.register_hook(lambda grad: grad * 10)
                y.retain_grad()
                y.register_hook(lambda grad: grad + 1)
                (y * 2).sum().backward()
                observe(x, y)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.retain_grad()
                y.register_hook(lambda grad: grad * 10)
                y.mul_(2)
                (y * 2).sum().backward()
                observe(x, y)
            """),
        ),
        generator=generate.HOOKS,
        needs=("backward", "retain-grad", "hooks"),
        depends=("retain-grad.fills-grad-of-a-non-leaf",),
    ),
    Behaviour(
        id="retain-grad.follows-in-place",
        family=FAMILY,
        statement="After an in-place operation a retaining tensor retains the gradient of its new value, and gets none "
        "from uses of the old one.",
        expectation="`.grad` is the derivative by the tensor as it is at the end; `retains_grad` stays True.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.retain_grad()
                y.mul_(2)
                (y * 5).sum().backward()
                y.retains_grad
                observe(x, y)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.retain_grad()
                before = (y * 5).sum()
                y.mul_(2)
                before.backward()
                observe(x, y)
            """),
        ),
        generator=generate.WRITTEN,
        needs=("backward", "retain-grad", "in-place"),
        depends=("retain-grad.fills-grad-of-a-non-leaf",),
    ),
    Behaviour(
        id="retain-grad.follows-writes-through-views",
        family=FAMILY,
        statement="A base that retains keeps retaining when it is written through a view; a view that retains loses "
        "track when its base is written.",
        expectation="The base's `.grad` is the derivative by its new value; the view's stays None, though it still "
        "says that it retains.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                base = x * 1
                base.retain_grad()
                base[:2].mul_(3)
                w = torch.tensor([1.0, 2.0, 4.0])
                (base * w).sum().backward()
                observe(x, base)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                base = x * 3
                view = base.view(2)
                view.retain_grad()
                base.mul_(2)
                (base * 5).sum().backward()
                view.retains_grad
                observe(x, base, view)
            """),
        ),
        generator=generate.WRITTEN_THROUGH_VIEW,
        needs=("backward", "retain-grad", "in-place", "views"),
        depends=("retain-grad.follows-in-place",),
    ),
    Behaviour(
        id="retain-grad.grad-fills-it-too",
        family=FAMILY,
        statement="`torch.autograd.grad` fills `.grad` of retaining tensors on its way, though it leaves leaves alone.",
        expectation="After `grad(z, x)` the `.grad` of a retaining tensor between them is set and `x.grad` is None.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.retain_grad()
                torch.autograd.grad((y * 2).sum(), x)
                observe(x, y)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.retain_grad()
                torch.autograd.grad((y * 2).sum(), y)
                observe(x, y)
            """),
        ),
        generator=generate.GRAD_FILLS,
        needs=("retain-grad", "autograd-grad"),
        depends=("retain-grad.fills-grad-of-a-non-leaf",),
    ),
    Behaviour(
        id="retain-grad.works-under-no-grad",
        family=FAMILY,
        statement="`retain_grad` may be called while grad mode is off; what counts is whether the tensor requires "
        "grad.",
        expectation="A tensor made before retains; one made inside does not require grad and is refused.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                with torch.no_grad():
                    y.retain_grad()
                    z = y * 2
                    z.retain_grad()
                (y * 2).sum().backward()
                observe(x, y, z)
            """),
        ),
        generator=generate.NO_GRAD,
        needs=("backward", "retain-grad", "grad-mode"),
        depends=("retain-grad.refused-without-requires-grad",),
    ),
    Behaviour(
        id="retain-grad.create-graph-gives-it-a-graph",
        family=FAMILY,
        statement="With create_graph=True the retained gradient has a graph and can be differentiated.",
        expectation="`.grad` of the retaining tensor requires grad where it depends on a leaf.",
        level=Level.RECOMMENDED,
        clause=Clause(_BACKWARD, "allowing to compute higher order derivative products."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                y.retain_grad()
                (y * y).sum().backward(create_graph=True)
                observe(x, y)
                y.grad.sum().backward()
                observe(x)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.retain_grad()
                (y * 2).sum().backward(create_graph=True)
                observe(x, y)
            """),
        ),
        generator=generate.CREATES,
        needs=("backward", "retain-grad", "double-backward"),
        depends=("retain-grad.fills-grad-of-a-non-leaf",),
    ),
    Behaviour(
        id="retain-grad.is-a-tensor-of-its-own",
        family=FAMILY,
        statement="The retained gradient shares memory neither with the leaf's gradient nor with the weight.",
        expectation="Writing to `y.grad` leaves `x.grad` and the weight as they are.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x + 0
                y.retain_grad()
                weight = torch.ones(2)
                y.backward(weight)
                observe(x, y, weight)
                y.grad.zero_()
                observe(x, y, weight)
            """),
        ),
        generator=generate.OWN_TENSOR,
        needs=("backward", "retain-grad", "in-place"),
        depends=("retain-grad.fills-grad-of-a-non-leaf",),
    ),
    Behaviour(
        id="retain-grad.inputs-turn-it-on",
        family=FAMILY,
        statement="A non-leaf among the inputs= of a backward retains from then on.",
        expectation="Its `.grad` is filled, `retains_grad` is True, and later backwards add to it.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                z = (y * y).sum()
                z.backward(inputs=[y], retain_graph=True)
                y.retains_grad
                observe(x, y)
                z.backward()
                observe(x, y)
            """),
        ),
        generator=generate.INPUTS,
        needs=("backward", "retain-grad", "backward-inputs"),
        depends=("retain-grad.fills-grad-of-a-non-leaf",),
    ),
    Behaviour(
        id="retain-grad.outputs-of-one-operation-are-apart",
        family=FAMILY,
        statement="Of several tensors that one operation gives, each retains for itself.",
        expectation="Only the piece that `retain_grad` was called on has a gradient, its own.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                a, b, c = x.unbind()
                b.retain_grad()
                (a * b * b + c).backward()
                observe(x, a, b, c)
            """),
        ),
        needs=("backward", "retain-grad", "views"),
        depends=("retain-grad.fills-grad-of-a-non-leaf",),
    ),
)
