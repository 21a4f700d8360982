// Building the page: elements, icons, and the pieces that every screen has.
import { t } from "./i18n.js";

// An element. Attributes that begin with "on" are listeners; null children are left out.
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in { value: 1, checked: 1, disabled: 1 }) made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function icon(name, tone = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `icon ${tone}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}

export const go = (hash) => { location.hash = hash; };
export const section = (title, ...children) => h("section", { class: "section" }, title && h("h2", { class: "section-title" }, title), ...children);
export const row = (name, main, note, ...rest) => h("div", { class: "row" }, icon(name), h("span", { class: "row-main" }, main, note && h("span", { class: "row-note" }, note)), ...rest);
export const linkRow = (text, note, act) => h("button", { class: "link-row", onclick: act }, h("span", {}, text, note && h("span", { class: "row-note" }, note)), icon("forward"));
export const notice = (text, tone = "") => h("div", { class: `notice ${tone}`, role: "status" }, icon(tone === "is-ok" ? "saved" : "alert"), h("div", {}, text));

// One chip of several; `chosen` is compared with the code.
export function choices(entries, chosen, pick, large = false) {
  return h("div", { class: "choices" }, entries.map(({ code, text }) =>
    h("button", { type: "button", class: large ? "choice choice-large" : "choice", "aria-pressed": String(code === chosen), "data-code": code, onclick: () => pick(code) }, text, icon("check"))));
}

// The docked button: what comes next, and what it does.
export const nextButton = (text, note, act, quiet = false) =>
  h("button", { class: quiet ? "next-button is-quiet" : "next-button", id: "next", onclick: act }, text, note && h("span", { class: "next-button-note" }, note));

const TABS = [["today", "home", "今天"], ["days", "calendar", "日程"], ["inbox", "inbox", "消息"], ["mine", "person", "我的"]];

// A whole screen. `back` is a hash; `tab` shows the tabs.
export function screen({ title, small, back, chip, tab, unread, dock }, ...content) {
  return h("article", { class: "screen" },
    h("header", { class: "topbar" },
      back && h("button", { class: "back", "aria-label": t("返回"), onclick: typeof back === "function" ? back : () => go(back) }, icon("back")),
      h("h1", { class: tab ? "topbar-title topbar-home" : "topbar-title" }, title, small && h("small", {}, small)), chip),
    h("div", { class: "content" }, ...content),
    (dock || tab) && h("footer", { class: tab && dock ? "dock dock-over-tabs" : "dock" }, dock,
      tab && h("nav", { class: "tabs", "aria-label": t("主页面") }, TABS.map(([hash, symbol, label]) =>
        h("button", { class: "tab", "aria-current": hash === tab ? "page" : null, onclick: () => go(hash) }, icon(symbol), hash === "inbox" && unread > 0 && h("i", { class: "tab-dot" }), t(label))))));
}
