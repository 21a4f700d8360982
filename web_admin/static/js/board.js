// The dispatch board. The parts listen to the state of the day; this reads it and begins to listen for changes.

import { handlers } from "./board/gantt.js";
import "./board/frame.js";
import "./board/list.js";
import "./board/side.js";
import "./board/plan.js";
import "./board/proposal.js";
import "./board/tabs.js";
import { help } from "./board/keys.js";
import { redo, undo } from "./board/edit.js";
import { open } from "./board/live.js";
import { show } from "./board/person.js";
import { find, first, select } from "./board/store.js";

handlers.person = show;
document.querySelector("#undo").addEventListener("click", undo);
document.querySelector("#redo").addEventListener("click", redo);
document.querySelector("#help").addEventListener("click", help);

first();
const wanted = Number(new URLSearchParams(location.search).get("order"));
if (find(wanted)) select(wanted);
open();
// The rest follows once the day is painted, the map at the end. A button that is pressed before its part is there, by mouse
// or by key, is pressed again then.
const early = new Set();
const LATE_PARTS = "#what-if-open, #compare-open";
const hold = ({ target }) => {
  const button = target.closest(LATE_PARTS);
  if (button) early.add(button);
};
document.addEventListener("click", hold);
requestIdleCallback(async () => {
  await import("./board/later.js").finally(() => document.querySelector("#board").removeAttribute("aria-busy"));
  document.removeEventListener("click", hold);
  early.forEach((button) => button.isConnected && button.click());
  requestIdleCallback(() => import("./board/routes.js"), { timeout: 800 });
}, { timeout: 500 });
