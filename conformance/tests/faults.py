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
        "                total += new  #",
        "                total = new  #",
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
        "        total: Any = tensor._held_grad + grad ",
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
        "            if first._array.shape != size:\n",
        "            if False:\n",
    ),
    Fault(
        "grad-writes-leaves",
        "autograd-grad",
        "backward",
        "            entry.captures = (*entry.captures, (number, place))\n",
        "            entry.captures = (*entry.captures, (number, place)); entry.needed = True\n",
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
        "        switch_grad(self.prev)\n        return False\n",
        "        switch_grad(self.prev if exc_type is None else is_grad_enabled())\n        return False\n",
    ),
    Fault(
        "nested-no-grad-exits-to-enabled",
        "grad-modes",
        "modes",
        "        switch_grad(self.prev)\n        return False\n",
        "        switch_grad(True)\n        return False\n",
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
        "        if self._extra is None:\n            return self.alias()\n",
        "        return Tensor._of(self._array)\n",
    ),
    Fault(
        "detach-copies",
        "detach",
        "tensor",
        "        if self._extra is None:\n            return self.alias()\n",
        "        return Tensor._of(self._array.copy())\n",
    ),
)

MORE = (
    Fault(
        "gradient-always-stolen",
        "accumulation",
        "accumulate",
        "                and sys.getrefcount(new) <= UNSHARED + held\n",
        "                and held <= 1\n",
    ),
    Fault(
        "recorded-accumulation-in-place",
        "accumulation",
        "accumulate",
        "                total = total + new\n",
        "                total.add_(new)\n",
    ),
    Fault(
        "leading-dimensions-not-summed",
        "broadcasting",
        "operators.examples",
        "if i < lead or (shape[i - lead]",
        "if i >= lead and (shape[i - lead]",
    ),
    Fault(
        "kept-dimensions-stay",
        "broadcasting",
        "operators.examples",
        "    return VIEW_(grad, tuple(shape)) if lead > 0 else grad\n",
        "    return grad\n",
    ),
    Fault(
        "several-elements-get-ones",
        "grad-tensors",
        "autograd",
        "        raise RuntimeError(backward_texts.SCALAR_OUTPUTS_ONLY)\n",
        "        pass\n",
    ),
    Fault(
        "version-not-bumped",
        "in-place",
        "tensor",
        "        versions.value += 1\n",
        "        pass\n",
    ),
    Fault(
        "view-has-its-own-version",
        "views",
        "views",
        "    result._versions = versions\n    kind",
        "    result._versions = None\n    kind",
    ),
    Fault(
        "leaf-may-be-written",
        "in-place",
        "inplace",
        "            raise RuntimeError(inplace_texts.INPLACE_ON_LEAF)\n",
        "            pass\n",
    ),
    Fault(
        "leaf-may-never-be-written",
        "in-place",
        "inplace",
        "    if recording and modes.grad:\n",
        "    if recording or tensor.requires_grad:\n",
    ),
    Fault(
        "history-not-rebased",
        "in-place",
        "inplace",
        "        tensor._node = node\n        tensor._output_nr = 0\n        return\n",
        "        tensor._output_nr = 0\n        return\n",
    ),
    Fault(
        "base-not-rebased",
        "views",
        "inplace",
        "    base._node = copy\n",
        "    pass\n",
    ),
    Fault(
        "view-of-leaf-may-be-written",
        "views",
        "inplace",
        "        raise RuntimeError(inplace_texts.INPLACE_ON_VIEW_OF_LEAF)\n",
        "        pass\n",
    ),
    Fault(
        "data-shares-the-version",
        "detach",
        "tensor",
        "        made._versions = made._versions if self.is_inference() else None\n",
        "        made._versions = self.shared_versions()\n",
    ),
    Fault(
        "detach-in-place-keeps-the-node",
        "detach",
        "tensor",
        "        self._node = None\n        self._output_nr = 0\n        self._requires_grad = False\n        return self\n",
        "        self._requires_grad = False\n        return self\n",
    ),
    Fault(
        "hook-results-ignored",
        "hooks",
        "hooks",
        "            gradients[number] = result\n",
        "            pass\n",
    ),
    Fault(
        "hooks-in-reverse",
        "hooks",
        "hooks",
        "    for hook in list(hooks.values()):\n        result = hook(gradients[number])\n",
        "    for hook in list(hooks.values())[::-1]:\n        result = hook(gradients[number])\n",
    ),
    Fault(
        "only-the-last-hook",
        "hooks",
        "hooks",
        "    for hook in list(hooks.values()):\n        result = hook(gradients[number])\n",
        "    for hook in list(hooks.values())[-1:]:\n        result = hook(gradients[number])\n",
    ),
    Fault(
        "leaf-hooks-skipped",
        "hooks",
        "accumulate",
        "        run_tensor_hooks(extra.hooks, gradients, 0)\n",
        "        pass\n",
    ),
    Fault(
        "removed-hooks-stay",
        "hooks",
        "hooks",
        "                hooks.pop(self.id, None)\n",
        "                pass\n",
    ),
    Fault(
        "size-from-hooks-not-checked",
        "hooks",
        "hooks",
        "        raise RuntimeError(texts.hook_changed_size(name_of(hook)))\n",
        "        pass\n",
    ),
    Fault(
        "node-hooks-see-no-gradients",
        "hooks",
        "hooks",
        "        result = hook(tuple(results), gradients)\n",
        "        result = hook(tuple(results), ())\n",
    ),
    Fault(
        "retain-grad-does-nothing",
        "retain-grad",
        "hooks",
        "            retain(tensor, grad)\n",
        "            pass\n",
    ),
    Fault(
        "enable-grad-does-nothing",
        "grad-modes",
        "modes",
        '    """Operators are recorded again inside `no_grad`."""\n\n    __module__ = "torch.autograd.grad_mode"\n\n    def enter_value(self) -> bool:\n        return True\n',
        '    """Operators are recorded again inside `no_grad`."""\n\n    __module__ = "torch.autograd.grad_mode"\n\n    def enter_value(self) -> bool:\n        return is_grad_enabled()\n',
    ),
    Fault(
        "set-grad-enabled-stays",
        "grad-modes",
        "modes",
        "        self.prev = is_grad_enabled()\n        self.mode = mode\n        switch_grad(mode)\n",
        "        self.prev = mode\n        self.mode = mode\n        switch_grad(mode)\n",
    ),
    Fault(
        "inference-tensors-are-ordinary",
        "inference-mode",
        "modes",
        "        modes.versions = UNTRACKED if on else None\n",
        "        modes.versions = None\n",
    ),
    Fault(
        "abs-slope-one-at-zero",
        "kinks",
        "operators.rounding",
        '    node="AbsBackward0",\n    gradients={"self": lambda grad, self: grad * self.sgn()},\n',
        '    node="AbsBackward0",\n    gradients={"self": lambda grad, self: where(self >= 0, grad, -grad)},\n',
    ),
    Fault(
        "relu-slope-one-at-zero",
        "kinks",
        "operators.activations",
        "    lambda grad, a, threshold: np.where(a <= threshold,",
        "    lambda grad, a, threshold: np.where(a < threshold,",
    ),
    Fault(
        "maximum-tie-to-the-first",
        "kinks",
        "operators.bounds",
        '    node="MaximumBackward0",\n    gradients={\n        "self": lambda grad, self, other: chosen(grad, self, other, lt),\n',
        '    node="MaximumBackward0",\n    gradients={\n        "self": lambda grad, self, other: grad.masked_fill(self < other, 0),\n',
    ),
    Fault(
        "materialize-grads-ignored",
        "autograd-grad",
        "autograd",
        "    if materialize_grads:\n        results = materialized",
        "    if False:\n        results = materialized",
    ),
    Fault(
        "inputs-of-backward-ignored",
        "leaf-gradients",
        "backward",
        "    if outputs:\n        task.info = mark_needed(",
        "    if outputs and not accumulate:\n        task.info = mark_needed(",
    ),
    Fault(
        "every-input-needs-grad",
        "custom-function",
        "autograd.function",
        "    node.needs_input_grad = wanted\n",
        "    node.needs_input_grad = (True,) * len(wanted)\n",
    ),
    Fault(
        "outermost-saved-hooks-count",
        "saved-tensor-hooks",
        "saved",
        "        self.top = pair\n",
        "        self.top = self.stack[0]\n",
    ),
    Fault(
        "unpack-hook-skipped",
        "saved-tensor-hooks",
        "saved",
        "        data = self.unpack_hook(self.packed)\n",
        "        data = self.packed\n",
    ),
)
"""Faults that implementers make, for `python -m benchmarks.power`; the tests run a sample of them."""

EVERY = FAULTS + MORE
