// The help centre in a browser that runs no scripts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browse, serve, signIn, until, visitor } from "./harbor.js";

test("without scripts a question still leads to an answer, a verdict, a ticket and its status", async (t) => {
  const service = await serve(t);
  const browser = await browse(t);
  const page = await visitor(t, browser, { javaScriptEnabled: false });
  await page.goto(`${service.pages}/`);
  await page.getByRole("searchbox", { name: "Search the help centre" }).fill("no electricity, breaker tripped");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  const answers = page.getByRole("list", { name: "Answers" });
  await answers.getByRole("link", { name: "Connect to shore power" }).click();

  await page.getByRole("button", { name: "No, not yet" }).click();
  await page.getByText("A person can take it from here.").waitFor();
  await page.getByRole("main").getByRole("link", { name: "Contact support" }).click();

  assert.notEqual(await page.locator("input[name=search_id]").inputValue(), "", "the ticket will name the search");
  await page.getByLabel("What is it about?").fill("The breaker trips at once");
  await page.getByLabel("What happened").fill("I reserved berth 14 and the breaker trips.");
  await page.getByLabel("Which pier?").selectOption("South");
  await page.getByRole("button", { name: "Look for answers first" }).click();
  await page.getByRole("region", { name: "These may answer it" }).getByRole("link", { name: "Connect to shore power" }).waitFor();
  assert.equal(await page.getByLabel("Which pier?").inputValue(), "South", "nothing written is lost");
  await page.getByRole("button", { name: "Send to support" }).click();
  await page.getByRole("heading", { level: 1, name: "Your request" }).waitFor();
  const status = page.url();
  await page.goto(status);
  await page.getByText("The breaker trips at once").waitFor();

  const crew = await visitor(t, browser, { javaScriptEnabled: false });
  await signIn(crew, service, "crew");
  await crew.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Requests" }).click();
  await crew.getByRole("link", { name: "The breaker trips at once" }).click();
  await crew.getByText("I reserved berth 14 and the breaker trips.").waitFor();
  await crew.getByRole("button", { name: "Mark it as solved" }).click();
  await crew.getByRole("status").getByText("Solved").waitFor();
  await page.goto(status);
  await page.locator("[aria-current=step]").getByText("Solved").waitFor();

  const analyst = await visitor(t, browser, { javaScriptEnabled: false });
  await signIn(analyst, service, "signpost:analyst");
  await until(async () => {
    await analyst.goto(`${service.pages}/dashboard`);
    return (await analyst.getByText("Tickets: 1.").count()) > 0;
  }, "the ticket to be counted");
});
