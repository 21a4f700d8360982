// Asking for a plan with its progress, and publishing with a look at who will be told what.

import { open, say } from "./dialog.js";
import { get, post, day } from "./server.js";
import { on, refresh, tell } from "./store.js";
import { clock, el, icon, t, yuan } from "./words.js";

const strip = document.querySelector("#progress");
const { seconds } = strip.dataset;
let following = null;

function draw(job) {
  const progress = job.progress ?? {};
  const part = Math.min(100, ((progress.elapsed_s ?? 0) / Number(seconds)) * 100);
  const words = job.progress ? t("{s} 秒，目前合计 {money} 元，没排进 {n} 单", { s: Math.round(progress.elapsed_s ?? 0), money: yuan(progress.cost_fen ?? 0), n: progress.undone ?? 0 }) : job.status === "queued" ? t("等着开始") : t("正在准备");
  strip.hidden = false;
  strip.querySelector(".words").textContent = words;
  strip.querySelector("i").style.width = `${part}%`;
}

/** Follow a planning to its end. */
async function follow(id) {
  if (following === id) return;
  following = id;
  strip.querySelector("button").onclick = () => post(`/jobs/${id}/cancel`).catch((error) => say(error.message, { tone: "danger" }));
  try {
    for (;;) {
      const job = await get(`/jobs/${id}.json`);
      if (!job.open) {
        if (job.error) say(job.error, { tone: "danger" });
        break;
      }
      draw(job);
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
  } catch (error) {
    say(error.message, { tone: "danger" });
  }
  following = null;
  strip.hidden = true;
  await refresh().catch(() => {});
  tell("planned");
}

async function plan() {
  try {
    const { job } = await post("/plan");
    await refresh();
    follow(job);
  } catch (error) {
    say(error.message, { tone: "danger" });
  }
}

function newsOf(one) {
  const line = (tag, tone, words) => el("li", {}, el("span", { class: `tag ${tone}` }, tag), words);
  return el("section", { class: "block" }, el("h3", {}, one.name),
    el("ul", { class: "news" },
      one.added.map(([customer, at]) => line(t("新增"), "accent", `${customer} ${clock(at)}`)),
      one.moved.map(([customer, from, to]) => line(t("改时间"), "", `${customer} ${clock(from)} → ${clock(to)}`)),
      one.removed.map((customer) => line(t("不去了"), "", customer))));
}

async function publish() {
  let found;
  try {
    found = await get(`/announcement.json/${day}`);
  } catch (error) {
    return say(error.message, { tone: "danger" });
  }
  const sure = await open(t("发布这一天"), (close) => [
    el("div", { class: "scroll" },
      found.calls.length ? el("div", { class: "block" }, el("h3", { class: "warn row" }, icon("call"), t("先给客户打电话")), el("ul", { class: "news" }, found.calls.map((one) => el("li", {}, t("{customer}：约的 {span}，现在排在 {at}", { customer: one.customer, span: `${clock(one.window_from_s)}–${clock(one.window_to_s)}`, at: clock(one.start_s) }), " ", el("a", { class: "link", href: `tel:${one.phone}` }, `${one.contact} ${one.phone}`))))) : null,
      el("p", { class: "block" }, found.news.length ? t("会通知 {n} 位工程师，别人的日程没有变，不打扰", { n: found.news.length }) : t("没有人的日程会变，不用通知人")),
      found.news.map(newsOf)),
    el("footer", { class: "panel-foot" }, el("button", { class: "button", onclick: () => close(false) }, t("再看看")),
      el("button", { class: "button primary push", onclick: () => close(true) }, found.news.length ? t("发布，通知 {n} 人", { n: found.news.length }) : t("发布，不用通知人"))),
  ]);
  if (!sure) return;
  try {
    const { sentence } = await post("/publish");
    say(sentence);
  } catch (error) {
    say(error.message, { tone: "danger" });
  }
  await refresh().catch(() => {});
}

document.querySelector("#plan")?.addEventListener("click", plan);
document.querySelector("#publish")?.addEventListener("click", publish);
on("propose", plan);
on("publish", publish);
on("day", ({ job }) => job !== null && follow(job));
