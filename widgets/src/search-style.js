// Style of <signpost-search>: a constructed sheet, which the strictest style-src of an embedding page allows.
// An embedding page may set --signpost-accent, -on-accent, -page, -ink, -quiet, -line and -control.

export const style = new CSSStyleSheet();
style.replaceSync(`
:host {
  --own-accent: var(--signpost-accent, light-dark(#2f4fd0, #9db1ff));
  --own-on-accent: var(--signpost-on-accent, light-dark(#ffffff, #101216));
  --own-page: var(--signpost-page, light-dark(#ffffff, #101216));
  --own-ink: var(--signpost-ink, light-dark(#14171d, #eceef2));
  --own-quiet: var(--signpost-quiet, light-dark(#535b68, #a7afbc));
  --own-line: var(--signpost-line, light-dark(#e1e4e9, #2b3038));
  --own-control: var(--signpost-control, light-dark(#7d8694, #737d8c));
  display: block;
  position: relative;
  font: inherit;
  line-height: 1.5;
}
:host([hidden]) { display: none; }
*, *::before, *::after { box-sizing: border-box; }
form { display: flex; gap: 0.5rem; margin: 0; }
.hidden-text { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
input {
  flex: 1; min-width: 0; min-height: 3rem; padding: 0.5rem 0.75rem;
  border: 1px solid var(--own-control); border-radius: 0.625rem;
  background: var(--own-page); color: var(--own-ink); font: inherit; font-size: 1.0625rem;
}
input::placeholder { color: var(--own-quiet); opacity: 1; }
button {
  min-height: 3rem; padding: 0.5rem 1.125rem; border: 1px solid transparent; border-radius: 0.625rem;
  background: var(--own-accent); color: var(--own-on-accent); font: inherit; font-weight: 580; cursor: pointer;
}
button:hover { background: color-mix(in oklab, var(--own-accent) 88%, var(--own-ink)); }
:focus-visible { outline: 0.1875rem solid var(--own-accent); outline-offset: 0.1875rem; }
[role="listbox"] {
  position: absolute; z-index: 20; inset-inline: 0; top: calc(100% + 0.375rem); max-height: min(70dvh, 28rem); overflow-y: auto;
  padding: 0.375rem; border: 1px solid var(--own-line); border-radius: 0.75rem;
  background: var(--own-page); color: var(--own-ink); box-shadow: 0 0.75rem 2.5rem rgb(0 0 0 / 0.16);
}
[role="listbox"][hidden] { display: none; }
.group-name { padding: 0.5rem 0.625rem 0.125rem; color: var(--own-quiet); font-size: 0.8125rem; font-weight: 600; }
[role="option"] {
  display: flex; align-items: center; gap: 0.625rem; min-height: 2.75rem; padding: 0.5rem 0.625rem;
  border-radius: 0.5rem; cursor: pointer; overflow-wrap: anywhere;
}
[role="option"]:hover { background: color-mix(in oklab, var(--own-accent) 7%, var(--own-page)); }
[role="option"][aria-selected="true"] {
  background: color-mix(in oklab, var(--own-accent) 14%, var(--own-page));
  outline: 0.125rem solid var(--own-accent); outline-offset: -0.125rem;
}
@media (forced-colors: active) { button { border-color: ButtonText; } }
`);
