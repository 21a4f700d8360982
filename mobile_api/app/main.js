// Which screen is shown, and when it is drawn again.
import * as day from "./day.js";
import * as drafts from "./draft.js";
import { lang, setLang, t } from "./i18n.js";
import * as outbox from "./outbox.js";
import * as photos from "./photos.js";
import * as push from "./push.js";
import * as live from "./live.js";
import { login, say } from "./screen_login.js";
import { today, days } from "./screen_today.js";
import { visit, failed, cause, invoice } from "./screen_visit.js";
import { sign } from "./screen_sign.js";
import { card } from "./screen_card.js";
import { change, inbox } from "./screen_inbox.js";
import { mine, claim } from "./screen_more.js";
import { newsScreen, opening } from "./screen_news.js";
import { outboxScreen } from "./screen_outbox.js";
import { report } from "./screen_report.js";
import { summary } from "./screen_summary.js";
import { ask, escalate, thread, threads } from "./screen_threads.js";
import * as store from "./store.js";
import { go, h, icon, notice } from "./ui.js";

const SCREENS = { today, days, visit, failed, cause, invoice, sign, card, inbox, change, mine, claim, report, escalate, threads, thread, ask, summary, outbox: outboxScreen, news: newsScreen, open: opening };
// These hold what is being typed; they draw themselves.
const KEEP_STILL = ["card", "failed", "cause", "sign", "claim", "invoice", "report", "escalate", "ask", "summary", "news", "open"];
// An answer that comes in is shown at once, but not under his fingers; what he typed is kept.
const STILL_WHILE_TYPING = ["thread"];
const typing = () => ["INPUT", "TEXTAREA"].includes(document.activeElement?.tagName);
const begun = ({ elements: { login: name, password } }) => password.value || (name.value && document.activeElement === name);
const EVERY_MS = 60000;
const CLICK_MS = 50;
let shown = "", syncing = null, renewed = false, pressed = false, late = false;

// Always top right: the truth about the connection and what waits.
function chip() {
  const pictures = photos.waiting().length, items = outbox.waiting().length, waiting = items + pictures;
  const refused = outbox.refused().length + photos.refused().length;
  let [symbol, text, tone] = day.synced() ? ["check", t("已同步 {at}", { at: day.time(day.synced()) }), ""] : ["up", t("正在读今天的单子"), ""];
  if (outbox.full) [symbol, text, tone] = ["alert", t("手机存不下了"), "is-warn"];
  else if (refused) [symbol, text, tone] = ["alert", t("{n} 条被退回", { n: refused }), "is-warn"];
  else if (outbox.expired) [symbol, text, tone] = ["alert", t("请重新登录"), "is-warn"];
  else if (!outbox.connected) [symbol, text] = ["offline", waiting ? t("离线 · {n} 条待发", { n: waiting }) : t("离线")];
  else if (items) [symbol, text] = ["up", t("正在发 · 剩 {n} 条", { n: items })];
  else if (pictures) [symbol, text] = ["up", t("正在传照片 · 剩 {n} 张", { n: pictures })];
  // Who looks at what waits wants it sent, whatever the browser believes of the line.
  const look = () => { refresh(); go(outbox.expired ? "login" : "outbox"); };
  return h("button", { class: `connection ${tone}`, id: "connection", onclick: look }, icon(symbol), text);
}

export function draw(force = true) {
  // A finger is on the page: what it presses must still be there when it is lifted.
  late = !force && pressed;
  if (late) return;
  const [name, argument, choice] = location.hash.slice(1).split("/");
  const app = document.querySelector("#app");
  if (!store.get("token") || name === "login") {
    // The one that stands there keeps what was typed, also where it stood there before the rest of the page came.
    const form = app.querySelector("form.login");
    if (!form || (shown !== "" && !begun(form))) app.replaceChildren(login({ done: entered }));
    shown = "login";
    return;
  }
  const here = SCREENS[name] ? `${name}/${argument}` : "today/undefined";
  if (!force && here === shown && (KEEP_STILL.includes(name) || (STILL_WHILE_TYPING.includes(name) && typing()))) {
    document.querySelector("#connection")?.replaceWith(chip());
    return;
  }
  const at = here === shown ? scrollY : 0;
  const context = { argument, choice, chip: chip(), unread: day.unread(), redraw: () => draw(true), refresh };
  app.replaceChildren((SCREENS[name] || today)(context));
  if (outbox.full) app.prepend(notice(t("手机存不下了：刚才那一步没有存上。清一点空间，再点一次")));
  if (!store.lasting) app.prepend(notice(t("这个浏览器关掉就什么都不留，请换一个浏览器，或退出无痕模式")));
  shown = here;
  scrollTo(0, at);
}

// Ask the server what is new; one asking at a time.
function refresh() {
  if (!store.get("token") || document.hidden) return null;
  syncing ||= renew().finally(() => { syncing = null; });
  return syncing;
}
async function renew() {
  try {
    await day.sync();
    outbox.noteConnection(true);
    outbox.flush();
    photos.flush();
  } catch (error) {
    if (error.status === 401) {
      // The phone's right to read has ended: what it knew goes; what was written stays until he logs in again.
      await store.lock();
      await load();
      // Reported lost: the server's own sentence says what to do.
      say(error.code === "phone_lost" ? error.message : "");
    } else if (!error.status) {
      outbox.noteConnection(false);
    }
  }
  draw(false);
}

const load = async () => { await outbox.open(); await photos.open(); };
// He has logged in: what is his on this phone can be read again.
export async function entered() {
  await store.open();
  await load();
  begin();
}

async function begin() {
  if (!store.get("token")) return draw();
  outbox.revive();
  await setLang(store.get("me")?.lang);
  draw();
  await refresh();
  outbox.flush();
  push.renew().catch(() => {});
  live.begin(refresh);
}

// Large text by the browser or the system: the same page with more room.
function measureText() {
  const large = parseFloat(getComputedStyle(document.documentElement).fontSize) >= 22;
  if (large) document.documentElement.dataset.text = "large"; else delete document.documentElement.dataset.text;
}

async function start() {
  measureText();
  addEventListener("resize", measureText);
  await store.open();
  await load();
  await setLang(store.get("me")?.lang || store.get("lang") || lang());
  try { localStorage.setItem("known", "1"); } catch { /* nothing is kept here: the log-in comes first again */ }
  outbox.onChange((outcome) => {
    draw(false);
    if (outcome === "delivered") refresh();
    photos.flush();
  });
  photos.onChange(() => draw(false));
  addEventListener("hashchange", () => {
    // A newer page was fetched meanwhile: it takes over where nothing is being typed.
    if (renewed && !KEEP_STILL.includes(location.hash.slice(1).split("/")[0])) return location.reload();
    return draw(true);
  });
  document.addEventListener("visibilitychange", refresh);
  addEventListener("online", refresh);
  const lifted = () => { pressed = false; if (late) draw(false); };
  addEventListener("pointerdown", () => { pressed = true; }, true);
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(lifted, CLICK_MS), true);
  setInterval(refresh, EVERY_MS);
  begin();
  drafts.tidy();
  if (navigator.serviceWorker) {
    const first = !navigator.serviceWorker.controller;
    navigator.serviceWorker.addEventListener("controllerchange", () => { renewed = !first; });
    navigator.serviceWorker.addEventListener("message", ({ data }) => { if (data?.open) location.hash = data.open; });
    navigator.serviceWorker.register("/m/sw.js", { scope: "/m" }).catch(() => {});
  }
}
export const started = start();
