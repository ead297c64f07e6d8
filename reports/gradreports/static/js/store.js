// The data of the page: an index that is opened at start, and chunks that are opened when a case is.

const KEPT = 24;
const opened = new Map();

function bytes(text) {
  const binary = atob(text);
  const array = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) array[i] = binary.charCodeAt(i);
  return array;
}

async function unpack(element) {
  const packed = new Blob([bytes(element.textContent.trim())]);
  const text = await new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).text();
  return JSON.parse(text);
}

function chunk(number) {
  if (!opened.has(number)) {
    if (opened.size >= KEPT) opened.delete(opened.keys().next().value);
    opened.set(number, unpack(document.getElementById(`chunk-${number}`)));
  }
  return opened.get(number);
}

// The record at a place [chunk, position].
export async function record([number, position]) {
  return (await chunk(number))[position];
}

// The index: rows become objects with the lower-case text that the filter looks at.
export async function openIndex() {
  const index = await unpack(document.getElementById("index"));
  const rows = index.rows.map(([id, family, statement, level, verdict, place, cases]) => ({
    id,
    family,
    statement,
    level,
    verdict,
    place,
    text: `${id} ${family} ${statement}`.toLowerCase(),
    cases: cases.map((item) => item && { verdict: item[0], levels: item[1], place: item[2] }),
  }));
  return { ...index, rows, byId: new Map(rows.map((row) => [row.id, row])) };
}
