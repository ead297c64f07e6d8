"""`out=` of the functions of `torch.linalg`.

What a function of one row writes into has the types of its results (`computed`). A function that is made of several
computes first and copies, which autograd sees (`copied`), or hands the tensor to its last operator (`unrecorded`).
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from refgrad import cpp_spelling, dtypes, inplace_texts
from refgrad.dtypes import dtype
from refgrad.levels import levels
from refgrad.modes import modes
from refgrad.operators import linalg_texts as texts
from refgrad.operators.aten_arguments import told
from refgrad.operators.call import compute, writing, written
from refgrad.operators.declare import Operator
from refgrad.operators.dispatching import is_anybody_asked, written_by_asking
from refgrad.operators.linalg_names import named
from refgrad.operators.names import with_numpy_names
from refgrad.operators.texts import out_type
from refgrad.operators.transformed import refuse_out
from refgrad.tensor import Tensor

TypeText = Callable[[dtype, dtype], str]
"""What is said of a tensor of another type than the result's."""
Look = Callable[[Tensor, Sequence[Tensor]], None]
"""Looks at the first operand and at the targets."""


def usual(wanted: dtype, got: dtype) -> str:
    return out_type(cpp_spelling.stored_type(wanted), cpp_spelling.stored_type(got))


def tensors_in(values: Any) -> list[Tensor]:
    found: list[Tensor] = []
    for each in values:
        if isinstance(each, Tensor):
            found.append(each)
        elif isinstance(each, (tuple, list)):
            found += tensors_in(each)
    return found


def refuse_recording(name: str, tensors: Sequence[Any]) -> None:
    """Raise RuntimeError if one of the tensors requires grad in grad mode."""
    if modes.grad and any(isinstance(each, Tensor) and each.requires_grad for each in tensors):
        raise RuntimeError(inplace_texts.out_requires_grad(name))


def check_types(results: Sequence[Any], targets: Sequence[Tensor], text: TypeText = usual) -> None:
    for each, target in zip(results, targets, strict=False):
        kind = dtypes.of_array(np.asarray(each))
        if kind is not target.dtype:
            raise RuntimeError(text(kind, target.dtype))


def computed(
    row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...], out: Any, places: Sequence[int] = range(4)
) -> Any:
    """The results of a row; those at the `places` are written into what `out` has, if there is one."""
    if out is None:
        return row(*tensors, *attributes)
    targets = list(out) if isinstance(out, (tuple, list)) else [out]
    if row.node_class is None:  # autograd knows of no such operator
        refuse_recording(f"aten::{row.name}", targets)
    else:
        refuse_recording(row.name, (*tensors, *targets))
    if levels.active:
        refuse_out(row.name, (*tensors, *targets))
        if is_anybody_asked((*tensors, *targets)):
            written_by_asking(row.name, out, *told(row, tensors, attributes), writing(row, tensors, attributes))
            return targets
    made = compute(row, tensors, attributes)
    results = made if type(made) is tuple else (made,)
    found = [Tensor._of(np.asarray(each)) for each in results]
    given = dict(zip(places, targets, strict=False))
    for place in row_order(row.name, given):
        check_types([found[place]._array], [given[place]])
        resized(given[place], found[place].shape)
    for place, target in given.items():
        found[place] = written(target, found[place]._array)
    return found


def row_order(name: str, places: Iterable[int]) -> list[int]:
    """In which order PyTorch looks at the targets: vectors come before values."""
    if name == "_linalg_eigh":
        return sorted(places, reverse=True)
    return sorted(places, key=lambda place: place == 1) if name == "_linalg_svd" else list(places)


def several(name: str, fields: tuple[str, ...], results: Any, out: Any) -> Any:
    """Named results; those that were written into bear another name."""
    return named(name if out is None else f"{name}_out", fields, results[: len(fields)])


# ---- functions that are no single row -----------------------------------------------------------------------------


class Castable(NamedTuple):
    """The types of results, which need to be cast to those of the targets."""

    name: str
    kinds: tuple[Callable[[dtype], dtype], ...]
    """Of each result, from the type of the first operand."""
    subjects: tuple[str, ...] = ("result",)

    def check(self, first: Tensor, targets: Sequence[Tensor]) -> None:
        """Raises RuntimeError."""
        for kind_of, subject, target in zip(self.kinds, self.subjects, targets, strict=True):
            kind = kind_of(first.dtype)
            if not dtypes.can_cast(kind, target.dtype):
                raise RuntimeError(texts.not_castable(self.name, subject, kind.scalar_name, target.dtype.scalar_name))

    def before(self, arguments: Sequence[Any], out: Any) -> None:
        """The same of all that a call is given, see `out_refusals.py`."""
        self.check(arguments[0], tensors_in([out]))


def of_one_type(text: TypeText) -> Look:
    """Targets have the type of the first operand."""

    def check(first: Tensor, targets: Sequence[Tensor]) -> None:
        for each in targets:
            if each.dtype is not first.dtype:
                raise RuntimeError(text(first.dtype, each.dtype))

    return check


def real_of(kind: dtype) -> dtype:
    return kind.to_real()


def complex_of(kind: dtype) -> dtype:
    return kind.to_complex() if kind.category >= dtypes.FLOATING else kind


def same(kind: dtype) -> dtype:
    return kind


def integers(kind: dtype) -> dtype:
    return dtypes.int64


def unrecorded(
    operator: str,
    *,
    types: TypeText | None = None,
    castable: Castable | None = None,
    first: Look | None = None,
    at_end: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An `out=` form that is never recorded; `operator` is what refuses tensors that require grad.

    `first` comes before anything is computed, `castable` behind it. `types`: the result is not cast, and what is said
    where it would have to be. `at_end`: the operator is the last of several, and refuses when the others are done.
    """

    def decorate(plain: Callable[..., Any]) -> Callable[..., Any]:
        made = with_numpy_names(plain)

        @functools.wraps(made)
        def run(*arguments: Any, out: Any = None, **options: Any) -> Any:
            if out is None:
                return made(*arguments, **options)
            targets = tensors_in([out])
            inputs = tensors_in([*arguments, *options.values()])
            if not at_end:
                refuse_recording(operator, (*inputs, *targets))
            if levels.active:
                refuse_out(operator, (*inputs, *targets))
                if is_anybody_asked((*inputs, *targets)):
                    return written_by_asking(operator, out, arguments, options, run)
            if first is not None:
                first(inputs[0], targets)
            before, modes.grad = modes.grad, False
            try:
                results = made(*arguments, **options)
            finally:
                modes.grad = before
            arrays = [each._array for each in tensors_in([results])]
            if castable is not None:
                castable.check(inputs[0], targets)
            if types is not None:
                check_types(arrays, targets, types)
            if at_end:
                refuse_recording(operator, (*inputs, *targets))
            for each, target in zip(arrays, targets, strict=True):
                written(target, each)
            fields = getattr(results, "_fields", None)
            return out if fields is None else several(f"linalg_{made.__name__}", fields, targets, out)

        return run

    return decorate


def resized(out: Tensor, shape: Sequence[int]) -> Tensor:
    """`out`, which takes that shape; autograd is not asked. Warns if it has elements."""
    if out.shape != tuple(shape):
        if out.numel():
            warnings.warn(inplace_texts.out_resized(out.shape, shape), UserWarning, stacklevel=4)
        out._array = np.empty(tuple(shape), out._array.dtype)
    return out


def copied(
    *, types: TypeText | None = None, castable: Castable | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An `out=` form that is the result copied, which is recorded as copies are."""

    def decorate(plain: Callable[..., Any]) -> Callable[..., Any]:
        made = with_numpy_names(plain)

        @functools.wraps(made)
        def run(*arguments: Any, out: Any = None, **options: Any) -> Any:
            if out is None:
                return made(*arguments, **options)
            if castable is not None:
                castable.check(tensors_in([*arguments, *options.values()])[0], [out])
            result = made(*arguments, **options)
            if types is not None:
                check_types([result._array], [out], types)
            return resized(out, result.shape).copy_(result)

        return run

    return decorate
