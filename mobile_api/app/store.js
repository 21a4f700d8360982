// What is kept on the phone: IndexedDB is the truth, a copy in memory makes reading simple.
//
// `kept` holds named values, apart for each person who logs in on it; `outbox` holds what is to be sent (outbox.js),
// `photos` the photos that go after it (photos.js).
import { Dexie } from "./dexie.js";

export const db = new Dexie("paidan");
db.version(1).stores({ kept: "", outbox: "++order, uuid" });
db.version(2).stores({ photos: "uuid" });
// A newer page in another tab wants the database: this one makes room and becomes that page too.
db.on("versionchange", () => { db.close(); location.reload(); });

const values = new Map();
// False where this browser keeps nothing once it is closed (a private window); the page then says so.
export let lasting = true;

export async function open() {
  try {
    await db.open();
    await db.kept.each((value, cursor) => values.set(cursor.key, value));
    // The browser is asked not to throw it away when the phone gets full.
    navigator.storage?.persist?.().catch(() => {});
  } catch {
    lasting = false;
  }
}

export const get = (name, fallback = null) => values.get(name) ?? fallback;
export function set(name, value) {
  if (value === null) values.delete(name); else values.set(name, value);
  if (!lasting) return Promise.resolve();
  return value === null ? db.kept.delete(name) : db.kept.put(value, name);
}
export const person = () => get("me")?.id ?? 0;
const own = (name) => `${person()}.${name}`;
export const mine = (name, fallback = null) => get(own(name), fallback);
export const names = (start) => [...values.keys()].filter((name) => name.startsWith(own(start))).map((name) => name.slice(own("").length));
export const keep = (name, value) => set(own(name), value);

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
