"""Wrong calls of everything, made from right ones, each on both engines: whether it is refused, and in which words.

    python impl/tests/refusal_sweep.py                       # everything: three minutes of one core
    python impl/tests/refusal_sweep.py --only 'F[.]conv'     # calls whose text matches
    python impl/tests/refusal_sweep.py --every 50            # each fiftieth

Right calls are the lines of `operator_calls.txt`, those of `right_calls.txt`, and one for each signature that refgrad
knows of (`refgrad/signatures/table.txt`). Of each, one argument at a time is put wrong: another kind of value, a tensor
of another type or shape, a number that is out of range, an argument too few or too many, an unknown keyword, an `out=`.
What is compared is the class and text of the error or what the result looks like, and the warnings.

What may differ stands in `refusal_reasons.txt`, with a reason; everything else that differs is printed.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from sweep import calls, tensor_of  # a helper beside this file

import refgrad
from refgrad.signatures.reading import Parameter, table

HERE = Path(__file__).parent
PATIENCE = 5
"""Seconds that a call may take before it counts as `slow`."""
MANY = 400
"""Calls in a process: they may change the state of a library, or kill it."""
NOISE = re.compile(
    r"0x[0-9a-fA-F]{6,}|\s*\(Triggered internally at [^)]*\)?\.?\)?|refgrad\.(?=\w)"
    r"|\nwarns DeprecationWarning: `torch\.jit\.script[^\n]*"  # PyTorch's, of its own formulas, once in a process
)
LEFT_OUT = {
    "cuda", "empty", "empty_like", "empty_strided", "new_empty", "from_file", "manual_seed", "set_autocast_enabled",
    "set_autocast_cache_enabled", "set_printoptions", "seed", "record_stream", "set_num_threads", "set_warn_always",
}  # fmt: skip
"""What shows the memory as it is, or changes the state of the library."""


class Call(NamedTuple):
    text: str
    kinds: tuple[str, ...]
    """Those of `a`, `b`, `c` and `d`, see `sweep.py`."""


class Difference(NamedTuple):
    call: str
    torch: str
    refgrad: str


# ---- right calls --------------------------------------------------------------------------------------------------

RIGHT = {
    "Tensor": "t(2, 2)", "int": "1", "Number": "1.5", "bool": "True", "float": "0.5", "str": "'sum'",
    "tuple of ints": "(1, 1)", "tuple of Tensors": "[t(2, 2)]", "torch.dtype": "T.float64", "tuple of floats": "(1.0,)",
    "tuple of Scalars": "[1]", "torch.Generator": "T.Generator()", "torch.device": "'cpu'",
}  # fmt: skip
PLACES = {"linalg_": "T.linalg.", "special_": "T.special.", "fft_": "T.fft.", "": "T."}


def of_signatures() -> Iterator[Call]:
    """A call for each signature, with what is owed, and one with everything."""
    for name, known in table().items():
        bare = name.lstrip(".")
        if bare.rstrip("_") in LEFT_OUT:
            continue
        function = next((path + bare.removeprefix(key) for key, path in PLACES.items() if bare.startswith(key)), "")
        for each in known.signatures:
            parameters = [one for one in each.parameters if one.name not in ("out", "pin_memory")]
            for chosen in ([one for one in parameters if not one.optional], parameters):
                if name[0] == ".":
                    yield Call(f"t(2, 2).{bare}({given(chosen)})", ())
                elif exists(function):
                    yield Call(f"{function}({given(chosen)})", ())
                elif hasattr(torch.nn.functional, bare):
                    yield Call(f"F.{bare}({given(chosen)})", ())
                if name[0] != "." and hasattr(torch.Tensor, bare) and chosen and chosen[0].kind == "Tensor":
                    yield Call(f"t(2, 2).{bare}({given(chosen[1:])})", ())
                    if hasattr(torch.Tensor, bare + "_"):
                        yield Call(f"t(2, 2).{bare}_({given(chosen[1:])})", ())


def given(parameters: list[Parameter]) -> str:
    values = [RIGHT.get(each.kind, "None") for each in parameters]
    return ", ".join(
        f"{each.name}={value}" if each.keyword_only else value for each, value in zip(parameters, values, strict=True)
    )


def exists(path: str) -> bool:
    found: Any = torch
    for part in path.split(".")[1:]:
        found = getattr(found, part, None)
    return found is not None


def right_calls() -> Iterator[Call]:
    for expression, kinds in calls((HERE / "operator_calls.txt").read_text(encoding="utf-8")):
        yield Call(expression, kinds)
    for line in (HERE / "right_calls.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield Call(line, ())
    yield from of_signatures()


# ---- wrong ones ---------------------------------------------------------------------------------------------------

TENSOR = (
    "None", "1", "1.5", "True", "'x'", "[{0}]", "({0}, {0})", "{0}.long()", "{0}.bool()", "{0}.to(T.complex64)",
    "{0}.float()", "{0}.half()", "{0}.to(T.uint8)", "{0}.reshape(-1)", "{0}[None]", "t(5, 7)", "t(0)", "t(())", "t(3)",
    "t(2, 0, 3)", "t(1, 2, 1, 2, 1, 2)", "t(2, requires_grad=True)", "{0}.tolist()", "{0}.detach().numpy()",
)  # fmt: skip
WRONG: dict[type, tuple[str, ...]] = {
    bool: ("1", "None", "'x'", "0.0", "T.tensor(True)", "t(2)"),
    int: ("True", "1.5", "None", "'x'", "-1", "-7", "0", "7", "2**63", "[1]", "(1, 1)", "t(2)", "T.tensor(1)",
          "T.tensor(1.5)", "1j", "T.float32", "()"),
    float: ("True", "None", "'x'", "-1.0", "1", "1j", "inf", "nan", "[1.0]", "T.tensor(0.5)", "t(2)",
            "t((), requires_grad=True)", "T.float32"),
    complex: ("1", "None", "'x'", "t(2)"),
    str: ("'nope'", "None", "1", "''", "b'x'"),
    type(None): ("1", "'x'", "1.5", "True", "t(2)", "[1]", "T.float32"),
    tuple: ("None", "1", "1.5", "True", "'x'", "()", "(1.5,)", "(None,)", "('x',)", "(-1,)", "(0,)", "(7, 7, 7, 7)",
            "(True, 1)", "(1, 1.5)", "[{0}]", "t(2)", "T.tensor([1, 1])", "T.Size([1])"),
}  # fmt: skip
WRONG[list] = WRONG[tuple]
OTHERS = ("None", "1", "'x'", "t(2)", "1.5", "T.float32", "T.int64")
OUT = (
    "t(0)", "t(2, 2)", "t(0, dtype=T.int64)", "t(0, dtype=T.bool)", "t(3, requires_grad=True)", "1", "None", "(t(0),)",
    "(t(0), t(0))", "[t(0), t(0, dtype=T.int64)]", "t(0, dtype=T.complex64)", "t(1).expand(3)", "t(0, dtype=T.float64)",
)  # fmt: skip


def is_tensor(node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return node.id in "abcd"
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("t", "T.ones", "T.randn", "T.tensor", "T.rand")


def wrong_values(node: ast.expr) -> Iterator[str]:
    text = ast.unparse(node)
    if is_tensor(node):
        yield from (each.format(text) for each in TENSOR)
        return
    try:
        value = ast.literal_eval(node)
    except ValueError:
        yield from OTHERS
        if isinstance(node, (ast.List, ast.Tuple)) and node.elts:
            yield from ("()", "[]", "(None,)", "[1]", f"[{ast.unparse(node.elts[0])}, 1]", f"[{text}]")
        return
    yield from (each.format(text) for each in WRONG.get(type(value), OTHERS))
    if type(value) in (tuple, list) and value:
        yield from (repr(value[:-1]), repr([*value, value[-1]]), repr([*value[:-1], "x"]), repr([*value[:-1], 1.5]))


def wrong_calls(right: Call) -> Iterator[Call]:
    """The right one, and each that is wrong in one place."""
    yield right
    tree = ast.parse(right.text, mode="eval").body
    if isinstance(tree, ast.Attribute) and isinstance(tree.value, ast.Call):
        tree = tree.value
    if not isinstance(tree, ast.Call):
        return
    function = ast.unparse(tree.func)
    receiver, _, method = function.rpartition(".")
    positional = [ast.unparse(each) for each in tree.args]
    named = {str(each.arg): ast.unparse(each.value) for each in tree.keywords if each.arg is not None}

    def made(arguments: list[str], options: dict[str, str], called: str = function) -> Call:
        parts = [*arguments, *(f"{name}={value}" for name, value in options.items())]
        return Call(f"{called}({', '.join(parts)})", right.kinds)

    if isinstance(tree.func, ast.Attribute) and is_tensor(tree.func.value):
        for value in TENSOR[7:20]:
            yield made(positional, named, f"{value.format(receiver)}.{method}")
    for i, each in enumerate(tree.args):
        for value in wrong_values(each):
            yield made([*positional[:i], value, *positional[i + 1 :]], named)
        yield made(positional[:i] + positional[i + 1 :], named)
    for one in tree.keywords:
        if one.arg is not None:
            for value in wrong_values(one.value):
                yield made(positional, named | {one.arg: value})
            yield made(positional, {name: value for name, value in named.items() if name != one.arg})
    for extra in ("1", "None", "t(2)", "'x'", "True", "1.5"):
        yield made([*positional, extra], named)
    for name, value in (("foo", "1"), ("dim", "0"), ("dim", "9"), ("dtype", "T.int64"), ("dtype", "T.float32"),
                        ("input", "t(2)"), ("keepdim", "1"), ("requires_grad", "True"), ("axis", "0")):  # fmt: skip
        if name not in named:
            yield made(positional, named | {name: value})
    for value in OUT:
        yield made(positional, named | {"out": value})


def every_call() -> list[Call]:
    found = dict.fromkeys(each for right in right_calls() for each in wrong_calls(right))
    return list(found)


# ---- running them -------------------------------------------------------------------------------------------------


class Slow(BaseException):
    """A call took longer than PATIENCE."""


def out_of_patience(*_: object) -> None:
    raise Slow


def outcome(library: Any, call: Call) -> str:
    """The class and text of the error, or what the result looks like; and the warnings."""
    scope = {"T": library, "F": library.nn.functional, "t": library.ones, "inf": float("inf"), "nan": float("nan")}
    library.manual_seed(0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        signal.alarm(PATIENCE)
        try:
            scope |= {letter: tensor_of(library, kind) for letter, kind in zip("abcd", call.kinds, strict=False)}
            told = described(eval(call.text, scope))  # our own text
        except Slow:
            told = "slow"
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
        finally:
            signal.alarm(0)
    told += "".join(f"\nwarns {each.category.__name__}: {each.message}" for each in caught)
    return NOISE.sub("", told)


def described(made: Any) -> str:
    if isinstance(made, (torch.Tensor, refgrad.Tensor)):
        name = made.grad_fn.name() if made.grad_fn is not None else made.requires_grad
        return f"{str(made.dtype).partition('.')[2]}{tuple(made.shape)} {name}"
    if isinstance(made, (tuple, list)):
        return f"{type(made).__name__} of {', '.join(map(described, made[:9]))}"
    return type(made).__name__


def outcomes(calls: list[Call]) -> list[tuple[str, str]]:
    """What both engines do with each call, in processes of their own; the one that kills a process is `died`."""
    found: list[tuple[str, str]] = []
    while len(found) < len(calls):
        told = in_child(calls[len(found) : len(found) + MANY])
        found += told
        if len(told) < min(MANY, len(calls) - len(found) + len(told)):
            found.append(("died", "died"))
    return found


def in_child(calls: list[Call]) -> list[tuple[str, str]]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        torch.set_num_threads(1)  # those of the parent are not there, and would be waited for
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        signal.signal(signal.SIGALRM, out_of_patience)
        for library in (torch, refgrad):
            library.set_warn_always(True)
        with os.fdopen(writing, "w", encoding="utf-8") as file:
            for each in calls:
                print(ascii((outcome(torch, each), outcome(refgrad, each))), file=file, flush=True)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as file:
        told = [ast.literal_eval(line) for line in file]
    os.waitpid(child, 0)
    return told


# ---- comparing ----------------------------------------------------------------------------------------------------


class Reason(NamedTuple):
    call: re.Pattern[str]
    text: re.Pattern[str]
    reason: str

    def explains(self, difference: Difference) -> bool:
        said = f"{difference.torch} != {difference.refgrad}"
        return bool(self.call.search(difference.call)) and bool(self.text.search(said))


def reasons() -> list[Reason]:
    """The rows of `refusal_reasons.txt`: part of the call | part of `PyTorch's outcome != refgrad's` | reason."""
    found = []
    for line in (HERE / "refusal_reasons.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            call, text, reason = (each.strip() for each in line.split(" | "))
            found.append(Reason(*[re.compile("" if each == "*" else each, re.DOTALL) for each in (call, text)], reason))
    return found


def run(calls: list[Call]) -> list[Difference]:
    pairs = zip(calls, outcomes(calls), strict=True)
    return [Difference(shown(call), *told) for call, told in pairs if told[0] != told[1]]


def shown(call: Call) -> str:
    return f"{call.text} | {' '.join(call.kinds)}" if call.kinds else call.text


def explained(differences: list[Difference]) -> tuple[Counter[str], list[Difference]]:
    """How many calls each reason explains, and what none does."""
    known, counts, rest = reasons(), Counter[str](), []
    for difference in differences:
        reason = next((each.reason for each in known if each.explains(difference)), None)
        if reason is None:
            rest.append(difference)
        else:
            counts[reason] += 1
    return counts, rest


def main() -> int:
    """Exit code 1 if something differs that no reason explains."""
    options = argparse.ArgumentParser(description="Compare refgrad with PyTorch on calls that are wrong in one place.")
    options.add_argument("--only", default="", help="a regular expression for the text of calls")
    options.add_argument("--every", type=int, default=1, help="each so-manieth call alone")
    given = options.parse_args()
    chosen = [call for call in every_call() if re.search(given.only, call.text)][:: given.every]
    differences = run(chosen)
    counts, rest = explained(differences)
    for each in rest:
        print(each.call, *(f"    {told}".replace("\n", "\\n")[:600] for told in each[1:]), sep="\n")
    for reason, count in counts.most_common():
        print(f"{count:6} calls explained: {reason}")
    print(f"{len(chosen)} calls, {len(differences)} differing, {len(rest)} of them without a reason")
    return int(bool(rest))


if __name__ == "__main__":
    sys.exit(main())
