// What lies on the phone is sealed (AES-GCM) with a key that the server made for this person on this phone. The browser
// keeps it so that nothing can read it out; without it what is sealed is noise until the same person logs in again.
// Without HTTPS a browser has no such keys: then things lie there as they are.
export const able = () => Boolean(globalThis.crypto?.subtle);

export async function keyFrom(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}
export async function sealBytes(key, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes) };
}
export const openBytes = (key, { iv, sealed }) => crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed);
export const seal = async (key, value) => sealBytes(key, new TextEncoder().encode(JSON.stringify(value)));
export const unseal = async (key, closed) => JSON.parse(new TextDecoder().decode(await openBytes(key, closed)));
export const isSealed = (value) => Boolean(value?.sealed && value.iv);
