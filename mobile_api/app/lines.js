// Measurements of the lines, before and after, one line and one value at a time, on the page's own keypad.
import { lang, t } from "./i18n.js";
import { h, icon } from "./ui.js";

const LONGEST = 7;
export const CANNOT = "none";

// The step of a card: `section` is the table, `dock` the keypad with the next value's button, `changed` is told of each
// touch. `leave` goes to the next step and is named by `leaveText`.
export function linesStep({ fields, data, changed, leave, leaveText }) {
  data.lines ||= [{ number: "1" }];
  const WHENS = [["before", t("装前")], ["after", t("装后")]];
  const order = fields.flatMap((field) => WHENS.map(([when]) => ({ field, when, name: `${field.code}_${when}` })));
  const section = h("section", { class: "section" }), dock = h("div", { class: "line-dock" });
  let at = 0, active = null;
  const line = () => data.lines[at];
  const filled = (one) => fields.every((field) => one[`${field.code}_after`]);
  const said = ({ field, when }) => `${field.label[lang()]} ${WHENS.find(([code]) => code === when)[1]}`;

  // The first empty value of the line behind the active one, then of the lines behind.
  function next() {
    const from = active ? order.indexOf(active) + 1 : 0;
    return order.slice(from).find(({ name }) => !line()[name]) || null;
  }
  function move() {
    active = next();
    if (!active && at < data.lines.length - 1 && filled(line())) {
      at += 1;
      active = null;
      active = next();
    }
    draw();
  }
  function put(text) {
    if (text === "") delete line()[active.name]; else line()[active.name] = text;
    changed();
    draw();
  }
  function press(key) {
    const kept = line()[active.name], now = kept === CANNOT ? "" : kept || "";
    if (key === "back") put(now.slice(0, -1));
    else if (key === CANNOT) put(CANNOT), move();
    else if (key === "same") {
      const before = line()[`${active.field.code}_before`];
      if (before) put(before), move();
    } else if (now.length < LONGEST && !(key === "." && (now === "" || now.includes(".")))) put(now + key);
  }

  function cell(spot) {
    const { field, when, name } = spot, value = line()[name], number = Number(value);
    const judged = value && value !== CANNOT && field.good_low !== null;
    const word = judged && (number < field.good_low ? t("偏低") : field.good_high !== null && number > field.good_high ? t("偏高") : null);
    return h("td", {}, h("button", { type: "button", class: `measure is-${when} ${active === spot ? "is-active" : ""} ${word ? "is-out" : ""}`, "data-name": name, "aria-label": `${said(spot)} ${value === CANNOT ? t("测不了") : value || ""}`, "aria-pressed": String(active === spot),
      onclick: () => { active = spot; draw(); }, onkeydown: (event) => { if (active === spot && /^[0-9.]$/.test(event.key)) press(event.key); else if (active === spot && event.key === "Backspace") press("back"); } },
    value === CANNOT ? h("small", {}, t("测不了")) : value || "", word && h("small", {}, word)));
  }

  function keypad() {
    const key = (code, text, side) => h("button", { type: "button", class: side ? "key key-side" : "key", "data-key": code, "aria-label": code === "back" ? t("删一位") : null, disabled: code === "same" && !(active.when === "after" && line()[`${active.field.code}_before`]), onclick: () => press(code) }, text);
    return h("div", { class: "keypad", "aria-label": t("数字键盘") }, key("1", "1"), key("2", "2"), key("3", "3"), key("same", t("同装前"), true), key("4", "4"), key("5", "5"), key("6", "6"), key("7", "7"), key("8", "8"), key("9", "9"), key(CANNOT, t("测不了"), true), key(".", "."), key("0", "0"), key("back", icon("erase")));
  }

  function limits(field) {
    if (field.good_low === null) return field.unit;
    return field.good_low > 0 ? `${field.good_low}–${field.good_high} ${field.unit}` : `≤ ${field.good_high} ${field.unit}`;
  }

  function draw() {
    const flip = (given) => {
      if (line().reversal === given) delete line().reversal; else line().reversal = given;
      changed();
      draw();
    };
    const show = (index) => { at = index; active = null; active = next(); draw(); };
    section.replaceChildren(...[
      h("div", { class: "line-tabs" }, data.lines.map((other, index) => h("button", { type: "button", class: `choice ${filled(other) ? "is-filled" : ""}`, "aria-pressed": String(index === at), onclick: () => show(index) }, t("线 {n}", { n: index + 1 }), icon("check", "ok"))),
        h("button", { type: "button", class: "choice", "aria-label": t("加一条线"), onclick: () => { data.lines.push({ number: String(data.lines.length + 1) }); changed(); show(data.lines.length - 1); } }, "+")),
      h("table", { class: "measures" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, line().number.length > 4 ? t("尾号 {n}", { n: line().number.slice(-4) }) : ""), WHENS.map(([, text]) => h("th", { scope: "col" }, text)))),
        h("tbody", {}, fields.map((field) => h("tr", {}, h("th", { scope: "row" }, field.label[lang()], h("small", {}, limits(field))), order.filter((spot) => spot.field === field).map(cell))))),
      h("div", { class: "field" }, h("span", { class: "field-label" }, t("极性反转")), h("div", { class: "choices" },
        [[true, t("有")], [false, t("无")]].map(([given, text]) => h("button", { type: "button", class: "choice", "aria-pressed": String(line().reversal === given), onclick: () => flip(given) }, text, icon("check"))))),
      h("label", { class: "field" }, h("span", { class: "field-label" }, t("号码")), h("input", { class: "text-input", inputmode: "tel", name: "number", maxlength: "30", value: line().number ?? "", oninput: (event) => { line().number = event.target.value; changed(); } })),
      data.lines.length > 1 && h("button", { type: "button", class: "link-row is-plain", onclick: () => { data.lines.splice(at, 1); changed(); show(Math.max(0, at - 1)); } }, t("去掉这条线")),
      h("button", { type: "button", class: "link-row is-plain", onclick: leave }, h("span", {}, t("其余的不测了"), h("span", { class: "row-note" }, leaveText)), icon("forward")),
    ].filter(Boolean));
    // Above the keypad, wherever the screen ends.
    if (active && section.isConnected) section.querySelector(".is-active")?.scrollIntoView({ block: "nearest" });
    const step = active && next();
    const button = (text, act) => h("button", { class: "next-button", id: "next", onclick: act }, text);
    dock.replaceChildren(...(active ? [keypad(), step ? button(t("下一项：{name}", { name: said(step) }), move) : button(leaveOrLine(), goOn)] : [button(leaveText, leave)]));
  }
  const leaveOrLine = () => (at < data.lines.length - 1 ? t("下一条：线 {n}", { n: at + 2 }) : leaveText);
  const goOn = () => {
    if (at === data.lines.length - 1) return leave();
    at += 1;
    active = null;
    active = next();
    return draw();
  };
  active = next();
  draw();
  return { section, dock };
}
