// What happens while somebody has a form open: the session ends, or somebody else is faster. Nothing typed is lost, and nothing is
// written over unseen.

import assert from "node:assert/strict";

import { open, signIn } from "./person.mjs";
import { cell, fill, follow, go, heading, openTable, press, told } from "./steps.mjs";

export async function aSessionThatEndsInTheMiddleOfAForm({ browser, emulator, mark, scripted }) {
  const page = await open(browser, { javaScriptEnabled: scripted });
  await signIn(page, emulator, "admin");
  await go(page, "Integrated Clients");
  await follow(page, "New client");
  await fill(page, "Client Id", `kept-${mark}`);
  await fill(page, "Client Name", `"Kept" & <b>whole</b>`);
  await page.context().clearCookies();
  await press(page, "Register client");
  await heading(page, "Sign in");
  assert.match(await page.getByRole("main").innerText(), /Nothing was changed, and what you typed is kept/);

  const [other] = await Promise.all([page.waitForEvent("popup"), page.getByRole("link", { name: "Sign in in another tab" }).click()]);
  await other.getByLabel("User name").fill("admin");
  await other.getByLabel("Password", { exact: true }).fill("cinchy");
  await other.getByRole("button", { name: "Log in", exact: true }).click();
  await heading(other, "What runs here");
  await other.close();

  // The forms of the new session are others, so it is asked for once.
  await press(page, "Send it now");
  await heading(page, "Send it now?");
  await press(page, "Send it");
  await told(page, /The client is registered/);
  assert.equal(await page.getByLabel("Client Name", { exact: true }).inputValue(), `"Kept" & <b>whole</b>`);

  // A cell of the grid stays open, too.
  if (scripted) {
    await openTable(page, "Departments");
    await page.getByRole("gridcell", { name: "P1", exact: true }).dblclick();
    const field = page.getByRole("textbox", { name: "Code" });
    await field.fill("P2");
    await page.context().clearCookies();
    await field.press("Enter");
    await page.getByText("Your session is over. Sign in again in another tab").first().waitFor();
    const again = await page.context().newPage();
    await signIn(again, emulator, "admin");
    await again.close();
    await field.press("Enter");
    await page.getByRole("gridcell", { name: "P2", exact: true }).waitFor();
    page.complaints = page.complaints.filter((text) => !/status of 40[13]/.test(text));
  }
  return page;
}

export async function twoAdministratorsAtOnce({ as, emulator, mark, scripted }) {
  const [one, other] = [await as("admin"), await as("admin")];
  const both = async (action) => {
    for (const page of [one, other]) await action(page);
  };
  /** The second to save is told what the first did, keeps what they typed, and may save all the same. */
  const saves = async (field, first, second) => {
    await field(one).fill(first);
    await press(one, "Save");
    await told(one, /Saved/);
    await field(other).fill(second);
    await press(other, "Save");
    await other.getByText(/changed (this )?after you had opened it/).waitFor();
    assert.equal(await field(other).inputValue(), second);
    await one.reload();
    assert.equal(await field(one).inputValue(), first);
    await press(other, "Save");
    await told(other, /Saved/);
    await one.reload();
    assert.equal(await field(one).inputValue(), second);
  };
  const label = (name) => (page) => page.getByLabel(name, { exact: true });
  await both((page) => page.goto(`${emulator.url}/admin`));

  await both(async (page) => {
    await go(page, "Integrated Clients");
    await follow(page, "demo-saml");
  });
  await saves(label("Client Name"), `One ${mark}`, `Other ${mark}`);
  await both(async (page) => {
    await go(page, "Users");
    await follow(page, "bob");
  });
  await saves(label("Last Name"), `One ${mark}`, "Stone");
  await both(async (page) => {
    await go(page, "Groups");
    await follow(page, "New group");
  });
  await fill(one, "Name", `Shared ${mark}`);
  await press(one, "Make group");
  await other.goto(one.url().split("?")[0]);
  await saves(label("Name"), `Shared ${mark} one`, `Shared ${mark} other`);
  await both(async (page) => {
    await go(page, "Saved queries");
    await follow(page, "Headcount");
    await page.getByText("Name, rights and format").click();
  });
  await saves(label("Description"), `One ${mark}`, "How many active employees the caller may see.");

  await both(async (page) => {
    await openTable(page, "Departments");
    await page.getByRole("link", { name: "Row 3", exact: true }).click();
  });
  const budget = (page) => cell(page, "Budget");
  await budget(one).fill("7");
  await press(one, "Save");
  await told(one, /Saved/);
  await budget(other).fill("8");
  await press(other, "Save");
  assert.match(await other.getByRole("main").innerText(), /Stored now: “7”/);
  await press(other, "Save");
  await told(other, /Saved/);

  if (scripted) {
    await both((page) => follow(page, "Rows"));
    const type = async (page, text) => {
      const row = page.getByRole("row", { name: /Legal/ });
      await row.getByRole("gridcell", { name: "L1", exact: true }).dblclick();
      await page.getByRole("textbox", { name: "Code" }).fill(text);
      await page.getByRole("textbox", { name: "Code" }).press("Enter");
    };
    await type(one, "L2");
    await one.getByRole("gridcell", { name: "L2", exact: true }).waitFor();
    await type(other, "L3");
    await other.getByText("Somebody changed it to “L2” meanwhile").first().waitFor();
    await other.getByRole("textbox", { name: "Code" }).press("Enter");
    await other.getByRole("gridcell", { name: "L3", exact: true }).waitFor();
  }
  assert.deepEqual(one.complaints, []);
  await one.context().close();
  return other;
}

export async function aButtonThatIsPressedTwice({ as, emulator, mark }) {
  const page = await as("admin");
  await page.goto(`${emulator.url}/admin`);
  await openTable(page, "Employees");
  await follow(page, "New row");
  await cell(page, "First Name").fill(`Patience ${mark}`);
  const button = page.getByRole("button", { name: "Add row", exact: true });
  // A script stops the second press; without one the browser sends the form again.
  await button.dblclick();
  await told(page, /The row is there/);
  // Back at the form: what was typed is there or gone, but nothing was made anew by going there and forth.
  await page.goBack();
  await page.goForward();
  await follow(page, "Rows");
  await fill(page, "Search", `Patience ${mark}`);
  await press(page, "Find");
  const rows = page.getByRole("row", { name: new RegExp(`Patience ${mark}`) });
  await rows.first().waitFor();
  assert.equal(await rows.count(), 1);
  return page;
}
