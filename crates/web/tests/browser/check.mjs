// The page in a real browser: what axe finds, what the keyboard and Back do, whether the address and the answer agree, and pictures.
//
// `node check.mjs BINARY [FOLDER]`: BINARY serves the examples; pictures go to FOLDER. Needs Debian's chromium, and playwright-core and
// @axe-core/playwright from npm (scripts/page.sh installs them).
import { AxeBuilder } from "@axe-core/playwright";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { browse, serve } from "./start.mjs";

const [binary, pictures] = process.argv.slice(2);
// Pairs that nobody has judged.
const unjudged = join(mkdtempSync(join(tmpdir(), "predilect-")), "bare.jsonl");
writeFileSync(unjudged, Array.from({ length: 12 }, (_, i) => JSON.stringify({ prompt: `Q${i}?`, response_a: "yes ".repeat(i % 5 + 1), response_b: "no ".repeat(i % 3 + 1) })).join("\n"));
const { base, stop } = await serve(binary, [unjudged]);
const browser = await browse();
let failed = 0;
const check = (fine, what) => {
  console.log(`${fine ? "ok  " : "FAIL"} ${what}`);
  if (!fine) failed += 1;
};
const where = (text) => `where=${encodeURIComponent(text)}`;
const slice = where("words(a) > 2 * words(b)");
const PAGES = [
  ["home", "/"],
  ["published", "/published?scenario=Code&prop=well_formatted"],
  ["published-judges", "/published/judges"],
  ["rewarded", "/s/llmfao"],
  ["slice", `/s/llmfao?${slice}`],
  ["versus", `/s/llmfao?${slice}&vs=rest&judge=human&judge=gpt-4`],
  ["wrong", `/s/llmfao?${where("scenario =")}`],
  ["empty", `/s/llmfao?${where("words(a) > 1000000")}`],
  ["pairs", "/s/llmfao/pairs?pairs=surprise"],
  ["pair", "/s/llmfao/pairs/0"],
  ["judges", "/s/llmfao/judges"],
  ["models", "/s/llmfao/models"],
  ["label", "/s/llmfao/label"],
  ["labelling", "/s/llmfao/label?name=Ada"],
  ["data", "/s/llmfao/data"],
  ["unjudged", "/s/bare"],
];
if (pictures) mkdirSync(pictures, { recursive: true });

for (const [look, options] of [
  ["light", { colorScheme: "light", viewport: { width: 1280, height: 900 } }],
  ["dark", { colorScheme: "dark", viewport: { width: 1280, height: 900 } }],
  ["phone", { colorScheme: "light", viewport: { width: 390, height: 844 } }],
]) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error" && !/40\d/.test(message.text())) errors.push(message.text()); });
  for (const [name, path] of PAGES) {
    await page.goto(base + path);
    const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
    const said = found.violations.map((v) => `${v.id} x${v.nodes.length} ${v.nodes[0].target} ${v.nodes[0].failureSummary?.split("\n")[1] ?? ""}`);
    check(said.length === 0, `axe ${look} ${name} ${said.join("; ")}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(wide <= 0, `no sideways scrolling ${look} ${name} (${wide})`);
    if (pictures) await page.screenshot({ path: `${pictures}/${name}-${look}.png`, fullPage: false });
  }
  check(errors.length === 0, `no errors ${look} ${errors.slice(0, 3).join("; ")}`);
  await context.close();
}

// What a reader does.
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const page = await context.newPage();
const settled = () => page.waitForFunction(() => !document.body.hasAttribute("aria-busy"));
const count = async () => (await page.locator("form.slice .count").innerText()).trim();
await page.goto(`${base}/s/llmfao`);
const all = await count();
await page.keyboard.press("/");
await page.keyboard.type("words(a) > words(b)");
await page.waitForURL(/where=/);
await settled();
const part = await count();
check(part !== all && / of /.test(part), `a filter is answered while it is typed (${all}; ${part})`);
check(await page.evaluate(() => document.activeElement?.id) === "where", "the field keeps the focus");
const holds = page.locator("#check", { hasText: /Checked: the fits hold/ });
check(await holds.waitFor({ timeout: 60000 }).then(() => true, () => false), `once nothing changes, the fits are checked (${await page.locator("#check").textContent()})`);
await page.keyboard.press("Escape");
await page.keyboard.press("r");
await page.waitForURL(/vs=rest/);
await settled();
check(await page.locator("section.versus").count() === 1, "r sets the slice against the rest");
await page.goBack();
await settled();
check(!/vs=/.test(page.url()) && await page.locator("section.versus").count() === 0, "Back undoes it");
await page.keyboard.press("2");
await page.waitForURL(/\/pairs/);
await settled();
check(/where=/.test(page.url()) && (await page.locator(".pairs tbody tr").count()) > 1, "the pages keep the slice");
await page.keyboard.press("j");
await page.keyboard.press("j");
await page.keyboard.press("Enter");
await page.waitForURL(/\/pairs\/./);
await settled();
check(await page.locator(".sides section").count() === 2 && await page.locator(".waterfall").count() === 1, "a pair is opened by keys, with its reasons");
const firstPair = page.url();
await page.keyboard.press("j");
await page.waitForURL((url) => String(url) !== firstPair);
await settled();
check(/\/pairs\/.*where=/.test(page.url()), "j leads from a pair to the next one of the slice");
await page.keyboard.press("k");
await page.waitForURL(firstPair);
await settled();
check((await page.locator(".sides section").count()) === 2, "and k back to the one before");
const marks = page.locator("details.marks");
await marks.locator("summary").click();
await marks.locator("a").first().click();
await page.waitForURL(/prop=/);
await settled();
const marked = await page.locator(".sides mark.counted").count();
check(marked > 0 && (await page.locator("section.marks").count()) === 1, `what a rating counts is marked in the texts, and said (${marked} marks)`);
await page.goBack();
await settled();
await page.goto(`${base}/s/llmfao/pairs`);
await page.locator(".pairs tbody td a").first().click();
await page.waitForURL(/where=judge/);
await settled();
check(/ of /.test(await count()), `a verdict leads to all pairs that have it (${await count()})`);
await page.goto(`${base}/s/llmfao/pairs`);
const listed = () => page.locator(".pairs tbody").evaluateAll((all) => all.map((body) => body.rows.length));
const end = (pages) => page.waitForFunction((pages) => {
  scrollTo(0, document.body.scrollHeight);
  return document.querySelectorAll(".pairs tbody").length >= pages;
}, pages, { polling: 100 });
await end(14);
await page.waitForFunction(() => [...document.querySelectorAll(".pairs tbody")].filter((body) => body.rows.length === 1).length > 6);
const held = await listed();
check(held.length >= 14 && held.reduce((a, b) => a + b) < 450, `a list goes on as it is scrolled, and holds few rows (${held})`);
check(/from=\d+/.test(page.url()), `the address names the part of the list that is looked at (${page.url()})`);
check(/^1 to \d{3}/.test(await page.locator(".pager.ends .n").textContent() ?? ""), "how far it goes is said");
await page.evaluate(() => scrollTo(0, 0));
await page.waitForFunction(() => document.querySelector(".pairs tbody").rows.length === 50);
await page.waitForFunction(() => !location.search.includes("from="), null, { timeout: 10000 }).catch(() => {});
check(!/from=/.test(page.url()) && (await page.locator(".pairs tbody th a").first().textContent()).length > 3, "rows that were left come back");
await page.evaluate(() => scrollTo(0, 6000));
await page.waitForFunction(() => document.querySelectorAll(".pairs tbody").length > 2);
await page.waitForTimeout(600);
const seen400 = await page.evaluate(() => {
  const row = [...document.querySelectorAll(".pairs tbody th > a")].find((link) => link.getBoundingClientRect().top > 400);
  return { href: row.getAttribute("href"), top: row.getBoundingClientRect().top };
});
// Rows that come above it may move it until it is clicked: where it then is counts.
await page.evaluate(() => document.addEventListener("click", (event) => { window.leftAt = event.target.closest("a").getBoundingClientRect().top; }, { capture: true, once: true }));
await page.locator(`.pairs tbody th > a[href="${seen400.href}"]`).click();
seen400.top = await page.evaluate(() => window.leftAt);
await page.waitForURL(/\/pairs\/./);
await settled();
await page.goBack();
await page.waitForFunction((href) => document.querySelector(`.pairs tbody th > a[href="${href}"]`), seen400.href);
await page.waitForFunction(
  ({ href, top }) => Math.abs(document.querySelector(`.pairs tbody th > a[href="${href}"]`).getBoundingClientRect().top - top) < 4, seen400, { timeout: 5000 },
).catch(() => {});
const back400 = await page.locator(`.pairs tbody th > a[href="${seen400.href}"]`).evaluate((link) => link.getBoundingClientRect().top);
check(Math.abs(back400 - seen400.top) < 4, `Back leads to the place in the list that was left (${back400} and ${seen400.top})`);
await page.goto(`${base}/s/llmfao`);
const drag = async (from, to) => {
  const bars = await page.locator("figure.spread svg").first().boundingBox();
  await page.mouse.move(bars.x + from * bars.width, bars.y + 40);
  await page.mouse.down();
  for (let step = 0; step <= 20; step += 1) await page.mouse.move(bars.x + (from + (to - from) * step / 20) * bars.width, bars.y + 40);
  await page.mouse.up();
  await page.waitForTimeout(1500);
  await settled();
};
await drag(0.45, 0.55);
const narrow = new URL(page.url()).searchParams.get("where") ?? "";
await drag(0.3, 0.7);
const wide = new URL(page.url()).searchParams.get("where") ?? "";
check((wide.match(/>=/g) ?? []).length === 1 && wide !== narrow && await page.locator("#where").inputValue() === wide, `another range takes the place of the first (${narrow}; ${wide})`);
await page.route(/sample=20000/, (route) => route.continue({ url: route.request().url().replace("sample=20000", "sample=300") }));
const exactly = page.waitForResponse((answer) => /where=/.test(answer.url()) && !/sample=|\/check\?/.test(answer.url()));
await page.goto(`${base}/s/llmfao`);
await page.evaluate(() => {
  const look = () => { document.body.dataset.seen ??= document.querySelector("[data-sampled]")?.textContent; };
  new MutationObserver(look).observe(document.getElementById("answer"), { childList: true });
});
await page.locator("main details > summary").first().click();
await page.locator("#where").fill("words(a) + 0 > 1");
await exactly;
await page.waitForFunction(() => !document.querySelector("[data-sampled]"));
const seen = await page.evaluate(() => document.body.dataset.seen ?? "");
check(/^A sample: from [\d,]+ of these pairs/.test(seen), `an answer comes from a sample first, and says so (${seen})`);
check(await page.locator("main details").first().evaluate((details) => details.open), "what was unfolded stays so");
check(!/sample/.test(page.url()) && /words/.test(page.url()), "all pairs are counted next, and the address says what is looked at");
await page.unroute(/sample=20000/);
await page.keyboard.press("Escape");
await page.keyboard.press("?");
check(await page.locator("dialog#keys").evaluate((dialog) => dialog.open), "? lists the keys");
await page.keyboard.press("Escape");
await page.goto(`${base}/s/llmfao`);
const chart = page.locator("figure.spread svg").first();
await chart.scrollIntoViewIfNeeded();
const bars = await chart.boundingBox();
await page.mouse.move(bars.x + bars.width * 0.55, bars.y + bars.height / 2);
await page.mouse.down();
await page.mouse.move(bars.x + bars.width * 0.75, bars.y + bars.height / 2, { steps: 6 });
await page.waitForURL(/where=/);
await settled();
const whileDragging = decodeURIComponent(page.url().replaceAll("+", " "));
check(/words\(a\) - words\(b\) >=/.test(whileDragging), `a brush is a filter before the finger is up (${whileDragging})`);
await page.mouse.move(bars.x + bars.width * 0.9, bars.y + bars.height / 2, { steps: 6 });
await page.mouse.up();
await page.waitForURL((url) => decodeURIComponent(String(url).replaceAll("+", " ")) !== whileDragging);
await settled();
await page.goBack();
await settled();
check(!/where=/.test(page.url()), "and one entry of the history");
await page.goForward();
await settled();
check((await page.locator("figure.spread").count()) === 2, "lengths have two charts");
await page.locator('input[name="judge"][value="gpt-4"]').check();
await page.waitForURL(/judge=gpt-4/);
await settled();
check(await page.locator(".found li").count() === 1, "a judge is chosen");
check(await page.evaluate(() => document.activeElement?.getAttribute("value")) === "gpt-4", "and keeps the focus");
check((await page.locator("#said").innerText()).length > 5, "a live region says what changed");
// Typing: what cannot be read yet keeps the last answer, and each settled filter is one entry of the history.
await page.goto(`${base}/s/llmfao`);
await page.focus("#where");
let lost = 0;
for (const letter of "words(a) > 10") {
  await page.keyboard.type(letter);
  await page.waitForTimeout(600);
  if ((await page.locator("#plot").count()) === 0) lost += 1;
}
await page.waitForURL(/where=words/);
await settled();
check(lost === 0, `no chart is lost while a filter is typed (${lost} times)`);
await page.waitForTimeout(1800);
await page.keyboard.type(" and words(b) >");
await page.waitForFunction(() => (document.querySelector("#wrong")?.textContent ?? "") !== "");
check((await page.locator("#plot").count()) === 1 && (await page.locator("#answer.old").count()) === 1, "what cannot be read is said under the field, above the last answer, dimmed");
check((await page.locator("#where").getAttribute("aria-invalid")) === "true" && !/and/.test(page.url()), "and is not in the address");
const unread = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).include("form.slice").analyze();
check(unread.violations.length === 0, `axe of what cannot be read ${unread.violations.map((v) => `${v.id} ${v.nodes[0].target}`).join(", ")}`);
await page.keyboard.type(" 20");
await page.waitForURL(/and/);
await settled();
check((await page.locator("#wrong").innerText()) === "", "an answer takes the error away");
await page.goBack();
await settled();
check((await page.locator("#where").inputValue()) === "words(a) > 10", `Back returns to the former filter (${await page.locator("#where").inputValue()})`);
await page.goBack();
await settled();
check((await page.locator("#where").inputValue()) === "" && !/where=/.test(page.url()), "and then to none");
// A property is tried: a row more, and an address that has it.
await page.goto(`${base}/s/llmfao?judge=human`);
await page.waitForSelector("#plot");
const rows = () => page.locator("#plot table.dots tbody tr").count();
const beforeTrying = await rows();
await page.focus("#try");
await page.keyboard.type("/certainly/i");
await page.keyboard.press("Enter");
await page.waitForURL(/try=/);
await settled();
check((await rows()) === beforeTrying + 1 && /\/certainly\/i/.test(await page.locator("#plot").innerText()), `what is tried is a row more (${beforeTrying}, ${await rows()})`);
const tried = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
check(tried.violations.length === 0, `axe of what is tried ${tried.violations.map((v) => `${v.id} ${v.nodes[0].target}`).join(", ")}`);
if (pictures) await page.screenshot({ path: `${pictures}/tried.png`, fullPage: true });
// A click, for what is taken away cannot be looked at to see whether it is unchecked.
await page.locator('input[name="try"][type="checkbox"]').click();
await page.waitForURL((url) => !/try=/.test(url.search));
await settled();
check((await rows()) === beforeTrying, "and goes again");

// Charts as pictures, tables as files.
for (const [path, kinds] of [["/s/llmfao", ["svg", "png"]], ["/s/llmfao/judges", ["svg"]], ["/s/llmfao/models", ["svg"]], ["/s/llmfao/pairs/0", ["svg", "png"]]]) {
  await page.goto(base + path);
  for (const kind of kinds) {
    const button = page.locator(".pictures button", { hasText: kind.toUpperCase() }).first();
    if ((await button.count()) === 0) {
      check(path.endsWith("/models"), `${path} has a chart to take along`);
      continue;
    }
    const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
    const file = readFileSync(await download.path());
    const name = download.suggestedFilename();
    if (pictures) writeFileSync(`${pictures}/taken-${path.split("/").at(-1)}.${kind}`, file);
    if (kind === "png") {
      check(file.subarray(1, 4).toString() === "PNG" && file.length > 5_000 && name.endsWith(".png"), `${path} as PNG (${file.length} bytes, ${name})`);
    } else {
      const text = file.toString();
      const fine = await page.evaluate((own) => {
        const read = new DOMParser().parseFromString(own, "image/svg+xml");
        return !read.querySelector("parsererror") && read.querySelectorAll("text").length > 3 && !read.querySelector("script, foreignObject, [href^='http']");
      }, text);
      check(fine && name.endsWith(".svg"), `${path} as SVG that needs nothing else (${file.length} bytes)`);
    }
  }
}
await page.locator(".take summary").click();
const [table] = await Promise.all([page.waitForEvent("download"), page.locator('.take a[href*="as=parquet"]').first().click()]);
check(readFileSync(await table.path()).subarray(0, 4).toString() === "PAR1", "a table as Parquet");

// Keys of one letter can be switched off, and stay off.
await page.goto(`${base}/s/llmfao`);
await page.locator("#show-keys").click();
await page.locator("#letters").uncheck();
await page.keyboard.press("Escape");
await page.goto(`${base}/s/llmfao`);
await page.keyboard.press("2");
await page.keyboard.press("/");
await page.waitForTimeout(200);
check(!/pairs/.test(page.url()) && (await page.evaluate(() => document.activeElement?.id)) !== "where", "keys of one letter are off");
await page.locator("#show-keys").click();
await page.locator("#letters").check();
await page.keyboard.press("Escape");
await page.keyboard.press("/");
check((await page.evaluate(() => document.activeElement?.id)) === "where", "and on again");
// Back while the filter has the focus: what stood there then stands there again.
await page.keyboard.type("words(a) > words(b)");
await page.keyboard.press("Enter");
await page.waitForURL(/where=words/);
await settled();
await page.focus("#where");
await page.evaluate(() => document.getElementById("where")?.select?.());
await page.keyboard.type("words(b) > 100");
await page.keyboard.press("Enter");
await page.waitForURL(/where=words%28b/);
await settled();
await page.focus("#where");
await page.goBack();
await settled();
await page.waitForFunction(() => !/words%28b%29\+%3E\+100/.test(location.search));
await settled();
const back = await page.locator("#where").inputValue();
check(back === new URL(page.url()).searchParams.get("where"), `Back puts the filter back (${back})`);
// Judging by keys alone.
await page.goto(`${base}/s/llmfao`);
await page.keyboard.press("5");
await page.waitForURL(/\/label/);
await settled();
await page.focus("#name");
await page.keyboard.type("Key board");
await page.keyboard.press("Enter");
await page.waitForURL(/name=Key\+board/);
await page.waitForSelector("#label");
const pairNow = () => page.locator("#label").getAttribute("data-pair");
const votes = async () => Number((await page.locator("#labelled b").innerText()).replace(/\D/g, ""));
const press = async (key) => {
  const before = await pairNow();
  await page.keyboard.press(key);
  await page.waitForFunction((pair) => document.querySelector("#label")?.getAttribute("data-pair") !== pair, before);
  await page.waitForFunction(() => document.getElementById("voted")?.textContent !== "");
};
for (let nth = 0; nth < 21; nth += 1) await press(nth < 4 ? ["0", "1", "2", "3"][nth] : nth % 3 === 0 ? "1" : "2");
check((await votes()) === 21 && /21 votes/.test(await page.locator("#voted").innerText()), "keys are votes, and a live region says so");
check((await page.locator(".labelling .dots tbody tr").count()) > 10 && (await page.locator(".wide-names").first().locator("tbody tr").count()) === 3 && (await page.locator(".wide-names").count()) >= 2, "the own posterior, and whom it resembles");
const axe = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
check(axe.violations.length === 0, `axe after 21 votes ${axe.violations.map((v) => v.id).join(", ")}`);
await page.setViewportSize({ width: 390, height: 844 });
const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
check(beyond <= 0, `no sideways scrolling after 21 votes on a phone (${beyond})`);
if (pictures) await page.screenshot({ path: `${pictures}/labelled-phone.png`, fullPage: true });
await page.setViewportSize({ width: 1280, height: 900 });
if (pictures) await page.screenshot({ path: `${pictures}/labelled.png`, fullPage: true });
await press("u");
check((await votes()) === 20, "u takes the last one back");
await page.keyboard.press("6");
await page.waitForTimeout(200);
check(/\/label/.test(page.url()), "a digit beside the keys leads nowhere");
await page.focus("#where");
await page.keyboard.type("words(a) > 1");
await page.waitForURL(/where=/);
await settled();
check((await votes()) === 20 && /name=Key/.test(page.url()), "what is typed is no vote, and a filter keeps the name");

// A file that is sent: it asks which reading is right, and becomes a study only when it is opened.
const lines = Array.from({ length: 40 }, (_, i) => JSON.stringify({ prompt: `Q${i}`, response_a: "yes ".repeat(1 + (i % 7)), response_b: "no ".repeat(1 + (i % 5)), label: i % 2 }));
await page.goto(`${base}/`);
await page.setInputFiles("#file", { name: "votes <b>.jsonl", mimeType: "application/json", buffer: Buffer.from(lines.join("\n")) });
await page.locator("#drop button").click();
await page.waitForURL(/\/uploads\/1/);
check(await page.locator("#open-upload").count() === 0 && await page.locator(".tiles a").count() >= 2, "a doubtful file asks which reading is right");
for (const look of ["doubt", "understood"]) {
  const seen = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
  check(seen.violations.length === 0, `axe of a file that was sent, ${look} ${seen.violations.map((v) => `${v.id} ${v.nodes[0].target}`).join(", ")}`);
  if (pictures) await page.screenshot({ path: `${pictures}/upload-${look}.png`, fullPage: true });
  if (look === "doubt") await page.locator(".tiles a").first().click();
  await page.waitForURL(/map=/);
}
await page.selectOption('select[name="means"] >> nth=0', "0=tie");
await page.locator('form.mapping button[type="submit"]').click();
await page.waitForURL(/0%3Dtie/);
check(/tie/.test(await page.locator(".copy").innerText()), "the mapping is corrected in a form, and stands in the address");
await page.setViewportSize({ width: 390, height: 844 });
const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
check(sideways <= 0, `no sideways scrolling of a file that was sent on a phone (${sideways})`);
await page.setViewportSize({ width: 1280, height: 900 });
await page.locator("#open-upload").click();
await page.waitForURL(/\/s\/votes/);
check((await page.locator(".found li").count()) === 1, "and it is opened as a study");
await page.goto(`${base}/`);
check(await page.locator('.tiles a[href^="/s/votes"]').count() === 1, "the first page lists it");
await page.setInputFiles("#file", { name: "empty.csv", mimeType: "text/csv", buffer: Buffer.from("") });
await page.locator("#drop button").click();
check(/empty/.test(await page.locator("#sent").innerText()), "an empty file is refused in words");
await context.close();

// The question that people come with is answered in three choices, and Back undoes the last.
const asking = await browser.newContext();
const newcomer = await asking.newPage();
await newcomer.goto(`${base}/`);
await newcomer.getByText("33 published judges").click();
await newcomer.selectOption('select[name="scenario"]', "Code");
await newcomer.waitForFunction(() => document.querySelector("h1")?.textContent?.includes("in Code"));
await newcomer.selectOption('select[name="prop"]', "well_formatted");
await newcomer.waitForFunction(() => document.querySelector(".found li")?.textContent?.startsWith("Well formatted"));
check(/more than.*human in Code/.test(await newcomer.locator(".found li").first().innerText()), "what GPT-4 likes more than people do, in code, is found by clicking");
await newcomer.goBack();
await newcomer.waitForFunction(() => !document.querySelector(".found li")?.textContent?.startsWith("Well formatted"));
check(newcomer.url().endsWith("scenario=Code"), "Back undoes a choice among the published judges");
// On a slow line somebody chooses before the script is there.
await newcomer.route("**/page.js*", async (route) => {
  await newcomer.selectOption('select[name="scenario"]', "Code");
  await route.continue();
});
await newcomer.goto(`${base}/published`);
await newcomer.waitForFunction(() => document.querySelector("h1")?.textContent?.includes("in Code"));
check(newcomer.url().endsWith("scenario=Code"), "what was chosen before the script ran is asked");
await asking.close();

// Without a script every page says the same.
const bare = await browser.newContext({ javaScriptEnabled: false });
const plain = await bare.newPage();
await plain.goto(`${base}/s/llmfao?${slice}`);
await plain.locator("button.send").click();
check(/where=/.test(plain.url()) && (await plain.locator(".found li").count()) === 3, "the form works without a script");
await bare.close();
await browser.close();
stop();
process.exit(failed === 0 ? 0 : 1);
