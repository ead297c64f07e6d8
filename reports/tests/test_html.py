"""The page as text: one file, nothing from outside, and what stands in it without JavaScript."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import synthetic

from gradoracle.trace import Step, Trace
from gradreports import assets, evidence
from gradreports.align import align
from gradreports.graphview import graph
from gradreports.html import write_report
from gradreports.links import issue, web
from gradreports.pack import CHUNK, Chunks
from gradreports.results import DifferenceRecord, MissingFooter, ResultsWriter, partial_path
from gradreports.scores import Score, scores
from gradreports.words import VERDICTS, overall

DAGRE = "54a503e346f93ca0bb10abe7999587e037262935687aca45eb4e4b0f64bbb578"


def unpacked(text: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(text)))


def test_dagre_is_the_file_that_was_vendored() -> None:
    vendor = Path(assets.__file__).parent / "static" / "vendor"

    assert hashlib.sha256((vendor / "dagre.min.js").read_bytes()).hexdigest() == DAGRE
    assert DAGRE in (vendor / "README.md").read_text(encoding="utf-8")
    assert "Chris Pettitt" in assets.library_licence()


def test_no_script_ends_its_element_or_runs_text() -> None:
    for script in (assets.script(), assets.library()):
        assert "</" not in script
        assert "<!--" not in script
        assert not re.search(r"\beval\(|new Function|innerHTML|document\.write|sourceMappingURL", script)
    assert not re.search(r"^(import|export) ", assets.script(), flags=re.MULTILINE)


def test_every_module_stands_after_what_it_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "MODULES", tuple(reversed(assets.MODULES)))
    with pytest.raises(ValueError, match=r"main\.js imports"):
        assets.script.__wrapped__()


class Page(HTMLParser):
    """What a page loads and which of its scripts and styles stand in it."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[tuple[str, str]] = []
        self.handlers: list[str] = []
        self.policy = ""
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.handlers.extend(name for name in named if name.startswith("on") or name == "style")
        self.loads.extend(str(named[name]) for name in ("src", "data", "action") if name in named)
        if tag == "link":
            self.loads.append(str(named.get("href")))
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(named["content"])
        inert = named.get("type") == "application/gzip"
        self._open = tag if tag in ("script", "style") and not inert else ""

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.inline.append((self._open, data))


def test_the_page_loads_nothing_and_its_policy_names_what_it_runs(report: Path) -> None:
    page = Page()
    page.feed(report.read_text(encoding="utf-8"))

    assert page.loads == []
    assert page.handlers == []
    assert page.policy.startswith("default-src 'none'; ")
    assert "unsafe" not in page.policy
    assert [kind for kind, _ in page.inline] == ["style", "script", "script"]
    for _, text in page.inline:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

        assert f"'sha256-{digest}'" in page.policy


def test_the_page_tells_the_run_without_javascript(report: Path) -> None:
    plain = unescape(
        re.sub(
            r"<script.*?</script>|<style.*?</style>|<[^>]+>", "", report.read_text(encoding="utf-8"), flags=re.DOTALL
        )
    )

    for part in (
        "refgrad",
        "20261123",
        "gradconform run --engine refgrad",
        "2.13.0+cpu",
        "723",
        "2026-11-23T12:00:00Z",
    ):
        assert part in plain
    assert "no GPU here and no recording asked for" in plain
    assert "the note does not hold" in plain
    assert "Random programs crash PyTorch" in plain


def test_no_path_of_the_machine_is_in_the_page(report: Path) -> None:
    text = report.read_text(encoding="utf-8")

    assert str(report.parent) not in text
    assert str(Path(assets.__file__).parent) not in text


def test_the_same_results_give_the_same_page(results: Path, report: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.html"
    write_report(results, again)

    assert report.read_bytes() == again.read_bytes()


def test_a_file_without_a_footer_makes_no_report_unless_it_is_asked_for(results: Path, tmp_path: Path) -> None:
    cut = tmp_path / "results.partial.jsonl"
    cut.write_bytes(b"".join(results.read_bytes().splitlines(keepends=True)[:-1]))
    html = tmp_path / "report.html"
    with pytest.raises(MissingFooter):
        write_report(cut, html)

    assert [cut] == list(tmp_path.iterdir())
    write_report(cut, html, partial=True)

    assert "Made from a partial file" in html.read_text(encoding="utf-8")


def test_a_run_with_nothing_in_it_still_makes_a_page(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with ResultsWriter(path) as writer:
        writer.write(synthetic.header(oracles=()))
        writer.finish(programs=0, seconds=0.0, interrupted=True)
    write_report(path, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")

    assert "No cases" in text
    assert "The run was interrupted" in text
    assert not partial_path(path).exists()


def test_text_that_utf8_cannot_write_does_not_stop_the_report(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with ResultsWriter(path) as writer:
        writer.write(synthetic.header(command="lone \ud800 surrogate"))
        writer.write(replace(synthetic.behaviours()[0], statement="\ud800"))
        writer.finish(programs=0, seconds=0.0)
    write_report(path, tmp_path / "report.html")

    assert "lone ? surrogate" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_chunks_hold_what_was_added_where_they_say() -> None:
    chunks = Chunks()
    records = [{"n": number, "text": "x" * (CHUNK // 3)} for number in range(7)]
    places = [chunks.add(record) for record in records]
    opened = [unpacked(text) for text in chunks.texts()]

    assert records == [opened[chunk][position] for chunk, position in places]
    assert len(opened) == 4


def step(path: tuple[int, ...], value: int = 0) -> Step:
    return Step(path, ("value", ("int", value)))


def test_steps_of_one_statement_stand_side_by_side() -> None:
    one = Trace((step((0,)), step((1,)), step((2,))))
    two = Trace((step((0,)), step((2,))))
    rows = align(one, two, [(0,), (1,), (2,), (3,)])

    assert [(row.path, row.oracle is not None, row.engine is not None) for row in rows] == [
        ((0,), True, True),
        ((1,), True, False),
        ((2,), True, True),
        ((3,), False, False),
    ]


def test_a_long_loop_with_one_turn_less_is_aligned_but_for_that_turn() -> None:
    turns = [step((0, inner), turn) for turn in range(500) for inner in range(2)]
    rows = align(Trace(tuple(turns)), Trace(tuple(turns[:-2])), [])

    assert sum(row.oracle is not None and row.engine is not None for row in rows) == 998


def test_the_second_turn_of_a_loop_has_its_own_difference() -> None:
    source = "for i in range(2):\n    y"
    found = synthetic.evidence(
        "failure",
        source,
        Trace((step((0, 0), 1), step((0, 0), 2))),
        Trace((step((0, 0), 3), step((0, 0), 4))),
        DifferenceRecord("values", (0, 0), "value", "1", "3"),
        DifferenceRecord("values", (0, 0), "value", "2", "4"),
        DifferenceRecord("errors", (), "ending", "finished", "crash"),
    )
    shown = evidence.view(found)

    assert [[item["expected"] for item in row["d"]] for row in shown["rows"]] == [[], ["1"], ["2"]]
    assert shown["first"] == 1
    assert [item["where"] for item in shown["rest"]] == ["ending"]


def test_long_texts_are_cut_to_where_they_part() -> None:
    before = "the same " * 60
    pair = DifferenceRecord("messages", (0,), "error text", f"{before}one{before}", f"{before}two")
    shown = evidence.view(synthetic.evidence("failure", "x", Trace((step((0,)),)), Trace((step((0,), 1),)), pair))
    expected, got = shown["differences"][0]["expected"], shown["differences"][0]["got"]

    assert len(expected) < 200
    assert "one" in expected
    assert got.endswith("two")


def test_evidence_without_traces_shows_its_program() -> None:
    shown = evidence.view(replace(synthetic.evidence("example", "x = 1", None, None), lines=()))

    assert shown["rows"] == []
    assert shown["lines"] == [[["n", "x"], ["", " "], ["o", "="], ["", " "], ["mi", "1"]]]


@pytest.mark.parametrize(
    "fact", [("graph", ()), ("graph", 7), ("graph", ("x", ("y", ((9, 0), ("a", 1), 3)), ("z", ((-1, 0),))))]
)
def test_a_graph_of_any_form_can_be_drawn(fact: Any) -> None:
    drawn = graph(fact)

    assert drawn is not None
    assert drawn["e"] == []


def test_a_score_counts_apart_what_was_not_judged() -> None:
    levels = dict.fromkeys("abcdef", "required")
    cases = {("a", synthetic.CPU): "pass", ("b", synthetic.CPU): "fail", ("c", synthetic.CPU): "unsupported"}
    cases |= {("d", synthetic.CPU): "missing", ("e", synthetic.CPU): "blocked"}
    found = scores(synthetic.header().oracles, levels, cases)

    assert [score.oracle for score in found] == [synthetic.CPU, synthetic.OLD]
    assert (found[0].passed, found[0].judged, found[0].percent) == (1, 3, "33.3 %")
    assert found[0].apart == [("blocked", 1), ("unsupported", 1), ("not run", 1)]
    assert found[1].percent == "no data"


def test_a_score_is_full_only_when_all_passed() -> None:
    assert Score("o", "required", {"pass": 9999, "fail": 1}).percent == "99.9 %"
    assert Score("o", "required", {"pass": 9999}).percent == "100.0 %"


def test_the_overall_verdict_is_the_worst() -> None:
    assert overall(["pass", "crash", "fail"]) == "crash"
    assert overall(["pass", "missing"]) == "missing"
    assert overall([]) == "not measured"
    assert VERDICTS[overall([])].tone == "none"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("pytorch#34082", "https://github.com/pytorch/pytorch/issues/34082"),
        ("owner/repository#1", "https://github.com/owner/repository/issues/1"),
        ("javascript:alert(1)#2", ""),
        ("", ""),
    ],
)
def test_an_issue_becomes_a_link_or_stays_text(name: str, address: str) -> None:
    assert issue(name) == address


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://example.org", "https://example.org/ x", "//example.org", ""]
)
def test_only_https_addresses_become_links(url: str) -> None:
    assert web(url) == ""
