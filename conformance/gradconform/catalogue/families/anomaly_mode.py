"""Family 13: anomaly mode: how it is switched, what it raises, what it warns of."""

from __future__ import annotations

from inspect import cleandoc as code

from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.generate import anomaly_mode as generate

FAMILY = "anomaly-mode"

_AUTOGRAD_DETECT_ANOMALY = "https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.detect_anomaly"
_AUTOGRAD_SET_DETECT_ANOMALY = "https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.set_detect_anomaly"

BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(
        id="anomaly-mode.detect-anomaly-warns",
        family=FAMILY,
        statement="`detect_anomaly` switches anomaly mode on for a block and warns that it is slow.",
        expectation="A UserWarning where it is made, the mode on inside and off behind it.",
        level=Level.REQUIRED,
        clause=Clause(
            _AUTOGRAD_DETECT_ANOMALY, "Context-manager that enable anomaly detection for the autograd engine."
        ),
        examples=(
            code(
                """
                import torch
                torch.is_anomaly_enabled()
                with torch.autograd.detect_anomaly():
                    torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
                torch.is_anomaly_enabled()
                with torch.autograd.anomaly_mode.detect_anomaly(check_nan=False):
                    torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
                torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
                """
            ),
        ),
        needs=(
            "anomaly-mode",
            "warnings",
        ),
    ),
    Behaviour(
        id="anomaly-mode.set-detect-anomaly-switches",
        family=FAMILY,
        statement="`set_detect_anomaly` works as a block and as a call, without a warning.",
        expectation="The mode after each.",
        level=Level.REQUIRED,
        clause=Clause(_AUTOGRAD_SET_DETECT_ANOMALY, "It can be used as a context-manager or as a function."),
        examples=(
            code(
                """
                import torch
                with torch.autograd.set_detect_anomaly(True):
                    torch.is_anomaly_enabled()
                torch.is_anomaly_enabled()
                torch.autograd.set_detect_anomaly(True, check_nan=False)
                torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
                torch.autograd.set_detect_anomaly(False)
                torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
                """
            ),
        ),
        generator=generate.SWITCHED,
        needs=("anomaly-mode",),
    ),
    Behaviour(
        id="anomaly-mode.set-anomaly-enabled",
        family=FAMILY,
        statement="`torch.set_anomaly_enabled` sets the mode directly.",
        expectation="Both flags after each call.",
        level=Level.OPTIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                torch.set_anomaly_enabled(True)
                torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
                torch.set_anomaly_enabled(True, False)
                torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
                torch.set_anomaly_enabled(False)
                torch.is_anomaly_enabled()
                """
            ),
        ),
        needs=("anomaly-mode",),
        depends=("anomaly-mode.set-detect-anomaly-switches",),
    ),
    Behaviour(
        id="anomaly-mode.nested-modes-restore",
        family=FAMILY,
        statement="A block inside another restores the mode it found, also when it is left by an exception.",
        expectation="The mode inside and behind each block.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                with torch.autograd.anomaly_mode.set_detect_anomaly(True):
                    with torch.autograd.set_detect_anomaly(False):
                        torch.is_anomaly_enabled()
                    torch.is_anomaly_enabled()
                try:
                    with torch.autograd.set_detect_anomaly(True):
                        raise ValueError("inside")
                except ValueError as error:
                    print(error, torch.is_anomaly_enabled())
                """
            ),
        ),
        needs=("anomaly-mode",),
        depends=("anomaly-mode.set-detect-anomaly-switches",),
    ),
    Behaviour(
        id="anomaly-mode.nan-raises",
        family=FAMILY,
        statement="In anomaly mode a node that returns NaN raises, with its name and the number of the output.",
        expectation="RuntimeError that names the node; nothing is accumulated. Outside the mode NaN passes.",
        level=Level.REQUIRED,
        clause=Clause(
            _AUTOGRAD_DETECT_ANOMALY, 'any backward computation that generate "nan" value will raise an error.'
        ),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([0.0], requires_grad=True)
                with torch.autograd.set_detect_anomaly(True):
                    y = (x.sqrt() * 0).sum()
                    y.backward()
                observe(x)
                (x.sqrt() * 0).sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.NAN_RAISES,
        needs=(
            "anomaly-mode",
            "backward",
        ),
        depends=("anomaly-mode.set-detect-anomaly-switches",),
    ),
    Behaviour(
        id="anomaly-mode.nan-check-can-be-off",
        family=FAMILY,
        statement="With `check_nan=False` NaN passes in anomaly mode.",
        expectation="No error and NaN in `.grad`.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([0.0], requires_grad=True)
                with torch.autograd.set_detect_anomaly(True, check_nan=False):
                    (x.sqrt() * 0).sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.UNCHECKED,
        needs=(
            "anomaly-mode",
            "backward",
        ),
        depends=("anomaly-mode.nan-raises",),
    ),
    Behaviour(
        id="anomaly-mode.infinity-is-no-anomaly",
        family=FAMILY,
        statement="Infinity does not count as an anomaly.",
        expectation="No error and infinity in `.grad`.",
        level=Level.REQUIRED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([0.0], requires_grad=True)
                with torch.autograd.set_detect_anomaly(True):
                    x.sqrt().sum().backward()
                observe(x)
                """
            ),
        ),
        generator=generate.INFINITY,
        needs=(
            "anomaly-mode",
            "backward",
        ),
        depends=("anomaly-mode.nan-raises",),
    ),
    Behaviour(
        id="anomaly-mode.nan-of-the-caller",
        family=FAMILY,
        statement="NaN in a gradient that the caller gives is found at the first node that returns NaN.",
        expectation="RuntimeError that names that node.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([1.0], requires_grad=True)
                with torch.autograd.set_detect_anomaly(True):
                    (x * 2).backward(torch.tensor([math.nan]))
                observe(x)
                """
            ),
        ),
        needs=(
            "anomaly-mode",
            "backward",
        ),
        depends=("anomaly-mode.nan-raises",),
    ),
    Behaviour(
        id="anomaly-mode.forward-nan-is-no-anomaly",
        family=FAMILY,
        statement="NaN in a forward value alone raises nothing.",
        expectation="No error where the gradient is finite.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([-1.0], requires_grad=True)
                with torch.autograd.set_detect_anomaly(True):
                    y = torch.tensor([math.nan]) + x
                    y.backward()
                observe(x, y)
                """
            ),
        ),
        needs=(
            "anomaly-mode",
            "backward",
        ),
        depends=("anomaly-mode.nan-raises",),
    ),
    Behaviour(
        id="anomaly-mode.forward-outside-the-mode",
        family=FAMILY,
        statement="Where the graph was recorded outside anomaly mode, the warning says that there is no trace of "
        "the forward call.",
        expectation="The warning's text and the error.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([0.0], requires_grad=True)
                y = (x.sqrt() * 0).sum()
                with torch.autograd.set_detect_anomaly(True):
                    y.backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "anomaly-mode",
            "backward",
            "warnings",
        ),
        depends=("anomaly-mode.nan-raises",),
    ),
    Behaviour(
        id="anomaly-mode.errors-of-a-function-pass",
        family=FAMILY,
        statement="An exception raised in the backward of a custom Function comes out as it is in anomaly mode too.",
        expectation="The exception's class and text.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                class Failing(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x):
                        return x * 2

                    @staticmethod
                    def backward(ctx, g):
                        raise KeyError("inside")

                x = torch.tensor([1.0], requires_grad=True)
                y = Failing.apply(x)
                with torch.autograd.set_detect_anomaly(True):
                    y.backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "anomaly-mode",
            "custom-function",
            "backward",
        ),
    ),
    Behaviour(
        id="anomaly-mode.nan-of-a-function",
        family=FAMILY,
        statement="NaN that a custom Function returns is blamed on its node.",
        expectation="RuntimeError with the Function's name.",
        level=Level.RECOMMENDED,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                class Lost(torch.autograd.Function):
                    @staticmethod
                    def forward(ctx, x, y):
                        return x * y

                    @staticmethod
                    def backward(ctx, g):
                        return g, g * math.nan

                x = torch.tensor([1.0], requires_grad=True)
                w = torch.tensor([1.0], requires_grad=True)
                y = Lost.apply(x, w)
                with torch.autograd.set_detect_anomaly(True):
                    y.backward()
                observe(x, w)
                """
            ),
        ),
        needs=(
            "anomaly-mode",
            "custom-function",
            "backward",
        ),
        depends=("anomaly-mode.nan-raises",),
    ),
    Behaviour(
        id="anomaly-mode.hint-of-modified-tensors",
        family=FAMILY,
        statement="In anomaly mode the hint of the error about a modified saved tensor is another one.",
        expectation="The text of the error in and outside the mode.",
        level=Level.INFORMATIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor([0.0, 1.0], requires_grad=True)
                y = x.exp()
                y.add_(1)
                s = y.sum()
                with torch.autograd.set_detect_anomaly(True):
                    s.backward(retain_graph=True)
                s.backward()
                observe(x)
                """
            ),
        ),
        needs=(
            "anomaly-mode",
            "in-place",
            "saved-tensor-checks",
        ),
        depends=("in-place.saved-result-is-refused",),
    ),
    Behaviour(
        id="anomaly-mode.parent-in-metadata",
        family=FAMILY,
        statement="In anomaly mode the nodes of a gradient made with `create_graph=True` name the node they were "
        "made by.",
        expectation='`metadata["parent_"]` is that node.',
        level=Level.OPTIONAL,
        clause=Observed("2.13.0"),
        examples=(
            code(
                """
                import torch
                x = torch.tensor(2.0, requires_grad=True)
                with torch.autograd.set_detect_anomaly(True):
                    y = x**3
                    g = torch.autograd.grad(y, x, create_graph=True)[0]
                sorted(g.grad_fn.metadata.keys())
                g.grad_fn.metadata["parent_"].name()
                g.grad_fn.metadata["parent_"] is y.grad_fn
                """
            ),
        ),
        needs=(
            "anomaly-mode",
            "double-backward",
            "graph-introspection",
        ),
    ),
)
