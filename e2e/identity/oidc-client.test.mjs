// oidc-client 1.11 from npm in Chromium: implicit sign-in, silent renewal in a frame, logout.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { bundle, serve, startBrowser } from "../support/browser.mjs";
import { databases, demo, startEmulator } from "../support/emulator.mjs";

const page = '<!doctype html><title>App</title><body><script type="module" src="/app.js"></script></body>';

for (const database of databases) {
  test(`oidc-client on ${database}`, async (t) => {
    const pages = { "/": page, "/app.js": await bundle(fileURLToPath(new URL("app-oidc-client.mjs", import.meta.url))) };
    const origin = await serve(t, pages);
    const client = {
      clientId: "e2e-spa",
      grantType: ["Implicit"],
      redirectUrls: [`${origin}/`, `${origin}/silent.html`],
      logoutUrls: [`${origin}/bye`],
      scopes: ["js_api", "openid", "id"],
    };
    const emulator = await startEmulator(t, { database, seeds: [demo, { clients: [client] }] });
    pages["/config.json"] = JSON.stringify({ authority: emulator.ssoUrl, origin });
    const browser = await startBrowser(t);
    const tab = await (await browser.newContext()).newPage();
    const ready = () => tab.waitForSelector("body[data-ready]", { state: "attached" });
    const ask = (method) => tab.evaluate((method) => window.app[method](), method);

    await tab.goto(origin);
    await ready();
    let first;
    await t.test("sign-in", async () => {
      await tab.evaluate(() => void window.app.signIn());
      await tab.fill("#username", "ann");
      await tab.fill("#password", "ann-demo-1");
      await tab.click("button[value=login]");
      await tab.waitForURL(`${origin}/#**`);
      await ready();
      first = await ask("back");
      assert.equal(first.profile.sub.length > 0, true);
      assert.match(first.scope, /openid/);
      const call = await fetch(`${emulator.url}/API/HR/Employees`, { headers: { authorization: `Bearer ${first.token}` } });
      assert.equal(call.status, 200);
    });

    await t.test("silent renewal", async () => {
      const renewed = await ask("silent");
      assert.equal(renewed.error, undefined);
      assert.equal(renewed.profile.sub, first.profile.sub);
    });

    await t.test("logout: the app is told, and nothing is renewed any more", async () => {
      await tab.evaluate(() => void window.app.signOut());
      await tab.waitForURL(`${origin}/bye**`);
      await ready();
      assert.deepEqual(await ask("silent"), { error: "login_required" });
    });
  });
}
