// 通知: which news makes this phone ring, text messages, quiet hours. Without a connection the last known are shown; what is
// changed goes by the outbox like every write. Only this phone's own push needs a connection, to the push service.
import { call } from "./api.js";
import * as day from "./day.js";
import { lang, t } from "./i18n.js";
import * as outbox from "./outbox.js";
import * as push from "./push.js";
import * as store from "./store.js";
import { h, icon, nextButton, notice, screen, section } from "./ui.js";

const CHANNELS = { push: "推送", sms: "短信" };
let news = null, said = "", tone = "", subscribed = false;

const hour = (seconds) => `${String(Math.floor(seconds / 3600)).padStart(2, "0")}:${String(Math.floor(seconds / 60) % 60).padStart(2, "0")}`;
const seconds = (text) => { const [hours, minutes] = text.split(":").map(Number); return hours * 3600 + minutes * 60; };
// What is kept must not change with what is touched on the screen.
const copy = (value) => JSON.parse(JSON.stringify(value));
const tell = (text, how = "") => { [said, tone] = [text, how]; };

// Whoever comes back sees how things stand then.
addEventListener("hashchange", () => { if (location.hash !== "#news") { news = null; tell(""); } });

export function newsScreen({ chip, redraw }) {
  const load = async () => {
    try {
      news = await call("GET", "/mobile/news");
      subscribed = Boolean(news.endpoint) && (await push.current())?.endpoint === news.endpoint;
      await store.keep("news", copy({ ...news, known_at: store.now().toISOString() }));
      tell("");
    } catch {
      news = copy(store.mine("news"));
      subscribed = Boolean(news?.endpoint) && (await push.current())?.endpoint === news.endpoint;
      tell(news ? t("没有信号，这是 {at} 的设置。改了先存到手机，有信号时自动发送", { at: day.moment(news.known_at) }) : t("第一次要连上网络才能看通知设置"));
    }
    lay();
    redraw();
  };
  if (!news && !said) load();
  const again = said && !news && nextButton(t("再试一次"), null, load);
  return screen({ title: t("通知"), back: "mine", chip, dock: news ? nextButton(t("保存"), t("从下一条消息起照这样提醒"), save) : again || null },
    said && notice(said, tone), !news ? !said && section(null, h("p", { class: "quiet" }, t("正在读通知设置"))) : [pushes(), topics(), texts(), quiet()]);

  // What was changed here and is not with the server yet, or was refused there.
  function lay() {
    const item = news && outbox.latest("news", null);
    if (!item?.body) return;
    for (const { code, channels } of news.topics) for (const name of Object.keys(channels)) channels[name] = (item.body.choices[code] || []).includes(name);
    Object.assign(news, { quiet: { ...item.body.quiet }, mobile: item.body.mobile });
    if (item.problem) tell(item.problem.sentence);
    else if (item.state === "waiting") tell(t("已存到手机，有信号时自动发送"), "is-ok");
  }
  async function save() {
    const choices = Object.fromEntries(news.topics.map(({ code, channels }) => [code, Object.keys(channels).filter((name) => channels[name])]));
    if (!(await outbox.put({ key: "news", kind: "news", body: { choices, quiet: news.quiet, mobile: news.mobile || "" }, name: t("通知设置"), about: t("我的") }))) return;
    await store.keep("news", copy(news));
    tell(t("已存到手机，有信号时自动发送"), "is-ok");
    redraw();
    scrollTo(0, 0);
  }
  async function ring(wanted) {
    try {
      await (wanted ? push.on(news.public_key) : push.off());
      subscribed = wanted;
      tell(wanted ? t("推送打开了") : t("推送关掉了"), "is-ok");
    } catch (error) {
      tell(push.denied() ? t("浏览器不让派单发通知，请在浏览器的设置里允许") : error.status ? error.message : t("这部手机连不上浏览器的推送服务，推送没有打开。消息在「消息」里都有"));
    }
    redraw();
  }
  function pushes() {
    if (!push.able()) return section(t("这部手机"), h("p", { class: "quiet" }, t("这个浏览器不能推送，消息在「消息」里都有。iPhone 要先添加到主屏幕")));
    return section(t("这部手机"), h("p", { class: "fact-line" }, icon(subscribed ? "done" : "todo"), subscribed ? t("有消息时会响，没打开页面也会") : t("现在没打开页面就不会响")),
      h("div", { class: "button-row" }, h("button", { class: "button", id: "ring", onclick: () => ring(!subscribed) }, subscribed ? t("关掉推送") : t("打开推送"))),
      h("p", { class: "quiet" }, t("推送不一定到得了，「消息」里一定有")));
  }
  function topics() {
    return section(t("什么事提醒我"), news.topics.map((topic) => h("div", { class: "call-row" }, h("b", {}, topic.label[lang()]), topic.urgent && h("span", { class: "row-note" }, t("紧急，安静时间也提醒")),
      h("div", { class: "choices" }, Object.keys(topic.channels).map((name) => h("button", { class: "choice", "data-topic": `${topic.code}.${name}`, "aria-pressed": String(topic.channels[name]), onclick: () => { topic.channels[name] = !topic.channels[name]; redraw(); } }, t(CHANNELS[name]), icon("check")))))));
  }
  function texts() {
    if (!news.topics.some((topic) => topic.channels.sms)) return null;
    return section(t("收短信的手机号"), h("input", { class: "text-input", id: "mobile", inputmode: "tel", maxlength: "30", "aria-label": t("收短信的手机号"), value: news.mobile || "", oninput: (event) => { news.mobile = event.target.value; } }),
      h("p", { class: "quiet" }, t("紧急的事，两分钟没看才发短信")));
  }
  function quiet() {
    const { on, from_s: from, to_s: to } = news.quiet;
    const time = (name, label, value) => h("label", { class: "field" }, h("span", { class: "field-label" }, label), h("input", { class: "text-input", type: "time", id: name, required: true, value: hour(value), onchange: (event) => { if (event.target.value) news.quiet[name] = seconds(event.target.value); } }));
    return section([t("安静时间"), h("span", {}, on ? `${day.clock(from)}–${day.clock(to)}` : t("不用"))],
      h("div", { class: "choices" }, [[true, t("安静时间不响")], [false, t("随时都响")]].map(([value, text]) => h("button", { class: "choice", "aria-pressed": String(on === value), onclick: () => { news.quiet.on = value; redraw(); } }, text, icon("check")))),
      on && [time("from_s", t("从"), from), time("to_s", t("到"), to)], h("p", { class: "quiet" }, t("不紧急的等到安静时间结束再响，北京时间")));
  }
}

// A notification was tapped: first what is new, then the visit, message or change that it is about.
export function opening({ argument, choice, chip, refresh }) {
  Promise.resolve(refresh()).finally(() => location.replace(`#${argument}${choice ? `/${choice}` : ""}`));
  return screen({ title: t("消息"), chip }, section(null, h("p", { class: "quiet" }, t("正在打开"))));
}
