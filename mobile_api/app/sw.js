// Keeps the page itself on the phone, so that it opens without a signal. VERSION and FILES stand before this text: the
// server writes them, and a changed file makes a new version. What was written is in IndexedDB, which is never touched.
/* global VERSION, FILES */
const NAME = `paidan-${VERSION}`;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(FILES.map((url) => new Request(url, { cache: "reload" })))).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const drop = (names) => Promise.all(names.filter((name) => name.startsWith("paidan-") && name !== NAME).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(drop).then(() => self.clients.claim()));
});
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || !FILES.includes(url.pathname)) return;
  event.respondWith(caches.open(NAME).then((cache) => cache.match(url.pathname)).then((kept) => kept || fetch(event.request)));
});

// A message came while the page may be closed. Two sendings of one message have the same tag and are shown as one.
self.addEventListener("push", (event) => {
  let said = {};
  try { said = event.data.json(); } catch { /* an empty push: the inbox knows */ }
  const place = said.kind === "schedule_changed" ? `change/${said.item_id}` : said.thread_id ? `thread/${said.thread_id}` : said.claim_id ? `claim/${said.claim_id}` : said.visit_id ? `visit/${said.visit_id}` : "inbox";
  const shown = { body: said.text || "有新消息", tag: said.key || "paidan", icon: "/m/favicon.svg", lang: "zh-CN", data: { place } };
  event.waitUntil(self.registration.showNotification("派单", shown));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const hash = `#open/${event.notification.data?.place || "inbox"}`;
  const show = (pages) => {
    const page = pages.find((one) => new URL(one.url).pathname === "/m");
    if (!page) return self.clients.openWindow(`/m${hash}`);
    page.postMessage({ open: hash });
    return page.focus();
  };
  event.waitUntil(self.clients.matchAll({ type: "window", includeUncontrolled: true }).then(show));
});
