"""The examples of PyTorch's docstrings: some hundred that are exact stay exact. All of them by `docstring_sweep.py`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
import docstring_sweep  # a helper beside this file
from docstring_sweep import Difference, Doc


def test_examples_of_the_sample_are_exact():
    wanted, sweep = docstring_sweep.sample(), docstring_sweep.Sweep()
    for doc in docstring_sweep.docs():
        if doc.name in wanted:
            sweep.add(doc)
    assert sweep.docs == len(wanted) > 200, "a docstring of the sample is gone"
    assert not sweep.differences, "\n".join(map(docstring_sweep.shown, sweep.differences))


def test_a_process_that_has_run_threads_can_ask():
    import torch

    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        torch.ones(1_000_000).exp()
        sweep = docstring_sweep.Sweep()
        sweep.add(Doc("threads", ("torch.ones(1_000_000).exp().sum()\n",)))
    finally:
        torch.set_num_threads(threads)
    assert sweep.exact_docs == 1


def test_a_difference_is_seen_and_only_a_rounding_is_taken_for_one():
    sweep = docstring_sweep.Sweep()
    sweep.add(Doc("version", ("1 + 1\n", "torch.__version__\n", "undefined\n")))
    assert [each.statement for each in sweep.differences] == ["torch.__version__\n"]
    assert (sweep.exact_docs, sweep.exact_statements) == (0, 2)
    close = Difference("d", "x", "tensor([1.0000, 2.5e-07])", "tensor([1.0001,  4.1e-07])")
    far = Difference("d", "x", "tensor([1.0000])", "tensor([1.1000])")
    other = Difference("d", "x", "tensor([1.0000])", "tensor([1.0000], grad_fn=<AddBackward0>)")
    assert docstring_sweep.explained([close, far, other])[1] == [far, other]
