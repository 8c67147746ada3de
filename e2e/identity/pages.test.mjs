// The identity server's pages in Chromium, for an app on another port: what a browser makes of redirects, cookies, frames
// and content policies.

import assert from "node:assert/strict";
import { test } from "node:test";

import { serve, startBrowser } from "../support/browser.mjs";
import { databases, demo, startEmulator } from "../support/emulator.mjs";

const page = "<!doctype html><title>App</title><p>app</p>";

/** Parameters behind the `#` of an address. */
const fragment = (url) => Object.fromEntries(new URLSearchParams(new URL(url).hash.slice(1)));

for (const database of databases) {
  test(`pages of the identity server on ${database}`, async (t) => {
    const pages = { "/": page, "/silent.html": "<!doctype html><script>parent.postMessage(location.hash, location.origin)</script>" };
    const origin = await serve(t, pages);
    const app = {
      clientId: "page-app",
      grantType: ["Implicit", "Authorization Code"],
      redirectUrls: [`${origin}/`, `${origin}/silent.html`],
      logoutUrls: [`${origin}/bye`],
      scopes: ["js_api", "openid", "id", "profile"],
      secret: "page-app-secret",
    };
    const emulator = await startEmulator(t, { database, seeds: [demo, { clients: [app] }] });
    const browser = await startBrowser(t);
    const authorize = (more = {}, redirect = "/") => `${emulator.ssoUrl}/connect/authorize?${new URLSearchParams({
      response_type: "id_token token",
      client_id: "page-app",
      redirect_uri: origin + redirect,
      scope: "openid id js_api",
      state: "s",
      nonce: "n",
      ...more,
    })}`;

    /** A page in a browser of its own; what it complains about is a failure. */
    async function open(options) {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      page.on("console", (message) => {
        if (message.type() === "error" && !/favicon|404/.test(message.text())) assert.fail(message.text());
      });
      return page;
    }

    await t.test("login by password without scripts", async () => {
      const page = await open({ javaScriptEnabled: false });
      await page.goto(authorize());
      assert.equal(await page.getByLabel("User name").evaluate((e) => e === document.activeElement), true);
      await page.getByLabel("User name").fill("ann");
      await page.getByLabel("Password", { exact: true }).fill("wrong");
      await page.keyboard.press("Enter");
      assert.match(await page.getByRole("alert").textContent(), /Invalid username or password/);
      await page.getByLabel("Password", { exact: true }).fill("ann-demo-1");
      await page.keyboard.press("Enter");
      await page.waitForURL(`${origin}/#**`);
      const found = fragment(page.url());
      assert.ok(found.id_token && found.access_token && found.session_state);
      assert.equal(found.state, "s");
    });

    await t.test("one click, silent refresh in a frame, session check, logout", async () => {
      const page = await open();
      await page.goto(authorize());
      await page.getByRole("button", { name: "Bob Stone" }).click();
      await page.waitForURL(`${origin}/#**`);
      const first = fragment(page.url());
      const silent = async () =>
        await page.evaluate(
          (src) =>
            new Promise((resolve, reject) => {
              addEventListener("message", (event) => resolve(event.data), { once: true });
              setTimeout(() => reject(new Error("no answer from the frame")), 10_000);
              const frame = document.createElement("iframe");
              frame.hidden = true;
              frame.src = src;
              document.body.append(frame);
            }),
          authorize({ prompt: "none", id_token_hint: first.id_token }, "/silent.html"),
        );
      assert.match(await silent(), /^#id_token=/);

      // OpenID Connect Session Management: the frame answers for the session that the app knows.
      await page.evaluate(
        (src) =>
          new Promise((loaded) => {
            const frame = document.createElement("iframe");
            frame.id = "check";
            frame.onload = loaded;
            frame.src = src;
            document.body.append(frame);
          }),
        `${emulator.ssoUrl}/connect/checksession`,
      );
      const check = async (state) =>
        await page.evaluate(
          ([message, target]) =>
            new Promise((resolve, reject) => {
              addEventListener("message", (event) => resolve(event.data), { once: true });
              setTimeout(() => reject(new Error("no answer from the frame")), 10_000);
              document.getElementById("check").contentWindow.postMessage(message, target);
            }),
          [`page-app ${state}`, new URL(emulator.ssoUrl).origin],
        );
      assert.equal(await check(first.session_state), "unchanged");
      assert.equal(await check("x.y"), "changed");
      assert.equal(await check("nonsense"), "error");

      const bye = new URLSearchParams({ id_token_hint: first.id_token, post_logout_redirect_uri: `${origin}/bye`, state: "b" });
      await page.goto(`${emulator.ssoUrl}/connect/endsession?${bye}`);
      assert.equal(page.url(), `${origin}/bye?state=b`);
      assert.match(await silent(), /^#error=login_required/);
    });

    await t.test("a form that posts itself, and a failure on purpose", async () => {
      const page = await open();
      let posted;
      await page.route(`${origin}/`, async (route) => {
        posted = route.request().postData() ?? posted;
        await route.continue();
      });
      await page.goto(authorize({ response_mode: "form_post" }));
      await page.getByRole("button", { name: "Locked" }).click();
      assert.match(await page.getByRole("alert").textContent(), /is locked/);
      await page.getByRole("button", { name: "Ann Lee" }).click();
      await page.waitForURL(`${origin}/`);
      assert.match(posted, /^id_token=.+&access_token=/);
      await page.goto(authorize({ prompt: "login" }));
      await page.getByRole("button", { name: "Cancelled" }).click();
      await page.waitForURL(`${origin}/#**`);
      assert.equal(fragment(page.url()).error, "access_denied");
    });
  });
}
