// The customer signs by a code that his own telephone gets. It needs a signal now; without one the glass is there.
import { call, Refused } from "./api.js";
import * as day from "./day.js";
import { t } from "./i18n.js";
import * as outbox from "./outbox.js";
import * as store from "./store.js";
import { h, icon, section } from "./ui.js";

const DIGITS = 6;
const mobile = (text) => /^1[3-9]\d{9}$/.test((text || "").replace(/^(\+|00)86/, "").replace(/\D/g, ""));

// `changed` keeps the draft and brings the button up to date. `draft.coded` is what the customer confirmed.
export function codeSection(visit, draft, changed) {
  const box = h("div", { id: "sign-code" });
  let trouble = "", busy = false;
  async function ask(path, body, then) {
    if (busy) return;
    [busy, trouble] = [true, ""];
    draw();
    try {
      const answer = await call("POST", `/mobile/visits/${visit.id}/${path}`, body);
      outbox.noteConnection(true);
      if (answer.confirmed_at) draft.coded = { to: answer.sent_to, at: answer.confirmed_at };
      else then(answer);
      changed();
    } catch (error) {
      if (!(error instanceof Refused)) outbox.noteConnection(false);
      trouble = error instanceof Refused ? error.message : t("没有信号，请客户在上面签字");
      if (error.code === "code_over") draft.code_to = null;
    }
    busy = false;
    draw();
  }
  const send = () => ask("sign-code", null, (answer) => { draft.code_to = answer.sent_to; });
  const check = (code) => ask("sign-code/confirm", { code }, () => {});

  function sent() {
    const input = h("input", { class: "text-input", id: "code", inputmode: "numeric", autocomplete: "off", maxlength: String(DIGITS), "aria-label": t("签收码"), oninput: (event) => { if (event.target.value.trim().length === DIGITS) check(event.target.value.trim()); } });
    return [h("p", { class: "quiet" }, t("已发到 {to}，请客户读给您听", { to: draft.code_to })), input,
      h("div", { class: "button-row" }, h("button", { type: "button", class: "button", disabled: busy, onclick: send }, t("重新发一个")))];
  }
  function draw() {
    const typed = box.querySelector("#code")?.value;
    box.replaceChildren(...(draft.coded ? [h("p", { class: "fact-line ok" }, icon("done", "ok"), t("客户用签收码确认了 · {to} · {at}", { to: draft.coded.to, at: day.time(draft.coded.at) }))]
      : !navigator.onLine ? [h("p", { class: "fact-line" }, icon("offline"), t("离线时发不了签收码，请客户在上面签字"))]
        : draft.code_to ? sent()
          : [h("div", { class: "button-row" }, h("button", { type: "button", class: "button", id: "send-code", disabled: busy, onclick: send }, icon("phone"), t("发签收码到 {who} 的手机", { who: visit.order.contact_name })))]),
    ...(trouble ? [h("p", { class: "danger", role: "alert" }, trouble)] : []));
    if (typed && trouble && box.querySelector("#code")) box.querySelector("#code").select();
  }
  if (!store.get("forms")?.sign_codes || !mobile(visit.order.contact_phone)) return null;
  // The signal comes and goes while the customer waits.
  const again = () => (box.isConnected ? draw() : ["online", "offline"].forEach((name) => removeEventListener(name, again)));
  setTimeout(() => ["online", "offline"].forEach((name) => addEventListener(name, again)));
  draw();
  return section([t("短信签收码"), h("span", {}, t("客户不方便签字时"))], box);
}
