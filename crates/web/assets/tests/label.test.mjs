// `node --test crates/web/assets/tests`
import assert from "node:assert/strict";
import { test } from "node:test";
import { choice, request, told } from "../label.js";

const of = { study: "one", name: "A & b", pair: "p/1", shown: "ba" };

test("keys are choices, and other keys are none", () => {
  assert.deepEqual(["1", "2", "3", "0", "u"].map(choice), ["first", "second", "tie", "bad", "undo"]);
  assert.deepEqual(["4", "9", "a", "Enter", " "].map(choice), [null, null, null, null, null]);
});

test("a choice becomes a request with the order that was shown", () => {
  const wanted = request(of, "first");
  assert.deepEqual([wanted?.method, wanted?.path], ["POST", "/api/v1/s/one/verdicts"]);
  assert.deepEqual(JSON.parse(wanted?.body ?? ""), { name: "A & b", pair: "p/1", choice: "first", shown: "ba" });
  assert.deepEqual(request(of, "undo"), { path: "/api/v1/s/one/verdicts?name=A+%26+b", method: "DELETE" });
});

test("without a pair there is nothing to vote on, and still something to take back", () => {
  const without = { study: "one", name: "me" };
  assert.equal(request(without, "tie"), null);
  assert.equal(request(of, "third"), null);
  assert.equal(request(without, "undo")?.method, "DELETE");
});

test("what happened is said", () => {
  assert.equal(told("first", { votes: 1 }), "The first. 1 vote. The next pair is shown.");
  assert.equal(told("bad", { votes: 1200 }), "Both bad. 1,200 votes. The next pair is shown.");
  assert.equal(told("undo", { votes: 3, undone: "p" }), "The last vote is taken back. 3 votes.");
  assert.equal(told("undo", { votes: 0, undone: null }), "There is no vote to take back.");
});
