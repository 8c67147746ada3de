// A person at the console: a browser of their own, the way in through the identity server, and what no page may do to them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Passwords of the demo. */
const passwords = { admin: "cinchy", ann: "ann-demo-1", bob: "bob-demo-1", eve: "eve-demo-1" };

/**
 * A page in a browser context of its own. `page.complaints` holds what the browser said about our pages: errors of scripts,
 * what the content policy stopped, dialogs, which nothing of ours opens.
 */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.complaints = [];
  const complain = (text) => page.complaints.push(`${page.url()}: ${text}`);
  page.on("pageerror", (error) => complain(error.message));
  page.on("dialog", async (dialog) => {
    complain(`a dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on("console", (message) => {
    // A page whose own status is 4xx is said there too.
    const own = message.location().url === page.url() && /^Failed to load resource/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !own) complain(message.text());
  });
  return page;
}

/** Signs in where the console sends a stranger to, and waits for the page that was asked for. */
export async function signIn(page, emulator, username, { at = "/admin", password = passwords[username] } = {}) {
  await page.goto(emulator.url + at);
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await page.waitForURL(emulator.url + at);
}

/** Signed-in pages of one emulator; each is a browser of its own, and who was there before need not sign in again. */
export function visitors(browser, emulator, options = {}) {
  const known = new Map();
  return async function as(username, more = {}) {
    const state = known.get(username);
    const page = await open(browser, { ...options, ...more, storageState: state });
    if (!state) {
      await signIn(page, emulator, username);
      known.set(username, await page.context().storageState());
    }
    return page;
  };
}

/** What axe-core finds on the page as it stands, by all of its rules or by these, one line each. */
export async function violations(page, rules) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const found = await page.evaluate(async (rules) => {
    const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
    const { violations } = await window.axe.run(document, options);
    return violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => `${node.target}: ${node.failureSummary}`).join(" | ")}`);
  }, rules);
  return found.map((text) => `${page.url()}: ${text}`);
}

/** Nothing on the page is wider than the window, so that nobody has to scroll to both sides. */
export async function assertFits(page) {
  const wide = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return null;
    const wider = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1);
    return `${document.documentElement.scrollWidth} > ${width}: ${wider.slice(0, 4).map((e) => `${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 30)}`).join(" | ")}`;
  });
  assert.equal(wide, null, page.url());
}

/** An answer of the web API to a bearer. */
export async function call(emulator, path, token) {
  const answer = await fetch(`${emulator.url}${path}`, { method: "POST", headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, body: await answer.text() };
}

/** The answer of the token endpoint to a user's password. */
export async function passwordGrant(emulator, client_id, client_secret, username, password = passwords[username]) {
  const answer = await fetch(`${emulator.ssoUrl}/identity/connect/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "password", scope: "js_api openid id", client_id, client_secret, username, password }),
  });
  return { status: answer.status, ...(await answer.json()) };
}
