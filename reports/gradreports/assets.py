"""The scripts and style sheets that go into the page, put together from the small files of this package."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources

from gradreports.highlight import style_sheet

MODULES: tuple[str, ...] = ("dom", "store", "filter", "route", "keys", "matrix", "trace", "graph", "case", "main")
"""The modules of `static/js`, each after the ones it imports from."""

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z]+)\.js";\n', re.MULTILINE)


def _text(*path: str) -> str:
    return resources.files("gradreports").joinpath("static", *path).read_text(encoding="utf-8")


@cache
def script() -> str:
    """All modules as one: their imports dropped, because what they name stands above."""
    parts = []
    for position, name in enumerate(MODULES):
        text = _text("js", f"{name}.js")
        late = [wanted for wanted in _IMPORT.findall(text) if wanted not in MODULES[:position]]
        if late:
            raise ValueError(f"{name}.js imports {', '.join(late)}, which MODULES does not put before it")
        parts.append(re.sub(r"^export ", "", _IMPORT.sub("", text), flags=re.MULTILINE))
    return "\n".join(parts)


@cache
def library() -> str:
    """dagre, as a script that defines `dagre`."""
    return re.sub(r"\n//# sourceMappingURL=.*\s*$", "\n", _text("vendor", "dagre.min.js"))


@cache
def library_licence() -> str:
    """The licence that goes wherever dagre goes."""
    return _text("vendor", "dagre.LICENSE")


@cache
def style() -> str:
    """All style sheets in the order of their names, and the colours of programs."""
    folder = resources.files("gradreports").joinpath("static", "css")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".css"))
    return "\n".join([style_sheet(), *(_text("css", name) for name in names)])


def policy() -> str:
    """The Content-Security-Policy of the page: these scripts, this style, and nothing from anywhere else."""
    scripts = f"{_hash(library())} {_hash(script())}"
    return (
        f"default-src 'none'; script-src {scripts}; style-src {_hash(style())}; base-uri 'none'; form-action 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
