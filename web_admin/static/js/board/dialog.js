// Dialogs and short messages. Nothing is lost: a message with a way on stays until it is used.

import { el, icon, t } from "./words.js";

const place = document.querySelector("#said");

/** A sentence at the foot of the page, with a button where there is something to do about it. */
export function say(sentence, { tone = "ok", button = "", act, more = [] } = {}) {
  const notice = el("div", { class: `notice ${tone}` }, icon(tone === "ok" ? "tick" : "alert"), el("span", {}, sentence));
  const close = () => notice.remove();
  for (const [word, also] of more) notice.append(el("button", { class: "button small push", onclick: () => { close(); also(); } }, word));
  if (button) notice.append(el("button", { class: "button small push", onclick: () => { close(); act(); } }, button));
  notice.append(el("button", { class: `button small bare${button ? "" : " push"}`, "aria-label": t("知道了"), onclick: close }, "×"));
  place.replaceChildren(notice);
  if (!button) setTimeout(close, 6000);
}

/** A dialog; `build(close)` gives its content. The promise is kept with what `close` was called with. */
export function open(title, build, className = "") {
  return new Promise((resolve) => {
    const dialog = el("dialog", { class: `sheet ${className}`, "aria-label": title });
    const close = (value) => {
      dialog.close();
      dialog.remove();
      resolve(value);
    };
    dialog.append(el("header", { class: "panel-head" }, el("h2", {}, title), el("button", { class: "button bare square push", "aria-label": t("关上"), onclick: () => close(undefined) }, "×")), ...build(close));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close(undefined);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Ask for the reason of a change; with sentences, of one that breaks rules. Answers {reason_code, reason}, or undefined. */
export function askReason(sentences, choices) {
  const bare = sentences.length === 0;
  return open(bare ? t("为什么这样改") : t("这样排会破规矩"), (close) => {
    const words = el("textarea", { class: "input", rows: 2, maxlength: 400, placeholder: t("也可以自己写"), "aria-label": t("原因") });
    let code = "";
    const done = el("button", { class: "button primary push", disabled: true, onclick: () => close({ reason_code: code, reason: words.value.trim() }) }, bare ? t("记下") : t("就这样排"));
    const check = () => (done.disabled = !code && !words.value.trim());
    words.addEventListener("input", check);
    const chips = choices.map((one, at) => el("button", {
      class: "chip", type: "button", "aria-pressed": "false",
      onclick: (event) => {
        code = code === one.code ? "" : one.code;
        for (const chip of chips) chip.setAttribute("aria-pressed", String(chip === event.currentTarget && code !== ""));
        check();
      },
    }, el("kbd", {}, String(at + 1)), one.text));
    const body = el("div", { class: "block" }, el("ul", { class: "broken" }, sentences.map((one) => el("li", { class: "danger" }, icon("alert"), one))),
      el("p", { class: "quiet" }, bare ? t("同样的改动多了，会提出来要不要以后都这样排。") : t("您说了算。原因会记下来，以后能查到。")), el("div", { class: "chips wrap" }, chips), words);
    body.addEventListener("keydown", (event) => {
      if (event.target !== words && chips[Number(event.key) - 1]) chips[Number(event.key) - 1].click();
      if (event.key === "Enter" && (event.ctrlKey || event.target !== words) && !done.disabled) {
        event.preventDefault();
        done.click();
      }
    });
    chips[0]?.setAttribute("autofocus", "");
    return [body, el("footer", { class: "panel-foot" }, el("button", { class: "button", onclick: () => close(undefined) }, bare ? t("不说了") : t("不改了")), done)];
  });
}
