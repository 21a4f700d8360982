// The map beside the board: every visit a dot, the selected engineer's day a numbered route.

import { addDot, addPin, addRoute, createMap, fit } from "../../map/map.js";
import { hover, on, select, shown, state } from "./store.js";
import { el } from "./words.js";

// Leaflet is no module: its script and style come with the map, after the day is painted.
const leaflet = (name) => new URL(`../../vendor/leaflet/${name}`, import.meta.url).href;
const arrived = (part) => new Promise((done, failed) => {
  part.addEventListener("load", done);
  part.addEventListener("error", failed);
  document.head.append(part);
});
await Promise.all([arrived(el("link", { rel: "stylesheet", href: leaflet("leaflet.css") })), arrived(el("script", { src: leaflet("leaflet.js") }))]);

const element = document.querySelector("#map");
const map = createMap(element, { tiles: element.dataset.tiles, tilesDatum: element.dataset.tilesDatum });
const dots = new Map();
let pins = [];
let main = null;
let faint = null;
let last = "";

function points(engineer) {
  return [engineer.home, ...engineer.visits.filter((visit) => visit.lat !== null).map((visit) => [visit.lat, visit.lon])];
}

function drawDots() {
  const wanted = new Map(shown().flatMap((engineer) => engineer.visits.filter((visit) => visit.lat !== null).map((visit) => [visit.id, { visit, engineer }])));
  for (const [id, dot] of dots) {
    if (wanted.has(id)) continue;
    dot.remove();
    dots.delete(id);
  }
  for (const [id, { visit, engineer }] of wanted) {
    if (dots.has(id)) continue;
    dots.set(id, addDot(map, visit.lat, visit.lon, { title: `${visit.customer} · ${engineer.name}`, onClick: () => select(id), onHover: (inside) => hover(inside ? engineer.id : null) }));
  }
  for (const pin of pins) pin.remove();
  pins = state.data.unplanned.filter((row) => row.lat !== null).map((row) => {
    const pin = addPin(map, row.lat, row.lon, { title: row.customer });
    pin.getElement().classList.add(row.urgent ? "urgent" : "waiting");
    return pin.on("click", () => select(row.id));
  });
}

const by = (id) => shown().find((engineer) => engineer.id === id && engineer.visits.length);

function drawRoutes(move = false) {
  main?.remove();
  faint?.remove();
  main = faint = null;
  const chosen = by(state.engineer);
  const other = state.hover !== state.engineer ? by(state.hover) : null;
  if (other) faint = addRoute(map, points(other), 3, [null, ...other.visits.map((_, at) => at + 1)]);
  if (chosen) main = addRoute(map, points(chosen), 1, [null, ...chosen.visits.map((_, at) => at + 1)]);
  if (chosen && move) fit(map, points(chosen));
}

function whole() {
  const all = shown().flatMap(points);
  if (all.length) fit(map, all);
}

function bring() {
  const now = JSON.stringify([shown().map((one) => one.visits.map((visit) => [visit.id, visit.sequence])), state.data.unplanned.map((one) => one.id)]);
  if (now === last) return;
  if (!last) whole();
  last = now;
  drawDots();
  drawRoutes();
}

on("day", bring);
on("select", () => drawRoutes(true));
on("hover", () => drawRoutes());
on("filter", () => {
  drawDots();
  whole();
});
bring();
let seen = element.clientHeight > 0;
new ResizeObserver(() => {
  map.invalidateSize();
  // A map that was behind another tab could not be moved meanwhile.
  const now = element.clientHeight > 0;
  if (now && !seen) by(state.engineer) ? drawRoutes(true) : whole();
  seen = now;
}).observe(element);
