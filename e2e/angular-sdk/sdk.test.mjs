// The official Angular SDK, unmodified, in Chromium, from another origin than the emulator's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { bundle, serve, startBrowser } from "../support/browser.mjs";
import { databases, demo, startEmulator } from "../support/emulator.mjs";

const guid = "8a4d1c0e-0f3b-4a51-9f7a-0d1b5b6f1a01";

const seed = {
  literals: [{ guid, defaultText: "Create", translations: [{ text: "Create (CA)", language: "en", region: "CA" }] }],
  queries: [
    {
      domain: "HR",
      name: "Echo",
      cql: "SELECT @text AS 'Text', @number AS 'Number', @flag AS 'Flag', @nothing AS 'Nothing', @empty AS 'Empty', @list AS 'List', '{0}' AS 'Replaced'",
      execute: { groups: ["All Users"] },
    },
    { domain: "HR", name: "Unequal Names", cql: "SELECT [First Name], [First Name], 12 FROM [HR].[Employees] WHERE [Cinchy Id] = 1", execute: { groups: ["All Users"] } },
    { domain: "HR", name: "Stored As CSV", cql: "SELECT 1 AS 'One'", resultFormat: "CSV", execute: { groups: ["All Users"] } },
    { domain: "HR", name: "Managers Only", cql: "SELECT 1 AS 'One'", execute: { users: ["ann"] } },
  ],
};

for (const database of databases) {
  test(`Angular SDK 5.1.4 on ${database}`, async (t) => {
    const pages = {
      "/": '<!doctype html><base href="/"><title>App</title><app-root></app-root><script type="module" src="/app.js"></script>',
      "/silent-refresh.html": "<!doctype html><script>parent.postMessage(location.hash, location.origin)</script>",
      "/bye.html": "<!doctype html><title>Bye</title>",
      "/app.js": await bundle(fileURLToPath(new URL("app.mjs", import.meta.url))),
    };
    const origin = await serve(t, pages);
    const spa = {
      clientId: "e2e-spa",
      grantType: ["Implicit"],
      redirectUrls: [`${origin}/`, `${origin}/silent-refresh.html`],
      logoutUrls: [`${origin}/bye.html`],
      scopes: ["js_api", "openid", "id", "profile", "email", "roles"],
      showLoginScreen: true,
    };
    const emulator = await startEmulator(t, { database, seeds: [demo, seed, { clients: [spa] }] });
    pages["/config.json"] = JSON.stringify({
      cinchyRootUrl: emulator.url,
      authority: emulator.ssoUrl,
      clientId: spa.clientId,
      redirectUri: `${origin}/`,
      logoutRedirectUri: `${origin}/bye.html`,
      silentRefreshEnabled: true,
      silentRefreshRedirectUri: `${origin}/silent-refresh.html`,
      scope: "openid email profile roles id",
    });
    const browser = await startBrowser(t);

    /** A page of the app; with a user, signed in by a token in the session storage, where the SDK looks for it. */
    async function open(username, password) {
      const context = await browser.newContext();
      const page = await context.newPage();
      const problems = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      await page.goto(origin);
      if (username) {
        const token = await emulator.token(username, password);
        await page.evaluate(([token, expires]) => {
          sessionStorage.setItem("access_token", token);
          sessionStorage.setItem("access_token_stored_at", String(Date.now()));
          sessionStorage.setItem("expires_at", String(expires));
        }, [token.access_token, Date.now() + token.expires_in * 1000]);
      }
      await page.waitForSelector("body[data-ready]", { state: "attached" }).catch((error) => {
        throw new Error(`the app did not start: ${problems.join("; ") || error}`);
      });
      const call = async (method, ...args) => page.evaluate(([method, args]) => window.call(method, ...args), [method, args]);
      /** The result of a call that must succeed. */
      const ask = async (method, ...args) => {
        const { result, failed } = await call(method, ...args);
        assert.equal(failed, undefined, `${method}: ${JSON.stringify(failed)}`);
        return result;
      };
      return { page, call, ask, problems };
    }

    const ann = await open("ann", "ann-demo-1");
    const { ask, call } = ann;

    await t.test("executeQuery: rows, types, parameters of each kind", async () => {
      const employees = await ask("executeQuery", "HR", "Employees", null);
      assert.equal(employees.count, 12);
      assert.deepEqual(employees.columns[0], { columnName: "First Name", type: "String" });
      assert.equal(employees.rows[0]["First Name"], "Ann");
      assert.strictEqual(employees.rows[0].Active, true);
      const byDepartment = await ask("executeQuery", "hr", "employees by DEPARTMENT", { "@department": "Legal" });
      assert.deepEqual(byDepartment.rows.map((row) => row.Name), ["Gia Rossi", "Hugo Blanc"]);
      const echo = await ask("executeQuery", "HR", "Echo", {
        "@text": "Toronto & O'Hare (1)", "@number": 5, "@flag": true, "@nothing": null, "@empty": "", "@list": ["a", "b"], "{0}": "My Model V1.0",
      });
      assert.deepEqual(echo.rows, [
        { Text: "Toronto & O'Hare (1)", Number: "5", Flag: "true", Nothing: "null", Empty: "", List: "a,b", Replaced: "My Model V1.0" },
      ]);
    });

    await t.test("executeQuery: names are unique, the request's format wins", async () => {
      const names = (await ask("executeQuery", "HR", "Unequal Names", null)).columns.map((column) => column.columnName);
      assert.equal(new Set(names).size, 3);
      assert.deepEqual((await ask("executeQuery", "HR", "Stored As CSV", null)).rows, [{ One: 1 }]);
    });

    await t.test("executeCsql: typed parameters, no result set, types of statements", async () => {
      const sql = "SELECT [First Name] FROM [HR].[Employees] WHERE [Cinchy Id] = @id AND [Active] = @active AND [Last Name] = @name";
      assert.deepEqual((await ask("executeCsql", sql, { "@id": 6, "@active": true, "@name": "O'Hara" })).rows, [{ "First Name": "Finn" }]);
      const change = await ask("executeCsql", "UPDATE e SET e.[Level] = 'Lead' FROM [HR].[Employees] e WHERE e.[Cinchy Id] = 6", null);
      assert.deepEqual(change, { columns: [], rows: [], count: 0 });
      const cleared = await ask("executeCsql", "UPDATE e SET e.[Start Date] = @date FROM [HR].[Employees] e WHERE e.[Cinchy Id] = 6 SELECT 6", { "@date": "" });
      assert.equal(cleared.count, 1);
      assert.deepEqual((await ask("executeCsql", "SELECT [Start Date] FROM [HR].[Employees] WHERE [Cinchy Id] = 6", null)).rows, [{ "Start Date": null }]);
      const scalar = await ask("executeCsql", "SELECT COUNT(*) FROM [HR].[Employees] WHERE [Deleted] IS NULL", null, null, "SCALAR");
      assert.equal(scalar.count, 1);
      assert.equal(Object.values(scalar.rows[0])[0], 12);
    });

    await t.test("transactions: rolled back, then committed", async () => {
      const { connectionId } = await ask("openConnection");
      const begin = async () => (await ask("beginTransaction", connectionId)).transactionId;
      const insert = (name, transactionId) =>
        ask("executeCsql", "INSERT INTO [HR].[Skills] ([Name]) VALUES (@name)", { "@name": name, connectionId, transactionId });
      const known = async (name) => (await ask("executeCsql", "SELECT [Name] FROM [HR].[Skills] WHERE [Name] = @name", { "@name": name })).count;

      let transactionId = await begin();
      assert.doesNotMatch(connectionId + transactionId, /["\s]/);
      await insert("Knitting", transactionId);
      await ask("rollbackTransaction", connectionId, transactionId);
      assert.equal(await known("Knitting"), 0);
      transactionId = await begin();
      await insert("Sailing", transactionId);
      await ask("commitTransaction", connectionId, transactionId);
      assert.equal(await known("Sailing"), 1);
      await ask("closeConnection", connectionId);
      assert.equal((await call("beginTransaction", connectionId)).failed.status, 400);
    });

    await t.test("errors carry status and details across origins", async () => {
      const missing = await call("executeCsql", "SELECT [Nme] FROM [HR].[Skills]", null);
      assert.equal(missing.failed.status, 400);
      assert.match(missing.failed.details, /\[Nme\].*could not be found/);
      const raised = await call("executeCsql", "RAISERROR('Grüße, %s', 18, 0, 'Ann') RETURN", null);
      assert.equal(raised.failed.status, 400);
      assert.equal(decodeURIComponent(raised.failed.details), "Grüße, Ann");
      const unknown = await call("executeQuery", "HR", "No Such Query", null);
      assert.equal(unknown.failed.status, 404);
      const bob = await open("bob", "bob-demo-1");
      const refused = await bob.call("executeQuery", "HR", "Managers Only", null);
      assert.equal(refused.failed.status, 403);
      assert.match(refused.failed.details, /Managers Only/);
    });

    await t.test("entitlements by id, guid and name", async () => {
      const { rows } = await ask("executeCsql", "SELECT [Cinchy Id] AS 'id', [Guid] AS 'guid' FROM [Cinchy].[Tables] WHERE [Domain].[Name] = 'HR' AND [Name] = 'Skills'", null);
      const byId = await ask("getTableEntitlementsById", rows[0].id);
      assert.equal(byId.canAddRows, true);
      assert.equal(byId.tableName, "Skills");
      assert.deepEqual(byId.columnEntitlements.find((column) => column.columnName === "Name").canEdit, true);
      assert.deepEqual(await ask("getTableEntitlementsByGuid", rows[0].guid), byId);
      assert.deepEqual(await ask("getTableEntitlementsByName", "HR", "Skills"), byId);
      assert.ok(Array.isArray(await ask("getGroupsCurrentUserBelongsTo")));
    });

    await t.test("preferences and translation", async () => {
      const preferences = await ask("getUserPreferences");
      assert.deepEqual(preferences, {
        username: "ann", name: "Ann Lee", displayName: "Ann Lee (ann)", emailAddress: "ann@example.test", profilePhoto: null,
        language: "en", region: "CA", timeZone: "Eastern Standard Time",
      });
      assert.deepEqual(await ask("getTranslatedLiterals", [guid, "unknown"], true), {
        [guid]: { translation: "Create (CA)", language: "en", region: "CA", defaultText: false },
        unknown: { translation: "unknown", language: null, region: null, defaultText: false },
      });
    });

    await t.test("checkIfSessionValid: with a token yes, without one (`Bearer null`) no", async () => {
      assert.deepEqual(await ask("checkIfSessionValid"), { accessTokenIsValid: true });
      const nobody = await open();
      assert.deepEqual(await nobody.ask("checkIfSessionValid"), { accessTokenIsValid: false });
      assert.deepEqual(nobody.problems, []);
    });

    await t.test("login by the implicit flow, silent refresh, logout", async () => {
      const { page, call, ask, problems } = await open();
      await page.evaluate(() => void window.login());
      await page.waitForURL(`${emulator.url}/**`);
      await page.fill("#username", "ann");
      await page.fill("#password", "ann-demo-1");
      await page.click('button[value="login"]');
      await page.waitForURL(`${origin}/**`);
      await page.waitForSelector("body[data-ready]", { state: "attached" });
      // As apps do when they start: the second call takes the tokens out of the address.
      assert.equal(await page.evaluate(() => window.login()), true);
      const identity = await ask("getUserIdentity");
      assert.equal(identity.id, "ann");
      assert.equal(identity.profile, "Ann Lee");
      assert.equal(identity.email, "ann@example.test");
      assert.equal(identity.role, "Cinchy User Account");
      assert.equal(identity.aud, spa.clientId);
      assert.equal((await ask("executeQuery", "HR", "My Profile", null)).rows[0]["First Name"], "Ann");
      const tokens = await page.evaluate(async () => {
        const service = window.cinchy._oAuthService;
        const before = service.getAccessToken();
        await service.silentRefresh();
        return { before, after: service.getAccessToken() };
      });
      assert.equal(tokens.after.split(".").length, 3);
      assert.deepEqual(await ask("checkIfSessionValid"), { accessTokenIsValid: true });
      await page.evaluate(() => window.cinchy.logout());
      await page.waitForURL(`${origin}/bye.html*`);
      // The session is over: the login page asks again.
      await page.goto(origin);
      await page.waitForSelector("body[data-ready]", { state: "attached" });
      assert.deepEqual((await call("checkIfSessionValid")).result, { accessTokenIsValid: false });
      await page.evaluate(() => void window.login());
      await page.waitForURL(`${emulator.url}/**`);
      await page.waitForSelector("#password");
      assert.deepEqual(problems, []);
    });

    assert.deepEqual(ann.problems, []);
  });
}
