// Shows the sliders, each beside the number that it sets and that is sent.
"use strict";

for (const range of document.querySelectorAll("[data-slider]")) {
  const amount = document.getElementById(range.dataset.slider);
  // Untouched it stands in the middle, and that is no answer: only moving it is.
  range.addEventListener("input", () => {
    amount.value = range.value;
  });
  amount.addEventListener("input", () => {
    if (amount.value) range.value = amount.value.replace(",", ".");
  });
  range.hidden = false;
}
