// Today: the next visit on top with its one button, the cards that are due, what comes after.
import * as day from "./day.js";
import { t } from "./i18n.js";
import * as store from "./store.js";
import { perform, places } from "./steps.js";
import { go, h, icon, nextButton, notice, screen, section } from "./ui.js";

export const clockBar = (visit) =>
  h("button", { class: `clock ${["soon", "urgent", "late"].includes(visit.countdown) ? "is-soon" : ""}`, onclick: () => go(visit.finished_at ? `card/${visit.id}` : `visit/${visit.id}`) },
    h("span", { class: "clock-line" }, h("b", {}, visit.order.short_name, " ", h("span", { class: "quiet" }, t(day.KIND[visit.order.kind]))),
      h("span", { class: `clock-left number ${visit.countdown === "late" ? "danger" : ["soon", "urgent"].includes(visit.countdown) ? "warn" : ""}` }, visit.card?.status === "returned" && t("被退回 · "), day.left(visit))),
    h("span", { class: "clock-bar", role: "img", "aria-label": t("24 小时里已用去的部分，18 和 22 小时处各提醒一次") }, h("i", { style: `width:${day.used(visit)}%` })));

export const dayItem = (visit) =>
  h("li", {}, h("button", { class: "day-item", onclick: () => go(`visit/${visit.id}`) },
    h("span", { class: "day-time number" }, day.clock(visit.start_s), h("small", {}, day.clock(visit.end_s))),
    h("span", { class: "row-main" }, h("b", {}, visit.order.short_name), h("span", { class: "row-note" }, state(visit) || `${t(day.KIND[visit.order.kind])} · ${day.area(visit)}`)),
    h("span", { class: "day-leg number" }, icon(visit.mode === "car" || visit.mode === "taxi" ? "car" : visit.mode === "metro" || visit.mode === "bus" ? "metro" : "route"), day.minutes(visit.travel_s))));

function state(visit) {
  if (visit.outcome === "failed") return day.failedWords(visit);
  if (day.ended(visit)) return t("已完成，卡已交");
  return null;
}

export function today({ chip, unread }) {
  const known = day.synced(), visits = day.visits(), due = day.openCards();
  const next = visits.find((visit) => !visit.finished_at && visit.outcome === null);
  const rest = visits.filter((visit) => visit !== next && !visit.finished_at && visit.outcome === null);
  const done = visits.filter((visit) => visit.finished_at || visit.outcome === "failed");
  const held = visits.find((visit) => visit.finished_at && visit.invoice?.status === "handed");
  // A card that is due to be written now comes before the next trip only when nothing is left to travel to.
  const acting = next || due.find((visit) => visit.finished_at) || held;
  const step = acting && day.nextStep(acting);
  const last = visits.at(-1);
  return screen(
    { title: t("今天"), small: day.dayName(day.today()), chip, tab: "today", unread, dock: step && nextButton(step[1], acting === next ? step[2] : `${acting.order.short_name} · ${step[2]}`, () => perform(step[0], acting)) },
    !known && notice(t("还没有读到今天的单，连上网络就来")),
    known && !visits.length && section(null, h("p", { class: "question" }, t("今天没有您的单")), h("p", { class: "quiet" }, t("技术助理发布了新的日程，这里和「消息」里就会有。")), h("div", { class: "button-row" }, h("button", { class: "button", onclick: () => go("days") }, t("看明天的日程")))),
    next && h("section", { class: "section", "aria-label": t("下一单"), "data-visit": next.id },
      h("div", { class: "next-visit-head" }, h("span", { class: "tag" }, icon({ install: "install", repair: "repair", maintenance: "care" }[next.order.kind]), t("下一单"), " · ", t(day.KIND[next.order.kind]), next.order.urgent && h("span", { class: "danger" }, t("加急"))), h("span", { class: "window number" }, day.windowOf(next))),
      h("h2", { class: "customer" }, next.order.customer_name),
      h("p", { class: "fact-line" }, icon("pin"), h("span", {}, next.order.address, next.order.access_notes && [h("br"), h("span", { class: "quiet" }, next.order.access_notes)])),
      bring(next) && h("p", { class: "fact-line" }, icon("box"), h("span", {}, t("带上{things}", { things: bring(next) }))),
      next.order.problem && h("p", { class: "fact-line" }, icon("repair"), h("span", {}, next.order.problem)),
      h("div", { class: "button-row" },
        h("a", { class: "button", href: `tel:${next.order.contact_phone.replace(/[^\d+]/g, "")}` }, icon("phone"), next.order.contact_name),
        h("button", { class: "button", onclick: (event) => places(event, next) }, icon("route"), t("导航")),
        h("button", { class: "button", onclick: () => go(`visit/${next.id}`) }, t("看全部"), icon("forward")))),
    visits.length > 0 && !next && section(null, h("div", { class: "success" }, h("div", { class: "success-mark" }, icon("check")), h("h2", {}, t("今天的单都走完了")), h("p", { class: "quiet" }, due.length ? t("还有 {n} 张反馈卡要交", { n: due.length }) : t("反馈卡也都交了")))),
    due.length > 0 && section([t("{n} 张反馈卡还没交", { n: due.length }), h("span", {}, t("接单起 24 小时内"))], due.map(clockBar)),
    rest.length > 0 && section([t("之后 {n} 单", { n: rest.length }), h("span", {}, t("约 {at} 收工", { at: day.clock(last.end_s) }))], h("ol", {}, rest.map(dayItem))),
    done.length > 0 && h("section", { class: "section is-done" }, h("h2", { class: "section-title" }, t("今天已走 {n} 单", { n: done.length })), h("ol", {}, done.map(dayItem))));
}

export function bring(visit) {
  const things = visit.serials.length ? visit.serials.map((serial) => `${t("拨号器")} ${serial}`) : visit.order.device_model ? [`${t("拨号器")} ${visit.order.device_model}`] : [];
  if (visit.invoice?.status === "handed") things.push(`${t("发票")} ${visit.invoice.invoice_number || ""}`.trim());
  return things.join(t("、"));
}

export function days({ chip, unread, redraw }) {
  const on = store.mine("day.shown") || day.plusDays(day.today(), 1);
  const show = (other) => {
    store.keep("day.shown", other);
    redraw();
  };
  store.keep("day.shown", on);
  const visits = day.visits(on);
  return screen({ title: t("日程"), chip, tab: "days", unread },
    section(null, h("div", { class: "day-switch" },
      h("button", { class: "button", "aria-label": t("前一天"), onclick: () => show(day.plusDays(on, -1)) }, icon("back")), h("b", {}, day.dayName(on)),
      h("button", { class: "button", "aria-label": t("后一天"), onclick: () => show(day.plusDays(on, 1)) }, icon("forward")))),
    visits.length ? section([t("{n} 单", { n: visits.length }), h("span", {}, t("约 {at} 收工", { at: day.clock(visits.at(-1).end_s) }))], h("ol", {}, visits.map(dayItem)))
      : section(null, h("p", { class: "question" }, t("这一天还没有您的单")), h("p", { class: "quiet" }, t("发布以后会在「消息」里告诉您。"))));
}
