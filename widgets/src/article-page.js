// An article's page: how long it is looked at, the reader's verdict, and wide blocks that a keyboard can scroll.

/** Wires the page of the article `slug`, opened from the search `search_id` (or none). */
export function enhanceArticle({ recorder, slug, search_id }) {
  sayWhenLeft(() => recorder.send(["leave", { slug, search_id }]));
  voteInPlace((solved) => recorder.store(["vote", { slug, solved, search_id }]));
  letKeyboardScroll(document.querySelector(".prose"));
}

/** Calls `left` once, when the page is first hidden: the last moment that phones reliably report. */
function sayWhenLeft(left) {
  document.addEventListener("visibilitychange", function once() {
    if (document.visibilityState !== "hidden") return;
    document.removeEventListener("visibilitychange", once);
    left();
  });
}

function voteInPlace(store) {
  const form = document.querySelector("#vote form");
  const thanks = document.querySelector("#vote [role=status]");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const verdict = event.submitter.value;
    try {
      await store(verdict === "yes");
      form.hidden = true;
      thanks.textContent = thanks.dataset[verdict];
      thanks.tabIndex = -1;
      thanks.focus();
    } catch {
      // Not stored: send the form as a browser without this script would. `submit` does not come back here.
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "solved", value: verdict }));
      form.submit();
    }
  });
}

function letKeyboardScroll(prose) {
  for (const block of prose?.querySelectorAll("pre, table") ?? []) {
    if (block.scrollWidth <= block.clientWidth) continue;
    block.tabIndex = 0;
    if (block.matches("table")) continue;
    block.setAttribute("role", "group");
    block.setAttribute("aria-label", prose.dataset.code);
  }
}
