"""Versions: operators, their derivatives, and what they say of their operands."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.drift.finding import V2_11, V2_13, V2_15, DriftFinding, Reason
from gradconform.catalogue.drift.places import both, calls, either, looks, same_but_for, says

_CHOLESKY_WARNS = (
    "tensor([[2., 0.],\n        [0., 1.]])\n"
    "UserWarning: torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be removed in a future "
    "PyTorch release.\nL = torch.cholesky(A)\nshould be replaced with\nL = torch.linalg.cholesky(A)\nand\n"
    "U = torch.cholesky(A, upper=True)\nshould be replaced with\nU = torch.linalg.cholesky(A).mH\n"
    "This transform will produce equivalent results for all valid (symmetric positive definite) inputs."
)

OPERATORS: tuple[DriftFinding, ...] = (
    DriftFinding(
        id="derivatives-new-since-2-11",
        title="`aminmax`, `narrow_copy` and `nextafter` have derivatives",
        reason=Reason.FEATURE,
        statement=(
            "2.11 refuses the backward of the three; of `aminmax` and `narrow_copy` it records `NotImplemented`."
        ),
        outcome={
            V2_11: (
                "torch::autograd::NotImplemented\n"
                "RuntimeError: derivative for aten::aminmax is not implemented\n"
                "RuntimeError: derivative for aten::narrow_copy is not implemented\n"
                "NotImplementedError: the derivative for 'nextafter' is not implemented.\n"
                "None"
            ),
            V2_13: "AminmaxBackward0\ntensor([3., 1.])",
            V2_15: "AminmaxBackward0\ntensor([3., 1.])",
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            low = x.aminmax()[0]
            print(low.grad_fn.name())
            low.backward()
            torch.narrow_copy(x, 0, 0, 1).backward()
            torch.nextafter(x, x.detach() + 1).sum().backward()
            print(x.grad)
            """
        ),
        shows=either(
            says(
                r"", r"the derivative for 'nextafter' is not implemented|aten::(aminmax|narrow_copy) is not implemented"
            ),
            says(r"AminmaxBackward0|NarrowCopyBackward0", r"torch::autograd::NotImplemented"),
        ),
    ),
    DriftFinding(
        id="clamp-at-its-bounds",
        title="The gradient of `clamp` at its bounds",
        reason=Reason.UNDEFINED,
        statement=(
            "Where the input equals a bound 2.13 passes the gradient on and 2.15 does not, or shares "
            "it with the bound where that is a tensor: `clamp` has no derivative there, and the "
            "documentation promises no subgradient."
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
            calls("clamp", "clip", "clamp_", "clip_", "clamp_min", "clamp_max", "clamp_min_", "clamp_max_"),
            either(looks("values", r"tensor"), looks("messages", r"tensor", r"output")),
        ),
    ),
    DriftFinding(
        id="numbers-written-without-an-edge",
        title="A number that is written has no empty edge",
        reason=Reason.UNDEFINED,
        statement=(
            "After `b[0] = 1.0` or `b[...] = 1.0` the node of `b` has a second edge, to nothing, in "
            "2.13 and not in 2.15; the node of the latter is `FillBackward3` in 2.13 and "
            "`FillBackward2` in 2.15."
        ),
        outcome={
            V2_11: "((None, 0),)",
            V2_13: "((None, 0),)",
            V2_15: "()",
        },
        program=code(
            """
            import torch
            x = torch.tensor([1.0, 2.0], requires_grad=True)
            b = x * 1
            b[0] = 1.0
            print(b.grad_fn.next_functions[1:])
            """
        ),
        shows=either(
            both(
                looks("graph", r"CopySlices\(.*, None\)|FillBackward3"),
                same_but_for(r", None(?=[,)])|(?<=FillBackward)[23]"),
            ),
            says(r"^\(\(None, 0\),\)$", r"^\(\)$"),
            says(r"output 0 of Fill2\b", r"output 0 of Fill3\b"),
        ),
    ),
    DriftFinding(
        id="number-fills-a-scalar",
        title="A number that is written to a tensor without dimensions is filled in",
        reason=Reason.UNDEFINED,
        statement="After `b[...] = 2.0` the node of a 0-dimensional `b` is a copy in 2.13 and a fill in 2.15.",
        outcome={
            V2_11: "torch::autograd::CopyBackwards",
            V2_13: "torch::autograd::CopyBackwards",
            V2_15: "FillBackward2",
        },
        program=code(
            """
            import torch
            b = torch.tensor(2.0, requires_grad=True) * 0
            b[...] = 2.0
            print(b.grad_fn.name())
            """
        ),
        shows=says(r"\bFill(Backward)?2\b", r"\bCopyBackwards\b"),
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
        shows=says(r"IndexPutBackward0", r"MaskedFillBackward0"),
    ),
    DriftFinding(
        id="distances-twice",
        title="`cdist` and `pdist` can be differentiated twice",
        reason=Reason.FEATURE,
        statement="2.13 has no derivatives for `_cdist_backward` and `_pdist_backward`.",
        outcome={
            V2_11: (
                "NotImplementedError: the derivative for '_pdist_backward' is not implemented.\n"
                "NotImplementedError: the derivative for '_cdist_backward' is not implemented.\n"
                "None"
            ),
            V2_13: (
                "NotImplementedError: the derivative for '_pdist_backward' is not implemented.\n"
                "NotImplementedError: the derivative for '_cdist_backward' is not implemented.\n"
                "None"
            ),
            V2_15: "tensor([[ 0.0640, -0.0427],\n        [ 0.0000,  0.0000]])",
        },
        program=code(
            """
            import torch
            x = torch.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
            for distances in (torch.pdist(x), torch.cdist(x, torch.tensor([[3.0, 5.0]]))):
                g = torch.autograd.grad(distances.sum(), x, create_graph=True)[0]
                g.sum().backward()
            print(x.grad)
            """
        ),
        shows=says(r"the derivative for '_[cp]dist_backward' is not implemented", r""),
    ),
    DriftFinding(
        id="composed-of-other-operators",
        title="Composites and derivatives are made of other operators",
        reason=Reason.UNDEFINED,
        statement=(
            "2.15 writes `quantile`, and the derivatives of `clamp`, `fmax`, `ndtri`, `log_ndtr`, "
            "`group_norm` and their like, with other operators than 2.13: nodes inside and the "
            "versions of gradients are their own affair."
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
        shows=both(
            calls(
                *("quantile", "clamp", "clamp_min", "clamp_max", "fmax", "fmin", "ndtri", "log_ndtr", "group_norm"),
            ),
            either(
                looks("graph", r"Backward\d"),
                looks("state", r"^\d+$", r"version$"),
                both(calls("_version"), looks("messages", r"^\d+$", r"^output$")),
            ),
        ),
    ),
    DriftFinding(
        id="matrix-and-vector-of-other-dtypes",
        title="The text on a matrix and a vector of unlike dtypes",
        reason=Reason.TEXT,
        statement="2.13 names the operator and all dtypes.",
        outcome={
            V2_11: "RuntimeError: expected scalar type Float but found Double",
            V2_13: ("RuntimeError: addmv input tensors must have the same dtype, but got Double, Float, and Double"),
            V2_15: ("RuntimeError: addmv input tensors must have the same dtype, but got Double, Float, and Double"),
        },
        program=code(
            """
            import torch
            torch.mv(torch.ones(1, 1), torch.ones(1, dtype=torch.float64))
            """
        ),
        shows=says(r"^addmv input tensors must have the same dtype", r"^expected scalar type \w+ but found \w+$"),
    ),
    DriftFinding(
        id="fmax-shares",
        title="`fmax` and `fmin` share the gradient of equal elements",
        reason=Reason.UNDEFINED,
        statement=(
            "Where both are equal 2.13 gives all of it to the first and 2.15 half to each, as "
            "`maximum` does: there is no derivative there, and the documentation promises no "
            "subgradient."
        ),
        outcome={
            V2_11: "tensor(1.) tensor(0.)",
            V2_13: "tensor(1.) tensor(0.)",
            V2_15: "tensor(0.5000) tensor(0.5000)",
        },
        program=code(
            """
            import torch
            x = torch.tensor(1.0, requires_grad=True)
            y = torch.tensor(1.0, requires_grad=True)
            torch.fmax(x, y).backward()
            print(x.grad, y.grad)
            """
        ),
        shows=both(calls("fmax", "fmin"), either(looks("values", r"tensor"), looks("messages", r"tensor", r"output"))),
    ),
    DriftFinding(
        id="attention-by-another-kernel",
        title="`scaled_dot_product_attention` takes another kernel",
        reason=Reason.UNDEFINED,
        statement=(
            "Which one is taken is left to PyTorch. 2.15 takes that of four dimensions, the flash "
            "kernel of the CPU, for three too: the result is a view, and there is no second derivative."
        ),
        outcome={
            V2_11: "UnsafeViewBackward0 False",
            V2_13: "UnsafeViewBackward0 False",
            V2_15: (
                "SqueezeBackward1 True\n"
                "RuntimeError: derivative for aten::_scaled_dot_product_flash_attention_for_cpu_backward "
                "is not implemented"
            ),
        },
        program=code(
            """
            import torch
            x = torch.ones(1, 2, 2, requires_grad=True)
            y = torch.nn.functional.scaled_dot_product_attention(x, x, x)
            print(y.grad_fn.name(), y._is_view())
            g = torch.autograd.grad(y.sum(), x, create_graph=True)[0]
            g.sum().backward()
            """
        ),
        shows=both(
            calls("scaled_dot_product_attention"),
            either(
                looks("graph", r"Backward\d"),
                says(r"^UnsafeViewBackward0", r"^SqueezeBackward1"),
                looks("state", r"^(True|False)$", r"is_view$"),
                says(r"", r"aten::_scaled_dot_product_flash_attention_for_cpu_backward is not implemented"),
            ),
        ),
    ),
    DriftFinding(
        id="cholesky-is-gone",
        title="`torch.cholesky` was removed",
        reason=Reason.FEATURE,
        statement="It warned since 1.9 that it would be; 2.15 refuses it and names `torch.linalg.cholesky`.",
        outcome={
            V2_11: _CHOLESKY_WARNS,
            V2_13: _CHOLESKY_WARNS,
            V2_15: (
                "RuntimeError: This function was deprecated since version 1.9 and is now removed. `torch.cholesky` is "
                "deprecated in favor of `torch.linalg.cholesky`.\n"
                "L = torch.cholesky(A) should be replaced with:\n"
                "L = torch.linalg.cholesky(A)\n"
                "U = torch.cholesky(A, upper=True) should be replaced with:\n"
                "U = torch.linalg.cholesky(A).mH"
            ),
        },
        program=code(
            """
            import torch
            s = torch.tensor([[4.0, 0.0], [0.0, 1.0]])
            print(torch.cholesky(s))
            """
        ),
        shows=says(r"", r"`torch\.cholesky` is deprecated in favor of"),
    ),
    DriftFinding(
        id="lanczos-with-antialiasing",
        title="`interpolate` knows the filter of Lanczos",
        reason=Reason.FEATURE,
        statement="2.11 has antialiasing for the modes bilinear and bicubic only.",
        outcome={
            V2_11: (
                "ValueError: Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor "
                "as input"
            ),
            V2_13: "torch.Size([1, 1, 1, 1])",
            V2_15: "torch.Size([1, 1, 1, 1])",
        },
        program=code(
            """
            import torch
            c = torch.ones(1, 1, 4, 4)
            print(torch.nn.functional.interpolate(c, size=(1, 1), mode="lanczos", antialias=True).shape)
            """
        ),
        shows=says(r"", r"^ValueError: Anti-alias option is restricted to bilinear and bicubic modes"),
    ),
)
