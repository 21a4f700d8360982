// Two sums of a day side by side, term by term, in yuan.

import { el, t, yuan } from "./words.js";

const TERMS = { undone: t("没做成"), hours: t("工时"), overtime: t("加班"), travel: t("路费"), lateness: t("迟到"), disturbance: t("打扰"), wishes: t("没按愿望"), unfairness: t("忙闲不均") };

export const sum = (terms) => Object.values(terms).reduce((total, fen) => total + fen, 0);
export const tone = (fen) => (fen < 0 ? "ok" : fen > 0 ? "warn" : "quiet");
const row = (name, now, then) => el("tr", {}, el("th", {}, name), el("td", {}, yuan(now)), el("td", {}, yuan(then)), el("td", { class: tone(then - now) }, yuan(then - now, true)));

/** Both sums side by side, term by term. */
export function table(selection, head = t("用所选"), first = t("现在")) {
  const { terms_now: now, terms_then: then } = selection;
  const rows = Object.keys(TERMS).filter((name) => now[name] || then[name]).map((name) => {
    const word = name === "undone" ? [TERMS.undone, " ", el("span", { class: "quiet" }, t("{a} → {b} 单", { a: selection.unserved_now, b: selection.unserved_then }))] : [TERMS[name]];
    return row(el("span", {}, ...word), now[name] ?? 0, then[name] ?? 0);
  });
  return el("table", { class: "money" }, el("thead", {}, el("tr", {}, el("th", {}, t("元")), [first, head, t("差")].map((word) => el("td", { class: "quiet" }, word)))), el("tbody", {}, rows), el("tfoot", {}, row(t("合计"), sum(now), sum(then))));
}
