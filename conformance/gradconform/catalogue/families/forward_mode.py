"""Forward mode: dual tensors, their levels, and what tangents do in operators, views, writes and Functions."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import forward_mode as generate

FAMILY = "forward-mode"

_PAGE = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.forward_ad."
_LEVEL = f"{_PAGE}dual_level.html"
_EXIT = f"{_PAGE}exit_dual_level.html"
_MAKE = f"{_PAGE}make_dual.html"
_UNPACK = f"{_PAGE}unpack_dual.html"
_RESULT = f"{_PAGE}UnpackedDualTensor.html"
_JVP = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.Function.jvp.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="forward-mode.tangents-pass-operators",
        family=FAMILY,
        statement="Every operator hands on the tangents of its operands: the tangent of a result is the Jacobian of "
        "the operator times theirs.",
        expectation="`unpack_dual` gives the value and the directional derivative.",
        level=Level.REQUIRED,
        clause=Clause(_MAKE, "it allows one to compute the Jacobian-vector product (jvp)"),
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                x = torch.tensor([1.0, 2.0])
                with fwad.dual_level():
                    d = fwad.make_dual(x, torch.tensor([1.0, 10.0]))
                    y = d ** 3 + d * d.sum()
                    fwad.unpack_dual(y)
                    observe(x, d, y)
            """),
        ),
        generator=generate.CHAINS,
        needs=("forward-mode",),
    ),
    Behaviour(
        id="forward-mode.tangents-broadcast",
        family=FAMILY,
        statement="The tangent of a result has the shape of the result, also where only an operand that was broadcast "
        "has one.",
        expectation="The tangent is expanded as the value is.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                with fwad.dual_level():
                    d = fwad.make_dual(torch.ones(2, 1), torch.tensor([[1.0], [2.0]]))
                    fwad.unpack_dual(d + torch.zeros(2, 3))
                    fwad.unpack_dual(torch.zeros(2, 3) * d)
            """),
        ),
        generator=generate.BROADCAST,
        needs=("forward-mode",),
        depends=("forward-mode.tangents-pass-operators",),
    ),
    Behaviour(
        id="forward-mode.results-without-tangent",
        family=FAMILY,
        statement="Results that are not differentiable have no tangent; steps such as `floor` have one of zeros, and "
        "what is made from the shape alone has none.",
        expectation="None for comparisons, indices and other dtypes; zeros for `floor`, `sign` and `round`.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                with fwad.dual_level():
                    d = fwad.make_dual(torch.tensor([1.5, -2.0]), torch.ones(2))
                    fwad.unpack_dual(d > 0)
                    fwad.unpack_dual(d.floor())
                    fwad.unpack_dual(d.argmax())
                    fwad.unpack_dual(torch.zeros_like(d))
                    fwad.unpack_dual(d.double())
            """),
        ),
        generator=generate.WITHOUT_TANGENT,
        needs=("forward-mode",),
        depends=("forward-mode.tangents-pass-operators",),
    ),
    Behaviour(
        id="forward-mode.dual-tensors-need-a-level",
        family=FAMILY,
        statement="Outside of a level `make_dual` raises, and `unpack_dual` gives the tensor itself and None.",
        expectation="RuntimeError that says how to enter a level; `primal` is the very tensor.",
        level=Level.REQUIRED,
        clause=Clause(_LEVEL, "all forward AD computation must occur within the dual_level context"),
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                x = torch.ones(2)
                fwad.make_dual(x, torch.ones(2))
                u = fwad.unpack_dual(x)
                u
                u.primal is x
                with fwad.dual_level():
                    u = fwad.unpack_dual(x)
                    print(u.primal is x, u.tangent)
            """),
        ),
        needs=("forward-mode",),
    ),
    Behaviour(
        id="forward-mode.tangents-die-with-their-level",
        family=FAMILY,
        statement="Leaving a level takes every tangent away, also one that a later level could see.",
        expectation="The values stay, `unpack_dual` gives None in the next level.",
        level=Level.REQUIRED,
        clause=Clause(_EXIT, "This function deletes all the gradients associated with this level."),
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                with fwad.dual_level():
                    d = fwad.make_dual(torch.ones(2), torch.ones(2))
                    y = d * 3
                    t = fwad.unpack_dual(y).tangent
                observe(y, t)
                with fwad.dual_level():
                    fwad.unpack_dual(y)
                    fwad.unpack_dual(d * 2)
                    e = fwad.make_dual(d, torch.ones(2))
                    fwad.unpack_dual(e * y)
            """),
        ),
        needs=("forward-mode",),
        depends=("forward-mode.tangents-pass-operators",),
    ),
    Behaviour(
        id="forward-mode.levels-do-not-nest",
        family=FAMILY,
        statement="A level in a level is refused, and the outer one goes on.",
        expectation="RuntimeError that nested forward mode is not supported; tangents of the outer level are there.",
        level=Level.REQUIRED,
        clause=Clause(_LEVEL, "We currently don't plan to support nested dual_level contexts"),
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                with fwad.dual_level() as outer:
                    print(outer)
                    d = fwad.make_dual(torch.ones(2), torch.ones(2))
                    try:
                        with fwad.dual_level():
                            print("inside")
                    except RuntimeError as error:
                        print(error)
                    fwad.unpack_dual(d * 2)
                    torch.func.jvp(lambda t: t * d, (torch.ones(2),), (torch.ones(2),))
                fwad.enter_dual_level()
                fwad.enter_dual_level()
                fwad.exit_dual_level()
                fwad.unpack_dual(d)
            """),
        ),
        needs=("forward-mode",),
    ),
    Behaviour(
        id="forward-mode.enter-and-exit-by-hand",
        family=FAMILY,
        statement="`enter_dual_level` returns the number of the level, 0, and `exit_dual_level` leaves the innermost "
        "and no other.",
        expectation="RuntimeError for a level that is not the innermost, and for leaving where none was entered.",
        level=Level.RECOMMENDED,
        clause=Clause(_EXIT, "Only deleting the latest entered level is allowed."),
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                fwad.exit_dual_level()
                level = fwad.enter_dual_level()
                level
                d = fwad.make_dual(torch.ones(2), torch.ones(2), level=level)
                fwad.exit_dual_level(level=5)
                fwad.unpack_dual(d, level=level)
                fwad.exit_dual_level(level=level)
                fwad.unpack_dual(d)
                fwad.exit_dual_level()
                fwad.exit_dual_level(level=-1)
                fwad.exit_dual_level(0)
            """),
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                level = fwad.enter_dual_level()
                fwad.make_dual(torch.ones(2), torch.ones(2), level=1)
                fwad.make_dual(torch.ones(2), torch.ones(2), level=-1)
                d = fwad.make_dual(torch.ones(2), torch.ones(2))
                fwad.unpack_dual(d, level=1)
                fwad.unpack_dual(d, level=-1)
                fwad.unpack_dual(3)
                fwad.exit_dual_level()
            """),
        ),
        needs=("forward-mode",),
    ),
    Behaviour(
        id="forward-mode.level-as-decorator",
        family=FAMILY,
        statement="A function decorated with a level runs in one, anew at each call.",
        expectation="Tangents inside, none afterwards.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                @fwad.dual_level()
                def derivative(x):
                    d = fwad.make_dual(x, torch.ones(2))
                    return fwad.unpack_dual(d * d)
                derivative(torch.tensor([1.0, 2.0]))
                u = derivative(torch.tensor([3.0, 4.0]))
                fwad.unpack_dual(u.primal)
                observe(u)
            """),
        ),
        needs=("forward-mode", "mode-decorators"),
        depends=("forward-mode.tangents-pass-operators",),
    ),
    Behaviour(
        id="forward-mode.unpacked-is-a-named-tuple",
        family=FAMILY,
        statement="`unpack_dual` gives an `UnpackedDualTensor`, a named tuple of primal and tangent.",
        expectation="It unpacks, has `primal` and `tangent`, and can be made of any two things.",
        level=Level.REQUIRED,
        clause=Clause(_RESULT, "Namedtuple returned by unpack_dual() containing the primal and tangent components"),
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                with fwad.dual_level():
                    d = fwad.make_dual(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
                    u = fwad.unpack_dual(d)
                    primal, tangent = u
                    print(isinstance(u, fwad.UnpackedDualTensor), isinstance(u, tuple), len(u), type(u))
                    print(u.primal is u[0], u.tangent is u[1], primal, tangent)
                    print(u)
                    print(fwad.UnpackedDualTensor(1, tangent=2))
                fwad.UnpackedDualTensor(d)
            """),
        ),
        needs=("forward-mode",),
    ),
    Behaviour(
        id="forward-mode.primal-is-a-view",
        family=FAMILY,
        statement="The primal that comes out is a view of the dual tensor, which is a view of the tensor that went "
        "in, and neither knows the tangent.",
        expectation="All three share storage and version; the primal of the primal has no tangent.",
        level=Level.REQUIRED,
        clause=Clause(_UNPACK, "where primal is a view of tensor's primal and tangent is tensor's tangent as-is."),
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                x = torch.tensor([1.0, 2.0])
                with fwad.dual_level():
                    d = fwad.make_dual(x, torch.ones(2))
                    p = fwad.unpack_dual(d).primal
                    observe(x, d, p)
                    fwad.unpack_dual(p)
                    fwad.unpack_dual(x)
                    p.add_(1)
                    observe(x, d, p)
                    fwad.unpack_dual(d)
            """),
        ),
        needs=("forward-mode", "views"),
    ),
    Behaviour(
        id="forward-mode.tangent-is-kept-as-it-is",
        family=FAMILY,
        statement="A tangent that lies in memory as its tensor does is kept, not copied; one of another layout is "
        "copied.",
        expectation="Writes into the first are seen in what `unpack_dual` gives, writes into the second are not.",
        level=Level.RECOMMENDED,
        clause=Clause(_MAKE, "embedded as an attribute as-is if it has the same storage layout or copied otherwise."),
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                t = torch.ones(2, 2)
                with fwad.dual_level():
                    d = fwad.make_dual(torch.ones(2, 2), t)
                    same = fwad.unpack_dual(d).tangent
                    e = fwad.make_dual(torch.ones(2, 2), t.t())
                    copied = fwad.unpack_dual(e).tangent
                    t.mul_(5)
                    observe(t, same, copied)
                    print(same is t, copied.stride())
                    fwad.unpack_dual(d * 2)
                    fwad.unpack_dual(e * 2)
            """),
        ),
        needs=("forward-mode",),
    ),
    Behaviour(
        id="forward-mode.wrong-tangents-are-refused",
        family=FAMILY,
        statement="The tangent has the shape and the dtype of its tensor, both floating point or complex.",
        expectation="ValueError for integers and bools, RuntimeError for another shape or dtype.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                level = fwad.enter_dual_level()
                fwad.make_dual(torch.ones(2), torch.ones(3))
                fwad.make_dual(torch.ones(2), torch.ones(2, dtype=torch.float64))
                fwad.make_dual(torch.ones(2), torch.ones(2, dtype=torch.long))
                fwad.make_dual(torch.ones(2, dtype=torch.long), torch.ones(2))
                fwad.make_dual(torch.ones(2), None)
            """),
        ),
        generator=generate.REFUSED,
        needs=("forward-mode",),
    ),
    Behaviour(
        id="forward-mode.no-dual-of-a-dual",
        family=FAMILY,
        statement="A tensor that has a tangent is neither given another one nor taken as a tangent.",
        expectation="RuntimeError for the first; for the second too.",
        level=Level.RECOMMENDED,
        clause=Clause(_UNPACK, "Neither of these tensors can be dual tensor of level level."),
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                level = fwad.enter_dual_level()
                d = fwad.make_dual(torch.ones(2), torch.ones(2))
                fwad.make_dual(d, torch.ones(2))
                fwad.make_dual(torch.ones(2), d)
                fwad.make_dual(d * 2, torch.ones(2))
                fwad.unpack_dual(fwad.make_dual(d.detach(), torch.ones(2)))
            """),
        ),
        needs=("forward-mode",),
    ),
    Behaviour(
        id="forward-mode.grad-modes",
        family=FAMILY,
        statement="Tangents pass operators whatever the grad mode; forward mode has a switch of its own.",
        expectation="Tangents under `no_grad` and in inference mode, none where the switch is off.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                level = fwad.enter_dual_level()
                d = fwad.make_dual(x, torch.ones(2))
                with torch.no_grad():
                    y = d * 3
                observe(y)
                fwad.unpack_dual(y)
                with fwad._set_fwd_grad_enabled(False):
                    print(fwad._is_fwd_grad_enabled())
                    z = d * 3
                    fwad.unpack_dual(d)
                print(fwad._is_fwd_grad_enabled())
                fwad.unpack_dual(z)
                fwad.unpack_dual(z * d)
            """),
        ),
        generator=generate.DISABLED,
        needs=("forward-mode", "grad-mode", "inference-mode"),
        depends=("forward-mode.tangents-pass-operators",),
    ),
    Behaviour(
        id="forward-mode.reverse-over-forward",
        family=FAMILY,
        statement="Making, computing with and unpacking dual tensors is recorded: a tangent can be differentiated by "
        "backward.",
        expectation="The leaves get the gradients of the tangent, among them the leaf that was the tangent.",
        level=Level.REQUIRED,
        clause=Clause(_MAKE, "This function is backward differentiable."),
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                v = torch.tensor([1.0, -1.0], requires_grad=True)
                with fwad.dual_level():
                    d = fwad.make_dual(x, v)
                    y, t = fwad.unpack_dual(d ** 3)
                    observe(d, y, t)
                    t.sum().backward()
                observe(x, v)
                y.sum().backward()
                observe(x, v)
            """),
        ),
        generator=generate.REVERSE_OVER_FORWARD,
        needs=("forward-mode", "backward"),
        depends=("forward-mode.tangents-pass-operators",),
    ),
    Behaviour(
        id="forward-mode.forward-over-reverse",
        family=FAMILY,
        statement="A gradient that is computed from dual tensors has a tangent: the product of the second derivative "
        "and the direction.",
        expectation="`unpack_dual` of the gradient gives both.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with fwad.dual_level():
                    d = fwad.make_dual(x, torch.tensor([1.0, 0.0]))
                    g, = torch.autograd.grad((d ** 3).prod(), d)
                    fwad.unpack_dual(g)
                    (d * d).sum().backward()
                    fwad.unpack_dual(x.grad)
                observe(x)
            """),
        ),
        generator=generate.FORWARD_OVER_REVERSE,
        needs=("forward-mode", "autograd-grad"),
        depends=("forward-mode.tangents-pass-operators",),
    ),
    Behaviour(
        id="forward-mode.in-place-writes",
        family=FAMILY,
        statement="A write in place writes the tangent too: a tensor without one gets it from what is written, and a "
        "value without one makes it zero.",
        expectation="The tangents of the targets, and versions as without forward mode.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                level = fwad.enter_dual_level()
                d = fwad.make_dual(torch.ones(2), torch.full((2,), 4.0))
                b = torch.zeros(2)
                b.add_(d)
                fwad.unpack_dual(b)
                c = torch.zeros(2)
                c[0] = d[1]
                fwad.unpack_dual(c)
                d.mul_(2)
                fwad.unpack_dual(d)
                d.zero_()
                fwad.unpack_dual(d)
                observe(b, c, d)
            """),
        ),
        generator=generate.IN_PLACE,
        needs=("forward-mode", "in-place"),
        depends=("forward-mode.tangents-pass-operators",),
    ),
    Behaviour(
        id="forward-mode.views",
        family=FAMILY,
        statement="The tangent of a view is the view of the tangent, and a write through the one is a write through "
        "the other.",
        expectation="After a write into a view the tangent of the base has changed, and the other way round.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                level = fwad.enter_dual_level()
                base = fwad.make_dual(torch.ones(2, 2), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
                v = base[0]
                fwad.unpack_dual(v)
                v.mul_(2)
                fwad.unpack_dual(base)
                base.add_(base)
                fwad.unpack_dual(v)
                plain = torch.zeros(2, 2)
                w = plain[1]
                w.copy_(v)
                fwad.unpack_dual(plain)
                observe(base, v, plain, w)
            """),
        ),
        generator=generate.VIEWS,
        needs=("forward-mode", "views", "in-place"),
        depends=("forward-mode.in-place-writes",),
    ),
    Behaviour(
        id="forward-mode.custom-function",
        family=FAMILY,
        statement="A custom Function hands tangents on by its `jvp`, which gets the context and the tangents, None "
        "for inputs without one, and reads what `save_for_forward` kept.",
        expectation="The tangent is what `jvp` gave; without `jvp` an input with a tangent raises.",
        level=Level.REQUIRED,
        clause=Clause(_JVP, "Define a formula for differentiating the operation with forward mode automatic"),
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                class Product(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, a, b):
                        ctx.save_for_forward(a, b)
                        return a * b
                    @staticmethod
                    def jvp(ctx, s, t):
                        a, b = ctx.saved_tensors
                        print(s, t)
                        return s * b
                class Double(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2
                level = fwad.enter_dual_level()
                d = fwad.make_dual(torch.tensor([1.0, 2.0]), torch.tensor([1.0, -1.0]))
                y = Product.apply(d, torch.tensor([3.0, 4.0]))
                fwad.unpack_dual(y)
                Product.apply(torch.tensor([3.0, 4.0]), torch.tensor([3.0, 4.0]))
                Double.apply(d)
                Double.apply(torch.ones(2))
            """),
        ),
        generator=generate.FUNCTIONS,
        needs=("forward-mode", "custom-function"),
        depends=("forward-mode.tangents-pass-operators",),
    ),
    Behaviour(
        id="forward-mode.what-jvp-may-return",
        family=FAMILY,
        statement="`jvp` returns a tangent for each output, of its shape and dtype; None is no tangent.",
        expectation="RuntimeError or TypeError that names the Function for anything else.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                class Long(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2
                    @staticmethod
                    def jvp(ctx, t):
                        return torch.ones(3)
                class Many(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2, x * 3
                    @staticmethod
                    def jvp(ctx, t):
                        return t * 2
                level = fwad.enter_dual_level()
                d = fwad.make_dual(torch.ones(2), torch.ones(2))
                Long.apply(d)
                Many.apply(d)
            """),
        ),
        generator=generate.JVP_RETURNS,
        needs=("forward-mode", "custom-function"),
        depends=("forward-mode.custom-function",),
    ),
    Behaviour(
        id="forward-mode.custom-function-in-place-and-views",
        family=FAMILY,
        statement="A `forward` that writes into its input has a `jvp` that writes into the tangent; one that returns "
        "a view has a `jvp` that returns a view of the tangent.",
        expectation="RuntimeError that says so where `jvp` returns something new.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                class Writes(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        x.mul_(2)
                        ctx.mark_dirty(x)
                        return x
                    @staticmethod
                    def jvp(ctx, t):
                        return t.mul_(2)
                class Forgets(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        x.mul_(2)
                        ctx.mark_dirty(x)
                        return x
                    @staticmethod
                    def jvp(ctx, t):
                        return t * 2
                class First(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x[0]
                    @staticmethod
                    def jvp(ctx, t):
                        return t[0]
                class Copies(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x[0]
                    @staticmethod
                    def jvp(ctx, t):
                        return t[0] * 1
                level = fwad.enter_dual_level()
                d = fwad.make_dual(torch.ones(2), torch.ones(2))
                y = Writes.apply(d)
                fwad.unpack_dual(y)
                fwad.unpack_dual(First.apply(d))
                Forgets.apply(d)
                Copies.apply(d)
            """),
        ),
        needs=("forward-mode", "custom-function", "in-place", "views"),
        depends=("forward-mode.custom-function",),
    ),
    Behaviour(
        id="forward-mode.several-outputs-of-a-function",
        family=FAMILY,
        statement="Outputs that `forward` marks as not differentiable get no tangent, and `jvp` sees the gradient "
        "mode that was on.",
        expectation="The tangents of the others; backward goes through them where `jvp` is made of operators.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                class Marks(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        flag = x > 1
                        sign = x.sign()
                        ctx.mark_non_differentiable(flag, sign)
                        ctx.save_for_forward(x)
                        ctx.save_for_backward(x)
                        return x * x, flag, sign
                    @staticmethod
                    def jvp(ctx, t):
                        x, = ctx.saved_tensors
                        print(torch.is_grad_enabled())
                        return 2 * x * t, None, None
                    @staticmethod
                    def backward(ctx, grad, a, b):
                        x, = ctx.saved_tensors
                        return 2 * x * grad
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                level = fwad.enter_dual_level()
                d = fwad.make_dual(x, torch.ones(2))
                y, flag, sign = Marks.apply(d)
                t = fwad.unpack_dual(y).tangent
                fwad.unpack_dual(flag)
                fwad.unpack_dual(sign)
                observe(y, flag, sign, t)
                t.sum().backward()
                observe(x)
            """),
        ),
        needs=("forward-mode", "custom-function", "backward"),
        depends=("forward-mode.custom-function",),
    ),
    Behaviour(
        id="forward-mode.operators-without-a-formula",
        family=FAMILY,
        statement="An operator that has no formula for tangents raises if an operand has one.",
        expectation="NotImplementedError that names the operator; without tangents it works.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                level = fwad.enter_dual_level()
                d = fwad.make_dual(torch.tensor([[1.0, 2.0], [3.0, 5.0]]), torch.ones(2, 2))
                torch.cdist(d, d)
                torch.cdist(torch.ones(2, 2), torch.ones(2, 2))
            """),
        ),
        needs=("forward-mode",),
    ),
    Behaviour(
        id="forward-mode.tangents-show",
        family=FAMILY,
        statement="The text of a tensor shows its tangent.",
        expectation="`tangent=` follows the values.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                with fwad.dual_level():
                    d = fwad.make_dual(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
                    print(d)
                    print(d * 2)
                    print(fwad.make_dual(torch.tensor(1.0, requires_grad=True), torch.tensor(2.0)))
                print(d)
            """),
        ),
        needs=("forward-mode",),
        depends=("forward-mode.tangents-pass-operators",),
    ),
    Behaviour(
        id="forward-mode.changes-of-dtype-and-complex",
        family=FAMILY,
        statement="A tangent changes dtype with its value; of real and complex parts it is the part of the tangent.",
        expectation="Tangents have the dtype of the values that they belong to.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                import torch.autograd.forward_ad as fwad
                level = fwad.enter_dual_level()
                d = fwad.make_dual(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
                fwad.unpack_dual(d.double())
                fwad.unpack_dual(d + torch.ones(2, dtype=torch.float64))
                fwad.unpack_dual(torch.complex(d, d * 2))
                z = fwad.make_dual(torch.tensor([1 + 2j]), torch.tensor([1j]))
                fwad.unpack_dual(z * z)
                fwad.unpack_dual(z.real)
                fwad.unpack_dual(z.imag)
                fwad.unpack_dual(z.conj() * z)
                fwad.unpack_dual(torch.view_as_real(z))
            """),
        ),
        needs=("forward-mode", "dtypes", "complex"),
        depends=("forward-mode.tangents-pass-operators",),
    ),
)
