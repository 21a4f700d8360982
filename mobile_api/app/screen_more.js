// Messages, what waits to be sent, own claims and settings.
import { call } from "./api.js";
import * as day from "./day.js";
import { lang, setLang, t } from "./i18n.js";
import * as outbox from "./outbox.js";
import * as store from "./store.js";
import { go, h, icon, linkRow, nextButton, notice, row, screen, section } from "./ui.js";

const STATES = { open: "未提交", submitted: "待核对", returned: "已退回", checked: "已核对" };
let asked = "";

// Ask the server once when a screen is opened, show what is known until then.
function load(name, path, redraw) {
  const here = `${name}@${location.hash}`;
  if (asked !== here) {
    asked = here;
    call("GET", path).then((page) => { store.keep(name, page.items); redraw(); }).catch(() => {});
  }
  return store.mine(name);
}
addEventListener("hashchange", () => { asked = ""; });

export function inbox({ chip, unread, redraw }) {
  const items = load("inbox", "/mobile/inbox?size=50", redraw);
  const fresh = items?.filter((item) => !item.read_at) || [];
  const read = async () => {
    try {
      await call("POST", "/mobile/inbox/read", { ids: fresh.map((item) => item.id) });
      store.keep("inbox", items.map((item) => ({ ...item, read_at: item.read_at || store.now().toISOString() })));
      store.keep("unread", 0);
    } catch {
      outbox.noteConnection(false);
    }
    redraw();
  };
  const target = (item) => (item.data.visit_id && day.find(item.data.visit_id) ? `visit/${item.data.visit_id}` : null);
  return screen({ title: t("消息"), chip, tab: "inbox", unread, dock: fresh.length > 0 && nextButton(t("知道了"), t("{n} 条标为已读", { n: fresh.length }), read) },
    !items ? section(null, h("p", { class: "quiet" }, t("正在读消息"))) : !items.length ? section(null, h("p", { class: "question" }, t("还没有消息")), h("p", { class: "quiet" }, t("日程变了、反馈卡退回了，都会在这里说。")))
      : section(null, items.map((item) => h("div", { class: `row ${item.read_at ? "" : "is-unread"}` }, h("span", { class: "row-main" }, h("b", { style: item.read_at ? "font-weight:400" : null }, item[lang()]), h("span", { class: "row-note" }, day.moment(item.created_at))),
        target(item) && h("button", { class: "button", onclick: () => go(target(item)) }, t("打开"))))));
}

export function outboxScreen({ chip }) {
  const refused = outbox.refused(), waiting = outbox.waiting(), sent = outbox.sent();
  const drop = (item) => { if (confirm(t("不发「{name}」了？这一条会从手机上删掉", { name: item.name }))) outbox.drop(item.key); };
  return screen({ title: t("待发"), back: "today", chip },
    refused.map((item) => h("section", { class: "section refused" },
      h("p", { class: "danger fact-line" }, icon("alert"), h("b", {}, t("被退回，要您看一下"))), h("p", {}, h("b", {}, `${item.about} · ${item.name}`)), h("p", {}, item.problem.sentence),
      h("div", { class: "button-row" },
        item.path.startsWith("/mobile/cards/") && h("button", { class: "button", onclick: () => go(`card/${item.visit}`) }, t("改反馈卡")),
        h("button", { class: "button", onclick: () => outbox.retry(item.key) }, t("再发一次")), h("button", { class: "button", onclick: () => drop(item) }, t("不发了"))))),
    waiting.length > 0 && section([t("等着发 {n} 条", { n: waiting.length }), h("span", {}, outbox.connected ? t("正在发") : t("有信号时自动发送"))], waiting.map((item) => row("clock", h("b", {}, `${item.about} · ${item.name}`), day.time(item.at)))),
    sent.length > 0 && section(t("已送达"), sent.map((item) => row("check", `${item.about} · ${item.name}`, day.moment(item.at)))),
    !refused.length && !waiting.length && !sent.length && section(null, h("p", { class: "question" }, t("没有要发的")), h("p", { class: "quiet" }, t("每一步先存到手机，有信号时自动发送。"))));
}

export function mine({ chip, unread, redraw }) {
  const me = store.get("me"), claims = load("claims", "/mobile/claims?size=10", redraw);
  const change = (code) => {
    setLang(code);
    store.set("me", { ...me, lang: code });
    call("PUT", "/me", { lang: code }).catch(() => {});
    redraw();
  };
  const leave = async () => {
    if (outbox.items().length && !confirm(t("还有 {n} 条没有发出去。退出以后要用同一个账号登录才会接着发", { n: outbox.items().length }))) return;
    await call("DELETE", "/auth/tokens/current").catch(() => {});
    store.set("token", null);
    go("login");
  };
  return screen({ title: t("我的"), small: me?.name, chip, tab: "mine", unread },
    section(t("交通费"), !claims ? h("p", { class: "quiet" }, t("正在读交通费")) : !claims.length ? h("p", { class: "quiet" }, t("还没有路费。完成一单，那段路就自动记在这里。"))
      : claims.map((one) => linkRow(`${day.dayName(one.on)} · ${day.yuan(one.claimed)}`, `${t(STATES[one.status])} · ${t("{n} 段路", { n: one.trips.length })}`, () => go(`claim/${one.id}`)))),
    section("语言 Language", h("div", { class: "choices" }, [["zh", "中文"], ["en", "English"]].map(([code, text]) => h("button", { class: "choice", "aria-pressed": String(lang() === code), onclick: () => change(code) }, text, icon("check"))))),
    section(null, linkRow(t("退出登录"), null, leave)));
}

export function claim({ argument, chip }) {
  const found = store.mine("claims", []).find((one) => one.id === Number(argument));
  if (!found) {
    setTimeout(() => go("mine"));
    return h("div");
  }
  const waiting = outbox.items().find((item) => item.key === `claim/${found.id}`);
  const open = ["open", "returned"].includes(found.status) && !waiting;
  const amounts = Object.fromEntries(found.trips.map((trip) => [trip.id, trip.claimed])), notes = {};
  const total = h("b", { class: "number" }), say = h("p", { class: "danger", role: "alert" });
  const good = (text) => /^\d{1,4}(\.\d{1,2})?$/.test(text.trim());
  const add = () => { total.textContent = day.yuan(Object.values(amounts).reduce((sum, text) => sum + (good(text) ? Number(text) : 0), 0)); };
  const send = () => {
    if (!Object.values(amounts).every(good)) {
      say.textContent = t("金额要写成 12.50 这样");
      return;
    }
    const trips = found.trips.filter((trip) => amounts[trip.id] !== trip.claimed || notes[trip.id] !== undefined).map((trip) => ({ id: trip.id, claimed: amounts[trip.id].trim(), note: notes[trip.id] ?? trip.note }));
    outbox.put({ key: `claim/${found.id}`, path: "/mobile/claims", body: { claim_id: found.id, trips }, name: t("交通费"), about: day.dayName(found.on) });
    go("mine");
  };
  add();
  return screen({ title: t("交通费"), small: day.dayName(found.on), back: "mine", chip, dock: open ? [say, nextButton(t("提交交通费"), t("技术助理会核对"), send)] : null },
    found.return_reason && notice(t("被退回：{why}", { why: found.return_reason })), waiting && notice(t("已存到手机，有信号时自动发送"), "is-ok"),
    section([t(STATES[found.status]), h("span", {}, total)], found.trips.map((trip) => h("div", { class: "row" },
      h("span", { class: "row-main" }, h("b", {}, trip.to_text), h("span", { class: "row-note" }, `${t("从{place}", { place: trip.from_text })} · ${day.mode(trip)} · ${(trip.distance_m / 1000).toFixed(1)} km`), h("span", { class: "row-note" }, t("应该是 {amount}", { amount: day.yuan(trip.expected) }))),
      h("input", { class: "text-input yuan", inputmode: "decimal", "aria-label": t("金额，元"), disabled: !open, value: trip.claimed, oninput: (event) => { amounts[trip.id] = event.target.value; add(); } }),
      open && h("input", { class: "text-input", maxlength: "200", placeholder: t("和应该的不一样时说一句"), "aria-label": t("说明"), value: trip.note, oninput: (event) => { notes[trip.id] = event.target.value; } })))));
}
