// Measurements of the lines, before and after, one line at a time; numbers with the numeric keypad.
import { lang, t } from "./i18n.js";
import { h, icon } from "./ui.js";

export function linesStep(fields, data, changed) {
  data.lines ||= [{ number: "1" }];
  let at = 0;
  const holder = h("section", { class: "section" });
  const filled = (line) => fields.some((field) => line[`${field.code}_after`]);

  function cell(line, field, when) {
    const name = `${field.code}_${when}`;
    const judge = (element) => {
      const number = Number(element.value);
      element.classList.toggle("is-out", element.value !== "" && !(number >= field.low && number <= field.high));
    };
    const made = h("input", { inputmode: "decimal", name, maxlength: "8", "aria-label": `${field.label[lang()]} ${when === "before" ? t("装前") : t("装后")}`, value: line[name] ?? "", oninput: (event) => {
      const text = event.target.value.replace(/[，,。]/g, ".").trim();
      if (text === "") delete line[name]; else line[name] = text;
      judge(event.target);
      changed();
    } });
    judge(made);
    return h("td", {}, made);
  }

  function draw() {
    const line = data.lines[at];
    const flip = (given) => {
      if (line.reversal === given) delete line.reversal; else line.reversal = given;
      changed();
      draw();
    };
    holder.replaceChildren(
      h("div", { class: "line-tabs" }, data.lines.map((other, index) => h("button", { class: `choice ${filled(other) ? "is-filled" : ""}`, "aria-pressed": String(index === at), onclick: () => { at = index; draw(); } }, t("线 {n}", { n: index + 1 }), icon("check", "ok"))),
        h("button", { class: "choice", "aria-label": t("加一条线"), onclick: () => { data.lines.push({ number: String(data.lines.length + 1) }); at = data.lines.length - 1; changed(); draw(); } }, "+")),
      h("label", { class: "field", style: "margin-top:16px" }, h("span", { class: "field-label" }, t("号码")), h("input", { class: "text-input", inputmode: "tel", name: "number", maxlength: "30", value: line.number ?? "", oninput: (event) => { line.number = event.target.value; changed(); } })),
      h("table", { class: "measures" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }), h("th", { scope: "col" }, t("装前")), h("th", { scope: "col" }, t("装后")))),
        h("tbody", {}, fields.map((field) => h("tr", {}, h("th", { scope: "row" }, field.label[lang()], h("small", {}, field.unit)), cell(line, field, "before"), cell(line, field, "after"))))),
      h("div", { class: "button-row" },
        h("button", { class: "button", onclick: () => { for (const field of fields) if (line[`${field.code}_before`]) line[`${field.code}_after`] = line[`${field.code}_before`]; changed(); draw(); } }, t("装后同装前")),
        data.lines.length > 1 && h("button", { class: "button", onclick: () => { data.lines.splice(at, 1); at = Math.max(0, at - 1); changed(); draw(); } }, t("去掉这条线"))),
      h("div", { class: "field" }, h("span", { class: "field-label" }, t("极性反转")), h("div", { class: "choices" },
        [[true, t("有")], [false, t("无")]].map(([given, text]) => h("button", { class: "choice", "aria-pressed": String(line.reversal === given), onclick: () => flip(given) }, text, icon("check"))))));
  }
  draw();
  return holder;
}
