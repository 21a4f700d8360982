// Escalations and questions: what was asked, the answers with their times, the end. Written offline like everything else.
import * as day from "./day.js";
import { t } from "./i18n.js";
import { isOverdue, lacksMoment, momentOf, needByField, needByLine } from "./need_by.js";
import * as outbox from "./outbox.js";
import * as store from "./store.js";
import { send } from "./steps.js";
import { go, h, icon, linkRow, nextButton, notice, screen, section } from "./ui.js";

const STATES = { open: ["clock", "等回答"], answered: ["inbox", "有回答"], solved: ["done", "解决了"] };
const tag = (thread) => h("span", { class: `tag ${thread.status === "solved" ? "ok" : ""}` }, icon(STATES[thread.status][0]), t(STATES[thread.status][1]), thread.level === "systems" && ` · ${t("在系统部")}`);
const state = (thread) => t(isOverdue(thread) ? "过了时间还没人答" : STATES[thread.status][1]);
const title = (thread) => (thread.kind === "escalation" ? `${t("上报")} · ${thread.customer_name}` : `${t("提问")} · ${thread.name}`);
const area = (name, value, rows, placeholder, oninput) => h("label", { class: "field" }, h("span", { class: "field-label" }, name), h("textarea", { class: "text-input", rows, maxlength: "2000", placeholder, "aria-label": name, value, oninput }));

// What a visit's page says of its escalations, with the way to make one.
export function escalations(visit, open) {
  const mine = day.threads().filter((thread) => thread.visit_id === visit.id);
  const waiting = outbox.pending("escalate").filter((item) => item.visit === visit.id);
  if (!open && !mine.length && !waiting.length) return null;
  return section(mine.length || waiting.length ? t("上报") : null,
    mine.map((thread) => linkRow(thread.subject, `${state(thread)}${thread.entries.length ? ` · ${thread.entries.at(-1).text}` : ""}`, () => go(`thread/${thread.id}`))),
    waiting.filter((item) => !mine.some((thread) => thread.uuid === item.body.uuid)).map((item) => h("p", { class: "fact-line" }, icon("saved"), h("span", {}, item.body.subject, h("span", { class: "row-note" }, t("已存到手机，有信号时自动发送"))))),
    open && linkRow(t("解决不了？上报技术支持组"), t("说清是什么问题、试过什么"), () => go(`escalate/${visit.id}`)));
}

export function escalate({ argument, chip }) {
  const visit = day.find(Number(argument));
  if (!visit || visit.outcome !== null || !visit.accepted_at || visit.finished_at) {
    setTimeout(() => go(visit ? `visit/${visit.id}` : "today"));
    return h("div");
  }
  const name = `escalate.${visit.id}`, draft = store.mine(name) || { uuid: store.uuid(), subject: "", tried: "", needed: "", on_site: true, hard: false };
  const holder = h("div", { style: "flex:1;display:flex;flex-direction:column" });
  const keep = (values, again = false) => {
    Object.assign(draft, values);
    store.keep(name, draft);
    if (again) draw(); else holder.querySelector(".dock").replaceChildren(dock());
  };
  const done = async () => {
    const { need, need_own: own, ...body } = draft;
    if (!(await send(visit, "escalate", t("上报"), { ...body, need_by: momentOf(draft) }))) return;
    await store.keep(name, null);
    go(`visit/${visit.id}`);
  };
  function dock() {
    const lacking = [["subject", t("是什么问题")], ["tried", t("试过什么")]].find(([code]) => !draft[code].trim());
    if (lacking) return nextButton(t("还差：{name}", { name: lacking[1] }), null, () => holder.querySelector(`[aria-label="${lacking[1]}"]`)?.focus());
    if (lacksMoment(draft)) return nextButton(t("还差：{name}", { name: t("什么时候前要答复") }), null, () => holder.querySelector("#need-by")?.focus());
    return nextButton(t("上报"), draft.on_site ? t("技术支持主管看到就答，您在现场等") : t("这一单先停在这里，由主管决定下一步"), done);
  }
  function draw() {
    const flag = (code, chosen, text) => h("button", { type: "button", class: "choice", "aria-pressed": String(draft[code] === chosen), onclick: () => keep({ [code]: chosen }, true) }, text, icon("check"));
    holder.replaceChildren(screen({ title: t("上报"), small: visit.order.short_name, back: `visit/${visit.id}`, chip: holder.querySelector("#connection") || chip, dock: dock() },
      section(null, area(t("是什么问题"), draft.subject, "3", t("比如：分机侧拨不出长途"), (event) => keep({ subject: event.target.value })),
        area(t("试过什么"), draft.tried, "3", t("比如：换过线，重置过"), (event) => keep({ tried: event.target.value })),
        area(t("需要什么（可不填）"), draft.needed, "2", "", (event) => keep({ needed: event.target.value }))),
      section(t("什么时候前要答复"), needByField(draft, keep)),
      section(t("您现在"), h("div", { class: "choices" }, flag("on_site", true, t("在现场等答复")), flag("on_site", false, t("今天做不了，先离开")))),
      section([t("疑难问题"), h("span", {}, t("收进这一周的总结"))], h("div", { class: "choices" }, flag("hard", true, t("是")), flag("hard", false, t("不是"))))));
  }
  draw();
  return holder;
}

export function threads({ chip }) {
  const me = store.person(), all = day.threads(), mine = all.filter((thread) => thread.person_id === me), asked = all.filter((thread) => thread.person_id !== me);
  const waiting = outbox.pending("question").filter((item) => !all.some((thread) => thread.uuid === item.body.uuid));
  const line = (thread) => linkRow(thread.subject, [title(thread), state(thread), day.moment(thread.opened_at)].join(" · "), () => go(`thread/${thread.id}`));
  return screen({ title: t("问答"), back: "mine", chip, dock: nextButton(t("提一个问题"), t("同事和技术支持主管会看到"), () => go("ask")) },
    asked.length > 0 && section([t("同事在问"), h("span", {}, t("会的就答一句"))], asked.map(line)),
    waiting.length > 0 && section(t("等着发"), waiting.map((item) => h("p", { class: "fact-line" }, icon("saved"), item.body.subject))),
    mine.length > 0 && section(t("我的"), mine.map(line)),
    !all.length && !waiting.length && section(null, h("p", { class: "question" }, t("还没有问答")), h("p", { class: "quiet" }, t("现场解决不了的，在那一单里上报；别的问题在这里问。"))));
}

export function ask({ chip }) {
  const kept = store.mine("ask") || { uuid: store.uuid(), subject: "" };
  const say = h("p", { class: "danger", role: "alert" });
  const done = async () => {
    if (!kept.subject.trim()) {
      say.textContent = t("还差：{name}", { name: t("您的问题") });
      return;
    }
    if (!(await outbox.put({ key: kept.uuid, kind: "question", body: kept, name: t("提问"), about: kept.subject.slice(0, 12) }))) return;
    await store.keep("ask", null);
    go("threads");
  };
  return screen({ title: t("提问"), back: "threads", chip, dock: [say, nextButton(t("发出去"), t("存到手机，有信号时自动发送"), done)] },
    section(null, area(t("您的问题"), kept.subject, "5", t("说清型号、接法和现象，答得快"), (event) => { kept.subject = event.target.value; store.keep("ask", kept); })));
}

export function thread({ argument, chip }) {
  const found = day.threads().find((one) => one.id === Number(argument));
  if (!found) {
    setTimeout(() => go("threads"));
    return h("div");
  }
  const me = store.person(), mine = found.person_id === me, name = `word.${found.id}`;
  const kept = store.mine(name) || { text: "" };
  const waiting = [...outbox.pending("answer"), ...outbox.pending("solved")].filter((item) => item.body.thread_id === found.id && !found.entries.some((entry) => entry.text === item.body.text && entry.person_id === me));
  const open = found.status !== "solved" && !waiting.some((item) => item.kind === "solved");
  const say = h("p", { class: "danger", role: "alert" });
  const put = async (kind, label) => {
    if (!kept.text.trim()) {
      say.textContent = t("还差：{name}", { name: kind === "solved" ? t("怎么解决的") : t("回答") });
      return;
    }
    const body = { uuid: store.uuid(), thread_id: found.id, text: kept.text.trim() };
    if (!(await outbox.put({ key: body.uuid, kind, body, name: label, about: title(found) }))) return;
    await store.keep(name, null);
    go("threads");
  };
  const words = (entry) => h("div", { class: "row" }, icon(entry.kind === "solved" ? "done" : entry.kind === "passed_on" ? "up" : "person", entry.kind === "solved" ? "ok" : ""),
    h("span", { class: "row-main" }, h("b", {}, entry.voice === "systems" ? t("系统部") : entry.name, entry.kind === "passed_on" && ` ${t("转系统部")}`, entry.kind === "solved" && ` · ${t("解决了")}`), entry.text && h("span", { style: "display:block;white-space:pre-line" }, entry.text), h("span", { class: "row-note" }, day.moment(entry.at))));
  const fact = (label, text) => text && [h("dt", {}, label), h("dd", {}, text)];
  return screen({ title: t("问答"), back: "threads", chip, dock: open && [say, mine ? nextButton(t("解决了"), t("把解决办法写在上面，大家能查到"), () => put("solved", t("解决"))) : nextButton(t("回答"), t("{name}会收到", { name: found.name }), () => put("answer", t("回答")))] },
    section([title(found), tag(found)], h("p", { class: "question", style: "white-space:pre-line" }, found.subject), h("dl", { class: "facts" }, fact(t("试过"), found.tried), fact(t("需要"), found.needed)), needByLine(found), h("p", { class: "quiet" }, day.moment(found.opened_at)),
      found.visit_id && day.find(found.visit_id) && linkRow(t("看这一单"), null, () => go(`visit/${found.visit_id}`))),
    found.entries.length > 0 && section(null, found.entries.map(words)),
    waiting.length > 0 && section(t("等着发"), waiting.map((item) => h("p", { class: "fact-line" }, icon("saved"), item.body.text))),
    open && section(null, area(mine ? t("再说一句，或写下解决办法") : t("您的回答"), kept.text, "4", "", (event) => { kept.text = event.target.value; store.keep(name, kept); }),
      mine && h("div", { class: "button-row" }, h("button", { class: "button", id: "say", onclick: () => put("answer", t("补充")) }, t("只补充，还没解决")))),
    !found.entries.length && open && notice(t("还没有人回答，答了这里和「消息」里都会有"), "is-ok"));
}
