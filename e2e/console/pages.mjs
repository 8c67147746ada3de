// Every page of the console and of the identity server, in a state that shows what it can.

import { open } from "./person.mjs";

/** Link targets of a list, by the text of the link. */
async function links(page, url) {
  await page.goto(url);
  return Object.fromEntries(await page.locator("main a").evaluateAll((all) => all.map((a) => [a.textContent.trim(), a.getAttribute("href")])));
}

/**
 * Calls `look(page, name)` at every page, one after the other. A page of the console is an administrator's; pages before the
 * sign-in have a browser without a session.
 */
export async function everyPage({ browser, emulator, as, options = {} }, look) {
  const stranger = await open(browser, options);
  const go = async (page, name, path) => {
    await page.goto(emulator.url + path);
    await look(page, name);
  };
  await go(stranger, "login", "/admin");
  await stranger.getByLabel("User name").fill("ann");
  await stranger.getByLabel("Password", { exact: true }).fill("wrong");
  await stranger.getByRole("button", { name: "Log in", exact: true }).click();
  await look(stranger, "login-refused");
  await go(stranger, "login-expired", "/admin");
  await stranger.getByRole("button", { name: "Expired" }).click();
  await look(stranger, "login-expired");
  await go(stranger, "change-password", "/account/changepassword");
  await go(stranger, "device", "/device");
  await go(stranger, "identity-error", "/connect/authorize?client_id=nobody&response_type=token&redirect_uri=http://localhost/&scope=openid");
  await go(stranger, "sign-in-failed", "/admin/signin?code=x&state=y");
  await go(stranger, "openapi", "/openapi");
  await go(stranger, "control-api", "/_emulator/docs");
  await stranger.context().close();

  const page = await as("admin", options);
  const tables = await links(page, `${emulator.url}/admin/tables`);
  const clients = await links(page, `${emulator.url}/admin/clients`);
  const queries = await links(page, `${emulator.url}/admin/queries`);
  const users = await links(page, `${emulator.url}/admin/users`);
  const groups = await links(page, `${emulator.url}/admin/groups`);
  const client = clients["demo-app"];
  const table = tables.Employees;
  const query = queries["Employees by Department"];
  for (const [name, path] of Object.entries({
    overview: "/admin",
    clients: "/admin/clients",
    "clients-none": "/admin/clients?q=nothing-like-it",
    client,
    "client-new": "/admin/clients/new",
    "client-redirects": clients["demo-spa"],
    evaluate: `${client}/evaluate`,
    "evaluate-token": `${client}/evaluate?user=2&scope=js_api&scope=OpenId`,
    secret: `${client}/secret`,
    users: "/admin/users",
    user: users.ann,
    "user-new": "/admin/users/new",
    groups: "/admin/groups",
    group: groups.Staff,
    "group-new": "/admin/groups/new",
    tables: "/admin/tables",
    "table-new": "/admin/tables/new",
    rows: table,
    "rows-none": `${table}?q=nothing-like-it`,
    "rows-found": `${table}?by=Salary&how=more&value=70&sort=-Salary&col=First+Name&col=Salary&col=Department&deleted=1`,
    row: `${table}/rows/2`,
    "row-new": `${table}/rows/new`,
    "row-history": `${table}/rows/2/history`,
    paste: `${table}/paste`,
    design: `${table}/design`,
    entitlements: `${table}/access`,
    queries: "/admin/queries",
    query,
    "query-new": "/admin/queries/new",
    "query-versions": `${query}/history`,
    tokens: "/admin/settings/tokens",
    health: "/admin/health",
    requests: "/admin/requests",
    "requests-none": "/admin/requests?path=nothing-like-it",
    emulator: "/admin/emulator",
    "emulator-reset": "/admin/emulator/confirm?act=reset",
    fidelity: "/admin/fidelity",
    "fidelity-cql": "/admin/fidelity/cql",
    "fidelity-saml": "/admin/fidelity/saml",
    "not-found": "/admin/nothing-like-it",
  })) await go(page, name, path);

  // Pages that a form leads to.
  const send = async (path, fields, button, name) => {
    await page.goto(emulator.url + path);
    for (const [label, text] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(text);
    await page.getByRole("button", { name: button, exact: true }).click();
    await look(page, name);
  };
  await send("/admin/clients/new", { "Client Name": "Portal", "Access Token Lifetime (seconds)": "soon" }, "Register client", "client-wrong");
  await send(`${client}/evaluate?user=2&scope=js_api`, {}, "Mint this token", "evaluate-minted");
  await page.getByRole("button", { name: "Run with this token" }).click();
  await page.getByRole("region", { name: "Answer", exact: true }).waitFor();
  await look(page, "evaluate-run");
  await send(`${table}/rows/new`, {}, "Add row", "row-wrong");
  await send(`${table}/paste`, { Rows: "First Name\tSalary\nMo\t10\n\tmuch\n" }, "Check", "paste-wrong");
  await send(`${table}/paste`, { Rows: "First Name\tSalary\nMo\t10\n" }, "Check", "paste-right");
  await send(query, { "@department": "Product" }, "Run", "query-result");
  await send("/admin/queries/new", { CQL: "SELECT [First Name]\nFROM [HR].[Employes]" }, "Run", "query-wrong");
  await page.goto(`${emulator.url}/admin/requests`);
  await page.getByRole("link", { name: /^Request \d+, POST/ }).first().click();
  await look(page, "request");
  await send("/admin/emulator", { "New snapshot": "before" }, "Take it", "emulator-snapshot");
  await go(page, "emulator-changes", "/admin/emulator/diff?from=before");
  await send("/admin/settings/tokens", { Name: "Nightly export" }, "Generate new token", "token-made");
  await send("/admin/clients", {}, "Disable demo-service", "clients-disabled");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: /Administrator/ }).click();
  await look(page, "account-menu");
  await page.goto(emulator.url + users.eve);
  await page.getByRole("button", { name: "View data as this user" }).click();
  await look(page, "viewing-as");
  await page.goto(`${emulator.url}/admin/clients`);
  await look(page, "viewing-as-refused");
  await page.getByRole("button", { name: "Stop" }).click();

  const bob = await as("bob", options);
  await go(bob, "bob-overview", "/admin");
  await go(bob, "bob-clients", "/admin/clients");
  await go(bob, "bob-query", queries["My Profile"]);
  await go(bob, "logout", "/account/logout");
  await bob.getByRole("button", { name: "Log out" }).click();
  await look(bob, "logged-out");
  const complaints = [...page.complaints, ...bob.complaints];
  await page.context().close();
  await bob.context().close();
  return complaints;
}
