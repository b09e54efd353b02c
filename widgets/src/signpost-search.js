// <signpost-search>: a search box that suggests while one types, over a plain form that works without it.
//
// Attributes in: portal (needed), endpoint (origin of the API; default: where this file came from), base (address of the
// portal's pages; default: endpoint/portal), token, lang, label, placeholder. A form inside it gives its first words.
// Events out, all cancelable, bubbling and composed: signpost-search {query} before a search is opened,
// signpost-select {slug, title, url} before an article is opened. Cancel them to show the answer in your own page.

import { Api, ENDPOINT } from "./api.js";
import * as combobox from "./combobox.js";
import { Recorder } from "./recorder.js";
import { style } from "./search-style.js";
import { visitor } from "./visitor.js";
import words from "./words.js";

const PAUSE_MS = 120;

/** The element; importing this module defines it. */
export class SignpostSearch extends HTMLElement {
  static observedAttributes = ["portal", "endpoint", "base", "token", "lang", "label", "placeholder"];

  #state = combobox.empty;
  #parts;
  #typing;
  #asking;

  connectedCallback() {
    if (!this.#parts) this.#build();
    this.#configure();
  }

  disconnectedCallback() {
    clearTimeout(this.#typing);
    this.#asking?.abort();
  }

  attributeChangedCallback() {
    if (this.#parts) this.#configure();
  }

  /** What stands in the field. */
  get value() {
    return this.#state.value;
  }

  focus(options) {
    this.#parts?.input.focus(options);
  }

  get #endpoint() {
    return this.getAttribute("endpoint")?.replace(/\/+$/, "") ?? ENDPOINT;
  }

  get #base() {
    return this.getAttribute("base") ?? `${this.#endpoint}/${encodeURIComponent(this.getAttribute("portal") ?? "")}`;
  }

  get #words() {
    const tag = this.lang || document.documentElement.lang || "en";
    return words[tag.toLowerCase()] ?? words[tag.toLowerCase().split("-")[0]] ?? words.en;
  }

  get #api() {
    const portal = this.getAttribute("portal") ?? "";
    return new Api({ endpoint: this.#endpoint, portal, token: this.getAttribute("token"), visitor: visitor() });
  }

  /** Makes the shadow tree once, taking over what stands in the plain form and the focus in it. */
  #build() {
    const plain = this.querySelector("input");
    const hadFocus = plain !== null && document.activeElement === plain;
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style];
    const input = make("input", {
      id: "q", name: "q", type: "text", role: "combobox", maxlength: "512", autocomplete: "off", autocapitalize: "off",
      spellcheck: "false", enterkeyhint: "search", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "list",
    });
    const label = make("label", { class: "hidden-text", for: "q" });
    const button = make("button", { type: "submit" });
    const list = make("div", { id: "list", role: "listbox", hidden: "" });
    const status = make("p", { class: "hidden-text", role: "status" });
    const form = make("form", { role: "search", method: "get" });
    form.append(label, input, button);
    root.append(form, list, status);
    this.#parts = { form, label, input, button, list, status };
    this.#state = combobox.typed(this.#state, plain?.value ?? "");
    input.value = this.#state.value;
    form.addEventListener("submit", (event) => this.#submit(event));
    input.addEventListener("input", () => this.#type());
    input.addEventListener("keydown", (event) => this.#press(event));
    input.addEventListener("blur", () => this.#show(combobox.closed(this.#state)));
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => this.#click(event));
    if (hadFocus) {
      input.focus();
      input.setSelectionRange(plain.selectionStart, plain.selectionEnd);
    }
  }

  #configure() {
    const { form, label, input, button, list } = this.#parts;
    const plain = this.querySelector("form");
    label.textContent = this.getAttribute("label") ?? plain?.querySelector("label")?.textContent ?? this.#words.label;
    input.placeholder = this.getAttribute("placeholder") ?? plain?.querySelector("input")?.placeholder ?? this.#words.placeholder;
    button.textContent = this.#words.button;
    list.setAttribute("aria-label", this.#words.suggestions);
    form.action = `${this.#base}/search`;
  }

  #type() {
    this.#show(combobox.typed(this.#state, this.#parts.input.value));
    clearTimeout(this.#typing);
    this.#asking?.abort();
    if (this.#state.value.trim()) this.#typing = setTimeout(() => this.#ask(), PAUSE_MS);
    else this.#parts.status.textContent = "";
  }

  async #ask() {
    const value = this.#state.value;
    this.#asking = new AbortController();
    try {
      const found = await this.#api.suggest(value, { lang: this.lang, signal: this.#asking.signal });
      // Who has gone on to something else is not interrupted.
      if (this.shadowRoot.activeElement !== this.#parts.input) return;
      this.#show(combobox.offered(this.#state, value, options(found)));
      this.#announce();
    } catch {
      // Without suggestions the field is still a search box: nothing to tell.
    }
  }

  #press(event) {
    if (event.isComposing) return;
    const next = this.#pressed(event);
    if (!next) return;
    event.preventDefault();
    this.#show(next);
    if (this.#parts.input.value !== next.value) this.#parts.input.value = next.value;
  }

  /** The state after a key, or undefined if the key keeps its ordinary meaning. */
  #pressed({ key, altKey }) {
    const state = this.#state;
    if (key === "ArrowDown") return altKey ? combobox.opened(state) : combobox.moved(state, 1);
    if (key === "ArrowUp") return altKey ? combobox.closed(state) : combobox.moved(state, -1);
    if (key === "Escape") return state.open || state.value ? combobox.escaped(state) : undefined;
    const option = key === "Enter" ? combobox.chosen(state) : undefined;
    if (option) return this.#take(option);
    if (key === "Home" || key === "End") this.#show({ ...state, active: -1 });
    return undefined;
  }

  #click(event) {
    const place = event.target.closest("[role=option]")?.dataset.place;
    const option = this.#state.options[place];
    if (option) this.#show(this.#take(option));
  }

  /** Opens an article, or searches for a completed question. Gives the state after it. */
  #take(option) {
    if (option.kind === "article") {
      const { slug, text: title } = option;
      const url = new URL(option.url, this.#endpoint).href;
      if (this.#tell("signpost-select", { slug, title, url })) {
        this.#recorder.send(["click", { slug }]);
        location.assign(url);
      }
      return combobox.closed(this.#state);
    }
    this.#parts.input.value = option.text;
    this.#state = combobox.closed(combobox.typed(this.#state, option.text));
    this.#parts.form.requestSubmit();
    return this.#state;
  }

  #submit(event) {
    const query = this.#parts.input.value.trim();
    if (!query || !this.#tell("signpost-search", { query })) event.preventDefault();
    this.#show(combobox.closed(this.#state));
  }

  get #recorder() {
    return new Recorder(this.#api, this.hasAttribute("base") ? "help" : "widget");
  }

  #tell(name, detail) {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }));
  }

  /** Draws a state: the only place that changes the list. */
  #show(next) {
    const { input, list } = this.#parts;
    if (next.options !== this.#state.options) list.replaceChildren(...this.#groups(next.options));
    this.#state = next;
    list.hidden = !next.open;
    input.setAttribute("aria-expanded", String(next.open));
    list.querySelectorAll("[role=option]").forEach((option, place) => {
      option.setAttribute("aria-selected", String(place === next.active));
    });
    if (next.active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", `option-${next.active}`);
    list.querySelector(`#option-${next.active}`).scrollIntoView({ block: "nearest" });
  }

  #groups(options) {
    const kinds = { search: this.#words.searches, article: this.#words.articles };
    return Object.entries(kinds).flatMap(([kind, name]) => {
      const rows = options.flatMap((option, place) => (option.kind === kind ? [draw(option, place)] : []));
      if (rows.length === 0) return [];
      const group = make("div", { role: "group", "aria-labelledby": `group-${kind}` });
      const heading = make("div", { class: "group-name", id: `group-${kind}`, role: "presentation" });
      heading.textContent = name;
      group.append(heading, ...rows);
      return [group];
    });
  }

  #announce() {
    const count = this.#state.options.length;
    const { count_none, count_one, count_other } = this.#words;
    this.#parts.status.textContent = [count_none, count_one][count] ?? count_other.replace("{count}", count);
  }
}

/** Completions, then articles; a completion that is the title of an article offered leads nowhere better. */
function options({ completions, articles }) {
  const titles = new Set(articles.map(({ title }) => title.toLowerCase()));
  return [
    ...completions.filter((text) => !titles.has(text.toLowerCase())).map((text) => ({ kind: "search", text })),
    ...articles.map(({ slug, title, url }) => ({ kind: "article", text: title, slug, url })),
  ];
}

function draw({ text }, place) {
  const row = make("div", { role: "option", id: `option-${place}`, "aria-selected": "false", "data-place": place });
  row.textContent = text;
  return row;
}

function make(name, attributes) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

customElements.define("signpost-search", SignpostSearch);
