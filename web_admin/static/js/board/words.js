// Sentences of the board: Chinese in the code, English from the page's own table.

const table = JSON.parse(document.querySelector("#board-words").textContent);
export const english = document.documentElement.lang.startsWith("en");

/** The sentence in the page's language, with {names} filled in. */
export function t(text, values = {}) {
  return (table[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Several names or parts of a sentence as one text. */
export const joinNames = (rows) => rows.join(english ? ", " : "、");
export const joinParts = (rows) => rows.join(english ? ", " : "，");
export const joinSentences = (rows) => rows.join(english ? "; " : "；");

/** Seconds since midnight as 9:05. */
export function clock(seconds) {
  return `${Math.floor(seconds / 3600)}:${String(Math.floor(seconds / 60) % 60).padStart(2, "0")}`;
}

/** Whole minutes, rounded up. */
export const minutes = (seconds) => Math.ceil(seconds / 60);

/** Fen as whole yuan with thousands, and a sign where a difference is shown. */
export function yuan(fen, signed = false) {
  const whole = Math.round(Math.abs(fen) / 100).toLocaleString("en");
  const sign = fen < 0 && whole !== "0" ? "−" : signed && whole !== "0" ? "+" : "";
  return sign + whole;
}

const KINDS = { install: ["装", "I"], repair: ["修", "R"], maintenance: ["护", "M"] };

/** An element; children that are strings become text, never HTML. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") made.className = value;
    else if (key === "style") made.style.cssText = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// The icons once in the page: a reference to another file would ask for it again with every bar.
const sprite = el("div", { hidden: true });
sprite.innerHTML = await fetch(new URL("../../icons.svg", import.meta.url)).then((answer) => answer.text());
document.body.append(sprite);

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export function kindBadge(kind) {
  const names = { install: t("安装"), repair: t("维修"), maintenance: t("维护") };
  return el("span", { class: "kind", "data-kind": kind, title: names[kind] }, (KINDS[kind] ?? ["?", "?"])[english ? 1 : 0]);
}

export const modeIcon = (mode) => icon({ car: "car", ebike: "bike", bicycle: "bike", walk: "walk" }[mode] ?? "metro");
