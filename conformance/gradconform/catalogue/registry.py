"""Every behaviour of the catalogue, by id, and how a selection of ids is read."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from gradconform.catalogue.behaviour import Behaviour


class UnknownBehaviour(ValueError):
    """A pattern that selects nothing; the message names what is closest to it."""


@dataclass(frozen=True, slots=True)
class Family:
    """A group of behaviours: the part of their ids before the dot, a title, and the module with its `BEHAVIOURS`."""

    id: str
    title: str
    module: str


FAMILIES: tuple[Family, ...] = (
    Family("leaf-gradients", "Gradients of leaves", "families.leaf_gradients"),
    Family("retain-graph", "Keeping and freeing graphs", "families.retain_graph"),
    Family("retain-grad", "Gradients of results", "families.retain_grad"),
    Family("grad-tensors", "Weights of backward", "families.grad_tensors"),
    Family("autograd-grad", "torch.autograd.grad and inputs of backward", "families.autograd_grad"),
    Family("grad-modes", "Grad modes", "families.grad_modes"),
    Family("detach", "Detaching and freezing", "families.detach"),
    Family("hooks", "Hooks", "families.hooks"),
    Family("in-place", "Writing into tensors", "families.in_place"),
    Family("views", "Views", "families.views"),
    Family("accumulation", "How gradients accumulate", "families.accumulation"),
    Family("saved-tensor-hooks", "Hooks of saved tensors", "families.saved_tensor_hooks"),
    Family("inference-mode", "Inference mode", "families.inference_mode"),
    Family("anomaly-mode", "Anomaly mode", "families.anomaly_mode"),
    Family("lifetimes", "What keeps what alive", "families.lifetimes"),
    Family("checkpoint", "Checkpointing", "families.checkpoint"),
    Family("operators", "Operators one by one", "families.operators"),
    Family("graph-nodes", "Nodes of the graph", "families.graph_nodes"),
    Family("custom-function", "Custom Functions", "families.custom_function"),
    Family("forward-mode", "Forward mode", "families.forward_mode"),
    Family("functional", "torch.autograd.functional", "families.functional"),
    Family("func-transforms", "Transforms of torch.func", "families.func_transforms"),
    Family("gradcheck", "gradcheck and gradgradcheck", "families.gradcheck"),
    Family("entry-points", "Other public names", "families.entry_points"),
    Family("double-backward", "Gradients of gradients", "families.double_backward"),
    Family("broadcasting", "Broadcasting", "families.broadcasting"),
    Family("dtypes", "Dtypes", "families.dtypes"),
    Family("complex-numbers", "Complex numbers", "families.complex_numbers"),
    Family("kinks", "Kinks, ties and jumps", "families.kinks"),
    Family("special-values", "NaN, infinities, empty tensors", "families.special_values"),
    Family("left-open", "Left open by the documentation", "families.left_open"),
    Family("notes", "The study notes", "notes"),
)
"""In the order of reports."""


@cache
def behaviours() -> Mapping[str, Behaviour]:
    """Every behaviour by its id, family by family. Raises `ValueError` where two have the same id."""
    found: dict[str, Behaviour] = {}
    for family in FAMILIES:
        module = importlib.import_module(f"gradconform.catalogue.{family.module}")
        for behaviour in module.BEHAVIOURS:
            if behaviour.id in found:
                raise ValueError(f"two behaviours are called {behaviour.id}")
            found[behaviour.id] = behaviour
    return MappingProxyType(found)


def select(patterns: Sequence[str]) -> tuple[Behaviour, ...]:
    """The behaviours that any of the patterns names, in the order of the catalogue; all of them for no patterns.

    A pattern is an id, a family (`retain-graph`), or the beginning of an id that reaches past its dot (`notes.n1`).
    Raises `UnknownBehaviour` for one that selects nothing.
    """
    known = behaviours()
    if not patterns:
        return tuple(known.values())
    chosen: set[str] = set()
    for pattern in patterns:
        matching = {pattern} & known.keys() or {name for name in known if _begins(name, pattern)}
        if not matching:
            raise UnknownBehaviour(f"no behaviour is called {pattern!r}{_suggestion(pattern, known)}")
        chosen |= matching
    return tuple(behaviour for name, behaviour in known.items() if name in chosen)


def _begins(name: str, pattern: str) -> bool:
    return name.startswith(pattern if "." in pattern else f"{pattern}.")


def _suggestion(pattern: str, known: Mapping[str, Behaviour]) -> str:
    families = [family.id for family in FAMILIES]
    close = difflib.get_close_matches(pattern, [*known, *families], n=3, cutoff=0.6)
    if not close:
        return f"; the families are {', '.join(families)}"
    return f"; did you mean {' or '.join(close)}?"
