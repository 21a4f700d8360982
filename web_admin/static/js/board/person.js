// An engineer: his day in figures, and what to do when he cannot come.

import { open, say } from "./dialog.js";
import { post } from "./server.js";
import { mayManage, refresh, state, tell } from "./store.js";
import { clock, el, joinParts, t } from "./words.js";

const KINDS = { ill: t("生病"), leave: t("请假"), training: t("培训") };
const TRIES = { ill: t("病了"), no_car: t("没有车"), longer: t("多留 1 小时") };

async function save(path, body, sentence, act) {
  try {
    await post(path, body);
    await refresh();
    say(sentence, act);
  } catch (error) {
    say(error.message, { tone: "danger" });
  }
}

/** The dialog of an engineer. */
export async function show(engineer) {
  const facts = [
    [t("上班"), engineer.away ?? engineer.shift.map(clock).join("–")], [t("到家"), engineer.home_s === null ? "—" : clock(engineer.home_s)],
    [t("今天"), t("{n} 单", { n: engineer.visits.length })], ...(engineer.plate ? [[t("车牌"), engineer.barred ? t("{plate}，今天限行，坐地铁", { plate: engineer.plate }) : engineer.plate]] : []), ...(engineer.standby ? [[t("值班"), t("排不下或加急时才叫")]] : []),
  ];
  const answer = await open(engineer.name, (close) => {
    const days = el("input", { class: "input", type: "number", min: 1, max: 60, value: 1, "aria-label": t("几天") });
    const away = el("div", { class: "block row wrap" }, el("span", {}, t("来不了")), days, el("span", { class: "quiet" }, t("天")),
      Object.entries(KINDS).map(([kind, word]) => el("button", { class: "button small", "data-kind": kind, onclick: () => close({ kind, days: Number(days.value) || 1 }) }, word)));
    const back = el("div", { class: "block" }, el("button", { class: "button", "data-back": "", onclick: () => close("back") }, t("他来了，取消请假")));
    const own = state.data.terms[engineer.id];
    const tries = el("div", { class: "block row wrap" }, el("span", {}, t("试试看")), ["ill", "no_car", "longer"].filter((kind) => kind !== "no_car" || engineer.mode === "car").map((kind) => el("button", { class: "button small", "data-try": kind, onclick: () => close({ tried: kind }) }, TRIES[kind])));
    const usual = own ? el("div", { class: "block row wrap" }, el("span", {}, joinParts([own.no_car && t("这一天没有车"), own.extra_s && t("这一天可以多留 {n} 分钟", { n: own.extra_s / 60 })].filter(Boolean))), el("button", { class: "button small push", "data-usual": "", onclick: () => close("usual") }, t("照平时的"))) : "";
    return [el("dl", { class: "block facts" }, facts.flatMap(([word, value]) => [el("dt", {}, word), el("dd", {}, value)])),
      ...engineer.broken.map((one) => el("p", { class: "block danger" }, one)), mayManage ? (engineer.away ? back : away) : "", engineer.away ? "" : tries, mayManage ? usual : ""];
  });
  if (!answer) return;
  if (answer === "back") return save("/absences/end", { engineer: engineer.id }, t("{name} 回来了", { name: engineer.name }));
  if (answer === "usual") return save("/terms", { engineer: engineer.id }, t("{name} 这一天照平时的", { name: engineer.name }));
  if (answer.tried) return tell("what-if", { kind: answer.tried, engineer: engineer.id });
  const n = engineer.visits.filter((visit) => visit.movable).length;
  await save("/absences", { engineer: engineer.id, ...answer }, t("{name} 来不了，{n} 单要换人", { name: engineer.name, n }), n ? { tone: "warn", button: t("排一遍"), act: () => tell("propose") } : {});
}

export const named = (id) => state.data.engineers.find((one) => one.id === id);
