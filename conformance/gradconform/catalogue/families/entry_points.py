"""Public names around autograd that no other family is about: what each does when it is called as it stands."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed

FAMILY = "entry-points"

_THREADS = "https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad_mode.set_multithreading_enabled.html"
_SEEN = Observed("2.13.0")

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="entry-points.multithreading",
        family=FAMILY,
        statement="`set_multithreading_enabled` sets the flag from the call on, and as a context puts it back.",
        expectation="The flag before, inside and after; gradients are the same either way.",
        level=Level.RECOMMENDED,
        clause=Clause(_THREADS, "Context-manager that enables or disables multithreaded backward."),
        examples=(
            code("""
                import torch
                print(torch.autograd.is_multithreading_enabled())
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with torch.autograd.set_multithreading_enabled(False):
                    print(torch.autograd.is_multithreading_enabled())
                    (x * x).sum().backward()
                print(torch.autograd.is_multithreading_enabled())
                torch.autograd.grad_mode.set_multithreading_enabled(False)
                print(torch.autograd.is_multithreading_enabled())
                torch.autograd.set_multithreading_enabled(True)
                print(torch.autograd.is_multithreading_enabled())
                observe(x)
            """),
        ),
        needs=("backward",),
    ),
    Behaviour(
        id="entry-points.functions-of-torch",
        family=FAMILY,
        statement="`torch.clone` and `torch.detach_` are the methods as functions.",
        expectation="A copy with history; the tensor itself, cut off from its history.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                c = torch.clone(y)
                observe(y, c)
                d = torch.detach_(c)
                print(d is c)
                observe(c)
                torch.detach_(x[0])
            """),
        ),
        needs=("detach",),
    ),
    Behaviour(
        id="entry-points.numpy",
        family=FAMILY,
        statement="A tensor that requires grad gives no NumPy array; a detached one gives one on its memory.",
        expectation="RuntimeError that says to detach first; a write into the tensor shows in the array.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.numpy()
                (x * 2).numpy()
                d = x.detach()
                a = d.numpy()
                print(a.tolist())
                d.add_(1)
                print(a.tolist())
                print((x * 2).numpy(force=True).tolist())
                with torch.no_grad():
                    x.numpy()
                    print((x * 2).numpy().tolist())
            """),
        ),
        needs=("detach", "in-place"),
    ),
    Behaviour(
        id="entry-points.dlpack",
        family=FAMILY,
        statement="`from_dlpack` makes a tensor on the memory of another, which must not require grad.",
        expectation="BufferError for one that does; writes show on both sides, versions do not.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                torch.from_dlpack(x)
                torch.from_dlpack(x * 2)
                d = x.detach()
                p = torch.from_dlpack(d)
                p.add_(1)
                observe(x, d, p)
            """),
        ),
        needs=("detach", "in-place"),
    ),
    Behaviour(
        id="entry-points.deepcopy",
        family=FAMILY,
        statement="A leaf can be copied deeply, with its gradient; a result cannot.",
        expectation="A leaf of its own memory with the same flags; RuntimeError for the result.",
        level=Level.REQUIRED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                from copy import deepcopy
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                (x * 3).sum().backward()
                c = deepcopy(x)
                x.grad.zero_()
                observe(x, c)
                deepcopy(x * 2)
                d = deepcopy(torch.tensor([1.0, 2.0]))
                observe(d)
                pair = deepcopy([c, c])
                print(pair[0] is pair[1], pair[0] is c)
                v = deepcopy(c.detach()[1:])
                observe(c, v)
            """),
            code("""
                import torch
                from copy import deepcopy
                a = torch.tensor([1.0, 2.0, 3.0])
                v = a[1:]
                b, w = deepcopy([a, v])
                b.mul_(2)
                observe(a, v, b, w)
            """),
        ),
        needs=("backward",),
    ),
    Behaviour(
        id="entry-points.set",
        family=FAMILY,
        statement="`set_` gives a tensor the memory of another; a leaf that requires grad refuses it.",
        expectation="The new elements and a version more; the result of an operator loses its derivative.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                s = torch.tensor([1.0, 2.0])
                o = torch.ones(3)
                s.set_(o)
                observe(s, o)
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.set_(torch.ones(3))
                observe(x)
            """),
        ),
        needs=("in-place",),
    ),
    Behaviour(
        id="entry-points.removed-names",
        family=FAMILY,
        statement="Names that were removed say what to use instead.",
        expectation="RuntimeError for `reinforce` and `torch.autograd.variable`.",
        level=Level.INFORMATIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                x.reinforce(1.0)
                torch.autograd.variable(1.0)
                torch.autograd.variable()
            """),
        ),
    ),
    Behaviour(
        id="entry-points.versions-by-hand",
        family=FAMILY,
        statement="`torch._C._increment_version` raises the versions of tensors without writing.",
        expectation="A version more, and backward refuses what was saved before; TypeError or RuntimeError for others.",
        level=Level.INFORMATIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                z = y * y
                torch._C._increment_version([y])
                observe(y)
                z.sum().backward()
                torch._C._increment_version(3)
            """),
        ),
        needs=("in-place", "saved-tensor-checks"),
    ),
    Behaviour(
        id="entry-points.tables-of-hooks",
        family=FAMILY,
        statement="The hooks that run after accumulation stand in a table of the tensor, None before the first.",
        expectation="None, then one entry, then none left after it was removed.",
        level=Level.INFORMATIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                print(x._post_accumulate_grad_hooks)
                h = x.register_post_accumulate_grad_hook(lambda t: None)
                print(len(x._post_accumulate_grad_hooks))
                h.remove()
                print(len(x._post_accumulate_grad_hooks))
            """),
        ),
        needs=("post-accumulate-hooks",),
    ),
    Behaviour(
        id="entry-points.handle-as-a-context",
        family=FAMILY,
        statement="The handle of a hook is a context manager: at its end the hook is removed.",
        expectation="The hook runs inside the block only.",
        level=Level.RECOMMENDED,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                with x.register_hook(lambda g: g * 2) as h:
                    (x * 1).sum().backward()
                    print(h.id == h.id)
                (x * 1).sum().backward()
                observe(x)
                @torch.utils.hooks.unserializable_hook
                def hook(g):
                    return g * 3
                x.register_hook(hook)
                (x * 1).sum().backward()
                observe(x)
            """),
        ),
        needs=("hooks", "backward"),
    ),
    Behaviour(
        id="entry-points.metadata-of-nodes",
        family=FAMILY,
        statement="A node knows shape and dtype of what it gives, and takes the hooks of a tensor by hand.",
        expectation="An entry for each output; hooks taken twice run twice.",
        level=Level.INFORMATIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
                y = x * 2
                m = y.grad_fn._input_metadata
                print(len(m), m[0].shape, m[0].dtype, m[0].device)
                print(len(x.unbind()[0].grad_fn._input_metadata))
                print(isinstance(y.grad_fn.next_functions[0][0], torch._C._functions.AccumulateGrad))
                y.register_hook(lambda g: g * 3)
                y.grad_fn._register_hook_dict(y)
                y.sum().backward()
                observe(x)
            """),
        ),
        needs=("graph-introspection", "hooks"),
    ),
    Behaviour(
        id="entry-points.saved-tensors-unpack",
        family=FAMILY,
        statement="A raw saved tensor gives what it keeps by `unpack`, as often as it is asked.",
        expectation="The very tensor that was saved; an error after backward has freed it.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = x * 2
                z = y * y
                raw = z.grad_fn._raw_saved_self
                print(raw.unpack() is y)
                raw.unpack()
                z.sum().backward()
                raw.unpack()
                z.grad_fn._raw_saved_self
            """),
        ),
        needs=("graph-introspection", "saved-tensor-hooks"),
    ),
    Behaviour(
        id="entry-points.what-a-context-was-told",
        family=FAMILY,
        statement="A context keeps what was marked: `non_differentiable`, `dirty_tensors` and `to_save` can be read.",
        expectation="The tensors that were marked inside `forward`.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Marks(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        flag = x > 0
                        ctx.mark_non_differentiable(flag)
                        ctx.save_for_backward(x)
                        print(ctx.non_differentiable, ctx.to_save, ctx.materialize_grads)
                        return x * 2, flag
                    @staticmethod
                    def backward(ctx, grad, unused):
                        return grad * 2
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y, flag = Marks.apply(x)
                observe(y, flag)
            """),
        ),
        needs=("custom-function",),
    ),
    Behaviour(
        id="entry-points.boxed-gradients",
        family=FAMILY,
        statement="A Function with `boxed_grads_call` gets its gradients as one list, which it may empty.",
        expectation="`backward` is called with the context and a list.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Boxed(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2, x * 3
                    @staticmethod
                    def backward(ctx, grads):
                        print(type(grads), len(grads))
                        a = grads[0] * 2
                        b = grads[1] * 3
                        grads.clear()
                        return a + b
                print(Boxed.boxed_grads_call)
                Boxed.boxed_grads_call = True
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                a, b = Boxed.apply(x)
                (a + b).sum().backward()
                observe(x)
            """),
        ),
        needs=("custom-function", "backward"),
    ),
    Behaviour(
        id="entry-points.old-bases-of-functions",
        family=FAMILY,
        statement="`InplaceFunction` and `NestedIOFunction` are Functions of old code; static methods still work.",
        expectation="Results and gradients of a Function; AttributeError where nested results are asked for.",
        level=Level.INFORMATIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                class Double(torch.autograd.function.InplaceFunction):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 2
                class Triple(torch.autograd.function.NestedIOFunction):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 3
                    @staticmethod
                    def backward(ctx, grad):
                        return grad * 3
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = Triple.apply(Double.apply(x))
                y.sum().backward()
                observe(x, y)
                print(isinstance(y.grad_fn, torch.autograd.function.FunctionCtx))
                print(torch.autograd.NestedIOFunction is torch.autograd.function.NestedIOFunction)
            """),
        ),
        needs=("custom-function", "backward"),
    ),
    Behaviour(
        id="entry-points.parts-of-checkpoint",
        family=FAMILY,
        statement="The reentrant checkpoint is a custom Function that can be applied by itself, and debugging can be "
        "switched for a block.",
        expectation="The same gradients; on the CPU there are no device states to keep.",
        level=Level.INFORMATIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.tensor([1.0, 2.0], requires_grad=True)
                y = torch.utils.checkpoint.CheckpointFunction.apply(lambda t: t * t, True, x)
                y.sum().backward()
                observe(x, y)
                print(torch.utils.checkpoint.get_device_states(x))
                torch.utils.checkpoint.set_device_states([], [])
                print(torch.utils.checkpoint.DefaultDeviceType.get_device_type())
                with torch.utils.checkpoint.GraphExecGroup() as group:
                    print(type(group))
                with torch.utils.checkpoint.set_checkpoint_debug_enabled(False):
                    z = torch.utils.checkpoint.checkpoint(lambda t: t * t, x, use_reentrant=False, debug=False)
                z.sum().backward()
                observe(x, z)
            """),
        ),
        needs=("checkpoint", "backward"),
    ),
    Behaviour(
        id="entry-points.rearrange",
        family=FAMILY,
        statement="`torch.func.rearrange` brings dimensions into the order and grouping of a pattern.",
        expectation="The elements where the pattern says, and gradients brought back.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(
            code("""
                import torch
                x = torch.arange(6.0).view(2, 3).requires_grad_()
                y = torch.func.rearrange(x, "a b -> b a")
                z = torch.func.rearrange(x, "a b -> (a b)")
                (y.sum() + (z * z).sum()).backward()
                print(y, z)
                print(x.grad)
                torch.func.rearrange(x, "a b c -> a b c")
            """),
        ),
        needs=("func-transforms", "backward"),
    ),
)
