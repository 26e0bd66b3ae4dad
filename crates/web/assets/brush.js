// Dragging over a histogram: its bins are the filter, and the answer follows the finger.
import { between, range } from "./state.js";

/**
 * What is being dragged over. Answers replace the chart under the finger, so a chart is known by its field.
 * @typedef {{field: string, start: number, last: number, before: string, moved: boolean}} Drag
 */

/** @type {Drag | null} */
let drag = null;

/**
 * The bin at that place, from the first to the last.
 * @param {number} x
 * @param {{left: number, width: number}} box
 * @param {number} bins
 */
export function bin(x, box, bins) {
  const at = Math.floor(((x - box.left) / box.width) * bins);
  return Math.min(bins - 1, Math.max(0, at));
}

/** @param {string} field */
function chart(field) {
  const all = [...document.querySelectorAll("figure.spread")];
  return all.find((one) => one instanceof HTMLElement && one.dataset.field === field) ?? null;
}

/** @param {Element} figure */
const bars = (figure) => [...figure.querySelectorAll("a[data-bin]")];

/** Shows which bins are chosen. */
function mark() {
  const figure = drag && chart(drag.field);
  if (!drag || !figure) return;
  const [from, to] = range(drag.start, drag.last);
  bars(figure).forEach((bar, index) => bar.classList.toggle("brushed", index >= from && index <= to));
}

/**
 * The filter that is dragged out.
 * @param {Drag} of
 * @param {HTMLElement} figure
 */
function filter(of, figure) {
  const edges = (figure.dataset.edges ?? "").split(" ").map(Number);
  const [from, to] = range(of.start, of.last);
  // What lies beyond is counted in the outer bins.
  const low = from === 0 ? null : edges[from];
  const high = to === edges.length - 2 ? null : edges[to + 1];
  return between(of.before, of.field, low, high);
}

/**
 * Listens to the finger.
 * @param {(filter: string) => void} ask asks for a filter while it is dragged out
 * @param {() => void} begun whatever was asked before is settled
 * @param {() => void} ended what was asked last is to stay
 */
export function brushes(ask, begun, ended) {
  /** @param {PointerEvent} event @param {Element} figure */
  const at = (event, figure) => {
    const box = figure.querySelector("svg")?.getBoundingClientRect();
    return box ? bin(event.clientX, box, bars(figure).length) : 0;
  };
  document.addEventListener("pointerdown", (event) => {
    const svg = event.target instanceof Element ? event.target.closest("figure.spread svg") : null;
    const figure = svg?.closest("figure");
    if (!(figure instanceof HTMLElement) || event.button !== 0) return;
    begun();
    const start = at(event, figure);
    drag = { field: figure.dataset.field ?? "", start, last: start, before: figure.dataset.beside ?? "", moved: false };
  });
  addEventListener("pointermove", (event) => {
    const figure = drag && chart(drag.field);
    if (!drag || !(figure instanceof HTMLElement)) return;
    const now = at(event, figure);
    if (now === drag.last) return;
    drag.last = now;
    drag.moved = true;
    mark();
    ask(filter(drag, figure));
  });
  addEventListener("pointerup", () => {
    if (drag?.moved) ended();
    drag = null;
  });
  addEventListener("pointercancel", () => { drag = null; });
  document.addEventListener("dragstart", (event) => {
    if (event.target instanceof Element && event.target.closest("figure.spread")) event.preventDefault();
  });
  return { shown: mark };
}
