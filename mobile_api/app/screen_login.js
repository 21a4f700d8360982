// User name and password once; then this phone has its own token.
import { call } from "./api.js";
import { lang, setLang, t } from "./i18n.js";
import * as outbox from "./outbox.js";
import * as store from "./store.js";
import { h, icon } from "./ui.js";

let typed = "", wrong = "", busy = false;

// A sentence for the next look at this page.
export const say = (text) => { wrong = text; };

// `ready` resolves when the phone can keep things, `done` is called after the log-in.
export function login({ done, ready = async () => {} }) {
  const field = (id, label, type, complete) => h("label", { class: "field" }, h("span", { class: "field-label" }, label),
    h("input", { class: "text-input", id, name: id, type, autocomplete: complete, autocapitalize: "none", required: true, value: id === "login" ? typed : "" }));
  const again = () => document.querySelector("#app").replaceChildren(login({ done, ready }));
  const send = async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    const form = new FormData(event.target);
    typed = form.get("login");
    document.querySelector("#next").disabled = true;
    try {
      await ready();
      await store.set("token", null);
      const device = navigator.userAgent.slice(0, 80);
      const { token, storage_key: key } = await call("POST", "/auth/tokens", { login: typed, password: form.get("password"), device, phone: await store.phone() });
      await store.set("token", token);
      const me = await call("GET", "/me");
      if (!me.roles.includes("engineer")) {
        await call("DELETE", "/auth/tokens/current");
        await store.set("token", null);
        throw new Error(t("这个页面给售后工程师用，您的账号请用电脑上的页面"));
      }
      await store.set("me", me);
      await store.unlock(key);
      wrong = "";
      location.hash = "today";
      done();
    } catch (error) {
      wrong = error.status ? error.message : error.name === "Error" ? error.message : t("连不上服务器，请看看信号再试一次");
      again();
    } finally {
      busy = false;
    }
  };
  return h("article", { class: "screen" },
    h("header", { class: "topbar" }, h("h1", { class: "topbar-title topbar-home" }, t("派单")),
      h("button", { class: "connection", id: "language", onclick: async () => { await setLang(lang() === "en" ? "zh" : "en"); again(); } }, lang() === "en" ? "中文" : "English")),
    wrong && h("div", { class: "notice danger-notice", role: "alert" }, wrong),
    h("form", { class: "login", onsubmit: send },
      h("p", { class: "quiet" }, t("售后工程师的手机页面。登录一次，以后打开就是今天的单。")),
      outbox.asleep + outbox.unsent().length > 0 && h("p", { class: "fact-line" }, icon("saved"), t("手机上还有 {n} 条没有发出去，用原来的账号登录就接着发", { n: outbox.asleep + outbox.unsent().length })),
      field("login", t("用户名"), "text", "username"),
      field("password", t("密码"), "password", "current-password"),
      h("button", { class: "next-button", id: "next" }, t("登录"))));
}
