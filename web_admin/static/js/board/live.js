// Other people's changes: a stream of events, or asking every few seconds where there is none.

import { get, day } from "./server.js";
import { refresh, state } from "./store.js";
import { show as beside } from "./presence.js";
import { t } from "./words.js";

const POLL_MS = 4000;
const mark = document.querySelector("#live");
let source = null;
let timer = 0;

function show(word, lost = false) {
  mark.textContent = word;
  mark.classList.toggle("warn", lost);
}

async function look() {
  try {
    const { stamp, others } = await get(`/stamp.json?day=${day}`);
    beside(others);
    if (stamp !== state.data.stamp) await refresh();
    show("");
  } catch {
    show(t("连不上服务器，看到的可能不是最新的"), true);
  }
}

function poll() {
  clearInterval(timer);
  timer = setInterval(look, POLL_MS);
  setTimeout(open, 30_000);
}

/** Begin to listen; ends and begins again by itself. */
export function open() {
  source?.close();
  source = new EventSource(`/dispatch/live?day=${day}&stamp=${encodeURIComponent(state.data.stamp)}`);
  source.addEventListener("open", () => {
    clearInterval(timer);
    show("");
  });
  source.addEventListener("changed", (event) => event.data !== state.data.stamp && refresh().catch(() => {}));
  source.addEventListener("others", (event) => beside(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    // CLOSED: the server has no thread left for a stream; CONNECTING: the browser tries again by itself.
    if (source.readyState === EventSource.CLOSED) poll();
    look();
  });
}

document.addEventListener("visibilitychange", () => (document.hidden ? (source?.close(), clearInterval(timer)) : (look(), open())));
addEventListener("pagehide", () => source?.close());
