"""What `torch.autograd.graph` says."""

from __future__ import annotations

NO_GRADIENT_FUNCTION = "Expected gradient function to be set"
HOOK_OUTSIDE_BACKWARD = "expected this hook to be called inside a backward call"
VERSION_NO_ITERABLE = "increment_version expect a Iterable[Tensor] as input"
VERSION_NO_TENSOR = "increment_version expects each element of the iterable to be a tensor"
BUDGET_EAGER = (
    "torch.autograd.graph.region_activation_memory_budget can only be used inside a torch.compile region; it has no "
    "effect in eager mode."
)


def budget_type(kind: str) -> str:
    return f"torch.autograd.graph.region_activation_memory_budget: expects a float, got {kind}"


def budget_range(budget: object) -> str:
    return f"torch.autograd.graph.region_activation_memory_budget: must be in [0, 1], got {budget}"


def switch_not_a_bool(kind: str) -> str:
    return f"enabled must be a bool, but got {kind}"


def multi_grad_mode(mode: object) -> str:
    return f"Expects mode to be one of ('all', 'any') but got {mode}"


EDGE_WITHOUT_GRAD = "It is not possible to get the gradient edge for a Tensor that does not require gradients"

PRESERVE_VERSIONS_TUPLE = "Expected tensors to be a tuple"
