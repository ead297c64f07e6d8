"""Results made by hand: traces as a run would leave them, of every kind the report has to show."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from gradoracle.trace import Fact, Step, Trace
from gradreports.results import (
    BehaviourRecord,
    CaseRecord,
    Clause,
    DifferenceRecord,
    DriftGroup,
    DriftRecord,
    EngineInfo,
    Evidence,
    FindingRecord,
    Header,
    Line,
    Note,
    Observed,
    OracleInfo,
    Record,
    ResultsWriter,
    Suite,
)

CPU, OLD, CUDA = "torch-2.13.0-cpu", "torch-2.11.0-cpu", "torch-2.13.0-cuda"
DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.Tensor.backward.html"
DONE: Fact = ("value", ("none",))
FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been"
    " freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify"
    " retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors"
    " after calling backward."
)


def tensor(*values: float, shape: tuple[int, ...] | None = None) -> Fact:
    """A float32 tensor; one value without a shape is a scalar."""
    size = shape if shape is not None else () if len(values) == 1 else (len(values),)
    return ("tensor", "torch.float32", size, struct.pack(f"<{len(values)}f", *values))


def graph(*nodes: tuple[str, tuple[tuple[int, int], ...]]) -> Fact:
    """A graph fact."""
    return ("graph", nodes)


def seen(**names: dict[str, Fact]) -> Fact:
    """The outcome of an observe."""
    return ("value", ("seen", tuple((name, tuple(facets.items())) for name, facets in names.items()), ()))


def leaf(value: Fact, grad: Fact = ("none",), version: int = 0) -> dict[str, Fact]:
    """What an observe sees of a leaf that requires grad."""
    return {
        "value": value,
        "requires_grad": ("bool", True),
        "is_leaf": ("bool", True),
        "retains_grad": ("bool", False),
        "grad": grad,
        "grad_fn": ("none",),
        "output_nr": ("int", 0),
        "version": ("int", version),
        "is_view": ("bool", False),
        "graph": graph(),
    }


def inner(value: Fact, node: str, drawn: Fact, version: int = 0) -> dict[str, Fact]:
    """What an observe sees of a tensor that an operator made."""
    facets = leaf(value, version=version)
    return {**facets, "is_leaf": ("bool", False), "grad_fn": ("node", node), "graph": drawn}


def evidence(
    kind: str, source: str, oracle: Trace | None, engine: Trace | None, *differences: DifferenceRecord
) -> Evidence:
    """Evidence with a line for each recorded statement of `source`; only a `for` has one inside."""
    lines: list[Line] = []
    top = 0
    for text in source.splitlines():
        if not text.startswith(" "):
            lines.append(Line((top,), text))
            top += 1
        elif lines[-1].text.startswith("for"):
            lines.append(Line((top - 1, 0), text.strip()))
        else:
            last = lines[-1]
            lines[-1] = Line(last.path, f"{last.text}\n{text}")
    script = f"import torch\n\n{source}\n"
    return Evidence(
        kind, [], source, script, script.replace("torch", "refgrad"), tuple(lines), oracle, engine, differences
    )


def steps(*outcomes: Fact | Step) -> Trace:
    """A finished trace of outcomes, one for each top-level statement."""
    made = [item if isinstance(item, Step) else Step((at,), item) for at, item in enumerate(outcomes)]
    return Trace(tuple(made))


CHAIN = graph(
    ("SumBackward0", ((1, 0),)), ("MulBackward0", ((2, 0), (3, 0))), ("ExpBackward0", ((3, 0),)), ("AccumulateGrad", ())
)
SHORT = graph(("SumBackward0", ((1, 0),)), ("MulBackward0", ((2, 0), (2, 0))), ("AccumulateGrad", ()))
SECOND = """\
x = torch.tensor([1., 2.], requires_grad=True)
y = (x * x.exp()).sum()
observe(x, y)
y.backward()
observe(x)
y.backward()
observe(x)"""


def second_backward(message: str, kind: str = "RuntimeError", drawn: Fact = CHAIN) -> Trace:
    """What `SECOND` leaves on an engine with that error and that graph."""
    grad = tensor(5.4365640, 22.167168)
    x = tensor(1.0, 2.0)
    return steps(
        DONE,
        DONE,
        seen(x=leaf(x), y=inner(tensor(17.496395), "SumBackward0", drawn)),
        DONE,
        seen(x=leaf(x, grad)),
        ("error", kind, message),
        seen(x=leaf(x, grad)),
    )


HOOKS = """\
x = torch.tensor(2., requires_grad=True)
def first(grad):
    return grad * 2
def second(grad):
    return grad + 1
x.register_hook(first)
x.register_hook(second)
(x * 3).backward()
observe(x)"""


def hooks(order: tuple[str, str], values: tuple[float, float, float], warn: bool = False) -> Trace:
    """What `HOOKS` leaves on an engine that calls the hooks in that order."""
    start, middle, end = values
    events: tuple[Fact, ...] = (
        ("call", order[0], (tensor(start),)),
        ("return", order[0], tensor(middle)),
        ("call", order[1], (tensor(middle),)),
        ("return", order[1], tensor(end)),
    )
    warnings = (("UserWarning", "hooks run in an order that may surprise"),) if warn else ()
    handle: Fact = ("value", ("object", "RemovableHandle"))
    return Trace(
        (
            Step((0,), DONE),
            Step((1,), DONE),
            Step((2,), DONE),
            Step((3,), handle),
            Step((4,), handle),
            Step((5,), DONE, warnings, events),
            Step((6,), seen(x=leaf(tensor(2.0), tensor(end)))),
        )
    )


ACCUMULATE = (
    "x = torch.tensor([1., 2.], requires_grad=True)\nfor i in range(2):\n    (x * 3).sum().backward()\nobserve(x)"
)


def accumulate() -> Trace:
    """What `ACCUMULATE` leaves on PyTorch."""
    x = leaf(tensor(1.0, 2.0), tensor(6.0, 6.0))
    return Trace((Step((0,), DONE), Step((1, 0), DONE), Step((1, 0), DONE), Step((2,), seen(x=x))))


def header(**changes: Any) -> Header:
    """The header of every synthetic run."""
    made = Header(
        suite=Suite("0.1.0", 3),
        engine=EngineInfo("refgrad", "0.1.0", {"numpy": "2.3.1", "python": "3.11.7", "platform": "Linux x86_64"}),
        oracles=(
            OracleInfo(CPU, "measured", "", {"torch": "2.13.0+cpu", "device": "cpu", "python": "3.11.7"}),
            OracleInfo(OLD, "measured", "", {"torch": "2.11.0+cpu", "device": "cpu"}),
            OracleInfo(CUDA, "not measured", "no GPU here and no recording asked for", {}),
        ),
        seed=20261123,
        max_examples=100,
        command="gradconform run --engine refgrad --oracle torch-2.13.0-cpu",
        started="2026-11-23T12:00:00Z",
        levels=("values", "state", "errors", "messages", "graph"),
    )
    return replace(made, **changes)


def behaviours() -> list[BehaviourRecord]:
    """One for each thing the report shows."""
    said = Clause(DOCS, "retain_graph (bool, optional) - If False, the graph used to compute the grads will be freed.")
    seen_only = Observed("2.13.0")

    def one(
        name: str, statement: str, level: str = "required", clause: Clause | Observed = said, **rest: Any
    ) -> BehaviourRecord:
        expectation = rest.pop("expectation", "The same outcome, the same state and the same text as on PyTorch.")
        return BehaviourRecord(name, name.partition(".")[0], statement, expectation, level, clause, **rest)

    return [
        one(
            "retain-graph.second-backward-raises",
            "A second backward through a graph whose saved tensors are freed raises RuntimeError.",
            expectation="RuntimeError in the second backward; x.grad keeps what the first one gave.",
            needs=("backward",),
            examples=(SECOND,),
        ),
        one(
            "retain-graph.kept",
            "With retain_graph=True the graph can be used again.",
            depends=("retain-graph.second-backward-raises",),
        ),
        one(
            "hooks.registration-order",
            "Hooks of a tensor run in the order they were registered.",
            "recommended",
            examples=(HOOKS,),
            needs=("hooks",),
        ),
        one("hooks.removable-handle", "A removed hook runs no more.", "recommended", clause=seen_only),
        one("accumulate.adds", "backward adds to a gradient that is there.", examples=(ACCUMULATE,)),
        one(
            "accumulate.graph-shape",
            "The graph of an expression has the nodes and edges of PyTorch's.",
            "informational",
        ),
        one("views.deep", "A chain of 100,000 views can be run backward.", "optional", clause=seen_only),
        one("views.version", "Writing through a view bumps the version of its base.", "optional"),
        one("modes.inference", "A tensor made in `inference_mode` cannot be saved for backward.", "optional"),
    ]


def cases() -> list[CaseRecord]:
    """Cases of most verdicts on two oracles."""
    raises, kept, order, handle, adds, shape, deep, version, inference = (item.id for item in behaviours())
    passing = dict.fromkeys(("values", "state", "errors", "messages", "graph"), "pass")
    failing = evidence(
        "failure",
        SECOND,
        second_backward(FREED),
        second_backward("graph was freed", "ValueError", SHORT),
        DifferenceRecord("graph", (2,), "y.graph", "4 nodes, 4 edges", "3 nodes, 3 edges"),
        DifferenceRecord("errors", (5,), "class", "RuntimeError", "ValueError"),
        DifferenceRecord("messages", (5,), "message", FREED, "graph was freed"),
    )
    swapped = evidence(
        "failure",
        HOOKS,
        hooks(("first", "second"), (3.0, 6.0, 7.0)),
        hooks(("second", "first"), (3.0, 4.0, 8.0), warn=True),
        DifferenceRecord("state", (5,), "order of events", "call first", "call second"),
        DifferenceRecord("values", (6,), "x.grad", "tensor(7.)", "tensor(8.)"),
    )
    good = evidence("example", ACCUMULATE, accumulate(), accumulate())
    found = evidence("finding", SECOND, second_backward(FREED), second_backward(FREED))
    died = evidence(
        "failure", SECOND, second_backward(FREED), Trace(second_backward(FREED).steps[:3], ("crash", "SIGSEGV"))
    )
    replay = "gradconform replay results.jsonl"
    return [
        CaseRecord(raises, CPU, "fail", {**passing, "errors": "fail", "messages": "fail", "graph": "fail"}, 120, 0.5,
                   "differs in 14 of 120 programs", "", {"F1": 3}, f"{replay} {raises}", (failing, found)),
        CaseRecord(kept, CPU, "blocked", {}, 0, 0.0, "", raises, {}, "", ()),
        CaseRecord(order, CPU, "fail", {**passing, "values": "fail", "state": "fail"}, 100, 0.25,
                   "", "", {}, f"{replay} {order}", (swapped,)),
        CaseRecord(handle, CPU, "xfail", {**passing, "state": "xfail"}, 100, 0.2, "issue 12: no handles yet"),
        CaseRecord(adds, CPU, "pass", passing, 100, 0.125, replay=f"{replay} {adds}", evidence=(good,)),
        CaseRecord(shape, CPU, "pass", passing, 80, 0.1, evidence=(found,)),
        CaseRecord(deep, CPU, "crash", {**passing, "values": "crash"}, 3, 1.5, "the process died", evidence=(died,)),
        CaseRecord(version, CPU, "unsupported", {}, 0, 0.0, "views"),
        CaseRecord(raises, OLD, "pass", passing, 120, 0.5, evidence=(found,)),
        CaseRecord(order, OLD, "flaky", {**passing, "state": "flaky"}, 100, 0.5),
        CaseRecord(adds, OLD, "pass", passing, 100, 0.125, evidence=(good,)),
        CaseRecord(inference, OLD, "missing", {}, 0, 0.0),
    ]  # fmt: skip


def notes() -> list[Note]:
    """A claim that holds and one that does not."""
    return [
        Note(
            "N1",
            "A second backward raises.",
            "It raises RuntimeError when saved tensors were freed.",
            True,
            ("retain-graph.second-backward-raises",),
        ),
        Note(
            "N2",
            "Gradients are replaced by every backward.",
            "They are added to what is there.",
            False,
            ("accumulate.adds", "not.in-this-run"),
        ),
    ]


def findings() -> list[FindingRecord]:
    """An entry of the register, and one of the register of drift."""
    outcome = {CPU: "segmentation fault", CUDA: "not measured"}
    return [
        FindingRecord("F1", "Random programs crash PyTorch", "PyTorch defect", "pytorch#196459", outcome,
                      "A view of a freed base is read.", False, SECOND),
        FindingRecord("D1", "Texts name `retain_graph`", "drift: a text", "", {OLD: "old words", CPU: "new words"},
                      "The older version has other words.", False, SECOND),
    ]  # fmt: skip


def drift() -> list[DriftRecord]:
    """Two environments with one difference that is explained and one that is not."""
    first, second = (OracleInfo(name, environment={"recorded": "2026-11-24T05:00:00Z"}) for name in (OLD, CPU))
    raises = behaviours()[0].id
    return [
        DriftRecord(
            first,
            second,
            1200,
            7,
            (
                DriftGroup(
                    "changed", "messages", "error text", "old words", FREED, SECOND, 6, (raises, "no.more"), "D1"
                ),
                DriftGroup("added", "errors", "outcome", "TypeError: no", "None", ACCUMULATE, 1, (), ""),
            ),
        ),
        DriftRecord(second, replace(second, id=CUDA), 1200, 0),
    ]


def records() -> list[Record]:
    """Everything between the header and the footer."""
    return [*behaviours(), *notes(), *findings(), *cases(), *drift()]


def write(path: Path, **changes: Any) -> Path:
    """A whole results file."""
    with ResultsWriter(path) as writer:
        writer.write(header(**changes))
        for record in records():
            writer.write(record)
        writer.finish(programs=723, seconds=3.5)
    return path


def many(count: int) -> Iterator[BehaviourRecord | CaseRecord]:
    """`count` cases on two oracles, with evidence, for measuring."""
    model = behaviours()
    names = [f"{item.family}.case-{number:05}" for number in range(count // 2) for item in [model[number % len(model)]]]
    for number, name in enumerate(names):
        item = model[number % len(model)]
        yield replace(item, id=name, depends=())
    samples = [case for case in cases() if case.evidence]
    for number, name in enumerate(names):
        for oracle in (CPU, OLD):
            sample = samples[number % len(samples)]
            verdict = "fail" if number % 50 == 0 else "pass"
            yield replace(sample, behaviour=name, oracle=oracle, verdict=verdict, findings={}, blocked_by="")


def write_many(path: Path, count: int) -> Path:
    """A results file of `count` cases."""
    with ResultsWriter(path) as writer:
        writer.write(header())
        for record in many(count):
            writer.write(record)
        writer.finish(programs=count * 100, seconds=60.0)
    return path
