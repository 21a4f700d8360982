// The map beside a review: shows the address, takes a pin.
import { createMap } from "../map/map.js";

const element = document.querySelector("#map");
const form = document.querySelector("#pin");
const { lat, lon, tiles, tilesDatum, editable } = element.dataset;

function take(newLat, newLon) {
  form.elements.lat.value = newLat;
  form.elements.lon.value = newLon;
  form.querySelector("button").disabled = false;
  form.querySelector("button").classList.add("primary");
}

const marker = lat === "" ? undefined : [Number(lat), Number(lon)];
createMap(element, { tiles, tilesDatum, marker, onPick: editable && form ? take : undefined });
