"""`torch.utils`: what of it belongs to autograd."""

from refgrad.utils import _python_dispatch as _python_dispatch
from refgrad.utils import _pytree as _pytree
from refgrad.utils import checkpoint as checkpoint
from refgrad.utils import dlpack as dlpack
from refgrad.utils import hooks as hooks
from refgrad.utils.swapping import swap_tensors as swap_tensors

__all__ = ["checkpoint", "dlpack", "hooks", "swap_tensors"]
