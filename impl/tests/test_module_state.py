"""States of modules, and the hooks around writing and reading them: refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
import copy
nn = torch.nn
torch.manual_seed(1)
def keys(state):
    return list(state), getattr(state, "_metadata", None)
class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.count = nn.Linear(2, 1), 5
        self.register_buffer("steps", torch.tensor(3))
        self.register_buffer("gone", torch.tensor(3), persistent=False)
    def get_extra_state(self):
        return {"count": self.count}
    def set_extra_state(self, state):
        self.count = state["count"]
"""

PROGRAMS = {
    "hooks": """
seen = []
module = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
handles = [
    module.register_state_dict_pre_hook(lambda m, p, k: seen.append(("pre", type(m).__name__, p, k))),
    module[0].register_state_dict_post_hook(lambda m, s, p, l: seen.append(("post", p, list(s), l))),
    module._register_state_dict_hook(lambda m, s, p, l: seen.append(("old", p, len(s)))),
    module[1].register_load_state_dict_pre_hook(
        lambda m, s, *rest: seen.append(("load", type(m).__name__, list(s), rest))),
    module._register_load_state_dict_pre_hook(lambda s, *rest: seen.append(("plain", list(s), rest))),
    module.register_load_state_dict_post_hook(lambda m, found: seen.append(("loaded", found, found.missing_keys))),
]
state = module.state_dict()
print(keys(state), module.load_state_dict(state))
print(*seen, sep="\\n")
del state["0.bias"]
seen.clear()
print(attempt(lambda: module.load_state_dict(state)), module.load_state_dict(state, strict=False))
print(*seen, sep="\\n")
[each.remove() for each in handles]
seen.clear()
module.state_dict(), module.load_state_dict(state, strict=False)
print(seen)
def keeps(module, s, *rest):
    return s
module.register_state_dict_post_hook(keeps)
print(attempt(module.state_dict), attempt(lambda: module._register_state_dict_hook(keeps)))
other = nn.Linear(1, 1)
other.register_load_state_dict_post_hook(lambda *_: 1)
print(attempt(lambda: other.load_state_dict(other.state_dict())))
print(keys(nn.Linear(1, 1).state_dict({}, "here.")), keys(nn.Linear(1, 1).state_dict(prefix="here.", keep_vars=True)))
""",
    "extra state": """
module, twin = Counting(), Counting()
module.count = 8
state = module.state_dict()
print(keys(state), twin.load_state_dict(state), twin.count)
del state["_extra_state"]
print(attempt(lambda: twin.load_state_dict(state)), twin.load_state_dict(state, strict=False))
print(attempt(lambda: module.linear.load_state_dict({"_extra_state": 1})), attempt(nn.Linear(1, 1).get_extra_state))
print(attempt(lambda: nn.Linear(1, 1).set_extra_state(1)), keys(nn.Sequential(module).state_dict()))
""",
    "own ways": """
class Upper(nn.Linear):
    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "W"] = destination.pop(prefix + "weight")
    def _load_from_state_dict(self, state_dict, prefix, *rest):
        state_dict[prefix + "weight"] = state_dict.pop(prefix + "W")
        super()._load_from_state_dict(state_dict, prefix, *rest)
module = nn.Sequential(Upper(2, 1), nn.Linear(1, 1))
state = module.state_dict()
print(keys(state), module.load_state_dict(state), keys(state))
copy.deepcopy(module).load_state_dict(state)
""",
    "what does not fit": """
module = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
state = module.state_dict()
state["x"], state["0.y"], state["0.weight"], state["2.z"], state["1.num_batches_tracked"] = 1, 2, torch.ones(3), 3, 4
print(attempt(lambda: module.load_state_dict(state)))
print(attempt(lambda: module.load_state_dict(state, strict=False)))
print(attempt(lambda: module.load_state_dict([])))
state = nn.BatchNorm1d(1).state_dict()
state["num_batches_tracked"] = torch.tensor([6])
print(module[1].load_state_dict(state), module[1].num_batches_tracked)
given = nn.Linear(2, 1).state_dict()
weight = module[0].weight
print(module[0].load_state_dict(given, assign=True), module[0].weight is weight, module[0].weight.requires_grad)
print(module[0].weight.data_ptr() == given["weight"].data_ptr(), type(module[0].weight).__name__)
given["weight"] = torch.ones(2, 1).t().expand(1, 2)
module[0].weight = nn.Parameter(torch.ones(1, 1).expand(1, 2), requires_grad=False)
print(attempt(lambda: module[0].load_state_dict(given)))
""",
    "statistics of old versions": """
for kind in (nn.BatchNorm1d, nn.BatchNorm2d):
    state = kind(2).state_dict()
    del state["num_batches_tracked"]
    module = kind(2)
    print(attempt(lambda: module.load_state_dict(state)))
    state._metadata[""]["version"] = 1
    print(attempt(lambda: module.load_state_dict(state)), module.num_batches_tracked, list(state))
    module.num_batches_tracked.fill_(9)
    print(attempt(lambda: module.load_state_dict(dict(state))), module.num_batches_tracked)
    print(attempt(lambda: kind(2, track_running_stats=False).load_state_dict(dict(state))))
    module.num_batches_tracked = None
    print(attempt(lambda: module.load_state_dict(dict(state))), module.num_batches_tracked)
state = {"0.running_mean": torch.ones(2), "0.running_var": torch.ones(2), "0.weight": torch.ones(2)}
for options in ({}, {"track_running_stats": True}, {"affine": True}):
    module = nn.Sequential(nn.InstanceNorm2d(2, **options))
    print(attempt(lambda: module.load_state_dict(state)), attempt(lambda: module.load_state_dict(state, strict=False)))
    print(attempt(lambda: module.load_state_dict(module.state_dict())))
""",
    "parameters as they were at first": """
torch.manual_seed(3)
for module in (
    nn.Linear(2, 3), nn.Bilinear(2, 2, 2), nn.Conv1d(2, 2, 1), nn.ConvTranspose1d(2, 2, 1), nn.BatchNorm1d(2),
    nn.InstanceNorm1d(2, affine=True, track_running_stats=True), nn.Embedding(3, 2, padding_idx=1),
    nn.EmbeddingBag(3, 2, padding_idx=1), nn.GRUCell(2, 2), nn.LSTMCell(2, 2), nn.RNNCell(2, 2), nn.GRU(2, 2),
    nn.GroupNorm(1, 2), nn.LayerNorm(2), nn.RMSNorm(2), nn.PReLU(), nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2]),
):
    for each in [*module.parameters(), *module.buffers()]:
        each.data.fill_(5)
    print(module, module.reset_parameters(), [(name, each) for name, each in module.state_dict().items()])
""",
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, same: Callable[[str], None]) -> None:
    same(HEAD + PROGRAMS[name])
