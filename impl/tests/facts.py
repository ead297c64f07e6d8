"""What a call on shapes, indices or matrices shows beyond values and graphs: strides, storage, views, versions.

`check` of differential.py compares values, graphs, gradients and errors; `check_layout` compares the rest, and what an
in-place operation through a result does to the inputs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from differential import Input, attempt, check, differences, graph_of, plain, tensors_in

import refgrad

Case = Callable[..., Any]


def layout(engine: Any, case: Case, inputs: Sequence[Input]) -> dict[str, Any]:
    """Strides, views and storages of the results, and the effects of writing through the first of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return observed(engine, case, inputs)


def observed(engine: Any, case: Case, inputs: Sequence[Input]) -> dict[str, Any]:
    leaves = [each.on(engine) for each in inputs]
    # Clones, so that writing through views of them is allowed.
    tensors = [each.clone() for each in leaves]
    made = attempt(lambda: case(engine, *tensors))
    record: dict[str, Any] = {"kind": "error" if isinstance(made, tuple) and made and made[0] == "error" else "made"}
    if record["kind"] == "error":
        return record
    results = tensors_in(made)
    record["facts"] = [facts(each, tensors) for each in results]
    record["identity"] = [[each is tensor for tensor in tensors] for each in results]
    if results and results[0].is_floating_point():
        first = results[0]
        record["written"] = plain(attempt(lambda: first.mul_(2) is first))
        record["after"] = [plain(each) for each in (*tensors, *results)]
        record["versions"] = [each._version for each in (*tensors, *results)]
        record["graphs"] = [
            plain(attempt(lambda each=each: graph_of(each.grad_fn)))
            for each in (*tensors, *results)
            if each.requires_grad
        ]
    return record


def facts(result: Any, tensors: Sequence[Any]) -> dict[str, Any]:
    base = result._base
    return {
        "stride": result.stride() if result.numel() else None,
        "offset": result.storage_offset() if result.numel() else None,
        "view": result._is_view(),
        "base": [base is each for each in tensors] if base is not None else None,
        "shared": [
            result.untyped_storage().data_ptr() == each.untyped_storage().data_ptr() for each in tensors if each.numel()
        ],
        "contiguous": result.is_contiguous(),
        "leaf": result.is_leaf,
        "output_nr": result.output_nr,
        "version": result._version,
    }


def check_layout(case: Case, *inputs: Input) -> None:
    """Fail if PyTorch and refgrad differ in layout, views or the effects of writing in place."""
    found = differences(layout(torch, case, inputs), layout(refgrad, case, inputs), 0)
    assert not found, "\n".join(found)


def named(code: str) -> Case:
    """A case from its text: `t` is the engine, `x`, `y` and `z` are the inputs."""
    compiled = compile(code, code, "eval")

    def case(engine: Any, *tensors: Any) -> Any:
        return eval(compiled, {"t": engine, **dict(zip("xyz", tensors, strict=False))})

    return case


def check_all(code: str, *inputs: Input, tolerance: float = 0) -> None:
    """Everything of `check` and `check_layout` for a case given as text."""
    check(named(code), *inputs, tolerance=tolerance)
    check_layout(named(code), *inputs)


def ramp(*shape: int, dtype: str = "float64", requires_grad: bool | None = None) -> Input:
    """Small whole numbers in no simple order, all different up to 31 elements."""
    count = int(np.prod(shape))
    values = (np.arange(count) * 11 % 31 - 9).reshape(shape)
    return Input(values % 2 if dtype == "bool" else values, dtype, requires_grad)


def cases(text: str) -> list[str]:
    """The calls in a text, separated by bars and lines."""
    return [each.strip() for line in text.strip().splitlines() for each in line.split(" | ")]


def statement(before: str, code: str, result: str, *inputs: Input) -> None:
    """Everything of `check` and `check_layout` for a statement: `result` names what it leaves."""
    compiled = compile(f"{before}\n{code}", code, "exec")

    def case(engine: Any, *tensors: Any) -> Any:
        scope = {"t": engine, **dict(zip("xyz", tensors, strict=False))}
        exec(compiled, scope)
        return scope[result]

    check(case, *inputs)
    check_layout(case, *inputs)
