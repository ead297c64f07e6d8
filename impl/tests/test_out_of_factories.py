"""`out=` of functions that make tensors and of transforms: what is in it afterwards, and what it remembers."""

from __future__ import annotations


def test_ranges_keep_a_shape_that_holds_as_many(same):
    same("""
        whole = torch.ones(4, dtype=torch.int64)
        for out in (torch.ones(2, 2), torch.ones(2, 2).t(), torch.ones(3), torch.ones(0), whole):
            print(torch.arange(4, out=out) is out, out.tolist(), out.stride(), out._version)
            print(torch.linspace(0, 6, 4, out=out).tolist(), torch.logspace(0, 1, 4, out=out).tolist())
    """)


def test_fills_take_its_type_and_may_repeat_a_place(same):
    same("""
        base = torch.ones(6)
        print(torch.zeros(2, out=base[1:]).tolist(), torch.full((3,), 7, out=base[3:]).tolist(), base.tolist())
        print(torch.eye(2, out=torch.ones(1).expand(2, 2)).tolist())
        print(torch.zeros(2, out=torch.ones(1), requires_grad=True).requires_grad)
    """)


def test_an_out_that_is_no_leaf_forgets_how_it_came_about(same):
    same("""
        x = torch.ones(3, requires_grad=True)
        out = x * 2
        print(torch.ones(3, out=out).grad_fn.name(), out.requires_grad)
        print(attempt(lambda: out.sum().backward()))
        with torch.no_grad():
            print(torch.zeros(3, out=x).tolist(), x.requires_grad)
        print(torch.linspace(torch.ones((), requires_grad=True), 2, 2, out=torch.ones(2)).grad_fn.name())
    """)


def test_numbers_are_drawn_in_its_type(same):
    same("""
        torch.manual_seed(3)
        print(torch.normal(torch.ones(2, 2), torch.ones(2), out=torch.ones(0, dtype=torch.float64)).tolist())
        print(torch.normal(torch.ones(2), 0.5, out=torch.ones(2, 2)).tolist())
        print(torch.normal(0.5, torch.ones(2), out=torch.ones(0, dtype=torch.complex64)).tolist())
        print(torch.bernoulli(torch.full((5,), 0.5), out=torch.ones(2, dtype=torch.int64)).tolist())
        print(torch.randint(7000, (4,), out=torch.ones(0, dtype=torch.float16)).tolist())
        print(torch.poisson(torch.ones(3) * 5, torch.Generator().manual_seed(5)).tolist())
    """)


def test_transforms_write_into_it(same):
    same("""
        x = torch.tensor([[1.0, 2.0, 0.0, -1.0], [3.0, 0.0, 1.0, 1.0]])
        wide, short = torch.ones(0, dtype=torch.complex128), torch.ones(0, dtype=torch.complex64)
        for name in ("fft", "rfft", "fftn", "fft2", "rfftn", "ifftn"):
            print(getattr(torch.fft, name)(x, out=wide) is wide, wide.tolist(), wide._version)
            wide.resize_(0)
        for name in ("ifft", "ihfft"):
            print(getattr(torch.fft, name)(x, out=short).tolist(), short._version)
            short.resize_(0)
        for name in ("irfft", "hfft", "irfftn", "hfftn"):
            print(getattr(torch.fft, name)(x[:, :3], out=torch.ones(0)).tolist())
        print(torch.fft.fftfreq(5, 0.5, out=torch.ones(0, dtype=torch.float64)).tolist())
    """)
