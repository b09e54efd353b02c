// Sends events (what was shown, opened, left, voted) to the portal, so that also a page being closed loses none.

import { randomId } from "./visitor.js";

/** Records events of one page of one portal. */
export class Recorder {
  #api;
  #surface;

  /** `api`: see api.js; `surface`: `help`, `widget`, `form` or `context`. */
  constructor(api, surface) {
    this.#api = api;
    this.#surface = surface;
  }

  /** Sends events `[type, fields]` without waiting; the browser delivers them even after the page is gone. */
  send(...events) {
    if (events.length > 0) navigator.sendBeacon(`${this.#api.root}/events`, this.#batch(events));
  }

  /** Sends events and waits until they are stored; throws if they are not. */
  async store(...events) {
    const headers = { "content-type": "application/json" };
    if (this.#api.token) headers.authorization = `Bearer ${this.#api.token}`;
    const answer = await fetch(`${this.#api.root}/events`, { method: "POST", headers, body: this.#batch(events), keepalive: true });
    if (!answer.ok) throw new Error(`events answered ${answer.status}`);
  }

  #batch(events) {
    const at = new Date().toISOString();
    const { token, visitor } = this.#api;
    const rows = events.map(([type, fields]) => ({ id: randomId(), type, at, surface: this.#surface, ...given(fields) }));
    return JSON.stringify({ sent_at: at, ...given({ token, visitor }), events: rows });
  }
}

/** The fields that hold something: an empty search id is no search id. */
function given(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""));
}
