// What is wrong with a dialer (拨号器质量信息): kept while it is written, sent like everything else.
import * as day from "./day.js";
import { formField } from "./form.js";
import { lang, t } from "./i18n.js";
import * as outbox from "./outbox.js";
import * as store from "./store.js";
import { go, h, nextButton, notice, screen, section } from "./ui.js";

export function report({ argument, chip }) {
  const visit = day.find(Number(argument)), fields = store.get("forms")?.device;
  if (!visit || !fields) {
    setTimeout(() => go("today"));
    return h("div");
  }
  const name = `report.${visit.id}`, problem = outbox.of(visit.id).find((item) => item.problem && item.kind === "device_report")?.problem;
  const serial = visit.serials[0] || visit.profile.device_serial, model = visit.order.device_model || visit.profile.device_model;
  const draft = store.mine(name) || { uuid: store.uuid(), data: Object.fromEntries(Object.entries({ serial, model }).filter(([, known]) => known)) };
  const holder = h("div", { style: "flex:1;display:flex;flex-direction:column" });
  const value = (code) => draft.data[code];
  const keep = (code, given, drawAgain = false) => {
    if (given === "" || given === null) delete draft.data[code]; else draft.data[code] = given;
    store.keep(name, draft);
    if (drawAgain) draw(); else holder.querySelector(".dock").replaceChildren(dock());
  };
  const send = async () => {
    const sent = await outbox.put({ key: draft.uuid, kind: "device_report", body: draft, visit: visit.id, name: t("拨号器质量"), about: visit.order.short_name });
    if (!sent) return;
    await store.keep(name, null);
    go(`visit/${visit.id}`);
  };
  function dock() {
    const lacking = fields.find((field) => field.required && !String(value(field.code) ?? "").trim());
    if (!lacking) return nextButton(t("交给技术支持组和物控"), t("存到手机，有信号时自动发送"), send);
    return nextButton(t("还差：{name}", { name: lacking.label[lang()] }), null, () => { const there = holder.querySelector(`#f-${lacking.code}`); there.scrollIntoView({ block: "center" }); there.querySelector("input, textarea")?.focus(); });
  }
  function draw() {
    const known = holder.querySelector("#connection") || chip;
    holder.replaceChildren(screen({ title: t("拨号器质量"), back: `visit/${visit.id}`, chip: known, dock: dock() }, problem && notice(problem.sentence), section([visit.order.short_name], fields.map((field) => formField(field, value, keep, { large: field.code === "severity" })))));
  }
  draw();
  return holder;
}
