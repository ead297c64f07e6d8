"""Family 10: how `.grad` comes about: taken or copied, in place or not, its layout, its dtype, what it takes."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import accumulation as generate

FAMILY = "accumulation"

_AUTOGRAD_GRAD_MODE_ENFORCE_GRAD_LAYOUT_POLICY = (
    "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad_mode.enforce_grad_layout_policy.html"
)
_GRAD = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.grad.html"
_GRAD_DTYPE = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.grad_dtype.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="accumulation.second-pass-adds-in-place",
        family=FAMILY,
        statement="A second backward adds into the tensor that `.grad` already is.",
        expectation="The same object with a raised version and the sum.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "future calls to backward() will accumulate (add) gradients into it."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                (x * 2).sum().backward()
                g = x.grad
                observe(g)
                (x * 3).sum().backward()
                x.grad is g
                observe(x, g)
                """
            ),
        ),
        generator=generate.IN_PLACE,
        needs=("backward",),
    ),
    Behaviour(
        id="accumulation.create-graph-adds-out-of-place",
        family=FAMILY,
        statement="With `create_graph=True` the sum is a new tensor that has a history, and the old `.grad` keeps "
        "its value.",
        expectation="Another object in `.grad`, which requires grad; the old one is unchanged.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                (x * x).sum().backward()
                g = x.grad
                (x * x).sum().backward(create_graph=True)
                x.grad is g
                observe(x, g)
                """
            ),
        ),
        generator=generate.OUT_OF_PLACE,
        needs=(
            "backward",
            "double-backward",
        ),
        depends=("accumulation.second-pass-adds-in-place",),
    ),
    Behaviour(
        id="accumulation.grad-is-memory-of-its-own",
        family=FAMILY,
        statement="`.grad` neither shares memory with its leaf nor is a view of it.",
        expectation="No alias, `_is_view()` False, and a leaf without history.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                (x * x).sum().backward()
                g = x.grad
                observe(x, g)
                x.grad.mul_(10)
                observe(x)
                """
            ),
        ),
        needs=("backward",),
    ),
    Behaviour(
        id="accumulation.two-leaves-of-one-sum",
        family=FAMILY,
        statement="Leaves that get equal gradients from one expanded scalar get memory of their own.",
        expectation="Writing into one `.grad` leaves the other alone.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                a = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.tensor([3.0, 4.0], requires_grad=True)
                (a + b).sum().backward()
                a.grad.mul_(10)
                observe(a, b)
                """
            ),
        ),
        needs=("backward",),
    ),
    Behaviour(
        id="accumulation.explicit-weight-may-be-shared",
        family=FAMILY,
        statement="A weight that reaches leaves through views alone may become their `.grad` without a copy, shared "
        "by several leaves.",
        expectation="Which of `a.grad`, `b.grad` and the weight share memory, and what a write into one does to the "
        "others.",
        level=Level.INFORMATIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                a = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.tensor([3.0, 4.0], requires_grad=True)
                g = torch.tensor([5.0, 6.0])
                (a.view(2) + b.view(2)).backward(g)
                observe(a, b, g)
                a.grad.add_(1)
                observe(a, b, g)
                """
            ),
            code(
                """
                import torch
                a = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.tensor([3.0, 4.0], requires_grad=True)
                g = torch.tensor([5.0, 6.0])
                (a + b).backward(g)
                observe(a, b, g)
                """
            ),
        ),
        generator=generate.SHARED,
        needs=(
            "backward",
            "views",
        ),
    ),
    Behaviour(
        id="accumulation.which-operations-pass-the-weight-on",
        family=FAMILY,
        statement="The gradient of a leaf shares memory with the weight through some view operations and not "
        "through copies or arithmetic.",
        expectation="Aliasing of weight and `.grad`, operation by operation.",
        level=Level.INFORMATIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                def passes(look):
                    x = torch.tensor([1.0, 2.0], requires_grad=True)
                    g = torch.tensor([3.0, 4.0])
                    look(x).backward(g)
                    g.mul_(10)
                    return x.grad.tolist()
                passes(lambda x: x.clone())
                passes(lambda x: x + 0)
                passes(lambda x: -x)
                passes(lambda x: x.view(2))
                passes(lambda x: x.reshape(2))
                passes(lambda x: x[...])
                passes(lambda x: x[:])
                passes(lambda x: x.expand(2))
                passes(lambda x: x.unsqueeze(0).squeeze(0))
                passes(lambda x: x.view(1, 2).t().view(2))
                """
            ),
        ),
        needs=(
            "backward",
            "views",
        ),
        depends=("accumulation.explicit-weight-may-be-shared",),
    ),
    Behaviour(
        id="accumulation.weights-are-never-changed",
        family=FAMILY,
        statement="The engine never writes into the gradients that its caller gave.",
        expectation="The weights keep their values after sums inside the engine and after writes into `.grad`.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                g = torch.tensor([1.0, 1.0])
                h = torch.tensor([2.0, 2.0])
                torch.autograd.backward([x * 1, x * 1], [g, h])
                x.grad.mul_(10)
                observe(x, g, h)
                """
            ),
        ),
        generator=generate.WEIGHTS_KEPT,
        needs=("backward",),
    ),
    Behaviour(
        id="accumulation.assigned-grad-is-kept-by-reference",
        family=FAMILY,
        statement="A tensor assigned to `.grad` is kept, and backward adds into it.",
        expectation="`.grad` is that object, and it holds the sum.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                g = torch.tensor([10.0, 20.0])
                x.grad = g
                x.grad is g
                (x * 2).sum().backward()
                x.grad is g
                observe(x, g)
                """
            ),
        ),
        generator=generate.ASSIGNED,
        needs=("backward",),
    ),
    Behaviour(
        id="accumulation.assigned-grad-that-requires-grad",
        family=FAMILY,
        statement="A tensor that requires grad may be assigned to `.grad`; accumulation writes into it while it "
        "stays a leaf.",
        expectation="`.grad` is that object with the sum, and still requires grad.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                g = torch.tensor([10.0, 20.0], requires_grad=True)
                x.grad = g
                (x * 2).sum().backward()
                x.grad is g
                observe(x, g)
                """
            ),
        ),
        needs=("backward",),
        depends=("accumulation.assigned-grad-is-kept-by-reference",),
    ),
    Behaviour(
        id="accumulation.grad-of-another-shape-is-refused",
        family=FAMILY,
        statement="A tensor of another shape is refused as `.grad`.",
        expectation="RuntimeError about the size, and `.grad` stays what it was.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.grad = torch.ones(3)
                x.grad = torch.ones(1, 2)
                observe(x)
                """
            ),
        ),
        generator=generate.WRONG_SHAPE,
        needs=("backward",),
    ),
    Behaviour(
        id="accumulation.grad-of-another-dtype-is-refused",
        family=FAMILY,
        statement="A tensor of another dtype is refused as `.grad`.",
        expectation="RuntimeError with both types, and `.grad` stays what it was.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.grad = torch.ones(2, dtype=torch.float64)
                x.grad = torch.ones(2, dtype=torch.int64)
                observe(x)
                """
            ),
        ),
        needs=(
            "backward",
            "dtypes",
        ),
    ),
    Behaviour(
        id="accumulation.grad-must-be-a-tensor",
        family=FAMILY,
        statement="`.grad` takes a tensor or None, and a tensor cannot be its own.",
        expectation="TypeError that names the type, RuntimeError for itself, and None clears it.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.grad = 3
                x.grad = [1.0, 2.0]
                x.grad = x
                observe(x)
                x.grad = torch.ones(2)
                x.grad = None
                observe(x)
                """
            ),
        ),
        needs=("backward",),
    ),
    Behaviour(
        id="accumulation.grad-of-a-tensor-without-grad",
        family=FAMILY,
        statement="`.grad` may be assigned to a tensor that does not require grad, one of integers too.",
        expectation="It is kept, and `requires_grad` stays False.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0])
                x.grad = torch.tensor([5.0, 6.0])
                n = torch.tensor([1, 2])
                n.grad = torch.tensor([3, 4])
                observe(x, n)
                """
            ),
        ),
        needs=("backward",),
    ),
    Behaviour(
        id="accumulation.deleting-grad",
        family=FAMILY,
        statement="`del x.grad` clears it as an assignment of None does.",
        expectation="`.grad` is None, and the next pass starts anew.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                (x * 2).sum().backward()
                del x.grad
                observe(x)
                (x * 3).sum().backward()
                observe(x)
                """
            ),
        ),
        needs=("backward",),
    ),
    Behaviour(
        id="accumulation.layout-follows-the-leaf",
        family=FAMILY,
        statement="The first gradient gets the strides of a dense leaf, and is contiguous for a leaf with gaps.",
        expectation="`.grad.stride()` for a transposed leaf and for every second element.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]).t().requires_grad_()
                (x * 2).sum().backward()
                x.stride(), x.grad.stride()
                y = torch.tensor([1.0, 2.0, 3.0, 4.0])[::2].requires_grad_()
                (y * 2).sum().backward()
                y.stride(), y.grad.stride()
                observe(x, y)
                """
            ),
        ),
        needs=("backward",),
    ),
    Behaviour(
        id="accumulation.layout-of-channels-last",
        family=FAMILY,
        statement="A leaf in channels-last memory format gets a gradient in that format.",
        expectation="`.grad.stride()` equals the leaf's.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.ones(2, 2, 2, 2).to(memory_format=torch.channels_last).requires_grad_()
                (x * 2).sum().backward()
                x.stride(), x.grad.stride()
                observe(x)
                """
            ),
        ),
        needs=("backward",),
        depends=("accumulation.layout-follows-the-leaf",),
    ),
    Behaviour(
        id="accumulation.existing-layout-stays",
        family=FAMILY,
        statement="Later gradients are added into an existing `.grad`, whose strides stay, with a warning about the "
        "layout contract where they do not fit.",
        expectation="The strides of what was assigned, the sum, and PyTorch's warning.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.ones(2, 3, requires_grad=True)
                x.grad = torch.zeros(3, 2).t()
                (x * 2).sum().backward()
                x.grad.stride()
                observe(x)
                """
            ),
        ),
        needs=(
            "backward",
            "warnings",
        ),
        depends=(
            "accumulation.layout-follows-the-leaf",
            "accumulation.assigned-grad-is-kept-by-reference",
        ),
    ),
    Behaviour(
        id="accumulation.layout-policy",
        family=FAMILY,
        statement="`enforce_grad_layout_policy(False)` lets a gradient of another layout be taken as it is.",
        expectation="`.grad.stride()` with the policy on and off, and no warning while it is off.",
        level=Level.OPTIONAL,
        clause=Clause(
            _AUTOGRAD_GRAD_MODE_ENFORCE_GRAD_LAYOUT_POLICY,
            "Context-manager that controls the gradient layout policy enforcement.",
        ),
        examples=(
            code(
                """
                import torch
                x = torch.ones(2, 3, requires_grad=True)
                with torch.autograd.enforce_grad_layout_policy(False):
                    x.t().clone(memory_format=torch.contiguous_format).backward(torch.ones(3, 2))
                x.grad.stride()
                x.grad = torch.zeros(3, 2).t()
                with torch.autograd.grad_mode.enforce_grad_layout_policy(False):
                    (x * 2).sum().backward()
                x.grad.stride()
                observe(x)
                """
            ),
        ),
        needs=("backward",),
        depends=("accumulation.existing-layout-stays",),
    ),
    Behaviour(
        id="accumulation.grad-dtype",
        family=FAMILY,
        statement="`grad_dtype` lets the gradient of a leaf have another dtype, to which incoming gradients are cast.",
        expectation="`.grad` has that dtype; a `.grad` of another one is refused, and so is a change while `.grad` "
        "exists.",
        level=Level.OPTIONAL,
        clause=Clause(_GRAD_DTYPE, "the autograd engine casts incoming gradients to this dtype."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.grad_dtype
                x.grad_dtype = torch.float64
                (x * 2).sum().backward()
                observe(x)
                x.grad = torch.ones(2)
                x.grad_dtype = torch.float32
                x.grad = None
                x.grad_dtype = torch.float32
                (x * 3).sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.GRAD_DTYPE,
        needs=(
            "backward",
            "dtypes",
            "grad-dtype",
        ),
    ),
    Behaviour(
        id="accumulation.grad-dtype-none",
        family=FAMILY,
        statement="With `grad_dtype = None` any dtype may be assigned to `.grad`; a tensor that is no leaf has no "
        "`grad_dtype` to set.",
        expectation="The assigned dtype stays, and RuntimeError on a result.",
        level=Level.OPTIONAL,
        clause=Clause(_GRAD_DTYPE, "This attribute is only accessible and settable for leaf tensors."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.grad_dtype = None
                x.grad = torch.ones(2, dtype=torch.float64)
                x.grad_dtype
                observe(x)
                y = x * 2
                y.grad_dtype = torch.float64
                y.grad_dtype
                """
            ),
        ),
        needs=(
            "backward",
            "dtypes",
            "grad-dtype",
        ),
        depends=("accumulation.grad-dtype",),
    ),
    Behaviour(
        id="accumulation.undefined-gradients-add-nothing",
        family=FAMILY,
        statement="A leaf whose every path gives no gradient keeps its `.grad` as it was: None stays None.",
        expectation="None before, the old object after.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                class Nothing(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2

                    @staticmethod
                    def backward(ctx, g):
                        return None

                x = torch.tensor([1.0, 2.0], requires_grad=True)
                Nothing.apply(x).sum().backward()
                observe(x)
                x.grad = torch.ones(2)
                Nothing.apply(x).sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "backward",
            "custom-function",
        ),
    ),
    Behaviour(
        id="accumulation.one-buffer-for-two-leaves",
        family=FAMILY,
        statement="Where a custom backward returns one tensor for two leaves, at most one of them takes it.",
        expectation="The leaves' gradients do not share memory.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                class Both(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, a, b):
                        return a + b

                    @staticmethod
                    def backward(ctx, g):
                        return g, g

                a = torch.tensor([1.0, 2.0], requires_grad=True)
                b = torch.tensor([3.0, 4.0], requires_grad=True)
                Both.apply(a, b).sum().backward()
                observe(a, b)
                a.grad.mul_(10)
                observe(a, b)
                """
            ),
        ),
        needs=(
            "backward",
            "custom-function",
        ),
    ),
    Behaviour(
        id="accumulation.grad-of-a-detached-leaf-view",
        family=FAMILY,
        statement="The gradient of a leaf that shows part of another tensor has the shape of that part alone.",
        expectation="`.grad` of the part; the other tensor gets none.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                b = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                x = b.detach()[1:].requires_grad_()
                (x * x).sum().backward()
                observe(b, x)
                """
            ),
        ),
        needs=(
            "backward",
            "detach",
        ),
    ),
)
