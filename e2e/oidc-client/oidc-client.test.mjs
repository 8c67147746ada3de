// oidc-client 1.11 in Chromium: the implicit flow of the JavaScript SDK, and the code flow with PKCE.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { bundle, serve, startBrowser } from "../support/browser.mjs";
import { databases, demo, startEmulator } from "../support/emulator.mjs";

const script = (name) => bundle(fileURLToPath(new URL(name, import.meta.url)));

for (const database of databases) {
  test(`oidc-client 1.11 on ${database}`, async (t) => {
    const pages = {
      "/": '<!doctype html><title>App</title><script type="module" src="/app.js"></script>',
      "/silent.html": '<!doctype html><script type="module" src="/silent.js"></script>',
      "/bye.html": "<!doctype html><title>Bye</title>",
      "/app.js": await script("app.mjs"),
      "/silent.js": await script("silent.mjs"),
    };
    const origin = await serve(t, pages);
    const client = {
      redirectUrls: [`${origin}/`, `${origin}/silent.html`],
      logoutUrls: [`${origin}/bye.html`],
      scopes: ["js_api", "openid", "id", "profile", "email", "roles", "offline_access"],
      showLoginScreen: true,
    };
    const clients = [
      { clientId: "e2e-implicit", grantType: ["Implicit"], ...client },
      { clientId: "e2e-code", grantType: ["Authorization Code"], secret: "code-secret", ...client },
    ];
    const emulator = await startEmulator(t, { database, seeds: [demo, { clients }] });
    const browser = await startBrowser(t);

    /** A page of the app in a browser without a session. */
    async function open(settings) {
      pages["/config.json"] = JSON.stringify({
        authority: `${emulator.ssoUrl}/cinchysso`,
        redirect_uri: `${origin}/`,
        silent_redirect_uri: `${origin}/silent.html`,
        post_logout_redirect_uri: `${origin}/bye.html`,
        ...settings,
      });
      const page = await (await browser.newContext()).newPage();
      await page.goto(origin);
      await page.waitForSelector("body[data-ready]", { state: "attached" });
      return page;
    }

    async function login(page) {
      await page.evaluate(() => void window.manager.signinRedirect());
      await page.waitForURL(`${emulator.url}/**`);
      await page.fill("#username", "ann");
      await page.fill("#password", "ann-demo-1");
      await page.click('button[value="login"]');
      await page.waitForURL(`${origin}/**`);
      await page.waitForSelector("body[data-ready]", { state: "attached" });
      return await page.evaluate(async () => JSON.parse(JSON.stringify(await window.manager.signinRedirectCallback())));
    }

    const call = (page, token) =>
      page.evaluate(
        async ([url, token]) => {
          const answer = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${token}` } });
          return answer.json();
        },
        [`${emulator.url}/API/HR/Headcount`, token],
      );

    await t.test("implicit flow: login, a call, silent renewal, logout", async () => {
      const page = await open({ client_id: "e2e-implicit", scope: "openid id profile email roles js_api" });
      const user = await login(page);
      assert.equal(user.token_type, "Bearer");
      // The SDK never asks userinfo: the id token has all.
      assert.equal(user.profile.id, "ann");
      assert.equal(user.profile.profile, "Ann Lee");
      assert.equal(user.profile.email, "ann@example.test");
      assert.equal(user.profile.role, "Cinchy User Account");
      assert.ok(user.session_state);
      assert.deepEqual((await call(page, user.access_token)).data, [[10]]);
      const renewed = await page.evaluate(async () => (await window.manager.signinSilent()).access_token);
      assert.deepEqual((await call(page, renewed)).data, [[10]]);
      assert.equal(await page.evaluate(() => window.sessionEnded), false);
      await page.evaluate(() => void window.manager.signoutRedirect());
      await page.waitForURL(`${origin}/bye.html*`);
      // Nothing is renewed any more.
      await page.goto(origin);
      await page.waitForSelector("body[data-ready]", { state: "attached" });
      const error = await page.evaluate(() => window.manager.signinSilent().then(() => null, (error) => error.error ?? error.message));
      assert.equal(error, "login_required");
    });

    await t.test("code flow with PKCE and a refresh token", async () => {
      const page = await open({ client_id: "e2e-code", client_secret: "code-secret", response_type: "code", scope: "openid id js_api offline_access" });
      const user = await login(page);
      assert.equal(user.profile.id, "ann");
      assert.ok(user.refresh_token);
      assert.deepEqual((await call(page, user.access_token)).data, [[10]]);
      // By the refresh token. Two tokens of one second are equal: the documented shape has no number of its own.
      const renewed = await page.evaluate(async () => JSON.parse(JSON.stringify(await window.manager.signinSilent())));
      assert.notEqual(renewed.refresh_token, user.refresh_token);
      assert.deepEqual((await call(page, renewed.access_token)).data, [[10]]);
    });

    await t.test("silent renewal without a session says so", async () => {
      const page = await open({ client_id: "e2e-implicit" });
      const error = await page.evaluate(() => window.manager.signinSilent().then(() => null, (error) => error.error ?? error.message));
      assert.equal(error, "login_required");
    });
  });
}
