"""Faults to plant in refgrad, each a small edit of one place, and the family of behaviours that is meant to catch it.

An edit names the module and the text to be replaced, which must stand there exactly once: when refgrad changes, a fault
that no longer fits says so.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, and who is meant to notice."""

    id: str
    family: str
    module: str
    old: str
    new: str


FAULTS = (
    Fault(
        "backward-overwrites-grad",
        "leaf-gradients",
        "accumulate",
        "            old += new",
        "            extra.grad = new",
    ),
    Fault(
        "size-one-dimensions-not-summed",
        "leaf-gradients",
        "operators.examples",
        "if i < lead or (shape[i - lead] == 1 and grad.shape[i] != 1)]",
        "if i < lead]",
    ),
    Fault(
        "fan-in-overwritten",
        "leaf-gradients",
        "backward",
        "    old = buffer[number]\n",
        "    old = None\n",
    ),
    Fault(
        "buffers-never-freed",
        "retain-graph",
        "node",
        "            self.saved = freed(self.saved)\n",
        "            pass\n",
    ),
    Fault(
        "retain-graph-ignored",
        "retain-graph",
        "backward",
        "        if not keep_graph:\n",
        "        if True:\n",
    ),
    Fault(
        "create-graph-returns-constants",
        "retain-graph",
        "backward",
        "    set_grad(create_graph)\n",
        "    set_grad(False)\n",
    ),
    Fault(
        "retain-grad-before-hooks",
        "retain-grad",
        "hooks",
        "    for tensor_hooks, number in hooks.tensor_pre:\n",
        "    for tensor_hooks, number in () if hooks.retain_grad else hooks.tensor_pre:\n",
    ),
    Fault(
        "retained-grad-overwritten",
        "retain-grad",
        "accumulate",
        "        total: Any = extra.grad + grad ",
        "        total: Any = grad ",
    ),
    Fault(
        "non-leaf-grad-read-in-silence",
        "retain-grad",
        "tensor",
        "        if grad is None and self._node is not None and not self.retains_grad:\n",
        "        if False:\n",
    ),
    Fault(
        "weights-ignored",
        "grad-tensors",
        "autograd",
        "            made.append(grad)\n",
        "            made.append(grad * 0 + 1)\n",
    ),
    Fault(
        "weight-of-another-shape-accepted",
        "grad-tensors",
        "autograd",
        "            if tuple(first.shape) != tuple(size):\n",
        "            if False:\n",
    ),
    Fault(
        "grad-writes-leaves",
        "autograd-grad",
        "backward",
        "            entry.captures.append((number, place))\n",
        "            entry.captures.append((number, place)); entry.needed = True\n",
    ),
    Fault(
        "unused-inputs-give-none",
        "autograd-grad",
        "autograd",
        "    if not accumulate and not allow_unused:\n",
        "    if False:\n",
    ),
    Fault(
        "mode-leaks-after-an-exception",
        "grad-modes",
        "modes",
        "        set_grad(self.prev)\n        return False\n",
        "        set_grad(self.prev if exc_type is None else is_grad_enabled())\n        return False\n",
    ),
    Fault(
        "nested-no-grad-exits-to-enabled",
        "grad-modes",
        "modes",
        "        set_grad(self.prev)\n        return False\n",
        "        set_grad(True)\n        return False\n",
    ),
    Fault(
        "version-not-checked",
        "detach",
        "saved",
        "        if (0 if versions is None else versions.value) != self.version:\n",
        "        if False:\n",
    ),
    Fault(
        "detach-has-its-own-version",
        "detach",
        "tensor",
        "        return self.alias() if self._extra is None else detached(self)\n",
        "        return Tensor._of(self._array)\n",
    ),
    Fault(
        "detach-copies",
        "detach",
        "tensor",
        "        return self.alias() if self._extra is None else detached(self)\n",
        "        return Tensor._of(self._array.copy())\n",
    ),
)
