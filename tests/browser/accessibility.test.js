// Every page, in light and dark, on a phone and on a desk: nothing for axe-core to find, nothing wider than the screen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible, backfill, browse, serve, signIn, visitor } from "./harbor.js";

const PHONE = { width: 320, height: 640 };
const DESK = { width: 1280, height: 800 };

/** Every kind of page, by a way to bring a browser there. */
const PAGES = {
  "first page": (page, at) => page.goto(`${at}/`),
  "first page in Spanish": (page, at) => page.goto(`${at}/?lang=es`),
  "open suggestions": async (page, at) => {
    await page.goto(`${at}/?lang=en`);
    await page.getByRole("combobox").fill("berth");
    await page.getByRole("option").first().waitFor();
    await page.keyboard.press("ArrowDown");
  },
  "empty search": (page, at) => page.goto(`${at}/search`),
  "results": (page, at) => page.goto(`${at}/search?q=reserve+berth`),
  "results in another language": (page, at) => page.goto(`${at}/search?q=reservar+amarre`),
  "nothing found": (page, at) => page.goto(`${at}/search?q=xylophone+quartz+zebra`),
  "article": (page, at) => page.goto(`${at}/articles/reserve-a-berth`),
  "article with code": (page, at) => page.goto(`${at}/articles/shore-power`),
  "vote cast": (page, at) => page.goto(`${at}/articles/shore-power?voted=no`),
  "results of an endless word": (page, at) => page.goto(`${at}/search?q=${"a".repeat(400)}`),
  "ticket form": (page, at) => page.goto(`${at}/ticket`),
  "ticket form with answers": async (page, at) => {
    await page.goto(`${at}/ticket`);
    await page.getByLabel("What is it about?").fill("I want to reserve a berth for the night");
    await page.getByRole("region", { name: "These may answer it" }).waitFor();
  },
  "ticket form with faults": async (page, at) => {
    await page.goto(`${at}/ticket`);
    await page.getByRole("button", { name: "Send to support" }).click();
    await page.getByRole("alert").waitFor();
  },
  "ticket": async (page, at) => {
    await page.goto(`${at}/ticket`);
    await page.getByLabel("What is it about?").fill("A".repeat(120));
    await page.getByLabel("What happened").fill("Something.");
    await page.getByLabel("Which pier?").selectOption("North");
    await page.getByRole("button", { name: "Send to support" }).click();
    await page.getByRole("heading", { level: 1, name: "Your request" }).waitFor();
  },
  "requests": async (page, at) => {
    await page.goto(`${at}/requests`);
    await page.getByRole("link", { name: "AAA" }).waitFor();
  },
  "no requests": (page, at) => page.goto(`${at}/requests?stage=waiting`),
  "one request": async (page, at) => {
    await page.goto(`${at}/requests`);
    await page.getByRole("link", { name: "AAA" }).click();
    await page.getByRole("button", { name: "Take it into work" }).click();
    await page.getByRole("status").getByText("In work").waitFor();
  },
  "sign in": (page, at) => page.goto(`${at}/session`),
  "dashboard": (page, at) => page.goto(`${at}/dashboard`),
  "dashboard of changes, in Spanish": (page, at) => page.goto(`${at}/dashboard?lang=es&since=2026-01-01&cost=12.5`),
  "dashboard with the numbers of its charts": async (page, at) => {
    await page.goto(`${at}/dashboard?lang=en`);
    for (const numbers of await page.getByText(/^The numbers of this chart/).all()) await numbers.click();
  },
  "dashboard without figures": (page, at) => page.goto(`${at}/dashboard?from=2020-01-01&to=2020-01-31`),
  "dashboard of a range that cannot be": (page, at) => page.goto(`${at}/dashboard?from=2020-01-31&to=2020-01-01`),
  "rows behind a figure": async (page, at) => {
    await page.goto(`${at}/dashboard`);
    await page.getByRole("link", { name: /See the rows behind it.*Visits that end in a ticket/ }).first().click();
    await page.getByRole("heading", { level: 1, name: "Rows behind: Visits that end in a ticket" }).waitFor();
  },
  "rows of searches as they were typed": (page, at) => page.goto(`${at}/dashboard/episodes?kind=search&view=raw`),
  "no rows": (page, at) => page.goto(`${at}/dashboard/episodes?outcome=unknown`),
  "one need": async (page, at) => {
    await page.goto(`${at}/dashboard/episodes?outcome=ticketed`);
    await page.locator("tbody th a").first().click();
    await page.getByRole("heading", { level: 1, name: "One need, step by step" }).waitFor();
  },
  "no such need": (page, at) => page.goto(`${at}/dashboard/episodes/absent`),
  "no such page": (page, at) => page.goto(`${at}/articles/no-such-article`),
};

for (const [viewport, colorScheme] of [[PHONE, "light"], [PHONE, "dark"], [DESK, "light"], [DESK, "dark"]]) {
  test(`every page is accessible at ${viewport.width} px, ${colorScheme}`, async (t) => {
    const service = await serve(t);
    const page = await visitor(t, await browse(t), { viewport, colorScheme });
    page.expectedComplaint = /40[04]/;
    await backfill(service, 7);
    await signIn(page, service, "signpost:analyst", "signpost:analyst-raw", "crew");
    for (const [name, visit] of Object.entries(PAGES)) {
      await t.test(name, async () => {
        await visit(page, service.pages);
        await assertAccessible(page);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wide, 0, "nothing is wider than the screen");
      });
    }
  });
}

test("the keyboard reaches the content past the header, and wide code can be scrolled with it", async (t) => {
  const service = await serve(t);
  const page = await visitor(t, await browse(t), { viewport: PHONE });
  await page.goto(`${service.pages}/articles/shore-power`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "content");
  const code = page.getByRole("group", { name: "Code sample, scrolls sideways" }).first();
  await code.focus();
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "PRE");
});
