// A box in the head of a table ticks all boxes of one name, and shows when all are.
"use strict";

for (const head of document.querySelectorAll("[data-choose-all]")) {
  const name = CSS.escape(head.dataset.chooseAll);
  const boxes = [...head.form.querySelectorAll(`input[name="${name}"]`)];
  head.hidden = boxes.length === 0;
  head.addEventListener("change", () => {
    for (const box of boxes) box.checked = head.checked;
  });
  for (const box of boxes) {
    box.addEventListener("change", () => {
      head.checked = boxes.every((one) => one.checked);
    });
  }
}
