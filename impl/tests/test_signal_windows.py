"""`torch.signal.windows`, and the decompositions of low rank that begin with random vectors."""

from __future__ import annotations

from collections.abc import Callable


def test_windows_symmetric_and_periodic(same: Callable[..., None]) -> None:
    same("""
    windows = torch.signal.windows
    for count in (0, 1, 2, 5, 10):
        for periodic in (True, False):
            for name in ("bartlett", "blackman", "cosine", "exponential", "gaussian", "general_hamming", "hamming",
                         "hann", "kaiser", "nuttall"):
                made = getattr(windows, name)(count, sym=periodic, dtype=torch.float64, requires_grad=count > 1)
                print(name, made.dtype, made.requires_grad, made.grad_fn and made.grad_fn.name(),
                      [round(each, 9) + 0.0 for each in made.tolist()])
            print(windows.general_cosine(count, a=[0.5, 0.25, 0.125], sym=periodic))
    """)


def test_windows_with_parameters(same: Callable[..., None]) -> None:
    same("""
    windows = torch.signal.windows
    print(windows.exponential(7, center=2.0, tau=3.0, sym=False))
    print(windows.gaussian(7, std=0.5), windows.kaiser(7, beta=2.5, sym=False), windows.general_hamming(6, alpha=0.75))
    """)


def test_singular_values_of_low_rank(same: Callable[..., None]) -> None:
    same("""
    torch.manual_seed(3)
    for shape in ((6, 4), (4, 6), (2, 5, 3)):
        a = torch.randn(*shape, dtype=torch.float64, requires_grad=True)
        for made in (torch.svd_lowrank(a, q=3), torch.svd_lowrank(a, 2, 1, a.detach() / 2), torch.pca_lowrank(a, 2),
                     torch.pca_lowrank(a, center=False)):
            print([tuple(each.shape) for each in made], made[1].detach().to(torch.float32))
            (grad,) = torch.autograd.grad(made[1].sum(), a)
            print(grad.to(torch.float32))
    """)
