// A customer's way from a question to its answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browse, serve, visitor } from "./harbor.js";

test("a question with a typo is answered by the right passage, and the reader says that it helped", async (t) => {
  const service = await serve(t);
  const page = await visitor(t, await browse(t));
  await page.goto(`${service.pages}/`);
  await page.getByRole("combobox", { name: "Search the help centre" }).fill("resrve a berth");
  const events = page.waitForRequest((request) => request.url().endsWith("/events"));
  await page.getByRole("button", { name: "Search", exact: true }).click();

  await page.getByRole("heading", { level: 1, name: "Results for “resrve a berth”" }).waitFor();
  const impressions = JSON.parse((await events).postData());
  const first = page.getByRole("list", { name: "Answers" }).getByRole("article").first();
  await first.getByRole("link", { name: "Reserve a berth for the night" }).click();

  await page.getByRole("heading", { level: 1, name: "Reserve a berth for the night" }).waitFor();
  await page.waitForURL((address) => !address.searchParams.has("s"));
  const stored = page.waitForResponse((response) => response.url().endsWith("/events") && response.request().postData().includes('"vote"'));
  await page.getByRole("button", { name: "Yes, it did" }).click();
  assert.equal((await stored).status(), 202);
  await page.getByText("Good to hear.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Yes, it did" }).count(), 0, "it is said");

  assert.equal(impressions.events[0].type, "impression");
  assert.equal(impressions.events[0].rank, 1);
  const vote = JSON.parse((await stored).request().postData());
  assert.equal(vote.visitor, impressions.visitor, "all events are of one visitor");
  assert.equal(vote.events[0].search_id, impressions.events[0].search_id, "the vote is about the search");
  assert.equal(vote.events[0].solved, true);
});

test("the tile of a task says that it was opened, if it leads to an article", async (t) => {
  const service = await serve(t);
  const page = await visitor(t, await browse(t));
  await page.goto(`${service.pages}/`);
  assert.equal(await page.locator("a.tile").count(), 3);
  assert.equal(await page.locator("a.tile[data-task]").count(), 1, "the form and a search are no articles");
  const sent = page.waitForRequest((request) => request.url().endsWith("/events"));
  await page.getByRole("link", { name: "Reserve a berth", exact: true }).click();
  const [click] = JSON.parse((await sent).postData()).events;
  assert.deepEqual([click.type, click.slug, click.task, click.search_id], ["click", "reserve-a-berth", true, undefined]);
});

test("suggestions are walked by keyboard as the authoring practices say", async (t) => {
  const service = await serve(t);
  const page = await visitor(t, await browse(t));
  await page.goto(`${service.pages}/`);
  const box = page.getByRole("combobox", { name: "Search the help centre" });
  await box.pressSequentially("shore");
  const article = page.getByRole("option", { name: "Connect to shore power" });
  await article.waitFor();
  assert.equal(await box.getAttribute("aria-expanded"), "true");
  assert.equal(await page.evaluate(() => document.querySelector("signpost-search").shadowRoot.querySelector("[role=status]").textContent.length > 0), true);

  await page.keyboard.press("Escape");
  assert.equal(await box.getAttribute("aria-expanded"), "false", "Escape closes the list");
  assert.equal(await box.inputValue(), "shore", "and keeps what was typed");
  await page.keyboard.press("Alt+ArrowDown");
  assert.equal(await box.getAttribute("aria-expanded"), "true");
  assert.equal(await box.getAttribute("aria-activedescendant"), null, "opening chooses nothing");

  const count = await page.getByRole("option").count();
  await page.keyboard.press("ArrowUp");
  assert.equal(await box.getAttribute("aria-activedescendant"), `option-${count - 1}`, "up from the field is the last option");
  for (let moves = 0; moves <= count && (await article.getAttribute("aria-selected")) !== "true"; moves += 1) await page.keyboard.press("ArrowUp");
  assert.equal(await article.getAttribute("aria-selected"), "true");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Connect to shore power" }).waitFor();
});

test("suggestions that come after the visitor has moved on stay away", async (t) => {
  const service = await serve(t);
  const page = await visitor(t, await browse(t));
  await page.goto(`${service.pages}/`);
  let answer;
  await page.route("**/suggest?*", async (route) => {
    await new Promise((resolve) => (answer = resolve));
    await route.continue();
  });
  const asked = page.waitForRequest("**/suggest?*");
  const box = page.getByRole("combobox");
  await box.fill("berth");
  await asked;
  await page.getByRole("button", { name: "Search", exact: true }).focus();
  const answered = page.waitForResponse("**/suggest?*");
  answer();
  await (await answered).finished();
  await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.equal(await box.getAttribute("aria-expanded"), "false");
});

test("what nobody wrote about is said so, with the way to a person", async (t) => {
  const service = await serve(t);
  const page = await visitor(t, await browse(t));
  await page.goto(`${service.pages}/search?q=xylophone+quartz+zebra`);
  const notice = page.getByRole("region", { name: "We did not find a good answer" });
  await notice.getByRole("link", { name: "Contact support" }).click();
  await page.getByRole("heading", { level: 1, name: "Contact support" }).waitFor();
});

test("a reader of Spanish gets Spanish, and keeps a language once chosen", async (t) => {
  const service = await serve(t);
  const page = await visitor(t, await browse(t), { locale: "es-MX" });
  await page.goto(`${service.pages}/`);
  await page.getByRole("heading", { level: 1, name: "¿En qué podemos ayudarle?" }).waitFor();
  await page.getByRole("link", { name: "Reservar un amarre para la noche" }).first().waitFor();
  await page.getByRole("link", { name: "English" }).click();
  await page.getByRole("heading", { level: 1, name: "How can we help?" }).waitFor();
  await page.goto(`${service.pages}/ticket`);
  await page.getByRole("heading", { level: 1, name: "Contact support" }).waitFor();
  assert.equal(await page.getAttribute("html", "lang"), "en");
});

test("a page that a visitor may not see is the page that does not exist", async (t) => {
  const service = await serve(t);
  const page = await visitor(t, await browse(t));
  page.expectedComplaint = /404/;
  const seen = async (slug) => {
    const response = await page.goto(`${service.pages}/articles/${slug}`);
    return [response.status(), (await response.text()).replaceAll(slug, "")];
  };
  const hidden = await seen("members-meeting");
  assert.equal(hidden[0], 404);
  assert.deepEqual(hidden, await seen("no-such-article"));
});

test("nobody is followed who asked not to be", async (t) => {
  const service = await serve(t);
  const page = await visitor(t, await browse(t), { extraHTTPHeaders: { "sec-gpc": "1" } });
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true }));
  const sent = page.waitForRequest((request) => request.url().endsWith("/events"));
  await page.goto(`${service.pages}/search?q=fuel`);
  assert.equal(JSON.parse((await sent).postData()).visitor, undefined);
  assert.deepEqual(await page.context().cookies(), []);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
});
