"""Family 6: `no_grad`, `enable_grad`, `set_grad_enabled`, `inference_mode`: what they change and what they do not."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import grad_modes as generate

FAMILY = "grad-modes"

_NO_GRAD = "https://docs.pytorch.org/docs/2.13/generated/torch.no_grad.html"
_ENABLE = "https://docs.pytorch.org/docs/2.13/generated/torch.enable_grad.html"
_SET = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad_mode.set_grad_enabled.html"
_INFERENCE = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad_mode.inference_mode.html"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="grad-modes.no-grad-results-have-no-history",
        family=FAMILY,
        statement="What is computed inside `no_grad` does not require grad, is a leaf and has no `grad_fn`.",
        expectation="Results made inside stay without history after the block; results made after it are recorded "
        "again.",
        level=Level.REQUIRED,
        clause=Clause(_NO_GRAD, "In this mode, the result of every computation will have requires_grad=False"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.no_grad():
                    y = x * 2
                    torch.is_grad_enabled()
                z = x * y
                observe(x, y, z)
                z.sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.RESULTS,
        needs=("grad-mode",),
    ),
    Behaviour(
        id="grad-modes.nesting-restores",
        family=FAMILY,
        statement="Each block restores on leaving the mode that held when it was entered, however deep blocks are "
        "nested.",
        expectation="`is_grad_enabled()` after every block is what it was before it.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.no_grad():
                    with torch.enable_grad():
                        with torch.no_grad():
                            a = x * 2
                        b = x * 2
                    c = x * 2
                    with torch.no_grad():
                        pass
                    torch.is_grad_enabled()
                d = x * 2
                torch.is_grad_enabled()
                observe(a, b, c, d)
                """
            ),
        ),
        generator=generate.NESTED,
        needs=("grad-mode",),
        depends=("grad-modes.no-grad-results-have-no-history",),
    ),
    Behaviour(
        id="grad-modes.enable-grad-inside-no-grad",
        family=FAMILY,
        statement="`enable_grad` inside `no_grad` records again, and what it records is an ordinary graph.",
        expectation="The result requires grad and can be differentiated, inside the outer block and after it.",
        level=Level.REQUIRED,
        clause=Clause(_ENABLE, "Enables gradient calculation, if it has been disabled via"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.no_grad():
                    with torch.enable_grad():
                        y = (x * x).sum()
                    y.backward()
                    z = x * x
                observe(x, y, z)
                """
            ),
        ),
        generator=generate.ENABLED_INSIDE,
        needs=("grad-mode", "backward"),
        depends=("grad-modes.nesting-restores",),
    ),
    Behaviour(
        id="grad-modes.exception-restores",
        family=FAMILY,
        statement="An exception that leaves the block restores the mode as an ordinary exit does.",
        expectation="After the handler `is_grad_enabled()` is True and results are recorded.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                try:
                    with torch.no_grad():
                        y = x * 2
                        raise ValueError("inside")
                except ValueError as error:
                    print(error, torch.is_grad_enabled())
                torch.is_grad_enabled()
                z = x * 2
                observe(y, z)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                @torch.no_grad()
                def broken(t):
                    return t @ torch.ones(3)
                broken(x)
                torch.is_grad_enabled()
                """
            ),
        ),
        generator=generate.EXCEPTION,
        needs=("grad-mode",),
        depends=("grad-modes.nesting-restores",),
    ),
    Behaviour(
        id="grad-modes.object-is-reusable",
        family=FAMILY,
        statement="One mode object can be entered again after it was left, and restores the mode of its last entry.",
        expectation="Each of several blocks in a row disables grad inside and restores it behind.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                mode = torch.no_grad()
                for k in range(3):
                    with mode:
                        y = x * k
                        print(k, torch.is_grad_enabled(), y.requires_grad)
                    print(k, torch.is_grad_enabled())
                with torch.no_grad():
                    with mode:
                        torch.is_grad_enabled()
                    torch.is_grad_enabled()
                torch.is_grad_enabled()
                """
            ),
        ),
        generator=generate.REUSED,
        needs=("grad-mode",),
        depends=("grad-modes.nesting-restores",),
    ),
    Behaviour(
        id="grad-modes.object-entered-twice-leaks",
        family=FAMILY,
        statement="A mode object that is entered inside itself forgets the outer mode: grad stays disabled behind "
        "both blocks.",
        expectation="After the two blocks `is_grad_enabled()` is False until something sets it.",
        level=Level.INFORMATIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                mode = torch.no_grad()
                with mode:
                    with mode:
                        y = x * 2
                    torch.is_grad_enabled()
                torch.is_grad_enabled()
                z = x * 2
                observe(y, z)
                """
            ),
        ),
        generator=generate.ENTERED_TWICE,
        needs=("grad-mode",),
        depends=("grad-modes.object-is-reusable",),
    ),
    Behaviour(
        id="grad-modes.decorated-function",
        family=FAMILY,
        statement="A mode decorates functions, with parentheses or without: the mode holds while the body runs, and "
        "only then.",
        expectation="What the function computes follows the mode; the caller's mode is the same before and after, "
        "recursion included.",
        level=Level.REQUIRED,
        clause=Clause(_NO_GRAD, "Also functions as a decorator."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                @torch.no_grad()
                def double(t):
                    return t * 2
                @torch.enable_grad
                def triple(t):
                    return t * 3
                y = double(x)
                torch.is_grad_enabled()
                with torch.no_grad():
                    z = triple(x)
                    torch.is_grad_enabled()
                observe(y, z)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                @torch.no_grad()
                def down(t, depth):
                    if depth == 0:
                        return t * 2
                    r = down(t, depth - 1)
                    print(depth, torch.is_grad_enabled(), r.requires_grad)
                    return r
                down(x, 2)
                torch.is_grad_enabled()
                """
            ),
        ),
        generator=generate.DECORATED,
        needs=("grad-mode", "mode-decorators"),
        depends=("grad-modes.no-grad-results-have-no-history",),
    ),
    Behaviour(
        id="grad-modes.decorated-generator",
        family=FAMILY,
        statement="A decorated generator function has the mode while its body runs, not while the caller holds a "
        "yielded value.",
        expectation="Inside the body grad is disabled at every step, between the steps the caller's mode holds.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                @torch.no_grad()
                def steps(t):
                    yield t * 2
                    print(torch.is_grad_enabled())
                    yield t * 3
                for y in steps(x):
                    print(y.requires_grad, (x * 2).requires_grad, torch.is_grad_enabled())
                torch.is_grad_enabled()
                """
            ),
        ),
        generator=generate.DECORATED_GENERATOR,
        needs=("grad-mode", "mode-decorators"),
        depends=("grad-modes.decorated-function",),
    ),
    Behaviour(
        id="grad-modes.with-inside-generator-leaks",
        family=FAMILY,
        statement="A `with` block inside a generator holds its mode for the caller too, from one `next` to the next.",
        expectation="Between two steps of the generator the caller's results are not recorded; when the generator "
        "ends they are.",
        level=Level.INFORMATIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                def steps():
                    with torch.no_grad():
                        yield 1
                    yield 2
                generator = steps()
                next(generator)
                torch.is_grad_enabled()
                y = x * 2
                next(generator)
                torch.is_grad_enabled()
                z = x * 2
                observe(y, z)
                """
            ),
        ),
        generator=generate.LEAKING_GENERATOR,
        needs=("grad-mode",),
        depends=("grad-modes.nesting-restores",),
    ),
    Behaviour(
        id="grad-modes.factories-are-not-affected",
        family=FAMILY,
        statement="Creating a tensor with `requires_grad=True`, or calling `requires_grad_`, works inside `no_grad` "
        "as outside.",
        expectation="The tensor is a leaf that requires grad and gets a gradient from graphs that are recorded later.",
        level=Level.REQUIRED,
        clause=Clause(_NO_GRAD, "a new Tensor and take a requires_grad kwarg, will NOT be affected by this mode"),
        examples=(
            code(
                """
                import torch
                with torch.no_grad():
                    x = torch.tensor([1.0, 2.0], requires_grad=True)
                    y = (x * 3).requires_grad_()
                observe(x, y)
                (x * y).sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.FACTORIES,
        needs=("grad-mode", "backward"),
        depends=("grad-modes.no-grad-results-have-no-history",),
    ),
    Behaviour(
        id="grad-modes.in-place-on-leaf",
        family=FAMILY,
        statement="Inside `no_grad` a leaf that requires grad can be written in place; outside that is an error.",
        expectation="The leaf keeps `requires_grad` and stays a leaf, its version grows by one for each write; "
        "outside, RuntimeError and no change.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.add_(1)
                observe(x)
                with torch.no_grad():
                    x.add_(1)
                    x[0] = 5.0
                    x -= 0.5
                observe(x)
                (x * x).sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.WRITE_LEAF,
        needs=("grad-mode", "in-place"),
        depends=("grad-modes.no-grad-results-have-no-history",),
    ),
    Behaviour(
        id="grad-modes.in-place-keeps-history",
        family=FAMILY,
        statement="An in-place write inside `no_grad` changes values and version, and neither adds to nor removes "
        "history.",
        expectation="A result keeps its `grad_fn`, so its gradient ignores the write; a tensor without grad stays "
        "without; a saved tensor that was written is refused by backward.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                c = torch.zeros(2)
                y = x * 3
                with torch.no_grad():
                    y.mul_(10)
                    c.add_(x)
                observe(y, c)
                y.sum().backward()
                observe(x)
                """
            ),
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * x
                with torch.no_grad():
                    x.mul_(2)
                y.sum().backward()
                observe(x, y)
                """
            ),
        ),
        generator=generate.WRITE_KEEPS_HISTORY,
        needs=("grad-mode", "in-place", "saved-tensor-checks"),
        depends=("grad-modes.in-place-on-leaf",),
    ),
    Behaviour(
        id="grad-modes.set-grad-enabled-as-a-call",
        family=FAMILY,
        statement="`set_grad_enabled(mode)` as a call switches at once and stays, until the next switch or the end of "
        "an enclosing block.",
        expectation="`is_grad_enabled()` follows the last call; a block that encloses the call restores on exit what "
        "held before.",
        level=Level.REQUIRED,
        clause=Clause(_SET, "It can be used as a context-manager or as a function."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                torch.set_grad_enabled(False)
                a = x * 2
                torch.set_grad_enabled(True)
                b = x * 2
                with torch.no_grad():
                    torch.set_grad_enabled(True)
                    c = x * 2
                d = x * 2
                torch.set_grad_enabled(False)
                with torch.enable_grad():
                    e = x * 2
                torch.is_grad_enabled()
                observe(a, b, c, d, e)
                """
            ),
            code(
                """
                import torch
                torch.set_grad_enabled(0)
                torch.is_grad_enabled()
                """
            ),
        ),
        generator=generate.SWITCHED,
        needs=("grad-mode",),
        depends=("grad-modes.nesting-restores",),
    ),
    Behaviour(
        id="grad-modes.set-grad-enabled-as-a-context",
        family=FAMILY,
        statement="`with set_grad_enabled(mode)` is `no_grad` or `enable_grad`; the object switches when it is made, "
        "not when it is entered.",
        expectation="Inside the block the mode is the argument, behind it the mode from before the object was made.",
        level=Level.REQUIRED,
        clause=Clause(_SET, "set_grad_enabled will enable or disable grads based on its argument mode."),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                for train in (True, False):
                    with torch.set_grad_enabled(train):
                        y = x * 2
                        print(train, y.requires_grad)
                    print(torch.is_grad_enabled())
                mode = torch.set_grad_enabled(False)
                torch.is_grad_enabled()
                with mode:
                    torch.is_grad_enabled()
                torch.is_grad_enabled()
                """
            ),
        ),
        generator=generate.SWITCHED_BLOCK,
        needs=("grad-mode",),
        depends=("grad-modes.set-grad-enabled-as-a-call",),
    ),
    Behaviour(
        id="grad-modes.set-grad-enabled-as-a-decorator",
        family=FAMILY,
        statement="`@set_grad_enabled(mode)` switches while the function runs and leaves the mode alone at decoration.",
        expectation="`is_grad_enabled()` is the same before and after the definition, and before and after each call.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                @torch.set_grad_enabled(False)
                def double(t):
                    return t * 2
                torch.is_grad_enabled()
                y = double(x)
                z = x * 2
                observe(y, z)
                """
            ),
        ),
        generator=generate.SWITCHED_FUNCTION,
        needs=("grad-mode", "mode-decorators"),
        depends=("grad-modes.set-grad-enabled-as-a-call",),
    ),
    Behaviour(
        id="grad-modes.backward-inside-no-grad",
        family=FAMILY,
        statement="Backward and grad work inside `no_grad` on graphs recorded before, `create_graph=True` included.",
        expectation="The same gradients as outside; with `create_graph` they have a graph although grad is disabled "
        "around.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = (x * x * x).sum()
                with torch.no_grad():
                    y.backward(retain_graph=True)
                    g, = torch.autograd.grad(y, x, create_graph=True)
                    h = g * 2
                observe(x, g, h)
                g.sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.BACKWARD_INSIDE,
        needs=("grad-mode", "backward", "autograd-grad", "double-backward"),
        depends=("grad-modes.no-grad-results-have-no-history",),
    ),
    Behaviour(
        id="grad-modes.mode-of-backward-is-create-graph",
        family=FAMILY,
        statement="While backward runs, grad mode is on exactly when `create_graph` is, whatever the caller's mode.",
        expectation="A hook sees `is_grad_enabled()` False in a plain backward and True under `create_graph=True`.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                def look(g):
                    print(torch.is_grad_enabled(), g.requires_grad)
                y.register_hook(look)
                z = (y * y).sum()
                z.backward(retain_graph=True)
                with torch.no_grad():
                    torch.autograd.grad(z, x, create_graph=True)
                torch.is_grad_enabled()
                observe(x)
                """
            ),
        ),
        generator=generate.MODE_OF_HOOKS,
        needs=("grad-mode", "backward", "hooks", "double-backward"),
        depends=("grad-modes.backward-inside-no-grad",),
    ),
    Behaviour(
        id="grad-modes.view-is-a-dead-end",
        family=FAMILY,
        statement="A view of a leaf taken inside `no_grad` still says that it requires grad, but no gradient passes "
        "through it.",
        expectation="The view is a leaf without `grad_fn`; backward of what is computed from it afterwards fills "
        "neither `.grad`.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
                with torch.no_grad():
                    v = x.view(2, 2)
                    d = x.detach()
                y = v * 2
                observe(x, v, d, y)
                y.sum().backward()
                observe(x, v)
                torch.autograd.grad((v * 2).sum(), v)
                """
            ),
        ),
        generator=generate.DEAD_END,
        needs=("grad-mode", "views", "backward"),
        depends=("grad-modes.no-grad-results-have-no-history",),
    ),
    Behaviour(
        id="grad-modes.view-in-place",
        family=FAMILY,
        statement="A view taken inside `no_grad` cannot be written in place outside, nor used after its base was "
        "written.",
        expectation="RuntimeError that names the mode; values and versions stay; inside `no_grad` the write is "
        "allowed.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
                y = x * 1
                with torch.no_grad():
                    v = y.view(2, 2)
                v.mul_(2)
                observe(y, v)
                with torch.no_grad():
                    v.mul_(2)
                observe(y, v)
                y.sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.VIEW_WRITTEN,
        needs=("grad-mode", "views", "in-place"),
        depends=("grad-modes.view-is-a-dead-end",),
    ),
    Behaviour(
        id="grad-modes.class-decoration-warns",
        family=FAMILY,
        statement="Applying a mode to a class is deprecated: it wraps the constructor alone and gives a function.",
        expectation="FutureWarning at decoration; the mode around it does not change.",
        level=Level.OPTIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                class Twice(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2
                    @staticmethod
                    def backward(ctx, g):
                        return g * 2
                Wrapped = torch.no_grad()(Twice)
                torch.is_grad_enabled()
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Twice.apply(x)
                observe(y)
                """
            ),
        ),
        generator=generate.CLASS_DECORATED,
        needs=("grad-mode", "mode-decorators", "custom-function", "warnings"),
        depends=("grad-modes.decorated-function",),
    ),
    Behaviour(
        id="grad-modes.class-is-no-context",
        family=FAMILY,
        statement="`with torch.no_grad:` without parentheses is an error, because the class is no context manager.",
        expectation="TypeError, the body does not run and the mode stays.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.no_grad:
                    y = x * 2
                torch.is_grad_enabled()
                y = x * 3
                observe(y)
                """
            ),
        ),
        generator=generate.CLASS_AS_BLOCK,
        needs=("grad-mode",),
        depends=("grad-modes.no-grad-results-have-no-history",),
    ),
    Behaviour(
        id="grad-modes.inference-mode-results",
        family=FAMILY,
        statement="Inside `inference_mode` grad is disabled and tensors are made that cannot be saved for a backward "
        "later.",
        expectation="Results say `is_inference()`; outside, multiplying one by a tensor that requires grad raises, "
        "adding works, and writing into one in place raises.",
        level=Level.OPTIONAL,
        clause=Clause(_INFERENCE, "tensors created in this mode cannot be used in computations recorded by autograd"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.inference_mode():
                    c = x * 2
                    torch.is_grad_enabled()
                    torch.is_inference_mode_enabled()
                c.is_inference()
                c.requires_grad
                y = x * c
                z = x + c
                z.sum().backward()
                observe(x, z)
                c.add_(1)
                torch.is_inference_mode_enabled()
                """
            ),
        ),
        generator=generate.INFERENCE,
        needs=("grad-mode", "inference-mode", "backward"),
        depends=("grad-modes.no-grad-results-have-no-history",),
    ),
)
