"""Custom Functions: what `forward`, `backward`, `setup_context` and the context do, and what is checked."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import custom_function as generate

FAMILY = "custom-function"

_FORWARD = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.Function.forward.html"
_BACKWARD = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.Function.backward.html"
_SAVE = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.function.FunctionCtx.save_for_backward.html"
_DIRTY = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.function.FunctionCtx.mark_dirty.html"
_NONDIFF = (
    "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.function.FunctionCtx.mark_non_differentiable.html"
)
_MATERIAL = (
    "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.function.FunctionCtx.set_materialize_grads.html"
)
_VMAP = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.Function.vmap.html"
_JVP = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.Function.jvp.html"
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
    Behaviour(
        id="custom-function.materialized-gradients",
        family=FAMILY,
        statement="Outputs without a gradient give zeros to `backward`, or None after `set_materialize_grads(False)`.",
        expectation="The first Function gets zeros, the second None.",
        level=Level.REQUIRED,
        clause=Clause(_MATERIAL, "Set whether to materialize grad tensors. Default is True."),
        examples=(
            code("""
                import torch
                class Zeros(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2, x * 3
                    @staticmethod
                    def backward(ctx, a, b):
                        print(ctx.materialize_grads, a, b)
                        return b * 3
                class Nones(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.set_materialize_grads(False)
                        return x * 2, x * 3
                    @staticmethod
                    def backward(ctx, a, b):
                        print(a, b)
                        return b * 3
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                Zeros.apply(x)[1].sum().backward()
                Nones.apply(x)[1].sum().backward()
                observe(x)
            """),
        ),
        generator=generate.MATERIAL,
        needs=("custom-function", "backward"),
        depends=("custom-function.several-outputs",),
    ),
    Behaviour(
        id="custom-function.undefined-gradients-reach-backward",
        family=FAMILY,
        statement="`backward` is called also when all of its gradients are undefined, with zeros or with None.",
        expectation="Both are called, the second with None, and the leaf gets a gradient from the first only.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Told(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x, flag):
                        ctx.set_materialize_grads(flag)
                        return x * 2
                    @staticmethod
                    def backward(ctx, grad):
                        print(grad)
                        return grad, None
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                torch._C._functions.UndefinedGrad()(Told.apply(x, True)).backward(torch.ones(2))
                observe(x)
                torch._C._functions.UndefinedGrad()(Told.apply(x, False)).backward(torch.ones(2))
                observe(x)
            """),
        ),
        needs=("custom-function", "backward"),
        depends=("custom-function.materialized-gradients",),
    ),
    Behaviour(
        id="custom-function.double-backward",
        family=FAMILY,
        statement="A `backward` made of differentiable operations can be differentiated under create_graph, by its "
        "saved inputs.",
        expectation="The second derivative of the cube is six times x.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Cube(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x)
                        return x * x * x
                    @staticmethod
                    def backward(ctx, grad):
                        x, = ctx.saved_tensors
                        print(torch.is_grad_enabled())
                        return 3 * x * x * grad
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                g, = torch.autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
                observe(g)
                torch.autograd.grad(g.sum(), x)
            """),
        ),
        generator=generate.SECOND,
        needs=("custom-function", "double-backward", "autograd-grad"),
        depends=("custom-function.saved-tensors",),
    ),
    Behaviour(
        id="custom-function.once-differentiable",
        family=FAMILY,
        statement="`once_differentiable` runs `backward` without recording and makes its result raise when it is "
        "differentiated again.",
        expectation="RuntimeError with PyTorch's text, where the incoming gradient requires grad; without, there is "
        "just no graph.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Square(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x)
                        return x * x
                    @staticmethod
                    @torch.autograd.function.once_differentiable
                    def backward(ctx, grad):
                        x, = ctx.saved_tensors
                        return 2 * x * grad
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                g, = torch.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
                observe(g)
                y = Square.apply(x) * x
                g, = torch.autograd.grad(y.sum(), x, create_graph=True)
                observe(g)
                g.sum().backward()
                observe(x)
            """),
        ),
        needs=("custom-function", "double-backward", "autograd-grad"),
        depends=("custom-function.double-backward",),
    ),
    Behaviour(
        id="custom-function.errors-reach-the-caller",
        family=FAMILY,
        statement="An error in `forward` reaches the caller of apply, one in `backward` the caller of backward, as "
        "they are.",
        expectation="KeyError and ZeroDivisionError.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Early(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        raise KeyError("early")
                class Late(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2
                    @staticmethod
                    def backward(ctx, grad):
                        raise ZeroDivisionError("late")
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                Early.apply(x)
                Late.apply(x).sum().backward()
                observe(x)
            """),
        ),
        needs=("custom-function", "backward"),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.backward-inside-backward",
        family=FAMILY,
        statement="A `backward` may run a backward of its own, of a graph that it builds with grad mode on.",
        expectation="The inner gradient is used by the outer, and inner leaves keep theirs.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Inner(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x)
                        return x * x * x
                    @staticmethod
                    def backward(ctx, grad):
                        x, = ctx.saved_tensors
                        with torch.enable_grad():
                            inner = x.detach().requires_grad_()
                            (inner * inner * inner).sum().backward()
                        return inner.grad * grad
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                Inner.apply(x).sum().backward()
                observe(x)
            """),
        ),
        needs=("custom-function", "backward"),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.edges-of-a-custom-node",
        family=FAMILY,
        statement="The node of a Function has an edge for each tensor among its arguments, an empty one for a tensor "
        "without grad.",
        expectation="Two edges for three arguments, of which one is a number.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Product(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, a, k, b):
                        return a * b
                    @staticmethod
                    def backward(ctx, grad):
                        return grad, None, None
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Product.apply(x, 3, torch.ones(2))
                print([(node and node.name(), number) for node, number in y.grad_fn.next_functions])
                observe(y)
                y.grad_fn(torch.ones(2))
            """),
        ),
        needs=("custom-function", "graph-introspection"),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.read-once-flag",
        family=FAMILY,
        statement="With `clear_saved_tensors_on_access` set on the class, saved tensors are let go when they are read.",
        expectation="The second reading raises RuntimeError.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Once(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x)
                        return x * 2
                    @staticmethod
                    def backward(ctx, grad):
                        print(len(ctx.saved_tensors))
                        ctx.saved_tensors
                        return grad * 2
                Once.clear_saved_tensors_on_access = True
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                Once.apply(x).sum().backward()
                observe(x)
            """),
        ),
        needs=("custom-function", "backward"),
        depends=("custom-function.saved-tensors-are-freed",),
    ),
    Behaviour(
        id="custom-function.jvp-carries-tangents",
        family=FAMILY,
        statement="Forward mode uses the `jvp` of a Function, which gets what `save_for_forward` kept; without one "
        "it raises.",
        expectation="The tangent is twice x times the tangent of x; the second Function raises NotImplementedError.",
        level=Level.RECOMMENDED,
        clause=Clause(
            _JVP, "Define a formula for differentiating the operation with forward mode automatic differentiation."
        ),
        examples=(
            code("""
                import torch
                class Square(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_forward(x)
                        print(len(ctx.saved_for_forward))
                        return x * x
                    @staticmethod
                    def jvp(ctx, tangent):
                        x, = ctx.saved_tensors
                        return 2 * x * tangent
                class Plain(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * x
                    @staticmethod
                    def backward(ctx, grad):
                        return grad
                x = torch.tensor([1.0, 2.0])
                with torch.autograd.forward_ad.dual_level():
                    d = torch.autograd.forward_ad.make_dual(x, torch.tensor([1.0, 10.0]))
                    y, t = torch.autograd.forward_ad.unpack_dual(Square.apply(d))
                    observe(y, t)
                    Plain.apply(d)
            """),
        ),
        needs=("custom-function", "forward-mode"),
        depends=("custom-function.forward-and-backward",),
    ),
    Behaviour(
        id="custom-function.under-vmap",
        family=FAMILY,
        statement="Under vmap a Function needs a `vmap` of its own or `generate_vmap_rule`.",
        expectation="The flagged Function maps and is differentiated, the rule of the second is called with the "
        "batch size, the third raises.",
        level=Level.RECOMMENDED,
        clause=Clause(_VMAP, "you must either override this static method, or set generate_vmap_rule to True"),
        examples=(
            code("""
                import torch
                class Plain(torch.autograd.Function):
                    @staticmethod
                    def forward(x):
                        return x * 3
                    @staticmethod
                    def setup_context(ctx, inputs, output):
                        pass
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 3
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                torch.func.vmap(lambda t: Plain.apply(t))(x)
                class Ruled(torch.autograd.Function):
                    @staticmethod
                    def forward(x):
                        return x * 3
                    @staticmethod
                    def setup_context(ctx, inputs, output):
                        pass
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 3
                    @staticmethod
                    def vmap(info, in_dims, x):
                        print(in_dims)
                        return x * 7, 0
                y = torch.func.vmap(lambda t: Ruled.apply(t))(x)
                observe(y)
                Plain.generate_vmap_rule = True
                z = torch.func.vmap(lambda t: Plain.apply(t))(x)
                observe(z, facets="value")
                torch.func.vmap(torch.func.grad(lambda t: Plain.apply(t).sum()))(x)
            """),
        ),
        needs=("custom-function", "func-transforms"),
        depends=("custom-function.setup-context",),
    ),
    Behaviour(
        id="custom-function.under-func-transforms",
        family=FAMILY,
        statement="Under a transform of torch.func a Function has to have a `setup_context`.",
        expectation="The gradient for the separate form, RuntimeError for the combined one.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Combined(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 3
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 3
                class Separate(torch.autograd.Function):
                    @staticmethod
                    def forward(x):
                        return x * 3
                    @staticmethod
                    def setup_context(ctx, inputs, output):
                        pass
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 3
                torch.func.grad(lambda x: Separate.apply(x).sum())(torch.ones(2))
                torch.func.grad(lambda x: Combined.apply(x).sum())(torch.ones(2))
            """),
        ),
        needs=("custom-function", "func-transforms"),
        depends=("custom-function.setup-context",),
    ),
)
