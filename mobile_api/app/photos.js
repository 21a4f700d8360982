// Photos are kept on the phone as they were taken and sent after the data of their visit, piece by piece, from where
// the server stands (tus 1.0.0). One that the server has is let go of here; its small picture stays for a while.
import { ask, problemOf, Refused } from "./api.js";
import * as outbox from "./outbox.js";
import * as store from "./store.js";

const MOST_BYTES = 10 * 1024 * 1024, MOST_PIXELS = 12.5e6, FITTING_PIXELS = 12e6, SMALL_PX = 240, MOST_SHOWN = 40;
const WAITS_MS = [2000, 5000, 10000, 20000, 30000], PATIENCE_MS = 60000, QUICK_MS = 2000, SLOW_MS = 8000;
const LEAST_PIECE = 32 * 1024, MOST_PIECE = 2 * 1024 * 1024, MOST_DAMAGED = 5;
// All but what shows a place: the small picture and the customer's name.
const OPEN = ["uuid", "person", "visit", "purpose", "size", "sha256", "offset", "created", "damaged", "state", "problem", "phone_at", "at", "clock_off_s", "delivered_at"];
let list = [], tries = 0, timer = null, busy = false, piece = 128 * 1024, listener = () => {};

const ours = () => list.filter((photo) => photo.person === store.person());
export const waiting = () => ours().filter((photo) => photo.state === "waiting" && !photo.problem);
export const refused = () => ours().filter((photo) => photo.state === "waiting" && photo.problem);
export const unsent = () => ours().filter((photo) => photo.state === "waiting");
export const of = (visit, purpose) => ours().filter((photo) => photo.visit === visit && photo.purpose === purpose);
export const onChange = (told) => { listener = told; };
const tell = () => { listener(); document.dispatchEvent(new Event("photos")); };

export async function open() {
  if (!store.lasting) return;
  const all = [];
  // The files themselves stay in the database until their turn comes.
  await store.db.photos.each(({ blob, ...photo }) => all.push(photo));
  list = (await Promise.all(all.map(store.opened))).filter(Boolean);
  list.sort((one, other) => (one.at < other.at ? -1 : 1));
}

// Keep a photo of a visit and begin to send; false: no room. Throws "unreadable" for a file that is no picture, "heic"
// for one that this browser cannot open: iPhones can, and send a JPEG made of it; Chrome on Android cannot.
export async function take(file, { visit, purpose, about }) {
  const skew = store.get("skew"), phone_at = new Date().toISOString(), at = store.now().toISOString();
  const { blob, small } = await fit(file);
  const photo = { uuid: store.uuid(), person: store.person(), visit, purpose, about, small, size: blob.size, sha256: await digest(blob), offset: 0, created: false, damaged: 0,
    state: "waiting", problem: null, phone_at, at, clock_off_s: skew === null ? null : Math.round(skew / 1000) };
  try {
    if (store.lasting) await store.db.photos.put({ ...(await store.closed(photo, OPEN)), blob: await store.closedFile(blob) });
    else photo.blob = blob;
    outbox.noteFull(false);
  } catch {
    outbox.noteFull(true);
    return false;
  }
  list.push(photo);
  tell();
  flush();
  return true;
}

// The file itself where it is not too large, so that nothing of it is lost; else a smaller picture of it.
async function fit(file) {
  const heic = /hei[cf]/.test(file.type) || /\.hei[cf]$/i.test(file.name || "");
  const image = await createImageBitmap(file).catch(() => { throw new Error(heic ? "heic" : "unreadable"); });
  const pixels = image.width * image.height;
  const small = draw(image, Math.min(1, SMALL_PX / Math.max(image.width, image.height))).toDataURL("image/jpeg", 0.7);
  const known = ["image/jpeg", "image/png", "image/webp"].includes(file.type);
  if (known && file.size <= MOST_BYTES && pixels <= MOST_PIXELS) return { blob: file.slice(0, file.size, file.type), small };
  const canvas = draw(image, Math.min(1, Math.sqrt(FITTING_PIXELS / pixels)));
  return { blob: await new Promise((made) => { canvas.toBlob(made, "image/jpeg", 0.85); }), small };
}
function draw(image, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.floor(image.width * scale));
  canvas.height = Math.max(1, Math.floor(image.height * scale));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// SHA-256 is only there on HTTPS; without it the server takes the bytes as they come.
async function digest(blob, base64 = false) {
  if (!crypto.subtle) return "";
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return base64 ? btoa(String.fromCharCode(...bytes)) : [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function change(photo, values) {
  Object.assign(photo, values);
  if (store.lasting) await store.db.photos.update(photo.uuid, values);
  tell();
}
export async function drop(uuid) {
  list = list.filter((photo) => photo.uuid !== uuid);
  if (store.lasting) await store.db.photos.delete(uuid);
  tell();
}
export async function retry(uuid) {
  const photo = list.find((one) => one.uuid === uuid);
  if (photo) await change(photo, { problem: null, damaged: 0 });
  tries = 0;
  flush();
}

// A photo goes when nothing of its visit waits before it.
const next = () => waiting().find((photo) => !outbox.unsent().some((item) => item.visit === photo.visit));
const alone = (work) => (navigator.locks ? navigator.locks.request("paidan-photos", { ifAvailable: true }, (lock) => (lock ? work() : null)) : work());

export async function flush() {
  clearTimeout(timer);
  if (busy || outbox.expired || !store.get("token") || !next()) return;
  busy = true;
  try {
    await alone(async () => {
      for (let photo = next(); photo && (await send(photo)); photo = next());
    });
  } finally {
    busy = false;
  }
}

async function send(photo) {
  try {
    const blob = photo.blob || (await store.openedFile((await store.db.photos.get(photo.uuid))?.blob));
    if (!blob) { // sent by another tab meanwhile, or taken away
      list = list.filter((one) => one !== photo);
      return true;
    }
    await pieces(photo, blob, photo.created ? await standing(photo) : await announce(photo, blob));
    await change(photo, { state: "sent", blob: null, delivered_at: store.now().toISOString() });
    for (const old of ours().filter((one) => one.state === "sent").slice(0, -MOST_SHOWN)) await drop(old.uuid);
    tries = 0;
    outbox.noteConnection(true);
    return true;
  } catch (error) {
    if (error instanceof Refused && error.status !== 401 && !error.passing) {
      await change(photo, { problem: { sentence: error.message, code: error.code } });
      return true;
    }
    if (!(error instanceof Refused)) outbox.noteConnection(false);
    timer = setTimeout(flush, WAITS_MS[Math.min(tries++, WAITS_MS.length - 1)]);
    tell();
    return false;
  }
}

const tus = (method, photo, headers, body) => ask(method, `/mobile/photos${photo.created ? `/${photo.uuid}` : ""}`, { headers: { "Tus-Resumable": "1.0.0", ...headers }, body, patience: PATIENCE_MS });
const encoded = (value) => btoa(unescape(encodeURIComponent(String(value))));

// How much the server has after the answer; piece by piece it is noted here.
async function answered(photo, answer, values = {}) {
  const offset = Number(answer.headers.get("Upload-Offset") || 0);
  await change(photo, { ...values, offset });
  return offset;
}

// The first try brings the first piece along. After an answer that was lost it only asks how much is there.
async function announce(photo, blob) {
  const facts = { uuid: photo.uuid, visit_id: photo.visit, purpose: photo.purpose, phone_at: photo.phone_at, sent_at: new Date().toISOString(), sha256: photo.sha256 };
  if (photo.clock_off_s !== null) facts.clock_off_s = photo.clock_off_s;
  const metadata = Object.entries(facts).filter(([, value]) => value !== "").map(([key, value]) => `${key} ${encoded(value)}`).join(",");
  const headers = { "Upload-Length": String(photo.size), "Upload-Metadata": metadata };
  const answer = await (photo.tried ? tus("POST", photo, headers) : sendPiece("POST", photo, headers, blob.slice(0, piece)));
  if (!answer.ok) throw await problemOf(answer);
  return answered(photo, answer, { created: true });
}

async function standing(photo) {
  const answer = await tus("HEAD", photo, {});
  if (answer.status === 404) {
    // The server does not know it any more (a backup was restored): from the beginning.
    await change(photo, { created: false, offset: 0 });
    throw new Error("forgotten");
  }
  if (answer.status !== 460 && !answer.ok) throw await problemOf(answer);
  return answered(photo, answer);
}

async function pieces(photo, blob, from) {
  for (let offset = from; offset < photo.size;) {
    offset = await answered(photo, await sendPiece("PATCH", photo, { "Upload-Offset": String(offset) }, blob.slice(offset, offset + piece)));
  }
}

// One piece; the size of the next follows the time that it took.
async function sendPiece(method, photo, headers, part) {
  const check = await digest(part, true), began = Date.now();
  photo.tried = true;
  const answer = await tus(method, photo, { ...headers, "Content-Type": "application/offset+octet-stream", ...(check && { "Upload-Checksum": `sha256 ${check}` }) }, part);
  if (answer.status === 460 && photo.damaged < MOST_DAMAGED) photo.damaged += 1;
  if ([409, 423].includes(answer.status) || (answer.status === 460 && photo.damaged < MOST_DAMAGED)) throw new Error("again");
  if (!answer.ok) throw await problemOf(answer);
  const took = Date.now() - began;
  if (took < QUICK_MS) piece = Math.min(MOST_PIECE, piece * 2);
  else if (took > SLOW_MS) piece = Math.max(LEAST_PIECE, piece / 2);
  return answer;
}
addEventListener("online", () => { tries = 0; flush(); });
