// The autograd graph drawn: dagre lays it out when a case is opened, and a text tree says the same.

import { h, svg } from "./dom.js";

const MOST = 300;
const HIGH = 28;
let drawn = 0;

function layout(graph) {
  const plan = new dagre.graphlib.Graph({ multigraph: true });
  plan.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 34, marginx: 8, marginy: 8 });
  graph.n.forEach((name, at) => plan.setNode(String(at), { width: 24 + 7.4 * name.length, height: HIGH }));
  graph.e.forEach(([from, to, input], at) => plan.setEdge(String(from), String(to), { input, width: input ? 12 : 0, height: 0 }, String(at)));
  dagre.layout(plan);
  return plan;
}

function line(points) {
  return points.map(({ x, y }, at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

// The names one side has more of than the other, as a set of positions.
function surplus(graph, other) {
  const left = new Map();
  for (const name of other?.n ?? []) left.set(name, (left.get(name) ?? 0) + 1);
  const found = new Set();
  if (!other) return found;
  graph.n.forEach((name, at) => {
    const count = left.get(name) ?? 0;
    if (count) left.set(name, count - 1);
    else found.add(at);
  });
  return found;
}

export function tree(graph) {
  const lines = [];
  const met = new Set();
  const visit = (at, depth, input) => {
    const again = met.has(at);
    met.add(at);
    lines.push("  ".repeat(depth) + graph.n[at] + (input ? ` [input ${input}]` : "") + (again ? " (above)" : ""));
    if (again || depth > 200) return;
    for (const [from, to, nr] of graph.e) if (from === at) visit(to, depth + 1, nr);
  };
  graph.n.forEach((_, at) => met.has(at) || visit(at, 0, 0));
  return lines.join("\n");
}

function picture(graph, other, label) {
  if (graph.n.length === 0) return h("p", null, "No graph: the tensor has no grad_fn.");
  if (graph.n.length > MOST) return h("p", null, `${graph.n.length} nodes: too many to draw, see the text.`);
  const plan = layout(graph);
  const { width, height } = plan.graph();
  const id = `graph-${++drawn}`;
  const more = surplus(graph, other);
  const edges = plan.edges().map((edge) => {
    const { points, input } = plan.edge(edge);
    const middle = points[Math.floor(points.length / 2)];
    return [
      svg("path", { class: "edge", d: line(points), "marker-end": `url(#${id}-arrow)` }),
      input ? svg("text", { class: "input", x: middle.x + 4, y: middle.y }, input) : null,
    ];
  });
  const nodes = plan.nodes().map((at) => {
    const { x, y, width: wide } = plan.node(at);
    const name = graph.n[Number(at)];
    const kind = more.has(Number(at)) ? "node diff" : name.includes("AccumulateGrad") ? "node leaf" : "node";
    return svg(
      "g",
      { class: kind },
      svg("rect", { x: x - wide / 2, y: y - HIGH / 2, width: wide, height: HIGH, rx: 5 }),
      svg("text", { x, y: y + 4, "text-anchor": "middle" }, name),
    );
  });
  return svg(
    "svg",
    { class: "graph", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-labelledby": `${id}-title ${id}-desc` },
    svg("title", { id: `${id}-title` }, label),
    svg("desc", { id: `${id}-desc` }, tree(graph)),
    svg(
      "defs",
      null,
      svg(
        "marker",
        { id: `${id}-arrow`, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
        svg("path", { class: "arrow", d: "M0 0L8 4L0 8z" }),
      ),
    ),
    edges,
    nodes,
  );
}

function figure(graph, other, who, at) {
  const title = `Autograd graph of ${at} on ${who}`;
  if (graph === null) return h("figure", null, h("figcaption", null, who), h("p", null, "nothing seen here"));
  return h(
    "figure",
    null,
    h("figcaption", null, who),
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": title }, picture(graph, other, title)),
    h("details", null, h("summary", null, "as text"), h("pre", null, tree(graph))),
  );
}

function pair(look, oracle, engine) {
  if (look.e === "same") return [figure(look.o, null, `${oracle} and ${engine} alike`, look.at)];
  return [figure(look.o, look.e, oracle, look.at), figure(look.e, look.o, engine, look.at)];
}

// The look to show first: one where the sides differ, else the biggest.
function best(looks) {
  const unlike = looks.findIndex((look) => look.o !== null && look.e !== null && look.e !== "same");
  if (unlike >= 0) return unlike;
  const size = (look) => look.o?.n.length ?? 0;
  return looks.reduce((top, look, at) => (size(look) > size(looks[top]) ? at : top), 0);
}

export function graphs(looks, oracle, engine) {
  if (looks.length === 0) return null;
  const place = h("div", { class: "graphs" });
  const show = (at) => place.replaceChildren(...pair(looks[at], oracle, engine));
  const start = best(looks);
  const options = looks.map((look, at) => h("option", { value: at, selected: at === start }, look.at + (look.e === "same" ? "" : " (differs)")));
  const choose = h("select", { change: (event) => show(Number(event.target.value)) }, options);
  show(start);
  return h(
    "section",
    { class: "graph-section" },
    h("h5", null, "Autograd graph"),
    looks.length > 1 ? h("label", null, "Seen from ", choose) : h("p", null, `Seen from ${looks[0].at}`),
    place,
    h("p", { class: "hint" }, "An arrow goes from a node to one of its next_functions, the way backward runs; a number on it is the input it feeds, where that is not 0."),
  );
}
