// The feedback card, one group of questions a step. Leave it at any step; it is all there days later.
import * as day from "./day.js";
import * as drafts from "./draft.js";
import { formField } from "./form.js";
import { lang, t } from "./i18n.js";
import { linesStep } from "./lines.js";
import * as outbox from "./outbox.js";
import { photoStrip } from "./photo_strip.js";
import { codeSection } from "./sign_code.js";
import { pad } from "./signature.js";
import * as store from "./store.js";
import { choices, go, h, icon, nextButton, notice, screen, section } from "./ui.js";

const ALL_STEPS = [
  ["设备和现场", ["access_mode", "device_model", "device_serial", "device_out", "gifts", "conditions"]],
  ["步骤", ["steps"]],
  ["测线", ["lines"]],
  ["试拨", ["call_local", "call_long", "call_mobile", "call_fax", "call_bypass"]],
  ["维修问题", ["repair_symptom", "repair_words", "repair_often", "repair_since", "repair_again", "repair_cause", "repair_measures", "repair_old_serial", "repair_new_serial", "repair_minutes", "repair_solved", "repair_hard", "repair_advice"], "repair"],
  ["客户培训", ["trained", "trained_whom", "trained_topics"]],
  ["结果", ["result", "left_to_do", "remarks"]],
  ["请客户确认", ["mark_punctual", "mark_skill", "mark_manner", "mark_whole", "customer_words", "signed_by", "signature"]],
];
// What is taught at each visit; a touch writes it down.
const TOPICS = ["怎么拨长途", "停电怎么打", "指示灯", "密码保管", "报修电话"];

export function card(context) {
  const visit = day.find(Number(context.argument)), forms = store.get("forms");
  if (!visit || !visit.finished_at || day.cardIn(visit)) {
    setTimeout(() => go(visit ? `visit/${visit.id}` : "today"));
    return h("div");
  }
  if (!forms) return screen({ title: t("反馈卡"), back: `visit/${visit.id}`, chip: context.chip }, notice(t("还没有读到反馈卡的项目，连上网络就来")));
  const draft = drafts.open(visit), holder = h("div", { style: "flex:1;display:flex;flex-direction:column" });
  // The one on the screen is kept up to date; the one that was given is as old as this screen.
  const chip = () => holder.querySelector("#connection") || context.chip;
  const problem = outbox.of(visit.id).find((item) => item.problem && item.kind === "card")?.problem;
  const standard = forms[`steps_${visit.order.kind}`] || [];
  const STEPS = ALL_STEPS.filter(([, codes, kind]) => (!kind || kind === visit.order.kind) && (codes[0] !== "steps" || standard.length));
  const repair = visit.order.kind === "repair" ? forms.repair || [] : [];
  const fields = Object.fromEntries([...forms.card, ...repair].map((field) => [field.code, field]));
  // A field that this page does not know yet stands in the step of the result.
  const stray = forms.card.map((field) => field.code).filter((code) => !ALL_STEPS.some(([, codes]) => codes.includes(code)));
  const codesOf = (index) => [...STEPS[index][1], ...(STEPS[index][0] === "结果" ? stray : [])];
  const label = (code) => (code === "signature" ? t("客户签字或签收码") : code === "lines" ? t("测线") : code === "steps" ? t("步骤") : fields[code].label[lang()]);
  const value = (code) => draft.data[code];
  const isMissing = (code) => {
    if (code === "signature") return !draft.signature && !draft.signed && !draft.coded;
    if (code === "trained_whom" && value("trained") !== "yes") return false;
    if (code === "left_to_do" && !["partly", "again", "impossible"].includes(value("result"))) return false;
    const needed = fields[code]?.required || code === "trained_whom" || code === "left_to_do" || (code === "device_serial" && visit.order.kind === "install" && value("result") === "done");
    return Boolean(needed) && !String(value(code) ?? "").trim();
  };
  const missing = (index) => codesOf(index).filter(isMissing);
  const keep = (code, given, drawAgain = false) => {
    if (given === "" || given === null) delete draft.data[code]; else draft.data[code] = given;
    drafts.save(visit, draft);
    if (drawAgain) draw(); else dress();
  };
  let lines = null;
  const moveTo = (index) => { draft.step = index; drafts.save(visit, draft); draw(); scrollTo(0, 0); };

  const wordsOf = (code) => ({ trained_topics: TOPICS.map((topic) => [t(topic), t(topic)]), gifts: (forms.gift_kinds || []).map((gift) => [gift.zh, gift[lang()]]) })[code];
  const input = (field) => formField(field, value, keep, { large: ["result", "trained", "repair_solved"].includes(field.code), words: wordsOf(field.code) });

  function rating(code) {
    return h("div", { class: "rating", id: `f-${code}` }, h("span", { class: "rating-label" }, label(code)),
      h("div", { class: "rating-marks" }, fields[code].choices.map((mark) => h("button", { type: "button", class: "choice", "aria-pressed": String(value(code) === mark.code), onclick: () => keep(code, mark.code, true) }, mark.code))));
  }

  // The standard's steps in their order, one touch each; what was not done is said rather than left out.
  function checklist() {
    const results = draft.data.steps || {}, mark = (code, result) => keep("steps", { ...results, [code]: results[code] === result ? undefined : result }, true);
    return section([t("按标准做的步骤"), h("span", {}, t("做了 {n}/{all}", { n: standard.filter(({ code }) => results[code] === "done").length, all: standard.length }))],
      h("div", { class: "button-row" }, h("button", { type: "button", class: "button", onclick: () => keep("steps", Object.fromEntries(standard.map(({ code }) => [code, results[code] || "done"])), true) }, icon("check"), t("其余的都做了"))),
      standard.map((step) => h("div", { class: "field", id: `f-step-${step.code}` }, h("span", { class: "field-label" }, step[lang()]),
        choices(forms.step_results.map((one) => ({ code: one.code, text: one[lang()] })), results[step.code], (result) => mark(step.code, result)))));
  }

  function body() {
    const codes = codesOf(draft.step), marks = codes.filter((code) => code.startsWith("mark_"));
    if (codes[0] === "lines") return [lines.section];
    if (codes[0] === "steps") return [checklist()];
    const shown = codes.filter((code) => !marks.includes(code) && code !== "signature" && !(value("trained") !== "yes" && ["trained_whom", "trained_topics"].includes(code)));
    return [
      marks.length > 0 && section([t("这次服务怎么样"), h("span", {}, t("5 分是很满意"))], marks.map(rating)),
      codes.includes("signature") && section(t("手写签字"), draft.signed && !draft.signature && h("p", { class: "ok" }, t("上次的签字还在，可以不重签")), h("div", { id: "f-signature" }, pad(draft.signature, (png) => { draft.signature = png; drafts.save(visit, draft); dress(); }))),
      codes.includes("signature") && codeSection(visit, draft, () => { drafts.save(visit, draft); dress(); }),
      section(null, shown.map((code) => input(fields[code]))),
      draft.step === 0 && section([t("现场照片"), h("span", {}, t("可以不拍"))], photoStrip({ visit: visit.id, purpose: "card", about: visit.order.short_name })),
    ];
  }

  function dock() {
    if (codesOf(draft.step)[0] === "lines") return lines.dock;
    const lacking = missing(draft.step)[0];
    if (lacking) return nextButton(t("还差：{name}", { name: label(lacking) }), null, () => { document.querySelector(`#f-${lacking}`)?.scrollIntoView({ block: "center" }); document.querySelector(`#f-${lacking} input, #f-${lacking} textarea`)?.focus(); });
    if (draft.step < STEPS.length - 1) return nextButton(t("下一步：{name}", { name: t(STEPS[draft.step + 1][0]) }), null, () => moveTo(draft.step + 1));
    const first = STEPS.findIndex((_, index) => missing(index).length);
    if (first >= 0) return nextButton(t("还差：{name}", { name: label(missing(first)[0]) }), null, () => moveTo(first));
    return nextButton(t("确认，交反馈卡"), t("存到手机，有信号时自动发送"), submit);
  }

  async function submit() {
    const known = Object.fromEntries(Object.entries(draft.data).filter(([code]) => fields[code] || ["lines", "steps"].includes(code)));
    const body = { uuid: draft.uuid, data: known, signature: draft.signature };
    if (await outbox.put({ kind: "card", body, visit: visit.id, name: t("反馈卡"), about: visit.order.short_name })) go(`visit/${visit.id}`);
  }

  // The button and the progress follow each touch; the inputs stay as they are.
  function dress() {
    if (codesOf(draft.step)[0] !== "lines") holder.querySelector(".dock").replaceChildren(dock());
    holder.querySelector(".saved")?.replaceChildren(icon("saved"), t("已存到手机 {at}", { at: day.time(draft.saved_at) }));
  }

  // What a step holds, in words that are true of it: missing, complete, or left empty where nothing must be filled in.
  function standing(index) {
    const codes = codesOf(index), lacking = missing(index);
    if (lacking.length) return ["todo", t("还差：{name}", { name: lacking.map(label).join(t("、")) })];
    if (codes[0] === "lines") {
      const measured = (draft.data.lines || []).filter((line) => forms.line.some((field) => line[`${field.code}_after`])).length;
      return measured ? ["done", t("量了 {n} 条", { n: measured })] : ["todo", t("还没量，可以不量")];
    }
    if (codes[0] === "steps") {
      const said = Object.values(draft.data.steps || {}).filter(Boolean).length;
      return said === standard.length ? ["done", t("齐了")] : ["todo", t("说了 {n}/{all}", { n: said, all: standard.length })];
    }
    return codes.some((code) => value(code)) ? ["done", t("齐了")] : ["todo", t("还没填，可以不填")];
  }

  function overview() {
    holder.replaceChildren(screen({ title: t("反馈卡"), back: draw, chip: chip(), dock: nextButton(t("接着填：{name}", { name: t(STEPS[draft.step][0]) }), null, draw) },
      section([visit.order.customer_name, h("span", {}, day.left(visit))], STEPS.map(([name], index) => {
        const [mark, words] = standing(index);
        return h("button", { class: "overview", onclick: () => moveTo(index) }, icon(mark, mark === "done" ? "ok" : ""), h("span", { class: "row-main" }, h("b", {}, t(name)), h("span", { class: "row-note" }, words)));
      }))));
  }

  function draw() {
    if (codesOf(draft.step)[0] === "lines") {
      const changed = () => { drafts.save(visit, draft); dress(); };
      lines = linesStep({ fields: forms.line, data: draft.data, changed, leave: () => moveTo(draft.step + 1), leaveText: t("下一步：{name}", { name: t(STEPS[draft.step + 1][0]) }) });
    }
    const made = screen({ title: t("反馈卡"), back: draft.step ? () => moveTo(draft.step - 1) : `visit/${visit.id}`, chip: chip(), dock: dock() },
      problem && notice(problem.sentence), visit.card?.return_reason && notice(t("反馈卡被退回：{why}", { why: visit.card.return_reason })), ...body());
    made.querySelector(".topbar").after(h("div", { class: "progress" },
      h("div", { class: "progress-bar", "aria-hidden": "true" }, STEPS.map((_, index) => h("i", { class: index === draft.step ? "is-now" : index < draft.step ? "is-done" : null }))),
      h("div", { class: "progress-line" }, h("button", { class: "progress-name", id: "overview", onclick: overview }, `${draft.step + 1}/${STEPS.length} ${t(STEPS[draft.step][0])}`, icon("forward")),
        h("span", { class: "saved" }, draft.saved_at ? [icon("saved"), t("已存到手机 {at}", { at: day.time(draft.saved_at) })] : t("填一项存一项")))));
    holder.replaceChildren(made);
  }
  draw();
  return holder;
}
