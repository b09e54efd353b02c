// A customer's way from a question to a ticket, and what the analyst sees of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browse, serve, signIn, until, visitor } from "./harbor.js";

test("the form offers answers while one writes, the ticket has a status page, and the analyst's figure moves", async (t) => {
  const service = await serve(t);
  const browser = await browse(t);
  const analyst = await visitor(t, browser);
  await signIn(analyst, service, "signpost:analyst");
  await analyst.getByRole("link", { name: "Dashboard" }).click();
  await analyst.getByRole("heading", { name: "Nothing has been measured in this range yet" }).waitFor();

  const page = await visitor(t, browser);
  await page.goto(`${service.pages}/`);
  await page.getByRole("combobox").fill("no electricity on my boat");
  await page.keyboard.press("Enter");
  await page.getByRole("list", { name: "Answers" }).waitFor();
  await page.getByRole("main").getByRole("link", { name: "Contact support" }).click();

  await page.getByLabel("What is it about?").fill("The breaker trips again and again");
  await page.getByLabel("What happened").fill("There is no electricity on the boat since the breaker tripped.");
  const offered = page.getByRole("region", { name: "These may answer it" });
  await offered.getByRole("link", { name: "Connect to shore power" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Look for answers first" }).count(), 0, "scripts have looked");
  await page.getByLabel("Which pier?").selectOption("North");
  await page.getByRole("button", { name: "Send to support" }).click();

  await page.getByRole("heading", { level: 1, name: "Your request" }).waitFor();
  const now = page.getByRole("listitem").filter({ hasText: "Received" });
  assert.equal(await now.getAttribute("aria-current"), "step");
  await page.getByText("The breaker trips again and again").waitFor();
  await page.getByText("Our support team", { exact: true }).waitFor();

  const figure = (name) => analyst.locator(`[data-figure=${name}]`).textContent();
  await until(async () => {
    await analyst.reload();
    return (await figure("visit_to_ticket"))?.includes("1 of 1");
  }, "the visit and its ticket to be counted");
  assert.match(await figure("visit_to_ticket"), /100\.0 %/);
  assert.match(await analyst.locator("#link_coverage").textContent(), /100\.0 %/);
});

test("what was written before the scripts came is answered when they do", async (t) => {
  const service = await serve(t);
  const page = await visitor(t, await browse(t));
  let come;
  const scripts = new Promise((resolve) => (come = resolve));
  await page.route(/\.js$/, async (route) => {
    await scripts;
    await route.continue();
  });
  await page.goto(`${service.pages}/ticket`, { waitUntil: "commit" });
  await page.getByLabel("What happened").fill("There is no electricity on the boat since the breaker tripped.");
  come();
  await page.getByRole("region", { name: "These may answer it" }).getByRole("link", { name: "Connect to shore power" }).waitFor();
});

test("a ticket that lacks something comes back with all that was written, and is sent once however often it is sent", async (t) => {
  const service = await serve(t);
  const page = await visitor(t, await browse(t));
  page.expectedComplaint = /400/;
  await page.goto(`${service.pages}/ticket`);
  await page.getByLabel("What happened").fill("The gate does not open.\nI tried twice.");
  await page.getByLabel("Your e-mail address").fill("nobody@");
  await page.getByRole("button", { name: "Send to support" }).click();

  await page.getByRole("alert").waitFor();
  const subject = page.getByLabel("What is it about?");
  assert.equal(await subject.getAttribute("aria-invalid"), "true");
  assert.equal(await page.getByLabel("What happened").inputValue(), "The gate does not open.\nI tried twice.");
  await page.getByText("Please write an address such as name@example.com.").waitFor();
  await page.getByText("Please fill this in.").first().waitFor();

  await subject.fill("The gate does not open");
  await page.getByLabel("Your e-mail address").fill("nobody@example.com");
  await page.getByLabel("Which pier?").selectOption("South");
  const form = await page.evaluate(() => new URLSearchParams(new FormData(document.querySelector("#ticket"))).toString());
  await page.getByRole("button", { name: "Send to support" }).click();
  await page.getByRole("heading", { level: 1, name: "Your request" }).waitFor();
  const again = await page.request.post(`${service.pages}/ticket`, {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    data: form,
    maxRedirects: 0,
  });
  assert.equal(new URL(again.headers().location, service.url).pathname, new URL(page.url()).pathname, "the same ticket");
});

test("a ticket is shown to its writer alone", async (t) => {
  const service = await serve(t);
  const page = await visitor(t, await browse(t));
  page.expectedComplaint = /404/;
  await page.goto(`${service.pages}/ticket`);
  await page.getByLabel("What is it about?").fill("The lamp is broken");
  await page.getByLabel("What happened").fill("Pier lamp 4 is dark.");
  await page.getByLabel("Which pier?").selectOption("South");
  await page.getByRole("button", { name: "Send to support" }).click();
  await page.getByRole("heading", { level: 1, name: "Your request" }).waitFor();
  const address = new URL(page.url());
  address.searchParams.set("secret", "0".repeat(32));
  assert.equal((await page.goto(address.href)).status(), 404);
});

test("the dashboard is nowhere to be found without the analyst's role", async (t) => {
  const service = await serve(t);
  const page = await visitor(t, await browse(t));
  page.expectedComplaint = /404/;
  await signIn(page, service, "member");
  assert.equal(await page.getByRole("link", { name: "Dashboard" }).count(), 0);
  assert.equal((await page.goto(`${service.pages}/dashboard`)).status(), 404);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in" }).waitFor();
  assert.equal((await page.context().cookies()).some((cookie) => cookie.name === "signpost_session"), false);
});
