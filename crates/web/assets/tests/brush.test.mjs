// `node --test crates/web/assets/tests`
import assert from "node:assert/strict";
import { test } from "node:test";
import { bin } from "../brush.js";

test("a bin is under the finger, and the outer ones are beyond", () => {
  const box = { left: 100, width: 200 };
  assert.deepEqual([100, 119, 120, 299.9, 300, 20, 900].map((x) => bin(x, box, 10)), [0, 0, 1, 9, 9, 0, 9]);
});
