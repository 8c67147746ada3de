// Pictures of the console.
//
//   node e2e/console/screenshots.mjs    those in docs/images anew, as `just screenshots` does
//
// The suites leave one of every page in target/screenshots.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { startBrowser } from "../support/browser.mjs";
import { startEmulator } from "../support/emulator.mjs";
import { visitors } from "./person.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "target/screenshots");

/** Leaves a picture among the artefacts. */
export async function picture(page, name, kind) {
  mkdirSync(folder, { recursive: true });
  const take = () => page.screenshot({ path: join(folder, `${name}-${kind}.png`) });
  // Chromium on a busy machine says now and then that it cannot.
  await take().catch(take);
}

/** Pictures of the documentation. */
async function refresh(images) {
  const ends = [];
  const t = { after: (end) => ends.unshift(end) };
  try {
    const emulator = await startEmulator(t);
    const browser = await startBrowser(t);
    const as = visitors(browser, emulator);
    mkdirSync(images, { recursive: true });
    for (const [name, path, options] of [
      ["console", "/admin/clients", { viewport: { width: 1440, height: 660 } }],
    ]) {
      const page = await as("admin", options);
      await page.goto(emulator.url + path);
      const file = join(images, `${name}.png`);
      await page.screenshot({ path: file });
      console.log(file);
    }
  } finally {
    for (const end of ends) await end();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await refresh(join(root, "docs/images"));
