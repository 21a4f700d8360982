// The photos of a visit for one purpose, with the button that takes another.
import { t } from "./i18n.js";
import * as photos from "./photos.js";
import { h, icon } from "./ui.js";

// `about` is what the outbox calls them. Draws itself again when one was taken, sent or taken away.
export function photoStrip({ visit, purpose, about, text = t("拍照") }) {
  const box = h("div", { class: "photo-strip", "data-purpose": purpose });
  let trouble = "";
  const took = async (event) => {
    trouble = "";
    for (const file of event.target.files) {
      try {
        if (!(await photos.take(file, { visit, purpose, about }))) trouble = t("手机存不下了：刚才那一步没有存上。清一点空间，再点一次");
      } catch (error) {
        trouble = error.message === "heic" ? t("这部手机的浏览器打不开 HEIC 照片。请在相机设置里选 JPEG（兼容性最好），重拍一张") : t("这个文件不是能用的照片，请重拍一张");
      }
    }
    draw();
  };
  const one = (photo) => h("figure", { class: "photo" }, h("img", { src: photo.small, alt: t("照片") }),
    photo.state === "sent" ? h("figcaption", { class: "ok" }, icon("check"), t("已送达"))
      : photo.problem ? h("figcaption", { class: "danger" }, icon("alert"), t("被退回"))
        : h("figcaption", {}, icon("saved"), photo.offset ? `${Math.round((100 * photo.offset) / photo.size)}%` : t("已存到手机")),
    photo.state !== "sent" && !photo.offset && h("button", { type: "button", class: "photo-drop", "aria-label": t("去掉这张照片"), onclick: () => photos.drop(photo.uuid) }, icon("minus")));
  function draw() {
    const shown = photos.of(visit, purpose);
    box.replaceChildren(...[shown.length > 0 && h("div", { class: "photo-row" }, shown.map(one)),
      trouble && h("p", { class: "danger", role: "alert" }, trouble),
      h("label", { class: "button photo-take" }, h("input", { type: "file", accept: "image/*", capture: "environment", class: "unseen", onchange: took }), icon("camera"), shown.length ? t("再拍一张") : text)].filter(Boolean));
  }
  const again = () => (box.isConnected ? draw() : document.removeEventListener("photos", again));
  // It stands on the page in the next moment.
  setTimeout(() => document.addEventListener("photos", again));
  draw();
  return box;
}
