// One field of a form as the server describes it: chips for a choice, the right keyboard for a number, a scan for a serial.
import { lang, t } from "./i18n.js";
import { canScan, scanned } from "./scan.js";
import { choices, h, icon } from "./ui.js";

// `value` reads a field by its code, `keep(code, text, drawAgain)` writes it; `words` are pairs of what a touch
// adds and what is read on it.
export function formField(field, value, keep, { large = false, words = null } = {}) {
  const { code } = field, id = `f-${code}`, help = field.help[lang()], name = field.label[lang()];
  const title = [name, help && h("span", { class: "field-help" }, help)];
  if (field.choices.length) {
    const entries = field.choices.map((choice) => ({ code: choice.code, text: choice[lang()] }));
    return h("div", { class: "field", id }, h("span", { class: "field-label" }, title), choices(entries, value(code), (chosen) => keep(code, chosen === value(code) ? null : chosen, true), large));
  }
  const number = field.kind === "int", long = field.longest > 120;
  // Asked anew at each touch: something may have been typed since the chips were drawn.
  const said = () => (value(code) || "").split("、").filter(Boolean);
  const turn = (word) => keep(code, (said().includes(word) ? said().filter((one) => one !== word) : [...said(), word]).join("、"), true);
  const topics = words?.length > 0 && words.map(([word, text]) =>
    h("button", { type: "button", class: "choice", "aria-pressed": String(said().includes(word)), onclick: () => turn(word) }, text, icon("check")));
  const scan = code.endsWith("serial") && canScan() && h("button", { type: "button", class: "button", onclick: async () => { const found = await scanned(); if (found) keep(code, found.slice(0, field.longest), true); } }, icon("scan"), t("扫条码"));
  // Buttons inside of a label would be pressed by a touch on its text.
  const split = topics || scan;
  return h(split ? "div" : "label", { class: "field", id }, h("span", { class: "field-label" }, title), topics && h("span", { class: "choices" }, topics), scan && h("span", { class: "button-row" }, scan),
    code === "gifts" && topics && h("span", { class: "field-help" }, t("别的写在这里")),
    field.unit && h("span", { class: "field-help" }, t(field.unit)),
    h(long ? "textarea" : "input", { class: "text-input", name: code, "aria-label": split ? name : null, rows: long ? "3" : null, maxlength: String(field.longest), inputmode: number ? "numeric" : null, value: value(code) ?? "", oninput: (event) => keep(code, event.target.value) }));
}
