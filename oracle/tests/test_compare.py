"""Every kind of difference is seen, and put on its level."""

from __future__ import annotations

import numpy as np
import pytest

from gradoracle.compare import EXACT, Measure, compare, same_tensor, show, show_tensor
from gradoracle.exactness import is_exact, measure
from gradoracle.parse import parse_program
from gradoracle.trace import Step, Trace, from_json, to_json


def tensor(*values, dtype="torch.float32", kind="<f4"):
    array = np.array(values, kind)
    return ("tensor", dtype, array.shape, array.tobytes())


def seen(**facets):
    return ("seen", (("x", tuple(facets.items())),), ())


def value(fact, **more):
    return Trace((Step((0,), ("value", fact), **more),))


NEAR = Measure(relative=1.3e-6, absolute=1e-5)
TRUE, FALSE, NONE = ("bool", True), ("bool", False), ("none",)
CASES = [
    ("values", value(tensor(1.0)), value(tensor(2.0))),
    ("values", value(tensor(1.0)), value(tensor(1.0, dtype="torch.float64", kind="<f8"))),
    ("values", value(("int", 1)), value(("bool", True))),
    ("values", value(("tuple", tensor(1.0), NONE)), value(("tuple", tensor(2.0), NONE))),
    ("state", value(seen(requires_grad=TRUE)), value(seen(requires_grad=FALSE))),
    ("state", value(seen(grad=NONE)), value(seen(grad=("grad", tensor(1.0), FALSE, NONE)))),
    (
        "values",
        value(seen(grad=("grad", tensor(1.0), FALSE, NONE))),
        value(seen(grad=("grad", tensor(2.0), FALSE, NONE))),
    ),
    ("graph", value(seen(grad_fn=("node", "A"))), value(seen(grad_fn=("node", "B")))),
    ("graph", value(seen(grad_fn=("node", "A"))), value(seen(grad_fn=NONE))),
    ("state", value(("seen", (), (("x", "y"),))), value(("seen", (), ()))),
    ("errors", value(NONE), Trace((Step((0,), ("error", "RuntimeError", "no")),))),
    (
        "errors",
        Trace((Step((0,), ("error", "RuntimeError", "a")),)),
        Trace((Step((0,), ("error", "ValueError", "a")),)),
    ),
    (
        "messages",
        Trace((Step((0,), ("error", "RuntimeError", "a")),)),
        Trace((Step((0,), ("error", "RuntimeError", "b")),)),
    ),
    ("messages", value(NONE, warnings=(("UserWarning", "a"),)), value(NONE)),
    ("messages", value(NONE, events=(("print", "a"),)), value(NONE, events=(("print", "b"),))),
    (
        "state",
        value(NONE, events=(("call", "f", ()), ("call", "g", ()))),
        value(NONE, events=(("call", "g", ()), ("call", "f", ()))),
    ),
    (
        "values",
        value(NONE, events=(("call", "f", (tensor(1.0),)),)),
        value(NONE, events=(("call", "f", (tensor(2.0),)),)),
    ),
    ("errors", value(NONE), Trace(value(NONE).steps, ("crash", "SIGSEGV"))),
    ("errors", value(NONE), Trace(())),
]


@pytest.mark.parametrize(("level", "left", "right"), CASES)
def test_a_difference_is_found_on_its_level(level, left, right):
    assert [level] == [difference.level for difference in compare(left, right)]
    assert () == compare(left, left)


def test_exact_programs_are_compared_bit_for_bit():
    one, other = tensor(1.0), tensor(1.0000001)

    assert not same_tensor(one, other, EXACT)
    assert same_tensor(one, other, NEAR)


def test_the_sign_of_zero_counts_and_the_bits_of_nan_do_not():
    assert not same_tensor(tensor(0.0), tensor(-0.0), NEAR)
    assert not same_tensor(tensor(0.0), tensor(-0.0), EXACT)
    assert same_tensor(tensor(np.nan), tensor(-np.nan), EXACT)
    assert not same_tensor(tensor(np.inf), tensor(-np.inf), NEAR)


def test_facts_go_through_json():
    trace = value(("tuple", tensor(1.0), ("float", "0x1p+0"), NONE), warnings=(("UserWarning", "a"),))

    assert trace == Trace.from_data(from_json(to_json(trace.to_data())))


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (tensor(1.0, 2.5), "tensor([1., 2.5])"),
        (tensor(1, dtype="torch.int64", kind="<i8"), "tensor([1])"),
        (("tensor", "torch.float64", (0, 2), b""), "tensor([], size=(0, 2), dtype=torch.float64)"),
    ],
)
def test_tensors_are_shown_as_pytorch_shows_them(fact, text):
    assert text == show_tensor(fact)


def test_a_shared_node_is_shown_once():
    graph = ("graph", (("Mul", ((1, 0), (1, 0))), ("Accumulate", ())))

    assert "Mul(Accumulate, #1)" == show(graph)


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("x = torch.tensor([0.25, 2.0])\n(x * x + 1).sum().backward()\n", True),
        ("x = torch.tensor([0.25, 2.0])\nx ** 2\n", True),
        ("x = torch.tensor([0.25, 2.0])\nx ** 0.5\n", False),
        ("x = torch.tensor([0.1, 2.0])\nx * x\n", False),
        ("x = torch.tensor([0.25, 2.0])\nx.exp()\n", False),
        ("x = torch.tensor([0.25, 2.0])\ntorch.exp(x)\n", False),
        ("x = torch.tensor([0.25, 2.0])\nx / 3\n", False),
        ("x = torch.tensor([0.25, 2.0])\nx /= 3\n", False),
    ],
)
def test_exactness_is_read_off_the_program(text, exact):
    assert exact == is_exact(parse_program(text))


def test_the_sign_of_zero_does_not_count_where_nobody_promises_it():
    picked, plain = "x = torch.tensor([0.0, 1.0])\n(-x).amax()\n", "x = torch.tensor([0.0, 1.0])\n-x\n"

    assert [False, True] == [measure(parse_program(text)).signed_zero for text in (picked, plain)]
    assert () == compare(value(tensor(0.0)), value(tensor(-0.0)), Measure(exact=True, signed_zero=False))


def test_the_tolerance_is_that_of_the_least_precise_dtype_seen():
    half = ("tensor", "torch.float16", (), b"\0\0")
    one, other = (tensor(x, dtype="torch.float64", kind="<f8") for x in (1.0, 1.0001))

    assert [] != list(compare(value(one), value(other), NEAR))
    assert () == compare(value(("tuple", half, one)), value(("tuple", half, other)), NEAR)


def test_facets_that_only_one_side_has_are_a_difference_whatever_was_looked_at():
    left, right = ("seen", (("x", (("grad", NONE),)),), ()), ("seen", (("x", (("value", ("unbound",)),)),), ())

    assert ["errors"] == [difference.level for difference in compare(value(left), value(right))]


def test_numbers_that_fill_their_type_were_rounded() -> None:
    def trace(value: float) -> Trace:
        fact = ("tensor", "torch.float32", (1,), np.float32(value).tobytes())
        return Trace((Step((0,), ("value", fact)),))

    large = float(np.nextafter(np.float32(29.28278), np.float32(0)))
    assert compare(trace(29.28278), trace(large), EXACT) == ()
    assert compare(trace(29.25), trace(float(np.nextafter(np.float32(29.25), np.float32(0)))), EXACT)
    assert compare(trace(29.28278), trace(29.3), EXACT)
