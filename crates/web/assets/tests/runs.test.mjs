import assert from "node:assert/strict";
import { test } from "node:test";

import { far, forecast } from "../runs.js";

test("a run says how far it is, and why it waits", () => {
  const state = { done: 7, of: 1060, eta_s: 44, end: null };
  assert.equal(far(state), "7 of 1,060 questions, about 44 s left");
  assert.equal(far({ ...state, eta_s: null }), "7 of 1,060 questions");
  assert.equal(far({ ...state, beside: "waits 40 s, as the server asks" }), "7 of 1,060 questions, waits 40 s, as the server asks");
  assert.equal(far({ ...state, beside: "waits 40 s, as the server asks", end: { reason: "done" } }), "7 of 1,060 questions; done");
  assert.equal(far({ ...state, end: { reason: "failed", detail: "no answer", remedy: "start it" } }), "7 of 1,060 questions; no answer (start it)");
});

test("a forecast has its price, where it is known", () => {
  assert.equal(forecast({ calls: 1200, logged: 0, cost: null }), "1,200 calls to make, 0 answered already; the price is not known.");
  assert.equal(forecast({ calls: 2, logged: 1, cost: { low: 0.001, high: 0.5 } }), "2 calls to make, 1 answered already; about 0.00100 to 0.50 USD.");
});
