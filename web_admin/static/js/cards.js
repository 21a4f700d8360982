// A sheet that opens for a reason puts the cursor where the reason is written.
for (const sheet of document.querySelectorAll("details.menu")) {
  sheet.addEventListener("toggle", () => sheet.open && sheet.querySelector("textarea, input:not([type=hidden])")?.focus());
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector("main details.menu[open]")?.removeAttribute("open");
});
