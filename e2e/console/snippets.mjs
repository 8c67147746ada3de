// The calls of a client's page, as they are copied: what can run here is run; of the others the addresses and values are taken and
// the calls made with them.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const python = fileURLToPath(new URL("../.venv/bin/python", import.meta.url));

/** What the string literals of a pattern hold: they are written as JSON. */
const literals = (text, pattern) => [...text.matchAll(pattern)].map((found) => found.slice(1).map((literal) => JSON.parse(literal)));

/** Runs all snippets of the client whose page is open; `password` is that of the signed-in user. */
export async function runSnippets(page, { client, secret, password, redirect }) {
  const snippet = async (name) => (await page.locator(`#snippet-${name}`).textContent()).replace("PASSWORD", password);

  for (const [name, command, ...options] of [
    ["curl", "bash", "-c"],
    ["javascript", "node", "--input-type=module", "-e"],
    ["python", python, "-c"],
  ]) {
    const text = await snippet(name);
    assert.ok(text.includes(client) && text.includes(secret), text);
    const said = execFileSync(command, [...options, text], { encoding: "utf8", timeout: 30_000, stdio: ["ignore", "pipe", "ignore"] });
    assert.match(said, /schema/, `${name}: ${said}`);
  }

  const dotnet = await snippet("dotnet");
  const fields = Object.fromEntries(literals(dotnet, /\[("[^"]+")\] = (".*"),/g));
  assert.deepEqual([fields.client_id, fields.client_secret, fields.grant_type], [client, secret, "password"]);
  const [[tokens], [rows]] = literals(dotnet, /("https?:.*?")/g);
  const granted = await fetch(tokens, { method: "POST", body: new URLSearchParams(fields) });
  assert.equal(granted.status, 200, dotnet);
  const { access_token } = await granted.json();
  assert.equal((await fetch(rows, { headers: { authorization: `Bearer ${access_token}` } })).status, 200, dotnet);

  const query = await snippet("powerquery");
  const [[csv]] = literals(query, /("https?:.*?")/g);
  const basic = Buffer.from(`${fields.username}:${password}`).toString("base64");
  const answer = await fetch(csv, { headers: { authorization: `Basic ${basic}` } });
  assert.deepEqual([answer.status, answer.headers.get("content-type").split(";")[0]], [200, "text/csv"], query);

  const angular = await snippet("angular");
  const config = Object.fromEntries([...angular.matchAll(/(\w+): (".*"),/g)].map(([, name, value]) => [name, JSON.parse(value)]));
  const discovery = await (await fetch(`${config.authority}/.well-known/openid-configuration`)).json();
  assert.equal(discovery.issuer, config.authority);
  assert.deepEqual([config.clientId, config.redirectUri, config.cinchyRootUrl], [client, redirect, new URL(page.url()).origin]);
  for (const scope of config.scope.split(" ")) assert.ok(discovery.scopes_supported.includes(scope), scope);
}
