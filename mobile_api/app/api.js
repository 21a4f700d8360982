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

// Throws Refused for an answer that is a refusal, and the browser's own error without a connection.
export async function call(method, path, body) {
  const headers = { Accept: "application/json", "Accept-Language": lang() };
  const token = store.get("token");
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined && body !== null) headers["Content-Type"] = "application/json";
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(`/api/v1${path}`, { method, headers, credentials: "omit", signal: stop.signal, body: headers["Content-Type"] ? JSON.stringify(body) : undefined });
    const data = answer.status === 204 ? null : await answer.json().catch(() => null);
    if (!answer.ok) throw new Refused(answer.status, data);
    return data;
  } finally {
    clearTimeout(timer);
  }
}
