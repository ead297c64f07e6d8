"""The report: one HTML file made from one results file, which opens by double click and fetches nothing."""

from __future__ import annotations

from collections import Counter
from os import PathLike
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gradreports import assets, words
from gradreports.collect import Collected, collect
from gradreports.drift import DRIFT_PREFIX, drift_pages
from gradreports.highlight import lines
from gradreports.links import issue
from gradreports.pack import packed
from gradreports.reading import scan
from gradreports.scores import scores


def write_report(results: str | PathLike[str], html: str | PathLike[str], *, partial: bool = False) -> None:
    """Write the report of a results file; the target is replaced only when the new one is whole.

    `partial` admits the file that an aborted run left, and the report says so.
    Raises `gradreports.results.ResultsError` for a results file that is not in order, and `OSError`.
    """
    found = collect(scan(results, partial=partial))
    target = Path(html)
    beside = target.with_name(target.name + ".partial")
    beside.write_text(render(found), encoding="utf-8", errors="replace", newline="\n")
    beside.replace(target)


def render(found: Collected) -> str:
    """The page as text."""
    environment = Environment(loader=PackageLoader("gradreports"), autoescape=True, undefined=StrictUndefined)
    environment.filters["case_link"] = lambda name: f"#id={quote(name, safe='')}"
    header = found.header
    levels = {name: behaviour.level for name, behaviour in found.behaviours.items()}
    counts = Counter(found.verdicts.values())
    by_level = scores(header.oracles, levels, found.verdicts)
    return environment.get_template("report.html.j2").render(
        title=f"{header.engine.id} {header.engine.version} - autograd conformance",
        header=header,
        footer=found.footer,
        behaviours=found.behaviours,
        programs=found.programs if found.footer is None else found.footer.programs,
        counts=[(word, counts[word]) for word in words.VERDICTS if counts[word]],
        scores={(score.oracle, score.level): score for score in by_level},
        levels_used=[level for level in words.BEHAVIOUR_LEVELS if level in levels.values()],
        verdicts=words.VERDICTS,
        bindings=words.BEHAVIOUR_LEVELS,
        meanings=words.COMPARISON_LEVELS,
        short=words.COMPARISON_SHORT,
        notes=_notes(found),
        findings=_findings(found, drift=False),
        drift=drift_pages(found),
        drift_findings=_findings(found, drift=True),
        index=packed(_index(found)),
        chunks=found.chunks.texts(),
        # Not escaped, because they are this package's own files and hashed by the policy; none contains "</".
        policy=Markup(assets.policy()),  # noqa: S704
        style=Markup(assets.style()),  # noqa: S704
        library=Markup(assets.library()),  # noqa: S704
        script=Markup(assets.script()),  # noqa: S704
        library_licence=assets.library_licence(),
    )


def _index(found: Collected) -> dict[str, Any]:
    header = found.header
    return {
        "engine": header.engine.id,
        "levels": list(header.levels),
        "oracles": [
            {"id": oracle.id, "measured": oracle.status == "measured", "reason": oracle.reason}
            for oracle in header.oracles
        ],
        "verdicts": {
            verdict.word: {"sign": verdict.sign, "tone": verdict.tone, "meaning": verdict.meaning}
            for verdict in words.VERDICTS.values()
        },
        "bindings": words.BEHAVIOUR_LEVELS,
        "meanings": words.COMPARISON_LEVELS,
        "short": words.COMPARISON_SHORT,
        "rows": _rows(found),
    }


def _rows(found: Collected) -> list[Any]:
    families = {name: place for place, name in enumerate(dict.fromkeys(b.family for b in found.behaviours.values()))}
    ordered = sorted(found.behaviours.values(), key=lambda behaviour: families[behaviour.family])
    rows: list[Any] = []
    for behaviour in ordered:
        cases = []
        for oracle in found.header.oracles:
            key = (behaviour.id, oracle.id)
            cases.append([found.verdicts[key], found.levels[key], found.places[key]] if key in found.verdicts else None)
        about = (behaviour.id, behaviour.family, behaviour.statement, behaviour.level)
        rows.append([*about, found.overall(behaviour.id), found.described[behaviour.id], cases])
    return rows


def _notes(found: Collected) -> list[dict[str, Any]]:
    shown = []
    for note in found.notes:
        known = [found.behaviours[name] for name in note.behaviours if name in found.behaviours]
        program = next((behaviour.examples[0] for behaviour in known if behaviour.examples), None)
        shown.append(
            {
                "note": note,
                "program": lines(program) if program is not None else None,
                "behaviours": [(n, found.overall(n) if n in found.behaviours else "") for n in note.behaviours],
            }
        )
    return shown


def _findings(found: Collected, *, drift: bool) -> list[dict[str, Any]]:
    return [
        {
            "finding": finding,
            "url": issue(finding.issue),
            "met": found.met[finding.id],
            "program": lines(finding.program),
        }
        for finding in found.findings
        if finding.kind.startswith(DRIFT_PREFIX) is drift
    ]
