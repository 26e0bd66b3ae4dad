// Thirteen pictures of the page and of the report, always by the same names: for the README, the guide, and eyes.
//
// `node pictures.mjs BINARY FOLDER [DATA]`: all thirteen are of what comes with Predilect, and may be shown (llmfao: CC BY 4.0). Two more,
// for eyes alone, go to FOLDER/more, and some of real data where DATA is a folder that has them.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { indexed } from "./palette.mjs";
import { browse, serve } from "./start.mjs";

const [binary, folder, data] = process.argv.slice(2);
if (!binary || !folder) throw new Error("node pictures.mjs BINARY FOLDER [DATA]");
const SIZE = { width: 1120, height: 780 };
const slice = "where=words%28a%29+%3E+2+*+words%28b%29";
const tall = (/** @type {number} */ height) => ({ viewport: { width: SIZE.width, height } });
/** Votes of whoever labels: enough to say whom they resemble. */
const VOTES = 24;

mkdirSync(folder, { recursive: true });
const own = mkdtempSync(join(tmpdir(), "predilect-pictures-"));
const example = resolve("../../examples/llmfao.jsonl.zst");
// Pictures show command lines, and those no folder of this machine.
process.chdir(own);
const browser = await browse();
/** @type {(() => void)[]} */
const ends = [];

/** @param {string[]} [more] */
async function served(more) {
  const { base, stop } = await serve(binary, more);
  ends.push(stop);
  return base;
}

/** @param {string[]} words */
function predilect(words) {
  const { status, stderr } = spawnSync(binary, [...words, "--quiet"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`predilect ${words.join(" ")}: ${stderr}`);
}

/**
 * A page at an address, and what it looks like once `before` was done to it.
 * @param {string} name
 * @param {string} address
 * @param {{before?: (page: import("playwright-core").Page) => Promise<unknown>, options?: object}} [how]
 */
async function picture(name, address, { before, options } = {}) {
  const context = await browser.newContext({ viewport: SIZE, colorScheme: "light", reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  await page.goto(address, { timeout: 120_000 });
  await settled(page);
  if (before) await before(page);
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await page.mouse.move(0, 0);
  const png = await page.screenshot({ animations: "disabled" });
  await context.close();
  const small = await smaller(png);
  writeFileSync(join(folder, `${name}.png`), small);
  console.log(`${name}.png ${small.length}`);
}

/**
 * The same picture in few colours, a third as large.
 * @param {Buffer} png
 */
async function smaller(png) {
  const page = await browser.newPage();
  const { width, height, text } = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no canvas");
    context.drawImage(image, 0, 0);
    const { width, height, data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let text = "";
    for (let at = 0; at < data.length; at += 0x8000) text += String.fromCharCode(...data.subarray(at, at + 0x8000));
    return { width, height, text: btoa(text) };
  }, `data:image/png;base64,${png.toString("base64")}`);
  await page.close();
  return indexed(Buffer.from(text, "base64"), width, height);
}

/** @param {import("playwright-core").Page} page */
const settled = (page) => page.waitForFunction(() => !document.body.hasAttribute("aria-busy"));

/**
 * Brings a heading below the bar of the slice.
 * @param {string} words
 */
const below = (words) => async (/** @type {import("playwright-core").Page} */ page) => {
  const heading = page.locator("h2, h3", { hasText: words }).first();
  await heading.evaluate((found) => {
    const bar = document.querySelector("form.slice")?.getBoundingClientRect().height ?? 0;
    scrollTo({ top: found.getBoundingClientRect().top + scrollY - bar - 16, behavior: "instant" });
  });
};

/** Votes on pairs as they come, always for the longer response, until there are enough and both responses say something. */
async function label(/** @type {import("playwright-core").Page} */ page) {
  for (let nth = 0; ; nth += 1) {
    const before = await page.locator("#label").getAttribute("data-pair");
    const [first, second] = await page.locator("#label .sides .text").allInnerTexts();
    if (nth >= VOTES && Math.min(first.length, second.length) > 200) return;
    await page.keyboard.press(first.length >= second.length ? "1" : "2");
    await page.waitForFunction((pair) => document.querySelector("#label")?.getAttribute("data-pair") !== pair, before);
    await settled(page);
  }
}

/** A model that takes its time and says A, so that a run can be seen under way. */
async function model() {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part)).on("end", () => setTimeout(() => {
      // It prefers the longer response, and the first one a little.
      const words = (/** @type {string} */ side) => (new RegExp(`response_${side}[^>]*>(.*?)</response_${side}`).exec(body)?.[1] ?? "").length;
      const a = 1 / (1 + Math.exp(-Math.sign(words("a") - words("b")) - 0.2));
      const all = [{ token: "A", logprob: Math.log(a) }, { token: "B", logprob: Math.log(1 - a) }];
      const top_logprobs = a > 0.5 ? all : all.toReversed();
      const choice = { index: 0, message: { role: "assistant", content: top_logprobs[0].token }, logprobs: { content: [{ ...top_logprobs[0], top_logprobs }] }, finish_reason: "stop" };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ choices: [choice], usage: { prompt_tokens: 300, completion_tokens: 1 } }));
    }, 40));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  ends.push(() => { server.close(); server.closeAllConnections(); });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/v1#a-model`;
}

/** One run under way, and what another would cost. */
async function run(/** @type {import("playwright-core").Page} */ page, /** @type {string} */ name) {
  await page.fill('input[name="model"]', name);
  await page.locator("#ask button", { hasText: "Start" }).click();
  await page.waitForSelector(".run");
  await page.fill('input[name="model"]', "openai:gpt-4.1-mini");
  await page.fill('input[name="budget"]', "2");
  await page.locator("#ask button", { hasText: "Forecast" }).click();
  await page.waitForFunction(() => /USD/.test(document.getElementById("forecast")?.textContent ?? ""));
  await page.waitForFunction(() => { const bar = document.querySelector(".run progress"); return bar instanceof HTMLProgressElement && bar.position > 0.3; }, null, { timeout: 120_000 });
  // What the verdicts so far say is drawn by now.
  await page.waitForSelector(".filling svg, .filling table", { timeout: 120_000 });
}

try {
  const base = await served();
  const study = `${base}/s/llmfao`;
  await picture("home", `${base}/`);
  await picture("rewarded", study, { before: (page) => page.locator("#check", { hasText: /Checked/ }).waitFor({ timeout: 120_000 }) });
  await picture("versus", `${study}?${slice}&vs=rest&judge=human&judge=gpt-4`);
  await picture("pairs", `${study}/pairs?pairs=surprise`);
  await picture("pair", `${study}/pairs/1799`, { options: tall(1420) });
  await picture("published", `${base}/published?scenario=Code&prop=well_formatted`, { options: tall(900) });
  await picture("judges", `${base}/published/judges`, { before: below("Which judges reward alike?") });
  await picture("judge-table", `${study}/judges`, { options: tall(960) });
  await picture("models", `${study}/models`, { options: tall(1020) });
  await picture("label", `${study}/label?name=Ada`, { before: label, options: { viewport: { width: 1280, height: 900 } } });
  await picture("data", `${study}/data`, { options: tall(1020) });

  predilect(["import", example, "-o", join(own, "llmfao")]);
  const scripted = await model();
  await picture("runs", `${await served(["llmfao", "--runs"])}/s/llmfao/runs`, { before: (page) => run(page, scripted), options: tall(1180) });

  predilect(["dissect", "--example", "--html", join(own, "report.html")]);
  await picture("report", `file://${join(own, "report.html")}`, { options: { viewport: { width: 1000, height: 1040 } } });

  mkdirSync(join(folder, "more"), { recursive: true });
  await picture("more/phone", `${study}?${slice}&judge=human&judge=gpt-4`, { options: { viewport: { width: 390, height: 844 }, colorScheme: "dark", deviceScaleFactor: 2 } });
  // Each of the 124 people a judge.
  predilect(["import", example, "-o", join(own, "people"), "--judges", "each"]);
  await picture("more/people", `${await served([join(own, "people")])}/s/people/judges`, { before: below("Which judges reward alike?") });

  const bench = data ? join(data, "mt_bench/human_pairs") : "";
  if (data && existsSync(bench)) {
    const other = await served([bench]);
    const found = `${other}${await first(other)}`;
    await picture("more/bench-rewarded", found);
    await picture("more/bench-pairs", `${found}/pairs?pairs=surprise`);
    await picture("more/bench-judges", `${found}/judges`);
    await picture("more/bench-models", `${found}/models`);
  }
} finally {
  await browser.close();
  ends.forEach((end) => end());
  rmSync(own, { recursive: true, force: true });
}

/** The path of the first study that is served. */
async function first(/** @type {string} */ base) {
  const found = await (await fetch(`${base}/api/v1/studies`)).json();
  return `/s/${encodeURIComponent((found.studies ?? found)[0].id)}`;
}
