"""Family 15: `torch.utils.checkpoint`: what is recomputed, when, and what may go wrong between the two runs."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import checkpoint as generate

FAMILY = "checkpoint"

_UTILS_CHECKPOINT_CHECKPOINT = "https://docs.pytorch.org/docs/2.13/checkpoint.html#torch.utils.checkpoint.checkpoint"
_UTILS_CHECKPOINT_CHECKPOINT_SEQUENTIAL = (
    "https://docs.pytorch.org/docs/2.13/checkpoint.html#torch.utils.checkpoint.checkpoint_sequential"
)
_UTILS_CHECKPOINT_SET_CHECKPOINT_EARLY_STOP = (
    "https://docs.pytorch.org/docs/2.13/checkpoint.html#torch.utils.checkpoint.set_checkpoint_early_stop"
)

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="checkpoint.same-gradients",
        family=FAMILY,
        statement="A checkpointed function gives the values and gradients of the function itself.",
        expectation="Equal results with and without, in both variants.",
        level=Level.REQUIRED,
        clause=Clause(
            _UTILS_CHECKPOINT_CHECKPOINT,
            "the unsaved tensors are recomputed by re-invoking function in the backward pass",
        ),
        examples=(
            code(
                """
                import torch
                def f(t):
                    return (t * t).sum() * 3
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False)
                y.backward()
                observe(x)
                x.grad = None
                z = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=True)
                z.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.SAME,
        needs=(
            "checkpoint",
            "backward",
        ),
    ),
    Behaviour(
        id="checkpoint.function-runs-again-in-backward",
        family=FAMILY,
        statement="The function runs once when it is called and once more in backward.",
        expectation="Two calls, the second one during backward; none for a result that is never differentiated.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                def f(t):
                    print("runs", torch.is_grad_enabled())
                    return t.sin().exp()
                x = torch.tensor([0.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False)
                print("backward")
                y.backward()
                """
            ),
            code(
                """
                import torch
                def f(t):
                    print("runs", torch.is_grad_enabled())
                    return t.sin().exp()
                x = torch.tensor([0.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=True)
                print("backward")
                y.backward()
                """
            ),
        ),
        generator=generate.RUNS,
        needs=(
            "checkpoint",
            "backward",
        ),
        depends=("checkpoint.same-gradients",),
    ),
    Behaviour(
        id="checkpoint.recomputation-stops-early",
        family=FAMILY,
        statement="The variant without reentrance stops recomputing as soon as all that is needed was computed.",
        expectation="What comes after the last saved tensor does not run again, unless "
        "`set_checkpoint_early_stop(False)` asks for it.",
        level=Level.RECOMMENDED,
        clause=Clause(
            _UTILS_CHECKPOINT_SET_CHECKPOINT_EARLY_STOP,
            "non-reentrant checkpoint stops recomputation as soon as it has computed all needed Tensors.",
        ),
        examples=(
            code(
                """
                import torch
                def f(t):
                    print("start")
                    s = t.sin()
                    print("end")
                    return s + 1
                x = torch.tensor([0.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False)
                y.backward()
                with torch.utils.checkpoint.set_checkpoint_early_stop(False):
                    z = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False)
                z.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.EARLY,
        needs=(
            "checkpoint",
            "backward",
        ),
        depends=("checkpoint.function-runs-again-in-backward",),
    ),
    Behaviour(
        id="checkpoint.use-reentrant-should-be-said",
        family=FAMILY,
        statement="Leaving `use_reentrant` out is answered as this version does: it warns or raises.",
        expectation="The warning or error, and the variant that is used.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(lambda t: t.sin(), x)
                y.grad_fn
                y.backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "checkpoint",
            "warnings",
        ),
    ),
    Behaviour(
        id="checkpoint.graph-of-the-variants",
        family=FAMILY,
        statement="The reentrant variant is one node of the graph, the other one records the function's own nodes.",
        expectation="The graphs of both results.",
        level=Level.RECOMMENDED,
        clause=Clause(_UTILS_CHECKPOINT_CHECKPOINT, "The non-reentrant version does record the autograd graph"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(lambda t: t.sin() * 2, x, use_reentrant=True)
                z = torch.utils.checkpoint.checkpoint(lambda t: t.sin() * 2, x, use_reentrant=False)
                observe(y, z)
                """
            ),
        ),
        needs=(
            "checkpoint",
            "graph-introspection",
        ),
    ),
    Behaviour(
        id="checkpoint.reentrant-needs-an-input-that-requires-grad",
        family=FAMILY,
        statement="The reentrant variant gives no gradients unless an input requires grad; the other one needs no "
        "such input.",
        expectation="A warning and a result that does not require grad; the other variant reaches what the function "
        "closes over.",
        level=Level.REQUIRED,
        clause=Clause(
            _UTILS_CHECKPOINT_CHECKPOINT,
            "If this condition is unmet, the checkpointed part of the model will not have gradients.",
        ),
        examples=(
            code(
                """
                import torch
                w = torch.tensor([2.0], requires_grad=True)
                c = torch.tensor([3.0])
                y = torch.utils.checkpoint.checkpoint(lambda t: t * w, c, use_reentrant=True)
                z = torch.utils.checkpoint.checkpoint(lambda t: t * w, c, use_reentrant=False)
                y.requires_grad, z.requires_grad
                z.backward()
                observe(w)
                """
            ),
        ),
        needs=(
            "checkpoint",
            "backward",
            "warnings",
        ),
    ),
    Behaviour(
        id="checkpoint.reentrant-refuses-autograd-grad",
        family=FAMILY,
        statement="The reentrant variant refuses `torch.autograd.grad` and `inputs=`; the other one works with both.",
        expectation="An error for the first, gradients for the second.",
        level=Level.REQUIRED,
        clause=Clause(
            _UTILS_CHECKPOINT_CHECKPOINT, "the non-reentrant version supports all ways of performing the backward pass."
        ),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(lambda t: (t * t).sum(), x, use_reentrant=True)
                torch.autograd.grad(y, x)
                y = torch.utils.checkpoint.checkpoint(lambda t: (t * t).sum(), x, use_reentrant=True)
                y.backward(inputs=[x])
                z = torch.utils.checkpoint.checkpoint(lambda t: (t * t).sum(), x, use_reentrant=False)
                torch.autograd.grad(z, x, retain_graph=True)
                z.backward(inputs=[x])
                observe(x)
                """
            ),
        ),
        needs=(
            "checkpoint",
            "autograd-grad",
        ),
    ),
    Behaviour(
        id="checkpoint.second-backward",
        family=FAMILY,
        statement="A checkpointed graph is freed and kept as any other.",
        expectation="A second backward works with `retain_graph=True`, recomputing again, and raises without.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                def f(t):
                    print("runs")
                    return (t * t).sum()
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False)
                y.backward(retain_graph=True)
                y.backward()
                y.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.TWICE,
        needs=(
            "checkpoint",
            "backward",
            "retain-graph",
        ),
        depends=("checkpoint.function-runs-again-in-backward",),
    ),
    Behaviour(
        id="checkpoint.keyword-arguments",
        family=FAMILY,
        statement="The variant without reentrance hands keyword arguments to the function, the reentrant one "
        "refuses them.",
        expectation="The result of the first; ValueError that names the keywords for the second.",
        level=Level.RECOMMENDED,
        clause=Clause(
            _UTILS_CHECKPOINT_CHECKPOINT, "support for keyword arguments input into the checkpointed function."
        ),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                torch.utils.checkpoint.checkpoint(lambda t, k=1: t * k, x, k=3, use_reentrant=False)
                torch.utils.checkpoint.checkpoint(lambda t, k=1: t * k, x, k=3, use_reentrant=True)
                """
            ),
        ),
        needs=("checkpoint",),
    ),
    Behaviour(
        id="checkpoint.several-inputs-and-outputs",
        family=FAMILY,
        statement="A checkpointed function may take and give several tensors, and things that are no tensors.",
        expectation="Each gradient arrives; None and numbers pass through.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                def f(a, b, k):
                    return a * b, a + k, None
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                w = torch.tensor([3.0, 4.0], requires_grad=True)
                p, q, r = torch.utils.checkpoint.checkpoint(f, x, w, 5, use_reentrant=False)
                (p * 2 + q).sum().backward()
                observe(x, w, p, q)
                r
                p, q, r = torch.utils.checkpoint.checkpoint(f, x, w, 5, use_reentrant=True)
                (p * 2 + q).sum().backward()
                observe(x, w, p, q)
                """
            ),
        ),
        needs=(
            "checkpoint",
            "backward",
        ),
        depends=("checkpoint.same-gradients",),
    ),
    Behaviour(
        id="checkpoint.different-recomputation-is-found",
        family=FAMILY,
        statement="Where the second run saves fewer tensors or tensors of another shape, backward raises.",
        expectation="CheckpointError with what was saved in each run.",
        level=Level.REQUIRED,
        clause=Clause(_UTILS_CHECKPOINT_CHECKPOINT, "the checkpointed version may not be equivalent"),
        examples=(
            code(
                """
                import torch
                runs = []
                def f(t):
                    runs.append(1)
                    if len(runs) > 1:
                        return t.sin()
                    return t.sin().cos()
                x = torch.tensor([1.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False)
                y.backward()
                observe(x)
                """
            ),
            code(
                """
                import torch
                runs = []
                def f(t):
                    runs.append(1)
                    if len(runs) > 1:
                        t = torch.cat([t, t])
                    return t.sin().sum()
                x = torch.tensor([1.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False)
                y.backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "checkpoint",
            "backward",
        ),
        depends=("checkpoint.function-runs-again-in-backward",),
    ),
    Behaviour(
        id="checkpoint.determinism-check-can-be-off",
        family=FAMILY,
        statement='`determinism_check="none"` skips the comparison of the two runs, and an unknown check is refused.',
        expectation="No error from the comparison; ValueError for the unknown name.",
        level=Level.OPTIONAL,
        clause=Clause(_UTILS_CHECKPOINT_CHECKPOINT, "specifying the determinism check to perform."),
        examples=(
            code(
                """
                import torch
                runs = []
                def f(t):
                    runs.append(1)
                    return (t * len(runs)).sin()
                x = torch.tensor([0.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False, determinism_check="none")
                y.backward()
                observe(x)
                torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False, determinism_check="sometimes")
                """
            ),
        ),
        needs=(
            "checkpoint",
            "backward",
        ),
        depends=("checkpoint.different-recomputation-is-found",),
    ),
    Behaviour(
        id="checkpoint.random-state-is-restored",
        family=FAMILY,
        statement="The state of the random generator is restored for the second run, unless "
        "`preserve_rng_state=False`.",
        expectation="The gradient belongs to the numbers of the first run, and the generator continues as if there "
        "had been no second one.",
        level=Level.RECOMMENDED,
        clause=Clause(
            _UTILS_CHECKPOINT_CHECKPOINT, "Omit stashing and restoring the RNG state during each checkpoint."
        ),
        examples=(
            code(
                """
                import torch
                torch.manual_seed(0)
                def f(t):
                    return (t * torch.rand(4)).square()
                x = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False)
                y.sum().backward()
                observe(x, y)
                x.grad = None
                y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=True)
                y.sum().backward()
                observe(x, y)
                """
            ),
        ),
        needs=(
            "checkpoint",
            "backward",
        ),
        depends=("checkpoint.function-runs-again-in-backward",),
    ),
    Behaviour(
        id="checkpoint.nested-checkpoints",
        family=FAMILY,
        statement="Checkpointed functions nest in the variant without reentrance.",
        expectation="The order of runs, and a right gradient.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                def inner(t):
                    print("inner")
                    return t.sin()
                def outer(t):
                    print("outer")
                    return torch.utils.checkpoint.checkpoint(inner, t * 2, use_reentrant=False).exp()
                x = torch.tensor([0.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(outer, x, use_reentrant=False)
                print("backward")
                y.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.NESTED,
        needs=(
            "checkpoint",
            "backward",
        ),
        depends=("checkpoint.function-runs-again-in-backward",),
    ),
    Behaviour(
        id="checkpoint.under-no-grad",
        family=FAMILY,
        statement="Under `no_grad` a checkpointed function just runs.",
        expectation="One run and a result without history.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0], requires_grad=True)
                def f(t):
                    print("runs")
                    return t.sin()
                with torch.no_grad():
                    y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False)
                    z = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=True)
                observe(y, z)
                """
            ),
        ),
        needs=(
            "checkpoint",
            "grad-mode",
        ),
    ),
    Behaviour(
        id="checkpoint.errors-of-the-function-pass",
        family=FAMILY,
        statement="An exception of the function comes out of the call or, in the second run, out of backward.",
        expectation="The exception's class and text.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                runs = []
                def f(t):
                    runs.append(1)
                    if len(runs) == 2:
                        raise KeyError("second run")
                    return t.sin()
                x = torch.tensor([1.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False)
                y.backward()
                observe(x)
                y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=True)
                y.backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "checkpoint",
            "backward",
        ),
        depends=("checkpoint.function-runs-again-in-backward",),
    ),
    Behaviour(
        id="checkpoint.context-functions",
        family=FAMILY,
        statement="`context_fn` gives the contexts of the first run and of the second.",
        expectation="Each is entered around its run.",
        level=Level.OPTIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                def f(t):
                    print("runs", torch.is_anomaly_enabled())
                    return t.sin()
                def contexts():
                    return torch.autograd.set_detect_anomaly(False), torch.autograd.set_detect_anomaly(True)
                x = torch.tensor([0.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False, context_fn=contexts)
                torch.autograd.set_detect_anomaly(False)
                y.backward()
                torch.autograd.set_detect_anomaly(False)
                observe(x)
                torch.utils.checkpoint.checkpoint(f, x, use_reentrant=True, context_fn=contexts)
                """
            ),
        ),
        needs=(
            "checkpoint",
            "backward",
        ),
        depends=("checkpoint.function-runs-again-in-backward",),
    ),
    Behaviour(
        id="checkpoint.sequential",
        family=FAMILY,
        statement="`checkpoint_sequential` runs a chain of functions in checkpointed segments, the last one as it is.",
        expectation="The runs of each function, and the gradient of the chain.",
        level=Level.RECOMMENDED,
        clause=Clause(
            _UTILS_CHECKPOINT_CHECKPOINT_SEQUENTIAL,
            "All segments except the last will not store the intermediate activations.",
        ),
        examples=(
            code(
                """
                import torch
                def first(t):
                    print("first")
                    return t.sin()
                def second(t):
                    print("second")
                    return t.exp()
                def third(t):
                    print("third")
                    return t * t
                x = torch.tensor([0.0], requires_grad=True)
                y = torch.utils.checkpoint.checkpoint_sequential([first, second, third], 2, x, use_reentrant=False)
                print("backward")
                y.backward()
                observe(x)
                """
            ),
        ),
        generator=generate.SEQUENTIAL,
        needs=(
            "checkpoint",
            "backward",
        ),
        depends=("checkpoint.function-runs-again-in-backward",),
    ),
    Behaviour(
        id="checkpoint.helpers",
        family=FAMILY,
        statement="The helpers of the reentrant variant detach inputs and warn where none requires grad; "
        "`noop_context_fn` gives contexts that do nothing.",
        expectation="Detached leaves with their flags, the warning, and a run as without contexts.",
        level=Level.OPTIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                c = torch.tensor([3.0])
                y = x * 2
                d, e, k = torch.utils.checkpoint.detach_variable((y, c, 5))
                observe(y, d, e)
                k
                torch.utils.checkpoint.check_backward_validity([c, 5])
                torch.utils.checkpoint.check_backward_validity([x, c])
                nothing = torch.utils.checkpoint.noop_context_fn
                z = torch.utils.checkpoint.checkpoint(lambda t: t.sin(), x, use_reentrant=False, context_fn=nothing)
                z.sum().backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "checkpoint",
            "warnings",
        ),
        depends=("checkpoint.reentrant-needs-an-input-that-requires-grad",),
    ),
    Behaviour(
        id="checkpoint.checkpoint-error-can-be-caught",
        family=FAMILY,
        statement="The error of a different recomputation is `CheckpointError`, a RuntimeError.",
        expectation="A handler for either catches it.",
        level=Level.OPTIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                runs = []
                def f(t):
                    runs.append(1)
                    if len(runs) % 2 == 0:
                        return t.sin()
                    return t.sin().cos()
                x = torch.tensor([1.0], requires_grad=True)
                try:
                    torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False).backward()
                except torch.utils.checkpoint.CheckpointError as error:
                    print(isinstance(error, RuntimeError))
                try:
                    torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False).backward()
                except RuntimeError as error:
                    print(isinstance(error, torch.utils.checkpoint.CheckpointError))
                observe(x)
                """
            ),
        ),
        needs=(
            "checkpoint",
            "backward",
        ),
        depends=("checkpoint.different-recomputation-is-found",),
    ),
)
