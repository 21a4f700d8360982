// Chinese first; the English words stand in words_en.js under the Chinese ones.
import * as store from "./store.js";
import { EN } from "./words_en.js";

let chosen = "zh";

export const lang = () => chosen;
export function setLang(code) {
  chosen = code === "en" ? "en" : "zh";
  store.set("lang", chosen);
  document.documentElement.lang = chosen === "en" ? "en" : "zh-CN";
}
export function t(text, values = {}) {
  const said = chosen === "en" ? (EN[text] ?? text) : text;
  return said.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
