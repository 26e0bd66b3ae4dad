// `node --test crates/web/assets/tests`
import assert from "node:assert/strict";
import { test } from "node:test";
import { address, between, kept, range } from "../state.js";

test("an address holds what is not empty, in the server's order", () => {
  const fields = [["sort", "strength"], ["judge", "a&b"], ["where", "  x = 1 "], ["judge", "c"], ["judge", "a&b"], ["vs", ""]];
  assert.equal(address("/s/one", fields), "/s/one?where=x+%3D+1&judge=a%26b&judge=c&sort=strength");
  assert.equal(address("/s/one", [["where", " "]]), "/s/one");
});

test("a range narrows what is asked already", () => {
  assert.equal(between("", "words(a) - words(b)", -10, 20), "words(a) - words(b) >= -10 and words(a) - words(b) < 20");
  assert.equal(between("a or b", "f", 0, 1), "(a or b) and f >= 0 and f < 1");
  assert.equal(between("", "f", null, 1), "f < 1");
  assert.equal(between("a", "f", 0, null), "(a) and f >= 0");
  assert.equal(between("a", "f", null, null), "a");
});

test("bins are a range whichever was touched first", () => {
  assert.deepEqual(range(5, 2), [2, 5]);
  assert.deepEqual(range(2, 2), [2, 2]);
});

test("each settled filter is one entry of the history", () => {
  assert.equal(kept("form", true, false), "push");
  assert.equal(kept("type", false, false), "push");
  assert.equal(kept("type", true, false), "replace", "a filter that grows letter by letter");
  assert.equal(kept("form", false, true), "none");
  assert.equal(kept("type", true, true), "none");
});
