"""Calls with arguments of all kinds, most of them wrong: what `refgrad.signatures` says of each is what PyTorch says.

The calls are drawn, for every function and method that has a line in the table; what PyTorch's parser takes, refgrad's
takes too, whatever comes of it.
"""

from __future__ import annotations

import random
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import refgrad
from refgrad.signatures.reading import Overloads, of_function, of_method, table
from refgrad.signatures.refusing import refusal

sys.path.insert(0, str(Path(__file__).parent))
from warned_always import warned_always  # a helper beside this file

CALLS = 3
"""For each function and each method."""
PARSER = re.compile(
    r"received an invalid combination|\(\): argument '|\(\) missing \d|positional arguments? but|"
    r"got an unexpected keyword|got multiple values|takes no (keyword )?arguments|expected Tensor as element"
)
USUAL = {
    "Tensor": "tensor", "int": "int", "Number": "float", "bool": "bool", "float": "float", "str": "str",
    "tuple of ints": "tuple", "tuple of Tensors": "tensors", "torch.dtype": "dtype",
}  # fmt: skip
LEFT_OUT = {
    "empty", "empty_like", "empty_strided", "set_", "resize_", "resize_as_", "random_", "repeat", "from_numpy", "cuda",
    "set_autocast_enabled", "set_autocast_cache_enabled", "manual_seed", "set_printoptions",
    "sub", "sub_", "addmm", "addmm_", "addbmm", "addbmm_", "addmv", "addmv_", "addr", "addr_", "baddbmm", "baddbmm_",
    "add", "add_", "addcmul", "addcmul_", "addcdiv", "addcdiv_", "sspaddmm",
}  # fmt: skip
"""What changes the state of the library or takes all memory, and what takes an old form besides, with a warning."""


class Call(NamedTuple):
    name: str
    method: bool
    kinds: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]


def values(library: Any) -> dict[str, Any]:
    return {
        "int": 1, "float": 1.5, "str": "a", "none": None, "bool": True, "complex": 1j, "dict": {},
        "tensor": library.ones(2, 2), "scalar": library.ones(()), "integers": library.ones(2, 2, dtype=library.int64),
        "integer": library.ones((), dtype=library.int64), "leaf": library.ones(2, 2, requires_grad=True),
        "list": [1, 1], "tuple": (1, 1), "empty": [], "mixed": [1, "a"], "strings": ["a"], "floats": [1.5],
        "tensors": [library.ones(2, 2)], "size": library.Size([1, 1]), "dtype": library.float32,
    }  # fmt: skip


def builtins(torch: Any) -> Iterator[tuple[str, bool, Overloads, Callable[..., Any]]]:
    """The functions and methods that PyTorch has in C++, with what the table says of them."""
    places = ((torch, ""), (torch.linalg, "linalg_"), (torch.special, "special_"), (torch.fft, "fft_"))
    for name in sorted(table()):
        known = of_function(name)
        for place, prefix in (*places, (torch.nn.functional, "")):
            found = getattr(place, name.removeprefix(prefix), None) if name.startswith(prefix) else None
            if known and type(found).__name__ == "builtin_function_or_method":
                yield name, False, known, found
                break
    for name in sorted(dir(torch.Tensor)):
        found, known = getattr(torch.Tensor, name), None if name.startswith("_") else of_method(name)
        if known and type(found).__name__ == "method_descriptor":
            yield name, True, known, found


def drawn(rng: random.Random, name: str, method: bool, known: Overloads) -> Call:
    every = list(values(refgrad))
    parameters = rng.choice(known.signatures).parameters
    kinds = []
    for i in range(rng.randint(0, 4)):
        usual = USUAL.get(parameters[i].kind) if i < len(parameters) and rng.random() < 0.7 else None
        kinds.append(usual or rng.choice(every))
    names = sorted({each.name for one in known.signatures for each in one.parameters} - {"out", "device", "pin_memory"})
    keywords = {rng.choice([*names, "foo", "axis"]): rng.choice(every) for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))}
    return Call(name, method, tuple(kinds), tuple(keywords.items()))


def arguments(library: Any, call: Call) -> tuple[list[Any], dict[str, Any]]:
    known = values(library)
    own = [library.ones(2, 2)] if call.method else []
    return own + [known[each] for each in call.kinds], {name: known[each] for name, each in call.keywords}


def of_pytorch(function: Callable[..., Any], given: list[Any], options: dict[str, Any]) -> str | None:
    """What PyTorch's parser says; None if it is content."""
    try:
        function(*given, **options)
    except TypeError as error:
        return str(error) if PARSER.search(str(error)) else None
    except Exception:
        return None
    return None


def test_what_the_parser_says() -> None:
    torch = pytest.importorskip("torch")
    rng = random.Random(5)
    wrong, total, refused = {}, 0, 0
    with warnings.catch_warnings(), warned_always(torch):
        warnings.simplefilter("ignore")
        for name, method, known, function in builtins(torch):
            for _ in range(0 if name in LEFT_OUT else CALLS):
                call = drawn(rng, name, method, known)
                expected = of_pytorch(function, *arguments(torch, call))
                got = refusal(name, *arguments(refgrad, call), method=method)
                total, refused = total + 1, refused + (expected is not None)
                if expected != got:
                    wrong[call] = (expected, got)
    print(f"{total} calls, {refused} of them refused")
    assert refused > 2500
    assert not wrong
