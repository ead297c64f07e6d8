"""The examples of PyTorch's docstrings, each run on both engines: the code that people start from.

    python impl/tests/docstring_sweep.py                     # everything: some minutes of one core
    python impl/tests/docstring_sweep.py --only 'torch.linalg'
    python impl/tests/docstring_sweep.py --sample            # those of docstring_sample.txt, which must be exact

The docstrings are read from the PyTorch that is installed while this runs. The statements of each are run in a forked
process, first with PyTorch, then with refgrad under the name torch, and what each prints, raises and warns is compared
as text, to the last digit.

What may differ stands in `docstring_reasons.txt`, with a reason; everything else that differs is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import doctest
import importlib
import inspect
import io
import marshal
import os
import re
import signal
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

import refgrad

HERE = Path(__file__).parent
PLACES = (
    "torch.Tensor", "torch", "torch.nn", "torch.nn.Module", "torch.nn.functional", "torch.nn.init", "torch.nn.utils",
    "torch.nn.utils.parametrize", "torch.nn.utils.rnn", "torch.nn.parameter", "torch.nn.attention", "torch.linalg",
    "torch.fft", "torch.special", "torch.autograd", "torch.autograd.functional", "torch.autograd.graph",
    "torch.autograd.forward_ad", "torch.autograd.gradcheck", "torch.autograd.function", "torch.autograd.grad_mode",
    "torch.autograd.anomaly_mode", "torch.func", "torch.optim", "torch.optim.lr_scheduler", "torch.overrides",
    "torch.library", "torch.amp", "torch.Generator", "torch.utils.checkpoint", "torch.utils.hooks", "torch.utils.data",
    "torch.distributions", "torch.sparse",
)  # fmt: skip
PATIENCE = 10
"""Seconds that a statement may take before it counts as `slow`."""
NOISE = re.compile(r"\s*\(Triggered internally at [^)]*\)?\.?\)?")
NUMBER = re.compile(r"[+-]?\d+\.\d*(?:e[+-]?\d+)?")
ROUNDED = "a library's rounding in the last digits"
ADDRESS = re.compile(r"0x[0-9a-f]+")


class Doc(NamedTuple):
    name: str
    statements: tuple[str, ...]


class Difference(NamedTuple):
    doc: str
    statement: str
    torch: str
    refgrad: str


# ---- the docstrings -----------------------------------------------------------------------------------------------


def described() -> Iterator[tuple[str, str]]:
    """The name and text of every docstring with examples; a text that stands in two places counts once."""
    seen: set[str] = set()
    for place in PLACES:
        found = resolved(place)
        members = [(f"{place}.{name}", getattr(found, name, None)) for name in sorted(dir(found)) if name[:2] != "__"]
        for name, each in [(place, found), *members]:
            parts = vars(each).items() if inspect.isclass(each) else ()
            inner = [(f"{name}.{part}", value) for part, value in parts if part[:2] != "__"]
            for path, value in [*inner, (name, each)]:
                text = getattr(value, "__doc__", None)
                if isinstance(text, str) and ">>>" in text and text not in seen:
                    seen.add(text)
                    yield path, text


def resolved(place: str) -> Any:
    with contextlib.suppress(ImportError):
        return importlib.import_module(place)
    parent, _, name = place.rpartition(".")
    return getattr(importlib.import_module(parent), name)


def docs() -> list[Doc]:
    found = []
    for name, text in described():
        try:
            statements = [each.source for each in doctest.DocTestParser().get_examples(text)]
        except ValueError:  # badly indented
            statements = [line + "\n" for line in re.findall(r">>> (.*)", text)]
        found.append(Doc(name, tuple(statements)))
    return found


# ---- running them -------------------------------------------------------------------------------------------------


class Slow(BaseException):
    """A statement took longer than PATIENCE."""


def out_of_patience(*_: object) -> None:
    raise Slow


def outcomes(engine: Any, statements: tuple[str, ...]) -> list[str]:
    """What each statement prints, raises and warns."""
    scope = {"torch": engine, "nn": engine.nn, "F": engine.nn.functional, "np": np, "__name__": "__main__"}
    engine.manual_seed(0)
    np.random.seed(0)
    signal.signal(signal.SIGALRM, out_of_patience)
    return [outcome(statement, scope) for statement in statements]


def outcome(statement: str, scope: dict[str, Any]) -> str:
    printed, error = io.StringIO(), ""
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        signal.alarm(PATIENCE)
        try:
            exec(compile(statement, "<doc>", "single"), scope)
        except Slow:
            error = "slow"
        except BaseException as raised:
            error = f"{type(raised).__name__}: {raised}"
        finally:
            signal.alarm(0)
    warned = [f"\nwarns {each.category.__name__}: {each.message}" for each in caught]
    text = NOISE.sub("", printed.getvalue() + error + "".join(warned))
    return ADDRESS.sub("0x", text).replace("refgrad.", "torch.")


def under_the_name_torch() -> Any:
    """refgrad, where this process has PyTorch."""
    for name in [name for name in sys.modules if name == "torch" or name.startswith("torch.")]:
        del sys.modules[name]
    for name in [name for name in sys.modules if name == "refgrad" or name.startswith("refgrad.")]:
        sys.modules["torch" + name.removeprefix("refgrad")] = sys.modules[name]
    return refgrad


def apart(doc: Doc) -> tuple[list[str], list[str]]:
    """The outcomes on PyTorch and on refgrad, in a process of their own: docs set defaults, seeds and modules."""
    reading, writing = os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if not child:
            os.close(reading)
            os.chdir(folder)  # some examples save a file
            torch.set_num_threads(1)  # those of the parent are not there, and would be waited for
            told = [outcomes(torch, doc.statements), outcomes(under_the_name_torch(), doc.statements)]
            with os.fdopen(writing, "wb") as file:
                marshal.dump(told, file)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as file:
            found = file.read()
        os.waitpid(child, 0)
    if not found:
        return ["one of both died"] * len(doc.statements), [""] * len(doc.statements)
    expected, actual = marshal.loads(found)
    return expected, actual


# ---- comparing ----------------------------------------------------------------------------------------------------


class Sweep:
    def __init__(self) -> None:
        self.docs = self.statements = self.exact_docs = self.exact_statements = 0
        self.differences: list[Difference] = []
        """The first of each doc: what follows from it differs too."""

    def add(self, doc: Doc) -> None:
        pairs = list(zip(doc.statements, *apart(doc), strict=True))
        differing = [Difference(doc.name, *each) for each in pairs if each[1] != each[2]]
        self.docs += 1
        self.statements += len(pairs)
        self.exact_docs += not differing
        self.exact_statements += len(pairs) - len(differing)
        self.differences += differing[:1]


class Reason(NamedTuple):
    docs: re.Pattern[str]
    text: re.Pattern[str]
    reason: str

    def explains(self, difference: Difference) -> bool:
        said = "\n".join(difference[1:])
        return bool(self.docs.fullmatch(difference.doc)) and bool(self.text.search(said))


def reasons() -> list[Reason]:
    """The rows of `docstring_reasons.txt`: docs | part of the statement or of an outcome | reason."""
    found = []
    for line in (HERE / "docstring_reasons.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            named, text, reason = (each.strip() for each in line.split(" | "))
            found.append(Reason(re.compile(named), re.compile("" if text == "*" else text), reason))
    return found


def rounded_otherwise(difference: Difference) -> bool:
    """Whether both print the same but for the last digits of numbers, which are other libraries' roundings."""
    texts = [re.sub(r"\s+", "", NUMBER.sub("#", each)) for each in difference[2:]]
    first, second = ([float(each) for each in NUMBER.findall(text)] for text in difference[2:])
    return texts[0] == texts[1] and len(first) == len(second) and np.allclose(first, second, 5e-4, 1e-5)


def explained(differences: list[Difference]) -> tuple[Counter[str], list[Difference]]:
    """How many docs each reason explains, and what none does."""
    known, counts, rest = reasons(), Counter[str](), []
    for difference in differences:
        reason = next((each.reason for each in known if each.explains(difference)), None)
        if reason is None and rounded_otherwise(difference):
            reason = ROUNDED
        if reason is None:
            rest.append(difference)
        else:
            counts[reason] += 1
    return counts, rest


def sample() -> frozenset[str]:
    return frozenset((HERE / "docstring_sample.txt").read_text(encoding="utf-8").split())


def shown(difference: Difference) -> str:
    doc, statement, *told = (each.strip().replace("\n", "\\n") for each in difference)
    return f"{doc}: {statement[:200]}\n    PyTorch {told[0][:300]}\n    refgrad {told[1][:300]}"


def main() -> int:
    """Exit code 1 if something differs that no reason explains, or anything of the sample."""
    options = argparse.ArgumentParser(description="Compare refgrad with PyTorch on the examples of its docstrings.")
    options.add_argument("--only", default="", help="a regular expression for names of docs")
    options.add_argument("--sample", action="store_true", help="the docs of docstring_sample.txt, without reasons")
    given = options.parse_args()
    wanted = sample() if given.sample else None
    sweep = Sweep()
    for doc in docs():
        if re.search(given.only, doc.name) and (wanted is None or doc.name in wanted):
            sweep.add(doc)
    counts, rest = (Counter[str](), sweep.differences) if given.sample else explained(sweep.differences)
    for difference in rest:
        print(shown(difference))
    for reason, count in counts.most_common():
        print(f"{count:6} docs explained: {reason}")
    print(
        f"{sweep.docs} docs, {sweep.exact_docs} exact, {len(sweep.differences)} differing, {len(rest)} of them without "
        f"a reason; {sweep.statements} statements, {sweep.exact_statements} exact"
    )
    return int(bool(rest))


if __name__ == "__main__":
    sys.exit(main())
