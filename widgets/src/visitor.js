// Who visits, when nobody is signed in: a random id of this browser, or nobody if the person asked not to be followed.

const NAME = "signpost_visitor";

/** Whether the person asked not to be followed: Global Privacy Control or Do Not Track. */
export function unfollowed(browser = navigator) {
  return browser.globalPrivacyControl === true || browser.doNotTrack === "1";
}

/** The browser's id, made at first use; undefined if the person asked not to be followed or forbids storage. */
export function visitor() {
  try {
    if (unfollowed()) {
      localStorage.removeItem(NAME);
      return undefined;
    }
    const known = localStorage.getItem(NAME);
    if (known) return known;
    const made = randomId();
    localStorage.setItem(NAME, made);
    return made;
  } catch {
    return undefined;
  }
}

/** Tells the portal's own pages who visits, for the searches that they make on the server; ends with the browser session. */
export function introduce(id) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const life = id ? "" : "; Max-Age=0";
  document.cookie = `${NAME}=${id ?? ""}; Path=/; SameSite=Lax${secure}${life}`;
}

/**
 * Keeps the id of the first ticket form of this browser: it says which arm of an experiment its user is in, and they stay in it when they
 * sign in.
 */
export function keepFirstForm(form_id) {
  if (document.cookie.split("; ").some((cookie) => cookie.startsWith("signpost_form="))) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `signpost_form=${form_id}; Path=/; SameSite=Lax; Max-Age=${400 * 24 * 60 * 60}${secure}`;
}

/** 128 random bits in hexadecimal; works where `crypto.randomUUID` does not (pages without HTTPS). */
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
