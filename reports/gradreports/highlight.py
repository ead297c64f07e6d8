"""Programs coloured by Pygments, as lines of (class, text) tokens: the page makes text nodes of them, never HTML."""

from __future__ import annotations

from functools import lru_cache

from pygments.lexers.python import PythonLexer
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Token, _TokenType

Line = list[list[str]]


def _short(kind: _TokenType) -> str:
    while kind not in STANDARD_TYPES:
        kind = kind.parent or Token
    return STANDARD_TYPES[kind]


@lru_cache(maxsize=4096)
def _lines(source: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    lines: list[list[tuple[str, str]]] = [[]]
    for kind, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens(source):
        name = _short(kind)
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
            if part:
                last = lines[-1]
                if last and last[-1][0] == name:
                    last[-1] = (name, last[-1][1] + part)
                else:
                    last.append((name, part))
    while len(lines) > 1 and not lines[-1]:
        lines.pop()
    return tuple(tuple(line) for line in lines)


def lines(source: str) -> list[Line]:
    """The lines of a program, each a list of [class, text]; the class is Pygments' short name, "" for none."""
    return [[[name, part] for name, part in line] for line in _lines(source)]


def style_sheet() -> str:
    """The rules for those classes below `.code`, for the light and for the dark scheme."""
    return f"{_rules('default')}\n@media (prefers-color-scheme: dark) {{\n{_rules('github-dark')}\n}}"


def _rules(style: str) -> str:
    """A colour for each kind of token: no backgrounds, and none of Pygments' red boxes for errors."""
    rules = []
    for kind, look in get_style_by_name(style):
        name = STANDARD_TYPES.get(kind, "")
        if name and name != "err" and look["color"]:
            rules.append(f".code .{name} {{ color: #{look['color']} }}")
    return "\n".join(rules)
