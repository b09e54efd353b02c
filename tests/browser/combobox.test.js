// The states of the search box, without a browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as combobox from "../../widgets/src/combobox.js";

const options = ["a", "b"].map((text) => ({ kind: "search", text }));
const opened = combobox.offered(combobox.typed(combobox.empty, "x"), "x", options);

test("arrows walk through the options and the field in a circle", () => {
  const places = [1, 1, 1, 1, -1, -1].reduce((seen, step) => [...seen, combobox.moved(seen.at(-1), step)], [opened]);
  assert.deepEqual(places.map((state) => state.active), [-1, 0, 1, -1, 0, -1, 1]);
});

test("options for words that have since changed are dropped", () => {
  const later = combobox.typed(opened, "xy");
  assert.equal(combobox.offered(later, "x", []), later);
});

test("emptying the field empties the list", () => {
  assert.deepEqual(combobox.typed(opened, "  ").options, []);
  assert.equal(combobox.typed(opened, "  ").open, false);
});

test("Escape closes the list first and empties the field next", () => {
  const closed = combobox.escaped(opened);
  assert.deepEqual([closed.open, closed.value], [false, "x"]);
  assert.deepEqual(combobox.escaped(closed), combobox.empty);
});

test("Enter takes an option only while the list is open and one is chosen", () => {
  const chosen = combobox.moved(opened, 1);
  assert.equal(combobox.chosen(chosen), options[0]);
  assert.equal(combobox.chosen(opened), undefined);
  assert.equal(combobox.chosen(combobox.closed(chosen)), undefined);
});

test("an arrow opens a closed list at its first or last option", () => {
  const closed = combobox.closed(combobox.moved(opened, 1));
  assert.equal(combobox.moved(closed, 1).active, 0);
  assert.equal(combobox.moved(closed, -1).active, 1);
});
