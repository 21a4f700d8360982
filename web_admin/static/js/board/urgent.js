// An urgent order: the three least disturbing places, what each moves, one click.

import { open, say } from "./dialog.js";
import { get, post, day } from "./server.js";
import { calls } from "./calls.js";
import { mayManage, on, refresh, select } from "./store.js";
import { clock, el, icon, joinNames, minutes, t, yuan } from "./words.js";

const WHY = { soonest: t("最早"), calmest: t("最少打扰"), cheapest: t("最省") };

function spot(one, at, choose) {
  const shifts = one.shifted.map((other) => (other.by_s > 0 ? t("{customer} {n} 分", { customer: other.customer, n: minutes(other.by_s) }) : `${other.customer} −${minutes(-other.by_s)}`));
  return el("li", { class: "spot" },
    el("div", {}, el("span", { class: "tag" }, WHY[one.why]), " ", el("b", {}, t("{name} {at} 到", { name: one.engineer_name, at: clock(one.start_s) })), " ", el("span", { class: "quiet" }, t("路上 {n} 分钟", { n: minutes(one.travel_s) })),
      el("p", { class: "quiet" }, shifts.length ? t("后推：{who}", { who: joinNames(shifts.slice(0, 4)) }) : t("谁都不用动"), " · ", t("约 {span}", { span: one.window.map(clock).join("–") }))),
    el("span", { class: "number" }, t("{money} 元", { money: yuan(one.extra_fen, true) })),
    mayManage ? el("button", { class: at === 0 ? "button primary" : "button", "data-spot": at + 1, onclick: () => choose(one) }, t("放这里，通知 {n} 人", { n: 1 })) : null);
}

async function begin(order) {
  let found;
  try {
    found = await get(`/urgent/${order}.json?day=${day}`);
  } catch (error) {
    return say(error.message, { tone: "danger" });
  }
  const chosen = await open(t("加急 {customer} 放哪里", { customer: found.customer }), (close) => [
    el("div", { class: "block row wrap" }, el("span", {}, found.problem), el("a", { class: "link push", href: `tel:${found.phone}` }, icon("call"), `${found.contact} ${found.phone}`)),
    found.spots.length ? el("ul", { class: "spots scroll" }, found.spots.map((one, at) => spot(one, at, close))) : el("p", { class: "block warn" }, t("今天谁也赶不上")),
    el("footer", { class: "panel-foot" }, el("span", { class: "quiet" }, t("三个位置都不破规矩")), el("a", { class: "button push", href: `/appointments?order=${order}` }, t("改约"))),
  ], "wide");
  if (!chosen) return;
  try {
    await post("/urgent", { order, engineer: chosen.engineer_id, start_s: chosen.start_s });
    await refresh();
    select(order);
    say(t("排上了：{customer} 给 {name}，{at}；已通知", { customer: found.customer, name: chosen.engineer_name, at: clock(chosen.start_s) }));
    await calls();
  } catch (error) {
    say(error.message, { tone: "danger" });
    await refresh().catch(() => {});
  }
}

on("urgent", begin);
