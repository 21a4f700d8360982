// Every write goes through here: in IndexedDB before anything else, then sent in order until the server has it.
//
// An item is waiting, sent, kept (the visit was reassigned, the assistant has it) or refused. One that is refused stays,
// and the items of the same visit wait behind it; those of other visits go on. Sent items stay for the day, and are laid
// over what the phone knows until the next sync has brought them back.
import { call, Refused } from "./api.js";
import * as store from "./store.js";

const WAITS_MS = [2000, 5000, 10000, 20000, 30000];
const MOST_AT_ONCE = 20, MOST_BYTES = 600000, MOST_SHOWN = 30;
// What the database shows of an item without the key: nothing of customers.
const OPEN = ["order", "uuid", "person", "kind", "visit", "state", "synced"];
export let asleep = 0;
let list = [], tries = 0, timer = null, busy = false, listener = () => {};
export let connected = navigator.onLine;
export let expired = false;
export let full = false;

const ours = () => list.filter((item) => item.person === store.person());
export const refused = () => ours().filter((item) => item.state === "waiting" && item.problem);
export const waiting = () => ours().filter((item) => item.state === "waiting" && !item.problem);
export const unsent = () => ours().filter((item) => item.state === "waiting");
export const sent = () => ours().filter((item) => item.state !== "waiting").reverse();
// What is to be laid over the visit as the server told it last.
export const of = (visitId) => ours().filter((item) => item.visit === visitId && !item.synced);
export const find = (key) => ours().find((item) => item.key === key && !item.synced);
// Written and not yet in what the server told: with their contents.
export const pending = (kind) => ours().filter((item) => item.kind === kind && !item.synced && item.body);
export const latest = (kind, visitId) => ours().filter((item) => item.kind === kind && item.visit === visitId).pop();
export const onChange = (told) => { listener = told; };

export async function open() {
  if (!store.lasting) return;
  const all = await store.db.outbox.orderBy("order").toArray();
  list = (await Promise.all(all.map(store.opened))).filter(Boolean);
  // Written by somebody whose key is not here now: it waits for him.
  asleep = all.filter((item) => item.state === "waiting" && item.person === store.person() && !list.some((one) => one.uuid === item.uuid)).length;
}
const write = async (item) => store.db.outbox.put(await store.closed(item, OPEN));

// Keep a write and begin to send; false where the phone has no room for it. One that waits under the same `key` is
// replaced in its place.
export async function put({ key, kind, body = {}, visit = null, name, about }) {
  const skew = store.get("skew");
  const item = {
    uuid: store.uuid(), key: key || `${kind}/${visit ?? store.uuid()}`, kind, body, visit, name, about, person: store.person(), state: "waiting", problem: null,
    phone_at: new Date().toISOString(), at: store.now().toISOString(), clock_off_s: skew === null ? null : Math.round(skew / 1000),
  };
  const before = list.find((other) => other.person === item.person && other.key === item.key && other.state === "waiting");
  if (before) item.order = before.order;
  try {
    if (store.lasting) item.order = await write(item);
    full = false;
  } catch {
    full = true;
    listener();
    return false;
  }
  if (before) list[list.indexOf(before)] = item; else list.push(item);
  listener();
  flush();
  return true;
}

async function change(item, values) {
  const at = list.findIndex((other) => other.uuid === item.uuid);
  if (at < 0) return;
  list[at] = { ...list[at], ...values };
  if (store.lasting) await write(list[at]);
}
async function remove(items) {
  list = list.filter((item) => !items.includes(item));
  if (store.lasting) await store.db.outbox.bulkDelete(items.map((item) => item.order));
}
export async function drop(uuid) { await remove(list.filter((item) => item.uuid === uuid)); listener(); flush(); }
export async function retry(uuid) { await change({ uuid }, { problem: null }); tries = 0; listener(); flush(); }
export function revive() { expired = false; tries = 0; }

// After a sync the server's own word replaces what was laid over; only the latest stay to be looked at.
export async function noteSynced(uuids) {
  for (const uuid of uuids) await change({ uuid }, { synced: true, body: null });
  const old = ours().filter((item) => item.synced).slice(0, -MOST_SHOWN);
  if (old.length) await remove(old);
}
export const unsynced = () => ours().filter((item) => item.state !== "waiting" && !item.synced).map((item) => item.uuid);

function nextItems() {
  const stuck = new Set(refused().map((item) => item.visit).filter((visit) => visit !== null));
  const chosen = [];
  let bytes = 0;
  for (const item of waiting()) {
    if (stuck.has(item.visit)) continue;
    bytes += JSON.stringify(item.body).length;
    if (chosen.length && (bytes > MOST_BYTES || chosen.length === MOST_AT_ONCE)) break;
    chosen.push(item);
  }
  return chosen;
}

// One tab sends at a time where the browser can tell; twice would do no harm, since the server keeps each item once.
const alone = (work) => (navigator.locks ? navigator.locks.request("paidan-outbox", { ifAvailable: true }, (lock) => (lock ? work() : null)) : work());

export async function flush() {
  clearTimeout(timer);
  if (busy || expired || !store.get("token") || !nextItems().length) return;
  busy = true;
  let some = false;
  try {
    await alone(async () => {
      while (nextItems().length && (await send(nextItems()))) some = true;
    });
  } finally {
    busy = false;
  }
  if (some) listener("delivered");
}

async function send(items) {
  let answer;
  try {
    const wire = ({ uuid, kind, visit, phone_at, clock_off_s, body }) => ({ uuid, kind, visit_id: visit, phone_at, clock_off_s, body });
    answer = await call("POST", "/mobile/outbox", { sent_at: new Date().toISOString(), items: items.map(wire) });
  } catch (error) {
    connected = error instanceof Refused;
    expired = error.status === 401;
    if (error instanceof Refused && !error.passing && !expired) {
      // The whole batch does not suit the server: one at a time finds the item that is to blame.
      if (items.length > 1) return send(items.slice(0, 1));
      await change(items[0], { problem: { sentence: error.message, code: error.code, fields: [] } });
      listener();
      return true;
    }
    if (!expired) timer = setTimeout(flush, WAITS_MS[Math.min(tries++, WAITS_MS.length - 1)]);
    listener();
    return false;
  }
  tries = 0;
  connected = true;
  let moved = false;
  for (const { uuid, status, detail, code, wrong_fields: fields, happened_at: happened } of answer.items) {
    if (status === "waiting") continue;
    moved = true;
    if (status === "refused") await change({ uuid }, { problem: { sentence: detail, code, fields: fields || [] } });
    else await change({ uuid }, { state: status === "kept" ? "kept" : "sent", detail, happened_at: happened, delivered_at: store.now().toISOString() });
  }
  listener();
  return moved;
}

export function noteFull(now) { if (full !== now) { full = now; listener(); } }
export function noteConnection(good) { if (connected !== good) { connected = good; listener(); } }
addEventListener("online", () => { tries = 0; flush(); });
addEventListener("offline", () => noteConnection(false));
