// Requests to the server. A refusal carries the sentence that people see.

import { t } from "./words.js";

const page = document.querySelector("#board");
export const day = page.dataset.day;
const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF-Token"];

export class Refusal extends Error {
  constructor(status, body) {
    super(body.detail ?? t("没有成功，请再试一次"));
    this.status = status;
    this.code = body.title ?? "";
    this.errors = body.errors ?? [];
  }
}

export class Offline extends Error {
  constructor() {
    super(t("连不上服务器，刚才这一步没有存上"));
  }
}

async function call(method, path, body, options = {}) {
  const headers = { Accept: "application/json", "X-CSRF-Token": token, ...options.headers };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(`/dispatch${path}`, { method, headers, body: body && JSON.stringify(body), signal: options.signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Offline();
  }
  if (answer.status === 304) return null;
  if (answer.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(answer.status, data);
  if (options.tag) options.tag(answer.headers.get("ETag"));
  return data;
}

export const get = (path, options) => call("GET", path, undefined, options);
export const post = (path, body = {}, options) => call("POST", path, { day, ...body }, options);
