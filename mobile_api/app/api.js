// Calls of /api/v1 with the token of this phone.
import * as store from "./store.js";
import { lang } from "./i18n.js";

const PATIENCE_MS = 20000;

export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail || `HTTP ${status}`);
    this.status = status;
    this.code = problem?.title;
    this.errors = problem?.errors;
  }
  // Another try may end better: the line, the server, or too many calls at once.
  get passing() { return this.status >= 500 || this.status === 429 || this.status === 408; }
}

// One request with this phone's token. Throws the browser's own error without a connection or after `patience` ms;
// `read` takes the answer within that time.
export async function ask(method, path, { headers = {}, body, patience = PATIENCE_MS, read = (answer) => answer } = {}) {
  const token = store.get("token"), known = { Accept: "application/json", "Accept-Language": lang(), ...headers };
  if (token) known.Authorization = `Bearer ${token}`;
  const stop = new AbortController(), timer = setTimeout(() => stop.abort(), patience);
  try {
    return await read(await fetch(`/api/v1${path}`, { method, headers: known, credentials: "omit", signal: stop.signal, body }));
  } finally {
    clearTimeout(timer);
  }
}
const content = (answer) => (answer.status === 204 ? null : answer.json().catch(() => null));
export const problemOf = async (answer) => new Refused(answer.status, await content(answer));

// JSON in and out. Throws Refused for an answer that is a refusal.
export function call(method, path, body) {
  const given = body !== undefined && body !== null;
  const read = async (answer) => {
    if (!answer.ok) throw await problemOf(answer);
    return content(answer);
  };
  return ask(method, path, { headers: given ? { "Content-Type": "application/json" } : {}, body: given ? JSON.stringify(body) : undefined, read });
}
