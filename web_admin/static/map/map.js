// The map: Leaflet (global L) over the own light base map, or over a tile server where one is set.
// Callers give and get WGS-84 [lat, lon]; the shift to a tile server's datum happens only in here.

import { drawBase } from "./base.js";
import { gcj02ToWgs84, wgs84ToGcj02 } from "./datum.js";

const MIDDLE = [39.9075, 116.3915];
const BOUNDS = [[39.2, 115.1], [41.3, 117.9]];
const PIN =
  '<svg viewBox="0 0 28 36" aria-hidden="true"><path d="M14 1C7 1 2 6 2 13c0 8 12 22 12 22s12-14 12-22C26 6 21 1 14 1z"/>' +
  '<circle cx="14" cy="13" r="4.5"/></svg>';
const english = document.documentElement.lang.startsWith("en");
const shifted = new WeakSet();

function toMap(map, lat, lon) {
  return shifted.has(map) ? wgs84ToGcj02(lat, lon) : [lat, lon];
}

function fromMap(map, latlng) {
  return shifted.has(map) ? gcj02ToWgs84(latlng.lat, latlng.lng) : [latlng.lat, latlng.lng];
}

function loadStyle() {
  const href = new URL("map.css", import.meta.url).href;
  if ([...document.styleSheets].some((sheet) => sheet.href === href)) return;
  if (document.querySelector(`link[href="${href}"]`)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
}

function cssColour(colour) {
  return typeof colour === "number" ? `var(--route-${((colour - 1) % 6) + 1})` : colour;
}

/**
 * A Leaflet map in `element`.
 * tiles: URL template of a tile server (empty: the own base map, no network); tilesDatum: "wgs84" or "gcj02";
 * attribution: the tile server's; theme: "light" or "dark" (default: the page's);
 * marker: [lat, lon] of a first pin; onPick(lat, lon): a click, a dragged pin, or Enter for the middle sets the pin.
 * `map.ready` is a promise kept when the base map is drawn; `map.pin` is the pin, if any.
 */
export function createMap(element, { tiles = "", tilesDatum = "wgs84", attribution = "", theme, onPick, marker } = {}) {
  loadStyle();
  element.classList.add("map-view");
  if (theme) element.dataset.theme = theme;
  const map = L.map(element, { minZoom: 8, maxZoom: 18, maxBounds: BOUNDS, zoomControl: false });
  map.attributionControl.setPrefix(false);
  L.control.zoom({ zoomInTitle: english ? "Zoom in" : "放大", zoomOutTitle: english ? "Zoom out" : "缩小" }).addTo(map);
  if (tiles && tilesDatum === "gcj02") shifted.add(map);
  map.setView(toMap(map, ...(marker || MIDDLE)), marker ? 14 : 11);
  if (tiles) {
    L.tileLayer(tiles, { maxZoom: 18, attribution }).addTo(map);
    map.ready = Promise.resolve();
  } else {
    // Names and roads are a help, not a need: pins and routes work without them, and the page says so.
    map.ready = drawBase(map).catch((error) => {
      console.error(error);
      const note = Object.assign(document.createElement("div"), { className: "map-missing" });
      note.textContent = english ? "The base map did not load" : "底图没有加载出来";
      element.append(note);
    });
  }
  map.pin = marker ? addPin(map, marker[0], marker[1], { draggable: Boolean(onPick), onMove: onPick }) : null;
  if (onPick) pickable(map, element, onPick);
  return map;
}

function pickable(map, element, onPick) {
  const pick = (lat, lon) => {
    if (map.pin) map.pin.moveTo(lat, lon);
    else map.pin = addPin(map, lat, lon, { draggable: true, onMove: onPick });
    onPick(lat, lon);
  };
  map.on("click", (event) => pick(...fromMap(map, event.latlng)));
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === element) pick(...fromMap(map, map.getCenter()));
  });
}

/**
 * A pin; onMove(lat, lon) after it was dragged. The answer is a Leaflet marker with `moveTo(lat, lon)` besides.
 */
export function addPin(map, lat, lon, { draggable = false, onMove, title = "" } = {}) {
  const icon = L.divIcon({ className: "map-pin", html: PIN, iconSize: [0, 0] });
  const pin = L.marker(toMap(map, lat, lon), { icon, draggable, title, alt: title || (english ? "Place" : "位置") }).addTo(map);
  pin.moveTo = (newLat, newLon) => pin.setLatLng(toMap(map, newLat, newLon));
  if (onMove) pin.on("dragend", () => onMove(...fromMap(map, pin.getLatLng())));
  return pin;
}

/**
 * A small dot that can be pointed at; onClick() and onHover(inside). The answer is a Leaflet layer: hundreds of dots
 * are one drawing, where each marker would be a layer of its own for the browser to put together.
 */
export function addDot(map, lat, lon, { title = "", onClick, onHover } = {}) {
  const dot = L.circleMarker(toMap(map, lat, lon), { className: "map-dot", radius: 5, weight: 1.5, fillOpacity: 1 }).addTo(map);
  const words = document.createElementNS("http://www.w3.org/2000/svg", "title");
  words.textContent = title;
  dot.getElement().append(words);
  if (onClick) dot.on("click", onClick);
  if (onHover) dot.on("mouseover", () => onHover(true)).on("mouseout", () => onHover(false));
  return dot;
}

/**
 * A route through points [[lat, lon], …]. colour: a CSS colour, or 1 … 6 for the route colours. numbers: what
 * stands at each point (null: nothing, as at the home it starts from). The answer is a Leaflet layer group.
 */
export function addRoute(map, points, colour, numbers = []) {
  const places = points.map((point) => toMap(map, point[0], point[1]));
  const paint = cssColour(colour);
  const group = L.layerGroup();
  L.polyline(places, { color: "var(--color-surface, #ffffff)", weight: 6, opacity: 0.9, interactive: false }).addTo(group);
  L.polyline(places, { color: paint, weight: 3, interactive: false }).addTo(group);
  places.forEach((place, n) => {
    if (numbers[n] === undefined || numbers[n] === null) return;
    const stop = document.createElement("span");
    stop.textContent = String(numbers[n]);
    stop.style.setProperty("--map-stop", paint);
    const icon = L.divIcon({ className: "map-stop", html: stop, iconSize: [0, 0] });
    L.marker(place, { icon, keyboard: false, interactive: false, zIndexOffset: 200 }).addTo(group);
  });
  return group.addTo(map);
}

/** Show all of the points [[lat, lon], …]; one point is shown at street scale, none changes nothing. */
export function fit(map, points) {
  if (points.length === 0) return;
  const places = points.map((point) => toMap(map, point[0], point[1]));
  map.fitBounds(L.latLngBounds(places), { padding: [32, 32], maxZoom: 15, animate: false });
}
