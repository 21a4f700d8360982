// The review: the map takes a pin, the next order comes without a reload, reasons are chosen by number.
import { createMap } from "../map/map.js";

function drawMap() {
  const element = document.querySelector("#map");
  if (!element || element.dataset.drawn) return;
  element.dataset.drawn = "yes";
  const form = document.querySelector("#pin");
  const { lat, lon, tiles, tilesDatum, editable } = element.dataset;
  const take = (newLat, newLon) => {
    form.elements.lat.value = newLat;
    form.elements.lon.value = newLon;
    form.querySelector("button").disabled = false;
    form.querySelector("button").classList.add("primary");
  };
  const marker = lat === "" ? undefined : [Number(lat), Number(lon)];
  createMap(element, { tiles, tilesDatum, marker, onPick: editable && form ? take : undefined });
}

const sheet = () => document.querySelector("#return")?.closest("details");

drawMap();
document.addEventListener("htmx:afterSettle", drawMap);

// While the reasons are open, digits choose them and Enter sends; in the words Enter is a new line, Ctrl+Enter sends.
document.addEventListener(
  "keydown",
  (event) => {
    if (!sheet()?.open) return;
    const writing = document.activeElement?.tagName === "TEXTAREA";
    const digit = document.querySelector(`#return [data-digit="${CSS.escape(event.key)}"]`);
    if (event.key === "Escape") {
      sheet().open = false;
      document.activeElement?.blur();
    } else if (event.key === "Enter" && (!writing || event.ctrlKey)) document.querySelector("#return").requestSubmit();
    else if (digit && !writing) digit.checked = !digit.checked;
    else if (event.key === "w" && !writing) document.querySelector("#return textarea").focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
