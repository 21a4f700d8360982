// While something is dragged: the server says what it would do, many times a second, one question at a time.

import { SNAP_S, calendar, handlers, placeAt, secondsOf } from "./gantt.js";
import { move, resize } from "./edit.js";
import { post } from "./server.js";
import { find, mayManage, state } from "./store.js";
import { clock, el, icon, joinNames, minutes, t, yuan } from "./words.js";

const holder = document.querySelector("#gantt");
const tip = el("div", { class: "drag-tip", role: "status", hidden: true });
document.body.append(tip);
const MOST_LINES = 4;
let asking = false;
let wish = null;
let drag = null;
// What was answered since the day last changed: a pointer goes back and forth over the same places.
const answers = new Map();
let answered = "";
let count = 0;
let newest = 0;

const snap = (seconds) => Math.round(seconds / SNAP_S) * SNAP_S;

function say(asked, answer, problem) {
  if (asked.n < newest) return; // a later place was answered meanwhile
  newest = asked.n;
  asked.show(asked, answer, problem);
}

/** Ask what a move would do; while a question is out only the newest wish is kept. */
export async function ask(order, engineer, start_s, show = showTip) {
  if (answered !== state.data.stamp) answers.clear();
  answered = state.data.stamp;
  const asks = { order, engineer, start_s, show, n: ++count, key: `${order} ${engineer} ${start_s}` };
  const known = answers.get(asks.key);
  wish = known ? null : asks;
  if (known) say(asks, known);
  if (asking) return;
  asking = true;
  while (wish) {
    const asked = wish;
    wish = null;
    const { stamp } = state.data;
    try {
      const answer = await post("/preview", { order: asked.order, engineer: asked.engineer, start_s: asked.start_s });
      if (stamp === answered) answers.set(asked.key, answer);
      say(asked, answer);
    } catch (error) {
      say(asked, null, error.message);
    }
  }
  asking = false;
}

/** The answer as a sentence and its tone. */
export function inWords(asked, answer, problem = "") {
  const name = state.data.engineers.find((one) => one.id === asked.engineer)?.name ?? "";
  if (!answer) return { bad: true, lines: [problem] };
  const lines = [t("{name} {from}–{to}，路上 {n} 分", { name, from: clock(answer.start_s), to: clock(answer.end_s), n: minutes(answer.travel_s) })];
  if (answer.broken.length) {
    const more = answer.broken.length - MOST_LINES;
    return { bad: true, lines: [...lines, ...answer.broken.slice(0, MOST_LINES), ...(more > 0 ? [t("还有 {n} 条", { n: more })] : [])] };
  }
  const later = answer.shifted.filter((one) => one.by_s > 0);
  if (later.length) lines.push(t("后推：{who}", { who: joinNames(later.map((one) => t("{customer} {n} 分", { customer: one.customer, n: minutes(one.by_s) }))) }));
  const sooner = answer.shifted.filter((one) => one.by_s < 0);
  if (sooner.length) lines.push(t("提前：{who}", { who: joinNames(sooner.map((one) => t("{customer} {n} 分", { customer: one.customer, n: minutes(-one.by_s) }))) }));
  lines.push(t("{money} 元", { money: yuan(answer.extra_fen, true) }));
  return { bad: false, lines };
}

function showTip(asked, answer, problem) {
  if (!drag) return;
  const { bad, lines } = inWords(asked, answer, problem);
  holder.classList.toggle("conflict", bad);
  tip.classList.toggle("danger", bad);
  tip.replaceChildren(...lines.map((line, at) => el("p", {}, bad && at ? icon("alert") : null, line)));
  tip.hidden = false;
}

function follow(event) {
  if (!drag) return;
  const place = placeAt(event.clientX, event.clientY);
  const below = event.clientY + 30 + tip.offsetHeight < innerHeight;
  tip.style.left = `${Math.min(event.clientX + 16, innerWidth - 300)}px`;
  tip.style.top = `${below ? event.clientY + 30 : event.clientY - 34 - tip.offsetHeight}px`;
  if (drag.ghost) drag.ghost.style.translate = `${event.clientX}px ${event.clientY}px`;
  if (!place) return;
  const start_s = snap(place.at - drag.offset);
  if (drag.engineer === place.engineer && drag.start_s === start_s) return;
  Object.assign(drag, { engineer: place.engineer, start_s });
  ask(drag.order, place.engineer, start_s);
}

function end() {
  drag?.ghost?.remove();
  drag = null;
  wish = null;
  tip.hidden = true;
  holder.classList.remove("conflict", "dragging");
  removeEventListener("pointermove", follow);
}

handlers.dragStart = ({ event, jsEvent }) => {
  const place = placeAt(jsEvent.clientX, jsEvent.clientY);
  drag = { order: Number(event.id), offset: (place?.at ?? secondsOf(event.start)) - secondsOf(event.start) };
  holder.classList.add("dragging");
  addEventListener("pointermove", follow);
};
handlers.dragStop = () => end();
handlers.drop = async ({ event, oldEvent, revert }) => {
  const kept = await move(Number(event.id), Number(event.resourceIds[0]), secondsOf(event.start));
  if (!kept && find(event.id)?.engineer?.id === Number(oldEvent.resourceIds[0])) revert();
};

// The right end of a bar is pulled: the tip says how long it would be.
let pulled = null;

function pull(event) {
  const preview = holder.querySelector(".ec-preview");
  const lane = calendar.getOption("slotWidth");
  if (!preview || !lane) return;
  tip.replaceChildren(el("p", {}, t("用时 {n} 分钟", { n: Math.max(10, Math.round((preview.offsetWidth / lane) * 60 / 5) * 5) })));
  tip.hidden = false;
  tip.style.left = `${Math.min(event.clientX + 16, innerWidth - 300)}px`;
  tip.style.top = `${event.clientY + 30}px`;
}

handlers.resizeStart = () => {
  pulled = pull;
  addEventListener("pointermove", pulled);
};
handlers.resizeStop = () => {
  removeEventListener("pointermove", pulled);
  tip.hidden = true;
};
handlers.resize = async ({ event, revert }) => {
  const kept = await resize(Number(event.id), secondsOf(event.end) - secondsOf(event.start));
  if (!kept) revert();
};

/** A list item that can be dragged onto the board. */
export function draggable(element, order) {
  if (!mayManage) return;
  element.addEventListener("pointerdown", (down) => {
    if (down.button !== 0 || down.target.closest("button, a")) return;
    const start = (event) => {
      if (Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < 5) return;
      removeEventListener("pointermove", start);
      const { customer } = find(order).visit;
      drag = { order, offset: 0, ghost: el("div", { class: "drag-ghost" }, customer) };
      document.body.append(drag.ghost);
      holder.classList.add("dragging");
      addEventListener("pointermove", follow);
    };
    const stop = async (event) => {
      removeEventListener("pointermove", start);
      removeEventListener("pointerup", stop);
      removeEventListener("pointercancel", stop);
      const dropped = drag && event.type === "pointerup" ? placeAt(event.clientX, event.clientY) : null;
      const { start_s } = drag ?? {};
      end();
      if (dropped) await move(order, dropped.engineer, start_s ?? snap(dropped.at));
    };
    addEventListener("pointermove", start);
    addEventListener("pointerup", stop);
    addEventListener("pointercancel", stop);
  });
}

