// The page of one behaviour: what must hold, who says so, what came of it, and the evidence.

import { code, copyButton, h, plural, prose } from "./dom.js";
import { graphs } from "./graph.js";
import { sign } from "./matrix.js";
import { address, hash } from "./route.js";
import { record } from "./store.js";
import { differences, traceTable } from "./trace.js";

const KINDS = {
  failure: "The smallest program found that shows it",
  finding: "A program that meets a known divergence",
  admitted: "A program with another outcome that is admitted",
  example: "An example",
};

function described(term, ...content) {
  return content.flat().length ? [h("dt", null, term), h("dd", null, content)] : [];
}

function links(index, ids, state) {
  return ids.map((id, at) => [at ? ", " : "", index.byId.has(id) ? h("a", { href: hash({ q: state.q, id }) }, id) : h("code", null, id)]);
}

function clause(about) {
  if (about.observed) return `Observed on PyTorch ${about.observed}; its documentation does not say it.`;
  const source = about.url && h("a", { href: about.url, rel: "noreferrer" }, about.url);
  return [h("blockquote", null, about.quote), source];
}

function facts(index, row, about, state) {
  return h(
    "dl",
    { class: "facts" },
    described("Expected", prose(about.expectation)),
    described("What says so", clause(about)),
    described("Also admitted", about.admits.map((other) => h("div", null, prose(other.statement), clause(other), `Seen on ${other.where}.`))),
    described("Level", `${row.level}: ${index.bindings[row.level]}`),
    described("Needs", about.needs.map((name, at) => [at ? ", " : "", h("code", null, name)])),
    described("Rests on", links(index, about.depends, state)),
  );
}

function why(index, one, state) {
  const found = Object.entries(one.findings).map(([id, count]) =>
    h("div", null, h("a", { href: hash({ page: "findings", id }) }, id), `: known divergence, met by ${plural(count, "program")}`),
  );
  const admitted = Object.entries(one.admitted).map(([statement, count]) =>
    h("div", null, `admitted, another outcome than PyTorch's, by ${plural(count, "program")}: `, prose(statement)),
  );
  const blocked = one.blocked_by && h("div", null, "Blocked by ", links(index, [one.blocked_by], state));
  return [one.reason && h("div", null, prose(one.reason)), blocked, found, admitted];
}

function verdictRow(index, oracle, brief, one, state) {
  if (!oracle.measured || !brief) {
    const verdict = oracle.measured ? "not run" : "not measured";
    const text = oracle.measured ? index.verdicts[verdict].meaning : oracle.reason || index.verdicts[verdict].meaning;
    return h("tr", null, h("th", { scope: "row" }, oracle.id), h("td", null, sign(index, verdict, true)), h("td", { colspan: index.levels.length + 2 }, text));
  }
  return h(
    "tr",
    null,
    h("th", { scope: "row" }, oracle.id),
    h("td", null, sign(index, brief.verdict, true)),
    index.levels.map((level) => h("td", null, sign(index, brief.levels[level] ?? "not run"))),
    h("td", { class: "number" }, one.programs.toLocaleString("en")),
    h("td", null, index.verdicts[brief.verdict].meaning, why(index, one, state)),
  );
}

function verdicts(index, row, cases, state) {
  const head = ["Oracle", "Verdict", ...index.levels, "Programs", "What that means"].map((text) => h("th", { scope: "col" }, text));
  const rows = index.oracles.map((oracle, at) => verdictRow(index, oracle, row.cases[at], cases[at], state));
  return h("div", { class: "scroll" }, h("table", { class: "verdicts" }, h("thead", null, h("tr", null, head)), h("tbody", null, rows)));
}

function firstDifference(evidence, oracle, engine) {
  const at = evidence.first;
  const items = (at === null ? evidence.rest : evidence.rows[at].d).slice(0, 1);
  if (at === null && items.length === 0) return null;
  const place = at === null ? "First difference" : `First difference, in row ${at + 1}`;
  const ends = `${oracle}: ${evidence.ending[0]}. ${engine}: ${evidence.ending[1]}.`;
  const what = items.length ? differences(items, "first difference") : h("p", null, ends);
  return h("div", { class: "first-difference" }, h("p", null, h("strong", null, place)), what);
}

function piece(evidence, oracle, engine) {
  return h(
    "section",
    { class: "evidence" },
    h("h4", null, KINDS[evidence.kind] ?? evidence.kind),
    firstDifference(evidence, oracle, engine),
    h(
      "p",
      { class: "buttons" },
      evidence.script && copyButton("Copy script for PyTorch", () => evidence.script),
      evidence.engine_script && copyButton(`Copy script for ${engine}`, () => evidence.engine_script),
      copyButton("Copy program", () => evidence.source),
    ),
    traceTable(evidence, oracle, engine),
    evidence.first !== null && evidence.rest.length ? [h("p", null, "Beside the lines:"), differences(evidence.rest, "other differences")] : null,
    graphs(evidence.graphs, oracle, engine),
  );
}

function against(index, oracle, brief, one, open) {
  const replay = one.replay && h("p", { class: "replay" }, h("code", null, one.replay), copyButton("Copy replay command", () => one.replay));
  const body = one.evidence.map((item) => piece(item, oracle.id, index.engine));
  const summary = h("summary", null, h("h3", null, `Against ${oracle.id} `), sign(index, brief.verdict, true));
  return h("details", { class: "against", open, id: `against-${oracle.id}` }, summary, replay, body.length ? body : h("p", null, "No program was kept for this case."));
}

function examples(about) {
  if (about.examples.length === 0) return null;
  const parts = about.examples.map((item) => [code(item.lines), h("p", { class: "buttons" }, copyButton("Copy program", () => item.source))]);
  return h("section", { class: "examples" }, h("h3", null, about.examples.length > 1 ? "Examples" : "Example"), parts);
}

// Fill the case page; returns its heading.
export async function showCase(index, row, state, place) {
  const [about, ...cases] = await Promise.all([record(row.place), ...row.cases.map((one) => one && record(one.place))]);
  const worst = row.cases.findIndex((one) => one && one.verdict === row.verdict);
  const asked = index.oracles.findIndex((oracle) => oracle.id === state.oracle);
  const open = asked >= 0 && cases[asked] ? asked : worst;
  const heading = h("h2", { tabindex: -1 }, row.id);
  const sections = index.oracles.map((oracle, at) => cases[at] && against(index, oracle, row.cases[at], cases[at], at === open));
  const hasExample = cases.some((one) => one?.evidence.some((item) => item.kind === "example"));
  place.replaceChildren(
    h("p", { class: "family" }, row.family),
    heading,
    h("p", { class: "lead" }, prose(row.statement)),
    h("p", { class: "buttons" }, copyButton("Copy link to this case", () => address({ id: row.id, oracle: state.oracle }))),
    facts(index, row, about, state),
    h("h3", null, "Verdict by oracle"),
    verdicts(index, row, cases, state),
    ...sections.filter(Boolean),
    ...[hasExample ? null : examples(about)].filter(Boolean),
  );
  return heading;
}
