// The address: everything after # says what is open, so that a copied link shows the same.

const PAGES = ["matrix", "notes", "findings", "drift", "about"];

export function read() {
  const found = new URLSearchParams(location.hash.slice(1));
  const page = found.get("page") ?? "matrix";
  return {
    page: PAGES.includes(page) ? page : "matrix",
    id: found.get("id") ?? "",
    oracle: found.get("oracle") ?? "",
    q: found.get("q") ?? "",
  };
}

export function hash({ page = "matrix", id = "", oracle = "", q = "" }) {
  const parts = new URLSearchParams();
  if (page !== "matrix") parts.set("page", page);
  if (id) parts.set("id", id);
  if (oracle) parts.set("oracle", oracle);
  if (q) parts.set("q", q);
  return `#${parts}`;
}

export function address(state) {
  return location.href.split("#")[0] + hash(state);
}

// Change the address without a step in the history (while typing a filter).
export function replace(state) {
  history.replaceState(null, "", hash(state));
}

export function go(state) {
  location.hash = hash(state);
}
