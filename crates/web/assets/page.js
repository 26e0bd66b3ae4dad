// Asks for answers as the reader changes the question, and keeps the address true. The page is complete without it.
import { brushes } from "./brush.js";
import { headers, parted } from "./fragment.js";
import { label, labelled } from "./label.js";
import { list } from "./list.js";
import { pictures } from "./pictures.js";
import { runs } from "./runs.js";
import { address, kept } from "./state.js";
import { uploads } from "./upload.js";

/** Milliseconds after the last letter before a filter is asked. */
const PAUSE = 400;

/** From about how many pairs an answer may be at first, where there are several times as many: all of them are counted next. */
const SAMPLE = 20000;

/** Milliseconds after an answer from a sample before all pairs are counted. */
const REST = 150;

/** Milliseconds after an answer before its fits are checked. */
const CHECK = 200;

/** Milliseconds after an answer until what was typed counts as settled: the next letter then begins another entry of the history. */
const SETTLED = 1500;

const main = /** @type {HTMLElement} */ (document.getElementById("answer"));
const said = /** @type {HTMLElement} */ (document.getElementById("said"));
/** @type {AbortController | null} */
let asked = null;

/** @returns {HTMLFormElement | null} */
const form = () => document.querySelector("form.slice");

/**
 * Says under the field why it cannot be answered, and keeps the last answer, dimmed.
 * @param {Element} place
 * @param {Element} problem
 */
function refuse(place, problem) {
  const copy = document.importNode(problem, true);
  copy.removeAttribute("role");
  place.replaceChildren(copy);
  document.getElementById("where")?.setAttribute("aria-invalid", "true");
}

/** @param {Element} summary */
const folded = (summary) => summary.textContent?.replace(/[\d,.]+/g, "") ?? "";

/**
 * Puts the parts of an answer into the page; whatever had the focus keeps it, and what was unfolded stays so.
 * @param {{bar: HTMLTemplateElement, answer: HTMLTemplateElement}} parts
 * @param {"follow" | "form" | "type" | "again" | "back" | "exact"} why after Back the address says what stands there, not what is being typed
 */
function show({ bar, answer }, why) {
  const held = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  const unfolded = new Set([...main.querySelectorAll("details[open] > summary")].map(folded));
  const summary = held?.matches("summary") ? folded(held) : null;
  const place = held && held.id ? `#${CSS.escape(held.id)}`
    : held instanceof HTMLInputElement ? `input[name="${CSS.escape(held.name)}"][value="${CSS.escape(held.value)}"]`
    : held instanceof HTMLSelectElement ? `select[name="${CSS.escape(held.name)}"]` : "";
  const caret = held instanceof HTMLInputElement && held.type === "text" ? held.selectionStart : null;
  // What nobody asked for with this answer is still being written.
  const goes = why === "back" || (held?.id !== "where" && why !== "exact" && why !== "again");
  const typed = !goes && held instanceof HTMLInputElement && held.type === "text" ? held.value : null;
  document.title = `${bar.dataset.title ?? ""} · Predilect`;
  form()?.replaceWith(bar.content);
  main.replaceChildren(answer.content);
  main.classList.remove("old");
  for (const one of main.querySelectorAll("details > summary")) {
    if (why !== "follow" && why !== "back" && unfolded.has(folded(one)) && one.parentElement instanceof HTMLDetailsElement) {
      one.parentElement.open = true;
      if (folded(one) === summary && one instanceof HTMLElement) one.focus({ preventScroll: true });
    }
  }
  // A list of other pairs is looked at from its beginning.
  if ((why === "form" || why === "type") && main.querySelector("table.pairs") && scrollY > 0) scrollTo(0, 0);
  const again = place ? document.querySelector(place) : null;
  if (again instanceof HTMLElement) {
    again.focus({ preventScroll: true });
    if (again instanceof HTMLInputElement && typed !== null) {
      again.value = typed;
      again.setSelectionRange(caret, caret);
    }
  }
  const count = document.querySelector("form.slice .count")?.textContent ?? "";
  const first = main.querySelector(".found li")?.textContent ?? main.querySelector(".problem")?.textContent ?? "";
  said.textContent = [count.trim(), first.trim()].filter((words) => words !== "").join(". ");
  ready();
}

/** What is shown answers an earlier question, until the answer to the new one is there. */
function old() {
  main.classList.add("old");
  main.setAttribute("aria-busy", "true");
  said.textContent = "";
}

/** The entry of the history that typing made, while what is typed is not settled. */
let typing = false;
/** @type {number | undefined} */
let settling;

/** Whatever is typed from now on is another filter. */
function settled() {
  clearTimeout(settling);
  typing = false;
}

/**
 * Keeps an address in the history: each settled filter is one entry.
 * @param {string} to
 * @param {"push" | "replace" | "none"} how
 */
function keep(to, how) {
  if (how !== "none") remember();
  if (how === "push") history.pushState(null, "", to);
  if (how === "replace") history.replaceState(null, "", to);
}

/** @type {number | undefined} */
let exactly;

/**
 * Asks for an address and shows its answer; a newer question takes the place of an older one.
 * @param {string} to
 * @param {"follow" | "form" | "type" | "again" | "back" | "exact"} why a link, a choice in the form, typing, the same question, Back, or what
 * an answer from a sample is followed by
 */
async function ask(to, why) {
  asked?.abort();
  clearTimeout(exactly);
  const own = new AbortController();
  asked = own;
  // What is asked for again is still the same question.
  if (why !== "again" && why !== "exact") old();
  document.body.setAttribute("aria-busy", "true");
  if (why !== "type" && why !== "exact") settled();
  if (why === "follow") keep(to, "push");
  try {
    const answer = await fetch(why === "exact" ? to : soon(to), { headers, signal: own.signal });
    const text = await answer.text();
    if (own.signal.aborted) return;
    const parts = parted(text);
    if (!parts) return location.assign(to);
    // A question that cannot be read, or that is still being typed, does not take the place of an answer.
    const problem = answer.ok ? null : parts.answer.content.querySelector(why === "type" ? ".problem" : ".problem[data-unread]");
    const place = document.getElementById("wrong");
    if (problem && place && (why === "type" || why === "form")) return refuse(place, problem);
    const same = to === location.pathname + location.search;
    if (why === "form" || why === "type") keep(to, kept(why, typing, same));
    if (why === "type") {
      typing = typing || !same;
      clearTimeout(settling);
      settling = setTimeout(settled, SETTLED);
    }
    show(parts, why);
    nav();
    if (main.querySelector("[data-sampled]")) exactly = setTimeout(() => ask(to, "exact"), REST);
    else check();
  } catch (error) {
    if (own.signal.aborted) return;
    said.textContent = "The server does not answer.";
    const box = document.createElement("div");
    box.className = "problem new";
    box.setAttribute("role", "alert");
    box.textContent = "The server does not answer. Is it still running?";
    main.prepend(box);
  } finally {
    if (asked === own) {
      asked = null;
      main.removeAttribute("aria-busy");
      document.body.removeAttribute("aria-busy");
    }
  }
}

/** Says whether the fits hold, once the question has stayed the same for a moment. */
function check() {
  const place = document.getElementById("check");
  if (!place) return;
  exactly = setTimeout(async () => {
    const own = (asked = new AbortController());
    const answer = await fetch(place.dataset.check ?? "", own).catch(() => null);
    if (answer?.ok) {
      place.textContent = await answer.text();
      place.className = answer.headers.get("predilect-look") ?? "hint";
    }
    if (asked === own) asked = null;
  }, CHECK);
}

/**
 * The address of an answer that may be from a sample.
 * @param {string} to
 */
const soon = (to) => `${to}${to.includes("?") ? "&" : "?"}sample=${SAMPLE}`;

/** The pages keep the slice that is looked at. */
function nav() {
  const here = new URL(location.href);
  here.searchParams.delete("from");
  for (const link of document.querySelectorAll(".top nav a, .top .study")) {
    if (link instanceof HTMLAnchorElement) link.search = here.search;
  }
}

/** @param {HTMLFormElement} of */
function question(of) {
  const fields = [...new FormData(of)].map(([name, value]) => /** @type {[string, string]} */ ([name, String(value)]));
  return address(of.getAttribute("action") ?? location.pathname, fields);
}

/** @type {number | undefined} */
let timer;

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || field.id !== "where" || !field.form) return;
  const own = field.form;
  old();
  // What was asked before this letter is not the question any more.
  asked?.abort();
  clearTimeout(exactly);
  clearTimeout(settling);
  clearTimeout(timer);
  timer = setTimeout(() => ask(question(own), "type"), PAUSE);
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) return;
  if (!field.form?.matches("form.slice") || field.id === "where") return;
  clearTimeout(timer);
  ask(question(field.form), "form");
});

document.addEventListener("submit", (event) => {
  if (!(event.target instanceof HTMLFormElement) || !event.target.matches("form.slice")) return;
  event.preventDefault();
  clearTimeout(timer);
  ask(question(event.target), "form");
});

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || event.defaultPrevented || event.button !== 0 || link.hasAttribute("data-plain")) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const to = link.getAttribute("href") ?? (link instanceof SVGElement ? link.getAttribute("href") : null);
  // Within one study, the bar and the answer change and the page stays.
  const study = /^\/s\/[^/?]+/.exec(location.pathname)?.[0];
  if (!to || !study || !(to === study || to.startsWith(`${study}/`) || to.startsWith(`${study}?`))) return;
  event.preventDefault();
  go(to);
});

/** @param {string} to */
async function go(to) {
  clearTimeout(timer);
  await ask(to, "follow");
  const here = location.pathname;
  for (const link of document.querySelectorAll(".top nav a")) {
    if (!(link instanceof HTMLAnchorElement)) continue;
    const current = link.pathname === here || (link.pathname.endsWith("/pairs") && here.startsWith(`${link.pathname}/`));
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  window.scrollTo({ top: 0 });
}

addEventListener("popstate", async (event) => {
  // What was typed last and not asked yet must not be asked now.
  clearTimeout(timer);
  clearTimeout(remembering);
  await ask(location.pathname + location.search, "back");
  returned(event.state);
});

/** @type {number | undefined} */
let remembering;

/** The links to pairs of the part of a list that the address names. */
const here = () => [...document.querySelectorAll("table.pairs tbody")]
  .filter((body) => body instanceof HTMLElement && (body.dataset.page ?? "") === location.pathname + location.search)
  .flatMap((body) => [...body.querySelectorAll("th > a")]);

/** Keeps in the history how far the page is scrolled, in a list by the first row that is seen: whoever comes back is where they were. */
function remember() {
  const row = here().find((link) => link.getBoundingClientRect().top >= 0);
  const at = row?.getBoundingClientRect().top;
  history.replaceState({ y: scrollY, row: row?.getAttribute("href"), at }, "");
}

/**
 * Leads back to where the page was left. What a list has below that place comes a moment later, so it is tried again, unless the reader moves.
 * @param {any} state
 */
async function returned(state) {
  let moved = false;
  const stop = () => { moved = true; };
  for (const kind of ["wheel", "touchstart", "keydown", "pointerdown"]) addEventListener(kind, stop, { once: true, passive: true });
  for (let tries = 0; tries < 60 && !moved; tries += 1) {
    const row = state?.row ? here().find((link) => link.getAttribute("href") === state.row) : null;
    const off = row ? row.getBoundingClientRect().top - state.at : (state?.y ?? scrollY) - scrollY;
    if (Math.abs(off) < 2) break;
    const before = scrollY;
    scrollBy(0, off);
    // Only a list becomes longer.
    if (!row && scrollY === before) break;
    await new Promise((then) => setTimeout(then, 50));
  }
}

history.scrollRestoration = "manual";
addEventListener("scroll", () => {
  clearTimeout(remembering);
  remembering = setTimeout(() => { if (!asked) remember(); }, 150);
}, { passive: true });

/** Where it is kept that keys of one letter are off. */
const OFF = "predilect-letters-off";

/** Whether keys of one letter mean something: whoever speaks to a machine can switch them off. */
function letters() {
  try {
    return localStorage.getItem(OFF) === null;
  } catch {
    return true;
  }
}

function showKeys() {
  const keys = document.getElementById("keys");
  const own = document.getElementById("letters");
  if (own instanceof HTMLInputElement) own.checked = letters();
  if (keys instanceof HTMLDialogElement && !keys.open) keys.showModal();
}

document.getElementById("show-keys")?.addEventListener("click", showKeys);
document.getElementById("letters")?.addEventListener("change", (event) => {
  const on = event.target instanceof HTMLInputElement && event.target.checked;
  try {
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  } catch {
    // Nothing is kept where the browser keeps nothing.
  }
});

/**
 * On the page of a pair leads to its neighbour, and in the list moves the focus.
 * @param {number} by
 */
function along(by) {
  const neighbour = document.getElementById(by > 0 ? "next-pair" : "previous-pair");
  if (neighbour) return neighbour.click();
  const links = [...document.querySelectorAll(".pairs tbody th > a")];
  const at = links.indexOf(/** @type {Element} */ (document.activeElement));
  const next = links[Math.min(links.length - 1, Math.max(0, at + by))];
  if (next instanceof HTMLElement) next.focus();
}

document.addEventListener("keydown", (event) => {
  const field = event.target;
  const typing = field instanceof Element &&
    field.matches("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, [contenteditable]");
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && field instanceof HTMLElement && typing) field.blur();
  if (typing || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.key.length === 1 && !letters()) return;
  if (labelled(event)) return;
  const pages = [...document.querySelectorAll(".top nav a")];
  const rest = document.getElementById("rest");
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("where")?.focus();
  } else if (event.key === "?") {
    showKeys();
  } else if (event.key === "r" && rest instanceof HTMLInputElement) {
    rest.click();
  } else if (event.key === "j" || event.key === "k") {
    along(event.key === "j" ? 1 : -1);
  } else if (/^[1-9]$/.test(event.key)) {
    const page = pages[Number(event.key) - 1];
    if (page instanceof HTMLElement) page.click();
  }
});

/**
 * Whether a field says something else than what the page came with.
 * @param {Element} field
 */
function changed(field) {
  if (field instanceof HTMLSelectElement) {
    const first = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(0, first);
  }
  if (!(field instanceof HTMLInputElement)) return false;
  return field.type === "checkbox" || field.type === "radio"
    ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

/** What was chosen before this script ran is asked now. */
function early() {
  const own = form();
  if (own && [...own.elements].some(changed)) ask(question(own), "form");
}

/** A study that is still being read is asked for again. */
function again() {
  const reading = main.querySelector("[data-again]");
  if (!(reading instanceof HTMLElement)) return;
  setTimeout(() => {
    if (reading.isConnected && !asked) ask(location.pathname + location.search, "again");
  }, Number(reading.dataset.again));
}

/** @type {string | null} the filter that is dragged out and not asked for yet */
let dragged = null;
let following = false;
let dropped = false;

/** Asks for what is dragged out, one question at a time, so that there are answers however quickly a finger moves. */
async function follow() {
  if (following) return;
  following = true;
  while (dragged !== null) {
    const own = form();
    const field = own?.querySelector("#where");
    if (!own || !(field instanceof HTMLInputElement)) break;
    field.value = dragged;
    dragged = null;
    await ask(question(own), "type");
  }
  following = false;
  if (dropped) settled();
  dropped = false;
}

const brush = brushes((filter) => {
  clearTimeout(timer);
  dragged = filter;
  follow();
}, settled, () => {
  if (following) dropped = true;
  else settled();
});

function ready() {
  again();
  document.documentElement.classList.add("js");
  brush.shown();
  pictures();
  list(said);
  runs((to) => ask(to, "again"));
  label((to) => ask(to, "again"));
}
ready();
check();
early();
uploads();
returned(history.state);
