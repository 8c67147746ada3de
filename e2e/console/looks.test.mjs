// Every page as people meet it: light and dark, on a telephone and on a wall, heard instead of seen. Pictures of them are left in
// target/screenshots.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startBrowser } from "../support/browser.mjs";
import { startEmulator } from "../support/emulator.mjs";
import { everyPage } from "./pages.mjs";
import { assertFits, visitors, violations } from "./person.mjs";
import { picture } from "./screenshots.mjs";

const desk = { width: 1280, height: 860 };
const onTheWall = ["clients", "client", "query-result"];
const seenSmall = ["login", "overview", "clients", "client", "rows", "row", "query-result", "paste-wrong", "entitlements"];

// The pages are the same on either database.
test("every page", async (t) => {
  const emulator = await startEmulator(t);
  const browser = await startBrowser(t);
  const as = visitors(browser, emulator);
  const found = [];
  let pages = 0;
  const complaints = await everyPage({ browser, emulator, as }, async (page, name) => {
    pages += 1;
    await picture(page, name, "light");
    found.push(...(await violations(page)));
    await page.emulateMedia({ colorScheme: "dark" });
    await picture(page, name, "dark");
    found.push(...(await violations(page, ["color-contrast"])));
    await page.emulateMedia({ colorScheme: "light" });
    for (const [kind, size] of [["narrow", { width: 320, height: 640 }], ["wall", { width: 3840, height: 2160 }]]) {
      // A picture of a wall takes a second.
      if (kind === "wall" && !onTheWall.includes(name)) continue;
      await page.setViewportSize(size);
      await assertFits(page);
      if (seenSmall.includes(name) || kind === "wall") await picture(page, name, kind);
    }
    await page.setViewportSize(desk);
  });
  assert.deepEqual(found, []);
  assert.deepEqual(complaints, []);
  t.diagnostic(`${pages} pages`);
});
