"""What torch.compile does otherwise than eager PyTorch of the same version."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.drift.finding import COMPILED, V2_13, DriftFinding, Reason
from gradconform.catalogue.drift.places import both, calls, either, looks, says

COMPILER: tuple[DriftFinding, ...] = (
    DriftFinding(
        id="compiled-twice",
        title="Compiled code has no second derivative",
        reason=Reason.FEATURE,
        statement=(
            "AOTAutograd compiles one backward; a backward through it is refused, or finds no way "
            "back to an input and says that it was not used."
        ),
        outcome={
            V2_13: "tensor([1.0000, 2.7183])",
            COMPILED: (
                "RuntimeError: torch.compile with aot_autograd does not currently support double backward\nNone"
            ),
        },
        program=code(
            """
            import torch
            x = torch.tensor([0.0, 1.0], requires_grad=True)
            y = x.exp().sum()
            (g,) = torch.autograd.grad(y, x, create_graph=True)
            g.sum().backward()
            print(x.grad)
            """
        ),
        shows=either(
            says(r"", r"does not currently support double backward"),
            says(
                r"^(?!RuntimeError: )",
                r"^RuntimeError: The differentiated Tensor at index \d+ appears to not have been",
            ),
        ),
        script=code(
            """
            import torch
            x = torch.tensor([0.0, 1.0], requires_grad=True)
            y = torch.compile(lambda x: x.exp().sum(), backend="aot_eager")(x)
            (g,) = torch.autograd.grad(y, x, create_graph=True)
            g.sum().backward()
            """
        ),
    ),
    DriftFinding(
        id="compiled-backward-writes-a-leaf",
        title="With `create_graph=True` a compiled backward may write into a leaf",
        reason=Reason.DEFECT,
        statement=(
            "Where a compiled part gets its gradient from another one and hands it on as it is, as "
            "`x - 4` does, `create_graph=True` fails over a leaf that the program has not."
        ),
        outcome={
            V2_13: "(tensor([1., 1.]),)",
            COMPILED: ("RuntimeError: a leaf Variable that requires grad is being used in an in-place operation."),
        },
        program=code(
            """
            import torch
            x = torch.tensor([2.0, -1.0], requires_grad=True)
            y = x - 4
            z = y.sum()
            print(torch.autograd.grad(z, x, create_graph=True))
            """
        ),
        shows=says(
            r"^(?!RuntimeError: )",
            r"^RuntimeError: a leaf Variable that requires grad is being used in an in-place operation",
        ),
        script=code(
            """
            import torch
            x = torch.tensor([2.0, -1.0], requires_grad=True)
            y = torch.compile(lambda x: x - 4, backend="aot_eager")(x)
            z = torch.compile(lambda y: y.sum(), backend="aot_eager")(y)
            torch.autograd.grad(z, x, create_graph=True)
            """
        ),
    ),
    DriftFinding(
        id="compiled-materialises",
        title="A compiled part makes zeros of no gradient",
        reason=Reason.UNDEFINED,
        statement=(
            "Where no gradient arrives eager PyTorch passes none on, and the leaf keeps None; a "
            "compiled part computes with zeros and passes zeros on."
        ),
        outcome={
            V2_13: "None",
            COMPILED: "tensor([0., 0.])",
        },
        program=code(
            """
            import torch
            class Stop(torch.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    return x * 2
                @staticmethod
                def backward(ctx, grad):
                    return None
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = x * 1
            Stop.apply(y).sum().backward()
            print(x.grad)
            """
        ),
        shows=both(calls("Function"), says(r"^None$", r"^tensor\([\[\]0., ]+\)$")),
        script=code(
            """
            import torch
            class Stop(torch.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    return x * 2
                @staticmethod
                def backward(ctx, grad):
                    return None
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = torch.compile(lambda x: x * 1, backend="aot_eager")(x)
            Stop.apply(y).sum().backward()
            print(x.grad)
            """
        ),
    ),
    DriftFinding(
        id="compiled-computes-what-nobody-asked-for",
        title="A compiled part computes all gradients of its inputs",
        reason=Reason.UNDEFINED,
        statement=(
            "Where `inputs` asks for none of them, an eager node that runs for its hooks computes "
            "none, and they see None."
        ),
        outcome={
            V2_13: "(None, None)",
            COMPILED: "(tensor([2., 2.]),)",
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = x * 2
            y.grad_fn.register_hook(lambda inputs, outputs: print(inputs))
            y.sum().backward(inputs=[y])
            """
        ),
        shows=says(r"^\((None, )*None,?\)$", r"^\(tensor\("),
        script=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = torch.compile(lambda x: x * 2, backend="aot_eager")(x)
            y.grad_fn.register_hook(lambda inputs, outputs: print(inputs))
            y.sum().backward(inputs=[y])
            """
        ),
    ),
    DriftFinding(
        id="compiled-node-keeps-fields",
        title="The node of a compiled part keeps fields of your own",
        reason=Reason.UNDEFINED,
        statement=(
            "It is an object of a Python class, as the node of a custom Function is; the node of an "
            "operator takes none."
        ),
        outcome={
            V2_13: (
                "AttributeError: 'MulBackward0' object has no attribute 'my_note'\n"
                "AttributeError: 'MulBackward0' object has no attribute 'my_note'"
            ),
            COMPILED: "1",
        },
        program=code(
            """
            import torch
            x = torch.tensor(1.0, requires_grad=True)
            y = x * 2
            y.grad_fn.my_note = 1
            print(y.grad_fn.my_note)
            """
        ),
        shows=says(r"^AttributeError: '\w+Backward\d' object has no attribute 'my_\w+'$", r"^(?!\w+Error)"),
        script=code(
            """
            import torch
            x = torch.tensor(1.0, requires_grad=True)
            y = torch.compile(lambda x: x * 2, backend="aot_eager")(x)
            y.grad_fn.my_note = 1
            print(y.grad_fn.my_note)
            """
        ),
    ),
    DriftFinding(
        id="compiled-leaves-in-another-order",
        title="A compiled part reaches its leaves in another order",
        reason=Reason.UNDEFINED,
        statement=(
            "No one promises which leaf gets its gradient first; a compiled part leads to its leaves in "
            "another order than its operators do, and hooks run in it."
        ),
        outcome={
            V2_13: "b\na",
            COMPILED: "a\nb",
        },
        program=code(
            """
            import torch
            a = torch.tensor(1.0, requires_grad=True)
            b = torch.tensor(2.0, requires_grad=True)
            a.register_hook(lambda grad: print("a"))
            b.register_hook(lambda grad: print("b"))
            y = a * a + b
            y.backward()
            """
        ),
        shows=both(
            calls("register_hook", "register_post_accumulate_grad_hook", times=2),
            looks("values", r"^tensor", r"is called with\[0\]$"),
        ),
        script=code(
            """
            import torch
            a = torch.tensor(1.0, requires_grad=True)
            b = torch.tensor(2.0, requires_grad=True)
            a.register_hook(lambda grad: print("a"))
            b.register_hook(lambda grad: print("b"))
            y = torch.compile(lambda a, b: a * a + b, backend="aot_eager")(a, b)
            y.backward()
            """
        ),
    ),
    DriftFinding(
        id="compiled-tangents-have-no-graph",
        title="A tangent that compiled code computed requires no grad",
        reason=Reason.UNDEFINED,
        statement="In eager PyTorch a tangent is recorded like any other result.",
        outcome={
            V2_13: "tensor([2., 1.], grad_fn=<FlipBackward0>)",
            COMPILED: "tensor([2., 1.])",
        },
        program=code(
            """
            import torch
            torch.autograd.forward_ad.enter_dual_level()
            t = torch.tensor([1.0, 2.0], requires_grad=True)
            x = torch.autograd.forward_ad.make_dual(torch.zeros(2), t)
            y = x.flip(0)
            print(torch.autograd.forward_ad.unpack_dual(y).tangent)
            """
        ),
        shows=both(
            calls("make_dual", "jvp"),
            either(
                looks("state", r"^(True|False)$", r"requires_grad$"),
                looks("graph", r"^None$", r"grad_fn$"),
                says(r"^tensor\(.*grad_fn=", r"^tensor\((?!.*grad_fn=)"),
            ),
        ),
        script=code(
            """
            import torch
            torch.autograd.forward_ad.enter_dual_level()
            t = torch.tensor([1.0, 2.0], requires_grad=True)
            x = torch.autograd.forward_ad.make_dual(torch.zeros(2), t)
            y = torch.compile(lambda x: x.flip(0), backend="aot_eager")(x)
            print(torch.autograd.forward_ad.unpack_dual(y).tangent)
            """
        ),
    ),
    DriftFinding(
        id="compiled-warns-on-stderr",
        title="Kernels of compiled code that records nothing warn past Python",
        reason=Reason.UNDEFINED,
        statement=(
            "What a kernel warns of is a Python warning where the part requires grad; where it does "
            "not, PyTorch writes it to stderr."
        ),
        outcome={
            V2_13: (
                "UserWarning: var(): degrees of freedom is <= 0. Correction should be strictly less than "
                "the reduction factor (input numel divided by output numel).\n"
                "tensor(nan)"
            ),
            COMPILED: "tensor(nan)",
        },
        program=code(
            """
            import torch
            x = torch.zeros(0)
            y = x.var()
            print(y)
            """
        ),
        shows=says(r"^UserWarning: \w+\(\): degrees of freedom is <= 0", r"^no warning$"),
        script=code(
            """
            import torch
            torch.compile(lambda x: x.var(), backend="aot_eager")(torch.zeros(0))
            """
        ),
    ),
    DriftFinding(
        id="compiled-frees-as-a-whole",
        title="A compiled part is freed as a whole",
        reason=Reason.UNDEFINED,
        statement=(
            "Eager PyTorch runs a second backward through operators that saved nothing, and adds "
            "to the leaves before it meets one that did; of a compiled part everything is gone "
            "after the first."
        ),
        outcome={
            V2_13: (
                "RuntimeError: Trying to backward through the graph a second time (or directly access "
                "saved tensors after they have already been freed). Saved intermediate values of the "
                "graph are freed when you call .backward() or autograd.grad(). Specify "
                "retain_graph=True if you need to backward through the graph a second time or if you "
                "need to access saved tensors after calling backward.\n"
                "tensor([2., 2.])"
            ),
            COMPILED: (
                "RuntimeError: Trying to backward through the graph a second time (or directly access "
                "saved tensors after they have already been freed). Saved intermediate values of the "
                "graph are freed when you call .backward() or autograd.grad(). Specify "
                "retain_graph=True if you need to backward through the graph a second time or if you "
                "need to access saved tensors after calling backward.\n"
                "tensor([1., 1.])"
            ),
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            w = torch.tensor([3.0, 4.0], requires_grad=True)
            y = (x * x + w).sum()
            y.backward()
            y.backward()
            print(w.grad)
            """
        ),
        shows=either(
            says(r"", r"Trying to backward through the graph a second time|donated buffers"),
            both(
                calls("backward"),
                either(looks("values", r"tensor", r"grad$"), looks("messages", r"^tensor", r"^output$")),
            ),
            says(r"raise backward$", r"^nothing happened$"),
        ),
        script=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            w = torch.tensor([3.0, 4.0], requires_grad=True)
            y = torch.compile(lambda x, w: (x * x + w).sum(), backend="aot_eager")(x, w)
            y.backward()
            try:
                y.backward()
            except RuntimeError as error:
                print(error)
            print(w.grad)
            """
        ),
    ),
    DriftFinding(
        id="compiled-node-has-no-saved-values",
        title="The node of a compiled part shows nothing of what it saved",
        reason=Reason.UNDEFINED,
        statement=(
            "It is the node of a custom Function: no `_saved_...`, no `_raw_saved_...`, and it cannot be called."
        ),
        outcome={
            V2_13: "tensor([1.0000, 2.7183], grad_fn=<ExpBackward0>)",
            COMPILED: "AttributeError: 'CompiledFunctionBackward' object has no attribute '_saved_result'",
        },
        program=code(
            """
            import torch
            x = torch.tensor([0.0, 1.0], requires_grad=True)
            y = x.exp()
            print(y.grad_fn._saved_result)
            """
        ),
        shows=says(r"", r"'CompiledFunctionBackward' object (has no attribute '_(raw_)?saved|is not callable)"),
        script=code(
            """
            import torch
            x = torch.tensor([0.0, 1.0], requires_grad=True)
            y = torch.compile(lambda x: x.exp(), backend="aot_eager")(x)
            print(hasattr(y.grad_fn, "_saved_result"))
            """
        ),
    ),
    DriftFinding(
        id="compiled-text-names-no-operator",
        title="The text on a modified tensor does not name the operator",
        reason=Reason.TEXT,
        statement="What a compiled part saved is the output of no operator that the text could name.",
        outcome={
            V2_13: (
                "RuntimeError: one of the variables needed for gradient computation has been modified "
                "by an inplace operation: [torch.FloatTensor [2]], which is output 0 of Exp, is at "
                "version 1; expected version 0 instead. Hint: enable anomaly detection to find the "
                "operation that failed to compute its gradient, with "
                "torch.autograd.set_detect_anomaly(True, check_nan=False)."
            ),
            COMPILED: (
                "RuntimeError: one of the variables needed for gradient computation has been modified "
                "by an inplace operation: [torch.FloatTensor [2]] is at version 1; expected version 0 "
                "instead. Hint: enable anomaly detection to find the operation that failed to compute "
                "its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False)."
            ),
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = x.exp()
            y.add_(1)
            y.sum().backward()
            """
        ),
        shows=says(
            r"modified by an inplace operation: \[[^\]]*\]+, which is",
            r"modified by an inplace operation: \[[^\]]*\]+( is at|, which is output \d+ of CompiledFunction)",
        ),
        script=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = torch.compile(lambda x: x.exp(), backend="aot_eager")(x)
            y.add_(1)
            y.sum().backward()
            """
        ),
    ),
    DriftFinding(
        id="compiled-packs-otherwise",
        title="Saved-tensor hooks are called for what the compiled part saves",
        reason=Reason.UNDEFINED,
        statement=(
            "AOTAutograd saves each tensor once, saves inputs where eager saves results, and keeps "
            "constants to itself, so the hooks see other tensors another number of times."
        ),
        outcome={
            V2_13: ("pack\npack"),
            COMPILED: "pack",
        },
        program=code(
            """
            import torch
            def pack(t):
                print("pack")
                return t
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
                y = x * x
            """
        ),
        shows=both(
            calls("saved_tensors_hooks", "register_hooks", "save_on_cpu"),
            either(
                looks("state", r"", r"events"), looks("values", r"", r"called with"), looks("messages", r"", r"output")
            ),
        ),
        script=code(
            """
            import torch
            def pack(t):
                print("pack")
                return t
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
                y = torch.compile(lambda x: x * x, backend="aot_eager")(x)
            """
        ),
    ),
    DriftFinding(
        id="compiled-node-has-tensors-only",
        title="A compiled part has no edge for what is no tensor",
        reason=Reason.UNDEFINED,
        statement=(
            "`x * 3` has an edge to nothing for 3, and hooks of its node see a None there and may "
            "return one; a compiled part has edges for its inputs alone."
        ),
        outcome={
            V2_13: "(tensor([3., 3.]), None)",
            COMPILED: "(tensor([3., 3.]),)",
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = x * 3
            y.grad_fn.register_hook(lambda inputs, outputs: print(inputs))
            y.sum().backward()
            """
        ),
        shows=either(
            says(r"^\(.*, None\)$", r"^\((?!.*None)"),
            says(r"\(None, 0\)", r"^\[(?!.*None)"),
            says(r"", r"^RuntimeError: hook '.*' has returned an incorrect number of values"),
        ),
        script=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = torch.compile(lambda x: x * 3, backend="aot_eager")(x)
            y.grad_fn.register_hook(lambda inputs, outputs: print(inputs))
            y.sum().backward()
            """
        ),
    ),
    DriftFinding(
        id="compiled-gradients-are-made-otherwise",
        title="Versions, views and flags of gradients that compiled code made",
        reason=Reason.UNDEFINED,
        statement=(
            "How often a kernel writes a gradient, whether it is a view, and whether it requires "
            "grad after `create_graph=True` shows how it was computed."
        ),
        outcome={
            V2_13: "1",
            COMPILED: "0",
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            w = torch.tensor(3.0, requires_grad=True)
            y = (x * x * w).sum()
            print(torch.autograd.grad(y, x)[0]._version)
            """
        ),
        shows=either(
            looks("state", r"^\d+$", r"version$"),
            both(calls("_version"), looks("messages", r"^\d+$", r"^output$")),
            looks("state", r"^(True|False)$", r"(is_view|requires_grad)$"),
            says(
                r"^(RuntimeError: )?element 0 of tensors does not require grad",
                r"^\(None,\)$|^The differentiated Tensor at index \d+ appears to not have been used",
            ),
            both(looks("graph", r"^None$", r"grad_fn$"), says(r"^None$", r"^<")),
        ),
        script=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            w = torch.tensor(3.0, requires_grad=True)
            y = torch.compile(lambda x, w: (x * x * w).sum(), backend="aot_eager")(x, w)
            print(torch.autograd.grad(y, x)[0]._version)
            """
        ),
    ),
    DriftFinding(
        id="compiled-part-is-one-node",
        title="A compiled part is one node",
        reason=Reason.UNDEFINED,
        statement=(
            "However many operators it holds, the graph has one `CompiledFunctionBackward` for it, "
            "and texts and prints say so."
        ),
        outcome={
            V2_13: "SumBackward0",
            COMPILED: "CompiledFunctionBackward",
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = (x * 2).sum()
            print(y.grad_fn.name())
            """
        ),
        shows=either(
            says(r"", r"CompiledFunction"),
            says(r"(\('|^<)\w+Backward\d", r"(\('|^<)torch::autograd::AccumulateGrad"),
            both(calls("_sequence_nr"), looks("messages", r"^\d+$", r"^output$")),
        ),
        script=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = torch.compile(lambda x: (x * 2).sum(), backend="aot_eager")(x)
            print(y.grad_fn.name())
            """
        ),
    ),
)
