"""Questions find the behaviours that answer them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradconform import engines
from gradconform.catalogue.registry import behaviours
from gradconform.cli import main
from gradconform.questions import answering, asked, unknown

IN_OTHER_WORDS = {
    "what does PyTorch do if I call backward twice?": "retain-graph.second-backward-raises",
    "Trying to backward through the graph a second time": "retain-graph.second-backward-raises",
    "why is my grad None?": "retain-grad.unretained-grad-warns",
    "difference between detach and no_grad": "notes.n9-three-ways-to-stop-gradients",
    "purpose of retain_graph": "retain-graph.retained-graph-runs-again",
    "backward on a non scalar tensor": "grad-tensors.non-scalar-root-needs-weight",
    "can I modify a leaf in place?": "in-place.leaf-is-refused",
    "derivative of relu at zero": "kinks.relu-at-zero",
    "in which order do hooks run": "hooks.node-hook-order",
    "does backward overwrite or accumulate .grad?": "leaf-gradients.backwards-accumulate",
    "does detach share memory with the original?": "detach.shares-storage",
    "max with ties, who gets the gradient": "kinks.max-of-everything-shares",
    "may a hook modify the gradient?": "hooks.replacement-goes-upstream",
    "torch.autograd.grad with only_inputs": "autograd-grad.only-inputs-is-ignored",
    "element 0 of tensors does not require grad": "grad-tensors.root-without-grad-raises",
    "one of the variables needed for gradient computation has been modified by an inplace operation:"
    " [torch.FloatTensor [2]], which is output 0 of ExpBackward0, is at version 1": "in-place.saved-operand-is-refused",
    "gradient of unused inputs": "autograd-grad.unused-input-raises",
    "how does gradient checkpointing recompute": "checkpoint.function-runs-again-in-backward",
    "backward of a custom function returns too many gradients": "custom-function.wrong-number-of-gradients",
    "does deepcopy work on non-leaf tensors": "entry-points.deepcopy",
    "can integers require grad": "leaf-gradients.integers-cannot-require-grad",
    "gradient of norm at zero": "kinks.norms-at-zero",
    "is the gradient of a broadcast summed": "broadcasting.gradients-have-the-operand-shape",
    "does mul_ bump the version counter": "in-place.every-write-raises-the-version",
    "hessian of a function": "functional.hessian",
}


def test_every_question_stands_under_a_behaviour_that_there_is() -> None:
    assert set(asked()) <= set(behaviours())
    assert all(asked().values())


def test_a_question_of_the_list_finds_its_behaviour_first() -> None:
    found = {question: answering(question, 1)[0].id for questions in asked().values() for question in questions}
    wanted = {question: name for name, questions in asked().items() for question in questions}
    assert found == wanted


@pytest.mark.parametrize("question", IN_OTHER_WORDS)
def test_so_does_one_in_other_words(question: str) -> None:
    assert IN_OTHER_WORDS[question] in [row.id for row in answering(question, 3)]


def test_most_questions_of_strangers_find_an_answer() -> None:
    lines = (Path(__file__).parent / "questions_of_strangers.txt").read_text(encoding="utf-8").splitlines()
    first = among_three = 0
    answers: list[str] = []
    questions = [line for line in lines if line and not line.startswith("#")]
    for line in questions:
        if not line.startswith(" "):
            answers = line.split(", ")
            assert set(answers) <= set(behaviours())
            continue
        found = [row.id for row in answering(line.strip(), 3)]
        first += found[0] in answers
        among_three += not set(answers).isdisjoint(found)
    count = sum(line.startswith(" ") for line in questions)
    assert first >= 0.75 * count
    assert among_three >= 0.9 * count


def test_a_word_behind_a_dot_is_a_name() -> None:
    assert answering("nan from torch.where", 1)[0].id == "kinks.where-hides-nothing"


def test_words_that_no_behaviour_has_are_told() -> None:
    assert unknown("how do I get the gradient of a frobnicator") == ("frobnicator",)
    assert unknown("what does retain_graph do") == ()


def test_what_nobody_wrote_about_has_no_answer() -> None:
    assert answering("what is the", 3) == ()
    assert answering("xyzzy", 3) == ()


class TestAsking:
    @pytest.fixture(autouse=True)
    def faux(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(str(Path(__file__).parent))
        monkeypatch.setitem(engines._BUILT_IN, "torch:cpu", "fauxengines:oracle")
        monkeypatch.setitem(engines._BUILT_IN, "torch:cuda", "fauxabsent:engine")

    def test_the_program_of_the_behaviour_is_run(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "what", "happens", "when", "I", "call", "backward", "twice?"]) == 0
        said = capsys.readouterr().out
        assert said.startswith("retain-graph.second-backward-raises")
        assert "RuntimeError: Trying to backward through the graph a second time" in said
        assert "torch:cpu" in said
        assert "perhaps you meant" in said

    def test_a_message_of_several_lines_longer_than_any_name_of_a_file(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        message = (
            "RuntimeError: one of the variables needed for gradient computation has been modified by an inplace"
            " operation: [torch.FloatTensor [2]], which is output 0 of ExpBackward0, is at version 1; expected version"
            " 0 instead.\nHint: enable anomaly detection to find the operation that failed to compute its gradient,"
            " with torch.autograd.set_detect_anomaly(True)."
        )
        assert main(["ask", message]) == 0
        assert "in-place.saved-operand-is-refused" in capsys.readouterr().out

    def test_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "--format", "json", "what happens when I call backward twice?"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["behaviours"][0]["id"] == "retain-graph.second-backward-raises"
        assert found["unknown"] == []
        assert found["agree"] is True
        told = {one["environment"]: one["difference"] for one in found["by_version"]}
        assert told["torch:cpu@2.13.0"] is None

    def test_a_word_that_no_behaviour_has(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "how", "do", "I", "call", "backward", "on", "a", "frobnicator"]) == 0
        assert "none has the word frobnicator" in capsys.readouterr().out

    def test_no_answer_and_no_file(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "xyzzy plugh"]) == 2
        assert "ask in other words" in capsys.readouterr().err
        assert main(["ask", "xyzzy"]) == 2
        assert "a question has more than one word" in capsys.readouterr().err
        assert main(["ask", "-c", "a = 1", "why is grad None"]) == 2
        assert "not two of them" in capsys.readouterr().err
