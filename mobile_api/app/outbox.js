// Every write goes through here: kept on the phone first, then sent in order until the server has it.
//
// An item that is refused stays, and the items of the same visit wait behind it; those of other visits go on.
import { call, Refused } from "./api.js";
import * as store from "./store.js";

const WAITS_MS = [2000, 5000, 10000, 20000, 30000];
let tries = 0, timer = null, busy = false, listener = () => {};
export let connected = navigator.onLine;
export let expired = false;

export const items = () => store.mine("outbox", []);
export const sent = () => store.mine("sent", []);
export const refused = () => items().filter((item) => item.problem);
export const waiting = () => items().filter((item) => !item.problem);
export const of = (visitId) => items().filter((item) => item.visit === visitId);
export const onChange = (told) => { listener = told; };

const save = (list, outcome, item, answer) => { store.keep("outbox", list); listener(outcome, item, answer); };

// Keep a write and begin to send. An item of the same `key` is replaced, in its place.
export function put({ key, method = "POST", path, body = null, visit = null, name, about }) {
  const item = { key: key || `${path}#${store.uuid()}`, method, path, body, visit, name, about, at: store.now().toISOString(), problem: null };
  const list = items(), at = list.findIndex((other) => other.key === item.key);
  if (at >= 0) list[at] = item; else list.push(item);
  save(list);
  flush();
}
export function drop(key) { save(items().filter((item) => item.key !== key)); flush(); }
export function retry(key) {
  save(items().map((item) => (item.key === key ? { ...item, problem: null } : item)));
  tries = 0;
  flush();
}
export function revive() { expired = false; tries = 0; flush(); }

function nextItem() {
  const stuck = new Set(refused().map((item) => item.visit).filter((visit) => visit !== null));
  return items().find((item) => !item.problem && !stuck.has(item.visit));
}

export async function flush() {
  clearTimeout(timer);
  if (busy || expired || !store.get("token")) return;
  busy = true;
  try {
    for (let item = nextItem(); item; item = nextItem()) {
      if (!(await send(item))) break;
    }
  } finally {
    busy = false;
  }
}

async function send(item) {
  const same = (other) => other.key === item.key && other.at === item.at;
  let answer;
  try {
    answer = await call(item.method, item.path, item.body);
  } catch (error) {
    if (error instanceof Refused && !error.passing && error.status !== 401) {
      const problem = { sentence: error.message, code: error.code, fields: (error.errors || []).map?.((one) => one.field) };
      connected = true;
      save(items().map((other) => (same(other) ? { ...other, problem } : other)), "refused");
      return true;
    }
    connected = error instanceof Refused;
    expired = error.status === 401;
    if (!expired) timer = setTimeout(flush, WAITS_MS[Math.min(tries++, WAITS_MS.length - 1)]);
    listener();
    return false;
  }
  tries = 0;
  connected = true;
  store.keep("sent", [{ name: item.name, about: item.about, at: store.now().toISOString() }, ...sent()].slice(0, 20));
  save(items().filter((other) => !same(other)), "delivered", item, answer);
  return true;
}

export function noteConnection(good) { if (connected !== good) { connected = good; listener(); } }
addEventListener("online", () => { tries = 0; flush(); });
addEventListener("offline", () => noteConnection(false));
