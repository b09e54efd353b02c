// From a figure to the rows behind it, and from a row to what one visitor met.

import assert from "node:assert/strict";
import { test } from "node:test";
import { backfill, browse, serve, signIn, visitor } from "./harbor.js";

test("without scripts each figure opens to rows that add up, and a row to its need step by step", async (t) => {
  const service = await serve(t);
  await backfill(service, 9);
  const page = await visitor(t, await browse(t), { javaScriptEnabled: false });
  await signIn(page, service, "signpost:analyst");
  await page.goto(`${service.pages}/dashboard`);
  const names = await page.locator("tr:has([data-figure]) th").allTextContents();
  assert.ok(names.length >= 11, "the dashboard names its figures");
  for (const name of names) {
    await page.goto(`${service.pages}/dashboard`);
    const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) });
    const of = (await row.locator("[data-figure]").textContent()).match(/(\d+) of (\d+)/);
    await row.getByRole("link", { name: "See the rows behind it" }).click();
    await page.getByRole("heading", { level: 1, name: `Rows behind: ${name}` }).waitFor();
    if (!of) continue;
    for (const [part, rows] of [["Numerator", of[1]], ["Denominator", of[2]]]) {
      await page.getByRole("link", { name: part, exact: true }).click();
      assert.equal(await page.getByRole("status").textContent(), rows === "1" ? "1 row" : `${rows} rows`, `${part} of ${name}`);
      assert.equal(await page.locator("[data-row]").count(), Number(rows));
    }
  }

  await page.goto(`${service.pages}/dashboard`);
  await page.locator("[data-outcome=ticketed] a").click();
  assert.equal(await page.getByRole("status").textContent(), "3 rows");
  await page.getByRole("link", { name: "Oldest first" }).click();
  assert.equal(await page.getByRole("link", { name: "Oldest first" }).getAttribute("aria-current"), "true");
  await page.getByText("no electricity").first().waitFor();
  await page.locator("tbody th a").first().click();
  const steps = page.getByRole("region", { name: "What happened" });
  const told = await steps.locator("[data-step]").evaluateAll((items) => items.map((item) => item.dataset.step));
  assert.deepEqual(told, ["search", "impression", "click", "ticket"]);
  await steps.getByText("looked at for 1 min 30 s").waitFor();
  await steps.getByText("Tied to the visitor by the search or form that it names; counted here because it names this need.").waitFor();
  const outcome = await page.locator("[data-window]").allTextContents();
  assert.deepEqual(outcome.slice(0, 2), ["Ended in a ticket", "Ended in a ticket"]);
  await steps.getByRole("link", { name: "Connect to shore power" }).first().click();
  await page.getByRole("heading", { level: 1, name: "Connect to shore power" }).waitFor();
});

test("rows come in pages that keep what was asked, and nobody else finds them", async (t) => {
  const service = await serve(t);
  await backfill(service, 52);
  const browser = await browse(t);
  const page = await visitor(t, browser);
  await signIn(page, service, "signpost:analyst");
  await page.goto(`${service.pages}/dashboard/episodes?sort=oldest`);
  const rows = () => page.locator("[data-row]").evaluateAll((items) => items.map((item) => item.dataset.row));
  const first = await rows();
  await page.getByRole("link", { name: "Next rows" }).click();
  const second = await rows();
  assert.deepEqual([first.length, second.length, new Set([...first, ...second]).size], [50, 2, 52]);
  assert.equal(await page.getByRole("status").textContent(), "52 rows");
  await page.getByRole("link", { name: "First rows" }).click();
  assert.deepEqual(await rows(), first);

  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "All rows as CSV" }).click();
  assert.equal((await download).suggestedFilename(), "ledger.csv");

  await page.goto(`${service.pages}/dashboard/episodes?outcome=reopened`);
  await page.getByRole("heading", { name: "No rows" }).waitFor();
  await page.getByRole("link", { name: "Show all rows of this range" }).click();
  assert.equal(await page.locator("[data-row]").count(), 50);

  const customer = await visitor(t, browser);
  customer.expectedComplaint = /404/;
  const address = await page.locator("tbody th a").first().getAttribute("href");
  for (const path of ["/harbor/dashboard/episodes", address]) {
    assert.equal((await customer.goto(`${service.url}${path}`)).status(), 404);
  }
});
