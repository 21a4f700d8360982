// Sign-in: a position helps, but far away, denied or unknown never blocks.
import * as day from "./day.js";
import { t } from "./i18n.js";
import { distance, position, send } from "./steps.js";
import { troubles } from "./screen_visit.js";
import { choices, go, h, icon, nextButton, screen } from "./ui.js";

const FAR_M = 500, VAGUE_M = 200;
const WHY = [["vague", "在地下或楼里，定位不准"], ["moved", "客户换了地点"], ["address", "系统里地址标错"], ["office", "在物业办手续"], ["other", "其他"]];

export function sign({ argument, chip, redraw }) {
  const visit = day.find(Number(argument));
  if (!visit || visit.signed_in_at || !visit.set_out_at) {
    setTimeout(() => go(visit ? `visit/${visit.id}` : "today"));
    return h("div");
  }
  let where, why = null, asked = false;
  const place = h("section", { class: "section" }), dock = h("div");
  const done = async () => {
    const note = why ? t(WHY.find(([code]) => code === why)[1]) : "";
    if (await send(visit, "sign_in", t("签到"), { ...(where || {}), note })) go(`visit/${visit.id}`);
  };
  const show = () => {
    const far = distance(where, visit.order), off = far !== null && far > FAR_M;
    if (off && !why) why = where.accuracy_m > VAGUE_M ? "vague" : null;
    const length = far === null ? null : far < 1000 ? t("离现场 {n} 米", { n: Math.round(far) }) : t("离现场 {n} 公里", { n: (far / 1000).toFixed(1) });
    place.replaceChildren(
      ...(!asked ? [h("p", { class: "distance" }, t("正在定位"))]
        : !where ? [h("p", { class: "distance" }, t("没有定位")), h("p", { class: "fact-line" }, icon("alert"), t("没有允许定位，或者没有信号，不影响签到"))]
          : [length && h("p", { class: "distance number" }, length), h("p", { class: `fact-line ${off ? "warn" : "ok"}` }, icon(off ? "alert" : "done", off ? "warn" : "ok"), off ? t("离得远也能签到，精度 {n} 米", { n: Math.round(where.accuracy_m) }) : t("已定位，精度 {n} 米", { n: Math.round(where.accuracy_m) }))].filter(Boolean)),
      h("p", { class: "quiet" }, `${visit.order.short_name} · ${visit.order.address}`, h("br"), t("只在签到和完成时记录位置。")),
      ...(off ? [h("h2", { class: "section-title", style: "margin-top:16px" }, t("为什么离得远？")), choices(WHY.map(([code, text]) => ({ code, text: t(text) })), why, (code) => { why = code; show(); })] : []));
    dock.replaceChildren(nextButton(off ? t("照样签到") : t("签到"), where ? t("记下 {at} 和这个位置", { at: day.time(day.now()) }) : t("记下 {at}", { at: day.time(day.now()) }), done));
  };
  show();
  position().then((found) => { [where, asked] = [found, true]; show(); });
  return screen({ title: t("签到"), back: `visit/${visit.id}`, chip, dock }, place,
    troubles(visit));
}
