// What the console is there for, from end to end: an administrator who has never seen the tool registers a client, gets its
// secret, mints a token, runs a saved query with it, and finds out why a second user was refused. They press what they see.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import { open, signIn } from "./person.mjs";
import { fill, follow, go, press, told } from "./steps.mjs";

export async function fromNothingToWhySomebodyIsRefused({ browser, emulator, mark, scripted }) {
  const page = await open(browser, { javaScriptEnabled: scripted });
  await signIn(page, emulator, "admin");

  await page.getByRole("link", { name: /Register an application and get its secret/ }).click();
  await follow(page, "New client");
  await fill(page, "Client Id", `first-${mark}`);
  await press(page, "Register client");
  await told(page, /The client is registered/);
  await page.getByText("Show the secret").click();
  assert.match(await page.locator("#secret-value").innerText(), /^\S{20,}$/);

  // Without a script there is no button to run it with: then a terminal does, by the call that the query's own page has.
  let command;
  if (!scripted) {
    await go(page, "Saved queries");
    await follow(page, "Employees by Department");
    command = (await page.getByLabel("With a token", { exact: true }).innerText()).replace("VALUE", "Sales");
    await go(page, "Integrated Clients");
    await follow(page, `first-${mark}`);
  }
  await follow(page, "Evaluate");
  const run = async (user, status, shown) => {
    await page.getByLabel("User", { exact: true }).selectOption({ label: user });
    await press(page, "Mint this token");
    if (scripted) {
      await page.getByLabel("Saved query", { exact: true }).selectOption({ label: "HR.Employees by Department" });
      const address = page.getByLabel("Address", { exact: true });
      await address.fill(`${await address.inputValue()}Sales`);
      await press(page, "Run with this token");
      const answer = page.getByRole("region", { name: "Answer", exact: true });
      await answer.waitFor();
      assert.equal(await answer.evaluate((e) => e === document.activeElement), true);
      assert.match(await answer.innerText(), new RegExp(`${status}[^]*${shown}`));
    } else {
      const token = await page.getByRole("textbox", { name: "Minted token" }).inputValue();
      const said = execFileSync("bash", ["-c", `${command} -si`], { encoding: "utf8", env: { ...process.env, TOKEN: token } });
      assert.match(said, new RegExp(`^HTTP/1.1 ${status}[^]*${shown}`));
    }
    // What the page says for a terminal is the same call.
    const curl = await page.getByLabel("curl", { exact: true }).innerText();
    const there = execFileSync("bash", ["-c", `${curl} -si`], { encoding: "utf8" });
    assert.match(there, new RegExp(`^HTTP/1.1 ${scripted ? status : 200}`));
  };
  await run("Ann Lee (ann)", 200, "Bob Stone");
  await run("Eve (eve)", 403, "");

  if (scripted) {
    await follow(page, "Find out why");
  } else {
    await go(page, "Requests");
    await page.getByLabel("only refused").check();
    await press(page, "Find");
  }
  await page.getByRole("link", { name: /^Request \d+, \w+ .*Employees/ }).first().click();
  const why = page.getByRole("region", { name: "Why it was refused" });
  assert.match(await why.innerText(), /eve.*Employees by Department/is);
  await page.getByRole("button", { name: "Let eve execute the query" }).waitFor();
  const own = new URL(emulator.url).origin;
  page.complaints = page.complaints.filter((text) => !(text.startsWith(`${own}/admin/clients/`) && /status of 403/.test(text)));
  return page;
}
