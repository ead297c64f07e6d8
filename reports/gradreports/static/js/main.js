// Starts the page and keeps it in step with the address.

import { showCase } from "./case.js";
import { copyButton, h } from "./dom.js";
import { isBad, select } from "./filter.js";
import { bindKeys } from "./keys.js";
import { Matrix } from "./matrix.js";
import { address, go, read, replace } from "./route.js";
import { openIndex } from "./store.js";

const part = (id) => document.getElementById(id);
const box = part("filter");
let state = read();
let scroll = 0;

function caseOpen() {
  return state.id !== "" && state.page === "matrix";
}

function show(page) {
  const open = caseOpen() ? "case" : page;
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== `page-${open}`;
  for (const link of document.querySelectorAll("nav a[data-page]")) {
    if (link.dataset.page === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

async function start() {
  const index = await openIndex();
  const title = document.title;
  const matrix = new Matrix(index, part("matrix"), () => ({ q: state.q }));
  let filtered = null;

  function filter() {
    if (filtered === state.q) return;
    filtered = state.q;
    if (box.value !== state.q) box.value = state.q;
    matrix.show(select(index.rows, state.q, index.oracles));
  }

  async function follow() {
    const before = state;
    if (!state.id && !part("page-matrix").hidden) scroll = window.scrollY;
    state = read();
    filter();
    const row = caseOpen() ? index.byId.get(state.id) : undefined;
    show(state.page);
    document.title = row ? `${row.id} - ${title}` : title;
    if (state.page !== "matrix") return showArticle();
    if (!state.id) {
      if (before.id) window.scrollTo(0, scroll);
      return;
    }
    if (!row) {
      part("case").replaceChildren(h("p", null, `This report has no behaviour ${state.id}.`));
      return;
    }
    const heading = await showCase(index, row, state, part("case"));
    matrix.select(matrix.rows.indexOf(row));
    window.scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }

  // On a page of articles: go to the one the address names, or to the top.
  function showArticle() {
    const wanted = [...document.querySelectorAll(`#page-${state.page} article`)].find((one) => one.dataset.id === state.id);
    if (wanted) wanted.scrollIntoView();
    else window.scrollTo(0, 0);
  }

  // The position of the next (or previous) row that `wanted` admits, -1 for none.
  function neighbour(step, wanted = () => true) {
    for (let at = matrix.current + step; at >= 0 && at < matrix.rows.length; at += step) {
      if (wanted(matrix.rows[at])) return at;
    }
    return -1;
  }

  function walk(step, wanted) {
    const at = neighbour(step, wanted);
    if (at < 0) return;
    if (caseOpen()) go({ q: state.q, id: matrix.rows[at].id });
    else matrix.select(at);
  }

  const failure = (row) => isBad(row.verdict);
  const actions = {
    find: () => {
      if (!state.id && state.page === "matrix") return box.focus();
      window.addEventListener("hashchange", () => box.focus(), { once: true });
      go({ q: state.q });
    },
    next: () => walk(1),
    previous: () => walk(-1),
    failure: () => {
      const at = neighbour(1, failure);
      if (at < 0) part("status").textContent = "No further failure among the rows shown.";
      else walk(1, failure);
    },
    open: () => matrix.rows[matrix.current] && go({ q: state.q, id: matrix.rows[matrix.current].id }),
    close: () => go({ q: state.q }),
    help: () => part("help").showModal(),
  };
  bindKeys(actions, caseOpen);
  for (const program of document.querySelectorAll("article pre.code")) {
    program.after(h("p", { class: "buttons" }, copyButton("Copy program", () => program.textContent)));
  }
  box.addEventListener("input", () => {
    state = { ...state, q: box.value };
    replace(state);
    filter();
  });
  for (const button of document.querySelectorAll("button[data-action]")) {
    button.addEventListener("click", () => actions[button.dataset.action]());
  }
  part("copy-view").append(copyButton("Copy link to this view", () => address(state)));
  window.addEventListener("hashchange", follow);
  await follow();
  document.documentElement.dataset.ready = "true";
}

show(state.page);
start().catch((error) => {
  part("trouble").hidden = false;
  part("trouble").textContent = `The report could not be opened: ${error.message}`;
  throw error;
});
