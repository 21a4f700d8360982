// Any two plans of the day side by side: sums term by term, what differs in sentences, both laid over each other.

import { say } from "./dialog.js";
import { reveal, setNumbers } from "./gantt.js";
import { get, post, day } from "./server.js";
import { mayManage, on, state, tell } from "./store.js";
import { sum, table } from "./sums.js";
import { el, t, yuan } from "./words.js";

const page = document.querySelector("#board");
const facts = document.querySelector("#side-facts");
const panel = document.querySelector("#compare");
let plans = [];
let pair = null;
let found = null;

const isOpen = () => page.dataset.state === "compare";

/** What is on the board while two plans are compared: the second one's days, and where the first has its visits. */
function lay() {
  state.overlay = new Map((found?.days ?? []).map((engineer) => [engineer.id, engineer]));
  for (const { id, why } of found?.gone ?? []) {
    const engineer = state.data.engineers.find((one) => one.id === id);
    if (engineer) state.overlay.set(id, { ...engineer, visits: [], broken: [], away: why });
  }
  state.ghosts = found?.before ?? [];
  setNumbers(new Map((found?.moves ?? []).map((one) => [one.order_id, { number: one.number, taken: true }])));
  tell("numbers");
}

function picker(side, label) {
  return el("select", { class: "input", "aria-label": label, "data-side": side, onchange: (event) => compare({ ...pair, [side]: event.target.value }) },
    plans.map((one) => el("option", { value: one.key, selected: one.key === pair[side] }, one.name)));
}

function outcome() {
  if (!found) return [];
  const more = sum(found.terms_then) - sum(found.terms_now);
  const undone = found.unserved_then - found.unserved_now;
  const money = more > 0 ? t("多花 {money} 元", { money: yuan(more) }) : more < 0 ? t("省 {money} 元", { money: yuan(-more) }) : t("不多花钱");
  const title = !found.moves.length ? t("两份排法一样") : undone > 0 ? t("第二份少做 {n} 单，{money}", { n: undone, money }) : undone < 0 ? t("第二份多做 {n} 单，{money}", { n: -undone, money }) : t("第二份{money}", { money });
  const rules = found.broken.some(Boolean) ? el("p", { class: "warn" }, t("破规矩：第一份 {a} 处，第二份 {b} 处", { a: found.broken[0], b: found.broken[1] })) : "";
  return [el("h3", {}, title), table(found, t("第二份"), t("第一份")), rules];
}

function moves() {
  return el("div", { class: "moves" }, found?.moves.length ? el("p", { class: "quiet block" }, t("从第一份到第二份；虚线框是第一份里的位置")) : "",
    (found?.moves ?? []).map((one) => el("div", { class: "move plain-move", onmouseenter: () => reveal(one.order_id) }, el("span", { class: "move-number" }, String(one.number)), el("span", { class: "move-text" }, one.sentence, el("small", {}, one.why)))));
}

function draw() {
  panel.hidden = !isOpen();
  facts.hidden = (page.dataset.state ?? "work") !== "work";
  if (!isOpen()) return;
  const copy = found?.right.assumed.length ? found.right : null;
  panel.replaceChildren(el("div", { class: "panel-head" }, el("h2", {}, t("比较两份排法"))),
    el("div", { class: "scroll" },
      el("div", { class: "block pair" }, picker("left", t("第一份")), el("button", { class: "button bare square", title: t("对调"), "aria-label": t("对调"), onclick: () => compare({ left: pair.right, right: pair.left }) }, "⇄"), picker("right", t("第二份"))),
      el("div", { class: "block", role: "status" }, outcome()), moves()),
    el("div", { class: "panel-foot" }, el("button", { class: "button bare", id: "compare-close", onclick: close }, t("收起来")),
      copy && mayManage ? el("button", { class: "button bare", id: "compare-drop", onclick: () => drop(copy) }, t("扔掉这份假设")) : "",
      copy && mayManage ? el("button", { class: "button primary push", id: "compare-try", onclick: () => again(copy) }, t("打开这份假设…")) : ""));
}

async function compare(wanted) {
  pair = wanted;
  try {
    found = await get(`/compare.json?day=${day}&left=${pair.left}&right=${pair.right}`);
  } catch (error) {
    found = null;
    say(error.message, { tone: "danger" });
  }
  draw();
  lay();
}

async function drop(copy) {
  try {
    await post(`/copies/${copy.key}/drop`);
    close();
    say(t("扔掉了：{what}", { what: copy.name }));
  } catch (error) {
    say(error.message, { tone: "danger" });
  }
}

function again(copy) {
  close();
  tell("what-if", copy.assumed);
}

function close() {
  found = null;
  page.dataset.state = "work";
  draw();
  lay();
  tell("uncovered");
}

/** Open the comparison; with a key, that plan is the second one. */
async function begin(right) {
  try {
    plans = await get(`/plans.json?day=${day}`);
  } catch (error) {
    return say(error.message, { tone: "danger" });
  }
  if (plans.length < 2) return say(t("这一天只有一份排法。发布、排一遍或留下一份假设以后就能比较"), { tone: "warn" });
  const keys = plans.map((one) => one.key);
  page.dataset.state = "compare";
  tell("side");
  document.querySelector("#proposal").hidden = document.querySelector("#what-if").hidden = true;
  const first = keys.includes("working") && right !== "working" ? "working" : keys.find((one) => one !== right);
  await compare({ left: first, right: right ?? keys.find((one) => one !== first) });
  panel.querySelector("[data-side=right]")?.focus();
}

on("compare", (right) => (right === undefined && isOpen() ? close() : begin(right)));
on("day", () => isOpen() && compare(pair));
