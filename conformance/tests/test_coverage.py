"""What the catalogue covers: no public symbol without a row or a reason, and what counts as exercised."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from gradconform.catalogue.out_of_reach import out_of_reach
from gradconform.catalogue.registry import behaviours
from gradconform.coverage import NO_FORMULA, derivative_share, exercised, named, nodes, symbol_share, symbols, texts
from gradoracle.derivatives import Entry, entries
from gradoracle.parse import parse_program
from gradoracle.trace import Step, Trace

PROGRAM = parse_program("""
def f(t):
    return t.clone()
x = torch.ones(2)
if x is None:
    x.detach()
g = lambda t: t.numpy()
""")


def test_every_public_symbol_has_a_row_or_a_reason() -> None:
    runs = [(parse_program(text), None) for row in behaviours().values() for text in row.examples]
    share = symbol_share(runs)

    # An error is seen where it is raised, not in a text.
    left = set(share.left) - {"torch.autograd.gradcheck.GradcheckError"}
    assert [] == [name for name in left if not symbols()[name]]
    assert [] == [name for name, reason in symbols().items() if reason and name not in share.left]


def test_reasons_are_sentences() -> None:
    text = files("gradconform.catalogue").joinpath("symbols.json").read_text(encoding="utf-8")
    assert all(reason == "" or reason.endswith(".") for reason in json.loads(text).values())


def test_what_was_not_reached_is_not_exercised() -> None:
    idle = Trace((Step((0,), ("value", ("none",))), Step((1,), ("value", ("none",))), Step((3,), ("value", ("none",)))))
    used = Trace((*idle.steps, Step((4,), ("value", ("none",)), (), (("call", "f", ()), ("call", "<lambda>", ())))))

    assert {".clone", ".detach", ".numpy"} <= named([(PROGRAM, None)])
    assert {".clone", ".detach", ".numpy"}.isdisjoint(named([(PROGRAM, idle)]))
    assert {".clone", ".numpy"} <= named([(PROGRAM, used)])
    assert ".detach" not in named([(PROGRAM, used)])


def test_a_method_of_tensor_is_no_method_of_function() -> None:
    called = parse_program("x = torch.ones(2)\nx.backward()\n")
    names = named([(called, None)])

    assert exercised("torch.Tensor.backward", names)
    assert not exercised("torch.autograd.Function.backward", names)


def test_texts_are_not_what_a_program_says_itself() -> None:
    program = parse_program('raise ValueError("inside")\n')
    said = Trace((Step((0,), ("error", "ValueError", "inside")), Step((1,), ("error", "RuntimeError", "size 3 and 4"))))

    assert texts([(program, said)]) == {"RuntimeError: size _ and _"}


def test_nodes_are_read_from_graphs_and_values() -> None:
    graph = ("graph", (("MulBackward0", ((1, 0),)), ("AddBackward0", ())))
    seen = ("seen", (("x", (("graph", graph),)),), ())
    trace = Trace((Step((0,), ("value", seen)), Step((1,), ("value", ("node", "A")))))

    assert nodes([trace]) == {"MulBackward0", "AddBackward0", "A"}


def test_the_table_of_derivatives_names_the_nodes_that_pytorch_has() -> None:
    torch = pytest.importorskip("torch")
    there = set(dir(torch._C._functions))
    named_here = [entry.node for entry in entries() if entry.node is not None]

    assert [] == [node for node in named_here if node not in there]
    assert len(named_here) == len(set(named_here))
    # Those that are left have a twin for another layout, are copies of views, or are written by hand.
    spare = {name for name in there - set(named_here) if "Backward" in name and not name.endswith("_copy")}
    assert {"CopyBackwards", "SendRpcBackward", "UndefinedGradBackward"} == {
        name for name in spare if "BackwardAutograd" not in name
    }


def test_what_is_out_of_reach_stands_in_the_table_once_and_has_a_reason() -> None:
    pytest.importorskip("torchgen")
    known = {entry.node for entry in entries()}
    listed = [node for inside in out_of_reach().values() for node in inside]

    assert [] == [node for node in listed if node not in known]
    assert len(listed) == len(set(listed))
    assert all(": " in reason for reason in out_of_reach())


def test_the_share_is_of_what_can_be_reached() -> None:
    far = out_of_reach()
    first = next(iter(far.values()))[0]
    table = (Entry("sin", "SinBackward0"), Entry("cos", "CosBackward0"), Entry("all", None), Entry("far", first))
    share = derivative_share(table, frozenset({"SinBackward0"}))

    assert (1, ("SinBackward0", "CosBackward0")) == (share.within.reached, share.within.known)
    assert (1, 4) == (share.table.reached, len(share.table.known))
    assert ("all",) == share.beyond[NO_FORMULA]
    assert () == share.misjudged
    assert (first,) == derivative_share(table, frozenset({first})).misjudged
