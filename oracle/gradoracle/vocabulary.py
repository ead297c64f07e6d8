"""What programs may name: the admitted globals, attributes and operators.

Everything is admitted by list, nothing by pattern except the saved values of graph nodes (`_saved_*`). The lists are
data, in `gradoracle.vocabulary_data`.
"""

from __future__ import annotations

import difflib
import keyword
import math
import re
from collections.abc import Iterable

from gradoracle import vocabulary_data as data
from gradoracle.program import (
    AUGMENTED,
    BINARY,
    UNARY,
    Attr,
    Call,
    Expr,
    Format,
    FormatPart,
    Global,
    Lambda,
    Lit,
    Op,
    ProgramError,
    Ref,
    Seq,
)

MAX_INT = 2**64
"""Integers are written between -MAX_INT and MAX_INT."""


def _under(prefix: str, block: str) -> frozenset[str]:
    return frozenset(f"{prefix}.{name}" for name in block.split())


BUILTINS: frozenset[str] = frozenset(data.BUILTINS.split())
"""The names that mean something without being bound; a program cannot bind them."""

GLOBALS: frozenset[str] = (
    BUILTINS
    | _under("torch", data.TORCH)
    | _under("torch", data.OTHER)
    | _under("torch.nn.functional", data.FUNCTIONAL)
    | _under("torch.linalg", data.LINALG)
    | _under("torch.special", data.SPECIAL)
    | _under("torch.fft", data.FFT)
    | _under("torch.func", data.FUNC)
    | _under("torch.autograd", data.AUTOGRAD)
    | _under("math", data.MATH)
)
"""The dotted paths of everything that an engine or the language provides; none is a prefix of another."""

MODULES: frozenset[str] = frozenset(
    path[:end] for path in GLOBALS for end in (match.start() for match in re.finditer(r"\.", path))
)
"""The modules on the way to a global; a module is no value of its own."""

ATTRIBUTES: frozenset[str] = frozenset(
    name
    for block in (data.TENSOR, data.AUTOGRAD_ATTRIBUTES, data.UNDERSCORED, data.RESULTS, data.LANGUAGE, data.FIELDS)
    for name in block.split()
)
"""The admitted attribute names, besides those that start with one of PREFIXES."""

PREFIXES: tuple[str, ...] = tuple(data.UNDERSCORED_PREFIXES.split())

RESERVED: frozenset[str] = frozenset({"torch", "math", "observe"})
"""Names with a fixed meaning, which no program binds."""

FUNCTION_BASES: frozenset[str] = frozenset(
    {
        "torch.autograd.Function",
        "torch.autograd.function.Function",
        "torch.autograd.function.InplaceFunction",
        "torch.autograd.function.NestedIOFunction",
        "torch.autograd.NestedIOFunction",
    }
)
"""What a class may derive from."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# Fields that a program's own code may set on a context or another object, besides those of the list.
_OWN_FIELD = re.compile(r"(?:my|saved)_[a-z0-9_]+\Z")
# The width and precision of a format are bounded: `f"{x:999999999}"` is a program's way to fill the memory.
_FORMAT = re.compile(r"(?:[ -z|~]?[<>=^])?[-+ ]?#?0?[0-9]{0,2}[,_]?(?:\.[0-9]{1,2})?[a-zA-Z%]?\Z")
_CONVERSIONS = ("", "r", "s")


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """`"; did you mean X?"` for the candidate closest to a name, or nothing when none is close."""
    close = difflib.get_close_matches(name, sorted(candidates), n=1, cutoff=0.8)
    return f"; did you mean `{close[0]}`?" if close else ""


def _check_identifier(name: str) -> None:
    if not _IDENTIFIER.match(name):
        raise ProgramError(f"{name!r} is not a name: letters, digits and underscores only")
    if keyword.iskeyword(name):
        raise ProgramError(f"`{name}` is a keyword of Python")
    if name.startswith("__"):
        raise ProgramError(f"`{name}`: names that start with two underscores are not admitted")


def check_name(name: str) -> None:
    """Raise `ProgramError` unless a program may bind this name.

    Identifiers in ASCII, no keyword, no leading double underscore, and nothing that already means something: `torch`,
    `math`, `observe` and the builtins of the language.
    """
    _check_identifier(name)
    if name in RESERVED or name in BUILTINS:
        raise ProgramError(f"`{name}` has a fixed meaning here; call the variable something else, `{name}_` for one")


def check_keyword(name: str) -> None:
    """Raise `ProgramError` unless a call may pass a keyword argument of this name."""
    _check_identifier(name)


def check_global(path: str) -> None:
    """Raise `ProgramError` unless this dotted path is admitted."""
    if path in GLOBALS:
        return
    if path in MODULES:
        raise ProgramError(f"`{path}` is a module, and a module alone is no value; name something in it")
    module = path.rpartition(".")[0]
    near = {known for known in GLOBALS if known.rpartition(".")[0] == module} or GLOBALS
    raise ProgramError(f"`{path}` is not admitted{suggestion(path, near)}")


def check_attribute(name: str) -> None:
    """Raise `ProgramError` unless an attribute of this name may be read, set or called."""
    if name in ATTRIBUTES:
        return
    _check_identifier(name)
    if _OWN_FIELD.match(name) or any(name.startswith(prefix) and name != prefix for prefix in PREFIXES):
        return
    hint = suggestion(name, ATTRIBUTES)
    raise ProgramError(f"attribute `{name}` is not admitted{hint or '; a field of your own is called my_something'}")


def resolve(path: str) -> tuple[str, tuple[str, ...]]:
    """Split a dotted path at a known module into the global that it starts with and the attributes read from that.

    Raises `ProgramError` where no admitted global begins the path.
    """
    parts = path.split(".")
    for end in range(1, len(parts) + 1):
        start = ".".join(parts[:end])
        if start in GLOBALS:
            return start, tuple(parts[end:])
        if start not in MODULES:
            break
    check_global(start)
    raise AssertionError(path)


def check_expression(expr: Expr) -> None:
    """Raise `ProgramError` unless an expression is admitted; what stands inside it is checked by calls of its own."""
    match expr:
        case Lit():
            _check_literal(expr)
        case Ref():
            check_name(expr.name)
        case Global():
            check_global(expr.path)
        case Attr():
            check_attribute(expr.name)
        case Call():
            _check_keywords(expr)
        case Seq():
            if expr.kind not in ("tuple", "list"):
                raise ProgramError(f"a sequence is a tuple or a list, not {expr.kind!r}")
        case Op():
            _check_operator(expr)
        case Lambda():
            for parameter in expr.parameters:
                check_name(parameter.name)
        case Format():
            _check_format(expr)
        case _:
            pass


def check_augmented(symbol: str) -> None:
    """Raise `ProgramError` unless `symbol` is an operator with an assignment form."""
    if symbol not in AUGMENTED:
        raise ProgramError(f"there is no operator `{symbol}=`")


def _check_literal(lit: Lit) -> None:
    value = lit.value
    if isinstance(value, int) and abs(value) > MAX_INT:
        raise ProgramError("integers are written between -2**64 and 2**64")
    if isinstance(value, float) and not math.isfinite(value):
        raise ProgramError("a literal is finite; write math.inf or math.nan")
    if isinstance(value, complex) and not _writable(value):
        raise ProgramError("a complex literal has finite parts and no negative zero; write complex(real, imag)")


def _writable(value: complex) -> bool:
    """Whether `real+imagj`, as Python evaluates it, is this very number, signs of zeros included."""
    if not (math.isfinite(value.real) and math.isfinite(value.imag)):
        return False
    unsigned = complex(0.0, abs(value.imag))
    written = value.real - unsigned if math.copysign(1.0, value.imag) < 0 else value.real + unsigned
    return repr(written) == repr(value)


def _check_keywords(call: Call) -> None:
    seen: set[str] = set()
    for name, _ in call.kwargs:
        check_keyword(name)
        if name in seen:
            raise ProgramError(f"keyword argument `{name}` is given twice")
        seen.add(name)


def _check_operator(op: Op) -> None:
    admitted = {1: UNARY, 2: BINARY}.get(len(op.operands), frozenset())
    if op.symbol not in admitted:
        raise ProgramError(f"there is no operator `{op.symbol}` of {len(op.operands)} operands")


def _check_format(expr: Format) -> None:
    after_text = False
    for part in expr.parts:
        if isinstance(part, FormatPart):
            _check_part(part)
        elif not isinstance(part.value, str) or part.value == "" or after_text:
            raise ProgramError("the text of an f-string is whole: no empty pieces, no two pieces in a row")
        after_text = isinstance(part, Lit)


def _check_part(part: FormatPart) -> None:
    if part.conversion not in _CONVERSIONS:
        raise ProgramError(f"f-strings convert with !r or !s, not {part.conversion!r}")
    if not _FORMAT.match(part.spec):
        raise ProgramError(f"format {part.spec!r} is not admitted; widths and precisions have at most two digits")
