// The list of pairs goes on as the reader scrolls: its next page comes before it is reached, and rows far away make room until they are near
// again, so that a list of a million pairs is as light as one of a hundred. The page is complete without it.

import { headers, parted } from "./fragment.js";

/** How far beyond the window the next page is asked for, and how far rows are kept. */
const AHEAD = "1200px 0px";
const KEPT = "4000px 0px";

/** Of a window, its upper tenth: the page of the list that lies there is the one that the address names. */
const TOP = "0px 0px -90% 0px";

/** @type {IntersectionObserver[]} */
let watching = [];

/**
 * The answer on the main part of a page; `null` if there is none.
 * @param {string} to
 */
async function content(to) {
  const answer = await fetch(to, { headers });
  return answer.ok ? parted(await answer.text())?.answer.content ?? null : null;
}

/** @param {ParentNode | null} of */
const rows = (of) => /** @type {HTMLTableSectionElement | null} */ (of?.querySelector("table.pairs tbody") ?? null);

/**
 * Columns keep their width, whichever rows are there.
 * @param {HTMLTableElement} table
 */
function hold(table) {
  if (table.style.tableLayout === "fixed") return;
  const heads = [...table.querySelectorAll("thead th")];
  const widths = heads.map((head) => head.getBoundingClientRect().width);
  heads.forEach((head, at) => { if (head instanceof HTMLElement) head.style.width = `${widths[at]}px`; });
  table.style.tableLayout = "fixed";
}

/**
 * Far rows give way to a row of the same height.
 * @param {HTMLTableSectionElement} body
 */
function leave(body) {
  if (body.dataset.away !== undefined || body.contains(document.activeElement)) return;
  const cell = document.createElement("td");
  cell.colSpan = body.rows[0]?.cells.length ?? 1;
  cell.style.height = `${body.getBoundingClientRect().height}px`;
  const row = document.createElement("tr");
  row.setAttribute("aria-hidden", "true");
  row.append(cell);
  body.replaceChildren(row);
  body.dataset.away = "";
}

/**
 * They come back as they are now.
 * @param {HTMLTableSectionElement} body
 */
async function back(body) {
  if (body.dataset.away === undefined) return;
  delete body.dataset.away;
  const again = await content(body.dataset.page ?? "").then(rows, () => null);
  if (again) body.replaceChildren(...document.importNode(again, true).rows);
  else body.dataset.away = "";
}

/**
 * Lets the list of the page go on, if there is one.
 * @param {HTMLElement} said where it is said to those who hear the page
 */
export function list(said) {
  watching.forEach((one) => one.disconnect());
  watching = [];
  const table = document.querySelector("main table.pairs");
  const first = rows(document);
  const pager = document.querySelector("main .pager.ends");
  if (!(table instanceof HTMLTableElement) || !first || !pager) return;
  /** @param {string} margin @param {(seen: IntersectionObserverEntry) => void} then */
  const watch = (margin, then) => {
    const own = new IntersectionObserver((all) => all.forEach((seen) => table.isConnected && then(seen)), { rootMargin: margin });
    watching.push(own);
    return own;
  };
  const near = watch(KEPT, ({ target, isIntersecting }) => {
    const body = /** @type {HTMLTableSectionElement} */ (target);
    if (isIntersecting) back(body);
    else leave(body);
  });
  /** @param {IntersectionObserverEntry} seen */
  const name = ({ target, isIntersecting }) => {
    const page = /** @type {HTMLElement} */ (target).dataset.page;
    if (isIntersecting && page && page !== location.pathname + location.search) history.replaceState(null, "", page);
  };
  const top = watch(TOP, name);
  /** @param {HTMLTableSectionElement} body @param {string} page */
  const keep = (body, page) => {
    body.dataset.page = page;
    near.observe(body);
    top.observe(body);
  };
  const ahead = watch(AHEAD, async ({ target, isIntersecting }) => {
    if (!isIntersecting) return;
    ahead.unobserve(target);
    const to = target.getAttribute("href") ?? "";
    // Without an answer, the link is still there.
    const found = await content(to).catch(() => null);
    const body = rows(found);
    const own = found?.querySelector(".pager.ends");
    if (!body || !own || !table.isConnected) return;
    hold(table);
    const more = document.importNode(body, true);
    table.append(more);
    keep(more, to);
    const last = pager.querySelector(".last");
    if (last) last.textContent = own.querySelector(".last")?.textContent ?? "";
    said.textContent = pager.querySelector(".n")?.textContent ?? "";
    const next = own.querySelector('a[rel="next"]');
    target.remove();
    if (next) ahead.observe(pager.appendChild(document.importNode(next, true)));
  });
  keep(first, location.pathname + location.search);
  // What stands above the list is seen with its first page only.
  const above = document.querySelector("main .pager");
  if (above instanceof HTMLElement) {
    above.dataset.page = first.dataset.page;
    watch("0px", name).observe(above);
  }
  const next = pager.querySelector('a[rel="next"]');
  if (next) ahead.observe(next);
}
