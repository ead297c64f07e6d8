"""Tables that several families start from. The weights are the project's opinion of what is worth trying often.

They steer to what implementers get wrong: a tensor used twice, diamonds, leaves shared by several outputs, branches
that nothing uses, operands of different shape.
"""

from __future__ import annotations

from gradconform.generate import graph, passes
from gradconform.generate.moves import Row, Table

GRAPH: Table = (
    Row(8, graph.scale),
    Row(18, graph.binary),
    Row(10, graph.fan_out),
    Row(6, graph.power),
    Row(5, graph.shift),
    Row(8, graph.reduce),
    Row(7, graph.reshape),
    Row(5, graph.expand),
    Row(5, graph.unary),
    Row(4, graph.new_leaf),
    Row(4, graph.multiply),
    Row(4, graph.index),
    Row(3, graph.join),
    Row(3, graph.choose),
    Row(3, graph.unused),
    Row(3, graph.in_place),
    Row(2, graph.rearrange),
    Row(2, graph.mask),
    Row(2, graph.rounding),
    Row(1, graph.divide),
    Row(2, graph.cut),
    Row(2, graph.new_constant),
    Row(2, graph.cast),
)
"""Building a graph, nothing run."""

PASSES: Table = (
    Row(6, passes.backward_kept),
    Row(3, passes.backward_freed),
    Row(2, passes.grad_kept),
    Row(2, passes.backward_into),
    Row(1, passes.clear_grad),
)
"""Backward passes that are meant to succeed."""

MIXED: Table = GRAPH + tuple(Row(row.weight * 2, row.play) for row in PASSES)
"""Graphs that grow between backward passes."""
