// The calls: a held window counts down, a text message is copied.

const left = (until) => Math.max(0, Math.round((new Date(until) - Date.now()) / 1000));

setInterval(() => {
  for (const element of document.querySelectorAll("[data-until]")) {
    const seconds = left(element.dataset.until);
    element.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    element.classList.toggle("danger", seconds < 60);
  }
}, 1000);

// What is held is marked among the windows, which are not computed anew for it.
document.addEventListener("htmx:afterSettle", () => {
  const held = document.querySelector("#held .held")?.dataset.window;
  for (const button of document.querySelectorAll(".offer")) button.setAttribute("aria-pressed", String(button.dataset.window === held));
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const words = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(words.textContent);
    button.classList.add("ok");
  } catch {
    getSelection().selectAllChildren(words); // without HTTPS there is no clipboard: selected, it can be copied by hand
  }
});
