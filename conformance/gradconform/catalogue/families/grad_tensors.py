"""Family 4: what the weights do that `backward` takes: `gradient`, `grad_tensors`, and `grad_variables` of old."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import grad_tensors as generate

FAMILY = "grad-tensors"

_FUNCTION = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.backward.html"
_METHOD = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.backward.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="grad-tensors.scalar-root-needs-no-weight",
        family=FAMILY,
        statement="Backward from a 0-dimensional tensor needs no weight: leaving it out is the same as a weight of "
        "one.",
        expectation="The leaf ends with the same `.grad` after `y.backward()` as after "
        "`y.backward(torch.tensor(1.0))`.",
        level=Level.REQUIRED,
        clause=Clause(_METHOD, "This argument can be omitted if self is a scalar."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                y.backward(retain_graph=True)
                observe(x)
                x.grad = None
                y.backward(torch.tensor(1.0))
                observe(x, y)
                """
            ),
        ),
        generator=generate.UNWEIGHTED_SCALAR,
        needs=("backward",),
    ),
    Behaviour(
        id="grad-tensors.one-element-needs-no-weight",
        family=FAMILY,
        statement="A tensor with one element counts as a scalar whatever its number of dimensions, so it needs no "
        "weight.",
        expectation="`backward()` of roots of shapes (1,) and (1, 1) fills `.grad` as with a weight of ones.",
        level=Level.REQUIRED,
        clause=Clause(_FUNCTION, "non-scalar (i.e. their data has more than one element) and require gradient"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([3.0], requires_grad=True)
                (x * x).backward()
                observe(x)
                w = torch.tensor([[2.0]], requires_grad=True)
                (w * x).backward()
                observe(w, x)
                """
            ),
        ),
        generator=generate.UNWEIGHTED_SINGLE,
        needs=("backward",),
        depends=("grad-tensors.scalar-root-needs-no-weight",),
    ),
    Behaviour(
        id="grad-tensors.non-scalar-root-needs-weight",
        family=FAMILY,
        statement="Backward from a tensor with more than one element, or with none, and without a weight is an error.",
        expectation="RuntimeError says that grad can be implicitly created only for scalar outputs; no `.grad` "
        "changes and the graph can still be used.",
        level=Level.REQUIRED,
        clause=Clause(_FUNCTION, "in this case the function additionally requires specifying grad_tensors"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                y.backward()
                observe(x, y)
                y.backward(torch.ones(2))
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.zeros(0, requires_grad=True)
                y = x * 2
                y.backward()
                y.backward(torch.zeros(0))
                observe(x)
                """
            ),
        ),
        generator=generate.MISSING,
        needs=("backward",),
    ),
    Behaviour(
        id="grad-tensors.weights-each-element",
        family=FAMILY,
        statement="The weight of a non-scalar root is the vector of a vector-Jacobian product: it weighs each element.",
        expectation="`.grad` holds the sum over the root's elements of weight times derivative, in the shape of the "
        "leaf.",
        level=Level.REQUIRED,
        clause=Clause(_FUNCTION, 'It should be a sequence of matching length, that contains the "vector"'),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                y = x ** 2
                y.backward(torch.tensor([1.0, 10.0, 100.0]))
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                w = torch.tensor([2.0, -1.0], requires_grad=True)
                y = x @ w
                torch.autograd.backward(y, torch.tensor([1.0, 0.5]))
                observe(x, w)
                """
            ),
        ),
        generator=generate.WEIGHTED,
        needs=("backward",),
    ),
    Behaviour(
        id="grad-tensors.linear-in-the-weights",
        family=FAMILY,
        statement="Gradients are linear in the weights: two backwards with two weights give what one gives with their "
        "sum.",
        expectation="`.grad` after backward with `g` and with `h` equals `.grad` after one backward with `g + h`.",
        level=Level.REQUIRED,
        clause=Clause(_FUNCTION, "Compute the sum of gradients of given tensors with respect to graph leaves."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                g = torch.tensor([1.0, -2.0])
                h = torch.tensor([0.5, 4.0])
                y.backward(g, retain_graph=True)
                y.backward(h, retain_graph=True)
                observe(x)
                x.grad = None
                y.backward(g + h)
                observe(x)
                """
            ),
        ),
        generator=generate.LINEAR,
        needs=("backward", "retain-graph"),
        depends=("grad-tensors.weights-each-element",),
    ),
    Behaviour(
        id="grad-tensors.equals-weighted-sum",
        family=FAMILY,
        statement="`backward` of a root with a weight gives every leaf the gradient of the scalar `(weight * "
        "root).sum()`.",
        expectation="`.grad` is the same for `y.backward(g)` as for `(y * g).sum().backward()`.",
        level=Level.REQUIRED,
        clause=Clause(_METHOD, "the gradient of the differentiated function w.r.t. self"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                y = x * x + x
                g = torch.tensor([[1.0, 0.0], [-1.0, 0.5]])
                y.backward(g, retain_graph=True)
                observe(x)
                x.grad = None
                (y * g).sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.WEIGHTED_SUM,
        needs=("backward", "retain-graph"),
        depends=("grad-tensors.weights-each-element",),
    ),
    Behaviour(
        id="grad-tensors.method-equals-function",
        family=FAMILY,
        statement="`tensor.backward(gradient)` does what `torch.autograd.backward(tensor, gradient)` does.",
        expectation="Both return None and leave the same `.grad`; a tensor and a list of one tensor are the same root.",
        level=Level.REQUIRED,
        clause=Clause(_METHOD, "Computes the gradient of current tensor wrt graph leaves."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x ** 2
                g = torch.tensor([1.0, 0.5])
                y.backward(g, retain_graph=True)
                observe(x)
                torch.autograd.backward(y, g, retain_graph=True)
                observe(x)
                torch.autograd.backward([y], [g], retain_graph=True)
                observe(x)
                torch.autograd.backward((y,), grad_tensors=(g,))
                observe(x)
                """
            ),
        ),
        generator=generate.METHOD_AND_FUNCTION,
        needs=("backward", "retain-graph"),
        depends=("grad-tensors.weights-each-element",),
    ),
    Behaviour(
        id="grad-tensors.several-roots-add-up",
        family=FAMILY,
        statement="Backward from several roots accumulates the sum of their weighted gradients in one pass.",
        expectation="A leaf under several roots gets the sum of what each would give, a leaf under one root only its "
        "own.",
        level=Level.REQUIRED,
        clause=Clause(_FUNCTION, "Compute the sum of gradients of given tensors with respect to graph leaves."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                y = x * w
                z = (x * x).sum()
                torch.autograd.backward([y, z], [torch.tensor([1.0, 0.5]), torch.tensor(2.0)])
                observe(x, w)
                """
            ),
        ),
        generator=generate.SEVERAL_ROOTS,
        needs=("backward",),
        depends=("grad-tensors.weights-each-element",),
    ),
    Behaviour(
        id="grad-tensors.overlapping-roots",
        family=FAMILY,
        statement="A root that lies inside another root's graph, or stands twice in the list, contributes once for "
        "each place.",
        expectation="The inner root's weight is added to what arrives from above, and the graph is walked once, so no "
        "node is asked for a second time.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                y.retain_grad()
                z = y * 3
                torch.autograd.backward([y, z], [torch.tensor([1.0, 1.0]), torch.tensor([0.5, 1.0])])
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                torch.autograd.backward([y, y], [torch.ones(2), torch.tensor([10.0, 100.0])])
                observe(x)
                torch.autograd.backward([x, x], [torch.ones(2), torch.ones(2)])
                observe(x)
                """
            ),
        ),
        generator=generate.OVERLAPPING,
        needs=("backward",),
        depends=("grad-tensors.several-roots-add-up",),
    ),
    Behaviour(
        id="grad-tensors.none-for-scalar-roots",
        family=FAMILY,
        statement="None in `grad_tensors` stands for a weight of one, for roots with a single element only.",
        expectation="Scalar roots with None get weight one beside roots with a weight; None for another root raises "
        "before anything is accumulated.",
        level=Level.REQUIRED,
        clause=Clause(_FUNCTION, "None values can be specified for scalar Tensors"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                torch.autograd.backward([(x * 2).sum(), x * 3], [None, torch.tensor([1.0, 10.0])])
                observe(x)
                torch.autograd.backward([(x * 2).sum(), x * 3], [None, None])
                observe(x)
                torch.autograd.backward([(x * 2).sum(), x.sum()])
                observe(x)
                """
            ),
        ),
        generator=generate.NONE_WEIGHTS,
        needs=("backward",),
        depends=("grad-tensors.several-roots-add-up",),
    ),
    Behaviour(
        id="grad-tensors.root-without-grad-raises",
        family=FAMILY,
        statement="A root that does not require grad is an error in `backward`, whether its weight is None or a "
        "tensor.",
        expectation="RuntimeError names the position of the root; the roots beside it are not run and no `.grad` "
        "changes.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                c = torch.ones(3)
                y = (x * x).sum()
                torch.autograd.backward([y, c], [None, None])
                torch.autograd.backward([y, c], [None, torch.ones(3)])
                c.backward(torch.ones(3))
                observe(x, c)
                y.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.ROOT_WITHOUT_GRAD,
        needs=("backward",),
    ),
    Behaviour(
        id="grad-tensors.wrong-shape-raises",
        family=FAMILY,
        statement="A weight must have exactly the shape of its root: it is neither broadcast nor reshaped.",
        expectation="RuntimeError states both shapes; nothing is accumulated and the graph is not freed.",
        level=Level.REQUIRED,
        clause=Clause(_METHOD, "It should be a tensor of matching type and shape"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                y.backward(torch.ones(3))
                y.backward(torch.ones(1, 2))
                y.backward(torch.tensor(1.0))
                y.sum().backward(torch.ones(1))
                observe(x, y)
                y.backward(torch.ones(2))
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                z = x * 3
                torch.autograd.backward([y, z], [torch.ones(3), torch.ones(2)])
                observe(x)
                torch.autograd.backward([y, z], [torch.ones(2), torch.ones(2)])
                observe(x)
                """
            ),
        ),
        generator=generate.WRONG_SHAPE,
        needs=("backward",),
    ),
    Behaviour(
        id="grad-tensors.too-few-weights-raise",
        family=FAMILY,
        statement="`grad_tensors` that is shorter than the list of roots is an error; weights beyond the last root "
        "are ignored.",
        expectation="RuntimeError counts tensors and gradients and nothing is accumulated; one weight too many "
        "changes nothing.",
        level=Level.RECOMMENDED,
        clause=Clause(_FUNCTION, "It should be a sequence of matching length"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                torch.autograd.backward([y, y], [torch.ones(2)])
                observe(x)
                torch.autograd.backward([y], [torch.ones(2), torch.tensor([5.0, 5.0])])
                observe(x)
                """
            ),
        ),
        generator=generate.WRONG_COUNT,
        needs=("backward",),
    ),
    Behaviour(
        id="grad-tensors.not-a-tensor-raises",
        family=FAMILY,
        statement="A weight that is a Python number is an error: weights are tensors or None.",
        expectation="TypeError; nothing is accumulated.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                torch.autograd.backward([y], [1.0])
                torch.autograd.backward([y.sum()], [2])
                y.sum().backward(1.0)
                observe(x, y)
                """
            ),
        ),
        generator=generate.NO_TENSOR,
        needs=("backward",),
    ),
    Behaviour(
        id="grad-tensors.real-weight-is-cast",
        family=FAMILY,
        statement="A weight of another floating-point dtype is converted to the dtype of its root.",
        expectation="`.grad` has the leaf's dtype and the value that the converted weight gives.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                y.backward(torch.tensor([1.0, 0.5], dtype=torch.float64))
                observe(x)
                w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
                (w * w).backward(torch.tensor([1.0, 0.5]))
                observe(w)
                """
            ),
        ),
        generator=generate.CAST,
        needs=("backward", "dtypes"),
        depends=("grad-tensors.weights-each-element",),
    ),
    Behaviour(
        id="grad-tensors.complex-weight-refused",
        family=FAMILY,
        statement="A complex weight for a real root is an error, and so is a complex scalar root without a weight.",
        expectation="RuntimeError names both dtypes; nothing is accumulated and the graph is not freed.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                y.backward(torch.ones(2, dtype=torch.complex64))
                observe(x)
                y.backward(torch.ones(2))
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor(1.0 + 2.0j, requires_grad=True)
                y = x * 2
                y.backward()
                y.backward(torch.tensor(1.0))
                y.backward(torch.tensor(1.0 + 0.0j))
                observe(x)
                """
            ),
        ),
        generator=generate.COMPLEX,
        needs=("backward", "complex"),
    ),
    Behaviour(
        id="grad-tensors.weight-that-requires-grad",
        family=FAMILY,
        statement="A weight may require grad: without `create_graph` its graph is ignored, with it gradients depend "
        "on the weight.",
        expectation="Plain backward leaves a `.grad` without history; under `create_graph=True` differentiating the "
        "gradient reaches the weight.",
        level=Level.REQUIRED,
        clause=Clause(_FUNCTION, "be constructed, allowing to compute higher order derivative products"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                g = torch.tensor([3.0, 5.0], requires_grad=True)
                y = x * x
                y.backward(g, retain_graph=True)
                observe(x, g)
                r, = torch.autograd.grad(y, x, g, create_graph=True)
                observe(r)
                r.sum().backward()
                observe(x, g)
                """
            ),
        ),
        generator=generate.TRACKED,
        needs=("backward", "double-backward", "autograd-grad"),
        depends=("grad-tensors.weights-each-element",),
    ),
    Behaviour(
        id="grad-tensors.weight-is-not-modified",
        family=FAMILY,
        statement="Summing gradients never writes into a weight, however often and for however many roots it is used.",
        expectation="The weight keeps its values and its version; the sum at a node is built elsewhere.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                g = torch.tensor([1.0, 0.5])
                y = x * 2
                z = x + 1
                torch.autograd.backward([y, z], [g, g], retain_graph=True)
                torch.autograd.backward([y, z], [g, g])
                observe(g, x)
                x.backward(g)
                observe(g, x)
                """
            ),
        ),
        generator=generate.REUSED,
        needs=("backward",),
    ),
    Behaviour(
        id="grad-tensors.weight-may-become-the-grad",
        family=FAMILY,
        statement="Through operators that pass their gradient on as a view, the leaf's `.grad` shares the weight's "
        "memory.",
        expectation="After `x.view(2).backward(g)` writing into `x.grad` changes `g`, and so does the next backward; "
        "after `(x + 0).backward(g)` neither does.",
        level=Level.INFORMATIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                g = torch.tensor([1.0, 0.5])
                x.view(2).backward(g)
                r = x.grad
                observe(x, g, r)
                r.add_(1)
                observe(g, r)
                x.view(2).backward(torch.ones(2))
                observe(x, g)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                g = torch.tensor([1.0, 0.5])
                (x + 0).backward(g)
                r = x.grad
                observe(x, g, r)
                r.add_(1)
                observe(g, r)
                """
            ),
        ),
        generator=generate.TAKEN,
        needs=("backward", "views", "in-place"),
    ),
    Behaviour(
        id="grad-tensors.zero-weight-fills-grad",
        family=FAMILY,
        statement="A weight of zeros still runs the whole graph: the leaves get gradients of zeros, not None.",
        expectation="`.grad` goes from None to zeros in the shape of the leaf, and what was saved is freed.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                y.backward(torch.zeros(2))
                observe(x)
                y.backward(torch.ones(2))
                observe(x)
                """
            ),
        ),
        generator=generate.ZERO,
        needs=("backward",),
    ),
    Behaviour(
        id="grad-tensors.grad-variables-deprecated",
        family=FAMILY,
        statement="`grad_variables` is the old name of `grad_tensors`: it works, warns, and cannot be given together "
        "with it.",
        expectation="FutureWarning and the same gradients; RuntimeError when both are given.",
        level=Level.OPTIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                torch.autograd.backward(y, grad_variables=torch.tensor([1.0, 0.5]))
                observe(x)
                y = x * x
                torch.autograd.backward(y, torch.ones(2), grad_variables=torch.ones(2))
                observe(x)
                """
            ),
        ),
        generator=generate.OLD_NAME,
        needs=("backward", "warnings"),
    ),
)
