"""Versions: operators, their derivatives, and what they say of their operands."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.drift.finding import V2_11, V2_13, V2_15, DriftFinding, Reason
from gradconform.catalogue.drift.places import both, calls, either, looks, says

OPERATORS: tuple[DriftFinding, ...] = (
    DriftFinding(
        id="aminmax-derivative",
        title="`aminmax` has a derivative",
        reason=Reason.FEATURE,
        statement="2.11 records `NotImplemented` for `aminmax`, and backward refuses.",
        outcome={
            V2_11: (
                "torch::autograd::NotImplemented\nRuntimeError: derivative for aten::aminmax is not implemented\nNone"
            ),
            V2_13: ("AminmaxBackward0\ntensor([1., 0.])"),
            V2_15: ("AminmaxBackward0\ntensor([1., 0.])"),
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
        id="clamp-at-its-bounds",
        title="The gradient of `clamp` at its bounds",
        reason=Reason.UNDEFINED,
        statement=(
            "Where the input equals a bound 2.13 passes the gradient on and 2.15 does not: `clamp` "
            "has no derivative there, and the documentation promises no subgradient."
        ),
        outcome={
            V2_11: "tensor([1., 1., 1.])",
            V2_13: "tensor([1., 1., 1.])",
            V2_15: "tensor([0., 1., 0.])",
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
            V2_11: "2",
            V2_13: "2",
            V2_15: "1",
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
            V2_11: "RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x2 and 1x2)",
            V2_13: "RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x2 and 1x2)",
            V2_15: "RuntimeError: mm: mat1 and mat2 shapes cannot be multiplied (1x2 and 1x2)",
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
            V2_11: "IndexPutBackward0",
            V2_13: "IndexPutBackward0",
            V2_15: "MaskedFillBackward0",
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
        id="cdist-twice",
        title="`cdist` can be differentiated twice",
        reason=Reason.FEATURE,
        statement="2.13 has no derivative for `_cdist_backward`.",
        outcome={
            V2_11: ("NotImplementedError: the derivative for '_cdist_backward' is not implemented.\nNone"),
            V2_13: ("NotImplementedError: the derivative for '_cdist_backward' is not implemented.\nNone"),
            V2_15: "tensor([[ 0.0640, -0.0427]])",
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
            V2_11: "2",
            V2_13: "2",
            V2_15: "0",
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
)
