// On a small screen the list, the visit and the map share one place; which of them is seen is chosen here.

import { on, state } from "./store.js";

const columns = document.querySelector("#columns");
const tabs = [...document.querySelectorAll("#side-tabs [data-tab]")];

/** Show one of list, facts and map. */
export function show(name) {
  columns.dataset.tab = name;
  for (const tab of tabs) tab.setAttribute("aria-selected", String(tab.dataset.tab === name));
}

/** From the map to the visit and back. */
export const turn = () => show(columns.dataset.tab === "map" ? "facts" : "map");

for (const tab of tabs) tab.addEventListener("click", () => show(tab.dataset.tab));
on("select", (found) => found?.engineer && columns.dataset.tab === "list" && show("facts"));
on("numbers", () => state.proposal && show("facts"));
on("side", () => show("facts"));
