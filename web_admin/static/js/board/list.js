// Left: what has no place yet. Each ends in a price and a button, or says why not.

import { open } from "./dialog.js";
import { draggable } from "./drag.js";
import { move } from "./edit.js";
import { get, day } from "./server.js";
import { mayManage, on, select, soon, state, tell } from "./store.js";
import { short } from "./bar.js";
import { clock, el, icon, joinSentences, kindBadge, t, yuan } from "./words.js";

const list = document.querySelector("#unplanned");
const count = document.querySelector("#unplanned-count");
const sorting = document.querySelector("#unplanned-sort");
let places = new Map();
let asked = "";
let waiting = 0;
let revision = null;
const QUIET_MS = 400;

const orders = {
  due: (a, b) => Number(b.urgent) - Number(a.urgent) || a.due_on.localeCompare(b.due_on),
  window: (a, b) => Number(b.urgent) - Number(a.urgent) || (a.window?.[0] ?? 0) - (b.window?.[0] ?? 0),
  district: (a, b) => (a.district ?? "").localeCompare(b.district ?? "", "zh"),
  kind: (a, b) => a.kind.localeCompare(b.kind),
};

function detail(row) {
  const parts = [row.problem.slice(0, 16), row.window && t("约 {span}", { span: row.window.map(clock).join("–") }), row.due && t("{day}到期", { day: row.due }), short(row.district)];
  return parts.filter(Boolean).join(" · ");
}

// What could give way: her decision alone, or a question to the customer with what to say.
function way(row, one) {
  const act = one.script
    ? el("button", { class: "button small", onclick: () => call(row, one) }, icon("call"), t("打电话"))
    : el("button", { class: "button small", "data-way": one.start_s, onclick: () => move(row.id, one.engineer_id, one.start_s) }, t("就这样"));
  return el("p", { class: "place way" }, el("span", { title: one.sentence }, one.sentence), el("span", { class: "price" }, t("{money} 元", { money: yuan(one.price_fen, true) })), mayManage && act);
}

function call(row, one) {
  open(t("给 {customer} 打电话", { customer: row.customer }), (close) => [
    el("div", { class: "block" }, el("p", { class: "visit-when" }, el("a", { class: "link", href: `tel:${row.contact_phone}` }, icon("call"), `${row.contact_name} ${row.contact_phone}`)), el("p", { class: "script" }, one.script)),
    el("footer", { class: "panel-foot" }, el("button", { class: "button", onclick: () => close() }, t("没答应")), el("a", { class: "button primary push", href: `/appointments?order=${row.id}` }, t("答应了，改约"))),
  ]);
}

function offer(row) {
  if (state.proposal) {
    const move = state.numbers.get(row.id);
    return [el("p", { class: "place" }, move ? [el("span", { class: "move-number" }, String(move.number)), t("建议排上")] : el("span", { class: "quiet" }, t("建议里也没排上")))];
  }
  if (row.status === "approved") {
    return [el("p", { class: "place" }, el("span", { class: "quiet" }, t("还没约时间")), mayManage && el("button", { class: "button small push", onclick: () => tell("urgent", row.id) }, t("找位置")))];
  }
  const place = places.get(row.id);
  if (!place) return [el("p", { class: "place quiet" }, t("正在找位置"))];
  if (place.engineer_id === null) {
    return [el("p", { class: "why-not" }, el("b", { class: "warn" }, t("排不进")), " ", joinSentences(place.reasons.slice(0, 2)) || joinSentences(row.reasons)),
      ...(place.ways.length ? place.ways.map((one) => way(row, one)) : [el("p", { class: "place" }, el("a", { href: `tel:${row.contact_phone}` }, icon("call"), row.contact_phone), mayManage && el("button", { class: "button small push", onclick: () => tell("another-day", row.id) }, t("改约")))])];
  }
  return [el("p", { class: "place", title: t("{n} 人能去", { n: place.fit }) }, el("span", { class: "quiet" }, t("{n} 人", { n: place.fit })), `${place.engineer_name} ${clock(place.start_s)}`,
    el("span", { class: "price" }, t("{money} 元", { money: yuan(place.extra_fen, true) })),
    mayManage && el("button", { class: "button small", "data-place": row.id, onclick: () => move(row.id, place.engineer_id, place.start_s) }, t("放进去")))];
}

function item(row) {
  const made = el("li", { tabindex: 0, "data-order": row.id, "aria-current": String(state.selected === row.id), onclick: (event) => event.target.closest("button, a") || select(row.id) },
    el("h3", {}, kindBadge(row.kind), row.customer, row.urgent ? el("span", { class: "tag danger push" }, icon("alert"), t("加急")) : null),
    el("p", { class: "detail" }, detail(row)), ...offer(row));
  made.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === made) made.querySelector("button")?.click();
  });
  if (row.status !== "approved" && !state.proposal) draggable(made, row.id);
  return made;
}

function draw() {
  const rows = [...state.data.unplanned].sort(orders[sorting.value]);
  count.textContent = rows.length;
  const focus = list.contains(document.activeElement) ? document.activeElement.closest("li")?.dataset.order : null;
  list.replaceChildren(...rows.map(item));
  if (!rows.length) list.append(el("li", { class: "quiet" }, state.data.plan_id ? t("都排进去了") : t("约好的单子会到这里")));
  if (focus) list.querySelector(`[data-order="${focus}"]`)?.focus();
}

async function findPlaces() {
  if (asked === state.data.stamp || !state.data.plan_id || !state.data.unplanned.length) return;
  asked = state.data.stamp;
  places = new Map((await get(`/places.json?day=${day}`)).map((place) => [place.order_id, place]));
  draw();
}

sorting.addEventListener("change", draw);
const drawn = soon(draw);
on("day", () => {
  drawn();
  // While phones report one after the other the places wait for a quiet moment; what is shown stays.
  clearTimeout(waiting);
  waiting = setTimeout(() => findPlaces().catch(() => {}), state.data.revision === revision ? QUIET_MS : 0);
  revision = state.data.revision;
});
on("select", () => {
  for (const row of list.querySelectorAll("li[data-order]")) row.setAttribute("aria-current", String(state.selected === Number(row.dataset.order)));
});
on("numbers", drawn);
