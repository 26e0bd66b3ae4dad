// What stands in an address, and how a form becomes one. Pure: tested by node.

/** The order of names in an address; the server writes the same. */
const NAMES = ["where", "vs", "judge", "scenario", "group", "prop", "try", "sort", "pairs", "control", "terms", "name", "from"];

/**
 * The address that a form asks for: names in their order, without what is empty.
 * @param {string} action
 * @param {Iterable<[string, string]>} fields
 * @returns {string}
 */
export function address(action, fields) {
  /** @type {Map<string, string[]>} */
  const values = new Map();
  for (const [name, value] of fields) {
    const text = name === "where" || name === "vs" || name === "try" ? value.trim() : value;
    if (text === "") continue;
    const own = values.get(name) ?? [];
    if (!own.includes(text)) own.push(text);
    values.set(name, own);
  }
  const query = new URLSearchParams();
  const known = NAMES.filter((name) => values.has(name));
  const others = [...values.keys()].filter((name) => !NAMES.includes(name));
  for (const name of [...known, ...others]) {
    for (const value of values.get(name) ?? []) query.append(name, value);
  }
  const text = query.toString();
  return text === "" ? action : `${action}?${text}`;
}

/**
 * A filter within a range of a histogram's field, joined with what is asked already.
 * @param {string} filter
 * @param {string} field
 * @param {number | null} low
 * @param {number | null} high
 * @returns {string}
 */
export function between(filter, field, low, high) {
  const ends = [low === null ? "" : `${field} >= ${low}`, high === null ? "" : `${field} < ${high}`].filter((end) => end !== "");
  if (ends.length === 0) return filter.trim();
  const own = ends.join(" and ");
  return filter.trim() === "" ? own : `(${filter.trim()}) and ${own}`;
}

/**
 * The bins from one to another, whichever was touched first.
 * @param {number} one
 * @param {number} other
 * @returns {[number, number]}
 */
export function range(one, other) {
  return one <= other ? [one, other] : [other, one];
}

/**
 * How an answered question of the form is kept in the history: a choice is an entry, and what is typed is one once it settles.
 * @param {"form" | "type"} why
 * @param {boolean} typing whether the current entry is what was typed a moment ago
 * @param {boolean} same whether the address stays the same
 * @returns {"push" | "replace" | "none"}
 */
export function kept(why, typing, same) {
  if (same) return "none";
  return why === "type" && typing ? "replace" : "push";
}
