// The same day as a table, for screen readers and for print.

import { on, shown } from "./store.js";
import { riskWord } from "./bar.js";
import { clock, el, joinSentences, minutes, t } from "./words.js";

const details = document.querySelector("#day-table");

function draw() {
  const heads = [t("工程师"), t("时间"), t("客户"), t("约定"), t("路上"), t("状态"), t("要注意的")];
  const rows = shown().flatMap((engineer) => engineer.visits.map((visit) => el("tr", {},
    el("th", { scope: "row" }, engineer.name), el("td", { class: "nowrap" }, `${clock(visit.start_s)}–${clock(visit.end_s)}`),
    el("td", {}, el("a", { class: "name", href: `/orders/${visit.id}` }, visit.customer)), el("td", { class: "nowrap" }, visit.window ? visit.window.map(clock).join("–") : ""),
    el("td", { class: "number" }, t("{n} 分", { n: minutes(visit.travel_s) })), el("td", {}, visit.word), el("td", {}, joinSentences(visit.broken) || riskWord(visit)))));
  details.querySelector("table").replaceChildren(el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, rows));
}

const wanted = () => details.open && draw();
details.addEventListener("toggle", wanted);
addEventListener("beforeprint", () => {
  details.open = true;
  draw();
});
on("day", wanted);
on("filter", wanted);
