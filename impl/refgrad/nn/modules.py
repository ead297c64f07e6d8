"""`torch.nn.modules`: every module, and `torch.nn.modules.module`."""

from refgrad.nn import containers, layers, losses, module, multihead, padding, plain, recurrent, transformer
from refgrad.nn.module import Module

CLASSES = {
    name: each
    for place in (layers, plain, padding, containers, recurrent, multihead, transformer, losses)
    for name, each in {**vars(place), **getattr(place, "MODULES", {})}.items()
    if isinstance(each, type) and issubclass(each, Module) and name == each.__name__
}
globals().update(CLASSES)

__all__ = ["CLASSES", "Module", "module"]
