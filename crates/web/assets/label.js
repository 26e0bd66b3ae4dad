// Sends votes: by buttons and by keys, one at a time.

const HEADERS = { "Content-Type": "application/json", "Predilect-Request": "1" };

/** What keys say while a pair is judged. */
const KEYS = new Map([["1", "first"], ["2", "second"], ["3", "tie"], ["0", "bad"], ["u", "undo"], ["U", "undo"]]);

/** What is said of a vote, once it is kept. */
const SAID = new Map([["first", "The first"], ["second", "The second"], ["tie", "A tie"], ["bad", "Both bad"]]);

/**
 * What a key means while somebody labels; `null`: nothing of that kind.
 * @param {string} key
 * @returns {string | null}
 */
export function choice(key) {
  return KEYS.get(key) ?? null;
}

/**
 * The request that a choice becomes.
 * @param {{study: string, name: string, pair?: string, shown?: string}} of
 * @param {string} chosen
 * @returns {{path: string, method: string, body?: string} | null} `null`: there is nothing to judge
 */
export function request(of, chosen) {
  const path = `/api/v1/s/${encodeURIComponent(of.study)}/verdicts`;
  if (chosen === "undo") return { path: `${path}?${new URLSearchParams({ name: of.name })}`, method: "DELETE" };
  if (of.pair === undefined || of.shown === undefined || !SAID.has(chosen)) return null;
  return { path, method: "POST", body: JSON.stringify({ name: of.name, pair: of.pair, choice: chosen, shown: of.shown }) };
}

/**
 * What is said to those who listen.
 * @param {string} chosen
 * @param {{votes: number, undone?: string | null}} found
 * @returns {string}
 */
export function told(chosen, found) {
  const votes = `${found.votes.toLocaleString("en")} ${found.votes === 1 ? "vote" : "votes"}`;
  if (chosen !== "undo") return `${SAID.get(chosen) ?? chosen}. ${votes}. The next pair is shown.`;
  return found.undone ? `The last vote is taken back. ${votes}.` : "There is no vote to take back.";
}

/** A vote is on its way: what else is pressed meanwhile was not meant for the next pair. */
let busy = false;

/** @returns {HTMLElement | null} */
const box = () => document.getElementById("label");

/**
 * @param {string} chosen
 * @param {(to: string) => Promise<void>} again shows the page once more
 */
async function send(chosen, again) {
  const own = box();
  if (!own) return;
  if (busy) {
    say("The vote before is still being saved. What you chose just now is not counted: choose again once the next pair is there.");
    return;
  }
  const { study = "", name = "", pair, shown } = own.dataset;
  const wanted = request({ study, name, pair, shown }, chosen);
  if (!wanted) return;
  busy = true;
  own.setAttribute("aria-busy", "true");
  /** @type {string} */
  let words;
  try {
    const answer = await fetch(wanted.path, { method: wanted.method, headers: HEADERS, body: wanted.body });
    const found = await answer.json();
    if (answer.ok) {
      await again(location.pathname + location.search);
      words = told(chosen, found);
      // One thing is said at a time: the vote, and not what it does to the weights.
      const other = document.getElementById("said");
      if (other) other.textContent = "";
      // The next pair is read from its beginning.
      const next = box();
      if (next && next.getBoundingClientRect().top < 0) next.scrollIntoView({ block: "start" });
    } else {
      words = `${found.detail ?? "It failed"}${found.remedy ? ` (${found.remedy})` : ""}. The vote was not kept.`;
    }
  } catch {
    words = "The server does not answer. The vote was not kept.";
  } finally {
    busy = false;
    box()?.removeAttribute("aria-busy");
  }
  say(words);
}

/** @param {string} words what those who listen are told */
function say(words) {
  const said = document.getElementById("voted") ?? document.getElementById("said");
  if (said) said.textContent = words;
}

/**
 * Makes the page of labelling live; called whenever an answer was shown.
 * @param {(to: string) => Promise<void>} again shows the page once more
 */
export function label(again) {
  for (const button of box()?.querySelectorAll("button[data-choice]") ?? []) {
    if (button instanceof HTMLElement) button.addEventListener("click", () => send(button.dataset.choice ?? "", again));
  }
}

/**
 * Takes a key where somebody labels; `true`: no other meaning is looked for.
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
export function labelled(event) {
  const own = box();
  if (!own) return false;
  const chosen = choice(event.key);
  const button = chosen === null ? null : own.querySelector(`button[data-choice="${chosen}"]`);
  // A key that is held down is one vote.
  if (button instanceof HTMLButtonElement && !event.repeat) {
    event.preventDefault();
    button.click();
  }
  // Digits lead to no page here: one beside the right key would lose the pair.
  return chosen !== null || /^[0-9]$/.test(event.key);
}
