"""What a program reaches is read off its text and its trace."""

from __future__ import annotations

import pytest

from gradconform.catalogue.features import FEATURES as KNOWN
from gradconform.fuzz.statistics import FEATURES, features, statistics
from gradoracle.interpreter import run
from gradoracle.parse import parse_program
from gradoracle.worker import load

LEAF = "x = torch.tensor([1.0, 2.0], requires_grad=True)\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("y = x * 2", set()),
        ("x.sum().backward(retain_graph=True)", {"backward", "retain-graph"}),
        ("y = x.clone()\ny.mul_(2)", {"in-place"}),
        ("y = x.clone()\ny += 1", {"in-place"}),
        ("y = x.clone()\ny[0] = 1.0", {"in-place"}),
        ("y = x.detach()\ny.requires_grad_()", {"detach", "requires-grad-toggle"}),
        ("with torch.no_grad():\n    y = x.view(-1)", {"grad-mode", "views"}),
        ("torch.autograd.grad(x.sum(), x, create_graph=True)", {"autograd-grad", "double-backward"}),
        ("@torch.no_grad()\ndef f(t):\n    return t", {"grad-mode", "mode-decorators"}),
    ],
)
def test_features_of_a_text(text: str, found: set[str]) -> None:
    assert found == features(parse_program(LEAF + text))


def test_features_are_those_of_the_catalogue() -> None:
    assert set(FEATURES) <= set(KNOWN)


def test_how_programs_end() -> None:
    engine = load("gradconform.adapters.refgrad:engine")
    texts = ["y = x * 2\nobserve(y)", "y = x.view(3)\nz = y * 2\nobserve(z)", "y = x.view(3)\nz = x * 2", "x.view(3)"]
    found = statistics([parse_program(LEAF + text) for text in texts], lambda program: run(program, engine))

    assert (4, 3, 1) == (found.programs, found.erring, found.dead)
    assert 1 == found.nodes["MulBackward0"]
    assert 3 == found.features["views"]
