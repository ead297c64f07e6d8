"""Anomaly mode: nodes remember where they were made, and backward tells it when a node fails or returns nan.

The mode is one flag of the process. While it is on, each new node keeps the formatted stack under `traceback_` of its
`metadata` and, if it is made while another node runs (double backward), that node under `parent_`.
Behaviour: https://docs.pytorch.org/docs/2.13/autograd.html#anomaly-detection, details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import anomaly_texts, binding_texts

if TYPE_CHECKING:
    from refgrad.node import Gradients, Node

TRACE, PARENT = "traceback_", "parent_"

OWED = object()
"""Stands for an argument that was not given."""

OURS = (str(Path(__file__).parent), "<refgrad ")
"""Where frames come from that a stack need not end in."""


class State:
    """Whether the mode is on, and whether it looks for nan."""

    __slots__ = ("check_nan", "enabled")

    def __init__(self) -> None:
        self.enabled = False
        self.check_nan = True


state = State()


def set_anomaly_enabled(enabled: Any = OWED, check_nan: bool = True) -> None:
    """Switch the mode.

    Raises TypeError for anything but bools.
    """
    if enabled is OWED:
        raise TypeError(binding_texts.argument_owed("set_anomaly_enabled", "enabled"))
    for place, (name, value) in enumerate((("enabled", enabled), ("check_nan", check_nan)), 1):
        if not isinstance(value, bool):
            raise TypeError(binding_texts.not_a_bool("set_anomaly_enabled", name, place, value))
    state.enabled = enabled
    state.check_nan = check_nan


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on."""
    return state.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly mode, where it is on, takes nan for an error."""
    return state.check_nan


def remember(node: Node) -> None:
    """Note on a new node where it is made, and in which node's backward."""
    from refgrad import backward  # it imports this module

    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    metadata = node.metadata
    metadata[TRACE] = traceback.format_list(traceback.extract_stack(frame))
    task = backward.engine.task
    if task is not None and task.node is not None:
        metadata[PARENT] = task.node


def check_nan(node: Node, gradients: Gradients) -> None:
    """Raise RuntimeError if a gradient that `node` returned is nan and the mode looks for that."""
    if state.check_nan:
        for i, each in enumerate(gradients):
            if each is not None and np.isnan(each._array).any():
                raise RuntimeError(anomaly_texts.nan_returned(node.name(), i))


def report(node: Node) -> None:
    """Warn (UserWarning) where the node was made, then where the nodes were made in whose backward it was."""
    warn_of(node, anomaly_texts.error_detected)
    parent = node.metadata.get(PARENT)
    while parent is not None:
        warn_of(parent, anomaly_texts.previous_calculation)
        parent = parent.metadata.get(PARENT)


def warn_of(node: Node, text: Callable[[str, str | None], str]) -> None:
    stack = node.metadata.get(TRACE)
    warnings.warn(text(node.name(), None if stack is None else "".join(stack).rstrip("\n")), UserWarning, stacklevel=4)
