// Entry of the portal's own pages: what they gain where JavaScript runs. Each works without it.

import "./signpost-search.js";
import { Api, ENDPOINT } from "./api.js";
import { enhanceArticle } from "./article-page.js";
import { Recorder } from "./recorder.js";
import { enhanceTicketForm } from "./ticket-page.js";
import { introduce, keepFirstForm, visitor } from "./visitor.js";

const { portal, search, slug, form, suggests } = document.body.dataset;
const id = visitor();
const api = new Api({ endpoint: ENDPOINT, portal, visitor: id });
const recorder = new Recorder(api, form ? "form" : "help");

introduce(id);
forgetSearchInAddress();
if (slug) enhanceArticle({ recorder, slug, search_id: search });
if (form) {
  enhanceTicketForm({ api, recorder, form_id: form, search_id: search, suggests: suggests === "true" });
  if (id) keepFirstForm(form);
}
if (search && !slug && !form) recorder.send(...shown().map((answer) => ["impression", { ...answer, search_id: search }]));
document.addEventListener("click", opened);
document.addEventListener("auxclick", opened);

/** Articles that this page shows, in order. */
function shown() {
  return [...document.querySelectorAll(".answers a[data-slug]")].map((link) => ({ slug: link.dataset.slug, rank: Number(link.dataset.rank) }));
}

function opened(event) {
  const link = event.target.closest?.("a[data-slug]");
  if (!link || event.button > 1 || form) return;
  const { slug, rank, task } = link.dataset;
  const found = link.closest(".answers") ? search : undefined;
  recorder.send(["click", { slug, search_id: found, rank: rank ? Number(rank) : undefined, task: task === undefined ? undefined : true }]);
}

/** The search that led here is known to this page now: a copied address need not carry it. */
function forgetSearchInAddress() {
  const address = new URL(location.href);
  if (!address.searchParams.has("s")) return;
  address.searchParams.delete("s");
  history.replaceState(history.state, "", address);
}
