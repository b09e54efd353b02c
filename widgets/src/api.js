// Calls to a portal's API from a browser; nothing here touches the page.

/** Where this file came from, up to `/static/`: the API stands beside it. */
export const ENDPOINT = import.meta.url.split("/static/")[0];

/** Where a portal's API is. `token` is a JWT of the portal's own making; without it the session cookie or nobody asks. */
export class Api {
  constructor({ endpoint, portal, token, visitor }) {
    this.root = `${endpoint}/v1/portals/${encodeURIComponent(portal)}`;
    this.token = token;
    this.visitor = visitor;
  }

  /** Completions and articles for what is being typed. */
  suggest(q, { lang, signal }) {
    const asked = new URLSearchParams({ q, ...(lang && { lang }) });
    return this.#json(`/suggest?${asked}`, { signal });
  }

  /** Ranked answers; `surface` says from where: `help`, `widget`, `form` or `context`. */
  search(q, { lang, surface, limit, signal }) {
    const asked = { q, surface, limit, ...(lang && { lang }), ...(this.visitor && { visitor: this.visitor }) };
    return this.#json("/search", {
      signal,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(asked),
    });
  }

  async #json(path, { headers, ...rest }) {
    const signed = this.token ? { authorization: `Bearer ${this.token}` } : {};
    const answer = await fetch(this.root + path, { ...rest, headers: { ...headers, ...signed } });
    if (!answer.ok) throw new Error(`${path.split("?")[0]} answered ${answer.status}`);
    return answer.json();
  }
}
