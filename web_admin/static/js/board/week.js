// The week: cells are walked by arrows; a visit is dragged to another day, or given one by W.

import { agree } from "./agree.js";
import { open } from "./dialog.js";
import { el, t } from "./words.js";

const table = document.querySelector("#week");
const rows = [...table.querySelectorAll("tr[data-row]")];
const KEYS = [["← ↑ ↓ →", t("走到别的格子")], ["Enter", t("打开这一天")], ["Tab", t("格子里的下一单")], ["W", t("换一天，另约时间")], ["?", t("全部按键")]];

async function move(visit, only = "") {
  const done = await agree(Number(visit.dataset.order), { from: visit.closest("[data-on]").dataset.on, only });
  if (done) setTimeout(() => location.reload(), 1200);
}

function walk(down, across) {
  const here = document.activeElement.closest?.("#week [data-on]");
  const row = here ? rows.indexOf(here.closest("tr")) : -1;
  const column = here ? [...here.parentElement.querySelectorAll("[data-on]")].indexOf(here) : 0;
  const cells = rows[Math.max(0, Math.min(rows.length - 1, row + down))].querySelectorAll("[data-on]");
  cells[Math.max(0, Math.min(cells.length - 1, column + across))].focus();
}

let dragged = null;
table.addEventListener("dragstart", (event) => {
  dragged = event.target.closest("[data-order]");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.textContent.trim());
});
table.addEventListener("dragover", (event) => {
  const cell = event.target.closest("[data-on]");
  if (!dragged || !cell || cell.dataset.on === dragged.closest("[data-on]").dataset.on || cell.dataset.past) return;
  event.preventDefault();
  for (const one of table.querySelectorAll(".aim")) one.classList.remove("aim");
  cell.classList.add("aim");
});
table.addEventListener("dragend", () => {
  dragged = null;
  for (const one of table.querySelectorAll(".aim")) one.classList.remove("aim");
});
table.addEventListener("drop", (event) => {
  const cell = event.target.closest("[data-on]");
  if (!dragged || !cell) return;
  event.preventDefault();
  move(dragged, cell.dataset.on);
});
table.addEventListener("click", (event) => {
  const visit = event.target.closest("[data-order]");
  if (visit) location.assign(`/dispatch?day=${visit.closest("[data-on]").dataset.on}&order=${visit.dataset.order}`);
});

const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || ["INPUT", "TEXTAREA", "SELECT"].includes(document.activeElement.tagName)) return;
  const visit = document.activeElement.closest?.("[data-order]");
  if (steps[event.key]) walk(...steps[event.key]);
  else if (event.key === "w" && visit?.draggable) move(visit);
  else if (event.key === "Enter" && !visit && document.activeElement.dataset.on) location.assign(`/dispatch?day=${document.activeElement.dataset.on}`);
  else if (event.key === "?") open(t("全部按键"), () => [el("dl", { class: "block board-keys" }, KEYS.flatMap(([key, words]) => [el("dt", {}, key.split(" ").map((one) => el("kbd", {}, one))), el("dd", {}, words)]))]);
  else return;
  event.preventDefault();
});
document.querySelector("#board").removeAttribute("aria-busy");
