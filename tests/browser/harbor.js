// A real `signpost` with the small portal of these tests on a free port, and a real browser to visit it with.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

// The packages stand beside the widgets; the tests stand with the other tests.
const require = createRequire(new URL("../../widgets/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const SIGNPOST = process.env.SIGNPOST_BIN ?? fileURLToPath(new URL("../../target/debug/signpost", import.meta.url));
const CHROMIUM = process.env.CHROMIUM_BIN ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
/** A headless browser says that it is one, and is left out of every figure as a bot; these visitors are meant to count. */
const PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
/** How long anything may take before a test calls it lost; generous, because machines are shared. */
const PATIENCE_MS = 60_000;
/** Rules of WCAG 2.2 at levels A and AA, and what axe-core calls best practice. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const endings = new WeakMap();

/** Runs `end` when the test `t` ends; what was begun last is ended first, so that no page outlives its server. */
function atEnd(t, end) {
  if (!endings.has(t)) {
    endings.set(t, []);
    t.after(async () => {
      const ended = await endings.get(t).reduceRight(async (before, end) => [...(await before), await end().catch((fault) => fault)], []);
      for (const fault of ended.filter((fault) => fault instanceof Error)) throw fault;
    });
  }
  endings.get(t).push(end);
}

/** The portal of these tests, served until the test `t` ends: `{ url, pages, token }`. */
export async function serve(t, ...options) {
  const folder = mkdtempSync(join(tmpdir(), "signpost-browser-"));
  const [content, data] = [join(folder, "content"), join(folder, "data")];
  cpSync(new URL("content", import.meta.url), content, { recursive: true });
  const folders = ["--content", content, "--data", data];
  // One machine plays all visitors, perhaps a busy one.
  const patient = ["--address-rate", "0", "--visitor-rate", "0", "--request-timeout", "60"];
  const child = spawn(SIGNPOST, ["serve", "--listen", "127.0.0.1:0", ...folders, ...patient, ...options], {
    stdio: ["ignore", "pipe", process.env.SIGNPOST_TEST_LOG ? "inherit" : "ignore"],
  });
  atEnd(t, async () => {
    const ended = child.exitCode ?? child.signalCode;
    if (ended === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
    assert.equal(ended, null, "signpost served to the end of the test");
  });
  const url = await listening(child);
  await until(async () => (await fetch(`${url}/readyz`)).ok, "the server to be ready");
  return {
    url,
    pages: `${url}/harbor`,
    /** A token of the data folder's own key. */
    token: (...roles) => {
      const asked = ["--portal", "harbor", "--subject", "tester", ...roles.flatMap((role) => ["--role", role])];
      return execFileSync(SIGNPOST, ["token", "--data", data, ...asked], { encoding: "utf8" }).trim();
    },
  };
}

function listening(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`signpost ended with ${code} before it listened`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("listening on ")) resolve(line.slice("listening on ".length).trim());
    });
  });
}

/** A browser until the test `t` ends. */
export async function browse(t) {
  const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", ...quiet] });
  atEnd(t, () => browser.close());
  return browser;
}

/**
 * A page of a fresh visitor. What its console complains about (a breach of the content security policy among it) and what its
 * scripts throw fails the test at its end.
 */
export async function visitor(t, browser, options = {}) {
  const context = await browser.newContext({ userAgent: PERSON, locale: "en-GB", reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints = [];
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !page.expectedComplaint?.test(message.text())) complaints.push(message.text());
  });
  context.on("weberror", (fault) => complaints.push(String(fault.error())));
  atEnd(t, async () => {
    await context.close();
    assert.deepEqual(complaints, [], "the console is silent");
  });
  return page;
}

/** Signs a page's visitor in, by hand as an operator would. */
export async function signIn(page, service, ...roles) {
  await page.goto(`${service.pages}/session`);
  await page.getByLabel("Token").fill(service.token(...roles));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/**
 * Writes into the log what visitors did three days ago, as an operator does who has it from elsewhere: each searched and opened an
 * article; every third wrote a ticket, every third said that it helped.
 */
export async function backfill(service, visitors) {
  const [now, day] = [Date.now(), 86_400_000];
  const token = service.token("signpost:operator");
  const covers = { from: now - 9 * day, to: now };
  for (let visitor = 0; visitor < visitors; visitor += 1) {
    const at = now - 3 * day + visitor * 1_000;
    const about = { slug: "shore-power", search_id: `asked-${visitor}`, rank: 1 };
    const events = [
      { id: `s${visitor}`, type: "search", at, query: "no electricity", results: 2, confidence: "good", search_id: about.search_id },
      { id: `i${visitor}`, type: "impression", at, ...about },
      { id: `c${visitor}`, type: "click", at: at + 5_000, ...about },
      { id: `l${visitor}`, type: "leave", at: at + 95_000, slug: about.slug, search_id: about.search_id },
    ];
    if (visitor % 3 === 0) events.push({ id: `t${visitor}`, type: "ticket", at: at + 600_000, search_id: about.search_id, ticket_id: `T${visitor}` });
    if (visitor % 3 === 1) events.push({ id: `v${visitor}`, type: "vote", at: at + 96_000, slug: about.slug, solved: true, search_id: about.search_id });
    const body = JSON.stringify({ sent_at: now, token, visitor: `browser${visitor}`, events, covers });
    const sent = await fetch(`${service.url}/v1/portals/harbor/events`, { method: "POST", headers: { "content-type": "application/json" }, body });
    assert.equal((await sent.json()).accepted, events.length);
  }
}

/** Asks again until `is` says yes. */
export async function until(is, what) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      if (await is()) return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    assert.ok(Date.now() < end, `gave up waiting for ${what}`);
  }
}

/** Fails naming each thing on the page that people who see, hear or move differently would stumble over. */
export async function assertAccessible(page) {
  await page.evaluate(AXE);
  const violations = await page.evaluate((values) => axe.run(document, { runOnly: { type: "tag", values } }).then((found) => found.violations), RULES);
  const named = violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id} (${help}) at ${target.join(" ")}: ${failureSummary}`));
  assert.deepEqual(named, [], `axe-core finds nothing on ${page.url()}`);
}

/** A page of another site, served until the test `t` ends; gives its origin. */
export async function otherSite(t, headers, html) {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...headers() });
    response.end(html());
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  atEnd(t, () => new Promise((resolve) => server.close(resolve)));
  return `http://localhost:${server.address().port}`;
}
