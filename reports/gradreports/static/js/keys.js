// The keys: / j k f Enter Escape ?

const KEYS = { "/": "find", j: "next", k: "previous", f: "failure", Enter: "open", Escape: "close", "?": "help" };

function typing(element) {
  return element.matches("input, textarea, select, [contenteditable]");
}

// `caseOpen()` says whether a case is shown: Escape closes it, and Enter opens one only from the matrix.
export function bindKeys(actions, caseOpen) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (typing(target)) {
      if (event.key === "Escape" || event.key === "Enter") target.blur();
      return;
    }
    const action = KEYS[event.key];
    if (!action) return;
    if (action === "open" && (caseOpen() || target.closest("a, button, summary"))) return;
    if (action === "close" && !caseOpen()) return;
    event.preventDefault();
    actions[action]();
  });
}
