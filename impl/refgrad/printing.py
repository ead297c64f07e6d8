"""`repr` of tensors, as PyTorch prints them under its default print options."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import dtypes, forward_texts
from refgrad.levels import is_asked, levels, wrapper_of
from refgrad.modes import modes
from refgrad.operators.transformed import tangent_of

if TYPE_CHECKING:
    from refgrad.dtypes import Array
    from refgrad.levels import Wrapper
    from refgrad.tensor import Tensor

PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


class Options:
    """How tensors print, see `set_printoptions`."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None
    """Scientific notation always, never, or (None) where numbers need it."""


options = Options()


def set_printoptions(
    precision: int | None = None, threshold: float | None = None, edgeitems: int | None = None,
    linewidth: int | None = None, profile: str | None = None, sci_mode: bool | None = None,
) -> None:  # fmt: skip
    """Change how tensors print; what is None stays, but for `sci_mode`."""
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    chosen = PROFILES.get(profile, {}) if profile is not None else {}
    for name, value in [*chosen.items(), *given.items()]:
        if value is not None:
            setattr(options, name, value)
    options.sci_mode = sci_mode


class Formatter:
    """One width and one notation for all elements that are shown."""

    def __init__(self, values: Array) -> None:
        self.floating = values.dtype.kind in "fV"
        self.scientific = False
        self.whole = True
        self.width = 1
        flat = values.reshape(-1)
        if not self.floating:
            self.width = max((len(str(each)) for each in flat.tolist()), default=1)
            return
        shown = flat[np.isfinite(flat) & (flat != 0)]
        if shown.size == 0:
            return
        sizes = np.abs(shown.astype(np.float64))
        low, high = float(sizes.min()), float(sizes.max())
        self.whole = bool((shown == np.ceil(shown)).all())
        self.scientific = high / low > 1000.0 or high > 1.0e8 or (not self.whole and low < 1.0e-4)
        if options.sci_mode is not None:
            self.scientific = options.sci_mode
        extra = 1 if self.whole and not self.scientific else 0
        self.width = max(self.width, max(len(self._plain(each)) for each in shown.tolist()) + extra)

    def _plain(self, value: float) -> str:
        if self.scientific:
            return f"{value:.{options.precision}e}"
        return f"{value:.0f}" if self.whole else f"{value:.{options.precision}f}"

    def text(self, value: Any) -> str:
        if self.floating:
            text = self._plain(value)
            if self.whole and not self.scientific and math.isfinite(value):
                text += "."
        else:
            text = str(value)
        return text.rjust(self.width)


class ComplexFormatter:
    """A formatter for the real and one for the imaginary parts."""

    def __init__(self, values: Array) -> None:
        self.real = Formatter(values.real)
        self.imaginary = Formatter(values.imag)
        self.width = self.real.width + self.imaginary.width + 1

    def text(self, value: complex) -> str:
        imaginary = self.imaginary.text(value.imag).lstrip()
        return self.real.text(value.real) + (imaginary if imaginary[0] in "+-" else "+" + imaginary) + "j"


def vector_text(values: Array, indent: int, formatter: Any, shorten: bool) -> str:
    per_line = max(1, (options.linewidth - indent) // (formatter.width + 2))
    items = values.tolist()
    if shorten and len(items) > 2 * options.edgeitems:
        shown = [
            *map(formatter.text, items[: options.edgeitems]),
            " ...",
            *map(formatter.text, items[-options.edgeitems :]),
        ]
    else:
        shown = [formatter.text(each) for each in items]
    lines = [", ".join(shown[i : i + per_line]) for i in range(0, len(shown), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def array_text(values: Array, indent: int, formatter: Any, shorten: bool) -> str:
    if values.ndim == 0:
        text: str = formatter.text(values.item())
        return text
    if values.ndim == 1:
        return vector_text(values, indent, formatter, shorten)
    if shorten and len(values) > 2 * options.edgeitems:
        rows = [array_text(each, indent + 1, formatter, shorten) for each in values[: options.edgeitems]]
        rows.append("...")
        rows += [array_text(each, indent + 1, formatter, shorten) for each in values[-options.edgeitems :]]
    else:
        rows = [array_text(each, indent + 1, formatter, shorten) for each in values]
    return "[" + ("," + "\n" * (values.ndim - 1) + " " * (indent + 1)).join(rows) + "]"


def shown_part(values: Array) -> Array:
    """The elements that are printed of a large array."""
    for axis in range(values.ndim):
        if values.shape[axis] > 2 * options.edgeitems:
            keep = [*range(options.edgeitems), *range(values.shape[axis] - options.edgeitems, values.shape[axis])]
            values = values.take(keep, axis)
    return values


def elements_text(array: Array, indent: int) -> str:
    """`[1., 2.]`."""
    shorten = array.size > options.threshold
    seen = shown_part(array) if shorten else array
    formatter = ComplexFormatter(seen) if array.dtype.kind == "c" else Formatter(seen)
    return array_text(array, indent, formatter, shorten)


def tensor_text(tensor: Tensor, prefix: str = "") -> str:
    """`tensor([1., 2.], grad_fn=<MulBackward0>)`."""
    wrapper = wrapper_of(tensor)
    if wrapper is not None:
        return wrapper_text(wrapper)
    array = tensor._array
    if levels.active and is_asked(tensor):
        array = array_read(tensor)
    if not prefix:
        kind_name = type(tensor).__name__
        prefix = "tensor(" if kind_name in ("Tensor", "Parameter") else f"{kind_name}("
    kind = tensor.dtype
    default = dtypes.get_default_dtype()
    suffixes = []
    if array.size == 0:
        if array.ndim != 1:
            suffixes.append(f"size={tuple(array.shape)}")
        if kind is not default:
            suffixes.append(f"dtype={kind}")
        text = "[]"
    else:
        if kind not in (default, default.to_complex(), dtypes.int64, dtypes.bool_):
            suffixes.append(f"dtype={kind}")
        text = elements_text(array, len(prefix))
    name = None
    try:
        node = tensor.grad_fn
        name = None if node is None else type(node).__name__
        if node is not None and name == "CppFunction":
            name = node.name().rpartition("::")[2]
    except RuntimeError:
        name = "Invalid"
    if name is not None:
        suffixes.append(f"grad_fn=<{name}>")
    elif tensor.requires_grad:
        suffixes.append("requires_grad=True")
    tangent = tangent_of(tensor) if levels.active and levels.forward and not modes.inference else None
    if tangent is not None:
        suffixes.append(f"tangent={tangent}")
    return with_suffixes(prefix + text, suffixes, len(prefix))


def array_read(tensor: Any) -> Array:
    """The elements of a tensor whose class says what they are, read one by one."""
    before, levels.dispatch = levels.dispatch, ()
    try:
        elements = list(tensor.reshape(-1))
        if tensor._array.dtype.kind == "f":
            for each in elements:
                format(each, f".{options.precision}f")  # which PyTorch does, and only plain tensors can
        return np.array([each.item() for each in elements], tensor._array.dtype).reshape(tensor._array.shape)
    finally:
        levels.dispatch = before


def wrapper_text(wrapper: Wrapper) -> str:
    """A tensor inside a transform: its level and what it stands on."""
    level = wrapper.level
    if wrapper.dim is not None:
        if getattr(level, "legacy", False):
            raise RuntimeError(forward_texts.no_fallback("is_nonzero"))
        head = f"BatchedTensor(lvl={level.number}, bdim={wrapper.dim}, value="
    elif level.transform == "functionalize":
        return f"FunctionalTensor(lvl={level.number}, value=\\\n{tensor_text(wrapper.inner)})"
    else:
        head = f"GradTrackingTensor(lvl={level.number if level.alive else -2}, value="
    inner = tensor_text(wrapper.inner).replace("\n", "\n    ")
    return f"{head}\n    {inner}\n)"


def with_suffixes(text: str, suffixes: list[str], indent: int, *, anew: bool = False) -> str:
    """Append the suffixes, each on the last line as long as that stays short enough; `anew`: beginning with a line."""
    parts = [text]
    length = len(text) - text.rfind("\n") + 1
    for number, suffix in enumerate(suffixes):
        if (anew and number == 0) or length + len(suffix) + 2 > options.linewidth:
            parts.append(",\n" + " " * indent + suffix)
            length = indent + len(suffix)
        else:
            parts.append(", " + suffix)
            length += len(suffix) + 2
    return "".join(parts) + ")"
