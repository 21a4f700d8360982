// Another day for a visit of the board, and those for whom today is over.

import { agree } from "./agree.js";
import { open } from "./dialog.js";
import { find, on, refresh, state } from "./store.js";
import { clock, el, icon, t } from "./words.js";

async function another(order) {
  const done = await agree(order, { over: find(order)?.visit.over ?? false, seen: state.data.revision });
  await refresh().catch(() => {});
  return done;
}

/** Everybody for whom today is over, to be called one after the other. */
async function over(orders) {
  const chosen = await open(t("今天来不及的 {n} 单", { n: orders.length }), (close) => [
    el("p", { class: "block quiet" }, t("约定的时间已过，工程师也下班了。一家一家打电话，另约一天。")),
    el("div", { class: "block scroll" }, el("table", { class: "choices leftover" }, el("tbody", {}, orders.map(find).filter(Boolean).map(({ visit, engineer }) => el("tr", {},
      el("th", {}, visit.customer), el("td", { class: "nowrap" }, t("约 {span}", { span: visit.window.map(clock).join("–") })), el("td", {}, engineer?.name ?? ""),
      el("td", {}, el("a", { class: "link nowrap", href: `tel:${visit.contact_phone}` }, icon("call"), visit.contact_phone)),
      el("td", { class: "number" }, el("button", { class: "button small", "data-over": visit.id, onclick: () => close(visit.id) }, t("另约")))))))),
    el("footer", { class: "panel-foot" }, el("button", { class: "button push", onclick: () => close() }, t("知道了"))),
  ], "wide");
  if (chosen === undefined) return;
  await another(chosen);
  const rest = state.data.exceptions.find((one) => one.act === "over")?.target ?? [];
  if (rest.length) over(rest);
}

on("over", over);
on("another-day", another);
