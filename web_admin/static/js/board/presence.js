// Where the others are: a name at the bar that somebody else has selected.

import { post } from "./server.js";
import { on, state } from "./store.js";
import { joinNames, t } from "./words.js";

const AGAIN_MS = 20_000;
const holder = document.querySelector("#gantt");
const people = document.querySelector("#others");
let others = [];
let timer = 0;

function draw() {
  for (const bar of holder.querySelectorAll("[data-beside]")) delete bar.dataset.beside;
  for (const one of others) {
    const bar = one.order_id && holder.querySelector(`[data-order="${Number(one.order_id)}"]`);
    if (bar) bar.dataset.beside = one.name;
  }
  people.textContent = others.length ? t("{name}在看", { name: joinNames(others.map((one) => one.name)) }) : "";
}

/** What the server says of who else looks. */
export function show(found) {
  others = found;
  draw();
}

const tell = () => !document.hidden && post("/presence", { order: state.selected }).catch(() => {});

on("day", draw);
on("select", () => {
  clearTimeout(timer);
  timer = setTimeout(tell, 300);
});
setInterval(tell, AGAIN_MS);
