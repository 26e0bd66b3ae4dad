// Sends files, opens what was sent, or discards it.

const HEADERS = { "Predilect-Request": "1" };

/**
 * A size as somebody reads it.
 * @param {number} bytes
 * @returns {string}
 */
export function size(bytes) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`;
}

/**
 * Why a file is not sent; `null`: it is.
 * @param {{size: number, name: string}} file
 * @param {number} most
 * @returns {string | null}
 */
export function refused(file, most) {
  if (file.size === 0) return `${file.name} is empty. Choose a file with records.`;
  if (file.size > most) return `${file.name} is ${size(file.size)}, and at most ${size(most)} can be sent. Start the server with it: predilect serve FILE`;
  return null;
}

/**
 * What a problem says.
 * @param {{detail?: string, remedy?: string}} found
 * @returns {string}
 */
export function problem(found) {
  return `${found.detail ?? "It failed"}${found.remedy ? ` (${found.remedy})` : ""}.`;
}

/** @param {string} words */
function say(words) {
  const said = document.getElementById("sent");
  if (said) said.textContent = words;
}

/**
 * @param {XMLHttpRequest} request
 * @returns {any}
 */
function answer(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

/**
 * Sends one file; `beside` is the number of those that it belongs to, if any.
 * @param {File} file
 * @param {string} beside
 * @returns {Promise<string>} the number under which it waits
 */
function sent(file, beside) {
  // Only this kind of request tells how much of it is sent.
  const request = new XMLHttpRequest();
  const bar = document.getElementById("sending");
  const query = new URLSearchParams(beside === "" ? { name: file.name } : { name: file.name, with: beside });
  request.open("POST", `/api/v1/studies?${query}`);
  for (const [name, value] of Object.entries(HEADERS)) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", (event) => {
    if (bar instanceof HTMLProgressElement && event.lengthComputable) {
      bar.hidden = false;
      bar.value = event.loaded / event.total;
    }
  });
  return new Promise((kept, failed) => {
    request.addEventListener("error", () => failed(`${file.name} did not arrive. Is the server still running?`));
    request.addEventListener("load", () => {
      const found = answer(request);
      if (request.status === 201) kept(String(found.upload));
      else failed(problem(found));
    });
    say(`Sending ${file.name} …`);
    request.send(file);
  });
}

/**
 * Sends files that belong together, and leads to what is in them.
 * @param {File[]} files
 */
async function send(files) {
  const most = Number(document.getElementById("drop")?.dataset.most ?? 0);
  const why = files.map((file) => refused(file, most)).find((words) => words !== null);
  if (why) return say(why);
  let number = "";
  try {
    for (const file of files) number = await sent(file, number);
    location.assign(`/uploads/${number}`);
  } catch (error) {
    // What was sent before waits for nothing then.
    if (number !== "") fetch(`/api/v1/uploads/${number}`, { method: "DELETE", headers: HEADERS }).catch(() => null);
    const bar = document.getElementById("sending");
    if (bar) bar.hidden = true;
    say(String(error));
  }
}

/**
 * @param {string} path
 * @param {string} method
 * @param {(found: any) => string} then where to go
 */
async function change(path, method, then) {
  try {
    const response = await fetch(path, { method, headers: HEADERS });
    const found = await response.json();
    if (response.ok) location.assign(then(found));
    else say(problem(found));
  } catch {
    say("The server does not answer. Is it still running?");
  }
}

/** Makes the first page and that of a file live. */
export function uploads() {
  const form = document.getElementById("drop");
  if (form instanceof HTMLFormElement) {
    const field = form.querySelector("input[type=file]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const files = field instanceof HTMLInputElement ? [...(field.files ?? [])] : [];
      if (files.length > 0) send(files);
    });
    // Anywhere on the page a file can be dropped; without this, the browser would leave the page for it.
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      form.classList.add("over");
    });
    document.addEventListener("dragleave", () => form.classList.remove("over"));
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      form.classList.remove("over");
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) send(files);
    });
  }
  const open = document.getElementById("open-upload");
  open?.addEventListener("click", () => {
    say("Reading the whole file …");
    change(`/api/v1/uploads/${open.dataset.upload}${open.dataset.query ?? ""}`, "POST", (found) => `/s/${found.study}`);
  });
  for (const button of document.querySelectorAll("button[data-forget]")) {
    if (!(button instanceof HTMLElement)) continue;
    const folder = button.dataset.forget ?? "";
    button.addEventListener("click", () => change(`/api/v1/recent?${new URLSearchParams({ folder })}`, "DELETE", () => "/"));
  }
  const discard = document.getElementById("discard-upload");
  discard?.addEventListener("click", () => change(`/api/v1/uploads/${discard.dataset.upload}`, "DELETE", () => "/"));
}
