// The day as the phone knows it: what the server said last, with what waits in the outbox laid over it.
import { call } from "./api.js";
import { lang, t } from "./i18n.js";
import * as outbox from "./outbox.js";
import * as store from "./store.js";

const HOUR = 3600e3;
const OFFSET = 8 * HOUR;

export const { now } = store;
export const today = () => new Date(now().getTime() + OFFSET).toISOString().slice(0, 10);
export const plusDays = (on, days) => new Date(Date.parse(`${on}T00:00:00Z`) + days * 24 * HOUR).toISOString().slice(0, 10);
export const clock = (seconds) => `${Math.floor(seconds / 3600)}:${String(Math.floor(seconds / 60) % 60).padStart(2, "0")}`;
export const time = (moment) => new Date(new Date(moment).getTime() + OFFSET).toISOString().slice(11, 16).replace(/^0/, "");
export const windowOf = (visit) => `${clock(visit.window_from_s)}–${clock(visit.window_to_s)}`;
export const yuan = (text) => t("{n} 元", { n: Number(text).toLocaleString("en-US", { minimumFractionDigits: 2 }) });

export function dayName(on) {
  const date = new Date(`${on}T00:00:00Z`);
  const weekday = { zh: "日一二三四五六", en: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] }[lang()][date.getUTCDay()];
  return lang() === "en" ? `${weekday} ${on.slice(5)}` : `周${weekday} ${on.slice(5)}`;
}
export function moment(at) {
  const on = new Date(new Date(at).getTime() + OFFSET).toISOString().slice(0, 10);
  const near = { 0: t("今天"), 1: t("明天"), [-1]: t("昨天") }[(Date.parse(on) - Date.parse(today())) / (24 * HOUR)];
  return `${near || dayName(on)} ${time(at)}`;
}
export function minutes(seconds) {
  const whole = Math.max(1, Math.round(seconds / 60));
  if (whole < 60) return t("{n} 分钟", { n: whole });
  return whole % 60 ? t("{h} 小时 {n} 分", { h: Math.floor(whole / 60), n: whole % 60 }) : t("{h} 小时", { h: whole / 60 });
}
export const KIND = { install: "安装", repair: "维修", maintenance: "维护" };
const MODE = { metro: "地铁", bus: "公交", car: "开车", taxi: "打车", ebike: "电动车", walk: "走路" };
export const mode = (visit) => t(MODE[visit.mode] || "路上");
export const area = (visit) => visit.order.district || visit.order.address.slice(0, 8);

// What the phone knows: visits by id, messages, claims, and the cursor of the last sync.
const week = () => store.mine("week") || { visits: {}, messages: [], claims: null, unread: 0, cursor: null };
const byPlace = (one, other) => (one.on === other.on ? one.sequence - other.sequence : one.on < other.on ? -1 : 1);

export async function sync() {
  const asked = Date.now(), before = week(), arrived = outbox.unsynced();
  const delta = await call("GET", `/mobile/sync${before.cursor ? `?cursor=${before.cursor}` : ""}`);
  const skew = Date.parse(delta.now) - (asked + Date.now()) / 2;
  store.set("skew", Math.abs(skew) < 3000 ? 0 : Math.round(skew));
  const visits = delta.whole ? {} : { ...before.visits };
  const taken = delta.whole ? Object.values(before.visits).filter((visit) => !(delta.visits || []).some((other) => other.id === visit.id)) : (delta.gone || []).map((id) => before.visits[id]);
  for (const visit of delta.visits || []) visits[visit.id] = visit;
  for (const visit of taken.filter(Boolean)) {
    delete visits[visit.id];
    // What he began stays readable, so that his card can still be handed in; the assistant decides about it.
    if (begun(visit)) visits[visit.id] = { ...visit, gone: true };
  }
  for (const visit of Object.values(visits)) if (visit.gone && visit.on < plusDays(today(), -7)) delete visits[visit.id];
  const messages = delta.messages ? [...delta.messages.slice().reverse(), ...(delta.whole ? [] : before.messages)].slice(0, 60) : before.messages;
  // The cursor is kept last: what it says is on the phone must be there, also after a tab that is closed right now.
  if (delta.forms) await store.set("forms", delta.forms);
  await store.keep("week", { visits, messages, claims: delta.claims || before.claims, figures: delta.figures || before.figures, threads: delta.threads || before.threads, summaries: delta.summaries || before.summaries, unread: delta.unread ?? before.unread, cursor: delta.cursor || before.cursor, today: delta.today });
  await store.keep("synced", now().toISOString());
  await outbox.noteSynced(arrived);
}
const begun = (visit) => !visit.gone && visit.outcome === null && Boolean(laid(visit).accepted_at) && !cardIn(laid(visit));

export const synced = () => store.mine("synced");
const all = () => Object.values(week().visits).map(laid).sort(byPlace);
export const visits = (on = today()) => all().filter((visit) => visit.on === on && !visit.gone);
export const openCards = () => all().filter((visit) => cardDue(visit) && visit.on <= today()).sort((a, b) => Date.parse(a.card_due_at) - Date.parse(b.card_due_at));
export const find = (id) => (week().visits[id] ? laid(week().visits[id]) : null);
export const messages = () => week().messages;
export async function read(ids) {
  const known = week(), at = now().toISOString();
  if (await outbox.put({ kind: "read", body: { ids }, name: t("看过消息"), about: t("{n} 条", { n: ids.length }) })) {
    store.keep("week", { ...known, messages: known.messages.map((one) => (ids.includes(one.id) ? { ...one, read_at: one.read_at || at } : one)) });
  }
}
export const unread = () => messages().filter((message) => !message.read_at).length;
export const claims = () => week().claims;
export const threads = () => week().threads || [];
export const summaries = () => week().summaries || [];
export const figures = () => week().figures;

const STAMPS = { accept: "accepted_at", set_out: "set_out_at", sign_in: "signed_in_at", finish: "finished_at" };

function laid(visit) {
  const over = { ...visit, waiting: false };
  for (const item of outbox.of(visit.id)) {
    if (item.problem || !item.body) continue;
    over.waiting ||= item.state === "waiting";
    if (STAMPS[item.kind]) over[STAMPS[item.kind]] ||= item.at;
    if (item.kind === "accept") over.card_due_at ||= new Date(Date.parse(item.at) + 24 * HOUR).toISOString();
    if (item.kind === "finish") over.outcome ||= "done";
    if (item.kind === "fail") over.outcome = "failed";
    if (item.kind === "escalate" && !item.body.on_site) Object.assign(over, { outcome: "failed", outcome_reason: "escalated" });
    if (item.kind === "special_cause") Object.assign(over, { cause_asked_at: item.at, cause_text: item.body.text, cause_granted: null });
    if (item.kind === "card") over.card = { ...visit.card, status: item.state === "waiting" ? "waiting" : "submitted" };
    if (item.kind === "invoice_deliver") over.invoice = { ...visit.invoice, status: "delivered", received_by: item.body.received_by };
    if (item.kind === "invoice_bring_back") over.invoice = { ...visit.invoice, status: "brought_back" };
  }
  return over;
}

export const cardIn = (visit) => ["submitted", "waiting", "passed"].includes(visit.card?.status);
export const cardDue = (visit) => Boolean(visit.accepted_at) && [null, "done"].includes(visit.outcome) && !cardIn(visit);
export const ended = (visit) => visit.outcome === "failed" || (Boolean(visit.finished_at) && !cardDue(visit) && visit.invoice?.status !== "handed");

export const failedWords = (visit) => (visit.outcome_reason === "escalated" ? t("已上报，等技术支持组") : t("没做成，已退回重新预约"));

// The one next step of a visit: a code, the button's word, and what it does.
export function nextStep(visit) {
  if (visit.outcome === "failed") return null;
  if (!visit.accepted_at) return ["accept", t("接单"), t("反馈卡要在 24 小时内交，从现在算起")];
  if (!visit.set_out_at) {
    const arrive = new Date(now().getTime() + visit.travel_s * 1000);
    return ["set_out", t("出发"), t("去{place}，{mode} {long}，约 {at} 到", { place: area(visit), mode: mode(visit), long: minutes(visit.travel_s), at: time(arrive) })];
  }
  if (!visit.signed_in_at) return ["sign_in", t("签到"), t("到了再点，记下时间和位置")];
  if (!visit.finished_at) return ["finish", t("完成"), t("记下 {at} 和位置，接着填反馈卡", { at: time(now()) })];
  if (cardDue(visit)) return ["card", visit.card ? t("改反馈卡") : t("填反馈卡"), left(visit)];
  if (visit.invoice?.status === "handed") return ["invoice", t("发票还没有交"), t("客户签收，或者带回去")];
  return null;
}

export function left(visit) {
  const ms = Date.parse(visit.card_due_at) - now().getTime();
  return ms < 0 ? t("已经晚了 {long}", { long: minutes(-ms / 1000) }) : t("还剩 {long}", { long: minutes(ms / 1000) });
}
export const used = (visit) => Math.min(100, Math.max(0, 100 - ((Date.parse(visit.card_due_at) - now().getTime()) / (24 * HOUR)) * 100));

export function metres(lat, lon, site) {
  const rad = Math.PI / 180;
  const half = Math.sin(((site.lat - lat) * rad) / 2) ** 2 + Math.cos(lat * rad) * Math.cos(site.lat * rad) * Math.sin(((site.lon - lon) * rad) / 2) ** 2;
  return 2 * 6371000 * Math.asin(Math.min(1, Math.sqrt(half)));
}
