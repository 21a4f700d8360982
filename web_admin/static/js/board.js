// The map of the day: one route for each engineer, the unplaced as pins. The table opens for those who ask for it.
import { addPin, addRoute, createMap, fit } from "../map/map.js";

addEventListener("beforeprint", () => document.querySelector("[data-table]")?.setAttribute("open", ""));

const element = document.querySelector("#map");
const { day, tiles, tilesDatum, engineer } = element.dataset;
const map = await createMap(element, { tiles, tilesDatum });
const answer = await fetch(`/dispatch/routes.json?day=${day}`, { headers: { Accept: "application/json" } });
if (answer.ok) {
  const { engineers, unserved } = await answer.json();
  const shown = engineer ? engineers.filter((one) => String(one.id) === engineer) : engineers;
  shown.forEach(({ home, stops }, index) => {
    const points = [home, ...stops.map(([lat, lon]) => [lat, lon])];
    addRoute(map, points, (index % 6) + 1, [null, ...stops.map((_, at) => at + 1)]);
  });
  if (!engineer) for (const [lat, lon, name] of unserved) addPin(map, lat, lon, { title: name });
  const points = shown.flatMap(({ home, stops }) => [home, ...stops.map(([lat, lon]) => [lat, lon])]);
  if (points.length) fit(map, points);
}
