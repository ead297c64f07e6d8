"""Facts as text for a reader: `tensor([1., 2.])`, `<MulBackward0>`, `RuntimeError: ...`.

Results come from anywhere, so a fact of a form that is not known here is shown as it stands and never an error.
"""

from __future__ import annotations

from math import prod
from typing import Any

from gradreports.numbers import number, texts

SHOWN = 64
"""How many elements of a tensor are shown; the rest is counted."""

_IMPLIED = frozenset({"torch.float32", "torch.int64", "torch.bool"})
_PLAIN = frozenset({"dtype", "device", "layout", "memory_format"})


def text(fact: Any) -> str:
    """One fact, on one line unless a string in it has more."""
    try:
        return _text(fact)
    except (TypeError, ValueError, IndexError, OverflowError, RecursionError):
        return _raw(fact)


def event(fact: Any) -> str:
    """One event of a step: `call f(tensor(1.))`, `return f: None`, `print: text`."""
    match fact:
        case ("call", function, tuple(arguments)):
            return f"call {function}({', '.join(text(item) for item in arguments)})"
        case ("return", function, value):
            return f"return from {function}: {text(value)}"
        case ("raise", function, kind, message):
            return f"raise in {function}: {kind}: {message}"
        case ("print", printed):
            return f"print: {printed}"
        case _:
            return _raw(fact)


def ending(fact: Any) -> str:
    """How a run ended, in words."""
    match fact:
        case ("finished", *_):
            return "finished"
        case ("crash", what, *_):
            return f"the process died: {what}"
        case ("timeout", seconds, *_):
            return f"stopped after {seconds} seconds"
        case ("unsupported", what, *_):
            return f"not supported by the engine: {what}"
        case _:
            return _raw(fact)


def _text(fact: Any) -> str:
    match fact:
        case ("none",):
            return "None"
        case ("bool", bool(value)) | ("int", int(value)):
            return str(value)
        case ("float", str(value)):
            return _float(value)
        case ("complex", str(real), str(imaginary)):
            return f"complex({_float(real)}, {_float(imaginary)})"
        case ("str", str(value)):
            return repr(value)
        case ("tensor", str(dtype), tuple(shape), bytes(data)):
            return _tensor(dtype, shape, data)
        case ("tensor", dtype, tuple(shape), "sha256", bytes(digest)):
            return f"tensor of shape {shape}, dtype={dtype}, elements {digest.hex()[:12]} by hash"
        case ("transformed", dtype, tuple(shape)):
            return f"tensor of shape {shape} inside a transform, dtype={dtype}"
        case ("node", name) | ("object", name):
            return f"<{name}>"
        case (str(kind), value) if kind in _PLAIN:
            return str(value)
        case ("grad", value, _, ("node", name)):
            return f"{text(value)} with grad_fn <{name}>"
        case ("grad", value, *_):
            return text(value)
        case ("tuple" | "Size" as kind, *items):
            inside = f"({', '.join(text(item) for item in items)}{',' if len(items) == 1 else ''})"
            return inside if kind == "tuple" else f"torch.Size{inside}"
        case ("list", *items):
            return f"[{', '.join(text(item) for item in items)}]"
        case ("dict", *pairs):
            return "{" + ", ".join(f"{_key(key)}: {text(value)}" for key, value in pairs) + "}"
        case ("lacking", what):
            return f"not to be read: the engine lacks {what}"
        case ("raised", kind, message):
            return f"raises {kind}: {message}"
        case ("unbound",):
            return "not bound"
        case ("graph", tuple(nodes)):
            return f"graph of {len(nodes)} {'node' if len(nodes) == 1 else 'nodes'}"
        case _:
            return _raw(fact)


def _key(key: Any) -> str:
    return text(key) if isinstance(key, tuple) else repr(key)


def _float(value: str) -> str:
    plain = number("float", float.fromhex(value))
    return plain + "0" if plain.endswith(".") else plain


def _tensor(dtype: str, shape: tuple[int, ...], data: bytes) -> str:
    count = prod(shape)
    elements = texts(dtype, data, SHOWN)
    tail = "" if dtype in _IMPLIED else f", dtype={dtype}"
    if elements is None:
        return f"tensor of shape {shape}{tail}, {len(data)} bytes"
    if count > SHOWN:
        return f"tensor([{', '.join(elements)}, ... {count - SHOWN} more], shape={shape}{tail})"
    if len(elements) != count:
        return f"tensor of shape {shape}{tail} with {len(elements)} elements"
    tail = f", size={shape}{tail}" if count == 0 and len(shape) > 1 else tail
    return f"tensor({_nested(elements, shape)}{tail})"


def _nested(elements: list[str], shape: tuple[int, ...]) -> str:
    if not shape:
        return elements[0]
    if not elements:
        return "[]"
    step = len(elements) // shape[0]
    parts = [_nested(elements[start : start + step], shape[1:]) for start in range(0, len(elements), step)]
    return f"[{', '.join(parts)}]"


def _raw(fact: Any) -> str:
    shown = repr(fact)
    return shown if len(shown) <= 400 else shown[:400] + "..."
