// The keyboard does everything that the mouse does.

import { calendar, reveal } from "./gantt.js";
import { ask, inWords } from "./drag.js";
import { move, redo, resize, takeOut, undo } from "./edit.js";
import { open } from "./dialog.js";
import { named, show } from "./person.js";
import { show as reach, turn } from "./tabs.js";
import { find, mayManage, select, shown, state, tell } from "./store.js";
import { el, icon, t } from "./words.js";

const note = document.querySelector("#move-note");
const STEP_S = 300;
let moving = null;

const KEYS = [
  ["← →", t("同一位工程师的上一单、下一单")], ["↑ ↓ J K", t("上一位、下一位工程师")], ["M", t("搬动：← → 改时间，↑ ↓ 换人，Enter 放下，Esc 不改")],
  ["T", t("改时间")], ["E", t("换人")], ["1 2 3", t("换给列出的第几位")], ["[ ]", t("用时少、多 5 分钟")], ["F", t("固定或取消固定")], ["I", t("这位工程师：请假、回来")], ["X", t("拿出来")], ["W", t("换一天，另约时间")],
  ["L", t("到左边的清单")], ["U", t("撤销我的上一步")], ["Shift U", t("重做")], ["P", t("排一遍")], ["H", t("假设：有人病了、没有车、多留一会儿")], ["C", t("比较两份排法")], ["B", t("发布")], ["D", t("看成表格")], ["G", t("小屏幕上看地图")], ["/", t("搜索")], ["?", t("全部按键")],
];

/** The sheet of all keys. */
export const help = () => open(t("全部按键"), () => [el("dl", { class: "block board-keys" }, KEYS.flatMap(([key, words]) => [el("dt", {}, key.split(" ").map((one) => el("kbd", {}, one))), el("dd", {}, words)]))]);

function walk(by) {
  const found = find(state.selected)?.engineer ? find(state.selected) : null;
  if (!found) return select(shown().find((engineer) => engineer.visits.length)?.visits[0].id ?? null);
  const { visits } = found.engineer;
  select(visits[Math.max(0, Math.min(visits.length - 1, visits.indexOf(found.visit) + by))].id);
}

function climb(by) {
  const rows = shown().filter((engineer) => engineer.visits.length);
  const found = find(state.selected);
  const at = rows.findIndex((engineer) => engineer.id === found?.engineer?.id);
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  if (!next) return;
  const near = (visit) => Math.abs(visit.start_s - (found?.visit.start_s ?? 0));
  select(next.visits.reduce((best, visit) => (near(visit) < near(best) ? visit : best)).id);
}

// Moving by keys: the same questions and answers as with the mouse.
function begin() {
  const found = find(state.selected);
  if (!mayManage || !found || found.visit.status === "approved" || found.visit.movable === false) return;
  const engineer = found.engineer && !found.engineer.away ? found.engineer.id : shown().find((one) => !one.away)?.id;
  moving = { order: found.visit.id, engineer, start_s: found.visit.start_s ?? found.visit.window[0] };
  preview();
}

function preview() {
  const { order, engineer, start_s } = moving;
  ask(order, engineer, start_s, (asked, answer, problem) => {
    if (!moving) return;
    const { bad, lines } = inWords(asked, answer, problem);
    note.hidden = false;
    note.classList.toggle("danger", bad);
    note.replaceChildren(el("b", {}, t("搬动 {customer}", { customer: find(order).visit.customer })), ...lines.map((line, at) => el("span", {}, bad && at ? icon("alert") : null, line)), el("span", { class: "quiet" }, t("Enter 放下，Esc 不改")));
  });
}

function stop() {
  moving = null;
  note.hidden = true;
}

function whileMoving(event) {
  const people = shown().filter((one) => !one.away);
  const at = people.findIndex((one) => one.id === moving.engineer);
  if (event.key === "Escape") return stop(), true;
  if (event.key === "Enter") {
    const { order, engineer, start_s } = moving;
    stop();
    return move(order, engineer, start_s), true;
  }
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!steps) return false;
  moving.start_s = Math.max(0, moving.start_s + steps[0] * STEP_S * (event.shiftKey ? 6 : 1));
  moving.engineer = people[Math.max(0, Math.min(people.length - 1, at + steps[1]))].id;
  reveal(people.find((one) => one.id === moving.engineer).visits[0]?.id);
  preview();
  return true;
}

const plain = {
  ArrowLeft: () => walk(-1), ArrowRight: () => walk(1), ArrowUp: () => climb(-1), ArrowDown: () => climb(1), k: () => climb(-1), j: () => climb(1),
  m: begin, t: () => document.querySelector("#edit-time")?.focus(), e: () => document.querySelector("#edit-engineer")?.focus(),
  f: () => document.querySelector("[data-pin]")?.click(), x: () => mayManage && find(state.selected)?.engineer && takeOut(state.selected),
  i: () => state.engineer && show(named(state.engineer)), l: () => { reach("list"); document.querySelector("#unplanned li")?.focus(); }, w: () => mayManage && (find(state.selected)?.visit.movable ?? find(state.selected)?.visit.window) && tell("another-day", state.selected), u: undo, U: redo, b: () => document.querySelector("#publish")?.click(), "?": help,
  d: () => { const table = document.querySelector("#day-table"); table.open = !table.open; if (table.open) table.querySelector("summary").focus(); },
  "[": () => longer(-STEP_S), "]": () => longer(STEP_S), g: turn, h: () => document.querySelector("#what-if-open")?.click(), c: () => document.querySelector("#compare-open").click(),
  Escape: () => select(null),
};

function longer(by) {
  const found = find(state.selected);
  if (mayManage && found?.engineer && found.visit.movable) resize(found.visit.id, found.visit.end_s - found.visit.start_s + by);
}

function inList(event) {
  const here = document.activeElement.closest?.("#unplanned li");
  if (!here || !["ArrowUp", "ArrowDown", "j", "k"].includes(event.key)) return false;
  const next = event.key === "ArrowDown" || event.key === "j" ? here.nextElementSibling : here.previousElementSibling;
  next?.focus();
  if (next?.dataset.order) select(Number(next.dataset.order));
  return true;
}

document.addEventListener("keydown", (event) => {
  if (!calendar || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = ["INPUT", "TEXTAREA", "SELECT"].includes(document.activeElement?.tagName);
  if (typing && event.key === "Escape") document.activeElement.blur();
  if (typing) return;
  if (moving ? whileMoving(event) : inList(event)) return event.preventDefault();
  const choice = /^[1-9]$/.test(event.key) && document.querySelector(`[data-choice="${event.key}"]`);
  if (choice) return choice.click();
  const act = plain[event.key];
  if (!act || (event.key.startsWith("Arrow") && document.activeElement.closest?.("#map"))) return;
  event.preventDefault();
  act();
  if (state.selected) reveal(state.selected);
});
