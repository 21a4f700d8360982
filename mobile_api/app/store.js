// What is kept on the phone: IndexedDB is the truth, a copy in memory makes reading simple.
//
// `kept` holds named values, those of a person under his number; `outbox` holds what is to be sent (outbox.js), `photos`
// the photos that go after it (photos.js). What is a person's is sealed (seal.js) where the browser can.
import { able, isSealed, keyFrom, openBytes, seal, sealBytes, unseal } from "./seal.js";

export let db = null;

async function database() {
  if (db) return;
  const { Dexie } = await import("./dexie.js");
  db = new Dexie("paidan");
  db.version(1).stores({ kept: "", outbox: "++order, uuid" });
  db.version(2).stores({ photos: "uuid" });
  // A newer page in another tab wants the database: this one makes room and becomes that page too.
  db.on("versionchange", () => { db.close(); location.reload(); });
}

const values = new Map();
let key = null, writes = Promise.resolve();
// False where this browser keeps nothing once it is closed (a private window); the page then says so.
export let lasting = true;

export async function open() {
  await writes;
  values.clear();
  key = null;
  const found = [];
  try {
    await database();
    await db.open();
    await db.kept.each((value, cursor) => found.push([cursor.key, value]));
    // The browser is asked not to throw it away when the phone gets full.
    navigator.storage?.persist?.().catch(() => {});
  } catch {
    lasting = false;
  }
  for (const [name, value] of found) if (!isSealed(value)) values.set(name, value);
  key = values.get(keyName()) || null;
  const plain = [];
  for (const [name, value] of found) {
    if (!name.startsWith(own(""))) continue;
    if (!isSealed(value)) plain.push([name, value]);
    else if (key) await unseal(key, value).then((opened) => values.set(name, opened)).catch(() => {});
  }
  // Written by an older page, or before this browser had a key.
  if (key) for (const [name, value] of plain) set(name, value);
}

export const get = (name, fallback = null) => values.get(name) ?? fallback;
// One write after the other, so that sealing never turns their order around.
function inTurn(work) {
  const done = writes.then(work);
  writes = done.catch(() => {});
  return done;
}
export function set(name, value) {
  if (value === null) values.delete(name); else values.set(name, value);
  if (!lasting) return Promise.resolve();
  const closing = key && name.startsWith(own("")) ? key : null;
  return inTurn(async () => (value === null ? db.kept.delete(name) : db.kept.put(closing ? await seal(closing, value) : value, name)));
}
export const person = () => get("me")?.id ?? 0;
const own = (name) => `${person()}.${name}`;
const keyName = () => `key/${person()}`;
export const mine = (name, fallback = null) => get(own(name), fallback);
export const names = (start) => [...values.keys()].filter((name) => name.startsWith(own(start))).map((name) => name.slice(own("").length));
export const keep = (name, value) => set(own(name), value);

// The phone's own number, the same for everybody who logs in on it.
export async function phone() {
  if (!get("phone")) await set("phone", uuid());
  return get("phone");
}
// The person has logged in: what is his can be opened again.
export async function unlock(base64) {
  if (!able() || !base64 || !lasting) return;
  const made = await keyFrom(base64).catch(() => null);
  if (!made) return;
  await set(keyName(), made).catch(() => values.delete(keyName()));
}
// His right to it has ended: what the server told goes, what he wrote stays sealed and unreadable.
export async function lock() {
  for (const name of ["synced", "week"]) await keep(name, null);
  await set("token", null);
  if (!key) return;
  await set(keyName(), null);
  key = null;
  for (const name of [...values.keys()]) if (name.startsWith(own(""))) values.delete(name);
}

// A record of another table with only `open` readable in it.
export async function closed(record, open) {
  if (!key) return record;
  const [plain, secret] = [{}, {}];
  for (const [name, value] of Object.entries(record)) (open.includes(name) ? plain : secret)[name] = value;
  return { ...plain, ...(await seal(key, secret)) };
}
// The record as it was, or null for one that is sealed with a key that is not here.
export async function opened({ iv, sealed, ...plain }) {
  if (!sealed) return plain;
  return key ? unseal(key, { iv, sealed }).then((secret) => ({ ...plain, ...secret })).catch(() => null) : null;
}
// Files stay out of memory until their turn comes, so what is sealed of them is a file again.
export async function closedFile(blob) {
  if (!key) return blob;
  const { iv, sealed } = await sealBytes(key, await blob.arrayBuffer());
  return { type: blob.type, iv, sealed: new Blob([sealed]) };
}
export async function openedFile(file) {
  if (!isSealed(file)) return file;
  return new Blob([await openBytes(key, { iv: file.iv, sealed: await file.sealed.arrayBuffer() })], { type: file.type });
}

// The server's time as far as this phone knows it: a wrong clock must not spoil countdowns.
export const now = () => new Date(Date.now() + get("skew", 0));

// crypto.randomUUID is only there on HTTPS and on newer phones.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
