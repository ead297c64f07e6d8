"""`gradcheck` and `gradgradcheck`: what they pass, what they find, and how they say so."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import gradcheck as generate

FAMILY = "gradcheck"

_CHECK = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.gradcheck.gradcheck.html"
_SECOND = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.gradcheck.gradgradcheck.html"
_SEEN = Observed("2.13.0")

_HALF = """
                import torch
                class Half(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x)
                        return x * x
                    @staticmethod
                    def backward(ctx, grad):
                        x, = ctx.saved_tensors
                        return grad * x
                x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
"""

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="gradcheck.passes-right-gradients",
        family=FAMILY,
        statement="`gradcheck` holds the gradients of a function against finite differences, and is True where they "
        "agree.",
        expectation="True; the inputs and their `.grad` are as before.",
        level=Level.REQUIRED,
        clause=Clause(_CHECK, "Check gradients computed via small finite differences against analytical gradients"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
                torch.autograd.gradcheck(lambda t: t.sin() * t, (x,))
                torch.autograd.gradcheck(torch.exp, x)
                torch.autograd.gradcheck(lambda t: (t * 2, t.sum()), (x,))
                observe(x)
            """),
        ),
        generator=generate.PASSES,
        needs=("gradcheck",),
    ),
    Behaviour(
        id="gradcheck.finds-wrong-gradients",
        family=FAMILY,
        statement="A gradient that differs is a `GradcheckError` that shows both Jacobians, or False where no error is "
        "wanted.",
        expectation="The message names output and input, the numerical and the analytical Jacobian.",
        level=Level.REQUIRED,
        clause=Clause(_CHECK, "indicating whether to raise an exception if the check fails."),
        examples=(
            code(
                _HALF
                + """
                torch.autograd.gradcheck(Half.apply, (x,))
                torch.autograd.gradcheck(Half.apply, (x,), raise_exception=False)
                torch.autograd.gradcheck(lambda t: (t * 2, Half.apply(t)), (x,))
                try:
                    torch.autograd.gradcheck(Half.apply, (x,))
                except RuntimeError as error:
                    print(type(error))
"""
            ),
        ),
        generator=generate.FINDS,
        needs=("gradcheck", "custom-function"),
        depends=("gradcheck.passes-right-gradients",),
    ),
    Behaviour(
        id="gradcheck.several-inputs",
        family=FAMILY,
        statement="Every input that requires grad is checked with every output, and the first pair that differs is "
        "named.",
        expectation="The numbers of output and input in the message.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code(
                _HALF
                + """
                w = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
                torch.autograd.gradcheck(lambda a, b: a * b, (x, w))
                torch.autograd.gradcheck(lambda a, b: a * Half.apply(b), (x, w))
                torch.autograd.gradcheck(lambda a, b: a * Half.apply(b), (x, w.detach()))
                torch.autograd.gradcheck(lambda a, k: a * k, (x, 3))
"""
            ),
        ),
        generator=generate.SEVERAL,
        needs=("gradcheck", "custom-function"),
        depends=("gradcheck.finds-wrong-gradients",),
    ),
    Behaviour(
        id="gradcheck.tolerances",
        family=FAMILY,
        statement="`eps` is the step, `atol` and `rtol` what may differ.",
        expectation="A wrong gradient passes where the tolerance is as large as the mistake.",
        level=Level.RECOMMENDED,
        clause=Clause(_CHECK, "eps (float, optional): perturbation for finite differences"),
        examples=(
            code(
                _HALF
                + """
                torch.autograd.gradcheck(Half.apply, (x,), atol=10.0)
                torch.autograd.gradcheck(Half.apply, (x,), atol=0.5, raise_exception=False)
                torch.autograd.gradcheck(lambda t: t ** 3, (x,), eps=1e-2, raise_exception=False)
                torch.autograd.gradcheck(lambda t: t ** 3, (x,), eps=1e-2, atol=1e-2)
"""
            ),
        ),
        needs=("gradcheck", "custom-function"),
        depends=("gradcheck.finds-wrong-gradients",),
    ),
    Behaviour(
        id="gradcheck.an-input-must-require-grad",
        family=FAMILY,
        statement="Where no input requires grad there is nothing to check.",
        expectation="ValueError that says so, also with `raise_exception=False`.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.ones(2, dtype=torch.float64)
                torch.autograd.gradcheck(lambda t: t * 2, (x,))
                torch.autograd.gradcheck(lambda t: t * 2, (x,), raise_exception=False)
                torch.autograd.gradcheck(lambda: x, ())
                torch.autograd.gradgradcheck(lambda t: t * 2, (x,))
            """),
        ),
        needs=("gradcheck",),
    ),
    Behaviour(
        id="gradcheck.single-precision-warns",
        family=FAMILY,
        statement="An input of less than double precision gives a warning with its number.",
        expectation="UserWarning; the check is made all the same.",
        level=Level.REQUIRED,
        clause=Clause(_CHECK, "The default values are designed for input of double precision."),
        examples=(
            code("""
                import torch
                x = torch.ones(2, requires_grad=True)
                w = torch.ones(2, dtype=torch.float64, requires_grad=True)
                torch.autograd.gradcheck(lambda t: t * 2, (x,), eps=1e-2, atol=1e-1)
                torch.autograd.gradcheck(lambda a, b: a * b, (w, x), eps=1e-2, atol=1e-1)
            """),
        ),
        needs=("gradcheck", "warnings"),
    ),
    Behaviour(
        id="gradcheck.overlapping-inputs",
        family=FAMILY,
        statement="An input whose elements share memory is refused: changing one changes others.",
        expectation="RuntimeError with the number of the input.",
        level=Level.RECOMMENDED,
        clause=Clause(_CHECK, "this check will likely fail because the numerical gradients computed by point"),
        examples=(
            code("""
                import torch
                x = torch.ones(1, dtype=torch.float64).expand(3).requires_grad_()
                torch.autograd.gradcheck(lambda t: t * 2, (x,))
                torch.autograd.gradcheck(lambda t: t * 2, (x.contiguous(),))
            """),
        ),
        needs=("gradcheck",),
    ),
    Behaviour(
        id="gradcheck.functions-must-be-deterministic",
        family=FAMILY,
        statement="Backward runs twice; gradients that differ by more than `nondet_tol` are refused.",
        expectation="GradcheckError that says backward is not reentrant; it passes with a tolerance.",
        level=Level.RECOMMENDED,
        clause=Clause(_CHECK, "the results must either match exactly (default, 0.0) or be within this tolerance."),
        examples=(
            code("""
                import torch
                runs = []
                class Drifts(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2
                    @staticmethod
                    def backward(ctx, grad):
                        runs.append(1)
                        return grad * (2 + 1e-9 * len(runs))
                x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
                torch.autograd.gradcheck(Drifts.apply, (x,))
                torch.autograd.gradcheck(Drifts.apply, (x,), nondet_tol=1e-6)
            """),
        ),
        needs=("gradcheck", "custom-function"),
        depends=("gradcheck.passes-right-gradients",),
    ),
    Behaviour(
        id="gradcheck.gradients-must-be-linear-in-their-weight",
        family=FAMILY,
        statement="A backward that ignores the gradient it is given, or cannot live without one, is found.",
        expectation="GradcheckError that backward was not multiplied by grad_output, or about undefined gradients.",
        level=Level.RECOMMENDED,
        clause=Clause(_CHECK, "check if undefined output grads are supported and treated as zeros"),
        examples=(
            code("""
                import torch
                class Ignores(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x.sum()
                    @staticmethod
                    def backward(ctx, grad):
                        return torch.ones(2, dtype=torch.float64)
                class Insists(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.set_materialize_grads(False)
                        return x * 2, x * 3
                    @staticmethod
                    def backward(ctx, a, b):
                        return a * 2 + b * 3
                x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
                torch.autograd.gradcheck(Ignores.apply, (x,))
                torch.autograd.gradcheck(Insists.apply, (x,))
                torch.autograd.gradcheck(Insists.apply, (x,), check_undefined_grad=False)
            """),
        ),
        needs=("gradcheck", "custom-function"),
        depends=("gradcheck.finds-wrong-gradients",),
    ),
    Behaviour(
        id="gradcheck.dtype-of-gradients-is-not-checked",
        family=FAMILY,
        statement="A backward that returns another dtype passes: the engine casts gradients.",
        expectation="True for a gradient in float32 of an input in float64.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Single(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2
                    @staticmethod
                    def backward(ctx, grad):
                        return (grad * 2).float()
                x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
                torch.autograd.gradcheck(Single.apply, (x,))
            """),
        ),
        needs=("gradcheck", "custom-function"),
        depends=("gradcheck.passes-right-gradients",),
    ),
    Behaviour(
        id="gradcheck.outputs-that-do-not-depend",
        family=FAMILY,
        statement="A function whose results require no grad must have no numerical gradient either.",
        expectation="True for a constant, GradcheckError where the graph was lost on the way.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
                torch.autograd.gradcheck(lambda t: torch.ones(2, dtype=torch.float64), (x,))
                torch.autograd.gradcheck(lambda t: t.detach() * 2, (x,))
                torch.autograd.gradcheck(lambda t: (t * 2).long(), (x,))
                torch.autograd.gradcheck(lambda t: 3, (x,))
                torch.autograd.gradcheck(lambda t: None, (x,))
            """),
        ),
        needs=("gradcheck",),
        depends=("gradcheck.finds-wrong-gradients",),
    ),
    Behaviour(
        id="gradcheck.kinks",
        family=FAMILY,
        statement="At a kink the difference quotient is the mean of both sides, which the gradient may not be.",
        expectation="`abs` passes at 0, where its gradient is 0; `relu` does not.",
        level=Level.OPTIONAL,
        clause=Clause(_CHECK, "Gradcheck may fail when evaluated on non-differentiable points"),
        examples=(
            code("""
                import torch
                x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
                torch.autograd.gradcheck(torch.abs, (x,))
                torch.autograd.gradcheck(torch.relu, (x,))
            """),
        ),
        needs=("gradcheck",),
        depends=("gradcheck.finds-wrong-gradients",),
    ),
    Behaviour(
        id="gradcheck.complex",
        family=FAMILY,
        statement="Complex inputs are moved along both axes, and complex outputs are checked in both parts.",
        expectation="True for right gradients; the message says which part of the output a wrong one belongs to.",
        level=Level.OPTIONAL,
        clause=Clause(_CHECK, "For these functions, gradcheck is applied to two real-valued functions"),
        examples=(
            code("""
                import torch
                class Plain(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x)
                        return x * x
                    @staticmethod
                    def backward(ctx, grad):
                        x, = ctx.saved_tensors
                        return 2 * x * grad
                z = torch.tensor([1 + 2j], dtype=torch.complex128, requires_grad=True)
                torch.autograd.gradcheck(lambda t: t * t.conj() + t, (z,))
                torch.autograd.gradcheck(lambda t: t.abs(), (z,))
                torch.autograd.gradcheck(Plain.apply, (z,))
            """),
        ),
        needs=("gradcheck", "complex", "custom-function"),
        depends=("gradcheck.finds-wrong-gradients",),
    ),
    Behaviour(
        id="gradcheck.forward-mode",
        family=FAMILY,
        statement="`check_forward_ad` checks tangents too, `check_backward_ad=False` those alone; one of the two must "
        "be asked for.",
        expectation="True, an error that names forward mode, ValueError where nothing is to be checked.",
        level=Level.RECOMMENDED,
        clause=Clause(_CHECK, "check that the gradients computed with forward mode AD match the numerical ones."),
        examples=(
            code(
                _HALF
                + """
                torch.autograd.gradcheck(lambda t: t.sin(), (x,), check_forward_ad=True)
                torch.autograd.gradcheck(lambda t: t.sin(), (x,), check_forward_ad=True, check_backward_ad=False)
                torch.autograd.gradcheck(lambda t: t.sin(), (x,), check_backward_ad=False)
                torch.autograd.gradcheck(lambda t: t, (x,), check_backward_ad=False, check_batched_grad=True)
                torch.autograd.gradcheck(lambda t: t, (x,), check_batched_forward_grad=True)
                torch.autograd.gradcheck(Half.apply, (x,), check_forward_ad=True, check_backward_ad=False)
"""
            ),
        ),
        generator=generate.FORWARD,
        needs=("gradcheck", "forward-mode", "custom-function"),
        depends=("gradcheck.passes-right-gradients",),
    ),
    Behaviour(
        id="gradcheck.batched",
        family=FAMILY,
        statement="`check_batched_grad` checks that gradients can be computed under `vmap`.",
        expectation="True for operators, an error for a backward that looks at values.",
        level=Level.OPTIONAL,
        clause=Clause(_CHECK, "check if we can compute batched gradients using prototype vmap support."),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
                torch.autograd.gradcheck(lambda t: t.sin(), (x,), check_batched_grad=True)
                torch.autograd.gradcheck(torch.sin, (x,), check_forward_ad=True, check_batched_forward_grad=True)
            """),
        ),
        needs=("gradcheck",),
        depends=("gradcheck.passes-right-gradients",),
    ),
    Behaviour(
        id="gradcheck.fast-mode",
        family=FAMILY,
        statement="`fast_mode` compares both Jacobians in one random direction instead of element by element.",
        expectation="True and False as in slow mode.",
        level=Level.OPTIONAL,
        clause=Clause(
            _CHECK, "a faster implementation of gradcheck that no longer computes the entire jacobian is run"
        ),
        examples=(
            code(
                _HALF
                + """
                torch.autograd.gradcheck(lambda t: t.sin() * t.sum(), (x,), fast_mode=True)
                torch.autograd.gradcheck(Half.apply, (x,), fast_mode=True, raise_exception=False)
"""
            ),
        ),
        generator=generate.FAST,
        needs=("gradcheck", "custom-function"),
        depends=("gradcheck.finds-wrong-gradients",),
    ),
    Behaviour(
        id="gradcheck.gradgradcheck",
        family=FAMILY,
        statement="`gradgradcheck` checks the gradients of gradients, with respect to the inputs and to the weights of "
        "the outputs.",
        expectation="True where both orders are right.",
        level=Level.REQUIRED,
        clause=Clause(_SECOND, "This function checks that backpropagating through the gradients computed"),
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
                torch.autograd.gradgradcheck(lambda t: t ** 3, (x,))
                torch.autograd.gradgradcheck(
                    lambda t: t ** 3, (x,), (torch.ones(2, dtype=torch.float64, requires_grad=True),)
                )
                torch.autograd.gradgradcheck(lambda t: t.sum(), x)
                observe(x)
            """),
        ),
        generator=generate.SECOND,
        needs=("gradcheck", "double-backward"),
        depends=("gradcheck.passes-right-gradients",),
    ),
    Behaviour(
        id="gradcheck.gradgradcheck-finds",
        family=FAMILY,
        statement="A second derivative that is wrong, or that a once differentiable Function does not have, is found.",
        expectation="GradcheckError with both Jacobians for the first, the engine's own error for the second.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Loses(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x)
                        return x * x
                    @staticmethod
                    def backward(ctx, grad):
                        x, = ctx.saved_tensors
                        return 2 * x.detach() * grad
                class Once(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        ctx.save_for_backward(x)
                        return x * x
                    @staticmethod
                    @torch.autograd.function.once_differentiable
                    def backward(ctx, grad):
                        x, = ctx.saved_tensors
                        return 2 * x * grad
                x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
                v = torch.ones(2, dtype=torch.float64, requires_grad=True)
                torch.autograd.gradcheck(Loses.apply, (x,))
                torch.autograd.gradgradcheck(Loses.apply, (x,), (v,))
                torch.autograd.gradgradcheck(Loses.apply, (x,), (v,), raise_exception=False)
                torch.autograd.gradgradcheck(Once.apply, (x,), (v,))
            """),
        ),
        needs=("gradcheck", "double-backward", "custom-function"),
        depends=("gradcheck.gradgradcheck",),
    ),
)
