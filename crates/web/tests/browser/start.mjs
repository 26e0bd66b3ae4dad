// Starts the page and the browser that looks at it.
import { spawn } from "node:child_process";
import { chromium } from "playwright-core";

/**
 * A page that is served on a free port, with the address at which it is.
 * @param {string} binary
 * @param {string[]} [more] what `predilect serve` is given
 */
export async function serve(binary, more = []) {
  const server = spawn(binary, ["serve", ...more, "--port", "0", "--no-open", "--quiet"], { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, XDG_STATE_HOME: "/dev/null" } });
  const base = await new Promise((resolve, reject) => {
    let text = "";
    server.on("error", reject);
    server.on("exit", (code) => reject(new Error(`${binary} serve ended with ${code}`)));
    server.stdout.on("data", (data) => {
      text += data;
      const found = /listening on (http:\S+)\//.exec(text);
      if (found) resolve(found[1]);
    });
  });
  // Programs wait until a study is read; pages would say how far that is.
  const { studies } = await (await fetch(`${base}/api/v1/studies`)).json();
  for (const { id } of studies) await (await fetch(`${base}/api/v1/s/${id}`)).text();
  return { base, stop: () => server.kill() };
}

/** Debian's chromium, which asks nobody for anything. */
export function browse() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}
