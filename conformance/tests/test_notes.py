"""The study notes: their claims, and what their programs tell on PyTorch."""

from __future__ import annotations

import pytest

from gradconform.catalogue import notes
from gradconform.catalogue.behaviour import Note
from gradconform.catalogue.registry import behaviours
from gradoracle.parse import parse_program
from gradoracle.trace import Trace
from gradoracle.worker import Worker

ROWS = {row.id.split(".")[1].split("-")[0].upper(): row for row in notes.BEHAVIOURS}
FREED = "Trying to backward through the graph a second time"
GRAD_OF_A_RESULT = "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed."

TOLD = {
    "N1": ["tensor(2.)", FREED, "tensor(2.)"],
    "N2": ["tensor(2.)", "tensor(8.)"],
    "N3": ["None", "tensor(6.)"],
    "N4": ["False", "True", "tensor(3.)", "tensor(6.)"],
    "N5": ["True False False", "True True None", "True False", "False True", "tensor(60.) None None None"],
    "N6": [
        "tensor(2.)",
        "tensor(4.)",
        "tensor([[ 2.,  0.],",
        "[ 3., 80.]])",
        "tensor([[ 2.,  0.],",
        "[ 3., 80.]])",
        "Mismatch in shape: grad_output[0] has a shape of torch.Size([2])",
        "tensor([[6.]])",
    ],
    "N7": ["tensor(4.)", FREED, "False", "tensor(2.)"],
    "N8": [
        "(tensor(4.),)",
        "(tensor(4.), tensor(1.))",
        "None None",
        "(tensor(4.),)",
        "None None",
        "The differentiated Tensor at index 0 appears to not have been used in the graph.",
        "(None,)",
    ],
    "N9": [
        "False None True",
        "tensor(2.) None",
        "tensor(54.) False",
        "tensor(6., grad_fn=<ReluBackward0>)",
        "one of the variables needed for gradient computation has been modified by an inplace operation",
    ],
}


@pytest.fixture(scope="module")
def oracle():
    pytest.importorskip("torch")
    with Worker("gradoracle.torch_engine:cpu") as worker:
        yield worker


def run(number: str, oracle: Worker) -> Trace:
    (program,) = ROWS[number].examples
    return oracle.run(parse_program(program))


def test_there_are_nine() -> None:
    assert [note.id for note in notes.NOTES] == [f"N{k}" for k in range(1, 10)] == list(ROWS)


@pytest.mark.parametrize("note", notes.NOTES, ids=lambda note: note.id)
def test_a_note_names_the_behaviour_that_shows_it(note: Note) -> None:
    assert note.behaviours[0] == ROWS[note.id].id
    assert set(note.behaviours) <= behaviours().keys()
    for sentence in (note.claim, note.truth):
        assert sentence.endswith(".")


def test_notes_that_say_less_than_pytorch_do_not_agree() -> None:
    assert [note.id for note in notes.NOTES if not note.agrees] == ["N5", "N6", "N7", "N8"]


@pytest.mark.parametrize("number", TOLD)
def test_programs_tell_what_the_note_is_about(number: str, oracle: Worker) -> None:
    trace = run(number, oracle)
    lines = [line for step in trace.steps for event in step.events for line in event[1].split("\n")]
    assert trace.finished
    assert len(lines) == len(TOLD[number])
    for line, expected in zip(lines, TOLD[number], strict=True):
        assert expected in line


@pytest.mark.parametrize(
    ("number", "warned"),
    [("N3", [("UserWarning", GRAD_OF_A_RESULT)]), ("N8", [("FutureWarning", "only_inputs argument is deprecated")])],
)
def test_programs_warn(number: str, warned: list[tuple[str, str]], oracle: Worker) -> None:
    heard = [warning for step in run(number, oracle).steps for warning in step.warnings]
    assert [kind for kind, _ in heard] == [kind for kind, _ in warned]
    for (_, text), (_, expected) in zip(heard, warned, strict=True):
        assert expected in text
