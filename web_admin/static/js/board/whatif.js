// What if: somebody ill, a car gone, an hour more; the day as it would be, thrown away or taken over.

import { say } from "./dialog.js";
import { undo } from "./edit.js";
import { reveal, setNumbers } from "./gantt.js";
import { post } from "./server.js";
import { mayManage, on, refresh, state, tell } from "./store.js";
import { sum, table } from "./sums.js";
import { el, joinNames, t, yuan } from "./words.js";

const page = document.querySelector("#board");
const facts = document.querySelector("#side-facts");
const panel = document.querySelector("#what-if");
const KINDS = { ill: t("病了"), no_car: t("没有车"), longer: t("多留 1 小时") };
let assumed = [];
let found = null;

const name = (id) => state.data.engineers.find((one) => one.id === id)?.name ?? "";
const possible = (kind, one) => !one.away && (kind !== "no_car" || one.mode === "car");

function add(kind, engineer) {
  if (kind !== "longer" && assumed.some((one) => one.kind === kind && one.engineer === engineer)) return;
  assumed = [...assumed, { kind, engineer }];
  compute();
}

function chips() {
  return el("div", { class: "chips wrap" }, assumed.map((one, at) => el("button", { class: "chip", "aria-pressed": "true", title: t("去掉这个假设"), "data-assumed": at,
    onclick: () => { assumed = assumed.filter((_, other) => other !== at); compute(); } }, t("{name}{what}", { name: name(one.engineer), what: KINDS[one.kind] }), " ×")));
}

function form() {
  const people = el("select", { class: "input", "aria-label": t("谁"), id: "what-if-engineer" });
  const kinds = el("select", { class: "input", "aria-label": t("怎么了"), id: "what-if-kind", onchange: () => fill() }, Object.entries(KINDS).map(([kind, word]) => el("option", { value: kind }, word)));
  const fill = () => people.replaceChildren(...state.data.engineers.filter((one) => possible(kinds.value, one)).map((one) => el("option", { value: one.id, selected: one.id === state.engineer }, one.name)));
  fill();
  return el("form", { class: "row", onsubmit: (event) => { event.preventDefault(); add(kinds.value, Number(people.value)); } }, people, kinds, el("button", { class: "button" }, t("加上")));
}

function outcome() {
  if (!found) return [];
  const more = sum(found.terms_then) - sum(found.terms_now);
  const undone = found.unserved_then - found.unserved_now;
  const money = more > 0 ? t("多花 {money} 元", { money: yuan(more) }) : more < 0 ? t("省 {money} 元", { money: yuan(-more) }) : t("不多花钱");
  return [el("h3", {}, undone > 0 ? t("那样会少做 {n} 单，{money}", { n: undone, money }) : undone < 0 ? t("那样能多做 {n} 单，{money}", { n: -undone, money }) : t("那样都做得完，{money}", { money })), table(found, t("那样"))];
}

function draw() {
  if (page.dataset.state === "compare") return;
  const open = page.dataset.state === "what-if";
  panel.hidden = !open;
  facts.hidden = (page.dataset.state ?? "work") !== "work";
  state.overlay = new Map((found?.days ?? []).map((engineer) => [engineer.id, engineer]));
  for (const one of found ? assumed : []) {
    const engineer = state.data.engineers.find((other) => other.id === one.engineer);
    if (one.kind === "ill" && engineer) state.overlay.set(engineer.id, { ...engineer, visits: [], broken: [], away: t("假设病了") });
  }
  setNumbers(new Map((found?.moves ?? []).map((one) => [one.order_id, { number: one.number, taken: true }])));
  if (!open) return;
  panel.replaceChildren(el("div", { class: "panel-head" }, el("h2", {}, t("假设")), el("span", { class: "quiet" }, t("试试看，不会动真的日程"))),
    el("div", { class: "scroll" }, el("div", { class: "block" }, chips(), form()), el("div", { class: "block", role: "status" }, outcome()),
      el("div", { class: "moves" }, (found?.moves ?? []).map((one) => el("div", { class: "move plain-move", onmouseenter: () => reveal(one.order_id) }, el("span", { class: "move-number" }, String(one.number)), el("span", { class: "move-text" }, one.sentence, el("small", {}, one.why)))))),
    found ? el("p", { class: "consequence" }, found.people.length ? t("{people} 人的日程会变：{who}。", { people: found.people.length, who: joinNames(found.told) }) : t("谁的日程都不用变。")) : "",
    el("div", { class: "panel-foot" }, el("button", { class: "button bare", id: "what-if-away", onclick: close }, t("算了")),
      el("button", { class: "button push", id: "what-if-keep", disabled: !mayManage || !found, onclick: keep }, t("留作比较")),
      el("button", { class: "button primary", id: "what-if-take", disabled: !mayManage || !found, onclick: take }, t("就这样办"))));
}

async function compute() {
  if (!assumed.length) found = null;
  else {
    try {
      found = await post("/what-if", { assumed });
    } catch (error) {
      say(error.message, { tone: "danger" });
    }
  }
  draw();
  tell("numbers");
}

async function keep() {
  try {
    const { plan } = await post("/what-if/keep", { assumed });
    close();
    tell("compare", plan);
  } catch (error) {
    say(error.message, { tone: "danger" });
  }
}

async function take() {
  try {
    await post("/what-if/take", { assumed });
    close();
    await refresh();
    say(t("照假设的排好了，还没发布"), { button: t("撤销"), act: undo });
  } catch (error) {
    say(error.message, { tone: "danger" });
    await refresh().catch(() => {});
  }
}

function close() {
  assumed = [];
  found = null;
  page.dataset.state = "work";
  draw();
  tell("numbers");
}

function begin(first) {
  if (page.dataset.state === "compare") document.querySelector("#compare-close").click();
  if (state.proposal) return say(t("先把建议用上或者收起来"), { tone: "warn" });
  page.dataset.state = "what-if";
  tell("side");
  draw();
  if (Array.isArray(first)) {
    assumed = first;
    compute();
  } else if (first) add(first.kind, first.engineer);
  else panel.querySelector("#what-if-engineer").focus();
}

on("what-if", begin);
// The real day has changed meanwhile: what the assumption comes to is worked out anew; a proposal comes first.
on("day", ({ proposal }) => page.dataset.state === "what-if" && (proposal === null ? compute() : close()));
