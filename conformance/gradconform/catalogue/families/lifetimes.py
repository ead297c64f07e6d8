"""Family 14: what keeps leaves, results and graphs alive, and what stays after their names are gone."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import lifetimes as generate

FAMILY = "lifetimes"

_AUTOGRAD_GRAPH_REGION_ACTIVATION_MEMORY_BUDGET = (
    "https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.region_activation_memory_budget"
)

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="lifetimes.graph-keeps-its-leaves",
        family=FAMILY,
        statement="A leaf that only a graph refers to stays alive and gets its gradient.",
        expectation="The gradient is found through the accumulating node.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                def make():
                    t = torch.tensor([1.0, 2.0], requires_grad=True)
                    return t * 3
                y = make()
                y.sum().backward()
                y.grad_fn.next_functions[0][0].variable
                y.grad_fn.next_functions[0][0].variable.grad
                """
            ),
        ),
        generator=generate.KEPT_LEAVES,
        needs=(
            "backward",
            "graph-introspection",
        ),
    ),
    Behaviour(
        id="lifetimes.variable-is-the-leaf",
        family=FAMILY,
        statement="`variable` of the accumulating node is the very leaf.",
        expectation="`is` holds, and both branches of a leaf meet in one node.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                z = x + 1
                y.grad_fn.next_functions[0][0].variable is x
                y.grad_fn.next_functions[0][0] is z.grad_fn.next_functions[0][0]
                """
            ),
        ),
        needs=("graph-introspection",),
    ),
    Behaviour(
        id="lifetimes.attributes-survive-in-the-graph",
        family=FAMILY,
        statement="An attribute that a user set on a leaf is still there after its last name is gone.",
        expectation="It is read through the accumulating node.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.my_tag = "kept"
                y = x * 2
                del x
                y.grad_fn.next_functions[0][0].variable.my_tag
                """
            ),
        ),
        needs=("graph-introspection",),
        depends=("lifetimes.graph-keeps-its-leaves",),
    ),
    Behaviour(
        id="lifetimes.deleting-results-keeps-the-graph",
        family=FAMILY,
        statement="A graph does not need the names of its intermediate results.",
        expectation="Backward works after they are deleted, with saved tensors among them.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x * x
                b = a * a
                del a
                y = b.sum()
                del b
                y.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.DELETED,
        needs=("backward",),
    ),
    Behaviour(
        id="lifetimes.saved-tensors-are-the-same-objects",
        family=FAMILY,
        statement="A saved leaf or input read from a node is the same object as the one that was used.",
        expectation="`is` holds for operands; a saved result equals the result and has its history.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                h = x * 2
                y = h * x
                y.grad_fn._saved_self is h
                y.grad_fn._saved_other is x
                z = h.exp()
                z.grad_fn._saved_result is z
                z.grad_fn._saved_result
                """
            ),
        ),
        needs=("graph-introspection",),
    ),
    Behaviour(
        id="lifetimes.saved-tensors-are-gone-after-backward",
        family=FAMILY,
        statement="What a node saved cannot be read after a backward that did not keep the graph.",
        expectation="RuntimeError, while `retain_graph=True` keeps it readable.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x.exp()
                y.sum().backward(retain_graph=True)
                y.grad_fn._saved_result
                y.sum().backward()
                y.grad_fn._saved_result
                y.grad_fn._raw_saved_result
                observe(x)
                """
            ),
        ),
        needs=(
            "backward",
            "graph-introspection",
            "retain-graph",
        ),
    ),
    Behaviour(
        id="lifetimes.nodes-keep-their-identity",
        family=FAMILY,
        statement="`grad_fn` gives the same node every time, also after the tensor's other names are gone.",
        expectation="`is` holds between reads.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                n = y.grad_fn
                n is y.grad_fn
                z = y + 1
                z.grad_fn.next_functions[0][0] is n
                del y
                z.grad_fn.next_functions[0][0] is n
                """
            ),
        ),
        needs=("graph-introspection",),
    ),
    Behaviour(
        id="lifetimes.node-attributes-stay",
        family=FAMILY,
        statement="What is stored in `metadata` of a node stays with the node.",
        expectation="It is read again through another path.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.grad_fn.metadata["mark"] = 5
                z = y + 1
                z.grad_fn.next_functions[0][0].metadata["mark"]
                """
            ),
        ),
        needs=("graph-introspection",),
        depends=("lifetimes.nodes-keep-their-identity",),
    ),
    Behaviour(
        id="lifetimes.hooks-live-with-the-tensor",
        family=FAMILY,
        statement="A hook of a result stays in force after the result's last name is gone.",
        expectation="The hook is called in backward.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.register_hook(lambda g: print("hook", g.tolist()))
                z = y.sum()
                del y
                z.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.KEPT_HOOKS,
        needs=(
            "hooks",
            "backward",
        ),
        depends=("lifetimes.deleting-results-keeps-the-graph",),
    ),
    Behaviour(
        id="lifetimes.retained-gradient-needs-its-tensor",
        family=FAMILY,
        statement="`retain_grad` of a result whose last name is gone does no harm.",
        expectation="Backward works and the leaf gets its gradient.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.retain_grad()
                z = y.sum()
                del y
                z.backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "retain-grad",
            "backward",
        ),
        depends=("lifetimes.deleting-results-keeps-the-graph",),
    ),
    Behaviour(
        id="lifetimes.view-keeps-its-base",
        family=FAMILY,
        statement="A view keeps the memory and the history of a base whose name is gone.",
        expectation="Values, gradients, and `_base` with its history.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                b = x * 2
                v = b[1:]
                del b
                observe(v)
                v._base
                v.sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.KEPT_BASES,
        needs=(
            "views",
            "backward",
        ),
    ),
    Behaviour(
        id="lifetimes.gradient-outlives-its-leaf",
        family=FAMILY,
        statement="A gradient stays what it is after its leaf is gone.",
        expectation="Its values and flags.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                (x * x).sum().backward()
                g = x.grad
                del x
                observe(g)
                """
            ),
        ),
        needs=("backward",),
    ),
    Behaviour(
        id="lifetimes.equality-and-hashing",
        family=FAMILY,
        statement="Tensors are hashed by identity, while `==` compares their elements.",
        expectation="Two equal tensors are two keys; `==` gives a tensor; None is compared as an object.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                a = torch.tensor([1.0, 2.0])
                b = torch.tensor([1.0, 2.0])
                len({a: 1, b: 2})
                a == b
                a is b
                a == None
                a != None
                """
            ),
        ),
        needs=("backward",),
    ),
    Behaviour(
        id="lifetimes.variable-is-tensor",
        family=FAMILY,
        statement="`torch.autograd.Variable` makes a tensor, and every tensor is one.",
        expectation="A tensor with the flag that was asked for; `isinstance` holds.",
        level=Level.OPTIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                v = torch.autograd.Variable(torch.tensor([1.0, 2.0]), requires_grad=True)
                isinstance(torch.ones(1), torch.autograd.Variable)
                isinstance(v, torch.Tensor)
                (v * 2).sum().backward()
                observe(v)
                """
            ),
        ),
        needs=("backward",),
    ),
    Behaviour(
        id="lifetimes.budget-needs-a-compiler",
        family=FAMILY,
        statement="`region_activation_memory_budget` has a meaning for compiled graphs only and is refused elsewhere.",
        expectation="RuntimeError where it is entered, ValueError for a budget outside its range.",
        level=Level.INFORMATIONAL,
        clause=Clause(
            _AUTOGRAD_GRAPH_REGION_ACTIVATION_MEMORY_BUDGET,
            "using it outside of a compiled region raises a RuntimeError.",
        ),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.autograd.graph.region_activation_memory_budget(0.5):
                    y = x * 2
                with torch.autograd.graph.region_activation_memory_budget(2.0):
                    y = x * 3
                """
            ),
        ),
        needs=("backward",),
    ),
)
