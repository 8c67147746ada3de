// Names that are markup: nothing of them runs, and no page breaks.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startBrowser } from "../support/browser.mjs";
import { databases, demo, startEmulator } from "../support/emulator.mjs";
import { open, visitors } from "./person.mjs";

const evil = `<script>alert(1)</script>"'&`;
// Part of an address: without a slash.
const evilPart = `<img src=x onerror=alert(1)>"'&`;

const seed = {
  groups: [{ name: `Group ${evil}`, parents: ["Staff"] }],
  users: [{ username: `mal ${evil}`, password: "mal-demo-1", firstName: evil, lastName: evil, email: "mal@example.test", groups: [`Group ${evil}`] }],
  clients: [{ clientId: `client ${evil}`, clientName: evil, grantType: ["Resource Owner Password"], scopes: ["js_api"], secret: evil }],
  domains: [{ name: `Domain ${evilPart}` }],
  tables: [
    {
      domain: `Domain ${evilPart}`,
      name: `Table ${evil}`,
      description: evil,
      columns: [
        { name: `Text ${evil}`, type: "Text" },
        { name: `Choice ${evil}`, type: "Choice", options: [`one ${evil}`, "two"] },
        { name: `Link ${evil}`, type: "Link", table: `Domain ${evilPart}.Table ${evil}`, column: `Text ${evil}` },
      ],
      rows: [{ [`Text ${evil}`]: evil, [`Choice ${evil}`]: `one ${evil}` }, { [`Text ${evil}`]: "plain", [`Link ${evil}`]: 1 }],
      entitlements: [{ groups: [`Group ${evil}`], viewAll: true, viewFilter: `[Text ${evil}] <> '${evil.replaceAll("'", "''")}'` }],
    },
  ],
  queries: [
    {
      domain: `Domain ${evilPart}`,
      name: `Query ${evilPart}`,
      description: evil,
      cql: `SELECT [Text ${evil}], '${evil.replaceAll("'", "''")}' AS 'x' FROM [Domain ${evilPart}].[Table ${evil}] WHERE [Deleted] IS NULL AND @p <> 'x'`,
      execute: { groups: [`Group ${evil}`] },
    },
  ],
};

/** What markup of a name would have made, and what the content policy must say. */
async function assertQuiet(page, answer) {
  const made = await page.evaluate(() => document.querySelectorAll("script:not([src]), [onerror], [onload], img[src=x]").length);
  assert.equal(made, 0, page.url());
  const policy = answer?.headers()["content-security-policy"] ?? "default-src 'none'";
  assert.match(policy, /default-src 'none'/, page.url());
  assert.doesNotMatch(policy, /unsafe-|\*/, page.url());
  assert.deepEqual(page.complaints, []);
}

for (const database of databases) {
  test(`names that are markup on ${database}`, async (t) => {
    const emulator = await startEmulator(t, { database, seeds: [demo, seed] });
    const browser = await startBrowser(t);
    const stranger = await open(browser);
    await assertQuiet(stranger, await stranger.goto(`${emulator.url}/admin`));
    await stranger.getByRole("button", { name: "mal <script>" }).waitFor();
    await stranger.context().close();

    const page = await visitors(browser, emulator)("admin");
    // Every page that a link leads to; of rows and the like some, of pages in another order or of other columns none.
    const said = encodeURIComponent(evil);
    const waiting = [`/admin`, "/openapi", `/admin/clients?q=${said}`, `/admin/clients?done=deleted&row=1&name=${said}`, `/admin/tables?q=${said}`, "/admin/tables/new?domain=" + encodeURIComponent(`Domain ${evilPart}`)];
    const known = new Set();
    const kinds = new Map();
    let seen = 0;
    while (waiting.length) {
      const path = waiting.shift();
      const answer = await page.goto(emulator.url + path);
      assert.ok(answer.status() < 400, `${answer.status()} ${path}`);
      await assertQuiet(page, answer);
      seen += (await page.content()).includes("alert(1)") ? 1 : 0;
      const found = await page.locator("a[href^='/admin']").evaluateAll((all) => all.map((a) => [a.getAttribute("href").split("#")[0], /alert\(1\)/.test(a.closest("tr, li, .tabs, nav, .head, .field")?.textContent ?? "")]));
      for (const [href, hostile] of found) {
        const kind = href.replace(/\d+/g, "N").split("?")[0];
        const times = kinds.get(kind) ?? 0;
        if (known.has(href) || /[?&](sort|page|col)=|\/export/.test(href) || (times >= 1 && !hostile) || times >= 3) continue;
        known.add(href);
        kinds.set(kind, times + 1);
        waiting.push(href);
      }
    }
    t.diagnostic(`${known.size} pages, names in ${seen}`);
    assert.ok(known.size > 30 && seen > 15, `${known.size} ${seen}`);

    // Run, export, notices, a view through somebody's eyes.
    await page.goto(`${emulator.url}/admin/queries`);
    await page.getByRole("link", { name: `Query ${evilPart}` }).click();
    await page.getByLabel("@p").fill(evil);
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("region", { name: "Rows of the result" }).getByText(evil).first().waitFor();
    await assertQuiet(page);
    await page.goto(`${emulator.url}/admin/users`);
    await page.getByRole("link", { name: `mal ${evil}` }).click();
    await page.getByRole("button", { name: "View data as this user" }).click();
    await page.locator(".viewing").getByText("alert(1)").waitFor();
    await assertQuiet(page);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.goto(`${emulator.url}/admin/clients`);
    await page.getByRole("button", { name: `Delete client ${evil}` }).click();
    await page.locator(".notice").getByText("alert(1)").waitFor();
    await assertQuiet(page);
    await page.context().close();
  });
}
