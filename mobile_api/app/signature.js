// The customer's signature with a finger, as a small PNG.
import { t } from "./i18n.js";
import { h } from "./ui.js";

const WIDTH = 600, HEIGHT = 240;

export function pad(kept, changed) {
  const canvas = h("canvas", { class: "signature", width: WIDTH, height: HEIGHT, "aria-label": t("客户在这里签字") });
  const pen = canvas.getContext("2d");
  Object.assign(pen, { lineWidth: 5, lineCap: "round", lineJoin: "round", strokeStyle: "#11161d" });
  if (kept) {
    const picture = new Image();
    picture.onload = () => pen.drawImage(picture, 0, 0);
    picture.src = kept;
  }
  let drawing = false;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * WIDTH) / box.width, ((event.clientY - box.top) * HEIGHT) / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    pen.beginPath();
    pen.moveTo(...at(event));
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(...at(event));
    pen.stroke();
  });
  const end = () => {
    if (!drawing) return;
    drawing = false;
    changed(canvas.toDataURL("image/png"));
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  const clear = () => {
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    changed(null);
  };
  return [canvas, h("button", { type: "button", class: "link-row is-plain", onclick: clear }, t("擦掉重签"))];
}
