"""What a TorchFunctionMode is told of a method: which function, of which classes, with which arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

LINES = (Path(__file__).parent / "told_to_modes.txt").read_text(encoding="utf-8").splitlines()
NAMES = " ".join(line for line in LINES if not line.startswith("#"))

PROGRAM = """
from torch.overrides import TorchFunctionMode, resolve_name
class Told(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        told.append((func.__name__, resolve_name(func), types, len(args), kwargs))
        return func(*args, **(kwargs or {}))
def answers(args):
    call = getattr(torch.ones(2, 2), name)
    return callable(call) and call(*args) is not NotImplemented
def fits(args):
    try:
        return answers(args)
    except Exception:
        return False
for name in "NAMES".split():
    told, x = [], torch.ones(2, 2)
    given = next((args for args in ((), (1,), (x,)) if fits(args)), None)
    with Told():
        read = getattr(x, name)
        if given is not None:
            read(*given)
    print(name, given, told[:1])
"""


def test_of_methods(same: Callable[..., None]) -> None:
    program = PROGRAM.replace("NAMES", NAMES)
    same(program.replace("from torch", "from refgrad"), program)


def test_of_writers_and_of_operators_below(same: Callable[..., None]) -> None:
    program = """
    from torch.overrides import TorchFunctionMode, resolve_name, _len_torch_function_stack, _pop_mode_temporarily
    class Told(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            print(resolve_name(func), types, len(args), kwargs)
            return func(*args, **(kwargs or {}))
    x = torch.ones(2)
    with Told():
        x.grad = torch.zeros(2)
        x.grad = None
        x.requires_grad = True
        list(x)
        print(_len_torch_function_stack())
        with _pop_mode_temporarily():
            x + 1
        torch.einsum("i,i->", x, x)
    print([resolve_name(each) for each in (torch.ops.aten.add.Tensor, torch.ops.aten.add, torch.norm, torch.add)])
    """
    same(program.replace("from torch", "from refgrad"), program)
