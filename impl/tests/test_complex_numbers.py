"""Programs about complex numbers: refgrad against PyTorch, live."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Same = Callable[[str], None]

PROGRAMS = {
    "lazy conjugates follow writes and are written through": """
z=torch.tensor([[1+2j,3-4j],[2+0j,-1j]])
c=z.mH
c[0].mul_(1j)
print(z,c,c[0].is_conj())
z[0]=5
print(c)
z=torch.tensor([1+2j,3-4j])
i=z.conj().imag
print(i, i.is_neg(), i._version, i._is_view(), i._base is z)
i[0]=9
print(z,i)
z.zero_()
print(i)
z=torch.tensor([1+2j,3-4j])
c=z.conj()
c.imag=torch.tensor([7.,8.])
print(z,c,c._version)
z=torch.tensor([1+2j,3-4j],requires_grad=True)
y=z*1
c=y.conj()
y.mul_(2)
print(c)
(c.real*3+c.imag).sum().backward()
print(z.grad)
z=torch.tensor([1+2j,3-4j],requires_grad=True)
y=z*1
c=y.conj()
c.mul_(2)
print(y, c, y.grad_fn.name())
(y.real*3+y.imag).sum().backward()
print(z.grad)
z=torch.tensor([1+2j,3-4j],requires_grad=True)
y=z*1
i=y.conj().imag
i.mul_(2)
print(y, i, y.grad_fn.name(),i.grad_fn.name())
(y.real*3+y.imag).sum().backward()
print(z.grad)
z=torch.tensor([1+2j,3-4j])
c=z.expand(2,2).conj()
print(c.stride(), c.is_conj())
z.mul_(2)
print(c)
z=torch.tensor([[1+2j,3-4j],[0j,1j]]).t()
c=z.conj()
print(c.stride(), c.is_contiguous())
print(attempt(lambda: torch.tensor([1j]).conj().resolve_conj().is_conj()))
print(attempt(lambda: torch.tensor([1j]).conj().imag.resolve_neg().is_neg()))
print(attempt(lambda: torch.tensor([1j]).conj().data.mul_(2)))
print(attempt(lambda: torch.tensor([1j]).conj().contiguous().is_conj()))
print(attempt(lambda: torch.tensor([1j]).conj().reshape(1,1).is_conj()))
print(attempt(lambda: torch.tensor([1j]).conj().imag.neg().is_neg()))
""",
    "views as real and as complex": """
print(attempt(lambda: torch.view_as_real(torch.ones(1,dtype=torch.int64))))
print(attempt(lambda: torch.view_as_complex(torch.ones(3))))
print(attempt(lambda: torch.view_as_complex(torch.ones(3,2,dtype=torch.int64))))
print(attempt(lambda: torch.view_as_complex(torch.ones(3,2,dtype=torch.complex64))))
print(attempt(lambda: torch.view_as_complex(torch.ones(3,2,dtype=torch.float64))))
print(attempt(lambda: torch.view_as_complex(torch.tensor(2.0))))
print(attempt(lambda: torch.view_as_complex(torch.ones(2,3).T)))
print(attempt(lambda: torch.view_as_complex(torch.ones(3,3)[:,:2])))
print(attempt(lambda: torch.view_as_complex(torch.ones(3,4)[:,::2])))
print(attempt(lambda: torch.view_as_complex(torch.ones(4,2)[:,:]).storage_offset()))
print(attempt(lambda: torch.view_as_complex(torch.ones(5)[1:].view(2,2))))
print(attempt(lambda: torch.view_as_complex(torch.ones(0,2))))
print(attempt(lambda: torch.view_as_real(torch.ones(2,dtype=torch.complex64).conj())))
print(attempt(lambda: torch.view_as_real(torch.ones(2,2,dtype=torch.complex64).T).stride()))
print(attempt(lambda: torch.ones(2,dtype=torch.complex64).conj().detach().is_conj()))
print(attempt(lambda: torch.ones(2,dtype=torch.complex64).conj().data.is_conj()))
print(attempt(lambda: torch.ones(2,dtype=torch.complex64).conj()[0].is_conj()))
print(attempt(lambda: torch.ones(2,dtype=torch.complex64).conj().clone().is_conj()))
print(attempt(lambda: torch.ones(2,2,dtype=torch.complex64).mH.mH.is_conj()))
""",
    "assignment to parts": """
def assigned(z, name, value):
    setattr(z, name, value)
    return z, z._version, z.grad_fn
for name in ("real", "imag"):
    for value in (
        torch.tensor([7.0, 8.0]), 3.0, 3, True, 2j, torch.tensor(2j), None,
        [1.0, 2.0], torch.ones(3), torch.ones(2, requires_grad=True),
    ):
        print(attempt(lambda: assigned(torch.tensor([1+1j, 2]), name, value)))
        print(attempt(lambda: assigned(torch.tensor([1+1j, 2]).conj(), name, value)))
    for z in (
        torch.tensor([1+1j, 2], requires_grad=True), torch.tensor([1+1j, 2], requires_grad=True) * 1, torch.ones(2),
        torch.ones(2, requires_grad=True),
    ):
        print(attempt(lambda: assigned(z, name, torch.zeros(2))))
""",
    "numbers that do not fit": """
for kind in ("uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "bool", "complex64"):
    for value in (
        300, -1, -300, 2**40, 1e300, 2.5, float("inf"), float("-inf"), float("nan"), 2+0j, 1j, True, 1e300+0j,
    ):
        x = torch.ones(2, dtype=getattr(torch, kind))
        print(attempt(lambda: torch.full_like(x, value)), attempt(lambda: torch.full((2,), value, dtype=x.dtype)))
        print(attempt(lambda: x.clone().fill_(value)), attempt(lambda: x.masked_fill(x < 2, value)))
        print(attempt(lambda: x.__setitem__(0, value)), attempt(lambda: x.new_full((2,), value)), x)
""",
    "complex powers, logarithms and replaced values": """
z = torch.tensor([1+2j, 3-4j], requires_grad=True)
for function in (
    lambda: z.float_power(2), lambda: z.float_power(torch.tensor([1j, 2])), lambda: torch.float_power(2, z),
    lambda: torch.ones(2, requires_grad=True).float_power(1j), lambda: z.logcumsumexp(0),
    lambda: z.reshape(2, 1).logcumsumexp(-1),
):
    y = function()
    print(y, y.dtype, torch.autograd.grad(y.sum().abs(), z, allow_unused=True))
print(torch.tensor([1e3+1j, 1e3-1j, complex("-inf")]).logcumsumexp(0))
print(torch.tensor([complex("-inf"), 1+1j, complex("nan")]).logcumsumexp(0))
print(attempt(lambda: z.nan_to_num()), z.detach().nan_to_num(), (z * 1).nan_to_num_())
print(attempt(lambda: z.nan_to_num_()), torch.tensor([complex("nan+infj")]).nan_to_num())
print(attempt(lambda: torch.tensor(2j).index_select(0, torch.tensor([0, 0]))))
""",
    "what complex numbers are refused by": """
z = torch.tensor([[1+1j, 2], [0j, 1j]], requires_grad=True)
for function in (
    lambda: z > 1, lambda: z <= z, lambda: z.max(), lambda: z.max(0), lambda: z.amax(), lambda: z.argmin(),
    lambda: z.clamp(min=0), lambda: z.relu(), lambda: torch.maximum(z, z), lambda: torch.fmin(z, z), lambda: z.sort(),
    lambda: z.median(), lambda: z.median(0), lambda: z.kthvalue(1), lambda: z.topk(1), lambda: z.round(),
    lambda: z.floor(), lambda: z.sign(), lambda: z % 2, lambda: z // 2, lambda: z.softmax(-1), lambda: z.cummax(0),
    lambda: z.erf(), lambda: z.mode(), lambda: z.frac(), lambda: z.signbit(), lambda: torch.atan2(z, z),
    lambda: torch.heaviside(z, z), lambda: torch.nn.functional.leaky_relu(z), lambda: torch.nn.functional.gelu(z),
):
    print(attempt(function))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name: str, same: Same) -> None:
    same(PROGRAMS[name])
