"""How often each step is drawn: the project's opinion of what is worth trying.

The weights favour memory that has several names, tensors that are used twice, branches that meet again, and what
happens after an error. `conformance/tests/test_fuzz_mix.py` holds the mix that comes of it against bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from gradconform.fuzz import (
    function_steps,
    graph_steps,
    hook_steps,
    look_steps,
    pass_steps,
    view_steps,
    write_steps,
    wrong_steps,
)
from gradconform.fuzz.draft import Draft

Step: TypeAlias = Callable[[Draft], None]

_WEIGHTS: tuple[tuple[int, Step], ...] = (
    (12, graph_steps.combined),
    (6, graph_steps.scaled),
    (3, graph_steps.shifted),
    (8, graph_steps.diamond),
    (6, graph_steps.powered),
    (6, graph_steps.reduced),
    (5, graph_steps.unary),
    (3, graph_steps.chosen),
    (3, graph_steps.joined),
    (3, graph_steps.product),
    (1, graph_steps.rounding),
    (2, graph_steps.cast),
    (3, graph_steps.forgotten),
    (3, graph_steps.new_leaf),
    (2, graph_steps.new_constant),
    (8, view_steps.viewed),
    (5, view_steps.deeper),
    (2, view_steps.one_of_several),
    (3, view_steps.expanded),
    (4, view_steps.detached),
    (1, view_steps.alias),
    (6, write_steps.by_number),
    (7, write_steps.by_tensor),
    (4, write_steps.by_item),
    (3, write_steps.through_view),
    (2, write_steps.through_alias),
    (2, write_steps.flagged),
    (12, pass_steps.backward),
    (2, pass_steps.backward_of_several),
    (5, pass_steps.grad),
    (3, pass_steps.second_order),
    (1, pass_steps.edge),
    (4, pass_steps.grad_written),
    (2, pass_steps.grad_used),
    (5, hook_steps.tensor_hook),
    (2, hook_steps.post_hook),
    (3, hook_steps.node_hook),
    (2, hook_steps.removed),
    (4, hook_steps.retained),
    (1, hook_steps.several),
    (5, function_steps.custom),
    (1, function_steps.decorated),
    (1, function_steps.checkpointed),
    (2, function_steps.transformed),
    (2, look_steps.read),
    (1, look_steps.observed),
    (1, wrong_steps.shapes),
    (1, wrong_steps.leaf_write),
    (1, wrong_steps.again),
    (1, wrong_steps.weights),
    (1, wrong_steps.without_grad),
    (1, wrong_steps.unused),
    (1, wrong_steps.gradients),
    (1, wrong_steps.whole_numbers),
    (1, wrong_steps.expanded_write),
)

STEPS: tuple[Step, ...] = tuple(step for weight, step in _WEIGHTS for _ in range(weight))
"""Steps that are one statement, or a few, each as often as it weighs."""
