// Two traces side by side: a row for each statement; where both sides gave the same, one cell says so for both.

import { code, h, plural } from "./dom.js";

function facet([name, text, flags]) {
  const shown = name === "value" || name === "graph" ? text : `${name} ${text}`;
  return h("span", { class: `facet ${flags}` }, shown, flags.includes("diff") && h("span", { class: "sr" }, " (differs)"));
}

function seen({ n: name, f: facets }) {
  const open = facets.filter(([, , flags]) => flags !== "");
  const quiet = facets.filter(([, , flags]) => flags === "");
  const rest = quiet.length
    ? h("details", null, h("summary", null, open.length ? plural(quiet.length, "facet") + " as before" : "as before"), quiet.map(facet))
    : null;
  return h("div", { class: "seen" }, h("b", null, name), open.map(facet), rest);
}

function side(data, nothing) {
  if (data === null) return [h("span", { class: "nothing" }, nothing)];
  const parts = [];
  if (data.v !== undefined && data.v !== "None") parts.push(h("div", { class: "value" }, data.v));
  if (data.x) parts.push(h("div", { class: "raised" }, h("b", null, data.x[0]), ": ", data.x[1]));
  for (const [kind, text] of data.w ?? []) parts.push(h("div", { class: "warned" }, h("b", null, kind), ": ", text));
  if (data.ev) parts.push(h("ol", { class: "events", "aria-label": "events" }, data.ev.map((text) => h("li", null, text))));
  for (const item of data.s ?? []) parts.push(seen(item));
  if (data.g) parts.push(h("div", { class: "shared" }, data.g));
  return parts.length ? parts : [h("span", { class: "nothing" }, "done")];
}

function difference(item) {
  return h(
    "li",
    null,
    h("b", null, item.level),
    item.where && [" at ", h("code", null, item.where)],
    ": the oracle has ",
    h("code", null, item.expected || "nothing"),
    ", the engine ",
    h("code", null, item.got || "nothing"),
  );
}

export function differences(items, label) {
  return items.length ? h("ul", { class: "differences", "aria-label": label }, items.map(difference)) : null;
}

function row(data, number, first, absent) {
  const same = data.e === "same";
  const differs = data.d.length > 0;
  const unreached = data.o === null && data.e === null;
  const alone = !unreached && (data.o === null || data.e === null);
  const kind = first ? "first differs" : differs ? "differs" : same || unreached || alone ? "same" : "tolerated";
  const marks = [
    first && h("strong", { class: "badge bad" }, "first difference"),
    differs && !first && h("span", { class: "badge bad" }, "differs"),
    kind === "tolerated" && h("span", { class: "badge", title: "Within tolerance, or on a level that was not compared" }, "unlike, not counted"),
  ];
  const source = h("td", { class: "source" }, code(data.t), marks, differences(data.d, "differences in this line"));
  const indent = `depth-${Math.min(data.p.length - 1, 4)}`;
  const cells = unreached
    ? [h("td", { colspan: 2, class: "nothing" }, data.c ? "" : "not reached")]
    : same
      ? [h("td", { colspan: 2, class: "both" }, side(data.o))]
      : [h("td", { class: "oracle" }, side(data.o, absent[0])), h("td", { class: "engine" }, side(data.e, absent[1]))];
  return h("tr", { class: `${kind} ${indent}` }, h("th", { scope: "row" }, number), source, cells);
}

function endings([oracle, engine]) {
  if (oracle === "finished" && engine === "finished") return null;
  const cells = oracle === engine ? [h("td", { colspan: 2 }, oracle)] : [h("td", null, oracle), h("td", null, engine)];
  return h("tr", { class: "ending" }, h("th", { scope: "row", colspan: 2 }, "How the run ended"), cells);
}

export function traceTable(evidence, oracle, engine) {
  if (evidence.rows.length === 0) return code(evidence.lines);
  const head = ["", "Line", oracle, engine].map((text, at) => h("th", { scope: "col", class: at > 1 && "who" }, text || h("span", { class: "sr" }, "Number")));
  const absent = evidence.ending.map((how) => (how === "finished" ? "no such step" : "not reached"));
  const rows = evidence.rows.map((item, at) => row(item, at + 1, at === evidence.first, absent));
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "group", "aria-label": "what each line gave" },
    h(
      "table",
      { class: "trace" },
      h("caption", { class: "sr" }, `What each line gave on ${oracle} and on ${engine}`),
      h("thead", null, h("tr", null, head)),
      h("tbody", null, rows, endings(evidence.ending)),
    ),
  );
}
