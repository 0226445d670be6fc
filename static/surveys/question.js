/* Shows the inputs that fit the kind of question; without this, all are there. On a
   narrow screen each cell of a choice says its column. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const table = document.querySelector("[data-fitting-kinds]");
  const kind = document.getElementById("id_kind");
  if (!table || !kind) {
    return;
  }
  const fits = JSON.parse(table.dataset.fittingKinds);
  const choices = document.getElementById("choices-group");
  const display = document.getElementById("id_display");
  const answer = document.querySelector(".answer-options");

  if (choices) {
    const names = [...choices.querySelectorAll("thead th")].map((one) => one.textContent.trim());
    for (const row of choices.querySelectorAll("tbody tr.form-row")) {
      [...row.children].forEach((cell, at) => { cell.dataset.column = names[at] || ""; });
    }
    choices.classList.add("stacks");
  }

  const show = () => {
    for (const [name, kinds] of Object.entries(fits)) {
      const box = name === "choices" ? choices : document.querySelector(`.form-row.field-${name}`);
      const wrong = box?.querySelector(".errorlist");
      if (box) {
        box.hidden = !kinds.includes(kind.value) && !wrong;
      }
    }
    choices?.classList.toggle("nothing-alone", kind.value !== "multiple_choice"
      && !choices.querySelector(".field-exclusive :checked"));
    choices?.classList.toggle("no-pictures", !(kind.value === "single_choice" && display?.value === "image")
      && !choices.querySelector(".field-image .errorlist, .errorlist + .picture"));
    if (answer) {
      const rows = [...answer.querySelectorAll(".form-row")];
      answer.hidden = rows.every((row) => row.hidden);
    }
  };
  kind.addEventListener("change", show);
  display?.addEventListener("change", show);
  show();
});
