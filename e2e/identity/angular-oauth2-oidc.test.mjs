// angular-oauth2-oidc 17 in Chromium as the Angular SDK sets it up: strict discovery, implicit sign-in, userinfo, silent
// refresh in a frame, logout; over https also the session check.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { bundle, serve, startBrowser } from "../support/browser.mjs";
import { databases, demo, startEmulator } from "../support/emulator.mjs";

const page = '<!doctype html><title>App</title><body><script type="module" src="/app.js"></script></body>';
// As the library's documentation shows it.
const silent = "<!doctype html><script>parent.postMessage(location.hash, location.origin)</script>";

for (const database of databases) {
  for (const [scheme, args] of [
    ["http", []],
    ["https", ["--tls"]],
  ]) {
    test(`angular-oauth2-oidc 17 over ${scheme} on ${database}`, async (t) => {
      const pages = {
        "/": page,
        "/silent-refresh.html": silent,
        "/app.js": await bundle(fileURLToPath(new URL("app-angular-oauth2-oidc.mjs", import.meta.url))),
      };
      const origin = await serve(t, pages, scheme);
      const client = {
        clientId: "e2e-spa",
        grantType: ["Implicit"],
        redirectUrls: [`${origin}/`, `${origin}/silent-refresh.html`],
        logoutUrls: [`${origin}/bye`],
        scopes: ["js_api", "openid", "id"],
      };
      const emulator = await startEmulator(t, { database, seeds: [demo, { clients: [client] }], args });
      pages["/config.json"] = JSON.stringify({ authority: emulator.ssoUrl, origin });
      const browser = await startBrowser(t);
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const tab = await context.newPage();
      const ready = async () => {
        await tab.waitForSelector("body[data-ready], body[data-failed]", { state: "attached" });
        assert.equal(await tab.getAttribute("body", "data-failed"), null);
      };
      const ask = (method) => tab.evaluate((method) => window.app[method](), method);

      await tab.goto(origin);
      await ready();
      let first;
      await t.test("sign-in, state, userinfo", async () => {
        await tab.evaluate(() => void window.app.signIn());
        await tab.fill("#username", "ann");
        await tab.fill("#password", "ann-demo-1");
        await tab.click("button[value=login]");
        await tab.waitForURL(`${origin}/**`);
        await ready();
        first = await ask("user");
        assert.equal(first.claims.aud, "e2e-spa");
        assert.equal(decodeURIComponent(await ask("state")), "a state & more");
        assert.equal((await ask("profile")).id, "ann");
      });

      await t.test("silent refresh", async () => {
        const again = await ask("silent");
        assert.equal(again.error, undefined);
        assert.equal(again.claims.sub, first.claims.sub);
      });

      // The library checks sessions over https only, as the SDK has it.
      const noticed = async () => {
        const other = await context.newPage();
        await other.goto(`${emulator.ssoUrl}/account/logout`);
        await other.click("button[type=submit]");
        await tab.waitForFunction(async () => (await window.app.events()).some((event) => ["session_terminated", "logout", "session_changed"].includes(event)));
      };
      if (scheme === "https") await t.test("a logout elsewhere is noticed", noticed);

      await t.test("logout, and nothing is refreshed any more", async () => {
        if (scheme === "http") {
          await tab.evaluate(() => void window.app.signOut());
          await tab.waitForURL(`${origin}/bye**`);
          await ready();
        }
        assert.deepEqual(await ask("silent"), { error: "login_required" });
      });
    });
  }
}
