// The day by engineer: EventCalendar's timeline. Bars are changed one by one, never all at once.

import { bar, label } from "./bar.js";
import { state, on, select, hover, shown, mayManage } from "./store.js";
import { clock, el, icon, modeIcon, t } from "./words.js";
import { day } from "./server.js";

const HOUR = 3600;
const holder = document.querySelector("#gantt");
const drawn = new Map();
const rows = new Map();
const [year, month, date] = day.split("-").map(Number);
export const moment = (seconds) => new Date(year, month - 1, date, 0, 0, seconds);
export const secondsOf = (at) => Math.round((at - moment(0)) / 1000);
export let calendar = null;
let span = [8, 19];
// Rows below the first view: their bars follow as soon as that is painted, so that what is seen is there at once.
const below = new Set();
const ROW_PX = 43;
/** Tie bars to the numbers of a proposal's moves. */
export function setNumbers(map) {
  state.numbers = map;
  if (calendar) draw();
}

// A proposal's days stand in place of the present ones while it is looked at.
const days = () => {
  const given = new Set([...state.overlay.values()].flatMap((one) => one.visits.map((visit) => visit.id)));
  const rest = (one) => ({ ...one, visits: one.visits.filter((visit) => !given.has(visit.id)) });
  return shown().map((one) => state.overlay.get(one.id) ?? (state.overlay.size ? rest(one) : one));
};

function eventOf(visit, engineer) {
  return {
    id: String(visit.id),
    resourceIds: [String(engineer.id)],
    start: moment(visit.start_s),
    end: moment(Math.max(visit.end_s, visit.start_s + 300)),
    editable: mayManage && visit.movable && !state.overlay.size,
    durationEditable: mayManage && visit.movable && !state.overlay.size,
    classNames: ["gantt-bar", ...(state.selected === visit.id ? ["selected"] : []), ...(state.numbers.get(visit.id)?.taken ? ["moved"] : [])],
    extendedProps: { visit, engineer, look: JSON.stringify([visit, engineer.name, state.numbers.get(visit.id)?.number, visit.status === "on_site" && state.data.now_s]) },
  };
}

function background(engineer) {
  const behind = (name, from, to, className) => ({
    id: `${name}-${engineer.id}`, display: "background", resourceIds: [String(engineer.id)],
    start: moment(from), end: moment(to), classNames: [className], extendedProps: { name, engineer },
  });
  const [first, last] = span.map((hour) => hour * HOUR);
  if (engineer.away) return [behind("away", first, last, "away")];
  const found = [];
  if (engineer.shift[0] > first) found.push(behind("before", first, engineer.shift[0], "off"));
  if (engineer.shift[1] < last) found.push(behind("after", engineer.shift[1], last, "off"));
  if (engineer.lunch) found.push(behind("lunch", ...engineer.lunch, "lunch"));
  return found;
}

// The component asks for every bar's content whenever one has changed; what looks as before is the same object again.
const made = new Map();

function content({ event }) {
  const { look } = event.extendedProps;
  if (!look || event.display !== "auto") return build(event);
  const known = made.get(event.id);
  if (known?.look === look) return known.content;
  const content = build(event);
  made.set(event.id, { look, content });
  return content;
}

function build(event) {
  const { visit, engineer, name } = event.extendedProps;
  if (visit) {
    const nodes = bar(visit, { nowS: state.data.now_s, number: state.numbers.get(visit.id)?.number });
    nodes.at(-1).title = label(visit, engineer);
    return { domNodes: nodes };
  }
  if (name === "ghost") {
    const { number, customer } = event.extendedProps.ghost;
    return { domNodes: [el("span", { class: "move-number" }, String(number)), el("span", {}, customer)] };
  }
  if (name === "lunch") return { domNodes: [el("span", {}, t("午饭"))] };
  if (name === "away") {
    return { domNodes: engineer.visits.length ? [] : [el("span", {}, engineer.away)] };
  }
  return { domNodes: [] };
}

// Half of a plate is the same for all of the department's cars, and the column is narrow.
const ownPlate = (plate) => plate && el("span", { title: plate }, plate.split("·").at(-1));

function who(engineer) {
  const busy = engineer.visits.reduce((sum, visit) => sum + visit.end_s - visit.start_s + visit.travel_s, 0);
  const head = rows.get(engineer.id) ?? el("div", { class: "who", "data-engineer": engineer.id });
  rows.set(engineer.id, head);
  head.classList.toggle("selected", state.engineer === engineer.id);
  const waiting = engineer.away ? engineer.visits.filter((visit) => visit.movable).length : 0;
  const small = engineer.away ? [waiting ? t("{why} · {n} 单等着", { why: engineer.away, n: waiting }) : engineer.away] : [modeIcon(engineer.mode), engineer.barred ? null : ownPlate(engineer.plate), engineer.barred ? el("span", { class: "tag small", title: t("今天限行，坐地铁") }, t("限行")) : null, engineer.standby ? el("span", { class: "tag small", title: t("值班：排不下或加急时才叫") }, t("值班")) : null, el("span", { class: "load" }, t("{n} 时", { n: (busy / HOUR).toFixed(1) }))];
  head.replaceChildren(
    el("span", { class: "row" }, el("b", {}, engineer.name), engineer.broken.length ? el("span", { class: "danger", title: engineer.broken.join("；") }, icon("alert")) : null,
      el("span", { class: "load" }, t("{n} 单", { n: engineer.visits.length }))),
    el("small", {}, ...small.filter(Boolean)),
  );
  return head;
}

function resources() {
  return shown().map((engineer) => ({ id: String(engineer.id), title: engineer.name, extendedProps: { engineer } }));
}

// Where the other one of two compared plans has its visits.
function ghosts() {
  const seen = new Set(shown().map((one) => one.id));
  return state.ghosts.filter((one) => seen.has(one.engineer)).map((one) => ({
    id: `ghost-${one.order}`, display: "background", resourceIds: [String(one.engineer)],
    start: moment(one.start_s), end: moment(Math.max(one.end_s, one.start_s + 300)), classNames: ["ghost"], extendedProps: { name: "ghost", ghost: one, look: JSON.stringify(one) },
  }));
}

function events() {
  return [...bars(), ...ghosts()];
}

function bars() {
  return days().filter((engineer) => !below.has(engineer.id)).flatMap((engineer) => [...background(engineer), ...engineer.visits.map((visit) => eventOf(visit, engineer))]);
}

const key = (event) => JSON.stringify([event.resourceIds, event.start, event.end, event.classNames, event.extendedProps.look, event.extendedProps.engineer?.away, event.extendedProps.name === "away" && event.extendedProps.engineer.visits.length]);

/** Bring the bars to the state of the day; only what differs is touched. */
export function draw() {
  if (!calendar) return create();
  const wanted = new Map(events().map((event) => [event.id, event]));
  for (const id of drawn.keys()) {
    if (wanted.has(id)) continue;
    calendar.removeEventById(id);
    drawn.delete(id);
    made.delete(id);
  }
  for (const [id, event] of wanted) {
    const now = key(event);
    if (drawn.get(id) === now) continue;
    if (drawn.has(id)) calendar.updateEvent({ ...calendar.getEventById(id), ...event });
    else calendar.addEvent(event);
    drawn.set(id, now);
  }
  for (const engineer of days()) who(engineer);
  setNow();
  plainRoles();
}

function unfold() {
  below.clear();
  draw();
}

function fit() {
  const lanes = holder.clientWidth - parseFloat(getComputedStyle(holder).getPropertyValue("--who")) - 1;
  return Math.max(56, Math.floor(lanes / (span[1] - span[0])));
}

function setNow() {
  const { now_s: now } = state.data;
  const inside = now !== null && now > span[0] * HOUR && now < span[1] * HOUR;
  holder.toggleAttribute("data-now", inside);
  if (!inside) return;
  holder.style.setProperty("--now", `${((now / HOUR - span[0]) * calendar.getOption("slotWidth")).toFixed(1)}px`);
  holder.style.setProperty("--now-text", `"${clock(now)}"`);
}

export const handlers = {};

// The component calls itself a table, with rows that are none. The day's own table is for those who need one (`table.js`).
function plainRoles() {
  for (const part of holder.querySelectorAll('[role="table"], [role="rowgroup"], [role="row"], [role="rowheader"], [role="columnheader"], [role="cell"]')) part.removeAttribute("role");
}

function create() {
  const visits = state.data.engineers.flatMap((engineer) => engineer.visits);
  const first = Math.min(8 * HOUR, ...visits.map((visit) => visit.start_s - visit.travel_s));
  const last = Math.max(19 * HOUR, ...visits.map((visit) => visit.end_s));
  span = [Math.floor(first / HOUR), Math.min(24, Math.ceil(last / HOUR))];
  for (const engineer of shown().slice(Math.ceil(holder.clientHeight / ROW_PX))) below.add(engineer.id);
  const first_events = events();
  for (const event of first_events) drawn.set(event.id, key(event));
  calendar = EventCalendar.create(holder, {
    view: "resourceTimelineDay", date: moment(0), headerToolbar: { start: "", center: "", end: "" }, height: "100%",
    slotMinTime: { hours: span[0] }, slotMaxTime: { hours: span[1] }, slotDuration: { hours: 1 }, slotWidth: fit(),
    snapDuration: { minutes: 5 }, slotLabelFormat: (at) => ({ domNodes: [el("span", {}, clock(secondsOf(at)))] }), eventTimeFormat: () => "", eventStartEditable: true, dragScroll: true,
    resources: resources(), events: first_events, eventContent: content, eventDragMinDistance: 4,
    resourceLabelContent: ({ resource }) => ({ domNodes: [who(state.data.engineers.find((one) => String(one.id) === resource.id) ?? resource.extendedProps.engineer)] }),
    eventDidMount: ({ el: element, event }) => {
      if (!event.extendedProps.visit) return;
      element.dataset.order = event.id;
    },
    eventClick: ({ event }) => event.extendedProps.visit && select(Number(event.id)),
    eventMouseEnter: ({ event }) => hover(event.extendedProps.engineer?.id ?? null),
    eventMouseLeave: () => hover(null),
    eventDragStart: (info) => handlers.dragStart?.(info),
    eventDragStop: (info) => handlers.dragStop?.(info),
    eventDrop: (info) => handlers.drop?.(info),
    eventResizeStart: () => handlers.resizeStart?.(),
    eventResizeStop: () => handlers.resizeStop?.(),
    eventResize: (info) => handlers.resize?.(info),
  });
  setNow();
  plainRoles();
  if (below.size) requestIdleCallback(unfold, { timeout: 1000 });
  new ResizeObserver(() => {
    if (calendar.getOption("slotWidth") !== fit()) calendar.setOption("slotWidth", fit());
    setNow();
  }).observe(holder);
  holder.addEventListener("click", (event) => {
    const head = event.target.closest("[data-engineer]");
    const engineer = head && state.data.engineers.find((one) => one.id === Number(head.dataset.engineer));
    if (!engineer) return;
    // A second click on the one who is selected asks for more.
    if (state.engineer === engineer.id || !engineer.visits.length) handlers.person?.(engineer);
    else select(engineer.visits[0].id);
  });
}

/** The bar of a visit, brought into sight. */
export function reveal(id) {
  const element = holder.querySelector(`[data-order="${Number(id)}"]`);
  element?.scrollIntoView({ block: "nearest", inline: "nearest" });
  return element;
}

on("day", () => draw());
on("select", () => draw());
on("filter", () => {
  calendar.setOption("resources", resources());
  draw();
});
