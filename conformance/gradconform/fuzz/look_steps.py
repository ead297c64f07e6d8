"""Steps that look: at one flag, at one tensor, at several."""

from __future__ import annotations

from gradconform.fuzz import nodes
from gradconform.fuzz.draft import Draft
from gradoracle.program import Attr

_READS = (
    "requires_grad", "is_leaf", "grad_fn", "_version", "grad", "retains_grad", "output_nr", "is_inference", "_base",
    "data", "shape", "_is_view", "next",
)  # fmt: skip
_CALLED = frozenset({"is_inference", "_is_view"})


def read(d: Draft) -> None:
    """One attribute of a tensor."""
    one = d.one_of(d.tensors)
    name = d.one_of(_READS)
    if name == "next":
        node = nodes.attr(d.result().name, "grad_fn")
        d.run(Attr(node, "next_functions"))
    elif name in _CALLED:
        d.run(nodes.bare(one.name, name))
    else:
        d.run(nodes.attr(one.name, name))


def mode(d: Draft) -> None:
    """Whether grad is enabled."""
    d.run(nodes.call("torch.is_grad_enabled"))


def observed(d: Draft) -> None:
    """A full look at one or two tensors."""
    one = d.one_of(d.tensors)
    other = d.any_of(d.tensors)
    d.observe((one,) if other is None or d.below(2) else (one, other))
