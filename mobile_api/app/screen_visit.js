// One visit in the order in which things are needed, and what can go another way: failed, late card, invoice.
import * as day from "./day.js";
import * as drafts from "./draft.js";
import { lang, t } from "./i18n.js";
import * as outbox from "./outbox.js";
import { photoStrip } from "./photo_strip.js";
import { routeMap } from "./route_map.js";
import { bring, clockBar } from "./screen_today.js";
import { escalations } from "./screen_threads.js";
import { perform, places, send } from "./steps.js";
import * as store from "./store.js";
import { choices, go, h, icon, linkRow, nextButton, notice, row, screen, section } from "./ui.js";

const NAMES = { access_mode: "接入方式", device_model: "设备型号", device_serial: "设备序列号", pbx_model: "集团电话", line_count: "线路", conditions: "工况" };

function gone({ chip }) {
  return screen({ title: t("工单"), back: "today", chip }, section(null, h("p", { class: "question" }, t("这一单不在您今天的单里了")), h("p", { class: "quiet" }, t("可能改派了，看看消息里怎么说。"))));
}

function stages(visit) {
  const steps = [[t("接单"), visit.accepted_at], [t("出发"), visit.set_out_at], [t("签到"), visit.signed_in_at], [t("完成"), visit.finished_at], [t("反馈卡"), day.cardIn(visit)]];
  const next = steps.findIndex(([, at]) => !at);
  return h("ol", { class: "stages" }, steps.map(([name, at], index) => h("li", { class: `stage ${at ? "is-done" : index === next ? "is-next" : ""}` }, name, typeof at === "string" && h("small", {}, day.time(at)))));
}

export const words = (code, value) => {
  const field = store.get("forms")?.card.find((one) => one.code === code);
  return field?.choices.find((choice) => choice.code === value)?.[lang()] || String(value);
};

export function visit(context) {
  const { argument, chip } = context, found = day.find(Number(argument));
  if (!found) return gone(context);
  const { order } = found, step = day.nextStep(found), problems = outbox.of(found.id).filter((item) => item.problem);
  const facts = Object.entries({ pbx_model: order.pbx_model, line_count: order.line_count, ...found.profile }).filter(([code, value]) => NAMES[code] && value !== null && value !== "" && value !== undefined);
  const past = found.history, reported = outbox.latest("device_report", found.id);
  const open = found.outcome === null && found.accepted_at && !found.finished_at;
  return screen(
    { title: t(day.KIND[order.kind]), back: "today", chip, dock: step ? nextButton(step[1], step[2], () => perform(step[0], found)) : nextButton(t("看下一单"), null, () => go("today"), true) },
    found.gone && notice(t("这一单已经改派。您填的会原样交给技术助理，由她决定")),
    problems.map((item) => notice(item.problem.sentence)),
    found.card?.status === "returned" && notice(t("反馈卡被退回：{why}", { why: found.card.return_reason })),
    h("section", { class: "section" },
      h("p", { class: "window number" }, found.on === day.today() ? t("今天") : day.dayName(found.on), " ", day.windowOf(found)), h("h2", { class: "customer" }, order.customer_name),
      h("p", { class: "quiet" }, t(day.KIND[order.kind]), t("单"), " ", h("span", { class: "number" }, order.number), order.urgent && h("b", { class: "danger" }, " ", t("加急")), found.card_due_at && !day.cardIn(found) && t("，反馈卡 {at} 前交", { at: day.moment(found.card_due_at) })),
      found.outcome === "failed" ? h("p", { class: "fact-line warn" }, icon("alert", "warn"), day.failedWords(found)) : stages(found)),
    found.finished_at && !day.ended(found) && leaving(found),
    day.cardDue(found) && section(null, clockBar(found), !found.cause_asked_at && linkRow(t("24 小时内交不了？说明特殊因素"), null, () => go(`cause/${found.id}`)),
      found.cause_asked_at && h("p", { class: "quiet" }, found.cause_granted ? t("特殊因素已批准：{text}", { text: found.cause_text }) : found.cause_granted === false ? t("特殊因素没有批准：{text}", { text: found.cause_text }) : t("特殊因素等批准：{text}", { text: found.cause_text }))),
    h("section", { class: "section" },
      row("person", h("b", {}, order.contact_name), order.contact_phone, h("a", { class: "button", href: `tel:${order.contact_phone.replace(/[^\d+]/g, "")}` }, icon("phone"), t("打电话"))),
      row("pin", h("b", {}, order.address), order.district, h("button", { class: "button", onclick: (event) => places(event, found) }, icon("route"), t("导航"))),
      order.access_notes && row("door", order.access_notes),
      order.problem && row("repair", order.problem, t("要做的事"))),
    !found.finished_at && routeMap(found),
    bring(found) && section(t("带上"), row("box", bring(found), found.invoice && t("发票 {amount}", { amount: day.yuan(found.invoice.amount) }))),
    facts.length > 0 && section(t("客户端信息"), h("dl", { class: "facts" }, facts.map(([code, value]) => [h("dt", {}, t(NAMES[code])), h("dd", {}, code === "line_count" ? t("{n} 条", { n: value }) : words(code, value))]))),
    found.invoice && section(t("发票"), row("paper", h("b", {}, found.invoice.title), `${found.invoice.invoice_number || t("还没有号码")} · ${day.yuan(found.invoice.amount)} · ${t({ prepared: "还在技术助理那里", handed: "在您手里", delivered: "客户已签收", brought_back: "已带回" }[found.invoice.status])}`),
      found.invoice.status === "handed" && found.signed_in_at && linkRow(t("交给客户，或者带回去"), null, () => go(`invoice/${found.id}`))),
    past?.length > 0 && section(t("来过这里 {n} 次", { n: past.length }), past.map((one) => h("div", { class: "row" }, h("span", { class: "row-main" }, h("b", {}, `${one.on} · ${t(day.KIND[one.kind])} · ${one.engineer_name}`), one.problem && h("span", { class: "row-note" }, one.problem))))),
    solvedBefore(found),
    !found.finished_at && standard(order.kind),
    found.signed_in_at && section([t("现场照片"), h("span", {}, t("有信号时自动上传"))], photoStrip({ visit: found.id, purpose: "card", about: order.short_name })),
    found.signed_in_at && section(null, linkRow(t("拨号器有毛病？写质量信息"), reported ? t("{at} 写过一份", { at: day.time(reported.at) }) : t("给技术支持组和物控助理"), () => go(`report/${found.id}`))),
    escalations(found, open), open && found.set_out_at && troubles(found));
}

// What a visit of this kind is made of, to be read before and on site; the card asks how each step ended.
function standard(kind) {
  const steps = store.get("forms")?.[`steps_${kind}`] || [];
  return steps.length > 0 && section(t("按标准做的步骤"), h("ol", { class: "standard" }, steps.map((step) => h("li", {}, step[lang()]))));
}

// Problems like this one that were solved before, the most alike first; the words of the lists are the phone's.
function solvedBefore({ similar = [] }) {
  const word = (code, value) => store.get("forms")?.repair?.find((one) => one.code === code)?.choices.find((choice) => choice.code === value)?.[lang()];
  return similar.length > 0 && section([t("类似问题是怎么解决的"), h("span", {}, t("{n} 个", { n: similar.length }))], similar.map((one) => {
    const title = [word("repair_symptom", one.symptom), one.words].filter(Boolean).join(t("：")), device = [one.pbx_model, one.device_model].filter(Boolean).join(" · ");
    return h("div", { class: "row" }, h("span", { class: "row-main" }, h("b", {}, title), h("span", { class: "solved-by" }, one.measures), h("span", { class: "row-note" }, [one.on, device, word("repair_cause", one.cause)].filter(Boolean).join(" · "))));
  }));
}

// There and cannot begin: one touch each, and the assistant sees it as soon as there is a signal.
export function troubles(found) {
  const since = outbox.latest("waiting", found.id)?.at;
  const wait = async () => { if (await send(found, "waiting", t("在等客户"))) made.replaceWith(troubles(found)); };
  const made = section([t("到了却开不了工？"), h("span", {}, t("有信号技术助理就看到"))], since && h("p", { class: "fact-line ok" }, icon("clock", "ok"), t("{at} 起在等客户，已记下", { at: day.time(since) })),
    h("div", { class: "choices" }, h("button", { class: "choice", onclick: wait }, t("等客户")),
      [["nobody", t("没有人")], ["no_access", t("进不去")], ["site_not_ready", t("现场没准备好")]].map(([code, text]) => h("button", { class: "choice", onclick: () => go(`failed/${found.id}/${code}`) }, text))));
  return made;
}

// What must be complete before he leaves; the docked button names what is missing.
function leaving(found) {
  const data = drafts.peek(found), taught = ["yes", true].includes(data?.trained), item = (ok, name, note) => h("div", { class: `check-item ${ok ? "" : "is-missing"}` }, icon(ok ? "done" : "alert"), h("span", { class: "row-main" }, h("b", {}, name), note && h("span", { class: "row-note" }, note)));
  const paper = found.invoice && found.invoice.status !== "prepared" && item(found.invoice.status !== "handed", t("发票"), { handed: t("还没有交"), delivered: t("{who} 签收", { who: found.invoice.received_by }), brought_back: t("带回") }[found.invoice.status]);
  return section(t("离开前"), item(day.cardIn(found), t("反馈卡"), day.cardIn(found) ? t("已存到手机或送达") : t("还没有交")), paper,
    data && item(taught, t("客户培训"), taught ? [data.trained_whom, data.trained_topics].filter(Boolean).join(t("：")) : ["no", false].includes(data.trained) ? t("没有教") : t("还没有记")),
    data?.gifts && item(true, t("礼品"), data.gifts),
    (data?.device_serial || found.serials.length > 0) && item(Boolean(data?.device_serial), t("设备"), data?.device_serial || found.serials.join(t("、"))));
}

// A list to choose from and a word about it, with the docked button that sends it.
function reasons(context, { title, list, label, note, button, consequence, act, needsText, purpose }) {
  const found = day.find(Number(context.argument));
  if (!found) return gone(context);
  let chosen = context.choice || null;
  const text = h("textarea", { class: "text-input", id: "note", rows: "3", maxlength: "400", placeholder: note });
  const pick = (code) => {
    chosen = code;
    holder.replaceChildren(choices(entries, chosen, pick));
  };
  const entries = (store.get("forms")?.[list] || []).map((entry) => ({ code: entry.code, text: entry[lang()] }));
  const holder = h("div", {}, choices(entries, chosen, pick));
  const say = h("p", { class: "danger", role: "alert" });
  const done = async () => {
    if (!chosen) say.textContent = t("还差：{name}", { name: label });
    else if (needsText && !text.value.trim()) say.textContent = t("还差：{name}", { name: note });
    else {
      if (await act(found, chosen, text.value.trim())) go(`visit/${found.id}`);
    }
  };
  return screen({ title, back: `visit/${found.id}`, chip: context.chip, dock: [say, nextButton(button, consequence, done)] },
    section(label, h("p", { class: "quiet" }, found.order.customer_name), h("div", { style: "margin-top:12px" }, holder)), section(note, text),
    purpose && section([t("照片"), h("span", {}, t("拍下门口或现场，说得清"))], photoStrip({ visit: found.id, purpose, about: found.order.short_name })));
}

export const failed = (context) => reasons(context, {
  title: t("没做成"), list: "failed_visit_reasons", label: t("是什么原因"), note: t("说两句（可不填）"), button: t("报告没做成"), consequence: t("这一单会退回去重新预约"), purpose: "failed",
  act: (found, reason, note) => send(found, "fail", t("没做成"), { reason, note }),
});
export const cause = (context) => reasons(context, {
  title: t("特殊因素"), list: "special_causes", label: t("为什么 24 小时内交不了"), note: t("说明情况"), button: t("申请延长"), consequence: t("技术助理批准以后，倒计时才会改"), needsText: true,
  act: (found, code, text) => send(found, "special_cause", t("特殊因素"), { code, text }),
});

export function invoice(context) {
  const found = day.find(Number(context.argument));
  if (!found?.invoice) return gone(context);
  const { invoice: paper, order } = found;
  const who = h("input", { class: "text-input", id: "received_by", maxlength: "40", value: order.contact_name });
  const why = h("input", { class: "text-input", id: "why", maxlength: "200", placeholder: t("比如：抬头要改") });
  const say = h("p", { class: "danger", role: "alert" });
  const put = async (kind, name, body, field) => {
    if (!Object.values(body)[0].trim()) {
      say.textContent = t("还差：{name}", { name: field });
      return;
    }
    if (await send(found, kind, name, { invoice_id: paper.id, ...body })) go(`visit/${found.id}`);
  };
  return screen({ title: t("发票"), back: `visit/${found.id}`, chip: context.chip, dock: [say, nextButton(t("客户签收了"), t("记下签收人和 {at}", { at: day.time(day.now()) }), () => put("invoice_deliver", t("发票签收"), { received_by: who.value }, t("签收人")))] },
    section(null, row("paper", h("b", {}, paper.title), `${paper.invoice_number || ""} · ${day.yuan(paper.amount)}`)),
    section(t("交给谁"), who),
    section(t("没有交出去？"), why, h("div", { class: "button-row" }, h("button", { class: "button", id: "bring-back", onclick: () => put("invoice_bring_back", t("发票带回"), { note: why.value }, t("带回的原因")) }, t("带回去")))));
}
