// Gentle help, never needed: with the focus on a scale, digits choose.
"use strict";

const pause = 600;
let typed = "";
let last = 0;

document.addEventListener("keydown", (event) => {
  const radio = event.target;
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!plain || !/^[0-9]$/.test(event.key) || !radio.matches?.(".step input")) return;
  // "1" then "0" within a moment is 10.
  typed = event.timeStamp - last < pause ? typed + event.key : event.key;
  last = event.timeStamp;
  const steps = [...radio.closest(".scale").querySelectorAll("input")];
  const chosen =
    steps.find((step) => step.value === typed) ||
    steps.find((step) => step.value === event.key);
  if (!chosen) return;
  chosen.checked = true;
  chosen.focus();
});
