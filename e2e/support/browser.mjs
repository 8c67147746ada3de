// Headless Chromium, and an app of a test on an origin of its own.

import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";

import { build } from "esbuild";
import jsrsasign from "jsrsasign";
import { chromium } from "playwright-core";

/** Debian's browser, or what E2E_CHROMIUM names. */
function executable() {
  if (process.env.E2E_CHROMIUM) return process.env.E2E_CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    const found = spawnSync("which", [name], { encoding: "utf8" });
    if (found.status === 0) return found.stdout.trim();
  }
  throw new Error("no Chromium: install it (Debian: apt-get install chromium) or set E2E_CHROMIUM");
}

/** A browser that ends with the test `t`. Each test asks it for a context of its own. */
export async function startBrowser(t) {
  const launch = () =>
    chromium.launch({
      executablePath: executable(),
      // Chromium's sandbox refuses to run as root.
      chromiumSandbox: process.getuid() !== 0,
    });
  // On a busy machine it ends now and then before it has begun.
  const browser = await launch().catch(launch);
  t.after(() => browser.close());
  return browser;
}

/** A certificate for `localhost` that nobody vouches for, and its key. */
function selfSigned() {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const certificate = new jsrsasign.KJUR.asn1.x509.Certificate({
    version: 3,
    serial: { int: 1 },
    issuer: { str: "/CN=localhost" },
    subject: { str: "/CN=localhost" },
    notbefore: "20200101000000Z",
    notafter: "20991231235959Z",
    sbjpubkey: publicKey,
    ext: [{ extname: "subjectAltName", array: [{ dns: "localhost" }] }],
    sigalg: "SHA256withRSA",
    cakey: privateKey,
  });
  return { key: privateKey, cert: certificate.getPEM() };
}

/** One script for browsers out of a module and all that it imports. */
export async function bundle(entry) {
  const built = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    // Angular's zones do not see native `async`.
    target: "es2016",
    mainFields: ["es2020", "es2015", "module", "main"],
    conditions: ["es2020", "es2015", "module"],
    logLevel: "error",
  });
  return built.outputFiles[0].text;
}

/**
 * Serves texts by path on a free port of `localhost`; an unknown path gets the page at `/`, as for apps of one page.
 * What is put into `pages` later is served as well.
 *
 * `scheme`: to a browser http and https are different sites, so an app stands where its identity server stands.
 */
export async function serve(t, pages, scheme = "http") {
  const answer = (request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const text = pages[path] ?? pages["/"];
    const type = path.endsWith(".js") ? "text/javascript" : path.endsWith(".json") ? "application/json" : "text/html";
    response.writeHead(200, { "content-type": `${type}; charset=utf-8`, "cache-control": "no-store" });
    response.end(text);
  };
  const server = scheme === "https" ? createSecureServer(selfSigned(), answer) : createServer(answer);
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  // The name, not the number: to a browser they are different sites.
  return `${scheme}://localhost:${server.address().port}`;
}
