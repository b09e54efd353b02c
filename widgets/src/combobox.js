// State of a combobox with a list of options, apart from any DOM: each function takes a state and gives the next one.
// Behaviour follows the W3C ARIA Authoring Practices, "Combobox with list autocomplete, manual selection".

/**
 * @typedef {{kind: "search" | "article", text: string, slug?: string, url?: string}} Option
 * @typedef {{value: string, options: Option[], open: boolean, active: number}} State  `active` is -1 while no option is chosen
 */

/** @type {State} */
export const empty = { value: "", options: [], open: false, active: -1 };

/** The person typed: what was offered for other words goes away unless there are words left to offer for. */
export function typed(state, value) {
  const options = value.trim() ? state.options : [];
  return { value, options, open: state.open && options.length > 0, active: -1 };
}

/** Options arrived for `value`; those that come late, for words that have since changed, are dropped. */
export function offered(state, value, options) {
  if (value !== state.value) return state;
  return { ...state, options, open: options.length > 0, active: -1 };
}

/** Moves the choice by one, round through the field itself (-1), opening the list if it was closed. */
export function moved(state, step) {
  if (state.options.length === 0) return state;
  const places = state.options.length + 1;
  const from = state.open ? state.active : -1;
  return { ...state, open: true, active: ((from + 1 + step + places) % places) - 1 };
}

/** Opens the list without choosing. */
export function opened(state) {
  return { ...state, open: state.options.length > 0 };
}

/** Closes the list; what was typed stays. */
export function closed(state) {
  return { ...state, open: false, active: -1 };
}

/** Escape: first closes the list, then empties the field. */
export function escaped(state) {
  return state.open ? closed(state) : empty;
}

/** The option that Enter would take, or undefined: then Enter searches for what was typed. */
export function chosen(state) {
  return state.open ? state.options[state.active] : undefined;
}
