// What was learned from her moves and from finished visits: suggestions, rules in force, times on site.

import { open, say } from "./dialog.js";
import { get, post } from "./server.js";
import { mayManage, on, refresh } from "./store.js";
import { el, minutes, t } from "./words.js";

const mark = document.querySelector("#learned");
const BY = { kind: t("种类"), building: t("楼"), customer: t("客户"), engineer: t("工程师") };
const KINDS = { install: t("安装"), repair: t("维修"), maintenance: t("维护") };
const AFTER_MS = 2500;
const MOST = 8;

function count(found) {
  mark.hidden = !found.suggested.length && !found.rules.length;
  mark.textContent = found.suggested.length ? t("学到 {n} 条", { n: found.suggested.length }) : t("规则");
  mark.classList.toggle("accented", found.suggested.length > 0);
}

function suggestion(one, answer) {
  return el("li", { class: "learned-row" }, el("span", {}, one.sentence), mayManage ? el("span", { class: "row push" },
    el("button", { class: "button small bare", "data-decline": "", onclick: () => answer(one, false) }, t("不用")),
    el("button", { class: "button small", "data-accept": "", onclick: () => answer(one, true) }, t("以后照这样排"))) : "");
}

function lengths(rows) {
  const line = (one) => el("tr", {}, el("td", {}, BY[one.by]), el("th", {}, one.by === "kind" ? (KINDS[one.name] ?? one.name) : one.name), el("td", { class: "number" }, t("{n} 分", { n: minutes(one.took_s) })), el("td", { class: "number quiet" }, t("计划 {n} 分", { n: minutes(one.planned_s) })), el("td", { class: "number quiet" }, t("{n} 次", { n: one.cases })));
  return el("table", { class: "choices" }, el("tbody", {}, Object.keys(BY).flatMap((by) => rows.filter((one) => one.by === by).slice(0, MOST)).map(line)));
}

async function show() {
  let found;
  try {
    found = await get("/learned.json");
  } catch (error) {
    return say(error.message, { tone: "danger" });
  }
  count(found);
  const again = await open(t("学到的"), (close) => {
    const answer = (one, accept) => send("/learned", { about: one.about, accept }, accept ? t("记住了：{what}", { what: one.sentence }) : t("好，不再提"), close);
    return [el("div", { class: "scroll" },
      el("div", { class: "block" }, el("h3", {}, t("要不要以后都这样")), found.suggested.length ? el("ul", {}, found.suggested.map((one) => suggestion(one, answer))) : el("p", { class: "quiet" }, t("还没有重复够的改动。同一客户换给同一个人 3 次，或者一个客户、一栋楼、一个种类的上门时间总和计划差 10 分钟以上，就会提出来。"))),
      found.rules.length ? el("div", { class: "block" }, el("h3", {}, t("正在照着排的")), el("ul", {}, found.rules.map((one) => el("li", { class: "learned-row" }, el("span", {}, one.sentence), mayManage ? el("button", { class: "button small bare push", "data-end": one.id, onclick: () => send("/learned/end", { rule: one.id }, t("不再照这条排"), close) }, t("停用")) : "")))) : "",
      found.lengths.length ? el("div", { class: "block" }, el("h3", {}, t("上门实际用多久（中位数）")), lengths(found.lengths)) : ""),
      el("footer", { class: "panel-foot" }, el("button", { class: "button push", onclick: () => close() }, t("关上")))];
  }, "wide");
  if (again) show();
}

async function send(path, body, sentence, close) {
  try {
    await post(path, body);
    say(sentence);
    await refresh();
  } catch (error) {
    say(error.message, { tone: "danger" });
  }
  close(true);
}

const look = () => get("/learned.json").then(count).catch(() => {});
mark.addEventListener("click", show);
on("learned", show);
setTimeout(look, AFTER_MS);
export {};
