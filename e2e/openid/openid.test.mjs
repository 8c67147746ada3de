// A general OpenID Connect library: it finds everything by discovery, and its token opens the web API.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as openid from "openid-client";

import { databases, startEmulator } from "../support/emulator.mjs";

for (const database of databases) {
  test(`openid-client on ${database}`, async (t) => {
    const emulator = await startEmulator(t, { database });
    const insecure = { execute: [openid.allowInsecureRequests] };
    const credentials = { username: emulator.username, password: emulator.password, scope: "js_api" };

    for (const mount of ["", "/idp", "/cinchysso", "/cinchyssocore"]) {
      for (const authentication of [openid.ClientSecretPost, openid.ClientSecretBasic]) {
        await t.test(`password grant at ${mount || "/"}, ${authentication.name}`, async () => {
          const issuer = new URL(emulator.ssoUrl + mount);
          const configuration = await openid.discovery(issuer, emulator.clientId, undefined, authentication(emulator.clientSecret), insecure);
          const tokens = await openid.genericGrantRequest(configuration, "password", credentials);
          assert.equal(tokens.expires_in, 3600);
          const answer = await openid.fetchProtectedResource(configuration, tokens.access_token, new URL(`${emulator.url}/API/HR/Headcount`), "GET");
          assert.deepEqual((await answer.json()).data, [[10]]);
        });
      }
    }

    await t.test("a wrong password is an OAuth error", async () => {
      const configuration = await openid.discovery(new URL(emulator.ssoUrl), emulator.clientId, emulator.clientSecret, undefined, insecure);
      await assert.rejects(openid.genericGrantRequest(configuration, "password", { ...credentials, password: "wrong" }), (error) => {
        assert.equal(error.error, "invalid_grant");
        assert.equal(error.status, 400);
        return true;
      });
    });
  });
}
