// Making elements. Every text becomes a text node: no string of the results is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== undefined && value !== null && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children.flat(Infinity)) {
    if (child !== undefined && child !== null && child !== false && child !== "") element.append(child);
  }
  return element;
}

export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// Prose in which `this` is code.
export function prose(text) {
  return text.split(/`([^`]+)`/).map((part, at) => (at % 2 ? h("code", null, part) : part));
}

// Coloured source: lines of [class, text].
export function code(lines) {
  const rows = lines.map((line, number) => [number ? "\n" : "", line.map(([kind, text]) => h("span", { class: kind || null }, text))]);
  return h("pre", { class: "code" }, h("code", null, rows));
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "sr", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

// A button that copies what `text()` gives and says so.
export function copyButton(label, text) {
  const copy = async (event) => {
    const button = event.currentTarget;
    await toClipboard(text());
    button.textContent = "Copied";
    document.getElementById("status").textContent = `${label}: copied`;
    setTimeout(() => (button.textContent = label), 1500);
  };
  return h("button", { type: "button", class: "copy", click: copy }, label);
}

export function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
