// 疑难问题总结: collected from what was marked; he adds a lesson to each and sends it, or says that there was none.
import * as day from "./day.js";
import { t } from "./i18n.js";
import * as outbox from "./outbox.js";
import * as store from "./store.js";
import { go, h, icon, linkRow, nextButton, notice, screen, section } from "./ui.js";

const key = (sheet) => `${sheet.period}-${sheet.starts_on}`;
const name = (sheet) => (sheet.period === "week" ? t("{from} 到 {to} 这一周", { from: sheet.starts_on.slice(5), to: sheet.ends_on.slice(5) }) : t("{month} 月", { month: Number(sheet.starts_on.slice(5, 7)) }));
const waiting = (sheet) => outbox.find(`summary/${key(sheet)}`);

function standing(sheet) {
  const n = sheet.problems.length, marked = n ? t("标了 {n} 个疑难问题", { n }) : t("没有标疑难问题");
  if (waiting(sheet)) return t("已存到手机，有信号时自动发送");
  if (sheet.submitted_at) return `${sheet.late ? t("晚交") : t("已交")} · ${day.moment(sheet.submitted_at)}`;
  return `${marked} · ${Date.parse(sheet.due_at) < day.now().getTime() ? t("已经过了 {at}", { at: day.moment(sheet.due_at) }) : t("{at} 前交", { at: day.moment(sheet.due_at) })}`;
}

// Those that are not sent and not far away, for the page of his own things.
export function summaryRows() {
  const sheets = day.summaries();
  if (!sheets.length) return null;
  const shown = sheets.filter((sheet) => !sheet.submitted_at || sheet.period === "week").filter((sheet) => sheet.starts_on >= day.plusDays(day.today(), -40));
  return section([t("疑难问题总结"), h("span", {}, t("每周、每月"))], shown.slice().reverse().map((sheet) => linkRow(name(sheet), standing(sheet), () => go(`summary/${key(sheet)}`))));
}

export function summary({ argument, chip }) {
  const sheet = day.summaries().find((one) => key(one) === argument);
  if (!sheet) {
    setTimeout(() => go("mine"));
    return h("div");
  }
  const kept = store.mine(`summary.${key(sheet)}`) || { text: sheet.text, lessons: Object.fromEntries(sheet.problems.map((one) => [one.ref, one.lesson])) };
  const keep = () => store.keep(`summary.${key(sheet)}`, kept);
  const done = async () => {
    const body = { period: sheet.period, starts_on: sheet.starts_on, text: kept.text, lessons: kept.lessons };
    if (!(await outbox.put({ key: `summary/${key(sheet)}`, kind: "summary", body, name: t("疑难问题总结"), about: name(sheet) }))) return;
    await store.keep(`summary.${key(sheet)}`, null);
    go("mine");
  };
  const none = !sheet.problems.length;
  return screen({ title: t("疑难问题总结"), small: sheet.period === "week" ? t("周") : t("月"), back: "mine", chip,
    dock: nextButton(sheet.submitted_at ? t("改了再交") : none ? t("没有疑难问题，交") : t("交总结"), t("交给技术支持主管，{at} 前", { at: day.moment(sheet.due_at) }), done) },
  waiting(sheet) && notice(t("已存到手机，有信号时自动发送"), "is-ok"),
  section([name(sheet), h("span", {}, standing(sheet))], none && h("p", { class: "quiet" }, t("在反馈卡或上报里标「疑难问题」的，会自动收进来。"))),
  sheet.problems.map((one) => section(one.title, h("dl", { class: "facts" }, one.cause && [h("dt", {}, t("问题")), h("dd", {}, one.cause)], one.measures && [h("dt", {}, t("做法")), h("dd", {}, one.measures)]),
    h("label", { class: "field", style: "margin-top:12px" }, h("span", { class: "field-label" }, t("学到什么（可不填）")), h("textarea", { class: "text-input", rows: "2", maxlength: "2000", "aria-label": t("学到什么（可不填）"), value: kept.lessons[one.ref] || "", oninput: (event) => { kept.lessons[one.ref] = event.target.value; keep(); } })))),
  section(t("再说两句（可不填）"), h("textarea", { class: "text-input", id: "words", rows: "3", maxlength: "2000", "aria-label": t("再说两句（可不填）"), value: kept.text, oninput: (event) => { kept.text = event.target.value; keep(); } }), h("p", { class: "fact-line" }, icon("saved"), t("填一项存一项"))));
}
