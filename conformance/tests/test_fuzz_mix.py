"""The mix of what the generator draws: a generator can look healthy and draw leaves, two thirds of the time."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings

from gradconform.coverage import named
from gradconform.fuzz.generator import VERSION, program
from gradconform.fuzz.statistics import statistics
from gradconform.fuzz.strategy import programs
from gradoracle.limits import check_program
from gradoracle.parse import parse_program
from gradoracle.program import Augment, Class, For, Raise, Try, With
from gradoracle.source import source
from gradoracle.worker import Worker

MANY = 1000

PINNED = ("a3f27208c82155b9", "75dbbf29ba0f258b", "92d4bb1cd69df386")
"""What the seeds 0, 1 and 1,000,000 mean. Where they change, `VERSION` has to change too."""

AT_LEAST = {
    ".backward": 0.7, "torch.autograd.grad": 0.3, ".detach": 0.15, ".data": 0.05, "torch.no_grad": 0.15,
    "torch.inference_mode": 0.15, "torch.set_grad_enabled": 0.15, "torch.enable_grad": 0.1, ".register_hook": 0.25,
    ".register_prehook": 0.06, ".register_post_accumulate_grad_hook": 0.1, ".retain_grad": 0.15, ".apply": 0.2,
    "torch.autograd.graph.saved_tensors_hooks": 0.15, "torch.utils.checkpoint.checkpoint": 0.03, ".expand": 0.15,
    "torch.autograd.graph.register_multi_grad_hook": 0.05, ".remove": 0.02, ".unbind": 0.03, ".copy_": 0.1,
    ".mul_": 0.2, ".add_": 0.15, ".fill_": 0.1, ".zero_": 0.1, ".grad": 0.3, ".clone": 0.1, "torch.cat": 0.05,
    "torch.stack": 0.08, ".requires_grad_": 0.05, ".detach_": 0.02, "torch.where": 0.02, ".mm": 0.01,
    "torch.autograd.forward_ad.make_dual": 0.1, "torch.func.grad": 0.05, "torch.func.vmap": 0.03,
    "torch.autograd.graph.get_gradient_edge": 0.05, "torch.autograd.set_detect_anomaly": 0.02,
}  # fmt: skip
"""The share of programs that name it, at least."""

AT_LEAST_ANY = {Try: 0.15, For: 0.1, Raise: 0.1, With: 0.5, Class: 0.2, Augment: 0.15}
"""The share of programs with a statement of this kind, at least."""


def test_everything_is_drawn_often_enough():
    drawn: Counter[str] = Counter()
    kinds: Counter[type] = Counter()
    for seed in range(MANY):
        made = program(seed)
        drawn.update(named([(made, None)]))
        kinds.update({type(statement) for statement in made.walk()})
    short = {name: drawn[name] / MANY for name, least in AT_LEAST.items() if drawn[name] < least * MANY}
    short |= {str(kind): kinds[kind] / MANY for kind, least in AT_LEAST_ANY.items() if kinds[kind] < least * MANY}

    assert short == {}


def test_most_steps_succeed_and_few_programs_end_early():
    pytest.importorskip("torch")
    with Worker("gradoracle.torch_engine:cpu") as worker:
        found = statistics(map(program, range(300)), worker.run)

    assert found.steps > 15 * found.programs
    assert 0.2 < found.erring / found.programs < 0.9
    assert found.dead < 0.1 * found.programs
    assert found.unfinished == 0
    assert len(found.nodes) > 60
    assert len(found.pairs) > 80


def test_leaves_are_a_small_part_of_what_is_drawn():
    lines = Counter(
        "leaf" if line.lstrip()[:1] in "xc" and "= torch." in line else "other"
        for seed in range(300)
        for line in source(program(seed)).splitlines()
    )

    assert lines["leaf"] < 0.25 * lines.total()


def test_a_program_is_legal_and_reads_as_it_prints():
    for seed in range(300):
        made = program(seed)
        check_program(made)

        assert made == parse_program(source(made))


def test_a_seed_means_the_same_program_as_long_as_the_version_stays():
    assert (VERSION, *PINNED) == (6, *(program(seed).id for seed in (0, 1, 1_000_000)))


@settings(max_examples=20, deadline=None)
@given(programs())
def test_hypothesis_draws_from_the_same_language(made):
    check_program(made)
