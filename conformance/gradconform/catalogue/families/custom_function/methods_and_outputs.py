"""Custom Functions: which methods there may be, how arguments reach them, and what they return."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import custom_function as generate

FAMILY = "custom-function"

_FORWARD = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.Function.forward.html"
_BACKWARD = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.Function.backward.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="custom-function.methods-that-are-missing",
        family=FAMILY,
        statement="A Function without `forward` raises in apply, one without `backward` when backward reaches it.",
        expectation="NotImplementedError with PyTorch's texts.",
        level=Level.REQUIRED,
        clause=Clause(_FORWARD, "This function is to be overridden by all subclasses."),
        examples=(
            code("""
                import torch
                class Empty(torch.autograd.Function):
                    @staticmethod
                    def my_helper(x):
                        return x
                class Half(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                Empty.apply(x)
                y = Half.apply(x)
                observe(y)
                y.sum().backward()
                observe(x)
            """),
        ),
        needs=("custom-function", "backward"),
    ),
    Behaviour(
        id="custom-function.vjp-instead-of-backward",
        family=FAMILY,
        statement="`vjp` is another name for `backward`; a Function that defines both raises.",
        expectation="The gradient comes from `vjp`; both together give RuntimeError.",
        level=Level.RECOMMENDED,
        clause=Clause(_BACKWARD, "Defining this function is equivalent to defining the vjp function."),
        examples=(
            code("""
                import torch
                class Double(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2
                    @staticmethod
                    def vjp(ctx, grad):
                        return grad * 2
                class Both(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 2
                    @staticmethod
                    def vjp(ctx, grad):
                        return grad * 2
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                Double.apply(x).sum().backward()
                observe(x)
                Both.apply(x).sum().backward()
                observe(x)
            """),
        ),
        needs=("custom-function", "backward"),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.setup-context",
        family=FAMILY,
        statement="With `setup_context` the `forward` gets no context, and `setup_context` is called with its inputs "
        "and its output.",
        expectation="The gradient uses what `setup_context` saved; grad mode is off in both.",
        level=Level.REQUIRED,
        clause=Clause(_FORWARD, "The forward no longer accepts a ctx argument."),
        examples=(
            code("""
                import torch
                class Cube(torch.autograd.Function):
                    @staticmethod
                    def forward(x, k):
                        return x * x * x * k
                    @staticmethod
                    def setup_context(ctx, inputs, output):
                        x, k = inputs
                        ctx.save_for_backward(x, output)
                        ctx.k = k
                        print(torch.is_grad_enabled(), output.requires_grad)
                    @staticmethod
                    def backward(ctx, grad):
                        x, y = ctx.saved_tensors
                        return 3 * x * x * ctx.k * grad, None
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Cube.apply(x, 2)
                y.sum().backward()
                observe(x, y)
            """),
        ),
        generator=generate.CHAINS,
        needs=("custom-function", "backward"),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.setup-context-binds-defaults",
        family=FAMILY,
        statement="With `setup_context` defaults and keywords of `forward` are bound, so that the inputs are complete.",
        expectation="Three inputs, whichever were given.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Scale(torch.autograd.Function):
                    @staticmethod
                    def forward(x, k=2.0, m=5.0):
                        return x * k * m
                    @staticmethod
                    def setup_context(ctx, inputs, output):
                        print(len(inputs))
                        ctx.c = inputs[1] * inputs[2]
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * ctx.c, None, None
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                Scale.apply(x).sum().backward()
                observe(x)
                Scale.apply(x, m=7.0).sum().backward()
                observe(x)
            """),
        ),
        needs=("custom-function", "backward"),
        depends=("custom-function.setup-context",),
    ),
    Behaviour(
        id="custom-function.keywords-count-as-inputs",
        family=FAMILY,
        statement="Keyword arguments of apply count as inputs after the positional ones.",
        expectation="`needs_input_grad` has an entry for each, and `backward` returns a value for each.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Scale(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x, k):
                        ctx.k = k
                        print(ctx.needs_input_grad)
                        return x * k
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * ctx.k, None
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                Scale.apply(x, k=3.0).sum().backward()
                observe(x)
            """),
        ),
        needs=("custom-function", "backward"),
        depends=("custom-function.needs-input-grad",),
    ),
    Behaviour(
        id="custom-function.several-outputs",
        family=FAMILY,
        statement="A Function may return several tensors, which share one node; `backward` is called once with a "
        "gradient for each.",
        expectation="`output_nr` is 0 and 1, an output that nothing uses has a gradient of zeros.",
        level=Level.REQUIRED,
        clause=Clause(_BACKWARD, "it should return as many tensors, as there were inputs to forward()."),
        examples=(
            code("""
                import torch
                class Pair(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2, x * 3
                    @staticmethod
                    def backward(ctx, a, b):
                        return a * 2 + b * 3
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                p, q = Pair.apply(x)
                print(p.output_nr, q.output_nr, p.grad_fn is q.grad_fn)
                (p + 10 * q).sum().backward()
                observe(x)
                p, q = Pair.apply(x)
                q.sum().backward()
                observe(x, p, q)
            """),
        ),
        generator=generate.CHAINS,
        needs=("custom-function", "backward"),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.outputs-that-are-no-tensors",
        family=FAMILY,
        statement="Outputs that are no tensors are returned as they are and count: `backward` gets None for each.",
        expectation="The list and the text come back; `backward` gets one tensor and three Nones.",
        level=Level.OPTIONAL,
        clause=Clause(_BACKWARD, "None will be passed in for non tensor outputs of the forward function"),
        examples=(
            code("""
                import torch
                class Mixed(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2, "text", None, [x]
                    @staticmethod
                    def backward(ctx, a, b, c, d):
                        print(b, c, d)
                        return a * 2
                class Listed(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return [x * 2, x * 3]
                    @staticmethod
                    def backward(ctx, grad):
                        return grad
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                found = Mixed.apply(x)
                print(len(found), found[1], found[2], found[3][0] is x)
                found[0].sum().backward()
                y = Listed.apply(x)
                print(len(y), y[0].requires_grad)
                observe(x)
            """),
        ),
        needs=("custom-function", "backward"),
        depends=("custom-function.several-outputs",),
    ),
    Behaviour(
        id="custom-function.input-returned-as-it-is",
        family=FAMILY,
        statement="A `forward` that returns an input itself gives a new tensor, an alias with the Function's node.",
        expectation="The output is not the input, shares its memory, and `backward` is called.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Pass(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 5
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Pass.apply(x)
                print(y is x)
                observe(x, y)
                y.sum().backward()
                observe(x, y)
            """),
        ),
        needs=("custom-function", "backward"),
        depends=("custom-function.forward-and-backward",),
    ),
)
