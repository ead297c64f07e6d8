"""The register of drift: where PyTorch differs from itself, by version, device or compiler, and why.

`outcome` is what each environment did with `program`, which runs on plain PyTorch; for torch.compile, `script` does.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import cleandoc as code

from gradconform.catalogue.drift_places import Shows, both, calls, either, looks, says
from gradoracle.trace import Trace


class Reason(enum.StrEnum):
    """Why two environments differ."""

    ROUNDING = "rounding"
    UNDEFINED = "left open by the documentation"
    TEXT = "a text"
    FEATURE = "something new"
    DEFECT = "PyTorch defect"


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """One difference of PyTorch from itself.

    `outcome` has what `program` told (see `told_with_warnings`) by environment; `shows` knows the difference in others.
    `script` is the program as plain PyTorch has it where that is something else.
    """

    id: str
    title: str
    reason: Reason
    statement: str
    outcome: Mapping[str, str]
    program: str
    shows: Shows
    issue: str = ""
    script: str = ""

    def tells_apart(self, first: str, second: str) -> bool:
        """Whether it is about the difference of two environments; a live one is known by what it begins with."""
        one, other = (self._outcome(name) for name in (first, second))
        return one is not None and other is not None and one != other

    def _outcome(self, name: str) -> str | None:
        oracle, _, version = name.replace(", live ", "@").replace(", live", "").partition("@")
        return self.outcome.get(f"{oracle}@{version.partition('+')[0]}")


def told_with_warnings(trace: Trace) -> str:
    """What a run printed, warned and raised, and how it ended if it did not finish: a line for each."""
    lines: list[str] = []
    for step in trace.steps:
        lines += [event[1] for event in step.events if event[0] == "print"]
        lines += [f"{kind}: {text}" for kind, text in step.warnings]
        if step.outcome[0] == "error":
            lines.append(f"{step.outcome[1]}: {step.outcome[2]}")
    if not trace.finished:
        lines.append(" ".join(str(part) for part in trace.ending))
    return "\n".join(lines)


_ISSUE = "https://github.com/pytorch/pytorch/issues/"
_2_11 = "torch:cpu@2.11.0"
_2_13 = "torch:cpu@2.13.0"
_2_15 = "torch:cpu@2.15.0"
_COMPILED = "torch-compile:cpu@2.13.0"

DISAGREE = "oracles-disagree"
"""The finding under which a difference of two environments counts that no one has looked into yet."""

DRIFT: tuple[DriftFinding, ...] = (
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
            _2_11: (
                "RuntimeError: one of the variables needed for gradient computation has been modified "
                "by an inplace operation: [torch.FloatTensor [2]], which is output 0 of ExpBackward0, "
                "is at version 1; expected version 0 instead. Hint: enable anomaly detection to find "
                "the operation that failed to compute its gradient, with "
                "torch.autograd.set_detect_anomaly(True, check_nan=False)."
            ),
            _2_13: (
                "RuntimeError: one of the variables needed for gradient computation has been modified "
                "by an inplace operation: [torch.FloatTensor [2]], which is output 0 of Exp, is at "
                "version 1; expected version 0 instead. Hint: enable anomaly detection to find the "
                "operation that failed to compute its gradient, with "
                "torch.autograd.set_detect_anomaly(True, check_nan=False)."
            ),
            _2_15: (
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
            _2_11: (
                "RuntimeError: One of the differentiated Tensors appears to not have been used in the "
                "graph. Set allow_unused=True if this is the desired behavior."
            ),
            _2_13: (
                "RuntimeError: The differentiated Tensor at index 1 appears to not have been used in "
                "the graph. Set allow_unused=True if this is the desired behavior."
            ),
            _2_15: (
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
            _2_11: "RuntimeError: all inputs have to be Tensors or GradientEdges, but got str",
            _2_13: "{'x': tensor(2.)}",
            _2_15: "{'x': tensor(2.)}",
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
        id="aminmax-derivative",
        title="`aminmax` has a derivative",
        reason=Reason.FEATURE,
        statement="2.11 records `NotImplemented` for `aminmax`, and backward refuses.",
        outcome={
            _2_11: (
                "torch::autograd::NotImplemented\nRuntimeError: derivative for aten::aminmax is not implemented\nNone"
            ),
            _2_13: ("AminmaxBackward0\ntensor([1., 0.])"),
            _2_15: ("AminmaxBackward0\ntensor([1., 0.])"),
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            low = x.aminmax()[0]
            print(low.grad_fn.name())
            low.backward()
            print(x.grad)
            """
        ),
        shows=both(calls("aminmax"), says(r"AminmaxBackward0|None|tensor", r"NotImplemented|not implemented")),
    ),
    DriftFinding(
        id="apply-takes-keywords",
        title="`Function.apply` takes keyword arguments",
        reason=Reason.FEATURE,
        statement="Keyword arguments of `apply` reach `forward`; 2.11 refuses them.",
        outcome={
            _2_11: "TypeError: apply() takes no keyword arguments",
            _2_13: "tensor(3., grad_fn=<ScaleBackward>)",
            _2_15: "tensor(3., grad_fn=<ScaleBackward>)",
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
        shows=either(
            says(r"", r"apply\(\) takes no keyword arguments"), both(calls("apply"), says(r"call forward", r"nothing"))
        ),
    ),
    DriftFinding(
        id="pack-hook-cannot",
        title="The text on a pack hook that writes says `cannot`",
        reason=Reason.TEXT,
        statement="2.11 says `can not`.",
        outcome={
            _2_11: (
                "RuntimeError: A saved tensor pack hook is modifying its input in place. Tensors "
                "provided as input to pack hook can not be modified by in-place operations as this can "
                "lead to unexpected side-effects. Please open an issue if you need to perform in-place "
                "operations on the input to a pack hook."
            ),
            _2_13: (
                "RuntimeError: A saved tensor pack hook is modifying its input in place. Tensors "
                "provided as input to pack hook cannot be modified by in-place operations as this can "
                "lead to unexpected side-effects. Please open an issue if you need to perform in-place "
                "operations on the input to a pack hook."
            ),
            _2_15: (
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
            _2_11: (
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
            _2_13: (
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
            _2_15: (
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
        title="`enforce_grad_layout_policy` and `region_activation_memory_budget` are new",
        reason=Reason.FEATURE,
        statement="2.11 has neither name.",
        outcome={
            _2_11: ("AttributeError: module 'torch' has no attribute 'autograd.grad_mode.enforce_grad_layout_policy'"),
            _2_13: "<torch.autograd.grad_mode.enforce_grad_layout_policy object at 0xADDRESS>",
            _2_15: "<torch.autograd.grad_mode.enforce_grad_layout_policy object at 0xADDRESS>",
        },
        program=code(
            """
            import torch
            print(torch.autograd.grad_mode.enforce_grad_layout_policy(False))
            """
        ),
        shows=calls("enforce_grad_layout_policy", "region_activation_memory_budget"),
    ),
    DriftFinding(
        id="function-node-outlives-its-result",
        title="The node of a custom Function is good for longer than its result",
        reason=Reason.FEATURE,
        statement=(
            "In 2.11 the node of a custom Function can no longer be read once the result that it belongs to is gone."
        ),
        outcome={
            _2_11: (
                "RuntimeError: Attribute 'name' is invalid for this instance of _C._FunctionBase. "
                "Accessing this attribute directly on an instance of autograd.Function is a legacy "
                "access pattern that is no longer supported. For examples on how to use new\u2011style "
                "autograd functions, see "
                "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function "
            ),
            _2_13: "DoubleBackward",
            _2_15: "DoubleBackward",
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
        id="clamp-at-its-bounds",
        title="The gradient of `clamp` at its bounds",
        reason=Reason.UNDEFINED,
        statement=(
            "Where the input equals a bound 2.13 passes the gradient on and 2.15 does not: `clamp` "
            "has no derivative there, and the documentation promises no subgradient."
        ),
        outcome={
            _2_11: "tensor([1., 1., 1.])",
            _2_13: "tensor([1., 1., 1.])",
            _2_15: "tensor([0., 1., 0.])",
        },
        program=code(
            """
            import torch
            x = torch.tensor([-1.0, 0.0, 1.0], requires_grad=True)
            x.clamp(-1, 1).sum().backward()
            print(x.grad)
            """
        ),
        shows=both(
            calls("clamp", "clip", "clamp_", "hardtanh", "relu6"),
            either(looks("values", r"tensor"), looks("messages", r"tensor", r"output")),
        ),
    ),
    DriftFinding(
        id="copy-slices-edges",
        title="`CopySlices` has no empty edge for a scalar that is written",
        reason=Reason.UNDEFINED,
        statement=("After `b[0] = 1.0` the node of `b` has a second edge to nothing in 2.13 and not in 2.15."),
        outcome={
            _2_11: "2",
            _2_13: "2",
            _2_15: "1",
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            b = x * 1
            b[0] = 1.0
            print(len(b.grad_fn.next_functions))
            """
        ),
        shows=looks("graph", r"CopySlices"),
    ),
    DriftFinding(
        id="mm-says-its-name",
        title="The text on shapes that do not multiply names the operator",
        reason=Reason.TEXT,
        statement="2.15 begins it with `mm: `.",
        outcome={
            _2_11: "RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x2 and 1x2)",
            _2_13: "RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x2 and 1x2)",
            _2_15: "RuntimeError: mm: mat1 and mat2 shapes cannot be multiplied (1x2 and 1x2)",
        },
        program=code(
            """
            import torch
            torch.zeros(1, 2) @ torch.zeros(1, 2)
            """
        ),
        shows=says(r"shapes cannot be multiplied", r"\w+: mat1 and mat2 shapes cannot be multiplied"),
    ),
    DriftFinding(
        id="mask-written-with-a-number",
        title="Writing a number through a mask is a masked fill",
        reason=Reason.UNDEFINED,
        statement=("The node after `b[mask] = 7.0` is `IndexPutBackward0` in 2.13 and `MaskedFillBackward0` in 2.15."),
        outcome={
            _2_11: "IndexPutBackward0",
            _2_13: "IndexPutBackward0",
            _2_15: "MaskedFillBackward0",
        },
        program=code(
            """
            import torch
            w = torch.tensor([5.0, 6.0], requires_grad=True)
            b = w * 1
            b[torch.tensor([False, True])] = 7.0
            print(b.grad_fn.name())
            """
        ),
        shows=looks("graph", r"MaskedFillBackward0|IndexPutBackward0"),
    ),
    DriftFinding(
        id="grad-dtype-of-a-result",
        title="`grad_dtype` can be read of any tensor",
        reason=Reason.FEATURE,
        statement="2.13 gives it of leaves only.",
        outcome={
            _2_11: "RuntimeError: grad_dtype can only be accessed on leaf tensors.",
            _2_13: "RuntimeError: grad_dtype can only be accessed on leaf tensors.",
            _2_15: "torch.float32",
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
        id="cdist-twice",
        title="`cdist` can be differentiated twice",
        reason=Reason.FEATURE,
        statement="2.13 has no derivative for `_cdist_backward`.",
        outcome={
            _2_11: ("NotImplementedError: the derivative for '_cdist_backward' is not implemented.\nNone"),
            _2_13: ("NotImplementedError: the derivative for '_cdist_backward' is not implemented.\nNone"),
            _2_15: "tensor([[ 0.0640, -0.0427]])",
        },
        program=code(
            """
            import torch
            x = torch.tensor([[1.0, 2.0]], requires_grad=True)
            y = torch.tensor([[3.0, 5.0]])
            g = torch.autograd.grad(torch.cdist(x, y).sum(), x, create_graph=True)[0]
            g.sum().backward()
            print(x.grad)
            """
        ),
        shows=calls("cdist"),
    ),
    DriftFinding(
        id="versions-inside-composites",
        title="How often a composite writes its own result",
        reason=Reason.UNDEFINED,
        statement=(
            "The gradient of `quantile` of a matrix is at version 2 in 2.13 and at 0 in 2.15: how "
            "often a composite writes its result is its own affair."
        ),
        outcome={
            _2_11: "2",
            _2_13: "2",
            _2_15: "0",
        },
        program=code(
            """
            import torch
            x = torch.tensor([[0.5, -1.5, 2.0], [1.25, 0.75, -0.25]], requires_grad=True)
            y = x.quantile(0.25)
            print(torch.autograd.grad(y * y, x, create_graph=True)[0]._version)
            """
        ),
        shows=looks("state", r"\d", r"version"),
    ),
    DriftFinding(
        id="checkpoint-options-listed",
        title="The text on options of checkpoint lists one more",
        reason=Reason.TEXT,
        statement="2.15 has `respect_saved_tensors_hooks` beside `context_fn` and `debug`.",
        outcome={
            _2_11: ("ValueError: Passing `context_fn` or `debug` is only supported when use_reentrant=False."),
            _2_13: ("ValueError: Passing `context_fn` or `debug` is only supported when use_reentrant=False."),
            _2_15: (
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
            _2_11: (
                "UserWarning: torch.utils.checkpoint: the use_reentrant parameter should be passed "
                "explicitly. Starting in PyTorch 2.9, calling checkpoint without use_reentrant will "
                "raise an exception. use_reentrant=False is recommended, but if you need to preserve "
                "the current default behavior, you can pass use_reentrant=True. Refer to docs for more "
                "details on the differences between the two variants."
            ),
            _2_13: (
                "UserWarning: torch.utils.checkpoint: the use_reentrant parameter should be passed "
                "explicitly. Starting in PyTorch 2.9, calling checkpoint without use_reentrant will "
                "raise an exception. use_reentrant=False is recommended, but if you need to preserve "
                "the current default behavior, you can pass use_reentrant=True. Refer to docs for more "
                "details on the differences between the two variants."
            ),
            _2_15: (
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
            _2_11: "crash SIGSEGV",
            _2_13: "crash SIGSEGV",
            _2_15: "survived",
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
        issue=f"{_ISSUE}196459",
    ),
    DriftFinding(
        id="compiled-twice",
        title="Compiled code has no second derivative",
        reason=Reason.FEATURE,
        statement="AOTAutograd compiles one backward; a backward through it is refused.",
        outcome={
            _2_13: "tensor([1.0000, 2.7183])",
            _COMPILED: (
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
        shows=says(r"", r"does not currently support double backward"),
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
        id="compiled-frees-as-a-whole",
        title="A compiled part is freed as a whole",
        reason=Reason.UNDEFINED,
        statement=(
            "Eager PyTorch runs a second backward through operators that saved nothing, and adds "
            "to the leaves before it meets one that did; of a compiled part everything is gone "
            "after the first."
        ),
        outcome={
            _2_13: (
                "RuntimeError: Trying to backward through the graph a second time (or directly access "
                "saved tensors after they have already been freed). Saved intermediate values of the "
                "graph are freed when you call .backward() or autograd.grad(). Specify "
                "retain_graph=True if you need to backward through the graph a second time or if you "
                "need to access saved tensors after calling backward.\n"
                "tensor([2., 2.])"
            ),
            _COMPILED: (
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
            both(calls("backward"), looks("values", r"tensor", r"grad$")),
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
            _2_13: "tensor([1.0000, 2.7183], grad_fn=<ExpBackward0>)",
            _COMPILED: "AttributeError: 'CompiledFunctionBackward' object has no attribute '_saved_result'",
        },
        program=code(
            """
            import torch
            x = torch.tensor([0.0, 1.0], requires_grad=True)
            y = x.exp()
            print(y.grad_fn._saved_result)
            """
        ),
        shows=either(
            says(r"", r"'CompiledFunctionBackward' object"),
            says(r"Backward0' object has no attribute", r""),
            says(r"^print", r"^nothing happened$"),
        ),
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
            _2_13: (
                "RuntimeError: one of the variables needed for gradient computation has been modified "
                "by an inplace operation: [torch.FloatTensor [2]], which is output 0 of Exp, is at "
                "version 1; expected version 0 instead. Hint: enable anomaly detection to find the "
                "operation that failed to compute its gradient, with "
                "torch.autograd.set_detect_anomaly(True, check_nan=False)."
            ),
            _COMPILED: (
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
            _2_13: ("pack\npack"),
            _COMPILED: "pack",
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
            "`x * 3` has an edge to nothing for 3, and hooks of its node see a None there; a "
            "compiled part has edges for its inputs alone."
        ),
        outcome={
            _2_13: "(tensor([3., 3.]), None)",
            _COMPILED: "(tensor([3., 3.]),)",
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
        shows=says(r"\bNone\b", r"^(?!.*None)"),
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
            _2_13: "1",
            _COMPILED: "0",
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
        shows=looks("state", r"", r"(version|is_view|requires_grad|is_leaf|retains_grad|shared memory|events)$"),
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
            _2_13: "SumBackward0",
            _COMPILED: "CompiledFunctionBackward",
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = (x * 2).sum()
            print(y.grad_fn.name())
            """
        ),
        shows=either(looks("graph", r""), says(r"", r"CompiledFunction|AccumulateGrad"), calls("_sequence_nr")),
        script=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            y = torch.compile(lambda x: (x * 2).sum(), backend="aot_eager")(x)
            print(y.grad_fn.name())
            """
        ),
    ),
    DriftFinding(
        id=DISAGREE,
        title="The environment does something else than the one that this version follows",
        reason=Reason.UNDEFINED,
        statement="The engine agrees with the followed environment, so the difference is PyTorch's own.",
        outcome={},
        program="",
        shows=lambda program, shown: True,
    ),
)
"""Versions, then compiling; last what nobody has looked into."""
