"""The short road of in-place forms: `call_inplace` written out for one row, see short.py.

The target is floating and contiguous, and if it is a view its base is no leaf; the other operand has its type, its
shape or no dimensions, and does not share part of its memory. Everything else, and all that is an error, is left to
`call_inplace` before anything is written. What `mul_` becomes::

    def mul_(self, other):
        if type(self) is Tensor and type(other) is Tensor and not levels.active and not watchers:
            a0, a1 = self._array, other._array
            if ...:                         # they are as said above
                node = None
                if modes.grad:
                    ...                     # if gradients are wanted make the node, edges and saved tensors
                write(a0, a1, a0)           # or, for rows that cannot, compute and copy
                self.bump_version()
                if node is not None:
                    ...                     # it is the history of `self` from now on
                return self
        return of_number(self, other)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad.inplace import before_write, rebase_history
from refgrad.memory import PARTIAL, overlap
from refgrad.operators.call import call_inplace
from refgrad.operators.declare import Rule, Save
from refgrad.operators.short import (
    edge_source,
    edges_of,
    indented,
    kept_source,
    needed,
    node_source,
    number_fits,
    saved_source,
    scope_of,
    tuple_of,
    usual_source,
    wanted_source,
    with_numbers,
)
from refgrad.views import DEFAULT, move_hooks

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator


def inplace_source(
    row: Operator, name: str, parameters: str, otherwise: str, number: bool = False, unusual: str = ""
) -> str:
    """The text of the in-place form of `row`; see `call_source` for `otherwise`, `number` and `unusual`."""
    tensors, attributes = row.tensor_names, row.attribute_names
    operands = tensors[:1] if number else tensors
    usual = [f"type({each}) is Tensor" for each in operands] + (number_fits(tensors[1]) if number else [])
    fits = ["a0.dtype.char in 'fd'", "a0.flags.c_contiguous", "a0.flags.writeable"]
    for array in [f"a{i}" for i in range(1, len(operands))]:
        if row.writes is not None or row.rule is not Rule.KEEP:
            fits += [f"{array}.dtype is a0.dtype", f"({array}.shape == a0.shape or {array}.ndim == 0)"]
        if row.rule is not Rule.KEEP:
            fits += [f"(a0.base is None is {array}.base or overlap(a0, {array}) != PARTIAL)"]
    fits += [f"type({each}) in (int, float)" for each in attributes if row.writes is not None]
    given = ", ".join([*(f"a{i}" for i in range(len(tensors))), *attributes])
    leave = ["except Exception:", f"    return {otherwise}"]
    compute = ["try:", f"    made = asarray(silently(forward, {given}))", *leave]
    compute += ["if made.dtype is not a0.dtype or made.shape != a0.shape:", f"    return {otherwise}"]
    write = ["try:", f"    write({given}, a0)", *leave]

    lines = [f"def {name}({parameters}):", *([f"    if {unusual}"] if unusual else [])]
    lines += [f"    if {' and '.join([*usual, 'not levels.active', 'not watchers'])}:"]
    lines += [f"        a{i} = {tensor}._array" for i, tensor in enumerate(operands)]
    lines += [f"        if {' and '.join(fits)}:"]
    body = [f"a1 = a0.dtype.type({tensors[1]})"] if number else []
    body += compute if row.writes is None else []
    body += ["node = None", "if modes.grad:", *indented(record_source(row, operands, otherwise), 4)]
    body += ["copyto(a0, made)"] if row.writes is None else write
    body += ["self.bump_version()", "if node is not None:", *indented(history_source(row), 4), "return self"]
    return "\n".join([*lines, *indented(body, 12), f"    return {otherwise}"]) + "\n"


def record_source(row: Operator, operands: tuple[str, ...], otherwise: str) -> list[str]:
    """Make the node if an operand requires grad; leaves, and views that forbid it, are for `call_inplace` to refuse."""
    edges = edges_of(row, operands)
    others = [(edge, operands[i]) for edge, i in zip(edges, row.differentiable, strict=True) if i and edge != "None"]
    seen = [f"{name}._{what}" for _, name in others for what in ("requires_grad", "node", "view")]
    lines = usual_source(row, operands, otherwise)
    lines += ["if self._requires_grad and self._node is None:", f"    return {otherwise}"]
    lines += [f"if self._view is None or not ({' or '.join(['self.requires_grad', *seen])}):"]
    lines += [f"    {edges[0]} = self._node", "else:"]
    stale = "self._node is None and self.requires_grad"
    forbidden = f"self._view.creation != DEFAULT or self._view.base._node is None or {stale}"
    forbidden = "True" if row.saves_outputs else forbidden
    lines += [f"    if {forbidden}:", f"        return {otherwise}", f"    {edges[0]} = self.edge()"]
    for edge, name in others:
        lines += edge_source(edge, name, otherwise)
    saved = [slot for slot in row.saved if slot.kind is Save.TENSOR and slot.index == 0]
    recorded = node_source(row, operands, edges)
    recorded += [f"original = self.clone() if {needed(slot, edges)} else None" for slot in saved]
    recorded += saved_source(row, operands, edges, ("original", *operands[1:]))
    return [*lines, f"if {wanted_source(edges)}:", *indented(recorded, 4)]


def history_source(row: Operator) -> list[str]:
    """Make the node the history of `self`."""
    own = ["if self._extra is not None:", "    move_hooks(self, self._node, node)"]
    own += ["self._node = node", "self._output_nr = 0"]
    lines = ["node.input_metadata = ((a0.shape, a0.dtype),)"]
    saved = f"node.saved = {kept_source(row, 'self')}"
    if row.saves_outputs:
        return [*lines, *own, saved]
    return [*lines, saved, "if self._view is not None:", "    rebase_history(self, node)", "else:", *indented(own, 4)]


def short_inplace(row: Operator, name: str, parameters: str) -> Callable[..., Any]:
    """The function `name` that is the in-place form of `row`; `parameters` is what stands between its parentheses."""
    otherwise = f"call_inplace(row, {tuple_of(row.tensor_names)}, {tuple_of(row.attribute_names)})"
    return with_numbers(row, inplace_source, name, parameters, otherwise, inplace_scope(row))


def inplace_scope(row: Operator) -> dict[str, Any]:
    return {**scope_of(row, write=row.writes), **SCOPE, "node_class": row.inplace_class}


SCOPE: dict[str, Any] = {
    "DEFAULT": DEFAULT,
    "PARTIAL": PARTIAL,
    "call_inplace": call_inplace,
    "copyto": np.copyto,
    "move_hooks": move_hooks,
    "overlap": overlap,
    "rebase_history": rebase_history,
    "watchers": before_write,
}
