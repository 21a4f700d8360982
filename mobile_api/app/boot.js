// First of all: on a phone that was never here the log-in page stands before the rest of the page has come over a slow
// line. Everywhere else the rest is on the phone already and begins at once.
import { login } from "./screen_login.js";

let known = true;
try { known = Boolean(localStorage.getItem("known")); } catch { /* a browser that keeps nothing: the rest finds out */ }
const rest = () => import("./main.js");

if (known || navigator.serviceWorker?.controller) rest();
else {
  const started = async () => (await rest()).started;
  document.querySelector("#app").replaceChildren(login({ ready: started, done: async () => (await rest()).entered() }));
  // After the page has been shown, all at once: a module that is found in a module costs a way each.
  requestAnimationFrame(() => setTimeout(() => {
    for (const href of document.body.dataset.rest.split(" ")) document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
    started();
  }));
}
