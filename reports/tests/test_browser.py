"""The report in a real browser, over file:// as a reader opens it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import synthetic
from webdriver import Browser

from gradreports.html import write_report
from gradreports.results import Record, ResultsWriter, decode, encode

pytestmark = pytest.mark.browser

ROWS = "return [...document.querySelectorAll('#matrix tbody tr[data-at] th a')].map((link) => link.textContent)"
RAISES = "retain-graph.second-backward-raises"


def open_case(browser: Browser, report: Path, name: str) -> None:
    browser.open(report, f"#id={name}")
    browser.wait(f"return document.querySelector('#case h2')?.textContent === '{name}'")


@pytest.fixture(autouse=True)
def quiet(browser: Browser) -> Any:
    """No test may leave a message in the console."""
    yield

    assert browser.logs() == []


def test_a_row_for_each_behaviour_grouped_by_family(browser: Browser, report: Path) -> None:
    browser.open(report)

    assert browser.run(ROWS) == [item.id for item in synthetic.behaviours()]
    families = browser.run("return [...document.querySelectorAll('tr.family th')].map((cell) => cell.textContent)")
    assert [name.split(" ")[0] for name in families] == ["retain-graph", "hooks", "accumulate", "views", "modes"]


def test_an_oracle_that_was_not_measured_is_never_green(browser: Browser, report: Path) -> None:
    browser.open(report)

    last = "return [...document.querySelectorAll('#matrix tr[data-at] td:last-child')]"
    assert set(browser.run(last + ".map((cell) => cell.textContent)")) == {"·not measured"}
    assert browser.run(last + ".some((cell) => cell.querySelector('.tone-good'))") is False


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("backward raises", [RAISES]),
        ("s:crash", ["views.deep"]),
        ("f:hooks !s:flaky", ["hooks.registration-order", "hooks.removable-handle"]),
        ("l:info", ["accumulate.graph-shape"]),
        ("o:torch-2.11 s:pass l:required", [RAISES, "accumulate.adds"]),
        ("d:graph", [RAISES]),
        ('"a gradient that is"', ["accumulate.adds"]),
        ("no such thing", []),
    ],
)
def test_the_filter(browser: Browser, report: Path, query: str, wanted: list[str]) -> None:
    browser.open(report)
    browser.press("/", *query)

    assert browser.run(ROWS) == wanted
    assert browser.run("return new URLSearchParams(location.hash.slice(1)).get('q')") == query
    assert browser.run("return document.getElementById('count').textContent").startswith(f"{len(wanted)} of 9 ")


def test_the_address_carries_the_filter(browser: Browser, report: Path) -> None:
    browser.open(report, "#q=s%3Acrash")

    assert browser.run(ROWS) == ["views.deep"]
    assert browser.run("return document.getElementById('filter').value") == "s:crash"


def test_a_deep_link_opens_the_case(browser: Browser, report: Path) -> None:
    open_case(browser, report, RAISES)

    text = browser.run("return document.getElementById('case').innerText")
    for part in ("RuntimeError in the second backward", "retain_graph (bool, optional)", "known divergence", "SIGSEGV"):
        assert (part in text) is (part != "SIGSEGV")
    assert (
        browser.run("return document.querySelector('blockquote').parentElement.querySelector('a').href")
        == synthetic.DOCS
    )
    assert browser.run("return document.getElementById('page-matrix').hidden") is True


def test_the_first_difference_is_marked_once_in_its_line(browser: Browser, report: Path) -> None:
    open_case(browser, report, RAISES)

    marked = (
        "return [...document.querySelectorAll('.trace tr.first')].map((row) => row.querySelector('.code').textContent)"
    )
    assert browser.run(marked) == ["observe(x, y)"]
    differs = "return [...document.querySelectorAll('.trace tr.differs .code')].map((code) => code.textContent)"
    assert browser.run(differs) == ["observe(x, y)", "y.backward()"]
    assert browser.run("return document.querySelector('.facet.diff').textContent") == "graph of 4 nodes (differs)"


def test_both_sides_of_an_error_stand_side_by_side(browser: Browser, report: Path) -> None:
    open_case(browser, report, RAISES)

    cells = browser.run(
        "return [...document.querySelectorAll('.trace .raised')].slice(0, 2).map((cell) => cell.textContent)"
    )
    assert cells == [f"RuntimeError: {synthetic.FREED}", "ValueError: graph was freed"]


def test_the_graph_is_drawn_for_both_sides_with_a_text_for_those_who_do_not_see_it(
    browser: Browser, report: Path
) -> None:
    open_case(browser, report, RAISES)

    drawings = "return [...document.querySelector('.graphs').querySelectorAll('svg.graph')]"
    assert browser.run(drawings + ".map((svg) => svg.querySelectorAll('g').length)") == [4, 3]
    assert browser.run("return document.querySelector('svg.graph').getBoundingClientRect().height") > 100
    assert browser.run("return document.querySelector('svg.graph g.diff text').textContent") == "ExpBackward0"
    assert (
        browser.run("return document.querySelector('svg.graph title').textContent")
        == f"Autograd graph of y after line 3 on {synthetic.CPU}"
    )
    assert "AccumulateGrad (above)" in browser.run("return document.querySelector('svg.graph desc').textContent")


def test_events_and_warnings_are_shown_in_order(browser: Browser, report: Path) -> None:
    open_case(browser, report, "hooks.registration-order")

    events = "return [...document.querySelectorAll('.trace ol.events')].map((list) => list.children[0].textContent)"
    assert browser.run(events) == ["call first(tensor(3.))", "call second(tensor(3.))"]
    assert browser.run("return document.querySelector('.warned').textContent").startswith("UserWarning: hooks run")


def test_a_crash_is_marked_where_the_engine_stopped(browser: Browser, report: Path) -> None:
    open_case(browser, report, "views.deep")

    assert browser.run("return document.querySelector('.trace tr.first td.engine').textContent") == "not reached"
    assert browser.run("return document.querySelector('.trace tr.ending').textContent").endswith(
        "the process died: SIGSEGV"
    )


def test_a_loop_shows_each_turn(browser: Browser, report: Path) -> None:
    open_case(browser, report, "accumulate.adds")

    sources = (
        "return [...document.querySelectorAll('details[open] .trace tbody .code')].map((code) => code.textContent)"
    )
    assert browser.run(sources) == [
        "x = torch.tensor([1., 2.], requires_grad=True)",
        "for i in range(2):",
        "(x * 3).sum().backward()",
        "(x * 3).sum().backward()",
        "observe(x)",
    ]


def test_keys_walk_the_rows_and_the_failures(browser: Browser, report: Path) -> None:
    browser.open(report)
    current = "return document.querySelector('tr[aria-current] a')?.textContent"
    browser.press("j", "j")

    assert browser.run(current) == "retain-graph.kept"
    browser.press("f")

    assert browser.run(current) == "hooks.registration-order"
    browser.press("k", "Enter")
    browser.wait("return document.querySelector('#case h2')?.textContent === 'retain-graph.kept'")

    assert "Blocked by retain-graph.second-backward-raises" in browser.run(
        "return document.getElementById('case').innerText"
    )
    browser.press("f")
    browser.wait("return document.querySelector('#case h2')?.textContent === 'hooks.registration-order'")
    browser.press("Escape")
    browser.wait("return !document.getElementById('page-matrix').hidden")
    browser.press("?")

    assert browser.run("return document.getElementById('help').open") is True


def test_the_script_is_copied(browser: Browser, report: Path) -> None:
    open_case(browser, report, RAISES)
    browser.run("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }")
    browser.run("document.querySelector('.evidence button').click()")
    browser.wait("return window.copied !== undefined")

    assert browser.run("return window.copied") == f"import torch\n\n{synthetic.SECOND}\n"


@pytest.mark.parametrize(
    ("page", "part"),
    [
        ("notes", "the note does not hold"),
        ("findings", "segmentation fault"),
        ("drift", "The older version has other words."),
        ("about", "What it does not say"),
    ],
)
def test_each_page_opens_by_its_address(browser: Browser, report: Path, page: str, part: str) -> None:
    browser.open(report, f"#page={page}")

    visible = (
        "return [...document.querySelectorAll('main > section')].filter((part) => !part.hidden).map((part) => part.id)"
    )
    assert browser.run(visible) == [f"page-{page}"]
    assert part in browser.run("return document.querySelector('main').innerText")


def test_a_verdict_opens_the_case_at_its_oracle(browser: Browser, report: Path) -> None:
    browser.open(report)
    browser.run("document.querySelectorAll('#matrix tr[data-at] td a')[1].click()")
    browser.wait("return document.querySelector('.against[open]') !== null")

    assert browser.run("return document.querySelector('.against[open]').id") == f"against-{synthetic.OLD}"


def test_a_narrow_window_does_not_scroll_sideways(browser: Browser, report: Path) -> None:
    browser.resize(500, 900)
    try:
        for fragment in ("", f"#id={RAISES}"):
            browser.open(report, fragment)
            browser.wait("return !location.hash || document.querySelector('.trace') !== null")

            assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    finally:
        browser.resize(1400, 1000)


def test_a_finding_has_an_address(browser: Browser, report: Path) -> None:
    open_case(browser, report, RAISES)
    browser.run("[...document.querySelectorAll('.verdicts a')].find((link) => link.textContent === 'F1').click()")
    browser.wait("return !document.getElementById('page-findings').hidden")

    assert browser.run("return location.hash") == "#page=findings&id=F1"
    assert browser.run("return document.querySelector('[data-id=F1] .code').textContent") == synthetic.SECOND
    browser.press("Escape", "j")


def test_drift_is_told_by_pair_and_explained(browser: Browser, report: Path) -> None:
    browser.open(report, "#page=drift")
    pair = f"{synthetic.OLD} and {synthetic.CPU}"
    cells = "return [...document.querySelectorAll('table.drift tbody tr')].map((row) => row.innerText.split(/\\s*\\t/))"

    assert browser.run(cells)[0] == [pair, "1,200", "7", "1", "0", "1", "1"]
    assert browser.run(cells)[2][0] == synthetic.CUDA
    assert "not measured" in browser.run(cells)[2][1]
    assert "D1" not in browser.run("return document.getElementById('page-findings').textContent")

    groups = "return [...document.querySelectorAll('article.drift summary')].map((part) => part.textContent)"

    assert [text for text in browser.run(groups) if "unexplained" in text] == [
        "added errors, outcome: unexplained 1 program"
    ]

    browser.run("document.querySelectorAll('details.group')[1].open = true")
    browser.run("document.querySelectorAll('details.group')[1].querySelector('a').click()")
    browser.wait("return location.hash === '#page=drift&id=D1'")

    assert browser.run("return document.querySelector('[data-id=D1] .code').textContent") == synthetic.SECOND


def test_backticks_make_code_of_prose(browser: Browser, report: Path) -> None:
    open_case(browser, report, "modes.inference")

    assert browser.run("return document.querySelector('.lead code').textContent") == "inference_mode"


def test_an_unknown_case_is_said_to_be_unknown(browser: Browser, report: Path) -> None:
    browser.open(report, "#id=no.such")

    assert browser.run("return document.getElementById('case').innerText") == "This report has no behaviour no.such."


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("fragment", ["", f"#id={RAISES}", "#page=findings", "#page=drift"])
def test_texts_stand_out_from_what_is_behind_them(browser: Browser, report: Path, scheme: str, fragment: str) -> None:
    browser.emulate(prefers_color_scheme=scheme)
    browser.open(report, fragment)
    if "id=" in fragment:
        browser.wait("return document.querySelector('.trace') !== null")

    assert browser.run(CONTRAST) == []
    browser.emulate()


def test_nothing_but_the_file_is_asked_for(browser: Browser, report: Path) -> None:
    open_case(browser, report, RAISES)

    assert browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)") == []


HOSTILE = "</script><script>window.owned = 1</script><img src=x onerror='window.owned = 1'>\"'`{{ 7 * 7 }}"


def hostile(data: Any) -> Any:
    """The same record with every free text replaced."""
    if isinstance(data, dict):
        return {key: value if key in KEPT else hostile(value) for key, value in data.items()}
    if isinstance(data, list):
        return [hostile(item) for item in data]
    return HOSTILE if isinstance(data, str) else data


KEPT = frozenset(
    "type format level levels verdict verdicts kind status started url issue oracle engine oracles id behaviour"
    " findings path".split()
)


def test_hostile_results_are_only_text(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "hostile.jsonl"
    with ResultsWriter(path) as writer:
        header = hostile(encode(synthetic.header()))
        header["engine"] = {"id": HOSTILE, "version": HOSTILE, "environment": {HOSTILE: HOSTILE}}
        header["oracles"] = [
            {"id": HOSTILE, "status": "measured", "reason": HOSTILE, "environment": {HOSTILE: HOSTILE}}
        ]
        writer.write(decode(header))
        behaviour = hostile(encode(synthetic.behaviours()[0])) | {"id": HOSTILE, "family": HOSTILE}
        writer.write(decode(behaviour))
        others: list[Record] = [*synthetic.notes()[:1], *synthetic.findings()[:1]]
        for other in others:
            writer.write(decode(hostile(encode(other)) | {"id": HOSTILE}))
        case = hostile(encode(synthetic.cases()[0])) | {"behaviour": HOSTILE, "oracle": HOSTILE}
        case["findings"] = {HOSTILE: 1}
        case["evidence"][0]["oracle"] = hostile_trace()
        writer.write(decode(case))
        drift = hostile(encode(synthetic.drift()[0]))
        for group in drift["groups"]:
            group["finding"] = HOSTILE
        writer.write(decode(drift | {"first": header["oracles"][0], "second": header["oracles"][0]}))
        writer.finish(programs=1, seconds=1.0)
    html = tmp_path / "hostile.html"
    write_report(path, html)
    for fragment in ("", "#page=notes", "#page=findings", "#page=drift", "#q=%3C%2Fscript%3E"):
        browser.open(html, fragment)

        assert browser.run("return window.owned") is None
    browser.run("document.querySelector('#matrix tbody a').click()")
    browser.wait("return document.querySelector('.trace') !== null")

    assert browser.run("return [window.owned ?? 0, document.querySelectorAll('main img, main script').length]") == [
        0,
        0,
    ]
    assert HOSTILE in browser.run("return document.querySelector('#case h2').textContent")
    assert "49" not in browser.run("return document.querySelector('#case h2').textContent")


def hostile_trace() -> Any:
    graph = ["graph", [[HOSTILE, [[1, 0]]], [HOSTILE, []]]]
    facets = [["value", ["str", HOSTILE]], [HOSTILE, [HOSTILE]], ["graph", graph]]
    return [
        [
            [
                [0],
                ["value", ["seen", [[HOSTILE, facets]], [[HOSTILE, HOSTILE]]]],
                [[HOSTILE, HOSTILE]],
                [["print", HOSTILE]],
            ],
            [[1], ["error", HOSTILE, HOSTILE], [], [["call", HOSTILE, []], [HOSTILE]]],
            [[2], [HOSTILE], [], []],
        ],
        ["crash", HOSTILE],
    ]


CONTRAST = """
const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const parse = (text) => text.match(/[0-9.]+/g).map(Number);
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  return matchMedia('(prefers-color-scheme: dark)').matches ? [13, 17, 23] : [255, 255, 255];
};
const found = new Set();
for (const element of document.querySelectorAll('body *')) {
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  if (!own || element.closest('svg, script, dialog, .sr, .skip, meter') || !element.checkVisibility()) continue;
  const [one, two] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
  const ratio = (one + 0.05) / (two + 0.05);
  const name = `${element.className || element.tagName} "${element.textContent.slice(0, 20)}"`;
  if (ratio < 4.5) found.add(`${name} ${ratio.toFixed(2)}`);
}
return [...found];
"""
