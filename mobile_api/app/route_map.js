// The day's stops on a small map that needs no network: the department's own base map, drawn once as SVG.
import * as day from "./day.js";
import { lang, t } from "./i18n.js";
import { h, section } from "./ui.js";

const WIDTH = 344, HEIGHT = 184, EDGE = 26, APART = 24, LEAST_KM = 5, KM_PER_DEGREE = 111.2;
const LAYERS = ["districts", "water", "rings", "metro"];
let layers = null;

// The files are parts of the page, so they are on the phone as soon as the page is.
const base = () => (layers ||= Promise.all(LAYERS.map((name) => fetch(`/m/${name}.geojson`).then((answer) => answer.json()))).catch(() => { layers = null; return []; }));

function svg(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// From degrees to the picture: all stops are in it, and never less than some kilometres around them.
function projection(stops) {
  const lats = stops.map(({ order }) => order.lat), lons = stops.map(({ order }) => order.lon);
  const lat = (Math.min(...lats) + Math.max(...lats)) / 2, lon = (Math.min(...lons) + Math.max(...lons)) / 2;
  const wide = KM_PER_DEGREE * Math.cos((lat * Math.PI) / 180);
  const across = Math.max(LEAST_KM, (Math.max(...lons) - Math.min(...lons)) * wide), down = Math.max(LEAST_KM / 2, (Math.max(...lats) - Math.min(...lats)) * KM_PER_DEGREE);
  const scale = Math.min((WIDTH - 2 * EDGE) / across, (HEIGHT - 2 * EDGE) / down);
  return ([x, y]) => [WIDTH / 2 + (x - lon) * wide * scale, HEIGHT / 2 - (y - lat) * KM_PER_DEGREE * scale];
}

const path = (points, place, closed) => `M${points.map((point) => place(point).map((n) => n.toFixed(1)).join(" ")).join("L")}${closed ? "Z" : ""}`;
function seen(points, place) {
  const shown = points.map(place), [xs, ys] = [shown.map(([x]) => x), shown.map(([, y]) => y)];
  return Math.min(...xs) < WIDTH && Math.max(...xs) > 0 && Math.min(...ys) < HEIGHT && Math.max(...ys) > 0;
}
function drawn(feature, place) {
  const { geometry, properties } = feature, closed = geometry.type === "Polygon", points = closed ? geometry.coordinates[0] : geometry.coordinates;
  if (!seen(points, place)) return [];
  const found = [svg("path", { class: `map-${properties.kind || "district"}`, d: path(points, place, closed) })];
  const label = properties.label && place(properties.label);
  if (label && lang() === "zh" && label[0] > 30 && label[0] < WIDTH - 30 && label[1] > 12 && label[1] < HEIGHT - 8) found.push(svg("text", { class: "map-name", x: label[0].toFixed(1), y: label[1].toFixed(1) }, properties.name));
  return found;
}

// Stops at the same place stand beside each other.
function beside(points) {
  const kept = [];
  for (const [x, y] of points) {
    let at = x;
    while (kept.some(([other, height]) => Math.hypot(at - other, y - height) < APART)) at += APART;
    kept.push([at, y]);
  }
  return kept;
}

function stop(visit, number, here, point) {
  const [x, y] = point.map((n) => n.toFixed(1)), over = visit.finished_at || visit.outcome === "failed";
  const text = svg("text", { x, y, dy: "0.36em" }, String(number));
  return svg("g", { class: `map-stop ${here ? "is-here" : over ? "is-over" : ""}`.trim() }, svg("circle", { cx: x, cy: y, r: here ? 13 : 11 }), text);
}

// The day of a visit, its own stop marked; null where no stop of the day has a place.
export function routeMap(visit) {
  const all = day.visits(visit.on), stops = all.filter(({ order }) => order.lat !== null), place = stops.length > 0 && projection(stops);
  if (!stops.some(({ id }) => id === visit.id)) return null;
  const points = beside(stops.map(({ order }) => place([order.lon, order.lat])));
  const ground = svg("g", {}), numbered = stops.map((one, index) => [one, all.indexOf(one) + 1, points[index]]);
  const drawStop = ([one, number, point]) => stop(one, number, one.id === visit.id, point);
  const words = numbered.map(([one, number]) => `${number} ${one.order.short_name}`).join(t("，"));
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "route-map", role: "img", "aria-label": words }, ground,
    svg("path", { class: "map-route", d: path(stops.map(({ order }) => [order.lon, order.lat]), place) }),
    // The own stop lies on top of its neighbours.
    ...numbered.filter(([one]) => one.id !== visit.id).map(drawStop), ...numbered.filter(([one]) => one.id === visit.id).map(drawStop));
  base().then((files) => ground.append(...files.flatMap((file) => file.features.flatMap((feature) => drawn(feature, place)))));
  return section([t("这天的路线"), h("span", {}, t("第 {n} 站，共 {all} 站", { n: all.findIndex(({ id }) => id === visit.id) + 1, all: all.length }))], picture);
}
