"""Nodes of the graph: their names, edges, metadata, what they saved, and calling them."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import graph_nodes as generate

FAMILY = "graph-nodes"

_NAME = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.graph.Node.name.html"
_META = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.graph.Node.metadata.html"
_EDGE = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.graph.get_gradient_edge.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="graph-nodes.names-of-operators",
        family=FAMILY,
        statement="The node of a result is named after the entry of the derivative table that the operator was "
        "recorded as.",
        expectation="`name()` is what PyTorch says: RsubBackward1 for a number minus a tensor, MulBackward0 for one "
        "over a tensor.",
        level=Level.REQUIRED,
        clause=Clause(_NAME, "Return the name."),
        examples=(
            code("""
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                ones = torch.ones(2, 2)
                results = [x + 1, 1 - x, x * x, x / 2, 2 / x, x ** 2, x ** x, 2 ** x, -x, x @ x, x.mv(x[0]), x.sum()]
                print([y.grad_fn.name() for y in results])
                results = [x.sum(0), x.mean(), x.prod(), x.max(), x.max(0)[0], x.amax(0), x.var(), x.norm()]
                print([y.grad_fn.name() for y in results])
                results = [torch.where(x > 1, x, ones), x.clamp(0, 1), x.relu(), x.double(), x.abs(), x.sign()]
                print([y.grad_fn.name() for y in results])
                results = [torch.cat([x, x]), torch.stack([x, x]), x.repeat(2, 1), x.tril(), x.clone(), x.diag()]
                print([y.grad_fn.name() for y in results])
            """),
        ),
        generator=generate.NAMES,
        needs=("graph-introspection",),
    ),
    Behaviour(
        id="graph-nodes.classes-of-nodes",
        family=FAMILY,
        statement="The class of a node is called as the node, and nodes of the engine itself lose their namespace.",
        expectation="MulBackward0 is MulBackward0, `torch::autograd::AccumulateGrad` is AccumulateGrad, and so for "
        "CopySlices.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                b = x * 1
                b[0] = 1.0
                print(y.grad_fn.name(), y.grad_fn.next_functions[0][0].name(), b.grad_fn.name())
                print(y.grad_fn, y.grad_fn.next_functions[0][0], b.grad_fn)
                observe(y, b)
            """),
        ),
        needs=("graph-introspection", "in-place"),
        depends=("graph-nodes.names-of-operators",),
    ),
    Behaviour(
        id="graph-nodes.edges",
        family=FAMILY,
        statement="`next_functions` is a tuple of nodes and numbers, one pair for each differentiable operand, in "
        "their order.",
        expectation="Operands that require no grad have `(None, 0)`.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0])
                y = x * w + 1
                print([(node and node.name(), number) for node, number in y.grad_fn.next_functions])
                below = y.grad_fn.next_functions[0][0]
                print([(node and node.name(), number) for node, number in below.next_functions])
                print(below.next_functions[1][0] is None)
                observe(y)
            """),
        ),
        generator=generate.EDGES,
        needs=("graph-introspection",),
        depends=("graph-nodes.names-of-operators",),
    ),
    Behaviour(
        id="graph-nodes.edges-number-outputs",
        family=FAMILY,
        statement="An edge to a node of several outputs carries the number of the output that was used.",
        expectation="Two edges to one node, with numbers 2 and 1.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                a, b, c = x.unbind()
                y = c + b
                print([(node.name(), number) for node, number in y.grad_fn.next_functions])
                print(y.grad_fn.next_functions[0][0] is y.grad_fn.next_functions[1][0], a.grad_fn is b.grad_fn)
                observe(y, a, b)
            """),
        ),
        generator=generate.EDGES,
        needs=("graph-introspection", "views"),
        depends=("graph-nodes.edges",),
    ),
    Behaviour(
        id="graph-nodes.leaves-accumulate",
        family=FAMILY,
        statement="A leaf that requires grad is reached through one node that accumulates into it and that knows it "
        "as `variable`.",
        expectation="The same node for all uses as long as one is alive.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                z = x.view_as(x)
                node = y.grad_fn.next_functions[0][0]
                print(node.name(), node.variable is x, node.next_functions)
                print(z.grad_fn.name(), z.grad_fn.next_functions[0][0] is node)
                observe(x, y, z)
            """),
        ),
        needs=("graph-introspection",),
        depends=("graph-nodes.edges",),
    ),
    Behaviour(
        id="graph-nodes.nodes-are-nodes",
        family=FAMILY,
        statement="All nodes, those of custom Functions too, are instances of `torch.autograd.graph.Node`.",
        expectation="True for operators, leaves and Functions; False for numbers and tensors.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Double(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 2
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                nodes = [y.grad_fn, Double.apply(x).grad_fn, y.grad_fn.next_functions[0][0]]
                print([isinstance(node, torch.autograd.graph.Node) for node in nodes])
                print(isinstance(3, torch.autograd.graph.Node))
                print(isinstance(y, torch.autograd.graph.Node))
            """),
        ),
        needs=("graph-introspection",),
        depends=("graph-nodes.edges",),
    ),
    Behaviour(
        id="graph-nodes.grad-fn-is-one-object",
        family=FAMILY,
        statement="`grad_fn` gives the same node at every reading, also through an edge.",
        expectation="`is` holds.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                z = y + 1
                node = y.grad_fn
                print(y.grad_fn is node, z.grad_fn.next_functions[0][0] is node, y.grad_fn == node)
            """),
        ),
        needs=("graph-introspection",),
        depends=("graph-nodes.edges",),
    ),
    Behaviour(
        id="graph-nodes.metadata-is-a-dict",
        family=FAMILY,
        statement="The metadata of a node is a dictionary that the user may write to.",
        expectation="Empty at first; what was put in is there at the next reading.",
        level=Level.OPTIONAL,
        clause=Clause(_META, "Return the metadata."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                print(y.grad_fn.metadata)
                y.grad_fn.metadata["note"] = 1
                print(y.grad_fn.metadata)
                y.grad_fn.metadata()
            """),
        ),
        needs=("graph-introspection",),
    ),
    Behaviour(
        id="graph-nodes.saved-values-are-readable",
        family=FAMILY,
        statement="What an operator saved is read from its node as `_saved_` and the name of the argument, a tensor "
        "as it was.",
        expectation="The exponent, the operand itself, the dimensions as unsigned numbers.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                y = x ** 3
                print(y.grad_fn._saved_exponent, y.grad_fn._saved_self is x)
                z = x * x
                print(z.grad_fn._saved_self is x, z.grad_fn._saved_other is x)
                f = x.sum(1).grad_fn
                print(f._saved_dim, f._saved_keepdim, f._saved_self_sym_sizes)
                f = x.transpose(0, -1).grad_fn
                print(f._saved_dim0, f._saved_dim1)
                f = x.clamp(0, 5).grad_fn
                print(f._saved_min, f._saved_max)
                f = torch.add(x, x, alpha=2).grad_fn
                print(f._saved_alpha)
                w = torch.ones(2, 2)
                v = x * w
                print(v.grad_fn._saved_self, v.grad_fn._saved_other is w)
            """),
        ),
        needs=("graph-introspection",),
        depends=("graph-nodes.names-of-operators",),
    ),
    Behaviour(
        id="graph-nodes.saved-values-are-checked",
        family=FAMILY,
        statement="Reading a saved tensor that was modified in place raises as backward would.",
        expectation="RuntimeError with both versions, at the reading and in backward.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x * 1
                y = a ** 2
                a.add_(1)
                y.grad_fn._saved_self
                y.sum().backward()
                observe(x)
            """),
        ),
        needs=("graph-introspection", "saved-tensor-checks", "in-place"),
        depends=("graph-nodes.saved-values-are-readable",),
    ),
    Behaviour(
        id="graph-nodes.raw-saved-values",
        family=FAMILY,
        statement="`_raw_saved_` and the name of the argument give the slot itself, which takes hooks as long as it "
        "is filled.",
        expectation="The unpacked gradient is that of the value which the hooks gave; a second registration raises.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x ** 2
                slot = y.grad_fn._raw_saved_self
                slot.register_hooks(lambda t: t * 1, lambda t: t * 10)
                y.sum().backward()
                observe(x)
                slot.register_hooks(lambda t: t, lambda t: t)
            """),
        ),
        needs=("graph-introspection", "saved-tensor-hooks"),
        depends=("graph-nodes.saved-values-are-readable",),
    ),
    Behaviour(
        id="graph-nodes.attributes-cannot-be-set",
        family=FAMILY,
        statement="Attributes cannot be set on the nodes of operators.",
        expectation="AttributeError that names the class of the node.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                y.grad_fn.my_note = 1
                y.sum().backward()
                observe(x)
            """),
        ),
        needs=("graph-introspection", "custom-function"),
    ),
    Behaviour(
        id="graph-nodes.nodes-can-be-called",
        family=FAMILY,
        statement="Calling the node of an operator with gradients of its outputs runs its formula.",
        expectation="A tensor for one edge, a tuple for several; None where no gradient is wanted.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                print((x ** 2).grad_fn(torch.ones(2)))
                print((x * w).grad_fn(torch.ones(2)))
                print((x * 3).grad_fn(torch.ones(2)))
                observe(x, w)
            """),
        ),
        generator=generate.CALLS,
        needs=("graph-introspection",),
        depends=("graph-nodes.edges",),
    ),
    Behaviour(
        id="graph-nodes.nodes-check-their-arguments",
        family=FAMILY,
        statement="A node is called with as many gradients as it has outputs.",
        expectation="TypeError with both counts.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x ** 2
                y.grad_fn()
                y.grad_fn(torch.ones(2), torch.ones(2))
                observe(x, y)
            """),
        ),
        generator=generate.CALLS,
        needs=("graph-introspection",),
        depends=("graph-nodes.nodes-can-be-called",),
    ),
    Behaviour(
        id="graph-nodes.gradient-edges",
        family=FAMILY,
        statement="A gradient edge names a place in the graph: a gradient for it is a gradient for the tensor, and a "
        "backward may start at it.",
        expectation="Equal gradients by edge and by tensor; `node` and `output_nr` are those of the tensor.",
        level=Level.REQUIRED,
        clause=Clause(_EDGE, "Get the gradient edge for computing the gradient of the given Tensor."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                z = (y * y).sum()
                e = torch.autograd.graph.get_gradient_edge(y)
                print(e.node is y.grad_fn, e.output_nr, isinstance(e, torch.autograd.graph.GradientEdge))
                torch.autograd.grad(z, e, retain_graph=True)
                torch.autograd.grad(z, y, retain_graph=True)
                torch.autograd.backward(torch.autograd.graph.get_gradient_edge(z), retain_graph=True)
                observe(x)
                z.backward(inputs=[torch.autograd.graph.get_gradient_edge(x)])
                observe(x)
            """),
        ),
        generator=generate.EDGE,
        needs=("gradient-edges", "autograd-grad"),
        depends=("graph-nodes.edges",),
    ),
    Behaviour(
        id="graph-nodes.gradient-edges-of-old-values",
        family=FAMILY,
        statement="An edge that was taken before an in-place operation stands for the old value.",
        expectation="Five times the gradient of the new value.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                e = torch.autograd.graph.get_gradient_edge(y)
                y.mul_(5)
                z = (y * 3).sum()
                torch.autograd.grad(z, e, retain_graph=True)
                torch.autograd.grad(z, y)
            """),
        ),
        needs=("gradient-edges", "autograd-grad", "in-place"),
        depends=("graph-nodes.gradient-edges",),
    ),
    Behaviour(
        id="graph-nodes.gradient-edges-need-grad",
        family=FAMILY,
        statement="A tensor that does not require grad has no gradient edge.",
        expectation="RuntimeError with PyTorch's text.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                torch.autograd.graph.get_gradient_edge(torch.tensor([1.0]))
                x = torch.tensor([1.0], requires_grad=True)
                e = torch.autograd.graph.get_gradient_edge(x)
                print(e.node.variable is x, e.output_nr)
                torch.autograd.graph.get_gradient_edge(x.detach())
            """),
        ),
        needs=("gradient-edges",),
        depends=("graph-nodes.gradient-edges",),
    ),
    Behaviour(
        id="graph-nodes.sequence-decides-the-order",
        family=FAMILY,
        statement="Among nodes that are ready the one with the highest sequence number runs first, which is the "
        "youngest unless it is set.",
        expectation="`b` before `a`, and after raising the number of `a` the other way round.",
        level=Level.INFORMATIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a = x * 2
                b = x * 3
                a.register_hook(lambda grad: print("a"))
                b.register_hook(lambda grad: print("b"))
                c = (a + b).sum()
                c.backward(retain_graph=True)
                print(b.grad_fn._sequence_nr() - a.grad_fn._sequence_nr())
                a.grad_fn._set_sequence_nr(b.grad_fn._sequence_nr() + 10)
                c.backward()
                observe(x)
            """),
        ),
        needs=("hooks", "backward", "graph-introspection"),
        depends=("hooks.output-first",),
    ),
    Behaviour(
        id="graph-nodes.delayed-errors",
        family=FAMILY,
        statement="A node that raises in backward passes its input on in forward.",
        expectation="The value is unchanged, backward raises RuntimeError with the given text.",
        level=Level.INFORMATIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = torch._C._functions.DelayedError("my text", 1)(x)
                observe(y)
                y.sum().backward()
                observe(x)
            """),
        ),
        needs=("backward", "graph-introspection"),
    ),
    Behaviour(
        id="graph-nodes.what-runs-now",
        family=FAMILY,
        statement="Inside a backward the running node and the nodes that will run can be asked for; outside of one "
        "this raises.",
        expectation="The node of the hook's tensor, and which branch is left out.",
        level=Level.INFORMATIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                a = x * 2
                b = w * 3
                def tell(grad):
                    print(torch._C._current_autograd_node().name())
                    print(torch._C._will_engine_execute_node(a.grad_fn), torch._C._will_engine_execute_node(b.grad_fn))
                y = a + b
                y.register_hook(tell)
                y.sum().backward(inputs=[x])
                torch._C._current_autograd_node()
                torch._C._current_graph_task_id()
                torch._C._will_engine_execute_node(a.grad_fn)
                observe(x, w)
            """),
        ),
        needs=("hooks", "backward", "graph-introspection", "backward-inputs"),
    ),
)
