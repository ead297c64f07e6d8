"""The features of an engine that behaviours need.

An engine declares the ones it lacks; a behaviour that needs one of those is reported as unsupported, never as failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FEATURES: Mapping[str, str] = MappingProxyType(
    {
        "backward": "`Tensor.backward` and `torch.autograd.backward` accumulate gradients into the leaves.",
        "backward-inputs": "`backward(inputs=...)` restricts what gradients are accumulated into.",
        "retain-graph": "A graph is freed by backward unless `retain_graph=True` asks to keep it.",
        "retain-grad": "`retain_grad` makes a non-leaf keep its gradient; `retains_grad` says so.",
        "autograd-grad": "`torch.autograd.grad` returns gradients without touching `.grad`.",
        "double-backward": "`create_graph=True` makes gradients that can be differentiated again.",
        "batched-grads": "`torch.autograd.grad(is_grads_batched=True)` pulls a batch of vectors back in one call.",
        "grad-mode": "`no_grad`, `enable_grad` and `set_grad_enabled` as context managers and as calls.",
        "mode-decorators": "Grad modes decorate functions, generator functions and classes.",
        "inference-mode": "`torch.inference_mode` and the tensors made inside it.",
        "detach": "`detach` and `.data` give tensors that share storage and are cut off from the graph.",
        "requires-grad-toggle": "`requires_grad_` and assignment to `requires_grad` switch recording on and off.",
        "in-place": "In-place operators and assignment through an index, with a version counter for every storage.",
        "views": "Views that share storage, versions and history with their base.",
        "saved-tensor-checks": "Backward refuses a saved tensor that was modified in place since it was saved.",
        "hooks": "Tensor hooks run when the gradient of their tensor is computed.",
        "post-accumulate-hooks": "`register_post_accumulate_grad_hook` runs a hook after a gradient was accumulated.",
        "node-hooks": "`register_hook` and `register_prehook` of a node of the graph.",
        "saved-tensor-hooks": "`torch.autograd.graph.saved_tensors_hooks` packs and unpacks what the graph saves.",
        "anomaly-mode": "`detect_anomaly` and `set_detect_anomaly` find the node that makes a NaN.",
        "checkpoint": "`torch.utils.checkpoint` computes again in backward what it did not keep.",
        "grad-dtype": "`grad_dtype` gives the gradient of a leaf a dtype of its own.",
        "custom-function": "Subclasses of `torch.autograd.Function` are operators with a backward of their own.",
        "graph-introspection": "`grad_fn`, `next_functions` and the names of the nodes.",
        "gradient-edges": "`torch.autograd.graph.get_gradient_edge` names a place in the graph.",
        "forward-mode": "`torch.autograd.forward_ad` carries tangents along with values.",
        "functional": "`torch.autograd.functional` has `vjp`, `jvp`, `jacobian`, `hessian`, `vhp` and `hvp`.",
        "func-transforms": "`torch.func` transforms functions: `grad`, `vjp`, `jvp`, `vmap` and those made of them.",
        "gradcheck": "`torch.autograd.gradcheck` and `gradgradcheck` hold gradients against finite differences.",
        "dtypes": "Tensors of several dtypes, with promotion and gradients cast back to the dtype of the leaf.",
        "bfloat16": "Tensors of the dtype bfloat16.",
        "complex": "Complex tensors and their gradients.",
        "warnings": "PyTorch's warnings are given as Python warnings of the same class.",
    }
)
"""Each feature's name and what an engine that has it can do."""
