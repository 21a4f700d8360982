// Own claims, language, logging out.
import { call } from "./api.js";
import * as day from "./day.js";
import { lang, setLang, t } from "./i18n.js";
import * as outbox from "./outbox.js";
import { photoStrip } from "./photo_strip.js";
import * as photos from "./photos.js";
import { summaryRows } from "./screen_summary.js";
import * as store from "./store.js";
import { go, h, icon, linkRow, nextButton, notice, screen, section } from "./ui.js";

const STATES = { open: "未提交", submitted: "待核对", returned: "已退回", checked: "已核对" };

export function mine({ chip, unread, redraw }) {
  const me = store.get("me"), claims = day.claims();
  const change = async (code) => {
    await setLang(code);
    store.set("me", { ...me, lang: code });
    call("PUT", "/me", { lang: code }).catch(() => {});
    redraw();
  };
  const leave = async () => {
    const waiting = outbox.unsent().length + photos.unsent().length;
    if (waiting && !confirm(t("还有 {n} 条没有发出去。退出以后要用同一个账号登录才会接着发", { n: waiting }))) return;
    // Asked with the token that goes; a weak line must not keep him, and nothing of his is sent any more.
    call("DELETE", "/auth/tokens/current").catch(() => {});
    await store.lock();
    await outbox.open();
    await photos.open();
    go("login");
  };
  return screen({ title: t("我的"), small: me?.name, chip, tab: "mine", unread },
    mineFigures(),
    section([t("问答"), day.threads().some((one) => one.status === "answered" && one.person_id === me?.id) && h("span", {}, t("有回答"))], linkRow(t("提问、看回答"), t("同事在问 {n} 个", { n: day.threads().filter((one) => one.person_id !== me?.id && one.status === "open").length }), () => go("threads"))),
    summaryRows(),
    weekClaims(claims, redraw),
    section(t("交通费"), !claims ? h("p", { class: "quiet" }, t("正在读交通费")) : !claims.length ? h("p", { class: "quiet" }, t("还没有路费。完成一单，那段路就自动记在这里。"))
      : claims.map((one) => linkRow(`${day.dayName(one.on)} · ${day.yuan(one.claimed)}`, `${t(STATES[one.status])} · ${t("{n} 段路", { n: one.trips.length })}`, () => go(`claim/${one.id}`)))),
    section(null, linkRow(t("通知"), t("什么事会响、安静时间"), () => go("news"))),
    section("语言 Language", h("div", { class: "choices" }, [["zh", "中文"], ["en", "English"]].map(([code, text]) => h("button", { class: "choice", "aria-pressed": String(lang() === code), onclick: () => change(code) }, text, icon("check"))))),
    section(null, linkRow(t("退出登录"), null, leave)));
}

// What was not sent yet, in one touch: as it was counted. A day that differs is opened and gets its word first.
function weekClaims(claims, redraw) {
  const open = (claims || []).filter((one) => one.status === "open" && one.trips.length && one.on < day.today() && !outbox.find(`claim/${one.id}`));
  if (!open.length) return null;
  const sum = open.reduce((total, one) => total + Number(one.claimed), 0);
  const send = async () => {
    for (const one of open) if (!(await outbox.put({ key: `claim/${one.id}`, kind: "claim", body: { claim_id: one.id, trips: [] }, name: t("交通费"), about: day.dayName(one.on) }))) return;
    redraw();
  };
  return section([t("{n} 天的交通费还没交", { n: open.length }), h("span", { class: "number" }, day.yuan(sum))], h("p", { class: "quiet" }, t("都按系统算的报；哪天不一样，先在下面点开改")),
    h("div", { class: "button-row" }, h("button", { class: "button", id: "week-claims", onclick: send }, icon("check"), t("一起提交"))));
}

const SHARES = { cards_on_time: "反馈卡准时", install: "安装合格", repair: "维修合格", maintenance: "维护合格", satisfaction: "客户满意" };

// This month so far; a share is shown with what it is made of and how it stands against its target.
function mineFigures() {
  const own = day.figures();
  if (!own?.shares) return null;
  const line = (name, value, note, tone) => h("div", { class: "figure" }, h("span", {}, name, note && h("span", { class: `row-note ${tone || ""}` }, tone && icon(tone === "ok" ? "check" : "alert", tone), note)), h("b", { class: "number" }, value));
  const share = ({ code, part, whole, target_percent: target }) => {
    const percent = whole ? Math.floor((100 * part) / whole) : null, good = percent >= target;
    if (!whole) return line(t(SHARES[code]), "—", t("目标 {n}%", { n: target }));
    return line(t(SHARES[code]), t("{n}%（{part}/{whole}）", { n: percent, part, whole }), good ? t("达到目标 {n}%", { n: target }) : t("目标 {n}%，还差 {count} 单", { n: target, count: Math.ceil((whole * target) / 100) - part }), good ? "ok" : "warn");
  };
  return section([t("这个月"), h("span", {}, t("到今天为止"))], line(t("完成"), t("{n} 单", { n: own.done }), own.failed > 0 && t("没做成 {n} 单", { n: own.failed })),
    own.shares.map(share), line(t("在现场"), own.on_site_s ? day.minutes(own.on_site_s) : "—"), line(t("在路上"), own.on_the_way_s ? day.minutes(own.on_the_way_s) : "—"),
    h("p", { class: "quiet" }, t("合格看核对过的反馈卡里通过了几张；满意是总体 4 分、5 分的。")));
}

export function claim({ argument, chip }) {
  const found = (day.claims() || []).find((one) => one.id === Number(argument));
  if (!found) {
    setTimeout(() => go("mine"));
    return h("div");
  }
  const waiting = outbox.find(`claim/${found.id}`);
  const open = ["open", "returned"].includes(found.status) && !waiting;
  const amounts = Object.fromEntries(found.trips.map((trip) => [trip.id, trip.claimed])), notes = {};
  const total = h("b", { class: "number" }), say = h("p", { class: "danger", role: "alert" });
  const good = (text) => /^\d{1,4}(\.\d{1,2})?$/.test(text.trim());
  const add = () => { total.textContent = day.yuan(Object.values(amounts).reduce((sum, text) => sum + (good(text) ? Number(text) : 0), 0)); };
  const send = async () => {
    if (!Object.values(amounts).every(good)) {
      say.textContent = t("金额要写成 12.50 这样");
      return;
    }
    const trips = found.trips.filter((trip) => amounts[trip.id] !== trip.claimed || notes[trip.id] !== undefined).map((trip) => ({ id: trip.id, claimed: amounts[trip.id].trim(), note: notes[trip.id] ?? trip.note }));
    const body = { claim_id: found.id, trips };
    if (await outbox.put({ key: `claim/${found.id}`, kind: "claim", body, name: t("交通费"), about: day.dayName(found.on) })) go("mine");
  };
  add();
  return screen({ title: t("交通费"), small: day.dayName(found.on), back: "mine", chip, dock: open ? [say, nextButton(t("提交交通费"), t("技术助理会核对"), send)] : null },
    found.return_reason && notice(t("被退回：{why}", { why: found.return_reason })), waiting && notice(t("已存到手机，有信号时自动发送"), "is-ok"),
    section([t(STATES[found.status]), h("span", {}, total)], found.trips.map((trip) => h("div", { class: "row" },
      h("span", { class: "row-main" }, h("b", {}, trip.to_text), h("span", { class: "row-note" }, `${t("从{place}", { place: trip.from_text })} · ${day.mode(trip)} · ${(trip.distance_m / 1000).toFixed(1)} km`), h("span", { class: "row-note" }, t("应该是 {amount}", { amount: day.yuan(trip.expected) }))),
      h("input", { class: "text-input yuan", inputmode: "decimal", "aria-label": t("金额，元"), disabled: !open, value: trip.claimed, oninput: (event) => { amounts[trip.id] = event.target.value; add(); } }),
      open && h("input", { class: "text-input", maxlength: "200", placeholder: t("和应该的不一样时说一句"), "aria-label": t("说明"), value: trip.note, oninput: (event) => { notes[trip.id] = event.target.value; } }),
      (open || photos.of(trip.visit_id, "receipt").length > 0) && photoStrip({ visit: trip.visit_id, purpose: "receipt", about: trip.to_text, text: t("拍票据") })))));
}
