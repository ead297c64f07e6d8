// The filter box: words that must all be there, `key:value` terms, `!` to negate, "quotes" for a phrase.
//
// A row is shown when one of its cases satisfies every term, so `o:cuda s:fail` means "fails on cuda".

const BAD = new Set(["fail", "error", "crash", "timeout", "xpass"]);

const TERMS = {
  s: (value, row, one) => (one ? one.verdict : row.verdict).startsWith(value),
  f: (value, row) => row.family.toLowerCase().startsWith(value),
  l: (value, row) => row.level.startsWith(value),
  o: (value, row, one) => one !== null && one.oracle.toLowerCase().includes(value),
  d: (value, row, one) =>
    one !== null && Object.entries(one.levels).some(([level, verdict]) => level.startsWith(value) && verdict !== "pass"),
};

export function parse(query) {
  return [...query.matchAll(/(!?)(?:([sflod]):)?(?:"([^"]*)"?|(\S+))/g)].map(([, not, key, quoted, word]) => ({
    not: not === "!",
    key: key ?? "",
    value: (quoted ?? word ?? "").toLowerCase(),
  }));
}

function holds(term, row, one) {
  const test = TERMS[term.key];
  return (test ? test(term.value, row, one) : row.text.includes(term.value)) !== term.not;
}

// The rows that a query shows; `oracles` names the oracle of each case by position.
export function select(rows, query, oracles) {
  const terms = parse(query);
  if (terms.length === 0) return rows;
  const plain = terms.filter((term) => !["s", "o", "d"].includes(term.key));
  const byCase = terms.filter((term) => ["s", "o", "d"].includes(term.key));
  return rows.filter((row) => {
    if (!plain.every((term) => holds(term, row, null))) return false;
    if (byCase.length === 0) return true;
    const cases = row.cases.map((item, at) => item && { ...item, oracle: oracles[at].id }).filter(Boolean);
    return (cases.length ? cases : [null]).some((one) => byCase.every((term) => holds(term, row, one)));
  });
}

export function isBad(verdict) {
  return BAD.has(verdict);
}
