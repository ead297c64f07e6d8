"""Family 1: who is a leaf, who gets a gradient, and which."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import leaf_gradients as generate

FAMILY = "leaf-gradients"

_IS_LEAF = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.is_leaf.html"
_GRAD = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.grad.html"
_REQUIRES_GRAD_ = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.requires_grad_.html"
_BACKWARD = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.backward.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    # Who is a leaf
    Behaviour(
        id="leaf-gradients.created-tensors-are-leaves",
        family=FAMILY,
        statement="A tensor that requires grad is a leaf when the user created it and none when an operation made it, "
        "even an operation as plain as a change of dtype.",
        expectation="`is_leaf`, `requires_grad` and `grad_fn` of every tensor are PyTorch's.",
        level=Level.REQUIRED,
        clause=Clause(_IS_LEAF, "they will be leaf Tensors if they were created by the user."),
        examples=(
            code("""
                import torch
                a = torch.ones(2, requires_grad=True)
                b = torch.ones(2).requires_grad_()
                c = torch.ones(2, requires_grad=True) + 2
                d = torch.ones(2, requires_grad=True).double()
                e = (a * 2).detach().requires_grad_()
                observe(a, b, c, d, e)
                c.is_leaf
                e.is_leaf
            """),
            code("""
                import torch
                a = torch.ones(2, requires_grad=True)
                a.float() is a
                a.to(torch.float32) is a
                b = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
                c = b.clone()
                observe(a, b, c)
            """),
        ),
        generator=generate.WHO_IS_A_LEAF,
    ),
    Behaviour(
        id="leaf-gradients.untracked-results-are-leaves",
        family=FAMILY,
        statement="Every tensor that does not require grad is a leaf, the result of an operation too.",
        expectation="Results on constants, comparisons, integers and detached tensors are leaves without a `grad_fn`.",
        level=Level.REQUIRED,
        clause=Clause(
            _IS_LEAF, "All Tensors that have requires_grad which is False will be leaf Tensors by convention."
        ),
        examples=(
            code("""
                import torch
                a = torch.ones(2) * 2
                x = torch.tensor([1.0, -2.0], requires_grad=True)
                b = x > 0
                c = x.long()
                d = x.detach() * 3
                e = torch.zeros_like(x)
                observe(a, b, c, d, e)
            """),
        ),
        generator=generate.UNTRACKED,
    ),
    Behaviour(
        id="leaf-gradients.integers-cannot-require-grad",
        family=FAMILY,
        statement="Only tensors of floating point and complex dtype can require grad, whichever way it is asked for.",
        expectation="Factories, `requires_grad_()` and assignment raise RuntimeError with PyTorch's texts, and the "
        "tensor stays as it was.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                i = torch.tensor([1, 2], requires_grad=True)
                j = torch.ones(2, dtype=torch.int64, requires_grad=True)
            """),
            code("""
                import torch
                i = torch.tensor([1, 2])
                i.requires_grad_()
                i.requires_grad = True
                i.requires_grad_(False)
                m = torch.tensor([True, False])
                m.requires_grad_()
                observe(i, m)
            """),
        ),
        generator=generate.INTEGERS_REFUSED,
        needs=("dtypes",),
    ),
    Behaviour(
        id="leaf-gradients.flag-of-a-non-leaf-cannot-be-cleared",
        family=FAMILY,
        statement="The result of an operation cannot be told not to require grad; `requires_grad_()` changes nothing, "
        "and even assigning True is refused.",
        expectation="Clearing raises RuntimeError by method and by assignment, assigning True one with a shorter text, "
        "and the graph still works.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.requires_grad_(False)
                y.requires_grad = False
                y.requires_grad = True
                y.requires_grad_()
                observe(y)
                y.sum().backward()
                observe(x)
            """),
        ),
        generator=generate.FLAG_OF_NON_LEAF,
        needs=("requires-grad-toggle",),
    ),
    Behaviour(
        id="leaf-gradients.flag-of-a-leaf-switches",
        family=FAMILY,
        statement="A leaf's flag can be switched off and on; a gradient that it has stays, and a graph recorded while "
        "it was on adds nothing while it is off.",
        expectation="`.grad` survives the switch, a backward while the flag is off leaves it unchanged, and "
        "`requires_grad_` gives back the tensor itself.",
        level=Level.REQUIRED,
        clause=Clause(_REQUIRES_GRAD_, "sets this tensor's requires_grad attribute in-place. Returns this tensor."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * 3).sum()
                y.backward(retain_graph=True)
                x.requires_grad_(False)
                y.backward(retain_graph=True)
                observe(x)
                x.requires_grad_() is x
                y.backward()
                observe(x)
            """),
            code("""
                import torch
                x = torch.ones(2)
                x.requires_grad = 1
                x.requires_grad = True
                observe(x)
            """),
        ),
        generator=generate.FLAG_OF_LEAF,
        needs=("requires-grad-toggle",),
    ),
    # Who gets a gradient, and which
    Behaviour(
        id="leaf-gradients.only-leaves-hold-gradients",
        family=FAMILY,
        statement="Backward fills `.grad` of the leaves that require grad and of no other tensor.",
        expectation="After a backward `.grad` is a tensor for every leaf that was reached and None for all others.",
        level=Level.REQUIRED,
        clause=Clause(_IS_LEAF, "Only leaf Tensors will have their grad populated during a call to backward()."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                y = x * x
                z = y.sum()
                z.backward()
                observe(x, y, z)
            """),
        ),
        generator=generate.ONLY_LEAVES,
        needs=("backward",),
    ),
    Behaviour(
        id="leaf-gradients.follow-the-chain-rule",
        family=FAMILY,
        statement="The gradient of a leaf is the derivative of the root by that leaf.",
        expectation="Every leaf's `.grad` has PyTorch's value, bit for bit where the arithmetic is exact.",
        level=Level.REQUIRED,
        clause=Clause(_BACKWARD, "The graph is differentiated using the chain rule."),
        examples=(
            code("""
                import torch
                x = torch.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
                w = torch.tensor([2.0, -1.0], requires_grad=True)
                y = ((x @ w) ** 2).sum() + (x.relu() * w).mean()
                y.backward()
                observe(x, w, y)
            """),
        ),
        generator=generate.VALUES,
        needs=("backward",),
        depends=("leaf-gradients.only-leaves-hold-gradients",),
    ),
    Behaviour(
        id="leaf-gradients.backwards-accumulate",
        family=FAMILY,
        statement="A backward adds to the gradient that is there; it does not replace it.",
        expectation="After k backwards of one graph `.grad` is k times the gradient, and other graphs add to it too.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "future calls to backward() will accumulate (add) gradients into it."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                y.backward(retain_graph=True)
                observe(x)
                y.backward(retain_graph=True)
                observe(x)
                (x * 3).sum().backward()
                observe(x)
                x.grad = None
                y.backward()
                observe(x)
            """),
        ),
        generator=generate.ACCUMULATES,
        needs=("backward",),
        depends=("leaf-gradients.only-leaves-hold-gradients",),
    ),
    Behaviour(
        id="leaf-gradients.unreached-leaves-keep-none",
        family=FAMILY,
        statement="A leaf that the root does not depend on keeps a gradient of None, not of zeros.",
        expectation="`.grad` of the leaf is None before and after backwards elsewhere.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "This attribute is None by default and becomes a Tensor the first time"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                alone = torch.tensor([3.0], requires_grad=True)
                aside = alone * 2
                (x * 2).sum().backward()
                observe(x, alone, aside)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                (x * w.detach()).sum().backward()
                observe(x, w)
            """),
        ),
        generator=generate.UNREACHED,
        needs=("backward",),
    ),
    Behaviour(
        id="leaf-gradients.constants-get-none",
        family=FAMILY,
        statement="An operand that does not require grad gets no gradient, and the others get theirs.",
        expectation="The constant's `.grad` stays None, the leaf's is right, and the edge of the graph to it is empty.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                c = torch.tensor([3.0, -1.0])
                y = x * c + c
                y.sum().backward()
                observe(x, c, y)
            """),
        ),
        generator=generate.CONSTANT_OPERANDS,
        needs=("backward",),
    ),
    Behaviour(
        id="leaf-gradients.uses-add-up",
        family=FAMILY,
        statement="A tensor used several times, in one operation, by several paths or by several roots, gets the sum.",
        expectation="Gradients through duplicates, diamonds and shared leaves are the sums over all paths.",
        level=Level.REQUIRED,
        clause=Clause(_BACKWARD, "Computes the gradient of current tensor wrt graph leaves."),
        examples=(
            code("""
                import torch
                x = torch.tensor([2.0, 3.0], requires_grad=True)
                y = x * x
                z = y * x + y + x
                z.sum().backward()
                observe(x)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x * 2
                b = a * 3
                c = a + b
                d = torch.stack([c, a, c])
                d.sum().backward()
                observe(x)
            """),
        ),
        generator=generate.REPEATED_USE,
        needs=("backward",),
        depends=("leaf-gradients.follow-the-chain-rule",),
    ),
    Behaviour(
        id="leaf-gradients.unused-branches-add-nothing",
        family=FAMILY,
        statement="A branch that was computed and that the root does not use contributes nothing.",
        expectation="`.grad` is what it is without the branch, and the branch's own tensors are untouched.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                unused = (y * y).exp()
                y.sum().backward()
                observe(x, y, unused)
            """),
        ),
        generator=generate.UNUSED_BRANCHES,
        needs=("backward",),
    ),
    Behaviour(
        id="leaf-gradients.leaf-as-root",
        family=FAMILY,
        statement="Backward may start at a leaf, whose gradient is then a copy of the weight, by default of one.",
        expectation="`.grad` of the leaf grows by the weight, as often as one likes, since nothing is there to free.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor(3.0, requires_grad=True)
                x.backward()
                x.backward()
                observe(x)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                weight = torch.tensor([5.0, 7.0])
                x.backward(weight)
                observe(x, weight)
                x.backward()
            """),
        ),
        generator=generate.LEAF_AS_ROOT,
        needs=("backward",),
    ),
    # Dtypes and shapes
    Behaviour(
        id="leaf-gradients.dtype-is-the-leafs",
        family=FAMILY,
        statement="A gradient has the dtype of its leaf, whatever dtypes it came through.",
        expectation="In graphs that mix float32, float64, integers and bools every `.grad` has its leaf's dtype.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, -1.0], dtype=torch.float64, requires_grad=True)
                mask = torch.tensor([True, False])
                y = x * w + x.double() * mask
                y.sum().backward()
                observe(x, w, y)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                s = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
                y = x * s
                y.backward(torch.ones_like(y))
                observe(x, s, y)
            """),
        ),
        generator=generate.DTYPES,
        needs=("backward", "dtypes"),
    ),
    Behaviour(
        id="leaf-gradients.broadcasts-are-summed-back",
        family=FAMILY,
        statement="The gradient of a leaf that was broadcast has the shape of the leaf: it is summed over what was "
        "stretched or added.",
        expectation="`.grad` has the leaf's shape exactly, 0 dimensions and dimensions of size 1 included.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                column = torch.tensor([[1.0], [2.0], [3.0]], requires_grad=True)
                row = torch.tensor([[2.0, -1.0, 0.5]], requires_grad=True)
                scalar = torch.tensor(4.0, requires_grad=True)
                one = torch.tensor([2.0], requires_grad=True)
                y = column * row * scalar + one
                y.sum().backward()
                observe(column, row, scalar, one)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.expand(2, 3, 2).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.BROADCAST,
        needs=("backward",),
        depends=("leaf-gradients.follow-the-chain-rule",),
    ),
    Behaviour(
        id="leaf-gradients.empty-and-zero-dimensional",
        family=FAMILY,
        statement="Leaves without elements and without dimensions get gradients of their own shape.",
        expectation="`.grad` of an empty leaf is an empty tensor and not None; of a 0-dimensional leaf 0-dimensional.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                empty = torch.zeros(0, requires_grad=True)
                scalar = torch.tensor(2.0, requires_grad=True)
                y = (empty * scalar).sum()
                y.backward()
                observe(empty, scalar, y)
            """),
            code("""
                import torch
                x = torch.zeros(2, 0, requires_grad=True)
                x.sum(1).sum().backward()
                observe(x)
                x.mean()
            """),
        ),
        generator=generate.EMPTY_AND_SCALAR,
        needs=("backward",),
    ),
    # The gradient as an object
    Behaviour(
        id="leaf-gradients.accumulation-is-in-place",
        family=FAMILY,
        statement="A second backward writes into the tensor that `.grad` is, so whoever holds it sees the sum; with "
        "create_graph=True it makes a new one.",
        expectation="A name bound to `.grad` before the second backward is the same object after it and has the sum.",
        level=Level.RECOMMENDED,
        clause=Clause(_GRAD, "future calls to backward() will accumulate (add) gradients into it."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                y.backward(retain_graph=True)
                held = x.grad
                y.backward(retain_graph=True)
                held is x.grad
                observe(held, x)
                y.backward(create_graph=True)
                held is x.grad
                observe(held, x)
            """),
        ),
        generator=generate.IN_PLACE_ACCUMULATION,
        needs=("backward", "in-place"),
        depends=("leaf-gradients.backwards-accumulate",),
    ),
    Behaviour(
        id="leaf-gradients.grad-can-be-assigned",
        family=FAMILY,
        statement="`.grad` can be set: to None, to a tensor that fits, which it then is, or changed in place; the next "
        "backward adds to it.",
        expectation="The assigned tensor is `.grad` itself and receives the next gradient in place.",
        level=Level.REQUIRED,
        clause=Clause(_BACKWARD, "you might need to zero .grad attributes or set them to None before calling it."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                given = torch.tensor([10.0, 20.0])
                x.grad = given
                x.grad is given
                (x * x).sum().backward()
                observe(x, given)
                x.grad.zero_()
                (x * 3).sum().backward()
                observe(x, given)
                x.grad = None
                observe(x)
            """),
            code("""
                import torch
                c = torch.tensor([1.0, 2.0])
                c.grad = torch.ones(2)
                observe(c)
                del c.grad
                observe(c)
            """),
        ),
        generator=generate.ASSIGNED,
        needs=("backward",),
    ),
    Behaviour(
        id="leaf-gradients.assigned-grad-must-fit",
        family=FAMILY,
        statement="`.grad` accepts None or another tensor of the same shape and dtype and nothing else.",
        expectation="Another shape, another dtype and the tensor itself raise RuntimeError, anything else TypeError, "
        "and `.grad` stays as it was.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                (x * 2).sum().backward()
                x.grad = torch.ones(3)
                x.grad = torch.ones(2, dtype=torch.float64)
                x.grad = 1.0
                x.grad = x
                x.grad = [1.0, 2.0]
                observe(x)
            """),
        ),
        generator=generate.ASSIGNMENT_REFUSED,
        needs=("backward",),
    ),
    Behaviour(
        id="leaf-gradients.may-share-the-callers-memory",
        family=FAMILY,
        statement="A gradient that reaches its leaf through views only may be a view of the weight that the caller "
        "passed: view, reshape and transposes share it, clone, negation, addition and expand do not.",
        expectation="`.grad` and the weight share memory exactly where they do in PyTorch.",
        level=Level.INFORMATIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                weight = torch.ones(2, 1)
                x.view(2, 1).backward(weight)
                observe(x, weight)
                weight.mul_(10)
                observe(x, weight)
            """),
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                weight = torch.ones(2)
                (x + 0).backward(weight)
                weight.mul_(10)
                observe(x, weight)
            """),
        ),
        generator=generate.SHARED_MEMORY,
        needs=("backward", "views", "in-place"),
    ),
)
