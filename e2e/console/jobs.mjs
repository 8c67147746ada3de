// What people come to the console for, one function for each job: with and without scripts, on either database.
//
// `as(user)` gives a signed-in page, `mark` makes names of this run, `scripted` says whether scripts run.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { call, open, passwordGrant, signIn, violations } from "./person.mjs";
import { runSnippets } from "./snippets.mjs";
import { cell, fill, follow, go, heading, openTable, press, told } from "./steps.mjs";

export async function registerAClient({ as, emulator, mark, scripted }) {
  const page = await as("admin");
  await page.goto(`${emulator.url}/admin`);
  await go(page, "Integrated Clients");
  await follow(page, "New client");

  // What is wrong stands beside its field, and what was typed is still there.
  await fill(page, "Client Name", `Client of ${mark}`);
  await fill(page, "Access Token Lifetime (seconds)", "soon");
  await page.getByLabel(/^Implicit/).check();
  await page.getByRole("textbox", { name: /^Permitted Login Redirect URLs/ }).fill("not an address");
  await press(page, "Register client");
  const trouble = page.getByRole("alert");
  assert.match(await trouble.textContent(), /Nothing was saved yet/);
  if (scripted) assert.equal(await trouble.evaluate((e) => e === document.activeElement), true);
  assert.equal(await page.getByLabel("Client Name", { exact: true }).inputValue(), `Client of ${mark}`);
  assert.equal(await page.getByLabel("Client Id", { exact: true }).getAttribute("aria-invalid"), "true");
  await trouble.getByRole("link").first().click();
  assert.match(page.url(), /#client_id$/);

  await fill(page, "Client Id", `app-${mark}`);
  await fill(page, "Access Token Lifetime (seconds)", "1800");
  await page.getByLabel(/^Implicit/).uncheck();
  await page.getByLabel(/^Resource Owner Password/).check();
  await page.getByRole("textbox", { name: /^Permitted Login Redirect URLs/ }).fill("");
  for (const scope of [/^OpenId/, /^Id /, /^js_api/]) await page.getByRole("checkbox", { name: scope }).check();
  await press(page, "Register client");
  await told(page, /The client is registered/);

  // The secret was made with it.
  await page.getByText("Show the secret").click();
  const secret = await page.locator("#secret-value").textContent();
  assert.match(secret, /\S{20,}/);
  assert.ok(await page.locator("#secret-value").isVisible());
  if (scripted) {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.locator(".secret-line").getByRole("button", { name: "Copy" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
  }
  await runSnippets(page, { client: `app-${mark}`, secret, password: "cinchy", redirect: "http://localhost:4200/" });

  // Its token, seen before any application asks, then minted and used.
  await follow(page, "Evaluate");
  await page.getByLabel("User", { exact: true }).selectOption({ label: "Ann Lee (ann)" });
  await page.getByLabel(/^js_api/).check();
  await press(page, "Show the token");
  assert.match(await page.getByRole("row", { name: /^client_id / }).textContent(), new RegExp(`app-${mark}`));
  assert.match(page.url(), /user=\d+/);
  assert.doesNotMatch(page.url(), /form_token/);
  await press(page, "Mint this token");
  const token = await page.getByRole("textbox", { name: "Minted token" }).inputValue();
  const answer = await call(emulator, "/API/HR/Headcount", token);
  assert.equal(answer.status, 200, answer.body);
  assert.deepEqual(JSON.parse(answer.body).data, [[10]]);

  // The same by the user's own password, and why somebody else is refused.
  const granted = await passwordGrant(emulator, `app-${mark}`, secret, "ann");
  assert.equal(granted.expires_in, 1800);
  const eve = await passwordGrant(emulator, `app-${mark}`, secret, "eve");
  const path = "/API/HR/Employees%20by%20Department";
  assert.equal((await call(emulator, `${path}?%40department=Sales`, granted.access_token)).status, 200);
  assert.equal((await call(emulator, `${path}?%40department=Sales`, eve.access_token)).status, 403);

  // Another secret: the old one is refused.
  await follow(page, `Client of ${mark}`);
  await follow(page, "Regenerate…");
  await heading(page, /^Replace the secret/);
  await press(page, "Replace the secret");
  await told(page, /has a new secret/);
  assert.equal((await passwordGrant(emulator, `app-${mark}`, secret, "ann")).error, "invalid_client");

  // Off and on, away and back, from the table of clients.
  await go(page, "Integrated Clients");
  await fill(page, "Search", `app-${mark}`);
  await press(page, "Find");
  await press(page, `Disable app-${mark}`);
  await told(page, /is disabled/);
  assert.equal((await call(emulator, "/API/HR/Headcount", token)).status, 401);
  await press(page, "Undo");
  await told(page, /is enabled/);
  assert.equal((await call(emulator, "/API/HR/Headcount", token)).status, 200);
  await press(page, `Delete app-${mark}`);
  await told(page, /was deleted/);
  await press(page, "Undo");
  await told(page, /is back/);
  await page.getByRole("link", { name: `Duplicate app-${mark}` }).click();
  assert.notEqual(await page.getByLabel("Client Id", { exact: true }).inputValue(), `app-${mark}`);
  await fill(page, "Client Id", `copy-${mark}`);
  await press(page, "Register client");
  await told(page, /The client is registered/);
  await page.getByText("Show the secret").click();
  assert.notEqual(await page.locator("#secret-value").textContent(), secret);
  return page;
}

export async function lookAfterUsers({ as, browser, emulator, mark }) {
  const page = await as("admin");
  await page.goto(`${emulator.url}/admin`);
  await go(page, "Users");
  await follow(page, "New user");
  await fill(page, "Username", "ann");
  await fill(page, "Password", `pass-${mark}-1`);
  await press(page, "Make user");
  assert.match(await page.locator("#username-wrong").textContent(), /\S/);
  await fill(page, "Username", `zoe-${mark}`);
  await fill(page, "Password", `pass-${mark}-1`);
  await fill(page, "First Name", "Zoe");
  await press(page, "Make user");
  await told(page, /can sign in now/);
  const zoe = page.url().split("?")[0];

  // Into a group of her own, inside which are others.
  await go(page, "Groups");
  await follow(page, "New group");
  await fill(page, "Name", `Crew ${mark}`);
  await fill(page, "Add users", `zoe-${mark}`);
  await page.getByLabel("Managers", { exact: true }).check();
  await press(page, "Make group");
  await told(page, /The group is there/);
  assert.match(await page.getByRole("main").textContent(), /through another one: Ann Lee/);
  await page.goto(zoe);
  await page.getByRole("link", { name: `Crew ${mark}` }).waitFor();

  const works = async (password) => "access_token" in (await passwordGrant(emulator, emulator.clientId, emulator.clientSecret, `zoe-${mark}`, password));
  assert.equal(await works(`pass-${mark}-1`), true);
  await fill(page, "New password", `pass-${mark}-2`);
  await press(page, "Set password");
  await told(page, /password is set/);
  assert.deepEqual([await works(`pass-${mark}-1`), await works(`pass-${mark}-2`)], [false, true]);

  // Locked by wrong passwords, unlocked here.
  for (let n = 0; n < 20 && !(await page.getByText(/locked since/).count()); n += 1) {
    await works("wrong");
    await page.reload();
  }
  assert.equal(await works(`pass-${mark}-2`), false);
  await press(page, "Unlock");
  await told(page, /unlocked/);
  assert.equal(await works(`pass-${mark}-2`), true);

  await press(page, "Disable");
  await told(page, /disabled/);
  assert.equal(await works(`pass-${mark}-2`), false);
  await press(page, "Enable");
  const other = await open(browser);
  await signIn(other, emulator, `zoe-${mark}`, { password: `pass-${mark}-2` });
  await other.getByRole("button", { name: /Zoe/ }).click();
  await other.getByRole("link", { name: "Sign out" }).click();
  await other.getByRole("button", { name: "Log out" }).click();
  await other.getByRole("heading", { name: "Logged out" }).waitFor();
  assert.deepEqual(other.complaints, []);
  await other.context().close();

  await press(page, "Delete");
  await told(page, /was deleted/);
  await press(page, "Undo");
  await told(page, /is back/);
  return page;
}

export async function personalAccessTokens({ as, emulator, mark, scripted }) {
  const page = await as("ann");
  await page.goto(`${emulator.url}/admin`);
  await page.getByRole("button", { name: /Ann Lee/ }).click();
  await follow(page, "Personal access tokens");
  await fill(page, "Name", `Script ${mark}`);
  await press(page, "Generate new token");
  const token = await page.locator("#fresh").textContent();
  if (scripted) {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.locator(".fresh").getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), token);
  }
  assert.equal((await call(emulator, "/API/HR/Headcount", token)).status, 200);
  // It is shown once.
  await page.goto(`${emulator.url}/admin/settings/tokens`);
  assert.equal((await page.content()).includes(token), false);
  await press(page, `Delete the token Script ${mark}`);
  await told(page, /was deleted/);
  assert.equal((await call(emulator, "/API/HR/Headcount", token)).status, 401);
  return page;
}

export async function rowsOfATable({ as, emulator, mark, scripted }) {
  const page = await as("ann");
  await page.goto(`${emulator.url}/admin`);
  await openTable(page, "Departments");
  await follow(page, "New row");
  await cell(page, "Budget").fill("a lot");
  await press(page, "Add row");
  assert.match(await page.getByRole("main").textContent(), /Name must not be empty.*“a lot” is not a number/s);
  await cell(page, "Name").fill(`Research ${mark}`);
  await cell(page, "Budget").fill("12.5");
  await press(page, "Add row");
  await told(page, /The row is there/);
  await cell(page, "Code").fill("R1");
  await press(page, "Save");
  await told(page, /Saved as a new version/);
  await follow(page, "History");
  assert.deepEqual(await page.locator("mark").allTextContents(), ["R1"]);
  await follow(page, "Back to the row");
  const row = page.url().match(/rows\/(\d+)/)[1];

  await follow(page, "Rows");
  await page.getByRole("combobox", { name: "Column" }).selectOption("Name");
  await page.getByRole("combobox", { name: "Condition" }).selectOption({ label: "is" });
  await page.getByRole("textbox", { name: "Value" }).fill(`Research ${mark}`);
  await press(page, "Find");
  assert.equal(await page.getByRole("row").count(), 2);
  await press(page, `Delete row ${row}`);
  await told(page, /was deleted/);
  await press(page, "Undo");
  await told(page, /is back/);
  if (scripted) await changeACell(page, `Research ${mark}`);

  // Words are found in any case, and signs are only signs.
  const found = async (text) => {
    await follow(page, "Rows");
    await fill(page, "Search", text);
    await press(page, "Find");
    assert.equal(await page.getByRole("alert").count(), 0, text);
    return await page.getByRole("row").count() - 1;
  };
  assert.equal(await found(`rESEARCH ${mark}`.toUpperCase()), 1);
  for (const text of ["%", "R_search", "[R]", "'{0} @x !"]) assert.ok((await found(text)) <= 0, text);

  // A link shows what it goes to, offers rows that fit, and leads there; with scripts after a look.
  await openTable(page, "Employees");
  const link = page.getByRole("row", { name: /Bob Stone/ }).first().getByRole("link", { name: "Sales" });
  await link.click();
  if (scripted) {
    const look = page.getByRole("dialog", { name: "Linked row" });
    assert.match(await look.textContent(), /Sales/);
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press("Escape");
    await look.waitFor({ state: "hidden" });
    await link.click();
    await look.getByRole("link", { name: "Open the row" }).click();
  }
  assert.equal(await cell(page, "Name").inputValue(), "Sales");
  await page.goBack();
  await page.getByRole("link", { name: "Row 2", exact: true }).click();
  assert.match(await cell(page, "Department").inputValue(), /^\d+ · Sales$/);
  assert.match(await cell(page, "Skills").inputValue(), /^\d+ · SQL$/);
  await cell(page, "Department").fill(`Research ${mark}`);
  await press(page, "Save");
  await told(page, /Saved/);
  assert.match(await cell(page, "Department").inputValue(), new RegExp(`^\\d+ · Research ${mark}$`));
  await cell(page, "Department").fill("Sales");
  await press(page, "Save");
  await told(page, /Saved/);
  return page;
}

/** Changes a cell where it stands; what does not fit is said and can be taken back. */
async function changeACell(page, name) {
  await follow(page, "Rows");
  const row = page.getByRole("row", { name });
  const field = page.getByRole("textbox", { name: "Budget" });
  await row.getByRole("gridcell", { name: "12.5", exact: true }).dblclick();
  await field.fill("13.5");
  await field.press("Enter");
  const changed = row.getByRole("gridcell", { name: "13.5", exact: true });
  await changed.dblclick();
  await field.fill("a lot");
  await field.press("Enter");
  await page.locator("input[aria-invalid=true]").waitFor();
  await field.press("Escape");
  await changed.waitFor();
}

export async function pasteAndExport({ as, emulator, mark }) {
  // Export Data is a right of its own, which ann has not.
  const page = await as("admin");
  await page.goto(`${emulator.url}/admin`);
  await openTable(page, "Departments");
  await follow(page, "Paste rows");
  await fill(page, "Rows", `Name\tBudget\tActive\nPasted ${mark}\t1\tYes\n\tx\tperhaps\n`);
  await press(page, "Check");
  assert.match(await page.getByRole("main").textContent(), /1 of 2 rows does not fit/);
  assert.match(await page.getByRole("row", { name: /perhaps/ }).textContent(), /Name.*Budget.*Active/s);
  assert.equal(await page.getByRole("button", { name: /^Add/ }).count(), 0);
  await fill(page, "Rows", `Name,Budget,Active\n"Pasted ${mark}",1,Yes\n"Also, ""${mark}""",2,No\n`);
  await press(page, "Check");
  await press(page, "Add 2 rows");
  await told(page, /2 rows were added/);
  await page.getByLabel("Search").fill(mark);
  await press(page, "Find");
  const [file] = await Promise.all([page.waitForEvent("download"), follow(page, "Export CSV")]);
  const text = readFileSync(await file.path(), "utf8");
  assert.match(text, new RegExp(`"Also, ""${mark}"""`));
  assert.match(text, new RegExp(`Pasted ${mark}`));
  return page;
}

export async function entitlements({ as, emulator, mark }) {
  const page = await as("admin");
  const eve = await as("eve");
  await eve.goto(`${emulator.url}/admin/tables`);
  await page.goto(`${emulator.url}/admin/tables/new`);
  await page.getByLabel("Domain", { exact: true }).selectOption("Website");
  await fill(page, "Name", `Plans ${mark}`);
  await fill(page, "Name of column 2", "Price");
  await page.getByLabel("Type of column 2").selectOption("Number");
  await press(page, "Make table");
  await told(page, /The table is there/);
  const table = page.url().split("?")[0];
  assert.equal((await eve.goto(table)).status(), 403);
  await follow(page, "Entitlements");
  await fill(page, "Users", "eve");
  await fill(page, "Viewable Row Filter", "[Nothing] = 1");
  await press(page, "Add");
  assert.match(await page.getByRole("alert").textContent(), /Nothing/);
  await fill(page, "Viewable Row Filter", "[Price] < 10");
  await press(page, "Add");
  await told(page, /holds from the next call on/);
  await page.goto(`${table}/paste`);
  await fill(page, "Rows", "Name,Price\nSmall,5\nLarge,50\n");
  await press(page, "Check");
  await press(page, "Add 2 rows");
  await eve.goto(table);
  assert.deepEqual([await eve.getByText("Small").count(), await eve.getByText("Large").count()], [1, 0]);
  assert.equal(await eve.getByRole("link", { name: "New row" }).count(), 0);

  // The same through the administrator's eyes.
  await page.goto(`${emulator.url}/admin`);
  await go(page, "Users");
  await follow(page, "eve");
  await press(page, "View data as this user");
  assert.match(await page.locator(".viewing").textContent(), /as Eve \(eve\) does/);
  await page.goto(table);
  assert.deepEqual([await page.getByText("Small").count(), await page.getByText("Large").count()], [1, 0]);
  await page.goto(`${emulator.url}/admin/clients`);
  await heading(page, "This is not yours to see");
  await press(page, "Stop");
  await page.goto(table);
  assert.equal(await page.getByText("Large").count(), 1);

  await follow(page, "Entitlements");
  await press(page, "Remove the entitlement of Eve (eve)");
  assert.equal((await eve.goto(table)).status(), 403);
  assert.deepEqual(eve.complaints, []);
  return page;
}

export async function savedQueries({ as, emulator, mark, scripted }) {
  const page = await as("admin");
  await page.goto(`${emulator.url}/admin`);
  await go(page, "Saved queries");
  await follow(page, "New query");
  await fill(page, "CQL", "SELECT [First Name]\nFROM [HR].[Employes]");
  await press(page, "Run");
  assert.match(await page.getByRole("alert").textContent(), /^Line 2: .*Employes/);
  if (scripted) {
    // Names are offered after a bracket, and taken by Enter.
    const editor = page.getByLabel("CQL", { exact: true });
    await editor.fill("");
    await editor.pressSequentially("SELECT [First Name] FROM [HR].[Empl");
    await page.getByRole("option", { name: "[HR].[Employees]" }).waitFor();
    await editor.press("Enter");
    assert.equal(await editor.inputValue(), "SELECT [First Name] FROM [HR].[Employees]");
  }
  await fill(page, "CQL", "SELECT [First Name], [Salary]\nFROM [HR].[Employees]\nWHERE [Deleted] IS NULL AND [Salary] > @least\nORDER BY [Salary] DESC");
  await press(page, "Run");
  await fill(page, "@least", "85");
  if (scripted) await page.getByLabel("CQL", { exact: true }).press("Control+Enter");
  else await press(page, "Run");
  await page.getByRole("heading", { name: "Result" }).waitFor();
  if (scripted) assert.equal(await page.getByRole("heading", { name: "Result" }).evaluate((e) => e === document.activeElement), true);
  assert.match(await page.getByRole("region", { name: "Rows of the result" }).textContent(), /Ann.*Gia.*Kim/s);
  assert.match(await page.getByRole("main").getByRole("status").textContent(), /^3 rows/);
  assert.equal(await page.getByRole("img", { name: /Salary/ }).count(), 1);
  await page.getByText("Plan: what the database gets").click();
  assert.match(await page.getByLabel("SQL", { exact: true }).textContent(), /select/i);

  await page.getByLabel("Domain", { exact: true }).selectOption("HR");
  await fill(page, "Name", `Paid well ${mark}`);
  await page.getByLabel("Staff", { exact: true }).check();
  await press(page, "Save");
  await told(page, /The query is saved/);
  const path = `/API/HR/Paid%20well%20${mark}?%40least=90`;
  const ask = async (user) => call(emulator, path, (await emulator.token(user, `${user}-demo-1`)).access_token);
  const bob = await ask("bob");
  assert.deepEqual([bob.status, JSON.parse(bob.body).data.length], [200, 2]);
  assert.equal((await ask("eve")).status, 403);

  await fill(page, "CQL", "SELECT [First Name] FROM [HR].[Employees] WHERE [Deleted] IS NULL AND [Salary] > @least");
  await page.getByText("Name, rights and format").click();
  await press(page, "Save");
  await told(page, /Saved/);
  await follow(page, "Versions");
  assert.equal(await page.getByRole("heading", { name: /^Version \d/ }).count(), 2);
  await page.goBack();
  await press(page, "Delete");
  assert.equal((await ask("bob")).status, 404);
  await press(page, "Undo");
  await told(page, /is back/);
  assert.equal((await ask("bob")).status, 200);
  return page;
}

/** Somebody without an administrator's rights sees what the entitlements give, and clear pages elsewhere. */
export async function anOrdinaryUser({ as, emulator }) {
  const page = await as("bob");
  await page.goto(`${emulator.url}/admin`);
  // The menu has what opens; an address that somebody was sent says why it does not.
  assert.equal(await page.locator("nav a[href$='/admin/clients'], nav a[href$='/admin/emulator']").count(), 0);
  assert.equal(await page.locator("nav a[href$='/admin/users']").count(), 1);
  await page.goto(`${emulator.url}/admin/clients`);
  await heading(page, "This is not yours to see");
  assert.match(await page.getByRole("main").textContent(), /Cinchy Administrators/);
  await go(page, "Users");
  assert.equal(await page.getByRole("link", { name: "New user" }).count(), 0);
  await openTable(page, "Departments");
  assert.equal(await page.getByRole("link", { name: "New row" }).count(), 0);
  // Two columns of his own row are his to change.
  await openTable(page, "Employees");
  await page.getByRole("link", { name: "Row 1", exact: true }).click();
  await cell(page, "Salary").fill("1");
  await press(page, "Save");
  assert.equal(await page.getByText("Saved as a new version").count(), 0);
  await openTable(page, "Employees");
  await page.getByRole("link", { name: "Row 2", exact: true }).click();
  const before = await cell(page, "Salary").inputValue();
  await cell(page, "Salary").fill(before === "81" ? "80" : "81");
  await press(page, "Save");
  await told(page, /Saved as a new version/);
  await go(page, "Saved queries");
  await follow(page, "My Profile");
  await press(page, "Run");
  assert.match(await page.getByRole("region", { name: "Rows of the result" }).textContent(), /Bob Stone/);
  assert.equal(await page.getByRole("button", { name: "Save" }).count(), 0);
  return page;
}

/** Somebody was refused: who, by what, and the button that mends it. */
export async function whySomebodyWasRefused({ as, emulator, scripted }) {
  const page = await as("admin");
  await page.goto(`${emulator.url}/admin/requests`);
  const { access_token } = await emulator.token("eve", "eve-demo-1");
  const ask = () => call(emulator, "/API/HR/Employees%20by%20Department?%40department=Sales", access_token);
  assert.equal((await ask()).status, 403);
  // The list follows what happens; without a script there is a link.
  if (!scripted) await follow(page, "Refresh");
  await page.getByRole("row", { name: /Employees by Department.*eve/ }).first().waitFor();
  await page.getByLabel("only refused").check();
  await press(page, "Find");
  await page.getByRole("link", { name: /Request \d+, POST .*Employees/ }).first().click();
  const why = page.getByRole("region", { name: "Why it was refused" });
  assert.match(await why.textContent(), /execute/i);
  assert.match(await page.getByRole("region", { name: "What is known" }).textContent(), /eve/);
  assert.equal((await page.content()).includes(access_token), false);
  for (const kind of ["curl", "Seed YAML", "Playwright", "pytest", "Rust"]) {
    const body = page.locator("details", { has: page.getByText(kind, { exact: true }) });
    assert.ok((await body.locator("code").first().textContent()).length > 40, kind);
  }
  await press(page, "Let eve execute the query");
  await told(page, /holds from the next call on/);
  // What is in the way next: eve sees three columns, and this query wants others.
  assert.match(await why.textContent(), /is among its Users With Execute Access.*may not view/s);
  assert.equal((await ask()).status, 400);
  return page;
}

/** The clock, faults, snapshots, keys and instances of the emulator. */
export async function theEmulatorItself({ as, emulator, mark }) {
  const page = await as("admin");
  await page.goto(`${emulator.url}/admin`);
  await go(page, "Emulator");
  const card = (name) => page.getByRole("region", { name, exact: true });
  const info = async () => (await fetch(`${emulator.url}/_emulator/info`)).json();

  await fill(page, "Move by", "soon");
  await press(page, "Move");
  await page.getByRole("alert").waitFor();
  await fill(page, "Move by", "2h");
  await press(page, "Move");
  const moved = new Date((await info()).clock.now) - Date.now();
  assert.ok(moved > 7_000_000 && moved < 7_400_000, String(moved));
  await press(page, "Stop there");
  assert.equal((await info()).clock.mode, "frozen");
  await press(page, "Back to the machine's time");
  assert.equal((await info()).clock.mode, "real");

  await page.getByLabel(/^401-once/).check();
  await card("Faults").getByRole("button", { name: "Arm it" }).first().click();
  const { access_token } = await emulator.token("ann", "ann-demo-1");
  const statuses = [];
  for (let n = 0; n < 2; n += 1) statuses.push((await call(emulator, "/API/HR/Headcount", access_token)).status);
  assert.deepEqual(statuses, [401, 200]);

  await fill(page, "New snapshot", `before-${mark}`);
  await press(page, "Take it");
  await as("ann").then(async (ann) => {
    await ann.goto(`${emulator.url}/admin`);
    await openTable(ann, "Skills");
    await follow(ann, "New row");
    await cell(ann, "Name").fill(`Juggling ${mark}`);
    await press(ann, "Add row");
    await ann.context().close();
  });
  const copy = card("Snapshots").getByRole("row", { name: new RegExp(`^before-${mark}`) });
  await copy.getByRole("link").filter({ hasText: "Compare" }).click();
  assert.match(await page.getByRole("main").textContent(), new RegExp(`HR.Skills.*added.*Juggling ${mark}`, "s"));
  await go(page, "Emulator");
  await copy.getByRole("link").filter({ hasText: "Restore" }).click();
  await page.getByRole("main").getByRole("button").last().click();
  const skills = await call(emulator, "/API/ExecuteCQL?Query=SELECT%20[Name]%20FROM%20[HR].[Skills]", access_token);
  assert.equal(skills.body.includes("Juggling"), false, skills.body);

  await fill(page, "New instance", `shop-${mark}`);
  await press(page, "Make it");
  await card("Instances").getByRole("link", { name: new RegExp(`/i/shop-${mark}$`) }).waitFor();
  await card("Instances").getByRole("row", { name: new RegExp(`^shop-${mark}`) }).getByRole("link").filter({ hasText: "Drop" }).click();
  await page.getByRole("main").getByRole("button").last().click();
  assert.equal(await card("Instances").getByRole("link", { name: new RegExp(`/i/shop-${mark}$`) }).count(), 0);
  return page;
}
