"""Custom Functions: the call, its node, and what `backward` has to give."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import custom_function as generate

FAMILY = "custom-function"

_BACKWARD = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.Function.backward.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="custom-function.forward-and-backward",
        family=FAMILY,
        statement="A custom Function computes with its `forward` and gives gradients by its `backward`; inputs that "
        "are no tensors get None.",
        expectation="The value is the product, `.grad` what `backward` returned, and the node has the name of the "
        "class.",
        level=Level.REQUIRED,
        clause=Clause(_BACKWARD, "Each argument is the gradient w.r.t the given output"),
        examples=(
            code("""
                import torch
                class Scale(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x, factor):
                        ctx.factor = factor
                        return x * factor
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * ctx.factor, None
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Scale.apply(x, 3.0)
                y.sum().backward()
                observe(x, y)
                print(y.grad_fn.name(), torch.is_grad_enabled())
            """),
        ),
        generator=generate.CHAINS,
        needs=("custom-function", "backward"),
    ),
    Behaviour(
        id="custom-function.forward-is-not-recorded",
        family=FAMILY,
        statement="Nothing that `forward` does is recorded: grad mode is off inside, and the result belongs to the "
        "Function's node.",
        expectation="`requires_grad` of what is computed inside is False, the graph has the Function's node only.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Square(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        y = x * x
                        print(torch.is_grad_enabled(), x.requires_grad, y.requires_grad, y.grad_fn)
                        ctx.save_for_backward(x)
                        return y
                    @staticmethod
                    def backward(ctx, grad):
                        x, = ctx.saved_tensors
                        print(torch.is_grad_enabled(), x.requires_grad)
                        return 2 * x * grad
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Square.apply(x)
                y.sum().backward()
                observe(x, y)
            """),
        ),
        needs=("custom-function", "backward"),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.context-is-the-node",
        family=FAMILY,
        statement="The context is the node itself: what `forward` set on it is seen on `grad_fn`.",
        expectation="The attribute and the saved tensor are read from `grad_fn`.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Keep(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x, k):
                        ctx.save_for_backward(x)
                        ctx.k = k
                        return x * k
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * ctx.k, None
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Keep.apply(x, 3.0)
                print(y.grad_fn.k, y.grad_fn.saved_tensors[0] is x)
                print(isinstance(y.grad_fn, torch.autograd.graph.Node))
                print(isinstance(y.grad_fn, torch.autograd.function.BackwardCFunction))
                print(isinstance(y.grad_fn, torch.autograd.function.FunctionCtx))
                print(isinstance(Keep, torch.autograd.function.FunctionMeta))
                y.grad_fn.my_note = 1
                print(y.grad_fn.my_note)
            """),
        ),
        needs=("custom-function", "graph-introspection"),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.no-node-without-requires-grad",
        family=FAMILY,
        statement="Where no input requires grad, or grad mode is off, the result has no node and `backward` is never "
        "called.",
        expectation="`requires_grad` is False and `grad_fn` None, yet `forward` has run.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Double(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        print("forward", ctx.needs_input_grad)
                        return x * 2
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 2
                a = Double.apply(torch.tensor([1.0, 2.0]))
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.no_grad():
                    b = Double.apply(x)
                observe(a, b)
            """),
        ),
        generator=generate.CHAINS,
        needs=("custom-function",),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.needs-input-grad",
        family=FAMILY,
        statement="`ctx.needs_input_grad` is a tuple of bools over all arguments of apply, readable in `forward` and "
        "in `backward`.",
        expectation="True for tensors that require grad, False for others and for what is no tensor.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Product(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, a, b, c):
                        print(ctx.needs_input_grad)
                        ctx.save_for_backward(a, b)
                        return a * b
                    @staticmethod
                    def backward(ctx, grad):
                        print(ctx.needs_input_grad)
                        a, b = ctx.saved_tensors
                        return grad * b, grad * a, None
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0])
                Product.apply(x, w, 5).sum().backward()
                v = torch.tensor([3.0, 4.0], requires_grad=True)
                Product.apply(x, v, None).sum().backward(inputs=[v])
                observe(x, w, v)
            """),
        ),
        generator=generate.NEEDS,
        needs=("custom-function", "backward"),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.wrong-number-of-gradients",
        family=FAMILY,
        statement="`backward` has to return a gradient for each argument of `forward`; Nones too many are let go.",
        expectation="RuntimeError that names the Function and both numbers; a list counts as one.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Few(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, a, b):
                        return a * b
                    @staticmethod
                    def backward(ctx, grad):
                        return grad
                class Listed(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, a, b):
                        return a * b
                    @staticmethod
                    def backward(ctx, grad):
                        return [grad, grad]
                class Many(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, a):
                        return a * 2
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 2, None, None
                class Extra(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, a):
                        return a * 2
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 2, grad
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                Few.apply(x, torch.ones(2)).sum().backward()
                Listed.apply(x, torch.ones(2)).sum().backward()
                Many.apply(x).sum().backward()
                Extra.apply(x).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.RETURNS,
        needs=("custom-function", "backward"),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.gradients-are-fitted",
        family=FAMILY,
        statement="A gradient that `backward` returned is summed to the shape of its input and cast to its dtype; a "
        "shape that does not fit raises.",
        expectation="Summed and cast gradients arrive as float32 of shape (2,); the wrong one raises with its index "
        "and both shapes.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Wide(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, a):
                        return a * 2
                    @staticmethod
                    def backward(ctx, grad):
                        return torch.ones(3, 2, dtype=torch.float64)
                class Wrong(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, a):
                        return a * 2
                    @staticmethod
                    def backward(ctx, grad):
                        return torch.ones(5)
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                Wide.apply(x).sum().backward()
                observe(x)
                Wrong.apply(x).sum().backward()
                observe(x)
            """),
        ),
        generator=generate.RETURNS,
        needs=("custom-function", "backward", "dtypes"),
        depends=("custom-function.wrong-number-of-gradients",),
    ),
    Behaviour(
        id="custom-function.gradients-are-tensors",
        family=FAMILY,
        statement="A gradient is a tensor or None: a number is refused, and None means that nothing flows to that "
        "input.",
        expectation="RuntimeError for the number; `.grad` of the input that got None stays None.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Number(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, a):
                        return a * 2
                    @staticmethod
                    def backward(ctx, grad):
                        return 2.0
                class Nothing(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, a, b):
                        return a * b
                    @staticmethod
                    def backward(ctx, grad):
                        return None, grad
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                Number.apply(x).sum().backward()
                Nothing.apply(x, w).sum().backward()
                observe(x, w)
            """),
        ),
        generator=generate.RETURNS,
        needs=("custom-function", "backward"),
        depends=("custom-function.wrong-number-of-gradients",),
    ),
    Behaviour(
        id="custom-function.unwanted-gradients-are-dropped",
        family=FAMILY,
        statement="A gradient for an input that does not require grad may be returned and is dropped.",
        expectation="Only the input that requires grad has a gradient.",
        level=Level.RECOMMENDED,
        clause=Clause(
            _BACKWARD, "If an input is not a Tensor or is a Tensor not requiring grads, you can just pass None"
        ),
        examples=(
            code("""
                import torch
                class Product(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, a, b):
                        return a * b
                    @staticmethod
                    def backward(ctx, grad):
                        return grad, grad
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0])
                Product.apply(x, w).sum().backward()
                observe(x, w)
            """),
        ),
        generator=generate.NEEDS,
        needs=("custom-function", "backward"),
        depends=("custom-function.gradients-are-tensors",),
    ),
)
