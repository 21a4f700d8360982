// What is on the phone and not yet with the server, in the order in which it matters: refused, sending, waiting, delivered.
import * as day from "./day.js";
import { t } from "./i18n.js";
import * as outbox from "./outbox.js";
import * as photos from "./photos.js";
import * as store from "./store.js";
import { go, h, icon, notice, row, screen, section } from "./ui.js";

const NEARLY_FULL = 0.9;

export function outboxScreen({ chip }) {
  const refused = outbox.refused(), waiting = outbox.waiting(), sent = outbox.sent();
  const stuck = new Set(refused.map((item) => item.visit));
  const going = waiting.filter((item) => !stuck.has(item.visit)), behind = waiting.filter((item) => item.visit !== null && stuck.has(item.visit));
  const drop = (item) => { if (confirm(t("不发「{name}」了？这一条会从手机上删掉", { name: item.name }))) outbox.drop(item.uuid); };
  const pictures = photos.waiting(), bad = photos.refused();
  const NAMES = { card: t("现场照片"), failed: t("没做成的照片"), receipt: t("票据") };
  const share = (photo) => (photo.offset ? t("已传 {n}%", { n: Math.round((100 * photo.offset) / photo.size) }) : day.time(photo.at));
  const picture = (photo) => h("div", { class: "row" }, h("img", { class: "photo-small", src: photo.small, alt: "" }), h("span", { class: "row-main" }, h("b", {}, `${photo.about} · ${NAMES[photo.purpose]}`), h("span", { class: "row-note" }, share(photo))));
  const list = (items, symbol) => items.map((item) => row(symbol, h("b", {}, `${item.about} · ${item.name}`), day.time(item.at)));
  const room = h("div");
  navigator.storage?.estimate?.().then(({ usage, quota }) => { if (usage / quota > NEARLY_FULL) room.append(notice(t("手机快存满了，请清一点空间，免得新写的存不上"))); }).catch(() => {});
  return screen({ title: t("待发"), back: "today", chip }, room,
    refused.map((item) => h("section", { class: "section refused" },
      h("p", { class: "danger fact-line" }, icon("alert"), h("b", {}, t("被退回，要您看一下"))), h("p", {}, h("b", {}, `${item.about} · ${item.name}`)), h("p", {}, item.problem.sentence),
      h("div", { class: "button-row" },
        item.kind === "card" && h("button", { class: "button", onclick: () => go(`card/${item.visit}`) }, t("改反馈卡")),
        item.kind === "device_report" && h("button", { class: "button", onclick: async () => { await store.keep(`report.${item.visit}`, item.body); go(`report/${item.visit}`); } }, t("改质量信息")),
        item.kind === "escalate" && h("button", { class: "button", onclick: async () => { await store.keep(`escalate.${item.visit}`, item.body); go(`escalate/${item.visit}`); } }, t("改上报")),
        h("button", { class: "button", onclick: () => outbox.retry(item.uuid) }, t("再发一次")), h("button", { class: "button", onclick: () => drop(item) }, t("不发了"))))),
    going.length > 0 && section([outbox.connected ? t("正在发 {n} 条", { n: going.length }) : t("等着发 {n} 条", { n: going.length }), !outbox.connected && h("span", {}, t("有信号时自动发送"))], list(going, outbox.connected ? "up" : "clock")),
    behind.length > 0 && section([t("等着发 {n} 条", { n: behind.length }), h("span", {}, t("退回的改好就接着发"))], list(behind, "clock")),
    bad.map((photo) => h("section", { class: "section refused" }, h("p", { class: "danger fact-line" }, icon("alert"), h("b", {}, t("照片被退回"))), picture(photo), h("p", {}, photo.problem.sentence),
      h("div", { class: "button-row" }, h("button", { class: "button", onclick: () => photos.retry(photo.uuid) }, t("再发一次")), h("button", { class: "button", onclick: () => photos.drop(photo.uuid) }, t("不发了"))))),
    pictures.length > 0 && section([t("{n} 张照片", { n: pictures.length }), h("span", {}, t("跟在文字后面，断了接着传"))], pictures.map(picture)),
    sent.length > 0 && section(t("已送达 {n} 条", { n: sent.length }), sent.map((item) => row(item.state === "kept" ? "alert" : "check", h("b", {}, `${item.about} · ${item.name}`), item.state === "kept" ? item.detail : t("{at} 记下，{sent} 送达", { at: day.time(item.at), sent: day.moment(item.delivered_at) })))),
    !refused.length && !waiting.length && !sent.length && !pictures.length && !bad.length && section(null, h("p", { class: "question" }, t("没有要发的")), h("p", { class: "quiet" }, t("每一步先存到手机，有信号时自动发送。"))),
    Math.abs(store.get("skew", 0)) > 120000 && section(null, h("p", { class: "fact-line warn" }, icon("clock"), t("手机的钟和服务器差 {long}，记的是服务器的时间", { long: day.minutes(Math.abs(store.get("skew")) / 1000) }))));
}
