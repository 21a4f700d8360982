// While the page is open and seen, the server says at once that something is new; the page then asks as it always does.
// Without the stream (an old browser, a server in between) it still asks every minute.
import { call } from "./api.js";
import * as day from "./day.js";
import * as store from "./store.js";

const FIRST_WAIT_MS = 1000, LONGEST_WAIT_MS = 60000, SILENT_MS = 50000, SPREAD_MS = 400;
let stop = null, refresh = null, timer = 0, wait = FIRST_WAIT_MS, away = false;

const known = () => Math.max(0, ...day.messages().map((one) => one.id));
const seen = () => !document.hidden && Boolean(store.get("token"));

// Begins to listen, or begins again for another person; it ends and begins by itself as the page is left and seen.
export function begin(ask) {
  if (!refresh) document.addEventListener("visibilitychange", () => (seen() ? open() : close()));
  refresh = ask;
  close();
  open();
}
export const listening = () => Boolean(stop);
function close() {
  clearTimeout(timer);
  stop?.abort();
  stop = null;
}

async function open() {
  if (stop || !seen()) return;
  const mine = (stop = new AbortController());
  const token = store.get("token");
  let again = true;
  try {
    const { url } = await call("GET", "/mobile/news/live");
    // Not every browser tells that the line is back: what waits is sent with the first answer.
    if (away) refresh();
    away = false;
    again = Boolean(url);
    if (url) again = await listen(url, token, mine);
  } catch (error) {
    away ||= !error.status;
  }
  if (mine !== stop) return;
  stop = null;
  if (!again) return;
  timer = setTimeout(open, wait * (0.5 + Math.random()));
  wait = Math.min(wait * 2, LONGEST_WAIT_MS);
}

// Reads the stream to its end; false where this phone may not listen any more (the next asking says why).
async function listen(url, token, mine) {
  const answer = await fetch(url, { headers: { Authorization: `Bearer ${token}` }, credentials: "omit", cache: "no-store", signal: mine.signal });
  if (answer.status === 401) {
    refresh();
    return false;
  }
  if (!answer.ok || !answer.body) return answer.status === 503;
  const reader = answer.body.getReader(), words = new TextDecoder();
  let rest = "", silent = 0;
  const heard = () => { clearTimeout(silent); silent = setTimeout(() => mine.abort(), SILENT_MS); };
  try {
    for (heard(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      heard();
      wait = FIRST_WAIT_MS;
      const events = (rest + words.decode(value, { stream: true })).split("\n\n");
      rest = events.pop();
      const newest = Math.max(0, ...events.map((event) => Number(/^event: news\ndata: (\d+)$/.exec(event)?.[1] || 0)));
      // A published day reaches every phone at the same moment: they do not all ask in the same one.
      if (newest > known()) setTimeout(refresh, Math.random() * SPREAD_MS);
    }
  } finally {
    clearTimeout(silent);
  }
  refresh();
  return true;
}
