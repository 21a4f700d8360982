// The state of the day, what is selected and what is shown; the parts of the page listen.

import { get, day } from "./server.js";

const listeners = new Map();
const untold = new Map();
let tag = "";
let loading = null;
let again = false;

export const state = { data: null, selected: null, engineer: null, hover: null, chip: "", only: null, proposal: null, overlay: new Map(), ghosts: [], numbers: new Map() };
export const mayManage = document.querySelector("#board").dataset.manage === "yes";

export function on(event, listener) {
  listeners.set(event, [...(listeners.get(event) ?? []), listener]);
  if (!untold.has(event)) return;
  const value = untold.get(event);
  untold.delete(event);
  queueMicrotask(() => listener(value));
}

/** Some parts load after the paint: what nobody listens to yet is told to the first who does. */
export function tell(event, value) {
  if (!listeners.has(event)) untold.set(event, value);
  for (const listener of listeners.get(event) ?? []) listener(value);
}

/** `act`, once for all wishes of the same moment. */
export function soon(act) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      act();
    });
  };
}

/** Read the day; one request at a time, a second wish meanwhile makes one more. */
export async function refresh() {
  if (loading) {
    again = true;
    return loading;
  }
  loading = (async () => {
    do {
      again = false;
      const found = await get(`/day.json?day=${day}`, { headers: tag ? { "If-None-Match": tag } : {}, tag: (value) => (tag = value ?? "") });
      if (found) {
        state.data = found;
        index();
        tell("day", found);
      }
    } while (again);
  })();
  try {
    await loading;
  } finally {
    loading = null;
  }
}

/** The state that came with the page. */
export function first() {
  state.data = JSON.parse(document.querySelector("#day-state").textContent);
  index();
  tell("day", state.data);
}

const visits = new Map();

function index() {
  visits.clear();
  for (const engineer of state.data.engineers) for (const visit of engineer.visits) visits.set(visit.id, { visit, engineer });
  for (const visit of state.data.unplanned) visits.set(visit.id, { visit, engineer: null });
}

/** The visit with its engineer (null where it has no place), or undefined. */
export const find = (id) => visits.get(Number(id));

export function select(id) {
  const found = id === null ? null : find(id);
  state.selected = found ? Number(id) : null;
  state.engineer = found?.engineer?.id ?? null;
  tell("select", found);
}

export function hover(engineerId) {
  if (state.hover === engineerId) return;
  state.hover = engineerId;
  tell("hover", engineerId);
}

/** The engineers that the filter lets through. */
export function shown() {
  const { data, chip, only } = state;
  if (only) return data.engineers.filter((one) => one.visits.some((visit) => only.includes(visit.id)));
  if (chip === "!") return data.engineers.filter(troubled);
  if (chip) return data.engineers.filter((one) => districtOf(one) === chip);
  return data.engineers;
}

export const troubled = (one) =>
  one.broken.length > 0 || (one.away && one.visits.some((visit) => visit.movable)) || one.visits.some((visit) => visit.slack_s !== null && (visit.slack_s < 0 || visit.late >= 0.2));

/** The district in which an engineer has most of his visits. */
export function districtOf(engineer) {
  const counts = {};
  for (const visit of engineer.visits) if (visit.district) counts[visit.district] = (counts[visit.district] ?? 0) + 1;
  return Object.keys(counts).sort((a, b) => counts[b] - counts[a])[0] ?? "";
}
