"""`torch.func`: transforms of functions."""

from refgrad.func.jacobians import hessian, jacfwd, jacrev
from refgrad.func.modules import functional_call, replace_all_batch_norm_modules_, stack_module_state
from refgrad.func.rearranging import rearrange
from refgrad.func.transforms import debug_unwrap, functionalize, grad, grad_and_value, jvp, linearize, vjp
from refgrad.func.vmap import vmap

for _each in (
    hessian, jacfwd, jacrev, debug_unwrap, functionalize, grad, grad_and_value, jvp, linearize, vjp, vmap,
    functional_call, replace_all_batch_norm_modules_, stack_module_state, rearrange,
):  # fmt: skip
    _each.__module__ = "torch.func"

__all__ = [
    "debug_unwrap", "functional_call", "functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp",
    "linearize", "rearrange", "replace_all_batch_norm_modules_", "stack_module_state", "vjp", "vmap",
]  # fmt: skip
