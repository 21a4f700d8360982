// What is kept on the phone, apart for each person who logs in on it.
const ROOT = "paidan.";

export function get(name, fallback = null) {
  try {
    return JSON.parse(localStorage.getItem(ROOT + name)) ?? fallback;
  } catch {
    return fallback;
  }
}
export function set(name, value) {
  if (value === null) localStorage.removeItem(ROOT + name);
  else localStorage.setItem(ROOT + name, JSON.stringify(value));
}
const own = (name) => `${get("me")?.id ?? 0}.${name}`;
export const mine = (name, fallback = null) => get(own(name), fallback);
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
