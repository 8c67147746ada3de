// openid-client 6 from npm, strict as it comes: discovery, code with PKCE, password, refresh, introspection, revocation.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as client from "openid-client";

import { databases, startEmulator } from "../support/emulator.mjs";
import { signIn } from "./visitor.mjs";

const REDIRECT = "http://localhost:3000/callback";
const WEB = ["demo-web", "F9A36528-C179-4BF0-B3EC-DD5BCA774E94"];
const APP = ["demo-app", "23CAC040-86CA-4E55-8F64-8E99DE71C9FE"];
const SERVICE = ["demo-service", "4AB013BC-E5BA-4B6C-B610-4C198CAAE448"];

// Plain http is all that is relaxed.
const local = { execute: [client.allowInsecureRequests] };

for (const database of databases) {
  test(`openid-client on ${database}`, async (t) => {
    const emulator = await startEmulator(t, { database });
    const discover = (mount, [id, secret], how = client.ClientSecretPost(secret)) =>
      client.discovery(new URL(`${emulator.ssoUrl}${mount}`), id, secret, how, local);

    await t.test("discovery: the issuer of every mount is its address", async () => {
      for (const mount of ["", "/idp", "/cinchysso", "/cinchyssocore"]) {
        const config = await discover(mount, WEB);
        assert.equal(config.serverMetadata().issuer, `${emulator.ssoUrl}${mount}`);
        assert.equal(config.serverMetadata().supportsPKCE(), true);
      }
    });

    await t.test("code with PKCE, id_token, userinfo, refresh with rotation, revocation", async () => {
      const config = await discover("/cinchysso", WEB, client.ClientSecretBasic(WEB[1]));
      const verifier = client.randomPKCECodeVerifier();
      const [state, nonce] = [client.randomState(), client.randomNonce()];
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: REDIRECT,
        scope: "openid id profile email js_api offline_access",
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state,
        nonce,
      });
      const back = await signIn(url, "ann", "ann-demo-1");
      assert.ok(back.href.startsWith(REDIRECT), back.href);
      const tokens = await client.authorizationCodeGrant(config, back, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      assert.equal(claims.aud, "demo-web");
      assert.deepEqual(claims.amr, ["pwd"]);
      const user = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
      assert.equal(user.id, "ann");
      const call = await fetch(`${emulator.url}/API/HR/Employees`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
      assert.equal(call.status, 200);
      // The code works once.
      await assert.rejects(
        client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce }),
        { error: "invalid_grant" },
      );
      // What the code led to is revoked by that.
      await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), { error: "invalid_grant" });
    });

    await t.test("refresh: each token works once, and reuse ends the family", async () => {
      const config = await discover("", APP);
      const first = await client.genericGrantRequest(config, "password", {
        username: "ann",
        password: "ann-demo-1",
        scope: "js_api openid offline_access",
      });
      const second = await client.refreshTokenGrant(config, first.refresh_token);
      assert.notEqual(second.refresh_token, first.refresh_token);
      await assert.rejects(client.refreshTokenGrant(config, first.refresh_token), { error: "invalid_grant" });
      await assert.rejects(client.refreshTokenGrant(config, second.refresh_token), { error: "invalid_grant" });
    });

    for (const mount of ["", "/idp", "/cinchysso", "/cinchyssocore"]) {
      for (const authentication of [client.ClientSecretPost, client.ClientSecretBasic]) {
        await t.test(`password at ${mount || "/"} by ${authentication.name}, and a call with the token`, async () => {
          const config = await discover(mount, APP, authentication(APP[1]));
          const tokens = await client.genericGrantRequest(config, "password", { username: "ann", password: "ann-demo-1", scope: "js_api" });
          assert.equal(tokens.expires_in, 3600);
          const answer = await client.fetchProtectedResource(config, tokens.access_token, new URL(`${emulator.url}/API/HR/Headcount`), "GET");
          assert.deepEqual((await answer.json()).data, [[10]]);
        });
      }
    }

    await t.test("password: a refusal has the documented text", async () => {
      const config = await discover("", APP);
      await assert.rejects(
        client.genericGrantRequest(config, "password", { username: "bob", password: "wrong", scope: "js_api" }),
        { error: "invalid_grant", error_description: "Invalid username or password" },
      );
    });

    await t.test("introspection and revocation", async () => {
      const config = await discover("", APP);
      const tokens = await client.genericGrantRequest(config, "password", {
        username: "ann",
        password: "ann-demo-1",
        scope: "js_api offline_access",
      });
      const known = await client.tokenIntrospection(config, tokens.access_token);
      assert.equal(known.active, true);
      assert.equal(known.client_id, "demo-app");
      await client.tokenRevocation(config, tokens.access_token);
      assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false);
      const call = await fetch(`${emulator.url}/API/HR/Employees`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
      assert.equal(call.status, 401);
      await client.tokenRevocation(config, tokens.refresh_token, { token_type_hint: "refresh_token" });
      await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), { error: "invalid_grant" });
    });

    await t.test("client credentials", async () => {
      const config = await discover("", SERVICE, client.ClientSecretBasic(SERVICE[1]));
      const tokens = await client.clientCredentialsGrant(config, { scope: "js_api" });
      assert.equal(tokens.token_type, "bearer");
      assert.equal(tokens.refresh_token, undefined);
    });
  });
}
