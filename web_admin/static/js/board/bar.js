// A visit as a bar: promised window behind, trip before it, kind, customer, state, risk.

import { clock, el, icon, joinParts, kindBadge, minutes, modeIcon, t } from "./words.js";

const LOOKS = {
  appointed: ["draft", "dashed"], planned: ["draft", "dashed"], published: ["published", "ring"], accepted: ["published", "dot"],
  en_route: ["running", "go"], on_site: ["running", "target"], done: ["done", "tick"], card_submitted: ["done", "tick"],
  card_passed: ["done", "tick"], closed: ["done", "tick"], escalated: ["late", "alert"],
};

/** 0 fine, 1 may be late, 2 likely, 3 late; from the chance that the server has worked out. */
export function risk(visit) {
  if (visit.slack_s === null || visit.slack_s === undefined) return 0;
  if (visit.slack_s < 0 || visit.late >= 0.5) return 3;
  return visit.late >= 0.2 ? 2 : visit.late >= 0.1 ? 1 : 0;
}

export function riskWord(visit) {
  if (visit.over) return t("今天来不及了");
  if (visit.slack_s !== null && visit.slack_s < 0) return t("会晚 {n} 分钟", { n: minutes(-visit.slack_s) });
  return risk(visit) ? t("可能迟到，{n} %", { n: Math.round(visit.late * 100) }) : "";
}

export const short = (district) => (district ?? "").replace(/[区县]$/, "");

function note(visit, look, wide) {
  if (visit.over) return [icon("clock"), t("来不及")];
  if (visit.slack_s !== null && visit.slack_s < 0) return [icon("alert"), t("晚 {n} 分", { n: minutes(-visit.slack_s) })];
  if (visit.broken.length) return [icon("alert"), t("有冲突")];
  const words = { planned: t("草稿"), appointed: t("草稿"), done: t("完成"), card_submitted: t("完成"), card_passed: t("完成"), closed: t("完成"), en_route: t("路上") };
  const brief = { on_site: t("现场"), published: t("已发"), accepted: t("已接") };
  if (!wide) return [words[visit.status] ?? brief[visit.status] ?? visit.word];
  return [icon(look[1]), words[visit.status] ?? visit.word];
}

/** The tone of a bar: draft, published, running, done or late. */
export function tone(visit) {
  const look = LOOKS[visit.status] ?? ["published", "ring"];
  return visit.movable && (visit.slack_s < 0 || visit.broken.length) ? "late" : look[0];
}

/** The nodes of one bar. `number` ties it to a move of the proposal. */
export function bar(visit, { nowS = null, number = null } = {}) {
  const look = LOOKS[visit.status] ?? ["published", "ring"];
  const length = Math.max(60, visit.end_s - visit.start_s);
  const part = (seconds) => `${((seconds / length) * 100).toFixed(2)}%`;
  const nodes = [];
  if (visit.window && visit.movable) {
    nodes.push(el("i", { class: "window", style: `left:${part(visit.window[0] - visit.start_s)};width:${part(visit.window[1] - visit.window[0])}` }));
  }
  if (visit.travel_s > 0) {
    const leg = el("span", { class: `leg${visit.status === "en_route" ? " now" : ""}`, style: `width:${part(visit.travel_s)};right:calc(100% + ${part(Math.max(0, visit.start_s - visit.arrive_s))})`, title: t("路上 {n} 分钟", { n: minutes(visit.travel_s) }) });
    leg.append(modeIcon(visit.mode), el("b", {}, String(minutes(visit.travel_s))));
    nodes.push(leg);
  }
  const wide = length >= 4800;
  const box = el("span", { class: `bar ${tone(visit)}${length < 3000 ? " tiny" : ""}` });
  if (visit.status === "on_site" && nowS !== null) box.style.setProperty("--elapsed", part(Math.min(length, Math.max(0, nowS - visit.start_s))));
  const words = el("span", { class: "note" });
  if (number) words.append(el("span", { class: "move-number" }, String(number)));
  else if (!wide) words.append(kindBadge(visit.kind));
  words.append(...note(visit, look, wide), wide && visit.district ? ` · ${short(visit.district)}` : "");
  box.append(el("span", { class: "name" }, wide || number ? kindBadge(visit.kind) : null, visit.urgent ? el("span", { class: "danger" }, icon("alert")) : null, el("b", {}, visit.customer)), words);
  if (visit.pinned_engineer || visit.pinned_start) {
    const pin = icon("pin");
    pin.classList.add("pin");
    box.append(pin);
  }
  const step = risk(visit);
  if (step) box.append(el("span", { class: "risk", "data-step": step }, el("i"), el("i"), el("i")));
  nodes.push(box);
  return nodes;
}

/** What a bar says to a screen reader and on hover. */
export function label(visit, engineer) {
  const parts = [engineer.name, visit.customer, visit.word, `${clock(visit.start_s)}–${clock(visit.end_s)}`];
  if (visit.window) parts.push(t("约定 {span}", { span: `${clock(visit.window[0])}–${clock(visit.window[1])}` }));
  const word = riskWord(visit);
  return joinParts([...parts, ...(word ? [word] : []), ...visit.broken]);
}
