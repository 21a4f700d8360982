// By when an answer is needed: chosen in an escalation, told in its thread. Times of day are Beijing's.
import * as day from "./day.js";
import { t } from "./i18n.js";
import { choices, h, icon } from "./ui.js";

const MINUTE = 60e3, EVENING = "18:00", NOON = "12:00";
const beijing = (on, clock) => new Date(`${on}T${clock}:00+08:00`);
const after = (minutes) => new Date(day.now().getTime() + minutes * MINUTE);
const CHOICES = {
  none: { text: "不急", at: () => null },
  half: { text: "半小时内", at: () => after(30) },
  two: { text: "两小时内", at: () => after(120) },
  today: { text: "今天 18:00 前", at: () => beijing(day.today(), EVENING) },
  tomorrow: { text: "明天 12:00 前", at: () => beijing(day.plusDays(day.today(), 1), NOON) },
  other: { text: "自己选时间", at: (own) => (own ? new Date(`${own}:00+08:00`) : null) },
};

// The moment that a draft means now; null where it names none.
export function momentOf({ need = "none", need_own: own = "" }) {
  const at = CHOICES[need].at(own);
  return at && !Number.isNaN(at.getTime()) ? at.toISOString() : null;
}
// Chosen, and not over already.
export const lacksMoment = (draft) => (draft.need || "none") !== "none" && !(Date.parse(momentOf(draft)) > day.now().getTime());

export function needByField(draft, keep) {
  const chosen = draft.need || "none", entries = Object.entries(CHOICES).filter(([code, one]) => code !== "today" || chosen === code || one.at() > day.now());
  return [choices(entries.map(([code, { text }]) => ({ code, text: t(text) })), chosen, (need) => keep({ need }, true)),
    chosen === "other" && h("label", { class: "field" }, h("span", { class: "field-label" }, t("什么时候前，北京时间")), h("input", { class: "text-input", type: "datetime-local", id: "need-by", "aria-label": t("什么时候前，北京时间"), value: draft.need_own || "", oninput: (event) => keep({ need_own: event.target.value }) }))];
}

// What a thread says of it; nothing where no time was named.
export const isOverdue = (thread) => Boolean(thread.need_by) && thread.status === "open" && Date.parse(thread.need_by) <= day.now().getTime();
export function needByLine(thread) {
  if (!thread.need_by) return null;
  const late = isOverdue(thread), at = day.moment(thread.need_by);
  return h("p", { class: late ? "fact-line warn" : "fact-line", "data-need": late ? "overdue" : "due" }, icon(late ? "alert" : "clock", late ? "warn" : ""), late ? t("{at} 前要答复，还没有人答", { at }) : t("{at} 前要答复", { at }));
}
