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
import { find, first, select, tell } from "./board/store.js";

handlers.person = show;
document.querySelector("#undo").addEventListener("click", undo);
document.querySelector("#redo").addEventListener("click", redo);
document.querySelector("#help").addEventListener("click", help);
document.querySelector("#what-if-open")?.addEventListener("click", () => tell("what-if"));
document.querySelector("#compare-open").addEventListener("click", () => tell("compare"));

first();
const wanted = Number(new URLSearchParams(location.search).get("order"));
if (find(wanted)) select(wanted);
open();
// The rest follows once the day is painted, the map at the end. What is asked of a part before it is there is answered then.
requestIdleCallback(async () => {
  await import("./board/later.js").finally(() => document.querySelector("#board").removeAttribute("aria-busy"));
  requestIdleCallback(() => import("./board/routes.js"), { timeout: 800 });
}, { timeout: 500 });
