"""The whole catalogue: ids that stay, sentences, quotes, examples, generators, and how a selection is read."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import sys
from graphlib import TopologicalSorter
from importlib import resources

import pytest

from gradconform.catalogue import patterns
from gradconform.catalogue.behaviour import Behaviour, Clause, Level, Observed
from gradconform.catalogue.features import FEATURES
from gradconform.catalogue.meaning import VERSION, changed, meaning, sealed
from gradconform.catalogue.registry import FAMILIES, UnknownBehaviour, behaviours, select
from gradconform.generate.recipe import recipes
from gradoracle.limits import problems
from gradoracle.parse import parse_program
from gradoracle.program import Program
from gradoracle.source import source
from gradoracle.trace import Trace
from gradoracle.worker import Worker

EVERY = tuple(behaviours().values())
ROWS = [pytest.param(row, id=row.id) for row in EVERY]
GENERATED = [pytest.param(row, id=row.id) for row in EVERY if row.generator is not None]
QUOTED = [pytest.param(row, id=row.id) for row in EVERY if isinstance(row.clause, Clause)]
OWN = (
    *("grad-tensors", "autograd-grad", "grad-modes", "detach", "in-place", "views", "accumulation"),
    *("saved-tensor-hooks", "inference-mode", "anomaly-mode", "lifetimes", "checkpoint"),
)
PAGE = re.compile(
    r"https://docs\.pytorch\.org/docs/2\.13/(?:generated/(?=[\w.]+\.html$)|\w+\.html#)(torch\.[\w.]+?)(?:\.html)?"
)
"""The page of one name, or the place of a name on a page that it shares."""
MOST_WORDS = 25


@pytest.fixture(scope="module")
def oracle():
    pytest.importorskip("torch")
    with Worker("gradoracle.torch_engine:cpu") as worker:
        yield worker


def errors(trace: Trace) -> list[str]:
    return [f"{step.outcome[1]}: {step.outcome[2]}" for step in trace.steps if step.outcome[0] == "error"]


# Ids


@pytest.mark.parametrize("row", ROWS)
def test_an_id_is_its_family_and_words(row: Behaviour) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*", row.id)
    assert row.id.startswith(f"{row.family}.")
    assert row.family in {family.id for family in FAMILIES}


def test_families_have_rows_of_their_own_and_a_title() -> None:
    assert len({family.id for family in FAMILIES}) == len(FAMILIES)
    for family in FAMILIES:
        module = importlib.import_module(f"gradconform.catalogue.{family.module}")
        assert family.title
        assert module.BEHAVIOURS
        assert {row.family for row in module.BEHAVIOURS} == {family.id}


def test_the_catalogue_is_in_the_order_of_families() -> None:
    order = [family.id for family in FAMILIES]
    places = [order.index(row.family) for row in EVERY]
    assert places == sorted(places)


def test_released_ids_stay() -> None:
    """An id once released names this behaviour for good: a removed one is listed and never used again."""
    listed = json.loads((resources.files("gradconform.catalogue") / "released.json").read_text(encoding="utf-8"))
    released, removed = listed["released"], listed["removed"]
    assert len(set(released)) == len(released)
    assert set(released) - set(behaviours()) == set(), "a released behaviour is gone: move its id to removed"
    assert set(behaviours()) - set(released) == set(), "add new ids to released.json"
    assert set(removed) & set(released) == set()


def test_the_version_is_the_released_one() -> None:
    listed = json.loads((resources.files("gradconform.catalogue") / "released.json").read_text(encoding="utf-8"))
    assert listed["version"] == VERSION
    assert sealed()[0] <= VERSION
    assert set(sealed()[1]) <= {*listed["released"], *listed["removed"]}


def test_a_change_of_interpretation_bumps_the_version() -> None:
    """A row that is only worded better is written down anew, without another version."""
    if sealed()[0] == VERSION:
        assert changed() == (), (
            "these rows say something else than in catalogue version "
            f"{VERSION}: raise VERSION in meaning.py and released.json if they mean something else, "
            "then run python -m gradconform.catalogue.meaning"
        )


def test_a_meaning_is_what_a_row_says() -> None:
    row = EVERY[0]
    assert meaning(row) == meaning(dataclasses.replace(row, examples=(), generator=None))
    for said in ({"statement": "Other."}, {"expectation": "Other."}, {"level": Level.INFORMATIONAL}):
        assert meaning(row) != meaning(dataclasses.replace(row, **said))
    assert meaning(row) != meaning(dataclasses.replace(row, clause=Observed("2.11.0")))


# Rows


@pytest.mark.parametrize("row", ROWS)
def test_rows_are_complete(row: Behaviour) -> None:
    for sentence in (row.statement, row.expectation):
        assert sentence.endswith(".")
        assert sentence == " ".join(sentence.split())
    assert isinstance(row.level, Level)
    assert row.examples
    assert len(set(row.examples)) == len(row.examples)


@pytest.mark.parametrize("row", ROWS)
def test_needs_are_features(row: Behaviour) -> None:
    assert set(row.needs) <= FEATURES.keys()
    assert len(set(row.needs)) == len(row.needs)


def test_dependencies_are_known_and_go_one_way() -> None:
    graph = {row.id: set(row.depends) for row in EVERY}
    assert set().union(*graph.values()) <= behaviours().keys()
    assert len(list(TopologicalSorter(graph).static_order())) == len(EVERY)


def test_every_feature_says_what_it_is() -> None:
    assert all(text.endswith(".") for text in FEATURES.values())
    assert all(re.fullmatch(r"[a-z]+[0-9]*(-[a-z]+)*", name) for name in FEATURES)


@pytest.mark.parametrize("row", ROWS)
def test_clauses_are_well_formed(row: Behaviour) -> None:
    if isinstance(row.clause, Observed):
        assert re.fullmatch(r"\d+\.\d+\.\d+", row.clause.version)
    else:
        assert PAGE.fullmatch(row.clause.url)
        assert 0 < len(row.clause.quote.split()) <= MOST_WORDS


def read_as_page(documentation: str) -> str:
    """A docstring as its page shows it: without roles, marks of code and line breaks."""

    def plain(role: re.Match[str]) -> str:
        kind, text = role.groups()
        text = re.sub(r" *<[^>]*>$", "", text)
        text = text.rpartition(".")[2] if text.startswith("~") else text
        return f"{text}()" if kind in ("func", "meth") and not text.endswith(")") else text

    return " ".join(re.sub(r":(?:\w+:)?(\w+):`([^`]*)`", plain, documentation).replace("`", "").split())


@pytest.mark.parametrize("row", QUOTED)
def test_quotes_are_in_the_documentation(row: Behaviour) -> None:
    torch = pytest.importorskip("torch")
    if not torch.__version__.startswith("2.13."):
        pytest.skip("the quotes are of PyTorch 2.13")
    assert isinstance(row.clause, Clause)
    page = PAGE.fullmatch(row.clause.url)
    assert page
    documented = torch
    for name in page[1].split(".")[1:]:
        # A function of its own name hides the module `torch.autograd.gradcheck`.
        module = sys.modules.get(f"torch.autograd.{name}") if documented is torch.autograd else None
        documented = module or getattr(documented, name)
    assert row.clause.quote in read_as_page(documented.__doc__)


# Programs


@pytest.mark.parametrize("row", ROWS)
def test_examples_are_programs_that_run(row: Behaviour, oracle: Worker) -> None:
    for text in row.examples:
        program = parse_program(text)
        assert parse_program(source(program)) == program
        trace = oracle.run(program)
        assert trace.finished
        assert not [error for error in errors(trace) if error.startswith("NameError")]


@pytest.mark.parametrize("row", GENERATED)
def test_generators_are_total_and_pure(row: Behaviour) -> None:
    assert row.generator
    for recipe in (*recipes(row.id, 8), ((65535,) * 4,) * 14, ((0,) * 4,) * 14):
        program = row.generator(recipe)
        assert row.generator(recipe) == program
        assert list(problems(program)) == []
        assert Program.from_data(program.data) == program
        assert parse_program(source(program)) == program


@pytest.mark.parametrize("row", GENERATED)
def test_no_generator_writes_what_kills_pytorch(row: Behaviour) -> None:
    assert row.generator
    for recipe in recipes(row.id, 30):
        assert not patterns.hooks_a_written_view(row.generator(recipe))


OF_OWN = [pytest.param(row, id=row.id) for row in EVERY if row.generator is not None and row.family in OWN]

SAYS = {
    "grad-tensors.non-scalar-root-needs-weight": "grad can be implicitly created only for scalar outputs",
    "grad-tensors.none-for-scalar-roots": "grad can be implicitly created only for scalar outputs",
    "grad-tensors.root-without-grad-raises": "does not require grad and does not have a grad_fn",
    "grad-tensors.wrong-shape-raises": "Mismatch in shape: grad_output[0]",
    "grad-tensors.too-few-weights-raise": "got 2 tensors and 1 gradients",
    "grad-tensors.not-a-tensor-raises": "TypeError",
    "grad-tensors.complex-weight-refused": "For complex Tensors, both grad_output and output",
    "grad-tensors.grad-variables-deprecated": "`grad_variables` is deprecated",
    "autograd-grad.only-inputs-is-ignored": "only_inputs argument is deprecated and is ignored now",
    "autograd-grad.unused-input-raises": "appears to not have been used in the graph",
    "autograd-grad.materialize-and-not-unused-conflict": "Expected allow_unused to be True or not passed",
    "autograd-grad.batched-grads": "If `is_grads_batched=True`, we interpret the first dimension",
    "autograd-grad.input-without-grad-raises": "One of the differentiated Tensors does not require grad",
    "autograd-grad.grad-outputs-weigh": "grad can be implicitly created only for scalar outputs",
    "autograd-grad.frees-the-graph": "Trying to backward through the graph a second time",
    "autograd-grad.fresh-view-is-unused": "appears to not have been used in the graph",
    "autograd-grad.inputs-as-dict-or-empty": "`inputs` argument to `grad()` cannot be empty",
    "autograd-grad.backward-inputs-restrict": "`inputs` argument to `backward()` cannot be empty",
    "autograd-grad.backward-inputs-non-leaf": "can't retain_grad on Tensor that has requires_grad=False",
    "grad-modes.exception-restores": "inside",
    "grad-modes.in-place-on-leaf": "a leaf Variable that requires grad is being used in an in-place operation",
    "grad-modes.in-place-keeps-history": "has been modified by an inplace operation",
    "grad-modes.view-is-a-dead-end": "appears to not have been used in the graph",
    "grad-modes.view-in-place": "A view was created in no_grad mode and is being modified inplace",
    "grad-modes.class-decoration-warns": "Decorating classes is deprecated",
    "grad-modes.class-is-no-context": "does not support the context manager protocol",
    "grad-modes.inference-mode-results": "Inference tensors cannot be saved for backward",
    "detach.write-through-alias-is-caught": "has been modified by an inplace operation",
    "detach.detach-in-place-refuses-views": "Can't detach views in-place",
    "detach.only-leaves-can-be-frozen": "you can only change requires_grad flags of leaf variables",
    "detach.only-floating-point-requires-grad": "can require gradients",
    "detach.data-assignment": "Variable data has to be a tensor",
    "in-place.saved-operand-is-refused": "has been modified by an inplace operation",
    "in-place.saved-result-is-refused": "has been modified by an inplace operation",
    "in-place.leaf-is-refused": "a leaf Variable that requires grad is being used in an in-place operation",
    "in-place.leaf-saved-then-written-is-refused": "has been modified by an inplace operation",
    "in-place.expanded-tensor-is-refused": "more than one element of the written-to tensor refers to a single memory",
    "views.saved-view-is-refused-after-any-alias-write": "has been modified by an inplace operation",
    "views.leaf-view-is-refused": "a view of a leaf Variable that requires grad is being used in an in-place operation",
    "views.no-grad-view-is-refused": "A view was created in no_grad mode and is being modified inplace",
    "accumulation.grad-of-another-shape-is-refused": "attempting to assign a gradient",
    "saved-tensor-hooks.unpack-must-give-a-tensor": "unpack_hook expected to be a Tensor",
    "inference-mode.in-place-outside-is-refused": "Inplace update to inference tensor outside InferenceMode",
    "inference-mode.saving-is-refused": "Inference tensors cannot be saved for backward",
    "inference-mode.views-of-normal-tensors-are-normal": "A view was created in inference mode",
    "anomaly-mode.nan-raises": "returned nan values in its 0th output",
    "checkpoint.second-backward": "Trying to backward through the graph a second time",
}
"""What PyTorch says, by error or warning or print, on every program of a behaviour and on its first example."""


@pytest.mark.parametrize("name", SAYS)
def test_behaviours_show_on_any_recipe(name: str, oracle: Worker) -> None:
    row = behaviours()[name]
    assert row.generator
    programs = [row.generator(recipe) for recipe in recipes(name, 8)]
    for program in (parse_program("\n".join(row.examples)), *programs):
        trace = oracle.run(program)
        heard = [*errors(trace), *(text for step in trace.steps for _, text in step.warnings)]
        heard += [event[1] for step in trace.steps for event in step.events if event[0] == "print"]
        assert any(SAYS[name] in text for text in heard), source(program)


@pytest.mark.parametrize("row", OF_OWN)
def test_programs_finish_and_bind_what_they_read(row: Behaviour, oracle: Worker) -> None:
    assert row.generator
    for recipe in recipes(f"{row.id} run", 8):
        trace = oracle.run(row.generator(recipe))
        assert trace.finished
        assert not [error for error in errors(trace) if error.startswith("NameError")]


# Selecting


def test_a_selection_is_in_the_order_of_the_catalogue() -> None:
    assert select(()) == EVERY
    first, last = EVERY[0], EVERY[-1]
    assert select([last.id, first.id]) == (first, last)


@pytest.mark.parametrize("pattern", ["detach", "detach."])
def test_a_family_selects_its_rows(pattern: str) -> None:
    assert [row.id for row in select([pattern])] == [row.id for row in EVERY if row.family == "detach"]


def test_the_beginning_of_an_id_selects() -> None:
    assert [row.id for row in select(["notes.n1"])] == ["notes.n1-second-backward-raises"]
    assert len(select(["grad-modes.set-grad-enabled"])) == 3


def test_an_id_selects_itself_alone() -> None:
    """Also where it is the beginning of another."""
    for row in EVERY:
        assert select([row.id]) == (row,)


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("detatch", "did you mean detach"),
        ("detach.shares-storag", None),
        ("detach.share-storage", "did you mean detach.shares-storage"),
        ("retain", "did you mean retain"),
        ("nothing-like-it-at-all-here", "the families are leaf-gradients, "),
        ("", "the families are leaf-gradients, "),
    ],
)
def test_a_pattern_that_selects_nothing_says_what_is_close(pattern: str, hint: str | None) -> None:
    if hint is None:
        assert len(select([pattern])) == 1
    else:
        with pytest.raises(UnknownBehaviour, match=re.escape(hint)):
            select([pattern])
