// The map beside a review: shows the address, takes a pin.
import { createMap, addPin } from "../map/map.js";

const element = document.querySelector("#map");
const form = document.querySelector("#pin");
const { lat, lon, tiles, tilesDatum, editable } = element.dataset;
const known = lat !== "";

function take(position) {
  if (!form) return;
  form.elements.lat.value = position.lat;
  form.elements.lon.value = position.lon;
  form.querySelector("button").disabled = false;
  form.querySelector("button").classList.add("primary");
}

const map = await createMap(element, { tiles, tilesDatum });
let pin = known ? addPin(map, Number(lat), Number(lon), { draggable: Boolean(editable), onMove: take }) : null;
if (known) map.setView([Number(lat), Number(lon)], 12);
if (editable) {
  map.on("click", ({ latlng }) => {
    pin?.remove();
    pin = addPin(map, latlng.lat, latlng.lng, { draggable: true, onMove: take });
    take({ lat: latlng.lat, lon: latlng.lng });
  });
}
