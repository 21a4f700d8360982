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
