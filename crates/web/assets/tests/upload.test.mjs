// `node --test crates/web/assets/tests`
import assert from "node:assert/strict";
import { test } from "node:test";
import { problem, refused, size } from "../upload.js";

test("sizes are as the server writes them", () => {
  assert.deepEqual([1, 1024, 1536, 2 ** 31].map(size), ["1 bytes", "1 KiB", "1.5 KiB", "2 GiB"]);
});

test("what would be refused is not sent", () => {
  assert.equal(refused({ name: "a", size: 10 }, 10), null);
  assert.match(refused({ name: "a", size: 11 }, 10) ?? "", /at most 10 bytes/);
  assert.match(refused({ name: "a", size: 0 }, 10) ?? "", /empty/);
});

test("a problem says what helps", () => {
  assert.equal(problem({ detail: "It is empty", remedy: "choose another" }), "It is empty (choose another).");
  assert.equal(problem({}), "It failed.");
});
