"""What programs on modules begin with: short names, and a module with tied weights and a buffer."""

HEAD = """
import copy, pickle, warnings, collections, io
nn = torch.nn
F = nn.functional
P = nn.Parameter
torch.manual_seed(1)
stateless = nn.utils.stateless
call = torch.func.functional_call
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.Linear(2, 2)
        self.t = nn.Linear(2, 2)
        self.t.weight = self.l.weight
        self.register_buffer("b", torch.ones(2))
        self.bn = nn.BatchNorm1d(2)
    def forward(self, x, k=1, *, s=0):
        return self.t(self.l(x)) * self.b * k + s
"""
