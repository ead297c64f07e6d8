"""Third derivatives of normalizations, second ones of looked-up images, and a tangent at a singular point."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Same = Callable[[str], None]

PRELUDE = """
F = torch.nn.functional

def told(values):
    return [None if each is None else [round(one, 6) + 0.0 for one in each.flatten().tolist()] for each in values]

x = (torch.arange(12.0, dtype=torch.float64) ** 1.5 / 7).view(3, 4)
w = torch.tensor([1.0, 0.5, -2.0, 0.25], dtype=torch.float64)
b = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)
"""

NORMALIZED = {
    "layer": "F.layer_norm(x, [4])",
    "layer with weights": "F.layer_norm(x, [4], w, b)",
    "batch": "F.batch_norm(x, None, None, training=True)",
    "batch with weights": "F.batch_norm(x, None, None, w, b, True)",
    "batch in evaluation": "F.batch_norm(x, b.detach(), b.detach() + 1, w, b)",
    "batch with statistics that require grad": "F.batch_norm(x, b, b + 1, w, b)",
    "instance": "F.instance_norm(x.view(1, 3, 4))",
    "group": "F.group_norm(x, 2, w, b)",
    "root mean square": "F.rms_norm(x, [4], w)",
}


@pytest.mark.parametrize("name", NORMALIZED)
def test_three_derivatives_of_a_normalization(same: Same, name: str) -> None:
    same(
        PRELUDE
        + f"""
for each in (x, w, b):
    each.requires_grad_()
made = ({NORMALIZED[name]}).sin().sum()
for step in range(3):
    found = torch.autograd.grad(made, (x, w, b), create_graph=True, allow_unused=True)
    print(told(found), [each is not None and each.requires_grad for each in found])
    made = sum((each * torch.arange(1.0, each.numel() + 1, dtype=each.dtype).view(each.shape)).sin().sum()
               for each in found if each is not None)
"""
    )


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_second_derivatives_of_an_image_looked_up(same: Same, mode: str, padding: str) -> None:
    same(
        PRELUDE
        + f"""
image = torch.arange(18.0, dtype=torch.float64).sin().view(1, 2, 3, 3).requires_grad_()
grid = (torch.arange(16.0, dtype=torch.float64).cos() * 0.8).view(1, 2, 4, 2).requires_grad_()
for align_corners in (False, True):
    made = F.grid_sample(image, grid, {mode!r}, {padding!r}, align_corners)
    head = torch.ones_like(made).requires_grad_()
    first = torch.autograd.grad(made, (image, grid), head, create_graph=True)
    print(first[0].grad_fn.name(), told(first))
    second = torch.autograd.grad(sum(each.sin().sum() for each in first), (image, grid, head), allow_unused=True)
    print(told(second))
"""
    )


def test_second_derivatives_of_a_volume_looked_up(same: Same) -> None:
    same(
        PRELUDE
        + """
volume = torch.arange(16.0, dtype=torch.float64).sin().view(1, 2, 2, 2, 2).requires_grad_()
grid = (torch.arange(12.0, dtype=torch.float64).cos() * 0.8).view(1, 1, 2, 2, 3).requires_grad_()
made = F.grid_sample(volume, grid, align_corners=False)
first = torch.autograd.grad(made.sin().sum(), (volume, grid), create_graph=True)
second = torch.autograd.grad(sum(each.sin().sum() for each in first), (volume, grid), create_graph=True)
third = torch.autograd.grad(sum(each.sin().sum() for each in second), (volume, grid))
print(told(first), told(second), told(third))
"""
    )


def test_the_tangent_of_a_deviation_of_equal_elements(same: Same) -> None:
    same(
        PRELUDE
        + """
ad = torch.autograd.forward_ad
with ad.dual_level():
    for values in ([2.0, 2.0, 2.0], [1.0, 2.0, 4.0]):
        dual = ad.make_dual(torch.tensor(values), torch.tensor([1.0, 0.0, 3.0]))
        print([ad.unpack_dual(each).tangent for each in torch.std_mean(dual)])
        print([ad.unpack_dual(each).tangent for each in torch.std_mean(dual, 0, keepdim=True)])
"""
    )


def test_tangents_through_conjugates_of_what_was_computed(same: Same) -> None:
    same(
        """
ad = torch.autograd.forward_ad
z = torch.tensor([[2 + 1j, 0.5], [0.3j, 1.0]], dtype=torch.complex128)
with ad.dual_level():
    dual = ad.make_dual(z, torch.ones_like(z)) * 1
    for made in (torch.logdet(dual), dual.log(), torch.linalg.pinv(dual)):
        print(ad.unpack_dual(made))
"""
    )
