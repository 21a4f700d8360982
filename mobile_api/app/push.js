// Web Push of this phone's browser: on, off, and the server's knowledge of where it goes kept right.
import { call } from "./api.js";
import * as store from "./store.js";

export const able = () => Boolean(navigator.serviceWorker && window.PushManager && window.Notification);
export const denied = () => able() && Notification.permission === "denied";
const manager = async () => (able() ? (await navigator.serviceWorker.getRegistration("/m"))?.pushManager : null);
export const current = async () => (await manager())?.getSubscription() ?? null;

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const sameKey = (subscription, key) => {
  const known = new Uint8Array(subscription.options?.applicationServerKey || []), wanted = bytes(key);
  return known.length === wanted.length && known.every((one, n) => one === wanted[n]);
};

// Throws where the browser's push service cannot be reached or the person says no.
export async function on(key) {
  if ((await Notification.requestPermission()) !== "granted") throw new Error("denied");
  const pushes = await manager();
  let subscription = await pushes.getSubscription();
  if (subscription && !sameKey(subscription, key)) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ||= await pushes.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  await call("PUT", "/mobile/news/subscription", subscription.toJSON());
  await store.keep("push", true);
}
export async function off() {
  await call("DELETE", "/mobile/news/subscription");
  await store.keep("push", null);
  await (await current())?.unsubscribe();
}
// After a log-in, or where the browser took another address by itself, the server hears of it.
export async function renew() {
  if (!store.mine("push") || !able() || Notification.permission !== "granted") return;
  const [here, news] = [await current(), await call("GET", "/mobile/news")];
  if (!here || here.endpoint !== news.endpoint || !sameKey(here, news.public_key)) await on(news.public_key);
}
