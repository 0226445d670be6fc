/* The preview follows what is typed; without this, it shows what was saved. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const preview = document.querySelector(".theme-preview");
  const form = document.querySelector(".theme-form form#theme_form");
  if (!preview || !form) return;
  const screen = preview.querySelector(".theme-screen");
  const frame = screen.querySelector("iframe");
  const toggles = preview.querySelector(".theme-toggles");
  const chosen = { width: "phone", shown: "light" };
  const LONGEST = 300;

  const address = () => {
    const query = new URLSearchParams();
    new FormData(form).forEach((value, name) => {
      const kept = typeof value === "string" && value !== "" && !name.startsWith("csrf");
      if (kept) query.append(name, value.slice(0, LONGEST));
    });
    if (!query.has("name")) query.set("name", "-");
    if (preview.dataset.theme) query.set("theme", preview.dataset.theme);
    query.set("shown", chosen.shown);
    return `${preview.dataset.preview}?${query}`;
  };

  let shown = "";
  const draw = () => {
    const next = address();
    if (next === shown) return;
    shown = next;
    // Replaced, so that “back” leaves the form and not a colour.
    frame.contentWindow.location.replace(next);
  };

  let waiting;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw, 200);
  };

  toggles.hidden = false;
  toggles.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const [what] = Object.keys(button.dataset);
    chosen[what] = button.dataset[what];
    toggles.querySelectorAll(`[data-${what}]`).forEach((one) => {
      one.setAttribute("aria-pressed", String(one === button));
    });
    screen.classList.toggle("desktop", chosen.width === "desktop");
    draw();
  });
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("click", soon);
  frame.addEventListener("load", draw, { once: true });
});
