// The main jobs by keyboard alone: where the focus is can be seen at every step, and it stays where it is of use.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startBrowser } from "../support/browser.mjs";
import { databases, startEmulator } from "../support/emulator.mjs";
import { assertFits, open, visitors, violations } from "./person.mjs";

/** What has the focus, and whether one can see it. */
const focused = (page) =>
  page.evaluate(() => {
    const e = document.activeElement;
    const name = e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? e.textContent;
    const { outlineStyle, outlineWidth } = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    const [x, y] = [box.left + Math.min(box.width, innerWidth) / 2, box.top + box.height / 2];
    const there = document.elementFromPoint(x, y);
    return {
      name: name.trim().replace(/\s+/g, " "),
      outlined: outlineStyle !== "none" && parseFloat(outlineWidth) > 0,
      // Nothing stands in front of it; of what is higher than a button a part is enough.
      seen: box.height > 120 || (there !== null && (e.contains(there) || there.contains(e) || [...(e.labels ?? [])].some((label) => label.contains(there)))),
    };
  });

/** Presses Tab until something of this name has the focus. */
async function tabTo(page, name) {
  const passed = [];
  for (let n = 0; n < 120; n += 1) {
    await page.keyboard.press("Tab");
    const now = await focused(page);
    // Beyond the last element is the browser's own bar.
    if (await page.evaluate(() => document.activeElement === document.body)) continue;
    assert.ok(now.outlined, `no outline around "${now.name}" at ${page.url()}`);
    assert.ok(now.seen, `"${now.name}" is hidden at ${page.url()}`);
    if (typeof name === "string" ? now.name === name : name.test(now.name)) return;
    passed.push(now.name.slice(0, 40));
  }
  assert.fail(`Tab does not lead to ${name} at ${page.url()}: ${passed.join(", ")}`);
}

/** Presses a key that leads to another page, and waits for that. */
async function leave(page, key) {
  await Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);
}

for (const database of databases) {
  test(`from a client to why somebody is refused, by keyboard alone on ${database}`, async (t) => {
    const emulator = await startEmulator(t, { database });
    const browser = await startBrowser(t);
    const page = await open(browser);
    await page.goto(`${emulator.url}/admin`);
    assert.equal((await focused(page)).name, "User name");
    await page.keyboard.type("admin");
    await page.keyboard.press("Tab");
    await page.keyboard.type("cinchy");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${emulator.url}/admin`);

    await page.keyboard.press("Tab");
    const skip = await page.evaluate(() => [document.activeElement.textContent, document.activeElement.getBoundingClientRect().top >= 0]);
    assert.deepEqual(skip, ["Skip to content", true]);
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await tabTo(page, /Register an application and get its secret/);
    await leave(page, "Enter");
    await leave(page, "n");
    await tabTo(page, "Client Id");
    await page.keyboard.type("by-keys");
    for (const choice of [/^Resource Owner Password/, /^OpenId/, /^js_api/]) {
      await tabTo(page, choice);
      if (!(await page.evaluate(() => document.activeElement.checked))) await page.keyboard.press("Space");
    }
    await tabTo(page, "Register client");
    await leave(page, "Enter");
    assert.match((await focused(page)).name, /The client is registered/);
    await tabTo(page, "Show the secret");
    await page.keyboard.press("Enter");
    assert.ok(await page.locator("#secret-value").isVisible());

    await tabTo(page, "Evaluate");
    await leave(page, "Enter");
    const run = async (user, query, value, answered) => {
      await tabTo(page, "User");
      await page.keyboard.type(user);
      await tabTo(page, "Mint this token");
      await leave(page, "Enter");
      await tabTo(page, "Saved query");
      await page.keyboard.type(query);
      await tabTo(page, "Address");
      await page.keyboard.press("End");
      await page.keyboard.type(value);
      await page.keyboard.press("Enter");
      const answer = page.getByRole("region", { name: "Answer", exact: true });
      await answer.waitFor();
      assert.equal((await focused(page)).name, "Answer");
      assert.match((await answer.innerText()).replace(/\s+/g, " "), answered);
    };
    await run("Ann", "HR.Employees b", "Sales", /^200 .*Bob Stone/);
    await run("Eve", "HR.Employees b", "Sales", /^403 /);
    await tabTo(page, "Find out why");
    await leave(page, "Enter");
    await tabTo(page, /^Request \d+, GET .*Employees/);
    await leave(page, "Enter");
    const why = page.getByRole("region", { name: "Why it was refused" });
    assert.match(await why.innerText(), /eve.*Employees by Department/is);
    await tabTo(page, "Let eve execute the query");
    await leave(page, "Enter");
    assert.match((await focused(page)).name, /holds from the next call on/);
    assert.deepEqual(page.complaints.filter((text) => !/status of 403/.test(text)), []);
  });
}

test("jobs by keyboard alone", async (t) => {
  const emulator = await startEmulator(t);
  const browser = await startBrowser(t);
  const as = visitors(browser, emulator);

  await t.test("find, delete and undo: the focus stays with the work", async () => {
    const page = await as("admin");
    await page.goto(`${emulator.url}/admin/clients`);
    await page.keyboard.press("/");
    await page.keyboard.type("demo-sp");
    await leave(page, "Enter");
    assert.equal((await focused(page)).name, "Search");
    // Choosing by arrow keys finds nothing until one says so.
    await tabTo(page, /^State/);
    await page.keyboard.press("ArrowDown");
    assert.equal(new URL(page.url()).searchParams.get("state"), "");
    await tabTo(page, "Find");
    await leave(page, "Enter");
    assert.equal(new URL(page.url()).searchParams.get("state"), "enabled");
    assert.equal((await focused(page)).name, "Find");
    await tabTo(page, "Delete demo-spa");
    await leave(page, "Enter");
    assert.match((await focused(page)).name, /was deleted/);
    await page.keyboard.press("Tab");
    assert.equal((await focused(page)).name, "Undo");
    await leave(page, "Enter");
    assert.match((await focused(page)).name, /is back/);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  await t.test("a row, and a query that is wrong and then right", async () => {
    const page = await as("admin");
    await page.goto(`${emulator.url}/admin/tables`);
    await tabTo(page, "Skills");
    await leave(page, "Enter");
    await leave(page, "n");
    await tabTo(page, "Add row");
    await leave(page, "Enter");
    assert.match((await focused(page)).name, /must not be empty|another look|not saved/i);
    await tabTo(page, /^Name/);
    await page.keyboard.type("Typing");
    await tabTo(page, "Add row");
    await leave(page, "Enter");
    assert.match((await focused(page)).name, /The row is there/);

    await page.goto(`${emulator.url}/admin/queries/new`);
    await tabTo(page, "CQL");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("SELECT 1 + AS 'x'");
    await leave(page, "Control+Enter");
    assert.match((await focused(page)).name, /^Line 1/);
    await page.keyboard.press("Shift+Tab");
    assert.equal((await focused(page)).name, "CQL");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("SELECT 1 AS 'x'");
    await leave(page, "Control+Enter");
    assert.equal((await focused(page)).name, "Result");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  await t.test("cells of a table: arrow keys go, Enter and F2 change, Tab goes on, Escape takes back", async () => {
    const page = await as("admin");
    await page.goto(`${emulator.url}/admin/tables`);
    await tabTo(page, "Employees");
    await leave(page, "Enter");
    const keys = async (...all) => {
      for (const key of all) await page.keyboard.press(key);
    };
    /** The number of the row, the heading of the column, and the text of the cell that has the focus. */
    const where = () =>
      page.evaluate(() => {
        const cell = document.activeElement.closest("th, td");
        const head = cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
        return [cell.parentElement.dataset.row ?? "head", head.textContent.trim(), cell.textContent.trim()];
      });
    const saved = async (text) => page.locator("#live").filter({ hasText: text }).waitFor({ state: "attached" });

    // The grid is one stop of Tab.
    await tabTo(page, "Row 1");
    assert.deepEqual(await violations(page), []);
    await keys("ArrowDown", "ArrowRight");
    assert.deepEqual(await where(), ["2", "First Name", "Bob"]);
    await keys("Enter");
    assert.equal((await focused(page)).name, "First Name");
    assert.deepEqual(await violations(page), []);
    await page.keyboard.type("Robert");
    await keys("Escape");
    assert.deepEqual(await where(), ["2", "First Name", "Bob"]);
    await keys("F2");
    await page.keyboard.type("Rob");
    await keys("Tab");
    await saved("First Name saved");
    assert.equal((await focused(page)).name, "Last Name");
    await page.keyboard.type("Stone-Lee");
    await keys("Enter");
    await saved("Last Name saved");
    assert.deepEqual(await where(), ["2", "Last Name", "Stone-Lee"]);
    // What follows from both is shown anew.
    await page.locator("tr[data-row='2'] td", { hasText: "Rob Stone-Lee" }).waitFor();

    // What does not fit is said, stays to be mended, and can be taken back. What is chosen is chosen by keys.
    await keys("ArrowRight", "ArrowRight", "Enter");
    await page.keyboard.type("a lot");
    await keys("Enter");
    await page.locator("td .wrong").waitFor();
    assert.deepEqual(await violations(page), []);
    await keys("Escape");
    assert.deepEqual(await where(), ["2", "Salary", "80"]);
    while ((await where())[1] !== "Level") await keys("ArrowRight");
    await keys("F2", "ArrowDown", "Enter");
    await saved("Level saved");
    assert.deepEqual(await where(), ["2", "Level", "Lead"]);

    // A link is looked at by Enter and changed by F2.
    while ((await where())[1] !== "Department") await keys("ArrowRight");
    await keys("Enter");
    await page.getByRole("dialog", { name: "Linked row" }).waitFor();
    await keys("Escape");
    assert.deepEqual(await where(), ["2", "Department", "Sales"]);
    await keys("F2");
    await page.keyboard.type("Legal");
    await keys("Enter");
    await saved("Department saved");
    assert.deepEqual(await where(), ["2", "Department", "Legal"]);

    // Headings belong to the grid, Tab leaves it, and what was changed is stored.
    await keys("Home", "PageUp");
    assert.deepEqual(await where(), ["head", "Cinchy Id", "Cinchy Id"]);
    await leave(page, "Enter");
    assert.match(page.url(), /sort=-Cinchy%20Id/);
    const stored = await page.locator("tr[data-row='2']").textContent();
    for (const text of ["Rob", "Stone-Lee", "Lead", "Legal"]) assert.ok(stored.includes(text), `${text}: ${stored}`);
    await tabTo(page, "Row 12");
    await keys("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.closest("[role=grid]")), null);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  await t.test("menus open and close, the theme turns", async () => {
    const page = await as("admin", { viewport: { width: 320, height: 640 } });
    await page.goto(`${emulator.url}/admin/users`);
    await tabTo(page, "Menu");
    await page.keyboard.press("Enter");
    assert.ok(await page.getByRole("link", { name: "Tables" }).isVisible());
    await assertFits(page);
    await page.keyboard.press("Escape");
    assert.equal((await focused(page)).name, "Menu");
    await tabTo(page, /^Switch between/);
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await tabTo(page, /Administrator/);
    await page.keyboard.press("Enter");
    await tabTo(page, "Sign out");
    await page.keyboard.press("Escape");
    assert.match((await focused(page)).name, /Administrator/);
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await page.goto(`${emulator.url}/admin/tables`);
    await tabTo(page, "Employees");
    await leave(page, "Enter");
    await tabTo(page, "Columns");
    await page.keyboard.press("Enter");
    const choice = page.getByRole("checkbox", { name: /^Salary/ });
    assert.ok(await choice.isVisible());
    await page.keyboard.press("Tab");
    await page.keyboard.press("Escape");
    assert.ok(!(await choice.isVisible()));
    assert.equal((await focused(page)).name, "Columns");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
});
