// Charts as pictures: what the page draws of one, with its own colours, as an SVG file that needs nothing else, and as PNG made of that.

/** Of what is drawn, the properties that a picture needs. */
const DRAWN = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity", "font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline"];

/**
 * A text as XML holds it.
 * @param {string} text
 * @returns {string}
 */
export function escaped(text) {
  // eslint-disable-next-line no-control-regex
  const kept = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
  return kept.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/**
 * A name for a file: small letters, digits and hyphens.
 * @param {string} title
 * @returns {string}
 */
export function fileName(title) {
  const plain = title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return plain.slice(0, 80) || "chart";
}

/**
 * The name of a chart's file: by study, page and chart, and by a number where a page has several of one name.
 * @param {string} title of the page: `Rewarded · llmfao · Predilect`
 * @param {string} chart
 * @param {number} nth
 * @returns {string}
 */
export function pictureName(title, chart, nth) {
  const [page, study] = title.split(" · ");
  const names = study === undefined || study === "Predilect" ? [page, chart] : [study, page, chart];
  return fileName(nth > 1 ? `${names.join(" ")} ${nth}` : names.join(" "));
}

/**
 * What a picture is of, wherever it is shown later: the study, the chart, and which part of the data.
 * @param {string} title of the page
 * @param {string} chart
 * @param {string} query of the page's address
 * @returns {string}
 */
export function source(title, chart, query) {
  const [page, study] = title.split(" · ");
  const asked = new URLSearchParams(query);
  const slice = ["where", "vs", "judge", "group", "prop"].map((name) => `${name} ${asked.getAll(name).join(", ")}`.trim());
  return [study === "Predilect" ? page : study ?? page, chart, ...slice.filter((part) => part.includes(" "))].filter(Boolean).join(" · ");
}

/**
 * What a chart is called: by itself, or by the section that it is in.
 * @param {Element} chart
 * @returns {string}
 */
function nameOf(chart) {
  const said = chart.getAttribute("aria-label") ?? chart.closest(".scroll")?.getAttribute("aria-label");
  const own = chart.querySelector("figcaption:not(.hint), caption")?.firstChild?.textContent;
  const section = chart.closest("section");
  const name = said ?? own ?? section?.querySelector("h2, h3")?.textContent ?? section?.getAttribute("aria-label") ?? "";
  return name.trim();
}

/** @param {CSSStyleDeclaration} style */
const seen = (style) => style.display !== "none" && style.visibility !== "hidden" && style.clipPath === "none" && style.clip === "auto";

/**
 * One drawing within the chart, with its styles on every part.
 * @param {SVGSVGElement} svg
 * @param {number} x
 * @param {number} y
 * @param {DOMRect} box
 */
function drawing(svg, x, y, box) {
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true));
  const [from, to] = [svg, copy].map((root) => [root, ...root.querySelectorAll("*")]);
  from.forEach((part, at) => {
    const style = getComputedStyle(part);
    const own = DRAWN.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";");
    to[at].setAttribute("style", style.display === "none" ? "display:none" : own);
    to[at].removeAttribute("class");
  });
  const size = { x, y, width: box.width, height: box.height, overflow: "visible" };
  for (const [name, value] of Object.entries(size)) copy.setAttribute(name, String(value));
  copy.querySelectorAll("a").forEach((link) => link.removeAttribute("href"));
  return new XMLSerializer().serializeToString(copy);
}

/**
 * The lines of a text as the page breaks them.
 * @param {Text} text
 */
function lines(text) {
  /** @type {{words: string[], box: DOMRect}[]} */
  const all = [];
  const range = document.createRange();
  for (const word of text.data.matchAll(/\S+/g)) {
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    const box = range.getBoundingClientRect();
    const last = all.at(-1);
    if (last && Math.abs(last.box.top - box.top) < 2) last.words.push(word[0]);
    else if (box.width > 0) all.push({ words: [word[0]], box });
  }
  return all;
}

/**
 * A chart as an SVG file.
 * @param {Element} chart
 * @param {string} [below] a line under it
 * @returns {{text: string, width: number, height: number}}
 */
export function picture(chart, below = "") {
  const frame = chart.getBoundingClientRect();
  const width = Math.ceil(Math.max(frame.width, chart.scrollWidth));
  const height = Math.ceil(Math.max(frame.height, chart.scrollHeight)) + (below ? 24 : 0);
  /** @type {string[]} */
  const parts = [];
  /** @param {Element} part */
  const walk = (part) => {
    const style = getComputedStyle(part);
    if (!seen(style) || part.matches(".pictures, .sr")) return;
    const box = part.getBoundingClientRect();
    const [x, y] = [box.left - frame.left, box.top - frame.top];
    if (part instanceof SVGSVGElement) {
      parts.push(drawing(part, x, y, box));
      return;
    }
    if (!/^(transparent|rgba\(0, 0, 0, 0\))$/.test(style.backgroundColor)) {
      parts.push(`<rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" style="fill:${style.backgroundColor}"/>`);
    }
    for (const child of part.childNodes) {
      if (child instanceof Element) walk(child);
      if (!(child instanceof Text)) continue;
      for (const line of lines(child)) {
        const at = { x: line.box.left - frame.left, y: line.box.top - frame.top + line.box.height * 0.78 };
        const look = escaped(`fill:${style.color};font:${style.fontWeight} ${style.fontSize} ${style.fontFamily}`);
        parts.push(`<text x="${at.x.toFixed(1)}" y="${at.y.toFixed(1)}" style="${look}">${escaped(line.words.join(" "))}</text>`);
      }
    }
  };
  walk(chart);
  const { backgroundColor, color } = getComputedStyle(document.body);
  // A line that is too long is cut; the address says it all.
  const line = below.length > width / 6 ? `${below.slice(0, width / 6 - 1)}…` : below;
  if (line) parts.push(`<text x="8" y="${height - 8}" style="fill:${color};font:11px sans-serif">${escaped(line)}</text>`);
  const marks = document.querySelector("svg.defs defs");
  const defs = marks ? new XMLSerializer().serializeToString(marks) : "";
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`;
  return { text: `${head}${defs}<rect width="100%" height="100%" style="fill:${backgroundColor}"/>${parts.join("")}</svg>`, width, height };
}

/**
 * @param {Blob} file
 * @param {string} name
 */
function save(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * @param {Element} chart
 * @param {string} name
 * @param {string} kind
 */
async function take(chart, name, kind) {
  const { text, width, height } = picture(chart, source(document.title, nameOf(chart), location.search));
  name = `${name}.${kind}`;
  const drawn = new Blob([text], { type: "image/svg+xml" });
  if (kind === "svg") return save(drawn, name);
  const image = new Image();
  image.src = URL.createObjectURL(drawn);
  await image.decode();
  // Twice as fine as the page, within what browsers take.
  const scale = Math.min(2, 8192 / Math.max(width, height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  const file = await new Promise((done) => canvas.toBlob(done, "image/png"));
  if (file instanceof Blob) save(file, name);
}

/** Sets SVG and PNG beside every chart; called whenever an answer was shown. */
export function pictures() {
  const charts = [...document.querySelectorAll("main figure, main table.dots, main table.heat, main table.board, main table.ranges, main svg.similarity, main svg.places, main table.waterfall")];
  /** @type {Map<string, number>} */
  const names = new Map();
  for (const chart of charts.filter((own) => !own.parentElement?.closest("figure, table.dots, table.heat, table.board"))) {
    const own = nameOf(chart);
    const nth = (names.get(own) ?? 0) + 1;
    names.set(own, nth);
    const after = chart.closest(".scroll") ?? chart;
    if (after.nextElementSibling?.matches(".pictures")) continue;
    const box = document.createElement("p");
    box.className = "pictures";
    const what = own === "" ? "this chart" : own;
    for (const kind of ["svg", "png"]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = kind.toUpperCase();
      button.setAttribute("aria-label", `${kind.toUpperCase()} of ${what.slice(0, 60)}`);
      button.addEventListener("click", () => take(chart, pictureName(document.title, own, nth), kind));
      box.append(button);
    }
    // Of charts side by side each keeps its buttons below itself.
    if (after.parentElement && /grid|flex/.test(getComputedStyle(after.parentElement).display)) {
      const whole = document.createElement("div");
      after.replaceWith(whole);
      whole.append(after);
    }
    after.after(box);
  }
}
