"""`torch.nn`: only its functions are here, modules are not."""

from refgrad.nn import functional as functional
