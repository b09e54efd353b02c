// The analyst's dashboard: charts and filters without scripts, on a phone and on paper.

import assert from "node:assert/strict";
import { test } from "node:test";
import { backfill, browse, serve, signIn, visitor } from "./harbor.js";

test("without scripts the filters stay in the address, lead to their rows, and charts have their tables", async (t) => {
  const service = await serve(t);
  await backfill(service, 9);
  const page = await visitor(t, await browse(t), { javaScriptEnabled: false });
  await signIn(page, service, "signpost:analyst");
  await page.goto(`${service.pages}/dashboard`);
  await page.getByRole("link", { name: "Last 7 days" }).click();
  assert.equal(await page.getByRole("link", { name: "Last 7 days" }).getAttribute("aria-current"), "true");
  await page.getByLabel("Tickets count within").selectOption("1h");
  await page.getByLabel("With the will to write").selectOption("without_intent");
  await page.getByLabel("Cost of a ticket").fill("10");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  const asked = new URL(page.url()).searchParams;
  assert.deepEqual([asked.get("window"), asked.get("stratum"), asked.get("cost")], ["1h", "without_intent", "10"]);
  assert.equal(await page.getByLabel("With the will to write").inputValue(), "without_intent");
  await page.getByText(/at most 60/).waitFor();

  const chart = page.getByRole("img", { name: /^Visits that end in a ticket over time/ });
  assert.equal(await chart.count(), 1, "of a chart's two sizes only one is there");
  assert.ok((await chart.boundingBox()).width > 300);
  await page.getByText("The numbers of this chart: Visits that end in a ticket").click();
  const days = await page.locator("tr[data-trend=visit_to_ticket] td:nth-of-type(3)").allTextContents();
  assert.equal(days.length, 7);
  assert.equal(days.map((of) => Number(of.split(" of ")[1])).reduce((sum, visits) => sum + visits), 9);

  await page.getByRole("link", { name: /See the rows behind it.*Potential deflection/ }).first().click();
  assert.match(page.url(), /window=1h.*stratum=without_intent/);

  await page.goto(`${service.pages}/dashboard`);
  const dayOf = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  await page.getByLabel("As it was known on").fill(dayOf(5));
  await page.getByRole("button", { name: "Compare" }).click();
  const changes = await page.locator("tr[data-sum] td:nth-of-type(2)").allTextContents();
  assert.deepEqual(changes.map((change) => change.trim()), ["+3", "+6", "+9"]);
  await page.getByRole("rowheader", { name: "Begun since" }).first().waitFor();
});

test("a table comes as a file, and paper shows figures and no form", async (t) => {
  const service = await serve(t);
  await backfill(service, 9);
  const page = await visitor(t, await browse(t));
  await signIn(page, service, "signpost:analyst");
  await page.goto(`${service.pages}/dashboard`);
  for (const [table, file] of [["All figures", "figures.csv"], ["Over time", "trend.csv"], ["Articles", "articles.csv"]]) {
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: `As CSV (${table})` }).click();
    assert.equal((await download).suggestedFilename(), file);
  }
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.getByRole("button", { name: "Show", exact: true }).isVisible(), false);
  assert.equal(await page.locator("#potential_deflection").isVisible(), true);
  assert.equal(await page.getByRole("img", { name: /^Potential deflection over time/ }).isVisible(), true);
});
