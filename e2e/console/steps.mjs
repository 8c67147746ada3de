// What somebody does at any page: they find everything by its role and name, as who hears the page does.

import assert from "node:assert/strict";

/** Follows an entry of the navigation. */
export const go = (page, section) => page.getByRole("navigation", { name: "Console" }).getByRole("link", { name: section, exact: true }).click();
export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
export const follow = (page, name) => page.getByRole("link", { name, exact: true }).first().click();
export const fill = (page, label, text) => page.getByLabel(label, { exact: true }).fill(text);
export const heading = (page, text) => page.getByRole("heading", { level: 1, name: text }).waitFor();

/** What the page says about what was just done. */
export async function told(page, text) {
  const notice = page.locator(".notice[role=status]");
  assert.match((await notice.textContent()).replace(/\s+/g, " "), text);
}

/** Opens a table by its name. */
export async function openTable(page, name) {
  await go(page, "Tables");
  await follow(page, name);
}

/** A field of a row; its label says the type too. */
export const cell = (page, name) => page.getByLabel(new RegExp(`^${name} `));
