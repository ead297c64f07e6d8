"""Family 11: hooks that pack and unpack what a graph saves, and contexts that are made of them."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import saved_tensor_hooks as generate

FAMILY = "saved-tensor-hooks"

_AUTOGRAD_GRAPH_ALLOW_MUTATION_ON_SAVED_TENSORS = (
    "https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.allow_mutation_on_saved_tensors"
)
_AUTOGRAD_GRAPH_DISABLE_SAVED_TENSORS_HOOKS = (
    "https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.disable_saved_tensors_hooks"
)
_AUTOGRAD_GRAPH_SAVED_TENSORS_HOOKS = (
    "https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.saved_tensors_hooks"
)
_AUTOGRAD_GRAPH_SAVE_ON_CPU = "https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.save_on_cpu"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="saved-tensor-hooks.pack-and-unpack",
        family=FAMILY,
        statement="Inside `saved_tensors_hooks` every tensor that an operation saves passes through `pack_hook`, "
        "and through `unpack_hook` when backward needs it.",
        expectation="Pack is called while the graph is recorded, unpack while backward runs, and the gradient is "
        "right.",
        level=Level.REQUIRED,
        clause=Clause(
            _AUTOGRAD_GRAPH_SAVED_TENSORS_HOOKS,
            "function will be called every time an operation saves a tensor for backward",
        ),
        examples=(
            code(
                """
                import torch
                def pack(t):
                    print("pack", t.tolist())
                    return t.detach()
                def unpack(t):
                    print("unpack", t.tolist())
                    return t
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
                    y = x * w
                y.sum().backward()
                observe(x, w)
                """
            ),
        ),
        generator=generate.PACKED,
        needs=(
            "saved-tensor-hooks",
            "backward",
        ),
    ),
    Behaviour(
        id="saved-tensor-hooks.pack-may-return-anything",
        family=FAMILY,
        statement="What `pack_hook` returns is kept instead of the tensor, whatever it is, and handed to "
        "`unpack_hook`.",
        expectation="The gradient is computed from what `unpack_hook` made of it.",
        level=Level.REQUIRED,
        clause=Clause(
            _AUTOGRAD_GRAPH_SAVED_TENSORS_HOOKS,
            "pack_hook is then stored in the computation graph instead of the original tensor.",
        ),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([2.0], requires_grad=True)
                with torch.autograd.graph.saved_tensors_hooks(lambda t: t.item(), lambda v: torch.tensor([v * 10])):
                    y = x**2
                y.backward()
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([2.0, 3.0], requires_grad=True)
                kept = []
                def pack(t):
                    kept.append(t.detach().clone())
                    return len(kept) - 1
                with torch.autograd.graph.saved_tensors_hooks(pack, lambda k: kept[k]):
                    y = x * x
                kept[0].mul_(10)
                y.sum().backward()
                observe(x)
                kept
                """
            ),
        ),
        generator=generate.CHANGED,
        needs=(
            "saved-tensor-hooks",
            "backward",
        ),
        depends=("saved-tensor-hooks.pack-and-unpack",),
    ),
    Behaviour(
        id="saved-tensor-hooks.identity-changes-nothing",
        family=FAMILY,
        statement="A pair of hooks that hands its argument on leaves every gradient as it is without hooks.",
        expectation="The same gradients inside and outside the context.",
        level=Level.REQUIRED,
        clause=Clause(
            _AUTOGRAD_GRAPH_SAVED_TENSORS_HOOKS, "to be equal to t in terms of value, size, dtype and device."
        ),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
                    y = (x * x).exp()
                y.sum().backward()
                observe(x)
                x.grad = None
                (x * x).exp().sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.IDENTITY,
        needs=(
            "saved-tensor-hooks",
            "backward",
        ),
        depends=("saved-tensor-hooks.pack-and-unpack",),
    ),
    Behaviour(
        id="saved-tensor-hooks.only-inside-the-context",
        family=FAMILY,
        statement="Only operations recorded inside the context are packed; their unpacking runs wherever backward "
        "runs.",
        expectation="Pack is called for the operations inside and for no other; unpack is called outside.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x * x
                def pack(t):
                    print("pack")
                    return t.detach()
                def unpack(t):
                    print("unpack")
                    return t
                with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
                    b = a.square()
                c = b.square()
                c.sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.CONTEXT,
        needs=(
            "saved-tensor-hooks",
            "backward",
        ),
        depends=("saved-tensor-hooks.pack-and-unpack",),
    ),
    Behaviour(
        id="saved-tensor-hooks.innermost-pair-applies",
        family=FAMILY,
        statement="Of nested contexts the innermost pair applies, and the outer one again behind it.",
        expectation="One pack for each saved tensor.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                hooks = torch.autograd.graph.saved_tensors_hooks
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with hooks(lambda t: (print("outer"), t)[1], lambda t: t):
                    with hooks(lambda t: (print("inner"), t)[1], lambda t: t):
                        a = x.exp()
                    b = x.sin()
                c = x.cos()
                (a + b + c).sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.NESTED,
        needs=("saved-tensor-hooks",),
        depends=("saved-tensor-hooks.only-inside-the-context",),
    ),
    Behaviour(
        id="saved-tensor-hooks.what-operations-save",
        family=FAMILY,
        statement="What is packed is what the formula of an operation needs: operands, results, indices, or nothing.",
        expectation="The number and the shapes of packed tensors, operation by operation.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                def packed(f):
                    shapes = []
                    def pack(t):
                        shapes.append(t.shape)
                        return t.detach()
                    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
                        f()
                    return shapes
                packed(lambda: x + x)
                packed(lambda: x * x)
                packed(lambda: x * 2)
                packed(lambda: x / x)
                packed(lambda: x**2)
                packed(lambda: x.exp())
                packed(lambda: x.relu())
                packed(lambda: x @ x)
                packed(lambda: x.sum())
                packed(lambda: x[0])
                packed(lambda: x.max(0))
                packed(lambda: x.softmax(0))
                packed(lambda: torch.where(x > 2, x, x))
                packed(lambda: x.norm())
                """
            ),
        ),
        generator=generate.SAVES,
        needs=("saved-tensor-hooks",),
        depends=("saved-tensor-hooks.pack-and-unpack",),
    ),
    Behaviour(
        id="saved-tensor-hooks.numbers-are-not-packed",
        family=FAMILY,
        statement="A Python number that an operation keeps never passes the hooks.",
        expectation="Hooks that raise are not called for it, and backward works.",
        level=Level.INFORMATIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                def never(t):
                    raise RuntimeError("called")
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.autograd.graph.saved_tensors_hooks(never, never):
                    y = x * 3
                    z = x + 1
                (y + z).sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "saved-tensor-hooks",
            "backward",
        ),
        depends=("saved-tensor-hooks.what-operations-save",),
    ),
    Behaviour(
        id="saved-tensor-hooks.a-saved-result-has-its-node",
        family=FAMILY,
        statement="A result that its own node saves arrives in `pack_hook` requiring grad, with that node as "
        "`grad_fn`.",
        expectation="What pack sees: `requires_grad`, `is_leaf` and the name of the node.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                def pack(t):
                    print(t.requires_grad, t.is_leaf, t.grad_fn)
                    return t.detach()
                with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
                    y = x.exp()
                    z = y.square()
                y.grad_fn._saved_result
                observe(y)
                """
            ),
        ),
        needs=(
            "saved-tensor-hooks",
            "graph-introspection",
        ),
    ),
    Behaviour(
        id="saved-tensor-hooks.unpack-must-give-a-tensor",
        family=FAMILY,
        statement="`unpack_hook` must return a tensor.",
        expectation="TypeError in backward, and no gradient.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([2.0], requires_grad=True)
                with torch.autograd.graph.saved_tensors_hooks(lambda t: t.detach(), lambda t: 5):
                    y = x.exp()
                y.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.NO_TENSOR,
        needs=(
            "saved-tensor-hooks",
            "backward",
        ),
    ),
    Behaviour(
        id="saved-tensor-hooks.pack-must-not-write",
        family=FAMILY,
        statement="A `pack_hook` that modifies its argument in place is refused when the tensor is saved.",
        expectation="RuntimeError from the operation.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([2.0], requires_grad=True)
                a = x * 1
                with torch.autograd.graph.saved_tensors_hooks(lambda t: t.detach().mul_(2), lambda t: t):
                    y = a.exp()
                observe(a)
                """
            ),
        ),
        needs=(
            "saved-tensor-hooks",
            "in-place",
        ),
    ),
    Behaviour(
        id="saved-tensor-hooks.hooks-of-a-wrong-signature",
        family=FAMILY,
        statement="A hook that cannot take its argument raises where it is called: pack when saving, unpack in "
        "backward.",
        expectation="TypeError of the call.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([2.0], requires_grad=True)
                with torch.autograd.graph.saved_tensors_hooks(lambda: None, lambda t: t):
                    y = x.exp()
                with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda: None):
                    z = x.exp()
                z.backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "saved-tensor-hooks",
            "backward",
        ),
    ),
    Behaviour(
        id="saved-tensor-hooks.hooks-that-raise",
        family=FAMILY,
        statement="An exception of a hook comes out of the operation or of backward as it is.",
        expectation="The error's class and text; nothing is accumulated, and the hooks are off behind the context.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                def bad(t):
                    raise KeyError("packing")
                x = torch.tensor([2.0], requires_grad=True)
                with torch.autograd.graph.saved_tensors_hooks(bad, bad):
                    y = x.exp()
                z = x.exp()
                z.backward()
                observe(x)
                """
            ),
            code(
                """
                import torch
                def bad(t):
                    raise ValueError("unpacking")
                x = torch.tensor([2.0], requires_grad=True)
                with torch.autograd.graph.saved_tensors_hooks(lambda t: t, bad):
                    y = x.exp()
                y.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.RAISING,
        needs=(
            "saved-tensor-hooks",
            "backward",
        ),
    ),
    Behaviour(
        id="saved-tensor-hooks.disabled-by-a-message",
        family=FAMILY,
        statement="Inside `disable_saved_tensors_hooks` entering a pair of hooks raises with the given message.",
        expectation="RuntimeError with that message, and the hooks work again behind the context.",
        level=Level.REQUIRED,
        clause=Clause(
            _AUTOGRAD_GRAPH_DISABLE_SAVED_TENSORS_HOOKS,
            "Context-manager that disables the saved tensors default hooks feature.",
        ),
        examples=(
            code(
                """
                import torch
                hooks = torch.autograd.graph.saved_tensors_hooks
                x = torch.tensor([2.0], requires_grad=True)
                with torch.autograd.graph.disable_saved_tensors_hooks("no hooks here"):
                    y = x.exp()
                    with hooks(lambda t: t, lambda t: t):
                        z = x.exp()
                with hooks(lambda t: (print("pack"), t)[1], lambda t: t):
                    z = x.exp()
                y.backward()
                observe(x, z)
                """
            ),
        ),
        generator=generate.DISABLED,
        needs=("saved-tensor-hooks",),
    ),
    Behaviour(
        id="saved-tensor-hooks.disabling-inside-hooks",
        family=FAMILY,
        statement="Disabling the hooks while a pair is active raises.",
        expectation="RuntimeError, and the active pair stays.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([2.0], requires_grad=True)
                with torch.autograd.graph.saved_tensors_hooks(lambda t: (print("pack"), t)[1], lambda t: t):
                    with torch.autograd.graph.disable_saved_tensors_hooks("no hooks here"):
                        y = x.exp()
                    z = x.exp()
                """
            ),
        ),
        needs=("saved-tensor-hooks",),
        depends=("saved-tensor-hooks.disabled-by-a-message",),
    ),
    Behaviour(
        id="saved-tensor-hooks.hooks-of-one-saved-tensor",
        family=FAMILY,
        statement="`register_hooks` of a raw saved tensor sets a pair for it alone; pack runs at once, unpack in "
        "backward and when the attribute is read.",
        expectation="The order of calls, and a gradient from what unpack gave.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([2.0], requires_grad=True)
                w = torch.tensor([3.0], requires_grad=True)
                y = x * w
                def pack(t):
                    print("pack")
                    return t.detach() * 10
                def unpack(t):
                    print("unpack")
                    return t
                y.grad_fn._raw_saved_self.register_hooks(pack, unpack)
                y.grad_fn._saved_self
                y.backward()
                observe(x, w)
                """
            ),
        ),
        needs=(
            "saved-tensor-hooks",
            "graph-introspection",
            "backward",
        ),
        depends=("saved-tensor-hooks.pack-and-unpack",),
    ),
    Behaviour(
        id="saved-tensor-hooks.register-hooks-is-refused",
        family=FAMILY,
        statement="`register_hooks` refuses a second pair, a tensor that was not saved, what is not callable, and a "
        "pack that fails.",
        expectation="The error of each.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([2.0], requires_grad=True)
                c = torch.tensor([3.0])
                s = (x * x).grad_fn._raw_saved_self
                s.register_hooks(1, 1)
                s.register_hooks(lambda t: t)
                y = x * c
                y.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t)
                y.grad_fn._raw_saved_other.register_hooks(lambda t: t, lambda t: t)
                y.grad_fn._raw_saved_other.register_hooks(lambda t: t, lambda t: t)
                """
            ),
        ),
        needs=(
            "saved-tensor-hooks",
            "graph-introspection",
        ),
        depends=("saved-tensor-hooks.hooks-of-one-saved-tensor",),
    ),
    Behaviour(
        id="saved-tensor-hooks.raw-saved-tensors-show-what-is-kept",
        family=FAMILY,
        statement="`data` of a raw saved tensor is the packed object, or the saved tensor where no hooks were set; "
        "`unpack_hook` is the hook or None.",
        expectation="`is` holds for both.",
        level=Level.OPTIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                u = lambda t: t
                x = torch.tensor(2.0, requires_grad=True)
                with torch.autograd.graph.saved_tensors_hooks(lambda t: t, u):
                    y = x**2
                z = y.exp()
                y.grad_fn._raw_saved_self.data is x
                y.grad_fn._raw_saved_self.unpack_hook is u
                z.grad_fn._raw_saved_result.data is z
                z.grad_fn._raw_saved_result.unpack_hook
                """
            ),
        ),
        needs=(
            "saved-tensor-hooks",
            "graph-introspection",
        ),
    ),
    Behaviour(
        id="saved-tensor-hooks.double-backward-packs-too",
        family=FAMILY,
        statement="The graph of a gradient made under the hooks is packed as well.",
        expectation="Packs during the first pass with `create_graph=True`, and a second derivative through what they "
        "keep.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                hooks = torch.autograd.graph.saved_tensors_hooks
                x = torch.tensor([2.0], requires_grad=True)
                with hooks(lambda t: 2 * t, lambda t: t):
                    y = (x**3).sum()
                g = torch.autograd.grad(y, x, create_graph=True)[0]
                g.sum().backward()
                observe(x, g)
                x.grad = None
                y = (x**3).sum()
                with hooks(lambda t: 2 * t, lambda t: t):
                    g = torch.autograd.grad(y, x, create_graph=True)[0]
                    g.sum().backward()
                observe(x, g)
                """
            ),
        ),
        needs=(
            "saved-tensor-hooks",
            "double-backward",
        ),
        depends=("saved-tensor-hooks.pack-may-return-anything",),
    ),
    Behaviour(
        id="saved-tensor-hooks.custom-functions-are-packed",
        family=FAMILY,
        statement="Tensors that a custom Function saves with `save_for_backward` pass through the hooks too.",
        expectation="One pack for each saved tensor, and unpack when `saved_tensors` is read.",
        level=Level.RECOMMENDED,
        clause=Clause(_AUTOGRAD_GRAPH_SAVED_TENSORS_HOOKS, "this includes intermediary results saved using"),
        examples=(
            code(
                """
                import torch
                class Square(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x)
                        return x * x

                    @staticmethod
                    def backward(ctx, g):
                        print("backward")
                        return g * 2 * ctx.saved_tensors[0]

                x = torch.tensor([2.0, 3.0], requires_grad=True)
                def pack(t):
                    print("pack")
                    return t.detach()
                def unpack(t):
                    print("unpack")
                    return t
                with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
                    y = Square.apply(x)
                y.sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "saved-tensor-hooks",
            "custom-function",
            "backward",
        ),
        depends=("saved-tensor-hooks.pack-and-unpack",),
    ),
    Behaviour(
        id="saved-tensor-hooks.packed-copies-escape-the-version-check",
        family=FAMILY,
        statement="A packed copy is not guarded by the version of the tensor it was made of.",
        expectation="A write after packing is not noticed, and the gradient is that of the copy.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = x * 2
                with torch.autograd.graph.saved_tensors_hooks(lambda t: t.detach().clone(), lambda t: t):
                    y = h * h
                h.mul_(10)
                y.sum().backward()
                observe(x, h)
                """
            ),
        ),
        needs=(
            "saved-tensor-hooks",
            "in-place",
            "backward",
        ),
        depends=("saved-tensor-hooks.pack-may-return-anything",),
    ),
    Behaviour(
        id="saved-tensor-hooks.save-on-cpu",
        family=FAMILY,
        statement="`save_on_cpu` keeps saved tensors on the CPU; where they are there already gradients are as "
        "without it.",
        expectation="Equal gradients inside and outside.",
        level=Level.RECOMMENDED,
        clause=Clause(
            _AUTOGRAD_GRAPH_SAVE_ON_CPU,
            "intermediary results saved in the graph during the forward pass will be moved to CPU",
        ),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.autograd.graph.save_on_cpu():
                    y = (x * x).exp()
                y.sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.ON_CPU,
        needs=(
            "saved-tensor-hooks",
            "backward",
        ),
    ),
    Behaviour(
        id="saved-tensor-hooks.mutation-allowed",
        family=FAMILY,
        statement="Inside `allow_mutation_on_saved_tensors` a saved tensor may be modified: backward uses the value "
        "it had.",
        expectation="No error, and the gradient of the graph as it was recorded.",
        level=Level.RECOMMENDED,
        clause=Clause(
            _AUTOGRAD_GRAPH_ALLOW_MUTATION_ON_SAVED_TENSORS, "tensors saved for backward are cloned on mutation"
        ),
        examples=(
            code(
                """
                import torch
                with torch.autograd.graph.allow_mutation_on_saved_tensors():
                    x = torch.tensor([2.0, 3.0], requires_grad=True)
                    b = x.clone()
                    y = (b**2).sum()
                    b.zero_()
                    y.backward()
                observe(x, b)
                """
            ),
        ),
        generator=generate.MUTATED,
        needs=(
            "saved-tensor-hooks",
            "in-place",
            "backward",
        ),
    ),
    Behaviour(
        id="saved-tensor-hooks.mutation-context-is-no-shelter-outside",
        family=FAMILY,
        statement="A graph recorded inside `allow_mutation_on_saved_tensors` cannot run backward outside, and the "
        "context does not nest.",
        expectation="AssertionError for the backward, RuntimeError for the second context.",
        level=Level.RECOMMENDED,
        clause=Clause(
            _AUTOGRAD_GRAPH_ALLOW_MUTATION_ON_SAVED_TENSORS,
            "both the forward and backward should be run under the same context manager.",
        ),
        examples=(
            code(
                """
                import torch
                with torch.autograd.graph.allow_mutation_on_saved_tensors():
                    x = torch.tensor([2.0], requires_grad=True)
                    y = (x.clone() ** 2).sum()
                y.backward()
                observe(x)
                """
            ),
            code(
                """
                import torch
                with torch.autograd.graph.allow_mutation_on_saved_tensors():
                    with torch.autograd.graph.allow_mutation_on_saved_tensors():
                        x = torch.ones(1)
                """
            ),
        ),
        needs=(
            "saved-tensor-hooks",
            "backward",
        ),
        depends=("saved-tensor-hooks.mutation-allowed",),
    ),
    Behaviour(
        id="saved-tensor-hooks.saved-tensor-is-not-made-by-hand",
        family=FAMILY,
        statement="`torch.autograd.SavedTensor` is the class of raw saved tensors and cannot be made from Python.",
        expectation="RuntimeError for a call; `isinstance` holds for what a node keeps.",
        level=Level.OPTIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                torch.autograd.SavedTensor()
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                s = (x * x).grad_fn._raw_saved_self
                isinstance(s, torch.autograd.SavedTensor)
                s.unpack_hook
                """
            ),
        ),
        needs=(
            "saved-tensor-hooks",
            "graph-introspection",
        ),
        depends=("saved-tensor-hooks.raw-saved-tensors-show-what-is-kept",),
    ),
)
