// <signpost-search> on a page of another site, under a policy as strict as such a page can have.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible, browse, otherSite, serve, visitor } from "./harbor.js";

test("the search box works on another site, and lets that site show answers itself", async (t) => {
  let service;
  const policy = () => `default-src 'none'; script-src ${service.url} 'nonce-own'; connect-src ${service.url}; form-action ${service.url}; require-trusted-types-for 'script'; trusted-types 'none'`;
  const html = () => `<!doctype html>
    <html lang="es"><head><title>Otro sitio</title>
    <script type="module" src="${service.url}/static/signpost-search.js"></script>
    <script nonce="own">
      globalThis.heard = [];
      for (const name of ["signpost-select", "signpost-search"]) {
        addEventListener(name, (event) => { event.preventDefault(); heard.push([name, event.detail]); });
      }
    </script></head>
    <body><main><h1>Otro sitio</h1><signpost-search portal="harbor" endpoint="${service.url}" lang="es"></signpost-search></main></body></html>`;
  const site = await otherSite(t, () => ({ "content-security-policy": policy() }), html);
  service = await serve(t, "--cors-origins", site);
  const page = await visitor(t, await browse(t));
  page.expectedComplaint = /favicon/;
  await page.goto(site);

  const box = page.getByRole("combobox", { name: "Buscar en la ayuda" });
  await box.fill("corriente");
  const option = page.getByRole("option", { name: "Conectar la corriente del muelle" });
  await option.waitFor();
  await assertAccessible(page);
  await option.click();
  await box.fill("amarre");
  await page.getByRole("button", { name: "Buscar" }).click();
  const heard = await page.evaluate(() => globalThis.heard);
  assert.deepEqual(heard, [
    ["signpost-select", { slug: "corriente", title: "Conectar la corriente del muelle", url: `${service.pages}/articles/corriente` }],
    ["signpost-search", { query: "amarre" }],
  ]);
  assert.equal(new URL(page.url()).origin, site, "both were left to the site");
});

test("without a listener the search box leads to the help centre", async (t) => {
  let service;
  const html = () => `<!doctype html><html lang="en"><head><title>Other site</title>
    <script type="module" src="${service.url}/static/signpost-search.js"></script></head>
    <body><main><h1>Other site</h1><signpost-search portal="harbor"></signpost-search></main></body></html>`;
  const site = await otherSite(t, () => ({}), html);
  service = await serve(t, "--cors-origins", site);
  const page = await visitor(t, await browse(t));
  page.expectedComplaint = /favicon/;
  await page.goto(site);
  await page.getByRole("combobox").fill("fuel price");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Results for “fuel price”" }).waitFor();
  assert.equal(new URL(page.url()).origin, service.url);
});
