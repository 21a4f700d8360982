// Right: the selected visit, who else could go, and her word on it.

import { move, pin, takeOut } from "./edit.js";
import { risk, riskWord, short } from "./bar.js";
import { get, day } from "./server.js";
import { find, mayManage, on, state, tell } from "./store.js";
import { clock, el, icon, joinParts, kindBadge, minutes, t, yuan } from "./words.js";

const side = document.querySelector("#side-facts");
let shownFor = "";

const fact = (word, ...value) => [el("dt", {}, word), el("dd", {}, ...value)];

function facts(visit) {
  const rows = [fact(t("单号"), visit.number), fact(t("地址"), visit.address)];
  if (visit.contact_phone) rows.push(fact(t("联系人"), `${visit.contact_name} `, el("a", { class: "link", href: `tel:${visit.contact_phone}` }, visit.contact_phone)));
  if (visit.problem) rows.push(fact(t("要做的"), visit.problem));
  if (visit.travel_s) rows.push(fact(t("路上"), t("{n} 分钟，{money} 元", { n: minutes(visit.travel_s), money: yuan(visit.travel_fen) })));
  return el("dl", { class: "facts" }, rows.flat());
}

function promised(visit) {
  const [from, to] = visit.window;
  const first = Math.min(from, visit.start_s) - 900;
  const last = Math.max(to, visit.end_s) + 900;
  const at = (seconds) => `${((seconds - first) / (last - first)) * 100}%`;
  const word = riskWord(visit);
  return [
    el("div", { class: "window-line", "aria-hidden": true }, el("i", { style: `left:${at(from)};width:${((to - from) / (last - first)) * 100}%` }), el("b", { style: `left:${at(visit.start_s)};width:${((visit.end_s - visit.start_s) / (last - first)) * 100}%` })),
    el("div", { class: "window-scale", "aria-hidden": true }, el("span", { style: `left:${at(from)}` }, clock(from)), el("span", { style: `left:${at(to)}` }, clock(to))),
    el("p", {}, t("约定 {span} 到", { span: `${clock(from)}–${clock(to)}` }), word ? el("span", { class: risk(visit) === 3 ? "danger" : "warn" }, joinParts(["", word])) : visit.slack_s !== null ? el("span", { class: "ok" }, t("，准时把握 {n} %", { n: Math.round((1 - visit.late) * 100) })) : ""),
  ];
}

function form(visit, engineer) {
  const people = el("select", { class: "input", name: "engineer", "aria-label": t("工程师"), id: "edit-engineer" },
    state.data.engineers.filter((one) => !one.away).map((one) => el("option", { value: one.id, selected: one.id === engineer?.id }, one.name)));
  const at = visit.start_s ?? visit.window?.[0] ?? 9 * 3600;
  const time = el("input", { class: "input", type: "time", name: "start", required: true, "aria-label": t("开始"), id: "edit-time", value: clock(at).padStart(5, "0") });
  return el("form", { class: "block row", onsubmit: (event) => {
    event.preventDefault();
    const [hours, mins] = time.value.split(":").map(Number);
    move(visit.id, Number(people.value), hours * 3600 + mins * 60);
  } }, people, time, el("button", { class: "button" }, engineer ? t("改") : t("放进去")));
}

function actions(visit) {
  const held = visit.pinned_engineer || visit.pinned_start;
  const hold = (engineer, time) => () => pin(visit.id, engineer, time);
  return el("div", { class: "block row wrap" },
    held ? el("button", { class: "button small", "data-pin": "", onclick: hold(false, false) }, icon("pin"), t("取消固定"), el("kbd", {}, "F"))
      : [el("button", { class: "button small", "data-pin": "", onclick: hold(true, true) }, icon("pin"), t("固定"), el("kbd", {}, "F")), el("button", { class: "button small bare", onclick: hold(true, false) }, t("只定人")), el("button", { class: "button small bare", onclick: hold(false, true) }, t("只定时间"))],
    el("button", { class: "button small push", "data-other-day": "", onclick: () => tell("another-day", visit.id) }, t("换一天"), el("kbd", {}, "W")),
    el("button", { class: "button small bare", onclick: () => takeOut(visit.id) }, t("拿出来"), el("kbd", {}, "X")));
}

async function others(visit, place) {
  const rows = await get(`/orders/${visit.id}/others.json?day=${day}`).catch(() => []);
  if (state.selected !== visit.id) return;
  if (!rows.length) return place.append(el("p", { class: "quiet" }, t("这一天没有别人赶得上")));
  place.append(el("table", { class: "choices" }, el("tbody", {}, rows.map((row, at) => el("tr", {},
    el("th", {}, row.engineer_name, " ", el("span", { class: "quiet" }, clock(row.start_s))),
    el("td", { class: "number" }, t("{money} 元", { money: yuan(row.extra_fen, true) })),
    el("td", { class: "number" }, mayManage && el("button", { class: "button small", "data-choice": at + 1, onclick: () => move(visit.id, row.engineer_id, row.start_s) }, t("换"))))))));
}

export function draw(force = true) {
  const found = state.selected ? find(state.selected) : null;
  if (!found) {
    shownFor = "";
    side.replaceChildren(el("p", { class: "block quiet" }, t("点一单看详情，拖动就能改。")));
    return;
  }
  const { visit, engineer } = found;
  const key = JSON.stringify([visit, engineer?.id]);
  if (!force && key === shownFor) return;
  shownFor = key;
  const choices = el("div", { class: "block" }, el("h3", {}, engineer ? t("还可以给") : t("可以给")));
  side.replaceChildren(
    el("div", { class: "panel-head" }, kindBadge(visit.kind), el("h2", {}, visit.customer), visit.word ? el("span", { class: "tag" }, visit.word) : null, el("a", { class: "push link", href: `/orders/${visit.id}`, "data-key": "o" }, t("全部"), el("kbd", {}, "O"))),
    engineer ? el("div", { class: "block" }, el("p", { class: "visit-when" }, `${clock(visit.start_s)}–${clock(visit.end_s)}`, el("span", { class: "quiet" }, t("{name} · 第 {n} 单", { name: engineer.name, n: visit.sequence }))), ...(visit.window ? promised(visit) : []),
      ...visit.broken.map((one) => el("p", { class: "danger row" }, icon("alert"), el("span", {}, one)))) : el("div", { class: "block" }, visit.window ? el("p", {}, t("约定 {span} 到", { span: visit.window.map(clock).join("–") })) : null, el("p", { class: "quiet" }, short(visit.district))),
    el("div", { class: "block" }, facts(visit)),
    visit.status !== "approved" && (visit.movable ?? true) ? choices : "",
    mayManage && visit.status !== "approved" && (visit.movable ?? true) ? form(visit, engineer) : "",
    mayManage && engineer && visit.movable ? actions(visit) : "",
  );
  if (visit.status !== "approved" && (visit.movable ?? true)) others(visit, choices);
}

on("select", () => draw());
on("day", () => draw(false));
