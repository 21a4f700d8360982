// What a step's button does: it is kept on the phone and sent when there is a signal.
import * as day from "./day.js";
import { t } from "./i18n.js";
import * as outbox from "./outbox.js";
import { go, h, icon } from "./ui.js";

const PATIENCE_MS = 5000;

// Resolves to false where the phone has no room left; then nothing was done and the page says so.
export const send = (visit, kind, name, body = {}) => outbox.put({ kind, body, visit: visit.id, name, about: visit.order.short_name });

export async function perform(step, visit) {
  if (step === "accept") await send(visit, step, t("接单"));
  else if (step === "set_out") {
    if (await send(visit, step, t("出发"))) go(`visit/${visit.id}`);
  } else if (step === "sign_in") go(`sign/${visit.id}`);
  else if (step === "finish") {
    const button = document.querySelector("#next");
    if (button) button.disabled = true;
    const where = await position();
    if (await send(visit, step, t("完成"), where ? { lat: where.lat, lon: where.lon } : {})) go(`card/${visit.id}`);
  } else go(`${step}/${visit.id}`);
}

// Where the phone is, or null: denied, unknown or slow never blocks anyone.
export function position() {
  return new Promise((told) => {
    if (!navigator.geolocation) return told(null);
    const timer = setTimeout(() => told(null), PATIENCE_MS);
    const end = (value) => { clearTimeout(timer); told(value); };
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => end({ lat: coords.latitude, lon: coords.longitude, accuracy_m: coords.accuracy }),
      () => end(null), { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 30000 });
  });
}

// The maps to choose from; each takes WGS-84 and shifts it itself.
export function places(event, visit) {
  const { lat, lon, address, short_name: name } = visit.order;
  const dock = event.target.closest(".screen").querySelector(".dock"), open = dock.querySelector(".sheet");
  if (open) return open.remove();
  const label = encodeURIComponent(name), there = encodeURIComponent(address);
  const maps = lat === null
    ? [[t("高德地图"), `https://uri.amap.com/search?keyword=${there}&city=${encodeURIComponent("北京")}`]]
    : [
      [t("高德地图"), `https://uri.amap.com/navigation?to=${lon},${lat},${label}&coordinate=wgs84&callnative=1&src=paidan`],
      [t("百度地图"), `https://api.map.baidu.com/direction?destination=latlng:${lat},${lon}|name:${label}&coord_type=wgs84&mode=transit&region=${encodeURIComponent("北京")}&output=html&src=paidan`],
      [t("手机自带的地图"), `geo:${lat},${lon}?q=${lat},${lon}(${label})`],
    ];
  dock.prepend(h("div", { class: "sheet" }, h("p", { class: "quiet" }, t("用哪个地图")),
    maps.map(([text, href]) => h("a", { class: "link-row", href, target: "_blank", rel: "noopener" }, text, icon("forward")))));
}

export const distance = (where, order) => (where && order.lat !== null ? day.metres(where.lat, where.lon, order) : null);
