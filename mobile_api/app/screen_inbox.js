// Messages; a changed day as one sentence first, then what is new, moved, gone and the same.
import * as day from "./day.js";
import { lang, t } from "./i18n.js";
import { go, h, icon, nextButton, screen, section } from "./ui.js";

export function inbox({ chip, unread, redraw }) {
  const items = day.messages(), fresh = items.filter((item) => !item.read_at);
  const first = fresh.find((item) => item.kind === "schedule_changed");
  const read = async () => { await day.read(fresh.map((item) => item.id)); redraw(); };
  const target = (item) => (item.kind === "schedule_changed" ? `change/${item.id}` : item.data.thread_id && day.threads().some((one) => one.id === item.data.thread_id) ? `thread/${item.data.thread_id}` : item.data.claim_id && (day.claims() || []).some((one) => one.id === item.data.claim_id) ? `claim/${item.data.claim_id}` : item.data.visit_id && day.find(item.data.visit_id) ? `visit/${item.data.visit_id}` : null);
  const next = first ? nextButton(t("看看哪里变了"), first[lang()], () => go(`change/${first.id}`)) : nextButton(t("知道了"), t("{n} 条标为已读", { n: fresh.length }), read);
  return screen({ title: t("消息"), chip, tab: "inbox", unread, dock: fresh.length > 0 && next },
    !items.length ? section(null, h("p", { class: "question" }, t("还没有消息")), h("p", { class: "quiet" }, t("日程变了、反馈卡退回了，都会在这里说。")))
      : section(null, items.map((item) => h("div", { class: `row ${item.read_at ? "" : "is-unread"}` }, h("span", { class: "row-main" }, h("b", { style: item.read_at ? "font-weight:400" : null }, item[lang()]), h("span", { class: "row-note" }, day.moment(item.created_at))),
        target(item) && h("button", { class: "button", onclick: () => go(target(item)) }, t("打开"))))));
}

// What the published day says of a visit by its order's number, or the bare number where it is not here any more.
function line(word, symbol, tone, number, visits) {
  const visit = visits.find((one) => one.order.number === number);
  return h("div", { class: "change" }, h("span", { class: `change-word ${tone}` }, icon(symbol), word),
    h("span", { class: "row-main" }, visit ? [h("b", { class: "number" }, day.clock(visit.start_s), "–", day.clock(visit.end_s)), " ", h("b", {}, visit.order.short_name), h("span", { class: "row-note" }, `${t(day.KIND[visit.order.kind])} · ${day.area(visit)}`)] : h("del", { class: "number" }, number)),
    visit && h("button", { class: "button", onclick: () => go(`visit/${visit.id}`) }, t("打开")));
}

export function change({ argument, chip, redraw }) {
  const item = day.messages().find((one) => one.id === Number(argument));
  if (!item || item.kind !== "schedule_changed") {
    setTimeout(() => go("inbox"));
    return h("div");
  }
  const { on, added, moved, removed } = item.data, visits = day.visits(on);
  const same = visits.filter((visit) => ![...added, ...moved].includes(visit.order.number));
  const near = { [day.today()]: t("今天"), [day.plusDays(day.today(), 1)]: t("明天") }[on] || day.dayName(on);
  const begins = visits[0] && t("第一单 {at} 开始，在{place}", { at: day.clock(visits[0].start_s), place: day.area(visits[0]) });
  const agree = async () => { await day.read([item.id]); redraw(); };
  return screen({ title: t("日程变了"), back: "inbox", chip, dock: item.read_at ? nextButton(t("看这一天"), null, () => go("today"), true) : nextButton(t("知道了"), t("记下您 {at} 看过", { at: day.time(day.now()) }), agree) },
    section(null, h("h2", { class: "customer" }, t("{day}的日程变了", { day: near })), h("p", {}, [added.length && t("多 {n} 单", { n: added.length }), moved.length && t("改 {n} 单", { n: moved.length }), removed.length && t("少 {n} 单", { n: removed.length })].filter(Boolean).join(t("，")), begins ? `${t("。")}${begins}` : ""), h("p", { class: "quiet" }, day.moment(item.created_at))),
    section(null, added.map((number) => line(t("新增"), "plus", "ok", number, visits)), moved.map((number) => line(t("改时间"), "forward", "", number, visits)), removed.map((number) => line(t("不去了"), "minus", "danger", number, visits)),
      same.length > 0 && h("div", { class: "change" }, h("span", { class: "change-word quiet" }, t("不变")), h("span", { class: "row-main quiet" }, same.map((visit) => `${day.clock(visit.start_s)} ${visit.order.short_name}`).join(t("、"))))));
}
