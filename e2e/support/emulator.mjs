// An emulator for a test: the debug binary on a free port, with a database of its own.
//
//   for (const database of databases) {
//     test(`on ${database}`, async (t) => {
//       const emulator = await startEmulator(t, { database, seeds: [demo, { queries: [...] }] });
//       await fetch(`${emulator.url}/API/HR/Employees`, { headers: await emulator.bearer("ann", "ann-demo-1") });
//     });
//   }

import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const binary = process.env.E2E_BINARY ?? join(root, "target/debug/cinchy-emulator");

/** The built-in demo as a file: give it first to add to it. */
export const demo = join(root, "crates/cinchy-seed/demo.yaml");

/** SQLite, and PostgreSQL where TEST_DATABASE_URL names a server. */
export const databases = process.env.TEST_DATABASE_URL ? ["SQLite", "PostgreSQL"] : ["SQLite"];

/**
 * Starts an emulator that ends with the test `t` (anything with an `after`).
 *
 * `seeds`: paths of seed files, or objects that are written as seeds; left out: the demo. `args`: further options of `serve`.
 */
export async function startEmulator(t, { database = "SQLite", seeds = [], args = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "cinchy-e2e-"));
  const files = seeds.map((seed, n) => {
    if (typeof seed === "string") return seed;
    const file = join(folder, `seed-${n}.json`);
    writeFileSync(file, JSON.stringify(seed));
    return file;
  });
  const own = database === "PostgreSQL" ? createDatabase() : null;
  const locator = join(folder, "locator.json");
  const options = ["serve", "--listen", "127.0.0.1:0", "--locator", locator, ...files.flatMap((file) => ["--seed", file]), ...args];
  if (own) options.push("--database", own.url);
  const child = spawn(binary, options, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (text) => (log += text));
  const exited = once(child, "exit");
  t.after(async () => {
    child.kill("SIGTERM");
    await exited;
    own?.drop();
    rmSync(folder, { recursive: true, force: true });
  });
  // The locator appears, whole, when the emulator is ready.
  while (!existsSync(locator)) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the emulator did not start:\n${log}`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
  const ready = JSON.parse(readFileSync(locator, "utf8"));

  /** An access token by the password grant. */
  async function token(username = ready.username, password = ready.password) {
    const answer = await fetch(`${ready.ssoUrl}/identity/connect/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "password",
        scope: "js_api openid id",
        client_id: ready.clientId,
        client_secret: ready.clientSecret,
        username,
        password,
      }),
    });
    if (!answer.ok) throw new Error(`no token for ${username}: ${answer.status} ${await answer.text()}`);
    return await answer.json();
  }

  return {
    ...ready,
    process: child,
    /** What it wrote to its log so far. */
    log: () => log,
    token,
    /** The header of a call by this user. */
    async bearer(username, password) {
      return { authorization: `Bearer ${(await token(username, password)).access_token}` };
    },
  };
}

/** A new database on the server for tests. */
/** A new database on the server of TEST_DATABASE_URL. */
export function createDatabase() {
  const server = process.env.TEST_DATABASE_URL;
  const name = `cinchy_e2e_${randomBytes(6).toString("hex")}`;
  const run = (sql) => {
    const done = spawnSync("psql", ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", `--command=${sql}`, server], { encoding: "utf8" });
    if (done.status !== 0) throw new Error(`psql: ${done.error ?? done.stderr}`);
  };
  run(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => run(`drop database ${name} with (force)`) };
}
