"""Versions: what autograd and what stands around it says, takes and gives."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.drift.finding import ISSUE, V2_11, V2_13, V2_15, DriftFinding, Reason
from gradconform.catalogue.drift.places import both, calls, either, looks, same_but_for, says

AUTOGRAD: tuple[DriftFinding, ...] = (
    DriftFinding(
        id="node-names-in-texts",
        title="Texts name nodes without `Backward0` since 2.12",
        reason=Reason.TEXT,
        statement=(
            "The text on a saved tensor that was modified, and the one on a view that may not be "
            "written, name the operator (`output 0 of Exp`) where 2.11 names its node (`output 0 "
            "of ExpBackward0`)."
        ),
        outcome={
            V2_11: (
                "RuntimeError: one of the variables needed for gradient computation has been modified "
                "by an inplace operation: [torch.FloatTensor [2]], which is output 0 of ExpBackward0, "
                "is at version 1; expected version 0 instead. Hint: enable anomaly detection to find "
                "the operation that failed to compute its gradient, with "
                "torch.autograd.set_detect_anomaly(True, check_nan=False)."
            ),
            V2_13: (
                "RuntimeError: one of the variables needed for gradient computation has been modified "
                "by an inplace operation: [torch.FloatTensor [2]], which is output 0 of Exp, is at "
                "version 1; expected version 0 instead. Hint: enable anomaly detection to find the "
                "operation that failed to compute its gradient, with "
                "torch.autograd.set_detect_anomaly(True, check_nan=False)."
            ),
            V2_15: (
                "RuntimeError: one of the variables needed for gradient computation has been modified "
                "by an inplace operation: [torch.FloatTensor [2]], which is output 0 of Exp, is at "
                "version 1; expected version 0 instead. Hint: enable anomaly detection to find the "
                "operation that failed to compute its gradient, with "
                "torch.autograd.set_detect_anomaly(True, check_nan=False)."
            ),
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = x.exp()
            y.mul_(2)
            y.sum().backward()
            """
        ),
        shows=says(r"(?i)output \d+ of \w+", r"(?i)output \d+ of \w+Backward\d*\b"),
    ),
    DriftFinding(
        id="unused-input-by-index",
        title="The text on an unused input tells its index",
        reason=Reason.TEXT,
        statement=("`grad` says which of its inputs was not used; 2.11 says `One of the differentiated Tensors`."),
        outcome={
            V2_11: (
                "RuntimeError: One of the differentiated Tensors appears to not have been used in the "
                "graph. Set allow_unused=True if this is the desired behavior."
            ),
            V2_13: (
                "RuntimeError: The differentiated Tensor at index 1 appears to not have been used in "
                "the graph. Set allow_unused=True if this is the desired behavior."
            ),
            V2_15: (
                "RuntimeError: The differentiated Tensor at index 1 appears to not have been used in "
                "the graph. Set allow_unused=True if this is the desired behavior."
            ),
        },
        program=code(
            """
            import torch
            x = torch.tensor(1.0, requires_grad=True)
            w = torch.tensor(2.0, requires_grad=True)
            torch.autograd.grad(x * 2, [x, w])
            """
        ),
        shows=says(r"The differentiated Tensor at index", r"One of the differentiated Tensors"),
    ),
    DriftFinding(
        id="inputs-by-name",
        title="`inputs` may be a dict",
        reason=Reason.FEATURE,
        statement=(
            "`grad` and `backward` take a dict of inputs and `grad` gives a dict back; 2.11 takes "
            "its keys for inputs and refuses them."
        ),
        outcome={
            V2_11: "RuntimeError: all inputs have to be Tensors or GradientEdges, but got str",
            V2_13: "{'x': tensor(2.)}",
            V2_15: "{'x': tensor(2.)}",
        },
        program=code(
            """
            import torch
            x = torch.tensor(1.0, requires_grad=True)
            print(torch.autograd.grad(x * 2, {"x": x}))
            """
        ),
        shows=says(r"", r"all inputs have to be Tensors or GradientEdges, but got str"),
    ),
    DriftFinding(
        id="apply-takes-keywords",
        title="`Function.apply` takes keyword arguments",
        reason=Reason.FEATURE,
        statement="Keyword arguments of `apply` reach `forward`; 2.11 refuses them.",
        outcome={
            V2_11: "TypeError: apply() takes no keyword arguments",
            V2_13: "tensor(3., grad_fn=<ScaleBackward>)",
            V2_15: "tensor(3., grad_fn=<ScaleBackward>)",
        },
        program=code(
            """
            import torch
            class Scale(torch.autograd.Function):
                @staticmethod
                def forward(x, k=2.0):
                    return x * k
                @staticmethod
                def setup_context(ctx, inputs, output):
                    ctx.k = inputs[1]
                @staticmethod
                def backward(ctx, grad):
                    return grad * ctx.k, None
            x = torch.tensor(1.0, requires_grad=True)
            print(Scale.apply(x, k=3.0))
            """
        ),
        shows=says(r"", r"apply\(\) takes no keyword arguments"),
    ),
    DriftFinding(
        id="pack-hook-cannot",
        title="The text on a pack hook that writes says `cannot`",
        reason=Reason.TEXT,
        statement="2.11 says `can not`.",
        outcome={
            V2_11: (
                "RuntimeError: A saved tensor pack hook is modifying its input in place. Tensors "
                "provided as input to pack hook can not be modified by in-place operations as this can "
                "lead to unexpected side-effects. Please open an issue if you need to perform in-place "
                "operations on the input to a pack hook."
            ),
            V2_13: (
                "RuntimeError: A saved tensor pack hook is modifying its input in place. Tensors "
                "provided as input to pack hook cannot be modified by in-place operations as this can "
                "lead to unexpected side-effects. Please open an issue if you need to perform in-place "
                "operations on the input to a pack hook."
            ),
            V2_15: (
                "RuntimeError: A saved tensor pack hook is modifying its input in place. Tensors "
                "provided as input to pack hook cannot be modified by in-place operations as this can "
                "lead to unexpected side-effects. Please open an issue if you need to perform in-place "
                "operations on the input to a pack hook."
            ),
        },
        program=code(
            """
            import torch
            x = torch.tensor([2.0], requires_grad=True)
            a = x * 1
            with torch.autograd.graph.saved_tensors_hooks(lambda t: t.detach().mul_(2), lambda t: t):
                a.exp()
            """
        ),
        shows=says(r"pack hook cannot be", r"pack hook can not be"),
    ),
    DriftFinding(
        id="checkpoint-tells-of-compile",
        title="Texts of checkpoint end with advice on torch.compile",
        reason=Reason.TEXT,
        statement=(
            "2.13 adds a paragraph on compiled graphs (pytorch#166926) to what checkpoint says of "
            "a recomputation that differs."
        ),
        outcome={
            V2_11: (
                "CheckpointError: torch.utils.checkpoint: A different number of tensors was saved "
                "during the original forward and recomputation.\n"
                "Number of tensors saved during forward: 2\n"
                "Number of tensors saved during recomputation: 1.\n"
                "\n"
                "Tip: To see a more detailed error message, either pass `debug=True` to\n"
                "`torch.utils.checkpoint.checkpoint(...)` or wrap the code block\n"
                "with `with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to\n"
                "enable checkpoint\u2011debug mode globally.\n"
            ),
            V2_13: (
                "CheckpointError: torch.utils.checkpoint: A different number of tensors was saved "
                "during the original forward and recomputation.\n"
                "Number of tensors saved during forward: 2\n"
                "Number of tensors saved during recomputation: 1.\n"
                "\n"
                "Tip: To see a more detailed error message, either pass `debug=True` to\n"
                "`torch.utils.checkpoint.checkpoint(...)` or wrap the code block\n"
                "with `with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to\n"
                "enable checkpoint\u2011debug mode globally.\n"
                "\n"
                "If this error occurs under torch.compile with automatic_dynamic_shapes enabled,\n"
                "it may be because the recomputation selected a different compiled graph than the\n"
                "forward pass (e.g., a dynamic graph instead of the original static graph).\n"
                "To fix this, either:\n"
                "  - Use torch._dynamo.mark_dynamic() to explicitly mark varying dimensions as\n"
                "    dynamic upfront, avoiding the static-to-dynamic transition.\n"
                "  - Call torch._C._dynamo.eval_frame._set_lru_cache(False) to disable LRU cache\n"
                "    reordering, which can change which graph is checked first between forward\n"
                "    and recompute.\n"
                "See https://github.com/pytorch/pytorch/issues/166926 for more details and\n"
                "workaround examples.\n"
            ),
            V2_15: (
                "CheckpointError: torch.utils.checkpoint: A different number of tensors was saved "
                "during the original forward and recomputation.\n"
                "Number of tensors saved during forward: 2\n"
                "Number of tensors saved during recomputation: 1.\n"
                "\n"
                "Tip: To see a more detailed error message, either pass `debug=True` to\n"
                "`torch.utils.checkpoint.checkpoint(...)` or wrap the code block\n"
                "with `with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to\n"
                "enable checkpoint\u2011debug mode globally.\n"
                "\n"
                "If this error occurs under torch.compile with automatic_dynamic_shapes enabled,\n"
                "it may be because the recomputation selected a different compiled graph than the\n"
                "forward pass (e.g., a dynamic graph instead of the original static graph).\n"
                "To fix this, either:\n"
                "  - Use torch._dynamo.mark_dynamic() to explicitly mark varying dimensions as\n"
                "    dynamic upfront, avoiding the static-to-dynamic transition.\n"
                "  - Call torch._C._dynamo.eval_frame._set_lru_cache(False) to disable LRU cache\n"
                "    reordering, which can change which graph is checked first between forward\n"
                "    and recompute.\n"
                "See https://github.com/pytorch/pytorch/issues/166926 for more details and\n"
                "workaround examples.\n"
            ),
        },
        program=code(
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
            """
        ),
        shows=says(r"automatic_dynamic_shapes enabled", r"checkpoint"),
    ),
    DriftFinding(
        id="names-new-since-2-11",
        title="Names that are new since 2.11",
        reason=Reason.FEATURE,
        statement=(
            "2.11 lacks `enforce_grad_layout_policy`, `region_activation_memory_budget`, "
            "`torch.func.rearrange`, `Function.boxed_grads_call` and `unpack` of what a node saved."
        ),
        outcome={
            V2_11: (
                "AttributeError: module 'torch' has no attribute "
                "'autograd.grad_mode.enforce_grad_layout_policy'\n"
                "AttributeError: module 'torch' has no attribute 'func.rearrange'\n"
                "AttributeError: type object 'Function' has no attribute 'boxed_grads_call'\n"
                "AttributeError: 'torch._C._autograd.SavedTensor' object has no attribute 'unpack'"
            ),
            V2_13: (
                "<torch.autograd.grad_mode.enforce_grad_layout_policy object at 0xADDRESS>\n"
                "tensor([[1.],\n"
                "        [1.]])\n"
                "False\n"
                "tensor([1.], requires_grad=True)"
            ),
            V2_15: (
                "<torch.autograd.grad_mode.enforce_grad_layout_policy object at 0xADDRESS>\n"
                "tensor([[1.],\n"
                "        [1.]])\n"
                "False\n"
                "tensor([1.], requires_grad=True)"
            ),
        },
        program=code(
            """
            import torch
            print(torch.autograd.grad_mode.enforce_grad_layout_policy(True))
            print(torch.func.rearrange(torch.ones(1, 2), "a b -> b a"))
            print(torch.autograd.Function.boxed_grads_call)
            x = torch.ones(1, requires_grad=True)
            print((x * x).grad_fn._raw_saved_self.unpack())
            """
        ),
        shows=either(
            says(
                r"",
                r"no attribute '(unpack|boxed_grads_call|(func|autograd\.\w+)\."
                r"(rearrange|enforce_grad_layout_policy|region_activation_memory_budget))'",
            ),
            both(calls("enforce_grad_layout_policy"), looks("errors", r"^step", r"^order of steps$")),
        ),
    ),
    DriftFinding(
        id="function-node-outlives-its-result",
        title="The node of a custom Function is good for longer than its result",
        reason=Reason.FEATURE,
        statement=(
            "In 2.11 the node of a custom Function can no longer be read once the result that it belongs to is gone."
        ),
        outcome={
            V2_11: (
                "RuntimeError: Attribute 'name' is invalid for this instance of _C._FunctionBase. "
                "Accessing this attribute directly on an instance of autograd.Function is a legacy "
                "access pattern that is no longer supported. For examples on how to use new\u2011style "
                "autograd functions, see "
                "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function "
            ),
            V2_13: "DoubleBackward",
            V2_15: "DoubleBackward",
        },
        program=code(
            """
            import torch
            class Double(torch.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    return x * 2
                @staticmethod
                def backward(ctx, grad):
                    return grad * 2
            x = torch.tensor(1.0, requires_grad=True)
            print(Double.apply(x).grad_fn.name())
            """
        ),
        shows=says(r"", r"legacy access pattern"),
    ),
    DriftFinding(
        id="grad-dtype-of-a-result",
        title="`grad_dtype` can be read of any tensor",
        reason=Reason.FEATURE,
        statement="2.13 gives it of leaves only.",
        outcome={
            V2_11: "RuntimeError: grad_dtype can only be accessed on leaf tensors.",
            V2_13: "RuntimeError: grad_dtype can only be accessed on leaf tensors.",
            V2_15: "torch.float32",
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0], requires_grad=True)
            print((x * 2).grad_dtype)
            """
        ),
        shows=says(r"grad_dtype can only be accessed on leaf tensors", r""),
    ),
    DriftFinding(
        id="checkpoint-options-listed",
        title="The text on options of checkpoint lists one more",
        reason=Reason.TEXT,
        statement="2.15 has `respect_saved_tensors_hooks` beside `context_fn` and `debug`.",
        outcome={
            V2_11: ("ValueError: Passing `context_fn` or `debug` is only supported when use_reentrant=False."),
            V2_13: ("ValueError: Passing `context_fn` or `debug` is only supported when use_reentrant=False."),
            V2_15: (
                "ValueError: Passing `context_fn`, `debug`, or `respect_saved_tensors_hooks` is only "
                "supported when use_reentrant=False."
            ),
        },
        program=code(
            """
            import torch
            def contexts():
                return torch.no_grad(), torch.no_grad()
            x = torch.tensor([0.0], requires_grad=True)
            torch.utils.checkpoint.checkpoint(lambda t: t.sin(), x, use_reentrant=True, context_fn=contexts)
            """
        ),
        shows=says(r"Passing `context_fn` or `debug`", r"respect_saved_tensors_hooks"),
    ),
    DriftFinding(
        id="checkpoint-names-no-version",
        title="The warning on `use_reentrant` names no version",
        reason=Reason.TEXT,
        statement="2.13 warns that PyTorch 2.9 will raise; 2.15 speaks of a future release.",
        outcome={
            V2_11: (
                "UserWarning: torch.utils.checkpoint: the use_reentrant parameter should be passed "
                "explicitly. Starting in PyTorch 2.9, calling checkpoint without use_reentrant will "
                "raise an exception. use_reentrant=False is recommended, but if you need to preserve "
                "the current default behavior, you can pass use_reentrant=True. Refer to docs for more "
                "details on the differences between the two variants."
            ),
            V2_13: (
                "UserWarning: torch.utils.checkpoint: the use_reentrant parameter should be passed "
                "explicitly. Starting in PyTorch 2.9, calling checkpoint without use_reentrant will "
                "raise an exception. use_reentrant=False is recommended, but if you need to preserve "
                "the current default behavior, you can pass use_reentrant=True. Refer to docs for more "
                "details on the differences between the two variants."
            ),
            V2_15: (
                "UserWarning: torch.utils.checkpoint: the use_reentrant parameter should be passed "
                "explicitly. In a future release, calling checkpoint without use_reentrant will raise "
                "an exception. use_reentrant=False is recommended, but if you need to preserve the "
                "current default behavior, you can pass use_reentrant=True. Refer to docs for more "
                "details on the differences between the two variants."
            ),
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0], requires_grad=True)
            y = torch.utils.checkpoint.checkpoint(lambda t: t.sin(), x)
            observe(y)
            """
        ),
        shows=says(r"Starting in PyTorch 2.9", r"In a future release"),
    ),
    DriftFinding(
        id="hook-on-a-written-view-mended",
        title="A hook on a written view does not kill the process in 2.15",
        reason=Reason.DEFECT,
        statement="The defect pytorch#196459, which 2.13 and 2.11 die of, is gone.",
        outcome={
            V2_11: "crash SIGSEGV",
            V2_13: "crash SIGSEGV",
            V2_15: "survived",
        },
        program=code(
            """
            import torch
            x = torch.ones(2, requires_grad=True).clone()
            v = x.view(2)
            x.detach().zero_()
            v.register_hook(lambda g: g)
            print("survived")
            """
        ),
        shows=says(r"crash: SIGSEGV", r"finished"),
        issue=f"{ISSUE}196459",
    ),
    DriftFinding(
        id="vmap-says-where-to-ask",
        title="Texts on what `vmap` does not support name another page",
        reason=Reason.TEXT,
        statement="2.11 sends to functorch's issues, 2.13 to PyTorch's.",
        outcome={
            V2_11: (
                "RuntimeError: vmap: It looks like you're attempting to use a Tensor in some "
                "data-dependent control flow. We don't support that yet, please shout over at "
                "https://github.com/pytorch/functorch/issues/257 ."
            ),
            V2_13: (
                "RuntimeError: vmap: It looks like you're attempting to use a Tensor in some "
                "data-dependent control flow. We don't support that yet, please file an issue at "
                "https://github.com/pytorch/pytorch/issues ."
            ),
            V2_15: (
                "RuntimeError: vmap: It looks like you're attempting to use a Tensor in some "
                "data-dependent control flow. We don't support that yet, please file an issue at "
                "https://github.com/pytorch/pytorch/issues ."
            ),
        },
        program=code(
            """
            import torch
            torch.vmap(lambda t: t > 0 and t)(torch.ones(2))
            """
        ),
        shows=says(
            r"(?s)^(RuntimeError: )?vmap: .*github\.com/pytorch/pytorch/issues",
            r"(?s)^(RuntimeError: )?vmap: .*github\.com/pytorch/functorch/issues",
        ),
    ),
    DriftFinding(
        id="gradcheck-slip-mended",
        title="A slip in a text of `gradcheck` is mended",
        reason=Reason.TEXT,
        statement="2.11 says `none of the them`.",
        outcome={
            V2_11: (
                "ValueError: gradcheck expects at least one input tensor to require gradient, but none "
                "of the them have requires_grad=True."
            ),
            V2_13: (
                "ValueError: gradcheck expects at least one input tensor to require gradient, but none "
                "of them have requires_grad=True."
            ),
            V2_15: (
                "ValueError: gradcheck expects at least one input tensor to require gradient, but none "
                "of them have requires_grad=True."
            ),
        },
        program=code(
            """
            import torch
            torch.autograd.gradcheck(lambda t: t * 2, (torch.ones(1, dtype=torch.float64),))
            """
        ),
        shows=says(r"but none of them have requires_grad", r"but none of the them have requires_grad"),
    ),
    DriftFinding(
        id="error-classes",
        title="Errors about dtypes have another class",
        reason=Reason.UNDEFINED,
        statement=(
            "What 2.13 refuses with a RuntimeError 2.15 refuses with a TypeError (`imag`, `maximum`, "
            "`view_as_real`) or a NotImplementedError (`mean`, subtracting a bool tensor), in the "
            "same words."
        ),
        outcome={
            V2_11: (
                "RuntimeError: imag is not implemented for tensors with non-complex dtypes.\n"
                "RuntimeError: mean(): could not infer output dtype. Input dtype must be either a "
                "floating point or complex dtype. Got: Long"
            ),
            V2_13: (
                "RuntimeError: imag is not implemented for tensors with non-complex dtypes.\n"
                "RuntimeError: mean(): could not infer output dtype. Input dtype must be either a "
                "floating point or complex dtype. Got: Long"
            ),
            V2_15: (
                "TypeError: imag is not implemented for tensors with non-complex dtypes.\n"
                "NotImplementedError: mean(): could not infer output dtype. Input dtype must be either a "
                "floating point or complex dtype. Got: Long"
            ),
        },
        program=code(
            """
            import torch
            torch.ones(1).imag
            torch.ones(1, dtype=torch.int64).mean()
            """
        ),
        shows=both(
            looks("errors", r"^RuntimeError: "),
            looks("errors", r"^(Type|NotImplemented)Error: "),
            same_but_for(r"^\w+Error(?=: )"),
        ),
    ),
)
