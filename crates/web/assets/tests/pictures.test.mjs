// `node --test crates/web/assets/tests`
import assert from "node:assert/strict";
import { test } from "node:test";
import { escaped, fileName, pictureName, source } from "../pictures.js";

test("a text is XML whatever it holds", () => {
  assert.equal(escaped('<b a="1">&\u0000\u001b</b>'), "&lt;b a=&quot;1&quot;&gt;&amp;&lt;/b&gt;");
  assert.equal(escaped("ä\t\n"), "ä\t\n");
});

test("a file is named after the page", () => {
  assert.equal(fileName("Rewarded · llmfao · Predilect"), "rewarded-llmfao-predilect");
  assert.equal(fileName("···"), "chart");
});

test("every chart of a page has a file of its own", () => {
  const title = "Rewarded · llmfao · Predilect";
  assert.equal(pictureName(title, "Preference intensities", 1), "llmfao-rewarded-preference-intensities");
  assert.equal(pictureName(title, "Words of A minus words of B", 1), "llmfao-rewarded-words-of-a-minus-words-of-b");
  assert.equal(pictureName(title, "", 1), "llmfao-rewarded");
  assert.equal(pictureName(title, "", 2), "llmfao-rewarded-2");
  assert.equal(pictureName("Published judges · Predilect", "Map", 1), "published-judges-map");
});

test("a picture says what it is of", () => {
  const title = "Rewarded · llmfao · Predilect";
  assert.equal(source(title, "Map", ""), "llmfao · Map");
  const query = "?where=words(a)%20%3E%20words(b)&judge=gpt-4&judge=human&vs=rest&sort=name";
  assert.equal(source(title, "", query), "llmfao · where words(a) > words(b) · vs rest · judge gpt-4, human");
  assert.equal(source("Published judges · Predilect", "Map", "?where="), "Published judges · Map");
});
