"""An adapter that is wrong is told what is wrong with it, before its engine is blamed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gradoracle.adapter import BadAdapter, check
from gradoracle.torchlike import TorchLike


class Array:
    """A tensor of an engine that has no `.data`."""

    dtype = "torch.float32"

    def __init__(self, elements: Any) -> None:
        self.elements = np.asarray(elements, np.float32)


def module(**more: Any) -> Any:
    return SimpleNamespace(**{"Tensor": Array, "tensor": Array, "__version__": "1", **more})


class Readable(TorchLike):
    def array(self, tensor: Any) -> Any:
        return tensor.elements


def test_a_good_one_gives_its_environment() -> None:
    assert check(Readable("toy", module()))["version"] == "1"


def test_an_engine_without_a_way_to_make_tensors_is_left_to_the_programs() -> None:
    check(TorchLike("toy", SimpleNamespace(Tensor=Array)))  # type: ignore[arg-type]


@pytest.mark.parametrize("thing", [None, np, object()])
def test_what_is_no_adapter_is_told_what_it_lacks(thing: object) -> None:
    with pytest.raises(BadAdapter, match=r"is no adapter, it lacks id, survives_fork, environment, reset, resolve"):
        check(thing)


@pytest.mark.parametrize("environment", [None, {}, {"version": 3}])
def test_an_environment_is_made_of_texts(environment: Any) -> None:
    engine = Readable("toy", module())
    engine.environment = lambda: environment  # type: ignore[method-assign]
    with pytest.raises(BadAdapter, match="a dict of texts, the name `version` among them"):
        check(engine)


def test_a_tensor_that_cannot_be_read_is_the_fault_of_the_adapter() -> None:
    with pytest.raises(BadAdapter, match=r"cannot read a tensor: AttributeError: .* has no attribute 'data'; say how"):
        check(TorchLike("toy", module()))


@pytest.mark.parametrize("fact", [None, "tensor", ("tensor", Array(1)), ("tensor", "f", (2,), Array(1))])
def test_a_fact_is_made_of_plain_values(fact: Any) -> None:
    engine = Readable("toy", module())
    engine.tensor_fact = lambda tensor: fact  # type: ignore[method-assign]
    with pytest.raises(BadAdapter, match="`tensor_fact` has to give"):
        check(engine)


def test_another_kind_of_tensor_is_noticed() -> None:
    with pytest.raises(BadAdapter, match=r"what its `torch\.tensor` gives, list, is no tensor"):
        check(Readable("toy", module(tensor=list)))
