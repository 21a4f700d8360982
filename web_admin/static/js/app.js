// What every page has: "/" searches, j and k walk through a list, Enter opens, notices go away.

const typing = () => ["INPUT", "TEXTAREA", "SELECT"].includes(document.activeElement?.tagName);

function step(by) {
  const rows = [...document.querySelectorAll("[data-rows] > *")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
  rows[at]?.setAttribute("aria-selected", "false");
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  next.setAttribute("aria-selected", "true");
  next.scrollIntoView({ block: "nearest" });
}

// "?" lists the keys: those of every page stand in the sheet, those of this page are read from it.
function showKeys() {
  const sheet = document.querySelector("#keys");
  const own = [...document.querySelectorAll("[data-key]")].map((element) => {
    const words = element.cloneNode(true);
    words.querySelectorAll("kbd").forEach((key) => key.remove());
    const line = document.createElement("div");
    const key = document.createElement("kbd");
    key.textContent = (/^[A-Z]$/.test(element.dataset.key) ? "⇧ " : "") + element.dataset.key.toUpperCase();
    line.append(key, words.textContent.trim());
    return line;
  });
  sheet.querySelector("[data-own]").replaceChildren(...own);
  sheet.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing()) return;
  if (event.key === "/") {
    event.preventDefault();
    (document.querySelector("main .search input") ?? document.querySelector("#search"))?.focus();
  } else if (["j", "k", "?"].includes(event.key)) {
    if (document.querySelector("[data-own-keys]")) return; // the page walks and explains in its own way
    if (event.key === "?") showKeys();
    else step(event.key === "j" ? 1 : -1);
  } else if (event.key === "Enter" && document.activeElement === document.body) {
    document.querySelector('[data-rows] > [aria-selected="true"] a')?.click();
  } else {
    document.querySelector(`[data-key="${CSS.escape(event.key)}"]:not(:disabled)`)?.click();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  if (event.target.closest("[data-dismiss]")) event.target.closest(".notice").remove();
  const back = event.target.closest("[data-back]");
  if (back && history.length > 1) {
    event.preventDefault();
    history.back();
  }
});

// A filter takes effect when it is chosen.
document.addEventListener("change", (event) => event.target.closest("form[data-auto]")?.requestSubmit());

// A form that was sent once is not sent again by a second click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  else if (form.method === "post") {
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 4000);
  }
});

// What was just done can be undone for a while longer than it is read.
let saying;
function saidForAWhile() {
  clearTimeout(saying);
  const said = document.querySelector("#said");
  const now = [...said?.children ?? []]; // what is said later is not this timer's
  saying = setTimeout(() => now.forEach((one) => one.remove()), said?.querySelector("[data-key=u]") ? 20000 : 6000);
}
saidForAWhile();
document.addEventListener("htmx:oobAfterSwap", (event) => event.detail.target.id === "said" && saidForAWhile());

// The server cannot be reached: say so, leave everything as it was typed, and let it be sent again.
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const sentence = document.querySelector("#lost").content.cloneNode(true);
    document.querySelector("#problem").replaceChildren(sentence);
    delete event.detail.elt?.closest("form")?.dataset.sent;
  });
}

// A form that makes a new record names it, so that sending twice makes one.
for (const form of document.querySelectorAll("form[data-client-key]")) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  form.elements.client_key.value = hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
