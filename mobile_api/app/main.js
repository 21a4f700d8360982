// Which screen is shown, and when it is drawn again.
import { call } from "./api.js";
import * as day from "./day.js";
import * as drafts from "./draft.js";
import { setLang, t } from "./i18n.js";
import * as outbox from "./outbox.js";
import { login } from "./screen_login.js";
import { today, days } from "./screen_today.js";
import { visit, failed, cause, invoice } from "./screen_visit.js";
import { sign } from "./screen_sign.js";
import { card } from "./screen_card.js";
import { inbox, mine, claim, outboxScreen } from "./screen_more.js";
import * as store from "./store.js";
import { go, h, icon } from "./ui.js";

const SCREENS = { today, days, visit, failed, cause, invoice, sign, card, inbox, mine, claim, outbox: outboxScreen };
// These hold what is being typed; they draw themselves.
const KEEP_STILL = ["card", "failed", "cause", "sign", "claim", "invoice"];
const EVERY_MS = 60000;
let shown = "";

// Always top right: the truth about the connection and what waits.
function chip() {
  const waiting = outbox.waiting().length, refused = outbox.refused().length;
  let [symbol, text, tone] = ["check", t("已同步 {at}", { at: day.time(store.mine("synced") || day.now()) }), ""];
  if (refused) [symbol, text, tone] = ["alert", t("{n} 条被退回", { n: refused }), "is-warn"];
  else if (outbox.expired) [symbol, text, tone] = ["alert", t("请重新登录"), "is-warn"];
  else if (!outbox.connected) [symbol, text] = ["offline", waiting ? t("离线 · {n} 条待发", { n: waiting }) : t("离线")];
  else if (waiting) [symbol, text] = ["up", t("正在发 · 剩 {n} 条", { n: waiting })];
  return h("button", { class: `connection ${tone}`, id: "connection", onclick: () => go(outbox.expired ? "login" : "outbox") }, icon(symbol), text);
}

export function draw(force = true) {
  const [name, argument] = location.hash.slice(1).split("/");
  const app = document.querySelector("#app");
  if (!store.get("token") || name === "login") {
    app.replaceChildren(login({ done: start }));
    shown = "login";
    return;
  }
  const here = SCREENS[name] ? `${name}/${argument}` : "today/undefined";
  if (!force && here === shown && KEEP_STILL.includes(name)) {
    document.querySelector("#connection")?.replaceWith(chip());
    return;
  }
  const at = here === shown ? scrollY : 0;
  const unread = store.mine("unread", 0);
  app.replaceChildren((SCREENS[name] || today)({ argument, chip: chip(), unread, redraw: () => draw(true), refresh }));
  shown = here;
  scrollTo(0, at);
}

async function refresh() {
  if (!store.get("token") || document.hidden) return;
  try {
    await day.refresh();
    const page = await call("GET", "/mobile/inbox?unread=true&size=50");
    store.keep("unread", page.items.length);
    outbox.noteConnection(true);
    outbox.flush();
  } catch (error) {
    if (error.status === 401) {
      store.set("token", null);
    } else if (!error.status) {
      outbox.noteConnection(false);
    }
  }
  draw(false);
}

async function start() {
  if (!store.get("token")) return draw();
  outbox.revive();
  setLang(store.get("me")?.lang);
  draw();
  if (!store.get("forms")) await call("GET", "/mobile/forms").then((forms) => store.set("forms", forms)).catch(() => {});
  await refresh();
}

outbox.onChange((outcome, item, answer) => {
  if (outcome === "delivered") day.learn(item, answer);
  // A later change of the card would be under its own time; what was delivered need not stay here.
  if (outcome === "delivered" && item.path.startsWith("/mobile/cards/")) drafts.forget(item.visit);
  draw(false);
  if (outcome === "delivered" && !outbox.waiting().length) refresh();
});
addEventListener("hashchange", () => draw(true));
document.addEventListener("visibilitychange", refresh);
addEventListener("online", refresh);
setInterval(refresh, EVERY_MS);
start();
if (store.get("token")) call("GET", "/mobile/forms").then((forms) => store.set("forms", forms)).catch(() => {});
