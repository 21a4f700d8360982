// Agreeing with a customer on another window: whom to call, what to say, which windows suit, one step that keeps it.

import { open, say } from "./dialog.js";
import { get, post, day } from "./server.js";
import { clock, el, icon, joinNames, t, yuan } from "./words.js";

const MOST = 12;
const GRADES = { good: [t("合适"), "ok", "tick"], fair: [t("可以"), "", "dot"], dear: [t("费事"), "warn", "alert"], none: [t("排不下"), "", "dashed"] };

function row(one, close) {
  const price = one.fits ? t("{money} 元", { money: yuan(one.cost_fen, true) }) : "";
  const [word, tone, mark] = GRADES[one.grade];
  const why = [...one.said, ...(one.held_by.length ? [t("{name}占着", { name: joinNames(one.held_by) })] : [])].join(" · ");
  return el("tr", { "data-grade": one.grade }, el("th", {}, one.day), el("td", { class: "nowrap" }, `${clock(one.from_s)}–${clock(one.to_s)}`),
    el("td", {}, el("span", { class: `grade ${tone}` }, icon(mark), word), why ? el("small", { class: "quiet" }, why) : null), el("td", {}, one.fits ? one.engineer : ""), el("td", { class: "number" }, price),
    el("td", { class: "number" }, el("button", { class: "button small", "data-window": "", onclick: () => close(one) }, t("约这个"))));
}

function choose(found, over) {
  const first = found.windows.find((one) => one.grade === "good") ?? found.windows.find((one) => one.fits);
  const span = first ? `${first.day} ${clock(first.from_s)}–${clock(first.to_s)}` : "";
  const values = { contact: found.contact || found.customer, span };
  const script = !first ? "" : over ? t("您好，是{contact}吗？今天工程师赶不过来了，很抱歉。{span} 过去，您那边方便吗？", values) : t("您好，是{contact}吗？工程师改到 {span} 过去，您那边方便吗？", values);
  // What fits comes first, the cheapest first; the rest is there for a customer who insists.
  const rows = [...found.windows].sort((a, b) => Number(b.fits) - Number(a.fits) || a.on.localeCompare(b.on) || a.from_s - b.from_s).slice(0, MOST);
  return open(t("{customer}：换一天", { customer: found.customer }), (close) => [
    el("div", { class: "block" }, el("p", { class: "visit-when" }, el("a", { class: "link", href: `tel:${found.phone}` }, icon("call"), `${found.contact} ${found.phone}`)), script ? el("p", { class: "script" }, script) : null),
    el("div", { class: "block scroll" }, rows.length ? el("table", { class: "choices windows" }, el("tbody", {}, rows.map((one) => row(one, close)))) : el("p", { class: "warn" }, t("后面几天都没有人上班"))),
    el("footer", { class: "panel-foot" }, el("button", { class: "button", onclick: () => close() }, t("没答应")), el("span", { class: "quiet push" }, t("约好就告诉工程师，这一步不能用 U 撤销"))),
  ], "wide");
}

/** Ask for another window of a visit of the day `from`, perhaps only on one day, and keep it. True when it has gone. */
export async function agree(order, { over = false, from = day, only = "", seen = null } = {}) {
  let found;
  try {
    found = await get(`/orders/${order}/windows.json${only ? `?only=${only}` : ""}`);
  } catch (error) {
    say(error.message, { tone: "danger" });
    return false;
  }
  const window = await choose(found, over);
  if (!window) return false;
  try {
    const done = await post("/to-day", { day: from, order, to: window.on, from_s: window.from_s, to_s: window.to_s, agreed_with: found.contact, seen });
    const span = `${done.day} ${clock(window.from_s)}–${clock(window.to_s)}`;
    say(done.engineer ? t("{customer} 改到 {span}，排给 {name}，{at}", { customer: found.customer, span, name: done.engineer, at: clock(done.start_s) }) : t("{customer} 改到 {span}，在那天的清单里等着", { customer: found.customer, span }));
    return true;
  } catch (error) {
    say(error.message, { tone: "danger" });
    return false;
  }
}
