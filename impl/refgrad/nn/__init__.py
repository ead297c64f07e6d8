"""`torch.nn`: only its functions and `Parameter` are here, modules are not."""

from refgrad.nn import functional as functional
from refgrad.nn import parameter as parameter
from refgrad.nn.parameter import Parameter as Parameter
