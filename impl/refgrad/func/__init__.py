"""`torch.func`: transforms of functions."""

from refgrad.func.jacobians import hessian, jacfwd, jacrev
from refgrad.func.transforms import debug_unwrap, functionalize, grad, grad_and_value, jvp, linearize, vjp
from refgrad.func.vmap import vmap

for _each in (hessian, jacfwd, jacrev, debug_unwrap, functionalize, grad, grad_and_value, jvp, linearize, vjp, vmap):
    _each.__module__ = "torch.func"

__all__ = [
    "debug_unwrap", "functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "vjp",
    "vmap",
]  # fmt: skip
