// Customers to call: with what to say; who has called whom stays.

import { open, say } from "./dialog.js";
import { get, post, day } from "./server.js";
import { mayManage, on, refresh } from "./store.js";
import { clock, el, icon, t } from "./words.js";

function row(one, tick) {
  const done = one.called_s === null ? null : el("small", { class: "quiet" }, t("{name} {at} 打过", { name: one.by, at: clock(one.called_s) }));
  return el("li", { class: "block", "data-call": one.id },
    el("label", { class: "row" }, el("input", { type: "checkbox", class: "check", checked: one.called_s !== null, disabled: !mayManage, onchange: (event) => tick(one, event.target) }), el("b", {}, one.customer), done,
      el("a", { class: "link push", href: `tel:${one.phone}` }, icon("call"), `${one.contact} ${one.phone}`)),
    el("p", { class: "script" }, one.words));
}

/** The day's call list; ticks are kept at once, by whom and when. */
export async function calls() {
  let rows;
  try {
    rows = await get(`/calls.json?day=${day}`);
  } catch (error) {
    return say(error.message, { tone: "danger" });
  }
  const list = el("ul", { class: "scroll call-list" });
  const draw = () => list.replaceChildren(...rows.map((one) => row(one, tick)));
  const tick = async (one, box) => {
    try {
      const kept = await post(`/calls/${one.id}`, { called: box.checked });
      rows = rows.map((other) => (other.id === kept.id ? kept : other));
    } catch (error) {
      say(error.message, { tone: "danger" });
    }
    draw();
    list.querySelector(`[data-call="${one.id}"] .check`)?.focus();
  };
  draw();
  const waiting = rows.filter((one) => one.called_s === null).length;
  await open(t("打给 {n} 家客户", { n: waiting || rows.length }), (close) => [
    list,
    el("footer", { class: "panel-foot" }, el("span", { class: "quiet" }, t("打完一家勾一家，没打完的留在上面")), el("button", { class: "button primary push", onclick: () => close(true) }, t("好了"))),
  ], "wide");
  await refresh().catch(() => {});
}

on("calls", calls);
