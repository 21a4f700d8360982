// Names on the base map. What does not fit beside a more important name is left out at this zoom.

const CHARACTER_PX = 13;
const LINE_PX = 18;

function names(districts, places) {
  const big = districts.features.map((feature) => ({
    name: feature.properties.name.replace("区", ""),
    at: [feature.properties.label[1], feature.properties.label[0]],
    kind: "district",
    from: 8,
    to: 13,
  }));
  const small = places.features.map((feature) => ({
    name: feature.properties.name,
    at: [feature.geometry.coordinates[1], feature.geometry.coordinates[0]],
    kind: "place",
    from: feature.properties.zoom,
    to: 19,
  }));
  return big.concat(small);
}

/** Keep the names of districts and places on the map, as many as there is room for. */
export function drawNames(map, districts, places) {
  const all = names(districts, places);
  const pane = map.createPane("names");
  pane.style.zIndex = 350;
  pane.style.pointerEvents = "none";
  const group = L.layerGroup().addTo(map);

  function draw() {
    group.clearLayers();
    const zoom = map.getZoom();
    const view = map.getBounds().pad(0.2);
    const taken = [];
    for (const item of all) {
      if (zoom < item.from || zoom > item.to || !view.contains(item.at)) continue;
      const size = item.kind === "district" ? 1.3 : 1;
      const middle = map.latLngToLayerPoint(item.at);
      const half = L.point((item.name.length * CHARACTER_PX * size) / 2 + 6, LINE_PX / 2);
      const box = L.bounds(middle.subtract(half), middle.add(half));
      if (taken.some((other) => other.intersects(box))) continue;
      taken.push(box);
      const icon = L.divIcon({
        className: `map-name map-name-${item.kind}`,
        html: `<span>${item.name}</span>`,
        iconSize: [0, 0],
      });
      L.marker(item.at, { icon, pane: "names", interactive: false, keyboard: false }).addTo(group);
    }
  }

  map.on("zoomend moveend", draw);
  draw();
}
