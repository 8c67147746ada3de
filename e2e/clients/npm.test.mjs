// The client for JavaScript (clients/npm), against the real program.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { Cinchy, CinchyError, Emulator, fixture } from "../../clients/npm/index.mjs";
import { signIn, storageState } from "../../clients/npm/playwright.mjs";
import { createDatabase, databases, demo } from "../support/emulator.mjs";

if (process.env.E2E_BINARY) process.env.CINCHY_EMULATOR = process.env.E2E_BINARY;
const EMPLOYEES = "/API/HR/Employees";

/** What is tested: it calls the platform twice. */
async function app(url, token) {
  const call = () => fetch(`${url}${EMPLOYEES}`, { headers: { authorization: `Bearer ${token}` } });
  return [(await call()).status, (await call()).status];
}

for (const kind of databases)
  test(`everything in a few lines, ${kind}`, async (t) => {
    const own = kind === "PostgreSQL" ? createDatabase() : null;
    if (own) t.after(own.drop);
    const cinchy = await Emulator.start({ database: own?.url });
    await cinchy.seed({ users: [{ username: "zoe", password: "zoe-12345" }] });
    const expired = await cinchy.token("demo-app", "zoe", { defect: "expired" });
    await cinchy.fault("401-once").on("/API/HR/*").add();
    await cinchy.clock.advance("1h");
    const statuses = await app(cinchy.url, expired);
    const calls = await cinchy.journal({ path: "/API/HR/*" }).expect(2).within("5s");
    await cinchy.reset();
    await assert.rejects(cinchy.token("demo-app", "zoe"), /zoe/);
    assert.deepEqual(await app(cinchy.url, await cinchy.token("demo-app", "ann")), [200, 200]);
    await cinchy.stop();
    assert.deepEqual(statuses, [401, 401]);
    assert.deepEqual(calls.map((call) => call.fault), ["401-once", null]);
    assert.match(calls[1].reason, /expired/);
  });

const shared = fixture({ beforeAll: before, afterEach, afterAll: after }, { seed: demo });

test("faults and their counts", async () => {
  const { cinchy } = shared;
  const token = await cinchy.token("demo-app", "ann");
  await cinchy.fault("mine").on(EMPLOYEES).for({ user: "ann" }).skip(1).times(2).status(418, { short: true }).add();
  const found = [];
  for (let n = 0; n < 4; n++) found.push((await cinchy.fetch(EMPLOYEES, { token })).status);
  assert.deepEqual(found, [200, 418, 418, 200]);
  assert.equal((await cinchy.faults())[0].remaining, 0);
  await cinchy.clearFaults();
  assert.deepEqual(await cinchy.faults(), []);
  await cinchy.fault("gone").on(EMPLOYEES).drop("mid_body").add();
  await assert.rejects(cinchy.fetch(EMPLOYEES, { token }).then((answer) => answer.text()));
});

test("the journal expects, and says what came instead", async () => {
  const { cinchy } = shared;
  await cinchy.fetch("/API/HR/Missing", { token: await cinchy.token("demo-app", "eve") });
  await assert.rejects(cinchy.journal({ query: "HR/*" }).expect(2).within("20ms"), /came 1:\s+GET \/API\/HR\/Missing -> 404/);
  await assert.rejects(cinchy.journal({ status: "4xx" }).expect(0).within("5s"), /came 1/);
  await cinchy.journal({ user: "bob" }).expect(0).within("20ms");
  await cinchy.journal().clear();
  assert.deepEqual(await cinchy.journal().entries(), []);
});

test("a reset takes everything back", async () => {
  const { cinchy } = shared;
  const before = (await cinchy.info()).counts;
  await cinchy.seed({ users: [{ username: "zoe", password: "zoe-12345" }] });
  assert.equal((await cinchy.info()).counts.users, before.users + 1);
  await cinchy.reset();
  assert.deepEqual((await cinchy.info()).counts, before);
  await assert.rejects(cinchy.token("demo-app", "zoe"), (error) => error instanceof CinchyError && error.status === 404 && /zoe/.test(error.message));
});

test("a platform that runs already, with its control token", async (t) => {
  const emulator = await Emulator.start({ args: ["--control-token", "sesame"] });
  t.after(() => emulator.stop());
  await Cinchy.connect(emulator.url, { controlToken: "sesame" }).info();
  await assert.rejects(Cinchy.connect(emulator.url).info(), { status: 401 });
  await emulator.reset();
});

test("browsers that are signed in", async () => {
  const { cinchy } = shared;
  const who = { client: "demo-app", user: "ann" };
  const state = await storageState(cinchy, { origin: "http://localhost:4200", ...who });
  const kept = Object.fromEntries(state.origins[0].localStorage.map(({ name, value }) => [name, value]));
  assert.equal((await cinchy.fetch(EMPLOYEES, { token: kept.access_token })).status, 200);
  assert.equal(JSON.parse(kept.id_token_claims_obj).aud, "demo-app");
  let argument;
  await signIn({ addInitScript: async (_, given) => (argument = given) }, cinchy, who);
  assert.ok(argument.entries.access_token);
});

test("a program that cannot be started is named", async () => {
  await assert.rejects(Emulator.start({ program: "/nowhere/cinchy-emulator" }), /CINCHY_EMULATOR/);
  await assert.rejects(Emulator.start({ seed: "/nowhere.yaml" }), /nowhere\.yaml/);
});
