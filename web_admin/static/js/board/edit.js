// Changing the plan: every change goes to the server, is answered in words, and can be undone.

import { get, post, Offline } from "./server.js";
import { state, refresh, find } from "./store.js";
import { askReason, say } from "./dialog.js";
import { clock, joinNames, t } from "./words.js";

let reasons = null;

/** Send a change; true when it is kept. A refusal is said, and the board shows the newest state. */
export async function send(path, body, sentence, ask = false) {
  try {
    const { change } = await post(path, { seen: state.data.revision, ...body });
    await refresh();
    if (sentence) say(sentence, { button: t("撤销"), act: () => undo(), more: ask && !body.reason_code && !body.reason ? [[t("说说为什么"), () => explain(change)]] : [] });
    return true;
  } catch (error) {
    if (error.code === "rule_broken") return overrule(path, body, sentence, error.errors);
    if (error instanceof Offline) say(error.message, { tone: "danger", button: t("再试"), act: () => send(path, body, sentence) });
    else {
      say(error.message, { tone: "danger" });
      await refresh().catch(() => {});
    }
    return false;
  }
}

async function explain(change) {
  reasons ??= await get("/reasons.json");
  const answer = await askReason([], reasons);
  if (!answer) return;
  try {
    await post(`/changes/${change}/reason`, answer);
    say(t("记下了"));
  } catch (error) {
    say(error.message, { tone: "danger" });
  }
}

async function overrule(path, body, sentence, errors) {
  reasons ??= await get("/reasons.json");
  const answer = await askReason(errors.map((one) => one.message), reasons);
  return answer ? send(path, { ...body, ...answer }, sentence) : false;
}

export function move(order, engineer, start_s) {
  const name = state.data.engineers.find((one) => one.id === engineer)?.name ?? "";
  const customer = find(order)?.visit.customer ?? "";
  // Given to somebody else than planned: why is worth keeping.
  const given = find(order)?.engineer && find(order).engineer.id !== engineer;
  return send("/moves", { order, engineer, start_s }, t("{customer} 给 {name}，{at}", { customer, name, at: clock(start_s) }), given);
}

/** Another length for a visit, in seconds; what follows shifts. */
export function resize(order, duration_s) {
  const name = find(order)?.visit.customer ?? "";
  return send("/resize", { order, duration_s }, t("{customer} 用时 {n} 分钟", { customer: name, n: Math.round(duration_s / 60) }));
}

export const takeOut = (order) => send("/take-out", { order }, t("{customer} 已拿出，在左边等着", { customer: find(order)?.visit.customer }));
export const pin = (order, engineer, time) => send("/pins", { order, engineer, time });

async function step(path, done, none) {
  try {
    const answer = await post(path);
    await refresh();
    const names = answer.orders.map((id) => find(id)?.visit.customer).filter(Boolean);
    say(done(joinNames(names.slice(0, 3))));
  } catch (error) {
    say(error.code === "nothing_to_undo" ? none : error.message, { tone: error.code === "nothing_to_undo" ? "" : "danger" });
    if (!(error instanceof Offline)) await refresh().catch(() => {});
  }
}

export const undo = () => step("/undo", (what) => t("已撤销：{what}", { what }), t("没有可以撤销的改动"));
export const redo = () => step("/redo", (what) => t("已重做：{what}", { what }), t("没有可以重做的改动"));
