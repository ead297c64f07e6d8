"""`torch.nn`: its functions, `Parameter`, `Module` and the modules that programs about gradients use."""

from refgrad.nn import functional as functional
from refgrad.nn import init as init
from refgrad.nn import modules as modules
from refgrad.nn import parameter as parameter
from refgrad.nn import utils as utils
from refgrad.nn.parameter import Buffer as Buffer
from refgrad.nn.parameter import Parameter as Parameter
from refgrad.nn.uninitialized import UninitializedBuffer as UninitializedBuffer
from refgrad.nn.uninitialized import UninitializedParameter as UninitializedParameter

globals().update(modules.CLASSES)
