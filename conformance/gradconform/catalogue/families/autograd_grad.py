"""Family 5: `torch.autograd.grad`, `only_inputs`, and what `backward(inputs=...)` shares with them."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import autograd_grad as generate

FAMILY = "autograd-grad"

_GRAD = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad.html"
_BACKWARD = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.backward.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="autograd-grad.returns-one-gradient-for-each-input",
        family=FAMILY,
        statement="`torch.autograd.grad` returns a tuple with one gradient for each input, in the order of the inputs.",
        expectation="A tuple even for a single tensor; each gradient has its input's shape and does not require grad.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "Compute and return the sum of gradients of outputs with respect to the inputs."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor(3.0, requires_grad=True)
                y = (x * x * w).sum()
                torch.autograd.grad(y, x, retain_graph=True)
                torch.autograd.grad(y, [w, x], retain_graph=True)
                p, q = torch.autograd.grad([y, x.sum()], (x, w))
                observe(p, q)
                """
            ),
        ),
        generator=generate.ONE_FOR_EACH,
        needs=("autograd-grad",),
    ),
    Behaviour(
        id="autograd-grad.leaves-grad-untouched",
        family=FAMILY,
        statement="`torch.autograd.grad` changes nobody's `.grad`: neither that of its inputs nor that of other "
        "leaves.",
        expectation="A `.grad` that was None stays None, one that held a tensor keeps that tensor and its values.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "the gradient will be returned (and not accumulated into .grad)"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                (x * 2).sum().backward()
                y = (x * w).sum()
                torch.autograd.grad(y, x, retain_graph=True)
                observe(x, w)
                torch.autograd.grad(y, [x, w])
                observe(x, w)
                """
            ),
        ),
        generator=generate.UNTOUCHED,
        needs=("autograd-grad", "backward"),
        depends=("autograd-grad.returns-one-gradient-for-each-input",),
    ),
    Behaviour(
        id="autograd-grad.only-inputs-is-ignored",
        family=FAMILY,
        statement="`only_inputs=False` is deprecated and ignored: gradients are still computed for the inputs alone.",
        expectation="FutureWarning, the same result as without it, and no other leaf's `.grad` is filled; "
        "`only_inputs=True` does not warn.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "only_inputs argument is deprecated and is ignored now"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                y = (x * w).sum()
                torch.autograd.grad(y, x, retain_graph=True, only_inputs=True)
                observe(x, w)
                torch.autograd.grad(y, x, only_inputs=False)
                observe(x, w)
                """
            ),
        ),
        generator=generate.ONLY_INPUTS,
        needs=("autograd-grad", "warnings"),
        depends=("autograd-grad.leaves-grad-untouched",),
    ),
    Behaviour(
        id="autograd-grad.unused-input-raises",
        family=FAMILY,
        statement="An input from which no output was computed is an error unless `allow_unused` or "
        "`materialize_grads` is set.",
        expectation="RuntimeError names the position of the first such input; the graph has been run and is freed all "
        "the same.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "inputs that were not used when computing outputs (and therefore their grad is"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                u = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                torch.autograd.grad(y, [x, u])
                torch.autograd.grad(y, x)
                observe(x, u)
                """
            ),
        ),
        generator=generate.UNUSED_RAISES,
        needs=("autograd-grad",),
    ),
    Behaviour(
        id="autograd-grad.allow-unused-gives-none",
        family=FAMILY,
        statement="With `allow_unused=True` the gradient of an input that was not used is None.",
        expectation="None in the place of each unused input, the others as usual.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "inputs that were not used when computing outputs (and therefore their grad is"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                u = torch.tensor([[1.0, 2.0]], requires_grad=True)
                y = (x * x).sum()
                torch.autograd.grad(y, [u, x, u], allow_unused=True)
                observe(x, u)
                """
            ),
        ),
        generator=generate.ALLOW_UNUSED,
        needs=("autograd-grad",),
        depends=("autograd-grad.returns-one-gradient-for-each-input",),
    ),
    Behaviour(
        id="autograd-grad.materialize-grads-gives-zeros",
        family=FAMILY,
        statement="With `materialize_grads=True` the gradient of an unused input is zeros, and being unused is no "
        "error.",
        expectation="Zeros of the input's shape and dtype, which require grad when `create_graph` is on.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "set the gradient for unused inputs to zero instead of None"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                u = torch.ones(2, 2, requires_grad=True)
                y = (x * x).sum()
                p, q = torch.autograd.grad(y, [x, u], retain_graph=True, materialize_grads=True)
                observe(p, q)
                p, q = torch.autograd.grad(y, [x, u], create_graph=True, materialize_grads=True)
                observe(p, q)
                """
            ),
        ),
        generator=generate.MATERIALIZE,
        needs=("autograd-grad",),
        depends=("autograd-grad.allow-unused-gives-none",),
    ),
    Behaviour(
        id="autograd-grad.materialize-and-not-unused-conflict",
        family=FAMILY,
        statement="`materialize_grads=True` together with `allow_unused=False` is refused, also where every input is "
        "used.",
        expectation="ValueError before anything runs; the graph is not freed.",
        level=Level.RECOMMENDED,
        clause=Clause(_GRAD, "If materialize_grads is True and allow_unused is False, an error will be raised."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                torch.autograd.grad(y, x, allow_unused=False, materialize_grads=True)
                torch.autograd.grad(y, x, allow_unused=True, materialize_grads=True)
                """
            ),
        ),
        generator=generate.CONFLICT,
        needs=("autograd-grad",),
    ),
    Behaviour(
        id="autograd-grad.batched-grads",
        family=FAMILY,
        statement="With `is_grads_batched=True` the first dimension of each `grad_outputs` counts vectors; each is "
        "pulled back.",
        expectation="Every gradient has a leading dimension of that size, its rows equal to one call for each vector; "
        "a weight that lacks the dimension is an error.",
        level=Level.OPTIONAL,
        clause=Clause(_GRAD, "each tensor in grad_outputs will be interpreted as the batch dimension."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
                y = x ** 2
                j, = torch.autograd.grad(y, x, torch.eye(3), retain_graph=True, is_grads_batched=True)
                observe(j)
                torch.autograd.grad(y, x, torch.tensor([0.0, 1.0, 0.0]), retain_graph=True)
                torch.autograd.grad(y, x, torch.ones(3), is_grads_batched=True)
                torch.autograd.grad(y, x, torch.ones(2, 4), is_grads_batched=True)
                observe(x)
                """
            ),
        ),
        generator=generate.BATCHED,
        needs=("autograd-grad", "batched-grads"),
        depends=("autograd-grad.grad-outputs-weigh",),
    ),
    Behaviour(
        id="autograd-grad.duplicate-inputs",
        family=FAMILY,
        statement="An input that stands several times among the inputs gets its whole gradient in each place.",
        expectation="Equal gradients in the places of the same tensor, neither halved nor doubled.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                torch.autograd.grad(y.sum(), [x, x], retain_graph=True)
                torch.autograd.grad(y.sum(), [y, x, y])
                observe(x)
                """
            ),
        ),
        generator=generate.DUPLICATES,
        needs=("autograd-grad",),
        depends=("autograd-grad.returns-one-gradient-for-each-input",),
    ),
    Behaviour(
        id="autograd-grad.non-leaf-inputs",
        family=FAMILY,
        statement="Inputs may be results: the gradient with respect to a result is what arrives at it from the "
        "outputs.",
        expectation="It matches the derivative with the result held as the variable; what lies only below the inputs "
        "is not run and not freed.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                z = (y * 3).sum()
                torch.autograd.grad(z, y)
                torch.autograd.grad(y.sum(), x)
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor(2.0, requires_grad=True)
                y = x * 3
                z = y * y
                torch.autograd.grad(z, [x, y], retain_graph=True)
                torch.autograd.grad(z, z)
                """
            ),
        ),
        generator=generate.NON_LEAF,
        needs=("autograd-grad",),
        depends=("autograd-grad.returns-one-gradient-for-each-input",),
    ),
    Behaviour(
        id="autograd-grad.input-without-grad-raises",
        family=FAMILY,
        statement="An input that does not require grad is an error, whatever `allow_unused` and `materialize_grads` "
        "say.",
        expectation="RuntimeError before anything runs; the graph is not freed.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                c = torch.tensor([3.0, 4.0])
                y = (x * c).sum()
                torch.autograd.grad(y, [x, c])
                torch.autograd.grad(y, [x, c], allow_unused=True)
                torch.autograd.grad(y, c, materialize_grads=True)
                torch.autograd.grad(y, x)
                observe(x, c)
                """
            ),
        ),
        generator=generate.WITHOUT_GRAD,
        needs=("autograd-grad",),
    ),
    Behaviour(
        id="autograd-grad.grad-outputs-weigh",
        family=FAMILY,
        statement="`grad_outputs` weighs the outputs as `grad_tensors` does in backward, with the same rules for None "
        "and shapes.",
        expectation="Weighted gradients; a non-scalar output without a weight and a weight of another shape raise.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "grad_outputs should be a sequence of length matching output containing the"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x ** 2
                torch.autograd.grad(y, x)
                torch.autograd.grad(y, x, torch.ones(3))
                torch.autograd.grad([y, x.sum()], x, [torch.tensor([1.0, 10.0]), None], retain_graph=True)
                torch.autograd.grad([y, y], x, grad_outputs=(torch.ones(2), torch.tensor([0.5, 0.0])))
                observe(x)
                """
            ),
        ),
        generator=generate.WEIGHED,
        needs=("autograd-grad",),
        depends=("autograd-grad.returns-one-gradient-for-each-input",),
    ),
    Behaviour(
        id="autograd-grad.create-graph",
        family=FAMILY,
        statement="With `create_graph=True` the gradients have a graph of their own, so they can be differentiated "
        "again.",
        expectation="The gradient of the gradient is the second derivative; where the first does not depend on the "
        "input, the gradient does not require grad.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "allowing to compute higher order derivative products"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x ** 3).sum()
                g, = torch.autograd.grad(y, x, create_graph=True)
                observe(g)
                h, = torch.autograd.grad(g.sum(), x, create_graph=True)
                observe(h, x)
                torch.autograd.grad(h.sum(), x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                g, = torch.autograd.grad((x * 3).sum(), x, create_graph=True)
                observe(g)
                torch.autograd.grad(g.sum(), x)
                """
            ),
        ),
        generator=generate.CREATE_GRAPH,
        needs=("autograd-grad", "double-backward"),
        depends=("autograd-grad.returns-one-gradient-for-each-input",),
    ),
    Behaviour(
        id="autograd-grad.frees-the-graph",
        family=FAMILY,
        statement="`torch.autograd.grad` frees what the nodes it ran had saved, unless `retain_graph` or "
        "`create_graph` is set.",
        expectation="A second call through a node that saved tensors raises; nodes that were not run can still be "
        "used.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "If False, the graph used to compute the grad will be freed."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                torch.autograd.grad(y, x, retain_graph=True)
                torch.autograd.grad(y, x, create_graph=True)
                torch.autograd.grad(y, x)
                torch.autograd.grad(y, x)
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([1.0, 3.0], requires_grad=True)
                y = x * x
                z = w * w
                s = (y + z).sum()
                torch.autograd.grad(s, x)
                torch.autograd.grad(z.sum(), w)
                torch.autograd.grad(y.sum(), x)
                """
            ),
        ),
        generator=generate.FREES,
        needs=("autograd-grad", "retain-graph"),
        depends=("autograd-grad.returns-one-gradient-for-each-input",),
    ),
    Behaviour(
        id="autograd-grad.retained-grad-is-filled",
        family=FAMILY,
        statement="A result on which `retain_grad` was called gets its `.grad` under `torch.autograd.grad` too, if "
        "its gradient is computed on the way.",
        expectation="`.grad` of the retaining result holds its gradient, that of the leaves stays None; a retaining "
        "result that the call does not reach keeps None.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                y = x * 2
                z = w * 2
                y.retain_grad()
                z.retain_grad()
                s = (y * z).sum()
                torch.autograd.grad(s, x)
                observe(x, w, y, z)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                y.retain_grad()
                torch.autograd.grad((y * 3).sum(), y)
                observe(x, y)
                """
            ),
        ),
        generator=generate.RETAINED,
        needs=("autograd-grad", "retain-grad"),
        depends=("autograd-grad.leaves-grad-untouched",),
    ),
    Behaviour(
        id="autograd-grad.hooks-run",
        family=FAMILY,
        statement="Tensor hooks run under `torch.autograd.grad` wherever a gradient is computed, and what they return "
        "is returned.",
        expectation="A hook on an input changes the gradient that is returned for it; a hook on a result changes all "
        "below it; hooks that run after accumulation do not run.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                x.register_hook(lambda g: g * 10)
                y.register_hook(lambda g: g + 1)
                z = (y * 2).sum()
                torch.autograd.grad(z, x, retain_graph=True)
                torch.autograd.grad(z, y, retain_graph=True)
                observe(x, y)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                def accumulated(leaf):
                    print("accumulated")
                x.register_post_accumulate_grad_hook(accumulated)
                y = (x * x).sum()
                torch.autograd.grad(y, x, retain_graph=True)
                y.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.HOOKED,
        needs=("autograd-grad", "hooks", "post-accumulate-hooks"),
        depends=("autograd-grad.leaves-grad-untouched",),
    ),
    Behaviour(
        id="autograd-grad.hook-of-an-input-above-another-input",
        family=FAMILY,
        statement="The gradient returned for a result leaves its hook out when another input lies below it in the "
        "graph.",
        expectation="With the result as the only input the hook changes what is returned for it; with an input below "
        "it only that one's gradient shows the hook.",
        level=Level.INFORMATIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 3
                y.register_hook(lambda g: g * 10)
                z = (y * 2).sum()
                torch.autograd.grad(z, [y], retain_graph=True)
                torch.autograd.grad(z, [y, x])
                """
            ),
        ),
        generator=generate.UPPER_HOOK,
        needs=("autograd-grad", "hooks"),
        depends=("autograd-grad.hooks-run",),
    ),
    Behaviour(
        id="autograd-grad.backward-inputs-restrict",
        family=FAMILY,
        statement="`backward(inputs=...)` accumulates into the `.grad` of these inputs alone.",
        expectation="Other leaves keep their `.grad`; a single tensor, a sequence and a dict are accepted; an empty "
        "one raises.",
        level=Level.REQUIRED,
        clause=Clause(_BACKWARD, "All other Tensors will be ignored."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                y = (x * w).sum()
                y.backward(inputs=[x], retain_graph=True)
                observe(x, w)
                torch.autograd.backward(y, inputs=w, retain_graph=True)
                observe(x, w)
                y.backward(inputs={"x": x}, retain_graph=True)
                observe(x, w)
                y.backward(inputs=[])
                y.backward()
                observe(x, w)
                """
            ),
        ),
        generator=generate.RESTRICTED,
        needs=("backward", "backward-inputs"),
    ),
    Behaviour(
        id="autograd-grad.backward-inputs-non-leaf",
        family=FAMILY,
        statement="A result among the inputs of `backward(inputs=...)` gets a `.grad` and retains its gradient from "
        "then on.",
        expectation="Its `.grad` is filled and `retains_grad` is True, the leaves below stay as they were; a tensor "
        "that does not require grad raises.",
        level=Level.RECOMMENDED,
        clause=Clause(_BACKWARD, "the current implementation will call its grad_fn"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                z = (y * 3).sum()
                z.backward(inputs=[y], retain_graph=True)
                observe(x, y)
                z.backward(inputs=[y, x])
                observe(x, y)
                x.sum().backward(inputs=[torch.ones(2)])
                observe(x)
                """
            ),
        ),
        generator=generate.INTO_RESULT,
        needs=("backward", "backward-inputs", "retain-grad"),
        depends=("autograd-grad.backward-inputs-restrict",),
    ),
    Behaviour(
        id="autograd-grad.equals-backward-into-fresh-leaves",
        family=FAMILY,
        statement="`torch.autograd.grad(y, leaves)` returns what `y.backward()` adds to the `.grad` of these leaves.",
        expectation="Equal values, shapes and dtypes where every `.grad` was None before.",
        level=Level.REQUIRED,
        clause=Clause(_GRAD, "the gradient will be returned (and not accumulated into .grad)"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                w = torch.tensor([0.5, -1.0], requires_grad=True)
                y = ((x @ w) * x.sum(0)).sum()
                torch.autograd.grad(y, [x, w], retain_graph=True)
                observe(x, w)
                y.backward()
                observe(x, w)
                """
            ),
        ),
        generator=generate.EQUALS_BACKWARD,
        needs=("autograd-grad", "backward"),
        depends=("autograd-grad.returns-one-gradient-for-each-input",),
    ),
    Behaviour(
        id="autograd-grad.fresh-view-is-unused",
        family=FAMILY,
        statement="A view taken of a leaf after the output was computed is not in the output's graph: it counts as "
        "unused.",
        expectation="RuntimeError, or None with `allow_unused=True`, although the view shares the leaf's values.",
        level=Level.RECOMMENDED,
        clause=Clause(_GRAD, "inputs that were not used when computing outputs (and therefore their grad is"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x).sum()
                torch.autograd.grad(y, x[0], retain_graph=True)
                torch.autograd.grad(y, x.view(2), retain_graph=True, allow_unused=True)
                v = x.view(2)
                torch.autograd.grad((v * v).sum(), v)
                """
            ),
        ),
        generator=generate.FRESH_VIEW,
        needs=("autograd-grad", "views"),
        depends=("autograd-grad.allow-unused-gives-none",),
    ),
    Behaviour(
        id="autograd-grad.inputs-as-dict-or-empty",
        family=FAMILY,
        statement="A dict of inputs gives a dict of gradients with the same keys; an empty sequence of inputs is an "
        "error.",
        expectation="A dict in the order of the inputs; RuntimeError for `[]`; TypeError for an output that is no "
        "tensor.",
        level=Level.RECOMMENDED,
        clause=Clause(_GRAD, "the result is returned as a dict with matching keys"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                y = (x * w).sum()
                torch.autograd.grad(y, {"w": w, "x": x}, retain_graph=True)
                torch.autograd.grad(y, [])
                torch.autograd.grad(3.0, x)
                observe(x, w)
                """
            ),
        ),
        generator=generate.DICT_OR_EMPTY,
        needs=("autograd-grad",),
        depends=("autograd-grad.returns-one-gradient-for-each-input",),
    ),
)
