"""Custom Functions: gradients that are not there, gradients of gradients, errors, forward mode and vmap."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import custom_function as generate

FAMILY = "custom-function"

_MATERIAL = (
    "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.function.FunctionCtx.set_materialize_grads.html"
)
_VMAP = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.Function.vmap.html"
_JVP = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.Function.jvp.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
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
