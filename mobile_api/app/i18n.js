// Chinese first; the English words stand in words_en.js under the Chinese ones.
import * as store from "./store.js";

let chosen = "zh", EN = {};

export const lang = () => chosen;
// The English words are fetched where they are wanted; they are on the phone like the rest of the page.
export async function setLang(code) {
  const wanted = code === "en" ? "en" : "zh";
  if (wanted === "en") EN = (await import("./words_en.js").catch(() => ({ EN }))).EN;
  chosen = wanted;
  store.set("lang", chosen);
  document.documentElement.lang = chosen === "en" ? "en" : "zh-CN";
}
export function t(text, values = {}) {
  const said = chosen === "en" ? (EN[text] ?? text) : text;
  return said.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
