// The light base map: districts, water, ring roads, metro and names, drawn from this folder's GeoJSON files.
// Colours are CSS custom properties, so that a change of theme needs no redrawing.

import { drawNames } from "./names.js";

const FILES = ["districts", "water", "rings", "metro", "places"];

function line(colour, weight, more) {
  return Object.assign({ color: colour, weight, fill: false, interactive: false, lineCap: "round" }, more);
}

function area(colour, more) {
  return Object.assign({ stroke: false, fill: true, fillColor: colour, fillOpacity: 1, interactive: false }, more);
}

function read(name) {
  return fetch(new URL(`beijing-${name}.geojson`, import.meta.url)).then((answer) => {
    if (!answer.ok) throw new Error(`beijing-${name}.geojson: ${answer.status}`);
    return answer.json();
  });
}

// Line widths grow with the zoom, so that rings stay calm from the whole city down to a street.
function widths(zoom) {
  const road = Math.max(1.5, Math.min(9, 3 + (zoom - 11) * 1.1));
  return { road, metro: Math.max(1, Math.min(4, 1.6 + (zoom - 11) * 0.5)), river: Math.max(1, road * 0.8) };
}

/** Draw the base map on a Leaflet map; the promise is kept when it is drawn. */
export async function drawBase(map) {
  const [districts, water, rings, metro, places] = await Promise.all(FILES.map(read));
  const pane = map.createPane("base");
  pane.style.zIndex = 200;
  pane.style.pointerEvents = "none";
  const renderer = L.svg({ pane: "base", padding: 0.5 });
  const add = (data, style) =>
    L.geoJSON(data, { style, pane: "base", renderer, interactive: false }).addTo(map);
  const only = (data, kind) => data.features.filter((feature) => feature.properties.kind === kind);
  const fifth = rings.features.find((feature) => feature.properties.name === "五环路");
  const town = { type: "Polygon", coordinates: [fifth.geometry.coordinates] };

  add(districts, () => area("var(--map-city)", { fillOpacity: 0.45 }));
  add(town, () => area("var(--map-city)"));
  add(districts, () => line("var(--map-road-edge)", 1));
  add(only(water, "lake"), () => area("var(--map-water)"));
  const rivers = add(only(water, "river"), () => line("var(--map-water)", 2));
  const metros = add(metro, () => line("var(--map-metro)", 1.5, { opacity: 0.75 }));
  const edges = add(rings, () => line("var(--map-road-edge)", 5));
  const roads = add(rings, () => line("var(--map-road)", 3));

  const resize = () => {
    const width = widths(map.getZoom());
    rivers.setStyle({ weight: width.river });
    metros.setStyle({ weight: width.metro });
    edges.setStyle({ weight: width.road + 2 });
    roads.setStyle({ weight: width.road });
  };
  map.on("zoomend", resize);
  resize();
  drawNames(map, districts, places);
}
