"""PyTorch's own database of operators as an independent source of calls, each run on both engines.

    python impl/tests/opinfo_sweep.py                        # everything: about an hour of one core
    python impl/tests/opinfo_sweep.py --only 'linalg|fft' --samples 4

`torch.testing` has a list of operators with sample inputs and with calls that must fail. Each sample is converted
(types, strides, shared memory, `requires_grad`), run on PyTorch and on refgrad, and compared: type, value, strides,
whether it is a view, `requires_grad`, the name of the node, gradients, gradients of gradients, tangents of forward
mode, and the class and text of errors. Values agree if they agree within `torch.testing`'s tolerances for the type.

What may differ stands in `opinfo_reasons.txt`, with a reason; everything else that differs is printed. What refgrad
does not have at all is counted apart. Nothing is expected but what PyTorch does while this runs.
"""

from __future__ import annotations

import argparse
import functools
import random
import re
import sys
import types
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

import refgrad

HERE = Path(__file__).parent
DTYPES = ("float32", "float64", "complex128", "bfloat16", "float16", "int64", "bool")
DIFFERENTIATED = ("float32", "float64", "complex128", "bfloat16")
TOLERANCES = {  # those of torch.testing.assert_close: relative, absolute
    "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7), "complex64": (1.3e-6, 1e-5), "complex128": (1e-7, 1e-7),
    "bfloat16": (1.6e-2, 1e-5), "float16": (1e-3, 1e-5),
}  # fmt: skip
SHORT = ("bfloat16", "float16")
WIDER = {"value": 1, "gradients": 4, "tangents": 4, "second gradients": 16}
"""How many roundings a fact has behind it."""
LEFT_OUT = ("jiterator", "empty", "new_empty")
"""Operators for other devices, and those whose values are whatever the memory holds."""
LARGEST = 20000
"""Elements of a tensor: larger samples show nothing new and take long."""
NOISE = re.compile(r"0x[0-9a-fA-F]{6,}|\s*\(Triggered internally at [^)]*\)?\.?\)?")


class Missing(Exception):
    """refgrad has no such function, type or layout."""


class Difference(NamedTuple):
    operator: str
    sample: str
    """Variant, type and number, as in `inplace float64 3`."""
    fact: str
    text: str


# ---- the functions ------------------------------------------------------------------------------------------------

NAMED: dict[int, tuple[str, Any]] = {}
"""Where each function of PyTorch stands; kept alive, so that its `id` stays its own."""

PLACES = {
    "": torch, "nn.functional.": torch.nn.functional, "linalg.": torch.linalg, "special.": torch.special,
    "fft.": torch.fft, "Tensor.": torch.Tensor, "signal.windows.": torch.signal.windows,
}  # fmt: skip


def resolved(path: str) -> Any:
    found: Any = refgrad
    for part in path.split("."):
        found = getattr(found, part)
    return found


def twin(function: Any) -> Any:
    """What stands on refgrad where `function` stands on PyTorch; a wrapper of the database with its names exchanged."""
    if not NAMED:
        for prefix, place in PLACES.items():
            for name in dir(place):
                each = getattr(place, name, None)
                if callable(each) and not isinstance(each, type):
                    NAMED.setdefault(id(each), (prefix + name, each))
    if function is torch:
        return refgrad
    if isinstance(function, torch.dtype):
        return getattr(refgrad, str(function).removeprefix("torch."))
    try:
        if isinstance(function, types.ModuleType) and function.__name__.startswith("torch."):
            return resolved(function.__name__.removeprefix("torch."))
        if id(function) in NAMED:
            return resolved(NAMED[id(function)][0])
    except AttributeError as error:
        raise Missing(str(error)) from None
    if getattr(function, "__name__", "") == "wrapper_set_seed":
        return with_seed
    if isinstance(function, types.FunctionType) and function.__module__.startswith("torch.testing"):
        return exchanged(function)
    if isinstance(function, functools.partial):
        return functools.partial(twin(function.func), *function.args, **function.keywords)
    return function


def with_seed(function: Any, *arguments: Any, **options: Any) -> Any:
    refgrad.manual_seed(42)
    return function(*arguments, **options)


def names_in(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from names_in(each)


def exchanged(function: types.FunctionType) -> types.FunctionType:
    scope = dict(function.__globals__)
    for name in set(names_in(function.__code__)):
        if name in scope and not isinstance(scope[name], (int, str)):
            scope[name] = twin(scope[name])
    cells = function.__closure__
    closure = None if cells is None else tuple(types.CellType(twin(cell.cell_contents)) for cell in cells)
    made = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, closure)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


# ---- the samples --------------------------------------------------------------------------------------------------


def is_tensor(value: Any) -> bool:
    return isinstance(value, (torch.Tensor, refgrad.Tensor))


def converted(given: torch.Tensor, requires_grad: bool) -> Any:
    """A tensor of refgrad with the same elements, strides and offset."""
    tensor = given.detach()
    name = str(tensor.dtype).removeprefix("torch.")
    if tensor.layout is not torch.strided or tensor.device.type != "cpu" or tensor.ndim > 60:
        raise Missing("layout, device or rank")
    if tensor.numel() > LARGEST:
        raise Missing("a sample of that size")
    if not hasattr(refgrad, name):
        raise Missing(name)
    if tensor.is_conj():
        return converted(tensor.conj(), False).conj().requires_grad_(requires_grad)
    tensor = tensor.resolve_neg()
    kind = getattr(refgrad, name).numpy
    array = np.zeros(tuple(tensor.shape), kind)
    if tensor.numel():
        raw = torch.empty(0, dtype=torch.uint8).set_(tensor.untyped_storage()).numpy().copy().view(kind)
        size = tensor.element_size()
        steps = [step * size for step in tensor.stride()]
        array = np.ndarray(tuple(tensor.shape), kind, raw, tensor.storage_offset() * size, steps)
    made = refgrad.Tensor._of(array)
    return made.requires_grad_() if requires_grad else made


def copied(given: torch.Tensor, requires_grad: bool) -> torch.Tensor:
    """A leaf of PyTorch with memory of its own, laid out in the same way."""
    tensor = given.detach()
    if tensor.layout is torch.strided and not tensor.is_conj() and not tensor.is_neg() and tensor.numel():
        storage = tensor.untyped_storage().clone()
        tensor = torch.empty(0, dtype=tensor.dtype).set_(
            storage, tensor.storage_offset(), tensor.shape, tensor.stride()
        )
    return tensor.requires_grad_(requires_grad)


def both(value: Any, pairs: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    """An argument for PyTorch and the same for refgrad; `pairs` gets the tensors in it."""
    if isinstance(value, torch.Tensor):
        mine = converted(value, value.requires_grad)
        pairs.append((copied(value, value.requires_grad), mine))
        return pairs[-1]
    if isinstance(value, torch.Size):
        return value, refgrad.Size(value)
    if isinstance(value, (list, tuple)):
        parts = [both(each, pairs) for each in value]
        kind = type(value)
        made = kind(*[part[0] for part in parts]) if hasattr(value, "_fields") else kind(part[0] for part in parts)
        return made, (tuple if hasattr(value, "_fields") else kind)(part[1] for part in parts)
    if isinstance(value, dict):
        found = {key: both(each, pairs) for key, each in value.items()}
        return {key: each[0] for key, each in found.items()}, {key: each[1] for key, each in found.items()}
    if isinstance(value, torch.dtype):
        name = str(value).removeprefix("torch.")
        if not hasattr(refgrad, name):
            raise Missing(name)
        return value, getattr(refgrad, name)
    if isinstance(value, torch.device):
        return value, refgrad.device(str(value))
    if isinstance(value, torch.memory_format):
        return value, getattr(refgrad, str(value).removeprefix("torch."))
    if isinstance(value, (torch.layout, torch.Generator)):
        if value is torch.strided:
            return value, refgrad.strided
        raise Missing("layout or generator")
    if isinstance(value, torch.nn.Module):
        raise Missing("a module of PyTorch")
    return value, twin(value) if callable(value) and not isinstance(value, type) else value


def tensors_in(value: Any) -> list[Any]:
    if is_tensor(value):
        return [value]
    if isinstance(value, (list, tuple, dict)):
        return [each for part in (value.values() if isinstance(value, dict) else value) for each in tensors_in(part)]
    return []


def weights(like: Any, shift: int = 0) -> Any:
    """Small dyadic numbers, a different one for each element."""
    numbers = np.array([(-1) ** (i + shift) * (1 + (i + shift) % 4) / 2 for i in range(like.numel())])
    library = torch if isinstance(like, torch.Tensor) else refgrad
    made = library.from_numpy(numbers * (1 + 0.5j) if like.is_complex() else numbers)
    return made.to(like.dtype).reshape(tuple(like.shape))


def attempt(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except Missing:
        raise
    except AttributeError as error:
        if "refgrad" in str(error) or "'_OpNamespace'" in str(error) or "'Tensor' object has no" in str(error):
            raise Missing(str(error)) from None
        return error
    except Exception as error:
        return error


# ---- the comparison -----------------------------------------------------------------------------------------------


def array_of(tensor: Any) -> Any:
    detached = tensor.detach()
    if isinstance(tensor, refgrad.Tensor):
        array = np.asarray(detached._array)
        return array.astype(np.float32) if array.dtype.kind == "V" else array
    detached = detached.to_dense() if detached.layout is not torch.strided else detached
    if detached.dtype is torch.bfloat16:
        detached = detached.float()
    return detached.resolve_conj().resolve_neg().numpy(force=True)


def unequal(expected: Any, got: Any, kind: str, wider: float) -> str | None:
    """What differs between two arrays, beyond the tolerance of the type; `None` if nothing."""
    if expected.shape != got.shape:
        return f"shape {expected.shape} != {got.shape}"
    if kind not in TOLERANCES:
        return None if np.array_equal(expected, got) else f"{expected.ravel()[:6]} != {got.ravel()[:6]}"
    relative, absolute = TOLERANCES[kind]
    finite = np.abs(expected[np.isfinite(expected)])
    # Sums cancel: what is lost is a share of the largest element.
    share = 1.0 if kind in SHORT and wider > 1 else 0.2
    absolute += relative * share * (float(finite.max()) if finite.size else 0.0)
    wide = np.complex128 if expected.dtype.kind == "c" else np.float64
    with np.errstate(all="ignore"):
        near = np.isclose(got.astype(wide), expected.astype(wide), relative * wider, absolute * wider, equal_nan=True)
    if not near.all():
        place = tuple(int(each) for each in np.argwhere(~near)[0])
        return f"at {place}: {expected[place]} != {got[place]} ({(~near).sum()} of {expected.size})"
    zeros = (expected == 0) & (got == 0)
    if expected.dtype.kind == "f" and not np.array_equal(np.signbit(expected[zeros]), np.signbit(got[zeros])):
        return "sign of zero"
    return None


class Sweep:
    """Counts comparisons and keeps what differs."""

    def __init__(self) -> None:
        self.comparisons = 0
        self.differences: list[Difference] = []
        self.missing: Counter[str] = Counter()
        self.operators: set[str] = set()

    def compare(self, at: tuple[str, str], fact: str, expected: Any, got: Any) -> bool:
        self.comparisons += 1
        if expected != got:
            self.differences.append(Difference(*at, fact, f"{expected!r} != {got!r}"))
        return bool(expected == got)

    def compare_tensors(self, at: tuple[str, str], fact: str, expected: list[Any], got: list[Any]) -> None:
        def name(tensor: Any) -> Any:
            return None if tensor is None else str(tensor.dtype).removeprefix("torch.")

        if not self.compare(at, fact, [name(each) for each in expected], [name(each) for each in got]):
            return
        for number, (one, other) in enumerate(zip(expected, got, strict=True)):
            if one is not None:
                text = unequal(array_of(one), array_of(other), name(one), WIDER[fact])
                if text is not None:
                    self.differences.append(Difference(*at, fact, f"[{number}] {text}"))
                    return

    def values(self, at: tuple[str, str], fact: str, expected: Any, got: Any) -> bool:
        """Whether neither raised; the class and text of errors are compared."""
        texts = [
            f"{type(each).__name__}: {NOISE.sub('', str(each))}" if isinstance(each, Exception) else "no error"
            for each in (expected, got)
        ]
        return self.compare(at, fact, *texts) and texts[0] == "no error"

    def sample(self, at: tuple[str, str], functions: tuple[Any, Any], sample: Any, differentiate: bool) -> None:
        """One call on both engines, and all that can be seen of it."""
        pairs: list[tuple[Any, Any]] = []
        given = both((sample.input, *sample.args), pairs), both(sample.kwargs, pairs)
        made = []
        for number, library in enumerate((torch, refgrad)):
            library.manual_seed(3)
            arguments, options = given[0][number], given[1][number]
            made.append(attempt(lambda n=number, a=arguments, o=options: functions[n](*a, **o)))
        if not self.values(at, "error", *made):
            return
        results = [tensors_in(each) for each in made]
        if not results[0]:
            self.compare(at, "value", repr(made[0]), repr(made[1]))
            return
        self.compare(at, "type", type(made[0]).__name__, type(made[1]).__name__)
        self.compare_tensors(at, "value", *results)
        facts: dict[str, Callable[[Any], Any]] = {
            "shape": lambda each: tuple(each.shape),
            "stride": lambda each: each.stride() if each.numel() else (),
            "view": lambda each: each._is_view(),
            "grad_fn": lambda each: each.grad_fn and each.grad_fn.name(),
            "requires_grad": lambda each: each.requires_grad,
        }
        for fact, read in facts.items():
            if not self.compare(at, fact, *[[read(each) for each in part] for part in results]) and fact == "shape":
                return
        if differentiate:
            self.gradients(at, results, pairs)
            self.tangents(at, functions, sample)

    def gradients(self, at: tuple[str, str], results: list[list[Any]], pairs: list[tuple[Any, Any]]) -> None:
        outputs = [[each for each in part if each.requires_grad] for part in results]
        inputs = [[pair[number] for pair in pairs if pair[0].requires_grad] for number in (0, 1)]
        if not outputs[0] or not inputs[0] or len(outputs[0]) != len(outputs[1]):
            return
        heads = [[weights(each).requires_grad_() for each in part] for part in outputs]
        libraries = (torch, refgrad)
        found = [
            attempt(lambda n=n: libraries[n].autograd.grad(
                outputs[n], inputs[n], heads[n], create_graph=True, allow_unused=True))
            for n in (0, 1)
        ]  # fmt: skip
        if not self.values(at, "gradient error", *found):
            return
        self.compare_tensors(at, "gradients", *[list(each) for each in found])
        moving = [[each is not None and each.requires_grad for each in part] for part in found]
        if not self.compare(at, "gradients require grad", *moving) or not any(moving[0]):
            return
        ends = [[each for each in part if each is not None and each.requires_grad] for part in found]
        second = [
            attempt(lambda n=n: libraries[n].autograd.grad(
                ends[n], [*inputs[n], *heads[n]], [weights(each, 1) for each in ends[n]], allow_unused=True))
            for n in (0, 1)
        ]  # fmt: skip
        if self.values(at, "second gradient error", *second):
            self.compare_tensors(at, "second gradients", *[list(each) for each in second])

    def tangents(self, at: tuple[str, str], functions: tuple[Any, Any], sample: Any) -> None:
        found = []
        for number, library in enumerate((torch, refgrad)):
            pairs: list[tuple[Any, Any]] = []
            arguments = both((sample.input, *sample.args), pairs)[number], both(sample.kwargs, pairs)[number]
            moving = {id(pair[number]) for pair in pairs if pair[0].requires_grad}
            mode = library.autograd.forward_ad
            library.manual_seed(3)

            def dual(value: Any, mode: Any = mode, moving: Any = moving) -> Any:
                if is_tensor(value):
                    return mode.make_dual(value.detach(), weights(value, 2)) if id(value) in moving else value
                if isinstance(value, dict):
                    return {key: dual(each) for key, each in value.items()}
                if isinstance(value, (list, tuple)):
                    parts = [dual(each) for each in value]
                    return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
                return value

            def run(number: int = number, arguments: Any = arguments, mode: Any = mode) -> Any:
                made = functions[number](*dual(arguments[0]), **dual(arguments[1]))
                return [mode.unpack_dual(each).tangent for each in tensors_in(made)]

            with mode.dual_level():
                found.append(attempt(run))
        if self.values(at, "tangent error", *found):
            self.compare_tensors(at, "tangents", *found)


# ---- the run ------------------------------------------------------------------------------------------------------


def spread(samples: list[Any], count: int | None) -> list[Any]:
    """So many of them, evenly."""
    if count is None or len(samples) <= count:
        return samples
    return [samples[i * len(samples) // count] for i in range(count)]


def variants(entry: Any) -> Iterator[tuple[str, Any, Any]]:
    """The function, the method, the in-place method, on both engines."""

    def on_copy(function: Any) -> Any:
        return lambda x, *rest, **options: function(x.clone() if is_tensor(x) else x, *rest, **options)

    def known(function: Any) -> Any:
        found = twin(function)
        if found is function:
            raise Missing("a function of neither")
        return found

    yield "", entry.op, known(entry.op)
    if entry.method_variant is not None:
        yield "method", entry.method_variant, known(entry.method_variant)
    if entry.inplace_variant is not None:
        yield "inplace", on_copy(entry.inplace_variant), on_copy(known(entry.inplace_variant))


def run(only: str = "", dtypes: tuple[str, ...] = DTYPES, count: int | None = None, errors: bool = True) -> Sweep:
    """Every operator whose name matches, with at most `count` samples for each variant and type."""
    sweep = Sweep()
    for entry in op_db:
        name = f"{entry.name}.{entry.variant_test_name}" if entry.variant_test_name else entry.name
        if entry.name.startswith(LEFT_OUT) or not re.search(only, name):
            continue
        found = variants(entry)
        while True:
            try:
                variant = next(found, None)
            except Missing as error:
                sweep.missing[f"{name}: {error}"] += 1
                break
            if variant is None:
                break
            sweep.operators.add(name)
            for dtype in dtypes:
                if getattr(torch, dtype) in entry.dtypes:
                    run_type(sweep, entry, name, variant, dtype, count)
            if errors and not variant[0] and entry.error_inputs_func is not None:
                run_errors(sweep, entry, name, variant)
    return sweep


def run_type(sweep: Sweep, entry: Any, name: str, variant: tuple[str, Any, Any], dtype: str, count: int | None) -> None:
    kind = getattr(torch, dtype)
    differentiated = entry.supports_autograd and kind in entry.backward_dtypes and dtype not in ("int64", "bool")
    torch.manual_seed(0)
    np.random.seed(0)  # the database draws from it
    random.seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            samples = list(entry.sample_inputs("cpu", kind, requires_grad=differentiated))
        except Exception as error:
            sweep.missing[f"{name}: {type(error).__name__} of the database"] += 1
            return
        limit = count if not variant[0] else min(count or 4, 4)
        for number, sample in enumerate(spread(samples, limit)):
            if variant[0] == "inplace" and sample.broadcasts_input:
                continue
            at = (name, f"{variant[0]} {dtype} {number}".strip())
            one_sample(sweep, at, variant, sample, differentiated and dtype in DIFFERENTIATED)


def run_errors(sweep: Sweep, entry: Any, name: str, variant: tuple[str, Any, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            failing = list(entry.error_inputs("cpu"))
        except Exception as error:
            sweep.missing[f"{name}: {type(error).__name__} of the database"] += 1
            return
        for number, each in enumerate(failing):
            one_sample(sweep, (name, f"error {number}"), variant, each.sample_input, False)


def one_sample(
    sweep: Sweep, at: tuple[str, str], variant: tuple[str, Any, Any], sample: Any, differentiate: bool
) -> None:
    try:
        sweep.sample(at, variant[1:], sample, differentiate)
    except Missing as error:
        sweep.missing[f"{at[0]}: {error}"] += 1


class Reason(NamedTuple):
    operators: re.Pattern[str]
    facts: frozenset[str]
    dtypes: frozenset[str]
    text: re.Pattern[str]
    reason: str

    def explains(self, difference: Difference) -> bool:
        kinds = set(difference.sample.split())
        return (
            bool(self.operators.fullmatch(difference.operator))
            and (not self.facts or difference.fact in self.facts)
            and (not self.dtypes or bool(self.dtypes & kinds))
            and bool(self.text.search(difference.text))
        )


def reasons() -> list[Reason]:
    """The rows of `opinfo_reasons.txt`: operators | facts | types | part of the text | reason."""
    found = []
    for line in (HERE / "opinfo_reasons.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            operators, facts, dtypes, text, reason = (each.strip() for each in line.split(" | "))
            named = [frozenset(each.strip() for each in part.split(",") if each != "*") for part in (facts, dtypes)]
            found.append(Reason(re.compile(operators), *named, re.compile("" if text == "*" else text), reason))
    return found


def explained(differences: list[Difference]) -> tuple[Counter[str], list[Difference]]:
    """How many each reason explains, and what none does."""
    known, counts, rest = reasons(), Counter[str](), []
    for difference in differences:
        reason = next((each for each in known if each.explains(difference)), None)
        if reason is None:
            rest.append(difference)
        else:
            counts[reason.reason] += 1
    return counts, rest


def main() -> int:
    """Exit code 1 if something differs that no reason explains."""
    options = argparse.ArgumentParser(description="Compare refgrad with PyTorch on PyTorch's own samples.")
    options.add_argument("--only", default="", help="a regular expression for names of operators")
    options.add_argument("--samples", type=int, help="at most so many samples for each variant and type")
    options.add_argument("--dtypes", default=",".join(DTYPES), help="empty: only calls that must fail")
    given = options.parse_args()
    sweep = run(given.only, tuple(each for each in given.dtypes.split(",") if each), given.samples)
    counts, rest = explained(sweep.differences)
    for difference in rest:
        print(" | ".join(difference).replace("\n", "\\n")[:400])
    for reason, count in counts.most_common():
        print(f"{count:6} explained: {reason}")
    print(f"{sum(sweep.missing.values())} samples need what refgrad does not have: {len(sweep.missing)} kinds")
    print(
        f"{len(sweep.operators)} operators, {sweep.comparisons} comparisons, {len(sweep.differences)} differences, "
        f"{len(rest)} of them unexplained"
    )
    return int(bool(rest))


if __name__ == "__main__":
    sys.exit(main())
