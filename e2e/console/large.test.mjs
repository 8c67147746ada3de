// A platform of 1,000 clients and 100,000 rows: pages stay small. The time that the server takes is printed, not judged: this is a
// debug build, on whatever machine.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { startBrowser } from "../support/browser.mjs";
import { databases, demo, startEmulator } from "../support/emulator.mjs";
import { visitors } from "./person.mjs";

const MOST = 100 * 1024;

/** The seed as a file, since its rows are one too. */
function largeSeed(t) {
  const folder = mkdtempSync(join(tmpdir(), "cinchy-large-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const columns = ["Number", "Name", "City"];
  const rows = Array.from({ length: 100_000 }, (_, n) => `${n},Person ${n},City ${n % 97}`);
  writeFileSync(join(folder, "rows.csv"), [columns.join(","), ...rows, ""].join("\n"));
  const seed = {
    domains: [{ name: "Large" }],
    tables: [
      {
        domain: "Large",
        name: "People",
        columns: [{ name: "Number", type: "Number" }, { name: "Name", type: "Text" }, { name: "City", type: "Text" }],
        rowsFrom: "rows.csv",
        entitlements: [{ groups: ["Staff"], viewAll: true, viewFilter: "[Number] >= 1000" }],
      },
    ],
    clients: Array.from({ length: 1000 }, (_, n) => ({
      clientId: `client-${n}`,
      clientName: `Client number ${n} of a large company`,
      grantType: n % 2 ? ["Resource Owner Password"] : ["Authorization Code", "Implicit"],
      redirectUrls: n % 2 ? [] : [`https://app-${n}.example.test/callback`, `https://app-${n}.example.test/silent-refresh.html`],
      logoutUrls: n % 2 ? [] : [`https://app-${n}.example.test/`],
      scopes: ["js_api", "openid", "id", "profile", "email", "roles", "offline_access"],
      secret: `secret-of-client-${n}-0000-0000-0000`,
    })),
  };
  const file = join(folder, "seed.json");
  writeFileSync(file, JSON.stringify(seed));
  return file;
}

for (const database of databases) {
  test(`pages of a large platform on ${database}`, async (t) => {
    const emulator = await startEmulator(t, { database, seeds: [demo, largeSeed(t)] });
    const browser = await startBrowser(t);
    const as = visitors(browser, emulator);
    const first = await as("admin");
    await first.goto(`${emulator.url}/admin/tables`);
    const table = await first.getByRole("link", { name: "People", exact: true }).getAttribute("href");
    const paths = {
      admin: [
        "/admin",
        "/admin/clients",
        "/admin/clients?page=20&sort=-name",
        "/admin/clients?q=client-77",
        "/admin/clients/500",
        "/admin/clients/500/evaluate",
        "/admin/users",
        "/admin/tables",
        table,
        `${table}?page=2000`,
        `${table}?sort=-Name`,
        `${table}?q=Person+99`,
        `${table}?by=City&how=is&value=City+7&page=3`,
        `${table}/rows/50000`,
        `${table}/rows/new`,
        `${table}/access`,
        "/admin/queries",
        "/admin/queries/new",
        "/admin/fidelity",
      ],
      bob: [table, `${table}?page=1000&sort=City`],
    };
    for (const [user, all] of Object.entries(paths)) {
      // Whoever signs in has the style of the pages afterwards.
      await (await as(user)).context().close();
      for (const path of all) {
        // A browser that has nothing in its cache.
        const page = await as(user);
        const sizes = [];
        page.on("requestfinished", (request) => sizes.push(request.sizes().catch(() => null)));
        const answer = await page.goto(emulator.url + path);
        assert.equal(answer.status(), 200, path);
        const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + (size ? size.responseBodySize + size.responseHeadersSize : 0), 0);
        const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
        const times = [];
        for (let n = 0; n < 3; n += 1) {
          const start = performance.now();
          await (await fetch(emulator.url + path, { headers: { cookie } })).text();
          times.push(performance.now() - start);
        }
        t.diagnostic(`${Math.min(...times).toFixed(0).padStart(5)} ms ${(bytes / 1024).toFixed(1).padStart(6)} KiB  ${user} ${path}`);
        assert.ok(bytes < MOST, `${path}: ${bytes} bytes`);
        assert.deepEqual(page.complaints, []);
        await page.context().close();
      }
    }
  });
}
