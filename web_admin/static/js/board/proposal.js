// A proposal: the difference in sentences, each move to be taken or left; one number ties sentence and bar together.

import { say } from "./dialog.js";
import { setNumbers, reveal } from "./gantt.js";
import { get, post, day } from "./server.js";
import { mayManage, on, refresh, state, tell } from "./store.js";
import { undo } from "./edit.js";
import { sum, table, tone } from "./sums.js";
import { el, joinNames, t, yuan } from "./words.js";

const page = document.querySelector("#board");
const facts = document.querySelector("#side-facts");
const panel = document.querySelector("#proposal");
let shown = null;
let selection = null;

function move(one) {
  const taken = selection.taken.includes(one.order_id);
  const check = el("input", { type: "checkbox", class: "check", checked: taken, disabled: !mayManage, "data-move": one.order_id, onchange: () => choose(one.order_id) });
  return el("label", { class: "move", "data-taken": String(taken), onmouseenter: () => reveal(one.order_id) }, check, el("span", { class: "move-number" }, String(one.number)),
    el("span", { class: "move-text" }, one.sentence, el("small", {}, one.why)),
    el("span", { class: `number ${one.worth_fen === null ? "quiet" : tone(one.worth_fen)}` }, one.worth_fen === null ? t("连带") : yuan(one.worth_fen, true)));
}

function overlay() {
  state.overlay = new Map((selection?.days ?? []).map((engineer) => [engineer.id, engineer]));
  const taken = new Set(selection?.taken);
  setNumbers(new Map((shown?.moves ?? []).map((one) => [one.order_id, { number: one.number, taken: taken.has(one.order_id) }])));
  tell("numbers");
}

function draw() {
  if (page.dataset.state === "compare") return;
  const open = shown !== null;
  state.proposal = open ? shown.plan_id : null;
  overlay();
  if (open || page.dataset.state === "proposal") page.dataset.state = open ? "proposal" : "work";
  panel.hidden = !open;
  facts.hidden = (page.dataset.state ?? "work") !== "work";
  if (!open) return;
  const saved = sum(selection.terms_now) - sum(selection.terms_then);
  const more = selection.unserved_now - selection.unserved_then;
  const kept = panel.querySelector(".scroll")?.scrollTop ?? 0;
  const focus = document.activeElement?.dataset.move;
  const title = !shown.moves.length ? t("现在的排法已经最好，没有要动的") : more > 0 ? t("建议：多做 {n} 单，{what} {money} 元", { n: more, what: saved >= 0 ? t("省") : t("多花"), money: yuan(Math.abs(saved)) }) : t("建议：{what} {money} 元", { what: saved >= 0 ? t("省") : t("多花"), money: yuan(Math.abs(saved)) });
  panel.replaceChildren(el("div", { class: "panel-head" }, el("h2", {}, title)),
    el("div", { class: "scroll" }, el("div", { class: "block" }, table(selection)), el("div", { class: "moves" }, shown.moves.map(move))),
    el("p", { class: "consequence", role: "status" }, selection.taken.length ? t("勾选的 {n} 处合起来排得开。{people} 人的日程会变：{who}。", { n: selection.taken.length, people: selection.people.length, who: joinNames(selection.told) }) : t("什么都没勾，日程不变。")),
    el("div", { class: "panel-foot" }, el("button", { class: "button bare", id: "leave", disabled: !mayManage, onclick: leave }, t("不要")), el("button", { class: "button bare", onclick: () => tell("compare", "proposal") }, t("比较")),
      mayManage && selection.taken.length ? el("button", { class: "button push", onclick: () => take(true) }, t("应用并发布…")) : el("span", { class: "push" }),
      el("button", { class: "button primary", id: "take", disabled: !mayManage || !selection.taken.length, onclick: () => take(false) }, t("应用所选 {n} 处", { n: selection.taken.length }))));
  panel.querySelector(".scroll").scrollTop = kept;
  if (focus) panel.querySelector(`[data-move="${focus}"]`)?.focus();
}

async function choose(order) {
  const has = selection.taken.includes(order);
  const taken = has ? selection.taken.filter((one) => one !== order) : [...selection.taken, order];
  try {
    const before = selection.taken.length + (has ? -1 : 1);
    selection = await post("/proposal/selection", { plan_id: shown.plan_id, taken, toggled: order });
    const off = selection.taken.length - before;
    if (off > 0) say(t("连带勾上 {n} 处，不然排不开", { n: off }), { tone: "warn" });
    if (off < 0) say(t("连带去掉 {n} 处，不然排不开", { n: -off }), { tone: "warn" });
  } catch (error) {
    say(error.message, { tone: "danger" });
  }
  draw();
}

async function take(publish) {
  try {
    await post("/proposal/take", { plan_id: shown.plan_id, taken: selection.taken });
    say(t("用上了 {n} 处", { n: selection.taken.length }), { button: t("撤销"), act: undo });
    close();
    await refresh();
    if (publish) tell("publish");
  } catch (error) {
    say(error.message, { tone: "danger" });
    await refresh().catch(() => {});
  }
}

async function leave() {
  try {
    await post("/proposal/leave");
    close();
    await refresh();
  } catch (error) {
    say(error.message, { tone: "danger" });
  }
}

function close() {
  shown = selection = null;
  draw();
}

async function load() {
  try {
    const found = await get(`/proposal.json?day=${day}`);
    const kept = shown?.plan_id === found.plan_id ? selection.taken.filter((order) => found.moves.some((one) => one.order_id === order)) : null;
    shown = found;
    selection = kept ? await post("/proposal/selection", { plan_id: found.plan_id, taken: kept }) : found.all;
  } catch (error) {
    if (error.code === "no_proposal") return close();
    throw error;
  }
  draw();
}

on("uncovered", draw);
// While a proposal is open the plan can be edited: what it comes to is worked out anew.
on("day", ({ proposal }) => (proposal === null ? shown && close() : load().catch((error) => say(error.message, { tone: "danger" }))));
export {};
