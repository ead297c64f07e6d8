// The matrix: a row for each behaviour, drawn as the reader comes to it.

import { h, plural, prose } from "./dom.js";
import { hash } from "./route.js";

const BATCH = 200;

export function sign(index, verdict, withWord) {
  const { sign: mark, tone } = index.verdicts[verdict] ?? { sign: "?", tone: "warn" };
  const word = h("span", { class: withWord ? "word" : "sr" }, verdict);
  return h("span", { class: `verdict tone-${tone}`, title: verdict }, h("span", { class: "mark", "aria-hidden": "true" }, mark), word);
}

function head(index) {
  const first = [
    h("th", { scope: "col", rowspan: 2, class: "behaviour" }, "Behaviour"),
    h("th", { scope: "col", rowspan: 2 }, "Level"),
    h("th", { scope: "col", rowspan: 2 }, "Overall"),
  ];
  const second = [];
  for (const oracle of index.oracles) {
    if (!oracle.measured) {
      first.push(h("th", { scope: "col", rowspan: 2, class: "group", title: oracle.reason }, oracle.id, h("br"), h("small", null, "not measured")));
      continue;
    }
    first.push(h("th", { scope: "colgroup", colspan: index.levels.length + 1, class: "group" }, oracle.id));
    second.push(h("th", { scope: "col", class: "group" }, h("span", { class: "sr" }, `${oracle.id} `), "verdict"));
    for (const level of index.levels) {
      second.push(h("th", { scope: "col" }, h("abbr", { title: `${level}: ${index.meanings[level] ?? ""}` }, index.short[level] ?? level)));
    }
  }
  return [h("tr", null, first), h("tr", null, second)];
}

function cells(index, row, state) {
  return index.oracles.flatMap((oracle, at) => {
    if (!oracle.measured) return [h("td", { class: "group" }, sign(index, "not measured"))];
    const one = row.cases[at];
    const levels = index.levels.map((level) => h("td", null, sign(index, one?.levels[level] ?? "not run")));
    const verdict = sign(index, one?.verdict ?? "not run", true);
    const link = one ? h("a", { href: hash({ ...state, id: row.id, oracle: oracle.id }) }, verdict) : verdict;
    return [h("td", { class: "group" }, link), ...levels];
  });
}

export class Matrix {
  constructor(index, table, onState) {
    this.index = index;
    this.table = table;
    this.state = onState;
    this.rows = [];
    this.current = -1;
    this.drawn = 0;
    table.tHead.replaceChildren(...head(index));
    this.width = table.tHead.rows[0].cells.length + table.tHead.rows[1].cells.length;
    const watcher = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.more());
    watcher.observe(document.getElementById("more"));
  }

  show(rows) {
    this.rows = rows;
    this.current = -1;
    this.drawn = 0;
    this.counts = new Map();
    for (const row of rows) this.counts.set(row.family, (this.counts.get(row.family) ?? 0) + 1);
    const none = h("tr", null, h("td", { colspan: this.width, class: "nothing" }, "No behaviour matches the filter."));
    this.table.tBodies[0].replaceChildren(...(rows.length ? [] : [none]));
    document.getElementById("count").textContent =
      `${rows.length.toLocaleString("en")} of ${plural(this.index.rows.length, "behaviour")}`;
    this.more();
  }

  // Draw the next rows, at least until `position`.
  more(position = 0) {
    const until = Math.min(this.rows.length, Math.max(this.drawn + BATCH, position + 1));
    if (this.drawn >= until) return;
    const added = [];
    for (; this.drawn < until; this.drawn++) {
      const row = this.rows[this.drawn];
      if (this.rows[this.drawn - 1]?.family !== row.family) added.push(this.family(row.family));
      added.push(this.row(row, this.drawn));
    }
    this.table.tBodies[0].append(...added);
  }

  family(name) {
    const count = h("small", null, plural(this.counts.get(name), "behaviour"));
    return h("tr", { class: "family" }, h("th", { scope: "rowgroup", colspan: this.width }, name, " ", count));
  }

  row(row, position) {
    const link = h("a", { href: hash({ ...this.state(), id: row.id }) }, row.id);
    return h(
      "tr",
      { "data-at": position, id: `row-${position}` },
      h("th", { scope: "row", class: "behaviour" }, link, h("span", { class: "statement" }, prose(row.statement))),
      h("td", { class: "level" }, row.level),
      h("td", { class: "overall" }, sign(this.index, row.verdict, true)),
      cells(this.index, row, this.state()),
    );
  }

  // Select the row at a position and bring it into view.
  select(position) {
    if (position < 0 || position >= this.rows.length) return;
    this.more(position);
    document.getElementById(`row-${this.current}`)?.removeAttribute("aria-current");
    this.current = position;
    const row = document.getElementById(`row-${position}`);
    row.setAttribute("aria-current", "true");
    row.scrollIntoView({ block: "nearest" });
  }
}
