"""Every class of `torch.nn`: its name, what it says of arguments, that it is copied and pickled; against PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import refgrad

HEAD = """
import copy, inspect, io, pickle
nn = torch.nn
torch.manual_seed(1)
"""
CLASSES = sorted(set(refgrad.nn.modules.CLASSES) - {"NonDynamicallyQuantizableLinear", "RNNCellBase"})

ARGUMENTS = """
for name in {names}:
    kind = getattr(nn, name)
    print(kind, kind.__qualname__)
    for call in (lambda: kind(), lambda: kind(foo=1), lambda: kind(*[None] * 25), lambda: kind(1)()):
        print(attempt(call))
"""

PROGRAMS = {
    "arguments of long ago": """
for call in (lambda: nn.Hardtanh(min_value=-2), lambda: nn.Hardtanh(max_value=2.0), lambda: nn.Hardtanh(3, 1),
             lambda: nn.MSELoss(size_average=False).reduction, lambda: nn.MSELoss(reduce=False).reduction):
    print(attempt(call))
""",
    "arguments": """
for call in (
    lambda: nn.RNNBase("x", 1, 1), lambda: nn.RNNBase("LSTM", 1, 1), lambda: nn.RNN("a", 1),
    lambda: nn.RNN(1, 1, 1, "x"),
    lambda: nn.RNN(1, 1, proj_size=1), lambda: nn.RNN(1, 1, nonlinearity="x"), lambda: nn.RNN(1),
    lambda: nn.LSTM(2, 3).mode,
    lambda: nn.BatchNorm1d(2, bias=False), lambda: nn.GroupNorm(1, 2, bias=False), lambda: nn.LSTMCell(2, 2, False),
    lambda: nn.InstanceNorm1d(2, affine=True, bias=False), lambda: nn.RNNCell(2, 2, nonlinearity="relu"),
    lambda: nn.ReLU()(input=torch.ones(2)), lambda: nn.MSELoss()(target=torch.ones(2), input=torch.zeros(2)),
    lambda: nn.Sequential(nn.ReLU())(1, 2), lambda: nn.Upsample(scale_factor=2, recompute_scale_factor=True),
):
    print(attempt(call))
""",
    "places": """
print(isinstance(nn.BatchNorm2d(2), nn.modules.batchnorm._BatchNorm), isinstance(nn.RNNCell(1, 1), nn.RNNCellBase))
print(isinstance(nn.InstanceNorm2d(2), nn.modules.batchnorm._BatchNorm), nn.modules.linear.Linear is nn.Linear)
print(isinstance(nn.Conv2d(2, 2, 1), nn.modules.conv._ConvNd), nn.modules.module.Module is nn.Module)
class Mine(nn.Conv2d):
    pass
print(attempt(Mine), attempt(lambda: Mine(1, 1, 1)()), Mine(1, 1, 1))
""",
    "copies": """
for module in (
    nn.Linear(1, 1), nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1), nn.Dropout(0.3)),
    nn.ModuleDict({"x": nn.Tanh()}),
    nn.ParameterList([torch.ones(1)]), nn.ParameterDict({"x": torch.ones(1)}), nn.LSTM(1, 2), nn.Softmax(0),
    nn.MultiheadAttention(2, 1), nn.Conv2d(1, 1, 1, padding_mode="circular"), nn.TransformerEncoderLayer(2, 1, 4),
    nn.Upsample(scale_factor=2), nn.CrossEntropyLoss(weight=torch.ones(2)), nn.Parameter(torch.ones(2), False),
):
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module)), copy.copy(module)):
        print(twin, type(twin) is type(module))
        if isinstance(module, nn.Module):
            print([(name, torch.equal(each, module.state_dict()[name])) for name, each in twin.state_dict().items()])
print(pickle.loads(pickle.dumps(nn.functional.relu)) is nn.functional.relu)
file = io.BytesIO()
torch.save(nn.Sequential(nn.Linear(1, 1)), file)
file.seek(0)
print(torch.load(file, weights_only=False))
hooks = ("_forward_pre_hooks", "_forward_hooks_with_kwargs", "_state_dict_hooks", "_load_state_dict_pre_hooks",
         "_non_persistent_buffers_set", "_is_full_backward_hook", "_backward_pre_hooks", "_state_dict_pre_hooks")
old = nn.Linear.__new__(nn.Linear)
old.__setstate__({name: each for name, each in nn.Linear(1, 1).__dict__.items() if name not in hooks})
print(old, old(torch.ones(1, 1)).shape, list(old.state_dict()))
""",
}  # fmt: skip


@pytest.mark.parametrize("start", range(0, len(CLASSES), 30))
def test_arguments(start: int, same: Callable[[str], None]) -> None:
    same(HEAD + ARGUMENTS.format(names=CLASSES[start : start + 30]))


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
