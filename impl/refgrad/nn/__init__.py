"""`torch.nn`: its functions, `Parameter`, and the few modules that programs about gradients use."""

from refgrad.nn import functional as functional
from refgrad.nn import modules as modules
from refgrad.nn import parameter as parameter
from refgrad.nn.modules import MODULES, Dropout, Flatten, Identity, Linear, Module, Sequential
from refgrad.nn.parameter import Parameter as Parameter

globals().update(MODULES)

__all__ = [
    "Dropout", "Flatten", "Identity", "Linear", "Module", "Parameter", "Sequential", "functional", "modules",
    "parameter",
]  # fmt: skip
