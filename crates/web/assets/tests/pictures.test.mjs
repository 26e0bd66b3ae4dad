// `node --test crates/web/assets/tests`
import assert from "node:assert/strict";
import { test } from "node:test";
import { escaped, fileName } from "../pictures.js";

test("a text is XML whatever it holds", () => {
  assert.equal(escaped('<b a="1">&\u0000\u001b</b>'), "&lt;b a=&quot;1&quot;&gt;&amp;&lt;/b&gt;");
  assert.equal(escaped("ä\t\n"), "ä\t\n");
});

test("a file is named after the page", () => {
  assert.equal(fileName("Rewarded · llmfao · Predilect"), "rewarded-llmfao-predilect");
  assert.equal(fileName("···"), "chart");
});
