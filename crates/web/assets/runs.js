// Starts runs, follows them, stops them.

const HEADERS = { "Content-Type": "application/json", "Predilect-Request": "1" };

/**
 * @param {number} value
 * @returns {string}
 */
const dollars = (value) => (value > 0 && value < 0.01 ? value.toFixed(5) : value.toFixed(2));

/**
 * What a forecast says.
 * @param {{calls: number, logged: number, cost: {low: number, high: number} | null}} found
 * @returns {string}
 */
export function forecast(found) {
  const calls = `${found.calls.toLocaleString("en")} calls to make, ${found.logged.toLocaleString("en")} answered already`;
  if (!found.cost) return `${calls}; the price is not known.`;
  const { low, high } = found.cost;
  const price = high > low ? `${dollars(low)} to ${dollars(high)} USD` : `${dollars(low)} USD`;
  return `${calls}; about ${price}.`;
}

/**
 * @param {{done: number, of: number, eta_s: number | null, beside?: string | null, end: {reason: string, detail?: string, remedy?: string} | null}} state
 * @returns {string}
 */
export function far(state) {
  const done = `${state.done.toLocaleString("en")} of ${state.of.toLocaleString("en")} questions`;
  if (!state.end && state.beside) return `${done}, ${state.beside}`;
  if (!state.end) return state.eta_s ? `${done}, about ${state.eta_s} s left` : done;
  if (state.end.reason === "done") return `${done}; done`;
  if (state.end.reason === "stopped") return `${done}; stopped, the answers so far are kept`;
  return `${done}; ${state.end.detail ?? "failed"}${state.end.remedy ? ` (${state.end.remedy})` : ""}`;
}

/**
 * @param {string} path
 * @param {string} method
 * @param {unknown} [body]
 */
async function send(path, method, body) {
  const answer = await fetch(path, { method, headers: HEADERS, body: body === undefined ? undefined : JSON.stringify(body) });
  const found = await answer.json();
  if (!answer.ok) throw new Error(`${found.detail ?? "It failed"}${found.remedy ? ` (${found.remedy})` : ""}`);
  return found;
}

/** How long what is shown of a run's verdicts is left as it is, in milliseconds. */
const REST = 1500;

/**
 * Shows anew what the verdicts of a run say so far: the page once more, and of it the part that belongs to the run.
 * @param {HTMLElement} box
 */
async function fill(box) {
  const shown = box.querySelector(".filling");
  if (!shown) return;
  const answer = await fetch(location.pathname + location.search);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(shown.id);
  if (fresh && box.isConnected) shown.replaceChildren(...fresh.childNodes);
}

/**
 * Follows a run until it ends.
 * @param {string} study
 * @param {HTMLElement} box
 */
function follow(study, box) {
  if (box.dataset.followed) return;
  box.dataset.followed = "1";
  let filled = 0;
  /** What is being shown anew, if anything is. */
  let filling = Promise.resolve();
  let ended = false;
  const events = new EventSource(`/api/v1/s/${study}/runs/${box.dataset.run}/events`);
  /** @param {MessageEvent} event */
  const told = (event) => {
    const state = JSON.parse(event.data);
    const bar = box.querySelector("progress");
    if (bar) {
      bar.max = Math.max(1, state.of);
      bar.value = state.done;
    }
    const words = box.querySelector(".far");
    if (words) words.textContent = far(state);
    if (!state.end && Date.now() - filled > REST) {
      // Not before the last one has been answered.
      filled = Infinity;
      filling = fill(box).catch(() => {}).finally(() => (filled = Date.now()));
    }
    // The last verdicts came after what was shown last.
    if (state.end && !ended) {
      ended = true;
      filling.then(() => fill(box)).catch(() => {});
    }
    if (state.end || !box.isConnected) events.close();
    if (state.end) box.querySelector("button.stop")?.remove();
  };
  events.addEventListener("progress", told);
  events.addEventListener("end", told);
}

/**
 * Makes the page of runs live; called whenever an answer was shown.
 * @param {(to: string) => void} again shows the page once more
 */
export function runs(again) {
  const list = document.getElementById("runs");
  if (!(list instanceof HTMLElement)) return;
  const study = list.dataset.study ?? "";
  for (const box of list.querySelectorAll(".run")) {
    if (!(box instanceof HTMLElement)) continue;
    const stop = box.querySelector("button.stop");
    if (stop) follow(study, box);
    stop?.addEventListener("click", () => send(`/api/v1/s/${study}/runs/${box.dataset.run}`, "DELETE").catch(() => {}));
  }
  const form = document.getElementById("ask");
  const said = document.getElementById("forecast");
  if (!(form instanceof HTMLFormElement) || !said) return;
  /** @param {unknown} wanted @param {boolean} dry */
  const start = async (wanted, dry) => {
    said.textContent = dry ? "Counting …" : "Starting …";
    try {
      const found = await send(`/api/v1/s/${study}/runs`, "POST", wanted);
      said.textContent = forecast(found);
      if (!dry) again(location.pathname + location.search);
    } catch (error) {
      said.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  for (const button of document.querySelectorAll("button.resume")) {
    if (button instanceof HTMLElement) button.onclick = () => start(JSON.parse(button.dataset.run ?? ""), false);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter;
    const dry = button instanceof HTMLButtonElement && button.name === "dry";
    const fields = new FormData(form);
    const text = (/** @type {string} */ name) => String(fields.get(name) ?? "").trim();
    /** @type {Record<string, unknown>} */
    const wanted = { verb: text("verb"), model: text("model"), dry_run: dry };
    if (text("method")) wanted.method = text("method");
    if (text("budget")) wanted.budget = Number(text("budget"));
    if (form.dataset.where) wanted.where = form.dataset.where;
    start(wanted, dry);
  });
}
