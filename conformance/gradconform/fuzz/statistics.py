"""What generated programs reach: features, pairs of features, graph nodes, and how they end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from gradconform.coverage import named, nodes
from gradoracle import program as p
from gradoracle.trace import Trace

_NAMES: dict[str, str] = {
    "backward": ".backward torch.autograd.backward",
    "autograd-grad": "torch.autograd.grad",
    "retain-grad": ".retain_grad",
    "grad-mode": "torch.no_grad torch.enable_grad torch.set_grad_enabled",
    "inference-mode": "torch.inference_mode",
    "detach": ".detach .detach_ .data",
    "requires-grad-toggle": ".requires_grad_",
    "hooks": ".register_hook torch.autograd.graph.register_multi_grad_hook",
    "post-accumulate-hooks": ".register_post_accumulate_grad_hook",
    "saved-tensor-hooks": "torch.autograd.graph.saved_tensors_hooks torch.autograd.graph.save_on_cpu",
    "anomaly-mode": "torch.autograd.detect_anomaly torch.autograd.set_detect_anomaly",
    "checkpoint": "torch.utils.checkpoint.checkpoint",
    "gradient-edges": "torch.autograd.graph.get_gradient_edge",
    "views": ".view .view_as .reshape .narrow .select .split .chunk .unbind .expand .expand_as .t .transpose .permute"
    " .squeeze .unsqueeze .diagonal .unfold .as_strided .T .mT .flatten .swapaxes .movedim .tensor_split",
}
_PREFIXES: dict[str, str] = {
    "forward-mode": "torch.autograd.forward_ad.",
    "func-transforms": "torch.func.",
    "functional": "torch.autograd.functional.",
}
_KEYWORDS: dict[str, str] = {
    "retain_graph": "retain-graph",
    "create_graph": "double-backward",
    "inputs": "backward-inputs",
    "is_grads_batched": "batched-grads",
}
_BY_NAME = {name: feature for feature, names in _NAMES.items() for name in names.split()}
FEATURES: tuple[str, ...] = (*_NAMES, *_PREFIXES, *_KEYWORDS.values(), "in-place", "custom-function", "mode-decorators")
"""The features of `gradconform.catalogue.features` that the text of a program shows."""


def features(program: p.Program) -> frozenset[str]:
    """The features that a program names."""
    names = named([(program, None)])
    found = {_BY_NAME[name] for name in names if name in _BY_NAME}
    found.update(feature for feature, prefix in _PREFIXES.items() if any(name.startswith(prefix) for name in names))
    if any(name.endswith("_") and not name.endswith("__") for name in names - {".requires_grad_", ".detach_"}):
        found.add("in-place")
    for statement in program.walk():
        found.update(_of_statement(statement))
        for expression in p.expressions(statement):
            if isinstance(expression, p.Call):
                found.update(_KEYWORDS[name] for name, _ in expression.kwargs if name in _KEYWORDS)
    return frozenset(found)


def _of_statement(statement: p.Statement) -> Iterator[str]:
    match statement:
        case p.Augment():
            yield "in-place"
        case p.Assign(targets) if any(isinstance(target, p.Item) for target in targets):
            yield "in-place"
        case p.Assign(targets) if any(isinstance(one, p.Attr) and one.name == "requires_grad" for one in targets):
            yield "requires-grad-toggle"
        case p.Class():
            yield "custom-function"
        case p.Define(decorators=decorators) if decorators:
            yield "mode-decorators"


@dataclass(slots=True)
class Statistics:
    """How many programs reach what.

    `erring` counts programs with an error, `dead` those after whose first error nothing but errors follows, though it
    is not their last statement.
    """

    programs: int = 0
    steps: int = 0
    features: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    nodes: Counter[str] = field(default_factory=Counter)
    erring: int = 0
    dead: int = 0
    unfinished: int = 0


def statistics(programs: Iterable[p.Program], run: Callable[[p.Program], Trace]) -> Statistics:
    """Run programs on an oracle and count what they reach."""
    found = Statistics()
    for program in programs:
        trace = run(program)
        named_here = sorted(features(program))
        found.programs += 1
        found.steps += len(trace.steps)
        found.features.update(named_here)
        found.pairs.update(combinations(named_here, 2))
        found.nodes.update(nodes([trace]))
        found.unfinished += not trace.finished
        failed = [step.outcome[0] == "error" for step in trace.steps if not _looks(step.outcome)]
        if True in failed:
            after = failed[failed.index(True) + 1 :]
            found.erring += 1
            found.dead += bool(after) and all(after)
    return found


def _looks(outcome: tuple[object, ...]) -> bool:
    """Whether a step only looked: an `observe` does not fail for what failed before it."""
    value = outcome[1]
    return isinstance(value, tuple) and value[:1] == ("seen",)
