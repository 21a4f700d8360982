// A barcode or QR code by the camera, where the browser can; the serial is typed where it can't.
import { t } from "./i18n.js";
import { h } from "./ui.js";

const EVERY_MS = 250;

export const canScan = () => "BarcodeDetector" in window && Boolean(navigator.mediaDevices?.getUserMedia);

// Shows the camera over the page until a code is seen or he gives up; resolves to its text or null.
export async function scanned() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    return null;
  }
  const detector = new window.BarcodeDetector(), video = h("video", { class: "scan-video", playsinline: true, muted: true });
  video.srcObject = stream;
  return new Promise((found) => {
    let timer = null;
    const end = (text) => {
      clearTimeout(timer);
      stream.getTracks().forEach((track) => track.stop());
      sheet.remove();
      found(text);
    };
    const sheet = h("div", { class: "scan", role: "dialog", "aria-label": t("扫条码") }, video, h("div", { class: "dock" }, h("button", { type: "button", class: "next-button is-quiet", onclick: () => end(null) }, t("手工输入"))));
    const look = async () => {
      const codes = await detector.detect(video).catch(() => []);
      if (codes.length) end(codes[0].rawValue.trim()); else timer = setTimeout(look, EVERY_MS);
    };
    document.body.append(sheet);
    video.play().then(look, () => end(null));
  });
}
