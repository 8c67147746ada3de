// What people come to the console for, in Chromium, with scripts and without.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startBrowser } from "../support/browser.mjs";
import { databases, startEmulator } from "../support/emulator.mjs";
import * as daily from "./jobs.mjs";
import * as meanwhile from "./meanwhile.mjs";
import * as mission from "./mission.mjs";
import { visitors } from "./person.mjs";

const jobs = { ...mission, ...daily, ...meanwhile };

for (const database of databases) {
  // A browser without scripts is the same one on either database.
  for (const scripted of database === "SQLite" ? [true, false] : [true]) {
    test(`jobs at the console ${scripted ? "with" : "without"} scripts on ${database}`, async (t) => {
      const emulator = await startEmulator(t, { database });
      const browser = await startBrowser(t);
      const as = visitors(browser, emulator, { javaScriptEnabled: scripted });
      for (const [name, job] of Object.entries(jobs)) {
        await t.test(name, async () => {
          const page = await job({ as, browser, emulator, scripted, mark: "m1" });
          assert.deepEqual(page.complaints, []);
          await page.context().close();
        });
      }
    });
  }
}
