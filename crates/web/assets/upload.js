// Sends a file, opens what was sent, or discards it.

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

/** @param {File} file */
function send(file) {
  const form = document.getElementById("drop");
  const why = refused(file, Number(form?.dataset.most ?? 0));
  if (why) return say(why);
  // Only this kind of request tells how much of it is sent.
  const request = new XMLHttpRequest();
  const bar = document.getElementById("sending");
  request.open("POST", `/api/v1/studies?${new URLSearchParams({ name: file.name })}`);
  for (const [name, value] of Object.entries(HEADERS)) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", (event) => {
    if (bar instanceof HTMLProgressElement && event.lengthComputable) {
      bar.hidden = false;
      bar.value = event.loaded / event.total;
    }
  });
  const over = (/** @type {string} */ words) => {
    if (bar) bar.hidden = true;
    say(words);
  };
  request.addEventListener("error", () => over("The file did not arrive. Is the server still running?"));
  request.addEventListener("load", () => {
    const found = answer(request);
    if (request.status === 201) location.assign(`/uploads/${found.upload}`);
    else over(problem(found));
  });
  say(`Sending ${file.name} …`);
  request.send(file);
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
    const chosen = () => (field instanceof HTMLInputElement ? field.files?.[0] : undefined);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const file = chosen();
      if (file) send(file);
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
      const files = event.dataTransfer?.files;
      if (files && files.length > 1) say("One file at a time: files that belong together are read with predilect serve FILE FILE");
      else if (files?.[0]) send(files[0]);
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
