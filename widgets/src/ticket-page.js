// The ticket form: articles that may answer it appear while one writes; a form left or sent is recorded as such.

const PAUSE_MS = 600;
const LONGEST = 512;
const SHORTEST = 8;

/** Wires the form `form_id`, reached from the search `search_id` (or none); without `suggests` nothing is suggested in it. */
export function enhanceTicketForm({ api, recorder, form_id, search_id, suggests }) {
  const form = document.querySelector("#ticket");
  let sent = false;
  form.addEventListener("submit", () => (sent = true));
  recorder.send(["form_open", { form_id, search_id }]);
  addEventListener("pagehide", () => sent || recorder.send(["form_left", { form_id }]));
  if (suggests) suggestWhileWriting(form, { api, recorder, form_id });
}

function suggestWhileWriting(form, { api, recorder, form_id }) {
  const place = document.querySelector("#offered");
  const count = document.querySelector("#offered-count");
  form.querySelector("[value=check]").hidden = true;
  let pause, asking, asked;

  async function ask() {
    const q = [form.elements.subject.value, form.elements.body.value].join("\n").trim().slice(0, LONGEST);
    if (q.length < SHORTEST || q === asked) return;
    asked = q;
    asking?.abort();
    asking = new AbortController();
    try {
      const found = await api.search(q, { lang: document.documentElement.lang, surface: "form", limit: 3, signal: asking.signal });
      const answers = found.confidence === "none" ? [] : found.answers;
      show(answers);
      if (!form.elements.search_id.value) form.elements.search_id.value = found.search_id;
      recorder.send(...answers.map(({ slug, rank }) => ["impression", { slug, rank, form_id, search_id: found.search_id }]));
    } catch {
      // The form is whole without suggestions.
    }
  }

  function show(answers) {
    place.hidden = answers.length === 0;
    place.querySelector("ol").replaceChildren(...answers.map((answer) => draw(answer, place.dataset.opens)));
    const { one, other } = count.dataset;
    count.textContent = answers.length === 0 ? "" : answers.length === 1 ? one : other.replace("{count}", answers.length);
  }

  const askSoon = () => {
    clearTimeout(pause);
    pause = setTimeout(ask, PAUSE_MS);
  };
  form.addEventListener("input", askSoon);
  // What was written before this ran, and what a form that came back holds, no further letter may follow.
  if (place.hidden) askSoon();
  place.addEventListener("click", (event) => {
    const slug = event.target.closest("a[data-slug]")?.dataset.slug;
    if (slug) recorder.send(["form_suggest", { form_id, slug }]);
  });
}

function draw(answer, opens) {
  const row = document.createElement("li");
  row.lang = answer.language;
  const link = document.createElement("a");
  link.href = answer.url;
  link.target = "_blank";
  link.dataset.slug = answer.slug;
  const note = document.createElement("span");
  note.className = "hidden-text";
  note.lang = document.documentElement.lang;
  note.textContent = ` (${opens})`;
  link.append(answer.title, note);
  const snippet = document.createElement("p");
  snippet.className = "small";
  snippet.textContent = answer.passage.snippet;
  row.append(link, snippet);
  return row;
}
