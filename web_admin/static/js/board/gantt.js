// The day by engineer: EventCalendar's timeline. Bars are changed one by one, never all at once.

import { bar, label } from "./bar.js";
import { state, on, select, hover, shown, mayManage, soon } from "./store.js";
import { clock, el, icon, joinSentences, modeIcon, t } from "./words.js";
import { day } from "./server.js";

const HOUR = 3600;
export const SNAP_S = 300;
const holder = document.querySelector("#gantt");
const drawn = new Map();
const rows = new Map();
const looks = new WeakMap();
const [year, month, date] = day.split("-").map(Number);
export const moment = (seconds) => new Date(year, month - 1, date, 0, 0, seconds);
export const secondsOf = (at) => Math.round((at - moment(0)) / 1000);
export let calendar = null;
let span = [8, 19];
// Rows below the first view: their bars follow as soon as that is painted, some rows at a time, so that what is seen
// is there at once and nobody waits for the rest.
let below = [];
const ROWS_AT_ONCE = 12;
/** Tie bars to the numbers of a proposal's moves. */
export function setNumbers(map) {
  state.numbers = map;
  draw();
}

// A proposal's days stand in place of the present ones while it is looked at.
const days = () => {
  const given = new Set([...state.overlay.values()].flatMap((one) => one.visits.map((visit) => visit.id)));
  const rest = (one) => ({ ...one, visits: one.visits.filter((visit) => !given.has(visit.id)) });
  return shown().map((one) => state.overlay.get(one.id) ?? (state.overlay.size ? rest(one) : one));
};

function eventOf(visit, engineer) {
  rowOf.set(visit.id, engineer.id);
  return {
    id: String(visit.id),
    resourceIds: [String(engineer.id)],
    start: moment(visit.start_s),
    end: moment(Math.max(visit.end_s, visit.start_s + 300)),
    editable: mayManage && visit.movable && !state.overlay.size,
    durationEditable: mayManage && visit.movable && !state.overlay.size,
    classNames: ["gantt-bar", ...(state.numbers.get(visit.id)?.taken ? ["moved"] : [])],
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

// Bars of rows that are out of sight are not painted: a frame of a drag costs as much as the bars that can be seen.
const rowOf = new Map();
const near = new Set();
const MARGIN = "300px 0px";
let watch = null;

// What is not painted has no text of its own: there the bar says its name itself.
function tidy(element) {
  element.toggleAttribute("data-far", near.size > 0 && !near.has(rowOf.get(Number(element.dataset.order))));
  const name = element.hasAttribute("data-far") ? made.get(element.dataset.order)?.name ?? null : null;
  if (element.ariaLabel !== name) element.ariaLabel = name;
}

const tidyAll = () => holder.querySelectorAll(".gantt-bar[data-order]").forEach(tidy);

function watchRows() {
  watch = new IntersectionObserver((entries) => {
    for (const entry of entries) near[entry.isIntersecting ? "add" : "delete"](Number(entry.target.dataset.engineer));
    tidyAll();
  }, { root: holder.querySelector(".ec-main"), rootMargin: MARGIN });
  for (const head of rows.values()) watch.observe(head);
}

// The component asks for every bar's content whenever one has changed; what looks as before is the same object again.
const made = new Map();

function content({ event }) {
  const { look } = event.extendedProps;
  if (!look || event.display !== "auto") return build(event);
  const known = made.get(event.id);
  if (known?.look === look) return known.content;
  const content = build(event);
  const { visit, engineer } = event.extendedProps;
  made.set(event.id, { look, content, name: visit && label(visit, engineer) });
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
  const known = rows.get(engineer.id);
  const head = known ?? el("div", { class: "who", "data-engineer": engineer.id });
  rows.set(engineer.id, head);
  if (!known) watch?.observe(head);
  const waiting = engineer.away ? engineer.visits.filter((visit) => visit.movable).length : 0;
  const { name, mode, plate, barred, standby, away, broken } = engineer;
  const look = JSON.stringify([name, mode, plate, barred, standby, away, broken, engineer.visits.length, waiting, busy]);
  if (looks.get(head) === look) return head;
  looks.set(head, look);
  const small = engineer.away ? [waiting ? t("{why} · {n} 单等着", { why: engineer.away, n: waiting }) : engineer.away] : [modeIcon(engineer.mode), engineer.barred ? null : ownPlate(engineer.plate), engineer.barred ? el("span", { class: "tag small", title: t("今天限行，坐地铁") }, t("限行")) : null, engineer.standby ? el("span", { class: "tag small", title: t("值班：排不下或加急时才叫") }, t("值班")) : null, el("span", { class: "load" }, t("{n} 时", { n: (busy / HOUR).toFixed(1) }))];
  head.replaceChildren(
    el("span", { class: "row" }, el("b", {}, engineer.name), engineer.broken.length ? el("span", { class: "danger", title: joinSentences(engineer.broken) }, icon("alert")) : null,
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
  return days().filter((engineer) => !below.includes(engineer.id)).flatMap((engineer) => [...background(engineer), ...engineer.visits.map((visit) => eventOf(visit, engineer))]);
}

const key = (event) => JSON.stringify([event.resourceIds, event.start, event.end, event.classNames, event.extendedProps.look, event.extendedProps.engineer?.away, event.extendedProps.name === "away" && event.extendedProps.engineer.visits.length]);

/** Bring the bars to the state of the day; only what differs is touched. */
const draw = soon(() => {
  if (!calendar) return state.data && create();
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
});

function unfold() {
  below = below.slice(ROWS_AT_ONCE);
  draw();
  if (below.length) requestIdleCallback(unfold, { timeout: 300 });
}

const rowHeight = () => parseFloat(getComputedStyle(holder).getPropertyValue("--row-board"));

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
  below = shown().slice(Math.ceil(holder.clientHeight / rowHeight())).map((one) => one.id);
  calendar = EventCalendar.create(holder, {
    view: "resourceTimelineDay", date: moment(0), headerToolbar: { start: "", center: "", end: "" }, height: "100%",
    slotMinTime: { hours: span[0] }, slotMaxTime: { hours: span[1] }, slotDuration: { hours: 1 }, slotWidth: fit(),
    snapDuration: { seconds: SNAP_S }, slotLabelFormat: (at) => ({ domNodes: [el("span", {}, clock(secondsOf(at)))] }), eventTimeFormat: () => "", eventStartEditable: true, dragScroll: true,
    resources: resources(), events: [], eventContent: content, eventDragMinDistance: 4,
    resourceLabelContent: ({ resource }) => ({ domNodes: [who(state.data.engineers.find((one) => String(one.id) === resource.id) ?? resource.extendedProps.engineer)] }),
    eventDidMount: ({ el: element, event }) => {
      if (!event.extendedProps.visit) return;
      element.dataset.order = event.id;
      tidy(element);
      if (state.selected === Number(event.id)) element.setAttribute("aria-current", "true");
    },
    eventAllUpdated: tidyAll,
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
  // The component measures itself after it is made: that costs little as long as there are no bars.
  setNow();
  draw();
  watchRows();
  if (below.length) requestAnimationFrame(() => requestIdleCallback(unfold, { timeout: 300 }));
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

/**
 * Engineer and second of the day under a point of the screen, in steps as the component drags; null beside the rows.
 * Worked out, where the component would look through everything that lies under the point, at every step of a drag.
 */
export function placeAt(x, y) {
  const [lanes, heads, hours] = [".ec-events", ".ec-body .ec-sidebar", ".ec-header"].map((part) => holder.querySelector(part).getBoundingClientRect());
  const { right, bottom } = holder.getBoundingClientRect();
  const people = shown();
  if (x < heads.right || x >= right || y < hours.bottom || y >= bottom || !people.length) return null;
  const row = Math.min(Math.floor((y - lanes.top) / rowHeight()), people.length - 1);
  const steps = Math.floor(((x - lanes.left) / calendar.getOption("slotWidth")) * (HOUR / SNAP_S));
  return { engineer: people[row].id, at: span[0] * HOUR + steps * SNAP_S };
}

/** The bar of a visit, brought into sight. */
export function reveal(id) {
  const element = holder.querySelector(`[data-order="${Number(id)}"]`);
  element?.scrollIntoView({ block: "nearest", inline: "nearest" });
  return element;
}

// The component would look at every bar again for what is one attribute of two.
function mark() {
  for (const one of holder.querySelectorAll('.gantt-bar[aria-current], .who.selected')) {
    one.removeAttribute("aria-current");
    one.classList.remove("selected");
  }
  if (state.selected) holder.querySelector(`[data-order="${state.selected}"]`)?.setAttribute("aria-current", "true");
  rows.get(state.engineer)?.classList.add("selected");
}

on("day", draw);
on("select", mark);
on("filter", () => {
  calendar.setOption("resources", resources());
  draw();
});
